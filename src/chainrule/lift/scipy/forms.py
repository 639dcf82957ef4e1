"""Functions of SciPy that are lifted in a way of their own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

from chainrule.graph.types import BOOL, FLOAT, INT, unit_axes_of
from chainrule.lift.containers.methods import Methods
from chainrule.lift.scipy import (
    fits,
    functionals,
    grids,
    iterated,
    made_curves,
    solutions,
    trajectories,
    warped,
)
from chainrule.lift.values import TupleValue, Value
from chainrule.primitives.arrays.spline_values import spline_at, table_of
from chainrule.primitives.declare import Elementwise
from chainrule.primitives.inverses import INVERSES
from chainrule.primitives.splines import bisplev, bisplev_of, splev

Arguments = list[Value]
Keywords = dict[str, Value]
ScipyForm = Callable[[Any, Arguments, Keywords, ast.AST], Value]


def scipy_form(found: Any) -> ScipyForm | None:
    """How a function of SciPy is lifted that is no call of one primitive."""
    # A ufunc does not tell where it lives.
    home = str(getattr(found, "__module__", None) or "scipy.special")
    name = getattr(found, "__name__", None)
    if not home.startswith("scipy.") or name not in {key[1] for key in SCIPY}:
        return None
    for (module, own), form in SCIPY.items():
        if own == name and getattr(sys.modules.get(module), own, None) is found:
            return form
    return None


def _spline(op: Any, names: tuple[str, ...], numbers: int, name: str) -> ScipyForm:
    """A piecewise polynomial in FITPACK's representation, at a number."""

    def call(self: Methods, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        bound = _bound(self, name, (*names, *ORDERS[op]), args, keywords, node)
        if op is splev and (found := _spline_at(self, *bound)) is not None:
            return found
        points = [self.node(value) for value in bound[:numbers]]
        if any(point.type not in (FLOAT, INT, BOOL) for point in points):
            raise self.unsupported(f"`{name}` of an array", "Call it for each number.", node)
        table = self.node(bound[numbers])
        orders = [
            self.graph.constant(0) if value is None else self.node(value)
            for value in bound[numbers + 1 :]
        ]
        known, found = self.static_value(bound[numbers])
        surface = op is bisplev and known
        chosen = bisplev_of((int(found[3]), int(found[4]))) if surface else op
        return self.primitive(chosen, *points, table, *orders)

    return call


def _spline_at(self: Any, x: Value, table: Value, der: Value | None) -> Value | None:
    """``splev`` of an array, or of a table that is written as (t, c, k); None of others."""
    order = 0 if der is None else self.static_int(der)
    parts = self.known_items(table) if isinstance(self.read(table), TupleValue) else None
    written = parts is not None and len(parts) == 3 and not self.static_value(table)[0]
    place = self.array_node(x)
    if order is None or order < 0 or not (written or unit_axes_of(place.type)):
        return None
    if not written or parts is None:
        known, found = self.static_value(table)
        degree = int(found[2]) if known and isinstance(found, tuple) else None
        return self.boxed(spline_at(place, self.node(table), (), degree, order))
    degree = self.static_int(parts[2])
    nodes = (self.array_node(parts[0]), self.array_node(parts[1]), self.node(parts[2]))
    axes = [len(unit_axes_of(node.type)) for node in (*nodes, place)]
    if axes[:3] != [1, 1, 0] or axes[3] > 1:
        return None
    return self.boxed(spline_at(place, table_of(*nodes), nodes, degree, order))


def _entrywise(op: Elementwise) -> ScipyForm:
    """A function of numbers that stands outside of the table."""

    def call(self: Methods, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        if keywords or len(args) != op.arity:
            raise self.unsupported(
                f"this call of `{op.name}`", f"Give it {op.arity} arguments.", node
            )
        return self.boxed(self.primitive(op, *map(self.array_node, args)))

    return call


def _bound(
    self: Methods,
    name: str,
    names: tuple[str, ...],
    args: Arguments,
    keywords: Keywords,
    node: ast.AST,
) -> list[Any]:
    """The arguments in the order of the parameters; None for those that are not given."""
    given: dict[str, Value] = dict(zip(names, args, strict=False))
    unknown = [key for key in keywords if key not in names or key in given]
    if unknown or len(args) > len(names):
        raise self.unsupported(f"this call of `{name}`", f"Call it with: {', '.join(names)}.", node)
    given.update(keywords)
    return [given.get(key) for key in names]


ORDERS: dict[Any, tuple[str, ...]] = {splev: ("der",), bisplev: ("dx", "dy")}
SCIPY: dict[tuple[str, str], ScipyForm] = {
    **{("scipy.special", name): _entrywise(op) for name, op in INVERSES.items()},
    ("scipy.integrate", "quad"): functionals.integral,
    ("scipy.integrate", "quad_vec"): functionals.integral_of_array,
    ("scipy.integrate", "dblquad"): iterated.double_integral,
    ("scipy.integrate", "tplquad"): iterated.triple_integral,
    ("scipy.integrate", "nquad"): iterated.several,
    ("scipy.integrate", "solve_ivp"): trajectories.solve_ivp,
    ("scipy.integrate", "odeint"): trajectories.odeint,
    **{("scipy.optimize", name): functionals.root_told(name) for name in functionals.ROOTS},
    ("scipy.optimize", "newton"): functionals.root_by_newton,
    ("scipy.optimize", "minimize_scalar"): functionals.least,
    ("scipy.optimize", "root_scalar"): functionals.root_between,
    ("scipy.optimize", "fsolve"): solutions.fsolve,
    ("scipy.optimize", "fixed_point"): solutions.fixed_point,
    ("scipy.optimize", "root"): solutions.ROOT,
    ("scipy.optimize", "curve_fit"): fits.fitted_curve,
    ("scipy.optimize", "minimize"): solutions.MINIMIZE,
    **{("scipy.optimize", each.name): each for each in solutions.PLAIN_MINIMA},
    **{("scipy.optimize", each.name): each for each in solutions.BY_STEPS},
    ("scipy.optimize", "least_squares"): solutions.LEAST_SQUARES,
    ("scipy.optimize", "leastsq"): solutions.LEASTSQ,
    **{("scipy.interpolate", name): made_curves.making(name) for name in made_curves.MADE},
    ("scipy.interpolate", grids.GRID): grids.make_grid,
    ("scipy.interpolate", "interpn"): grids.read_once,
    ("scipy.ndimage", "map_coordinates"): warped.read_image,
    ("scipy.interpolate", "splev"): _spline(splev, ("x", "tck"), 1, "splev"),
    ("scipy.interpolate", "bisplev"): _spline(bisplev, ("x", "y", "tck"), 2, "bisplev"),
}
