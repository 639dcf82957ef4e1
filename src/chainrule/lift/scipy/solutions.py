"""Systems: ``fsolve``, ``root``, ``fixed_point``, ``minimize``, ``least_squares``, ``leastsq``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, array_of, unit_axes_of
from chainrule.lift.scipy import functionals
from chainrule.lift.scipy.apart import apart, further_arguments, settled_options, start_of
from chainrule.lift.scipy.bounded import bounds_of
from chainrule.lift.scipy.losses import loss_of, weighed
from chainrule.lift.scipy.own_slopes import handed_over, own_slopes
from chainrule.lift.values import Poison, Static, TupleValue, Value
from chainrule.primitives.arrays.creation import literal
from chainrule.primitives.declare import NUMBERS
from chainrule.primitives.sequence import index
from chainrule.primitives.solutions import System, solution_part
from chainrule.records import dataclass

Arguments = list[Value]
Keywords = dict[str, Value]
NONE = Static(None)


class Found(NamedTuple):
    """What is understood of the result of ``root``, ``minimize`` and ``least_squares``."""

    x: Any
    success: Any
    message: Any
    status: Any
    nfev: Any
    fun: Any
    nit: Any
    jac: Any
    cost: Any


@dataclass(frozen=True)
class Solver:
    """A function of SciPy: its parameters in order, and those that change what is solved."""

    name: str
    kind: str
    names: tuple[str, ...]
    refused: dict[str, str]

    def __call__(self, lifter: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        names = self.names
        given = {**dict(zip(names, args, strict=False)), **keywords}
        first, start, *_ = names
        if not {first, start} <= set(given) or not set(given) <= set(names):
            raise lifter.unsupported(
                f"this call of `{self.name}`", f"Call it with: {', '.join(names)}.", node
            )
        for option, remedy in self.refused.items():
            known, value = lifter.static_value(given.pop(option, NONE))
            usual = value in (None, (), "linear", 0) or value is False
            if not known or not usual:
                raise lifter.unsupported(f"`{self.name}` with `{option}`", remedy, node)
        return self._solved(lifter, given, first, start, node)

    def _solved(self, lifter: Any, given: Keywords, first: str, start: str, node: ast.AST) -> Value:
        begun = start_of(lifter, given.pop(start), self.name, self.single, node)
        numbers = begun[0].type in NUMBERS
        units = (len(begun) == 1,) if numbers else unit_axes_of(begun[0].type)
        state = array_of("float64", units)
        function = given.pop(first)
        extras = further_arguments(lifter, given.pop("args", Static(())))
        slopes = own_slopes(lifter, self.name, given, node)
        bounds = bounds_of(lifter, self.name, given.get("bounds"), node)
        loss = loss_of(lifter, given, node) if self.kind == "fit" else None
        options, named = settled_options(lifter, given, node)

        def result(value: Value) -> Node:
            return _result(lifter, value, self, units, node)

        starts = len(begun) if numbers else 0
        fallback = {"minimum": "objective", "fit": "residuals"}.get(self.kind, "equations")
        made, values = apart(
            lifter, function, [state], extras, result, fallback, node, [starts or None]
        )
        dotted = f"scipy.optimize.{self.name}"
        system = System(dotted, self.kind, starts, options, tuple(named), bounds=bounds)
        known = [starts or None]
        handed: list[tuple[str | None, Function, Sequence[Node]]] = [(None, made, values)]
        for keyword, slope in slopes:
            found = apart(lifter, slope, [state], extras, lifter.array_node, "slopes", node, known)
            handed.append((keyword, *found))
        if loss is not None:
            cost, values = weighed(lifter, loss, function, state, extras, node)
            system = system._replace(kind="minimum", zero=cost.key)
        if len(handed) > 1 or loss is not None or "args" not in self.names:
            system, values = handed_over(system, values, handed)
        every = (*begun, *named.values(), *values)

        def part(name: str) -> Value:
            found: Value = lifter.boxed(solution_part(lifter.graph, made.key, system, name, every))
            return found

        if "success" not in system.read:
            return self._told(lifter, system, part, node)
        parts = [part(name) for name in ("x", "success", "message", "status", "nfev")]
        parts.append(self._value(lifter, part, node))
        refusal = lifter.unsupported(
            f"what `{self.name}` gives besides the solution is used", "Use `.x`.", node
        )
        counted = part("nit") if self.kind == "minimum" else Poison(refusal)
        return TupleValue((*parts, counted, Poison(refusal), Poison(refusal)), Found)

    @property
    def single(self) -> bool:
        """Whether it may start from one number."""
        return self.kind != "fixed"

    def _told(self, lifter: Any, system: System, part: Any, node: ast.AST) -> Value:
        """The solution alone, or in a row with what else is returned."""
        if not system.read:
            found: Value = part("x")
            return found
        refusal = lifter.unsupported(
            f"what `{self.name}` gives besides the solution is used",
            "Use the solution alone.",
            node,
        )
        names = ("x", "ier") if self.name == "leastsq" else ("x", None, "ier", "message")
        return TupleValue(tuple(Poison(refusal) if name is None else part(name) for name in names))

    def _value(self, lifter: Any, part: Any, node: ast.AST) -> Value:
        """``.fun``: the value of a minimum, or what is left of the equations of a root."""
        if self.kind == "fit":
            return Poison(
                lifter.unsupported(
                    f"the residuals that `{self.name}` gives are used",
                    "Compute them from `.x`.",
                    node,
                )
            )
        found: Value = part("fun" if self.kind == "minimum" else "residuals")
        return found


def _result(
    lifter: Any, value: Value, solver: Solver, units: tuple[bool, ...], node: ast.AST
) -> Node:
    """What the function returns: one number for a minimum, else an array."""
    found: Node = lifter.array_node(value)
    rank = len(unit_axes_of(found.type))
    if solver.kind == "minimum":
        if rank and all(unit_axes_of(found.type)):
            zero = lifter.graph.constant(0)
            found = lifter.graph.cursor.add(index, (found, *(zero for _ in range(rank))))
        if found.type != FLOAT:
            raise lifter.unsupported(
                "an objective that is no float", "Let it return one float.", node
            )
        return found
    if found.type in NUMBERS and (units == (True,) or solver.kind == "fit"):
        found = lifter.graph.cursor.add(literal, (found,), ((1,), None))
    square = solver.kind == "fit" or unit_axes_of(found.type) == units
    if len(unit_axes_of(found.type)) != 1 or not square or not found.type.differentiable:
        raise lifter.unsupported(
            "a system that does not give one float for each unknown",
            "Let the function return an array or a list of them.",
            node,
        )
    return found


def fsolve(lifter: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``fsolve(func, x0)`` of one unknown that is a number, or of a system."""
    given = {**dict(zip(FSOLVE.names, args, strict=False)), **keywords}
    start = lifter.read(given["x0"]) if "x0" in given else None
    plain = set(given) <= {"func", "x0", "args", "xtol"}
    number = start is not None and not lifter.is_container(start) and not lifter.is_array(start)
    if plain and number:
        return functionals.root_near(lifter, args, keywords, node)
    return FSOLVE(lifter, args, keywords, node)


