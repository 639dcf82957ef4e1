"""Curves of :mod:`scipy.interpolate`: met as objects, made inside of the function, and read."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from chainrule.graph.guard import Route, is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.containers.methods import Methods
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.primitives.curves import curve_at, curve_integral, line_at
from chainrule.records import dataclass

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

POLYNOMIALS = (
    "PPoly", "CubicSpline", "PchipInterpolator", "Akima1DInterpolator", "CubicHermiteSpline",
    "BSpline",
)  # fmt: skip
FITPACK = ("UnivariateSpline", "InterpolatedUnivariateSpline", "LSQUnivariateSpline")
LINES = "interp1d"
# How curves are made: the parameters, and those that shape a curve that is linear in its values.
MADE: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    "CubicSpline": (("x", "y", "axis", "bc_type", "extrapolate"), ("bc_type", "extrapolate")),
    "make_interp_spline": (
        ("x", "y", "k", "t", "bc_type", "axis", "check_finite"), ("k", "bc_type", "check_finite"),
    ),
    "PchipInterpolator": (("x", "y", "axis", "extrapolate"), None),
    "Akima1DInterpolator": (("x", "y", "axis"), None),
    "InterpolatedUnivariateSpline": (("x", "y", "w", "bbox", "k", "ext", "check_finite"), None),
    "UnivariateSpline": (("x", "y", "w", "bbox", "k", "s", "ext", "check_finite"), None),
    "interp1d": (
        ("x", "y", "kind", "axis", "copy", "bounds_error", "fill_value", "assume_sorted"), None,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """What is known of a curve: its degree, how often it was differentiated, what made it.

    ``made`` are the values, the maker, the knots and the options; ``template`` tells how these
    make a curve, None where its derivative by the values is not known.  ``line`` is whether an
    ``interp1d`` goes on beyond its ends, None where it has no straight pieces, and ``ordered``
    whether its knots are known to ascend.
    """

    degree: int | None = None
    shift: int = 0
    made: tuple[Node, ...] = ()
    template: str | None = None
    line: bool | None = None
    ordered: bool = True


def making(name: str) -> Any:
    """How a curve of this kind is made inside of a function."""
    names, shaping = MADE[name]

    def make(self: Methods, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = bound(names, args, keywords)
        if not {"x", "y"} <= set(given) or not set(given) <= set(names):
            raise self.unsupported(f"this call of `{name}`", "Give it x and y.", node)
        home = sys.modules["scipy.interpolate"]
        maker = self.graph.reference(("scipy.interpolate", name), getattr(home, name))
        knots, values = self.array_node(given.pop("x")), self.array_node(given.pop("y"))
        if len(unit_axes_of(values.type)) != 1:
            raise self.unsupported(
                f"`{name}` through an array of {len(unit_axes_of(values.type))} axes",
                "Make a curve for each column.",
                node,
            )
        rest = [self.node(value) for value in given.values()]
        words = [f"{key}=_{k + 3}_" for k, key in enumerate(given)]
        template = f"_0_({', '.join(['_1_', '_2_', *words])})"
        parts = (maker, knots, values, *rest)
        curve = self.verbatim(template, *parts, type=OPAQUE, pure=True, carries=False)
        kind = "BSpline" if name == "make_interp_spline" else name
        box = ObjectBox(None, getattr(home, kind), curve)
        fit = Fit(
            made=(values, maker, knots, *rest),
            template=template if shaping is not None and _linear(self, given, shaping) else None,
            line=_going_on(self, given) if name == LINES else None,
            ordered=self.static_value(given.get("assume_sorted", Static(False))) == (True, True),
        )
        self.curves[box] = fit
        return box

    return make


def _linear(self: Methods, given: Keywords, shaping: tuple[str, ...]) -> bool:
    """Whether options leave a curve linear in its values, and let it be one of several."""
    for key, value in given.items():
        known, found = self.static_value(value)
        plain = isinstance(found, (str, int, type(None))) and found != "periodic"
        if key not in shaping or not known or not plain:
            return False
    return True


def _going_on(self: Methods, given: Keywords) -> bool | None:
    """Whether an ``interp1d`` goes on beyond its ends; None if it has no straight pieces."""
    known, kind = self.static_value(given.get("kind", Static("linear")))
    if not known or kind not in ("linear", 1):
        return None
    known, filled = self.static_value(given.get("fill_value", Static(None)))
    return known and filled == "extrapolate"


def _of_object(found: Any) -> Fit | None:
    """What is known of a curve that exists; None where its rule would not hold."""
    name = type(found).__name__
    if name in POLYNOMIALS:
        coefficients = found.c
        if name == "BSpline":
            return Fit(degree=found.k) if _plain(coefficients, 1) else None
        return Fit(degree=len(coefficients) - 1) if _plain(coefficients, 2) else None
    if name in FITPACK:
        # Beyond its ends FITPACK goes on with the last slope where the last value is kept.
        return Fit(degree=found._eval_args[2]) if found.ext != 3 else None
    if name == LINES and _plain(found.y, 1):
        kind = getattr(found, "_kind", None)
        filled = getattr(found, "fill_value", None)
        extrapolated = isinstance(filled, str) and filled == "extrapolate"
        return Fit(line=extrapolated) if kind == "linear" else Fit()
    return None


def _plain(array: Any, axes: int) -> bool:
    return bool(array.ndim == axes and array.dtype.kind == "f")


# What of a curve that is an argument shapes the code.
WATCHED = {
    "BSpline": ("c.ndim", "c.dtype.kind", "k"),
    LINES: ("y.ndim", "y.dtype.kind", "_kind", "fill_value"),
    **dict.fromkeys(FITPACK, ("ext", "_eval_args[2]")),
}


def _fit_of(self: Methods, owner: ObjectBox) -> Fit | None:
    if owner not in self.curves and owner.instance is not None:
        self.curves[owner] = _of_object(owner.instance)
        route = owner.route
        if is_of_argument(route):
            usual = ("c.ndim", "c.dtype.kind", "c.shape[0]")
            for text in WATCHED.get(owner.type.__name__, usual):
                found = eval(f"_0_.{text}", {"_0_": owner.instance})
                self.graph.guard(Route(route.root, f"{route.text}.{text}"), "is", found)
    return self.curves.get(owner)


def curve_method(
    self: NumpyCalls, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    """A call of a curve or of one of its methods; None where it is none that has a rule."""
    owner = args[0] if args else None
    if not isinstance(owner, ObjectBox) or not owner.type.__module__.startswith(
        "scipy.interpolate"
    ):
        return None
    form = METHODS.get(getattr(found, "__name__", ""))
    fit = None if form is None else _fit_of(self, owner)
    return None if form is None or fit is None else form(self, owner, fit, args[1:], keywords, node)


def _call(
    self: NumpyCalls, owner: ObjectBox, fit: Fit, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    name = owner.type.__name__
    given = bound(("x",) if name == LINES else ("x", "nu"), args, keywords)
    order = self.static_int(given.get("nu", self.graph.constant(0)))
    if set(given) - {"x", "nu"} or order is None:
        if fit.made:
            raise self.unsupported(
                "this call of a curve", "Call it as curve(x) or curve(x, order).", node
            )
        return None
    at = self.array_node(given["x"])
    curve = self.object_node(owner)
    if name == LINES:
        return _line(self, owner, fit, curve, at, node)
    params = (order, fit.degree, fit.shift, fit.template)
    return self.boxed(self.block.add(curve_at, (curve, at, *fit.made), params))


def _line(
    self: NumpyCalls, owner: ObjectBox, fit: Fit, curve: Node, at: Node, node: ast.AST
) -> Value | None:
    if fit.line is None:
        raise self.unsupported(
            "an interp1d that is not linear",
            "SciPy has no slopes of it: use CubicSpline or make_interp_spline(x, y, k).",
            node,
        )
    if fit.made:
        values, _, knots, *_ = fit.made
    else:
        kind = self.static_type(owner.instance.x), self.static_type(owner.instance.y)
        knots, values = (
            self.verbatim(f"_0_.{name}", curve, type=type, pure=True)
            for name, type in zip("xy", kind, strict=True)
        )
    return self.boxed(self.call_array(line_at, (curve, at, knots, values), (fit.line, fit.ordered)))


def _derivative(
    self: NumpyCalls, owner: ObjectBox, fit: Fit, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    if owner.type.__name__ == LINES:
        return None
    given = bound(("n",) if owner.type.__name__ in FITPACK else ("nu",), args, keywords)
    order = self.static_int(next(iter(given.values()), self.graph.constant(1)))
    if len(given) > 1 or order is None or order < 0:
        return None
    text = f"_0_.derivative({order})" if given else "_0_.derivative()"
    found = self.verbatim(text, self.object_node(owner), type=OPAQUE, pure=True, carries=False)
    home = sys.modules["scipy.interpolate"]
    name = owner.type.__name__
    kind = name if name in (*FITPACK, "BSpline") else "PPoly"
    box = ObjectBox(None, getattr(home, kind), found)
    degree = None if fit.degree is None else max(fit.degree - order, 0)
    self.curves[box] = Fit(degree, fit.shift + order, fit.made, fit.template)
    return box


def _integrate(
    self: NumpyCalls, owner: ObjectBox, fit: Fit, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    if owner.type.__name__ not in POLYNOMIALS or fit.shift:
        return None
    given = bound(("a", "b"), args, keywords)
    if set(given) != {"a", "b"}:
        return None
    ends = [self.node(given[name]) for name in ("a", "b")]
    params = (0, fit.degree, fit.shift, fit.template)
    return self.boxed(
        self.block.add(curve_integral, (self.object_node(owner), *ends, *fit.made), params)
    )


METHODS = {"__call__": _call, "derivative": _derivative, "integrate": _integrate}
