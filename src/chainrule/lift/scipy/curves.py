"""Curves of :mod:`scipy.interpolate`: met as objects, made inside of the function, and read."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from chainrule.graph.guard import Route, is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.containers.methods import Methods
from chainrule.lift.scipy.events import Curve
from chainrule.lift.scipy.grids import GRID, read_grid
from chainrule.lift.scipy.surfaces import SURFACES, read_surface
from chainrule.lift.values import ObjectBox, Value
from chainrule.primitives.curves import Recipe, curve_at, curve_integral
from chainrule.primitives.interpolated_lines import line_at, spline_at
from chainrule.records import dataclass

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

POLYNOMIALS = (
    "PPoly", "CubicSpline", "PchipInterpolator", "Akima1DInterpolator", "CubicHermiteSpline",
    "BSpline",
)  # fmt: skip
FITPACK = ("UnivariateSpline", "InterpolatedUnivariateSpline", "LSQUnivariateSpline")
LINES = "interp1d"


@dataclass(frozen=True)
class Line:
    """What is known of an ``interp1d``: the degree of its pieces, and how it goes on beyond them.

    ``ordered`` is whether its knots are known to ascend, ``below`` and ``above`` what is given
    beyond its ends.
    """

    degree: int
    extrapolated: bool
    ordered: bool = False
    filled: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Fit:
    """What is known of a curve: its degree, how often it was differentiated, what made it.

    ``made`` are the maker of its changes and what that is given; ``recipe`` tells how these make
    the change of a curve, None where that is not known.  ``line`` is what is known of an
    ``interp1d``, None where that has neither straight pieces nor is a spline.
    """

    degree: int | None = None
    shift: int = 0
    made: tuple[Node, ...] = ()
    recipe: Recipe | None = None
    line: Line | None = None


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
        degree = found._spline.k if kind == "spline" else 1
        known = kind in ("linear", "spline")
        return Fit(line=Line(degree, extrapolated, True) if known else None)
    return None


def _plain(array: Any, axes: int) -> bool:
    return bool(array.ndim == axes and array.dtype.kind == "f")


# What of a curve that is an argument shapes the code.
WATCHED = {
    "BSpline": ("c.ndim", "c.dtype.kind", "k"),
    LINES: ("y.ndim", "y.dtype.kind", "_kind", "fill_value", "_spline.k"),
    **dict.fromkeys(FITPACK, ("ext", "_eval_args[2]")),
}


def _fit_of(self: Methods, owner: ObjectBox) -> Fit | None:
    if owner not in self.curves and owner.instance is not None:
        self.curves[owner] = _of_object(owner.instance)
        route = owner.route
        if is_of_argument(route):
            usual = ("c.ndim", "c.dtype.kind", "c.shape[0]")
            for text in WATCHED.get(owner.type.__name__, usual):
                if text == "_spline.k" and owner.instance._kind != "spline":
                    continue
                found = eval(f"_0_.{text}", {"_0_": owner.instance})
                self.graph.guard(Route(route.root, f"{route.text}.{text}"), "is", found)
    return self.curves.get(owner)


def curve_method(
    self: NumpyCalls, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    """A call of a curve or of one of its methods; None where it is none that has a rule."""
    owner = args[0] if args else None
    known = self.curves.get(owner) if isinstance(owner, ObjectBox) else None
    if isinstance(known, Curve):
        return known.read(self, args[1:], keywords, node)
    if not isinstance(owner, ObjectBox) or not owner.type.__module__.startswith(
        "scipy.interpolate"
    ):
        return None
    name = getattr(found, "__name__", "")
    if owner.type.__name__ == GRID and name == "__call__":
        return read_grid(self, owner, args[1:], keywords, node)
    if owner.type.__name__ in SURFACES and name in ("__call__", "ev"):
        return read_surface(self, owner, name, args[1:], keywords, node)
    form = METHODS.get(name)
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
    params = (order, fit.degree, fit.shift, fit.recipe)
    return self.boxed(self.block.add(curve_at, (curve, at, *fit.made), params))


def _line(
    self: NumpyCalls, owner: ObjectBox, fit: Fit, curve: Node, at: Node, node: ast.AST
) -> Value | None:
    line = fit.line
    if line is None:
        raise self.unsupported(
            "an interp1d of steps, or that is not understood",
            "Let it be linear or a spline: kind='cubic', or make_interp_spline(x, y, k).",
            node,
        )
    if fit.made:
        _, knots, values = fit.made
    else:
        kind = self.static_type(owner.instance.x), self.static_type(owner.instance.y)
        knots, values = (
            self.verbatim(f"_0_.{name}", curve, type=type, pure=True)
            for name, type in zip("xy", kind, strict=True)
        )
    filled = line.filled or (self.graph.constant(0.0),) * 2
    parts = (curve, at, knots, values, *filled)
    if line.degree == 1:
        return self.boxed(self.call_array(line_at, parts, (line.extrapolated, line.ordered)))
    statics = (line.degree, line.extrapolated, line.ordered)
    return self.boxed(self.call_array(spline_at, parts, statics))


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
    self.curves[box] = Fit(degree, fit.shift + order, fit.made, fit.recipe)
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
    params = (0, fit.degree, fit.shift, fit.recipe)
    return self.boxed(
        self.block.add(curve_integral, (self.object_node(owner), *ends, *fit.made), params)
    )


METHODS = {"__call__": _call, "derivative": _derivative, "integrate": _integrate}