def fixed_point(lifter: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``fixed_point(func, x0)`` of a number, or of an array."""
    given = {**dict(zip(FIXED.names, args, strict=False)), **keywords}
    start = lifter.read(given["x0"]) if "x0" in given else None
    if start is not None and not lifter.is_container(start) and not lifter.is_array(start):
        return functionals.FIXED(lifter, [], given, node)
    return FIXED(lifter, args, keywords, node)


OWN_SLOPES = "Leave it out: SciPy then takes differences."
FSOLVE = Solver(
    "fsolve", "root",
    ("func", "x0", "args", "fprime", "full_output", "col_deriv", "xtol", "maxfev", "band",
     "epsfcn", "factor", "diag"),
    {"band": "Leave it out.", "diag": "Leave it out."},
)  # fmt: skip
FIXED = Solver("fixed_point", "fixed", ("func", "x0", "args", "xtol", "maxiter", "method"), {})
ROOT = Solver(
    "root", "root", ("fun", "x0", "args", "method", "jac", "tol", "callback", "options"),
    {"callback": "Leave it out."},
)  # fmt: skip
MINIMIZE = Solver(
    "minimize", "minimum",
    ("fun", "x0", "args", "method", "jac", "hess", "hessp", "bounds", "constraints", "tol",
     "callback", "options"),
    {
        "hessp": OWN_SLOPES, "callback": "Leave it out.",
        "constraints": "With constraints the gradient is not zero, and the rule does not hold: "
        "solve the conditions of the minimum by `root`.",
    },
)  # fmt: skip
ALL_OF_IT = "Use `minimize`, whose result tells more."
ALONE = dict.fromkeys(("full_output", "retall", "callback"), ALL_OF_IT)
PLAIN_MINIMA = (
    Solver(
        "fmin", "minimum",
        ("func", "x0", "args", "xtol", "ftol", "maxiter", "maxfun", "full_output", "disp", "retall",
         "callback", "initial_simplex"),
        {**ALONE, "initial_simplex": "Leave it out."},
    ),
    Solver(
        "fmin_powell", "minimum",
        ("func", "x0", "args", "xtol", "ftol", "maxiter", "maxfun", "full_output", "disp", "retall",
         "callback", "direc"),
        {**ALONE, "direc": "Leave it out."},
    ),
    Solver(
        "fmin_bfgs", "minimum",
        ("f", "x0", "fprime", "args", "gtol", "norm", "epsilon", "maxiter", "full_output", "disp",
         "retall", "callback", "xrtol", "c1", "c2", "hess_inv0"),
        {**ALONE, "hess_inv0": "Leave it out."},
    ),
    Solver(
        "fmin_cg", "minimum",
        ("f", "x0", "fprime", "args", "gtol", "norm", "epsilon", "maxiter", "full_output", "disp",
         "retall", "callback", "c1", "c2"),
        ALONE,
    ),
)  # fmt: skip
# Those that are given the equations and a start, and give the solution alone.
BY_STEPS = tuple(
    Solver(
        name, "root",
        ("F", "xin", "iter", "alpha", "verbose", "maxiter", "f_tol", "f_rtol", "x_tol", "x_rtol",
         "tol_norm", "line_search", "callback", "rdiff", "method", "reduction_method", "max_rank",
         "w0", "M", "inner_maxiter", "inner_M", "outer_k"),
        {"callback": "Leave it out.", "inner_M": "Leave it out."},
    )
    for name in ("broyden1", "broyden2", "anderson", "newton_krylov", "diagbroyden")
)  # fmt: skip
LEAST_SQUARES = Solver(
    "least_squares", "fit",
    ("fun", "x0", "jac", "bounds", "method", "ftol", "xtol", "gtol", "x_scale", "loss", "f_scale",
     "diff_step", "tr_solver", "tr_options", "jac_sparsity", "max_nfev", "verbose", "args"),
    {
        "jac_sparsity": "Leave it out.", "tr_options": "Leave it out.",
    },
)  # fmt: skip
LEASTSQ = Solver(
    "leastsq", "fit",
    ("func", "x0", "args", "Dfun", "full_output", "col_deriv", "ftol", "xtol", "gtol", "maxfev",
     "epsfcn", "factor", "diag"),
    {"full_output": "Leave it out.", "diag": "Leave it out."},
)  # fmt: skip
