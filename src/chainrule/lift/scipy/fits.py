"""``curve_fit``: the parameters of a model, by which it comes closest to data."""

from __future__ import annotations

import ast
import sys
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, array_of, unit_axes_of
from chainrule.lift.scipy.apart import apart, settled_options, start_of
from chainrule.lift.scipy.bounded import bounds_of
from chainrule.lift.values import Poison, Static, TupleValue, Value
from chainrule.primitives.solutions import Handed, System, solution_part

Arguments = list[Value]
Keywords = dict[str, Value]
NAMES = (
    "f", "xdata", "ydata", "p0", "sigma", "absolute_sigma", "check_finite", "bounds", "method",
    "jac",
)  # fmt: skip
OPTIONS = ("absolute_sigma", "check_finite", "bounds", "method", "ftol", "xtol", "gtol", "maxfev",
           "max_nfev", "epsfcn", "factor", "x_scale")  # fmt: skip
DOTTED = "scipy.optimize.curve_fit"


def residuals(params, model, count, xdata, ydata):  # type: ignore[no-untyped-def]
    """What is left of the data."""
    return model(xdata, *[params[k] for k in range(count)]) - ydata


def weighted_residuals(params, model, count, xdata, ydata, sigma):  # type: ignore[no-untyped-def]
    """What is left of the data, over its errors."""
    return (model(xdata, *[params[k] for k in range(count)]) - ydata) / sigma


def correlated_residuals(params, model, count, xdata, ydata, sigma):  # type: ignore[no-untyped-def]
    """What is left of the data, with errors that are not independent."""
    import numpy as np

    left = model(xdata, *[params[k] for k in range(count)]) - ydata
    return np.linalg.solve(np.linalg.cholesky(sigma), left)


WEIGHTED = {1: weighted_residuals, 2: correlated_residuals}


def fitted_curve(lifter: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``curve_fit``: kept as it is where its model is not understood and no derivative goes in."""
    try:
        return _fitted(lifter, dict(zip(NAMES, args, strict=False)) | keywords, node)
    except UnsupportedError as refused:
        refusal = refused
    function = lifter.static_node(Static(sys.modules["scipy.optimize"].curve_fit))
    try:
        found: Value = lifter.opaque_call(function, args, keywords, node, refusal)
    except UnsupportedError:
        raise refusal from None
    return found


def _fitted(lifter: Any, given: Keywords, node: ast.AST) -> Value:
    if not {"f", "xdata", "ydata"} <= set(given) or set(given) - {*NAMES, *OPTIONS}:
        raise lifter.unsupported(
            "this call of `curve_fit`", f"Call it with: {', '.join((*NAMES, *OPTIONS[4:]))}.", node
        )
    known, slopes = lifter.static_value(given.pop("jac", Static(None)))
    if not known or slopes is not None:
        raise lifter.unsupported(
            "`curve_fit` with `jac`", "Leave it out: SciPy then takes differences.", node
        )
    model = given.pop("f")
    data = [_array(lifter, given.pop(name)) for name in ("xdata", "ydata")]
    xdata, ydata = map(lifter.array_node, data)
    start = given.pop("p0", Static(None))
    begun = _start(lifter, model, start, node)
    sigma = _sigma(lifter, given, node)
    bounds = bounds_of(lifter, "curve_fit", given.get("bounds"), node)
    options, named = settled_options(lifter, given, node)
    count = len(begun)
    left = residuals if not sigma else WEIGHTED[len(unit_axes_of(sigma[0].type))]

    def row(value: Value) -> Node:
        found: Node = lifter.array_node(value)
        if unit_axes_of(found.type) != unit_axes_of(ydata.type) or not found.type.differentiable:
            raise lifter.unsupported(
                "a model that does not give one float for each of the data",
                "Let it return an array of the data's length.",
                node,
            )
        return found

    state = array_of("float64", (count == 1,))
    variables = [xdata.type, *[FLOAT] * count]
    made, own = apart(lifter, model, variables, [], row, "model", node)
    extras = [model, Static(count), *data, *sigma]
    zero, values = apart(lifter, Static(left), [state], extras, row, "residuals", node, [count])
    if sigma:
        # SciPy is given it by its name.
        named["sigma"] = sigma[0]
    every = [*begun, *named.values(), *values]
    every += [each for each in dict.fromkeys((xdata, ydata, *own)) if each not in every]
    system = System(
        DOTTED, "fit", count, options, tuple(named), zero=zero.key, taken=len(values),
        data=(every.index(xdata), every.index(ydata)), bounds=bounds,
        begun=lifter.static_value(start) != (True, None),
        handed=(Handed(None, made.key, 1 + count, tuple(map(every.index, own))),),
    )  # fmt: skip
    found = lifter.boxed(solution_part(lifter.graph, made.key, system, "x", tuple(every)))
    refusal = lifter.unsupported(
        "the covariance that `curve_fit` gives is used",
        "Use the parameters alone: `curve_fit(...)[0]`.",
        node,
    )
    return TupleValue((found, Poison(refusal)))


def _array(lifter: Any, value: Value) -> Value:
    """Data as an array; one that the module holds stays there, and is none of the arguments."""
    value = lifter.read(value)
    held = lifter.is_array(value) and not isinstance(value, Node)
    return value if held else lifter.array_node(value)


def _start(lifter: Any, model: Value, value: Value, node: ast.AST) -> list[Node]:
    """Where the search begins; where nothing is said, a number for each parameter."""
    if lifter.static_value(value) == (True, None):
        count = len(lifter._parameter_names(model)) - 1
        return [lifter.graph.constant(1.0)] * count
    begun: list[Node] = start_of(lifter, value, "curve_fit", True, node)
    if unit_axes_of(begun[0].type):
        raise lifter.unsupported(
            "`curve_fit` from a start that is known at run time only",
            "Write the numbers there, as p0=[1.0, 0.5].",
            node,
        )
    return begun


def _sigma(lifter: Any, given: Keywords, node: ast.AST) -> list[Node]:
    """The errors of the data, where they are given."""
    value = given.pop("sigma", Static(None))
    if lifter.static_value(value) == (True, None):
        return []
    found = lifter.array_node(value)
    if len(unit_axes_of(found.type)) not in WEIGHTED:
        raise lifter.unsupported(
            "`curve_fit` with one `sigma` for all", "Give one for each of the data.", node
        )
    return [found]
