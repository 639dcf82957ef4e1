"""Functions of NumPy that give positions, and objects that make arrays of subscripts."""

from __future__ import annotations

import ast
import math
import sys
from typing import TYPE_CHECKING, Any

from chainrule.graph.node import Node
from chainrule.graph.types import COMPLEX, FLOATING, INT, Array, dtype_of, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, as_mask, bound
from chainrule.lift.values import Static, TupleValue, Value
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays import (
    creation,
    histograms,
    indexing,
    positions,
    several_functions,
    shaping,
)
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.records import component, counted_component, rigid_component
from chainrule.primitives.declare import TABLE

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def several(op: ArrayCall, rigid: tuple[int, ...] = ()) -> SpecialForm:
    """A call with several results; no derivative flows through the ``rigid`` ones."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        found = self.node(self.bound_call(op, args, keywords, node, "function"))
        return results_of(self, found, rigid)

    return lift


def named(op: ArrayCall, result: str) -> SpecialForm:
    """A call with several results, which have names."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        found = several(op)(self, args, keywords, node)
        return TupleValue(found.items, result_class(result))

    return lift


# Where NumPy and SciPy keep the named tuples that they give.
RESULT_HOMES = (
    "numpy.linalg._linalg", "numpy.linalg.linalg", "scipy.stats._stats_py",
    "scipy.stats._morestats", "scipy.stats._mannwhitneyu", "scipy.stats._stats_mstats_common",
    "scipy.stats.contingency", "scipy.stats._binned_statistic",
)  # fmt: skip


def result_class(name: str) -> type | None:
    """The named tuple that a function gives, where its version has one."""
    homes = [sys.modules[home] for home in RESULT_HOMES if home in sys.modules]
    found: type | None = next(filter(None, (getattr(home, name, None) for home in homes)), None)
    return found


def results_of(self: NumpyCalls, found: Node, rigid: tuple[int, ...] = ()) -> TupleValue:
    """The results of a call as a tuple."""
    parts = []
    for k, type in enumerate(getattr(found.type, "items")):  # noqa: B009
        kind = component if dtype_of(type) in (*FLOATING, *COMPLEX) else counted_component
        parts.append(self.block.add(rigid_component if k in rigid else kind, (found,), (k,)))
    return TupleValue(tuple(self.boxed(part) for part in parts))


def _where(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if len(args) == 1:
        return several(positions.nonzero)(self, args, keywords, node)
    choices = [self.array_node(arg) for arg in args[1:]]
    return self.boxed(self.primitive(TABLE["where"], as_mask(self, args[0]), *choices))


def _triangle(op: ArrayCall) -> SpecialForm:
    """``np.tril_indices(n, k, m)``; a matrix that is not square is described by ``m``."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = bound(("n", "k", "m"), args, keywords)
        return several(op)(self, [given.pop("n")], given, node)

    return lift


def _crossed(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.ix_``: each list of positions along an axis of its own."""
    found = []
    for place, arg in enumerate(args):
        array = self.array_node(arg)
        if not isinstance(array.type, Array) or len(unit_axes_of(array.type)) != 1:
            raise self.unsupported(
                "`np.ix_` of what is not known to be a list of positions",
                "Make the positions with NumPy's functions, or pass them in as a parameter.",
                node,
            )
        if dtype_of(array.type) == "bool":
            raise self.unsupported(
                "`np.ix_` of a mask", "Give it positions, such as np.flatnonzero(mask).", node
            )
        others = len(args) - 1 - place
        if others:
            none = self.graph.constant(None)
            array = self.block.add(
                indexing.section, (array, none, none, none), ("s" + "n" * others,)
            )
        found.append(self.boxed(array))
    return TupleValue(tuple(found))


def _unique(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    options = bound(UNIQUE, args, keywords)
    if any(self.static_value(options.get(name, Static(False)))[1] for name in UNIQUE[1:]):
        return several(positions.unique_with)(self, args, keywords, node)
    return self.bound_call(positions.unique, [options["ar"]], {}, node, "function")


UNIQUE = ("ar", "return_index", "return_inverse", "return_counts")


def _histogram(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "bins", "range", "density", "weights"), args, keywords)
    bins, weights = given.get("bins", Static(10)), given.get("weights", Static(None))
    if self.static_value(given.pop("density", Static(None))) not in ((True, None), (True, False)):
        raise self.unsupported(
            "`np.histogram` as a density", "Divide by the sum and by the widths of the bins.", node
        )
    weighted = self.static_value(weights) != (True, None)
    given.pop("weights", None)
    if self.static_int(bins) is None:
        if weighted and not unit_axes_of(self.array_node(bins).type):
            raise self.unsupported(
                "a number of bins that is known at run time only", "Write it there.", node
            )
        arrays = [given["a"], bins, weights] if weighted else [given["a"], bins]
        op = histograms.histogram_weighted_over if weighted else positions.histogram_over
        return several(op)(self, arrays, {}, node)
    if weighted:
        arrays = [given.pop("a"), weights]
        return several(histograms.histogram_weighted)(self, arrays, given, node)
    return several(positions.histogram)(self, [], given, node)


def _bincount(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("x", "weights", "minlength"), args, keywords)
    weights = given.pop("weights", Static(None))
    if self.static_value(weights) == (True, None):
        return self.bound_call(positions.bincount, [], given, node, "function")
    return self.bound_call(
        positions.bincount_weighted, [given.pop("x"), weights], given, node, "function"
    )


def _round(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "decimals"), args, keywords)
    array = self.array_node(given.pop("a"))
    if unit_axes_of(array.type):
        return self.bound_call(positions.array_round, [self.boxed(array)], given, node, "function")
    if "decimals" not in given:
        return self.primitive(TABLE["float_round"], array, params=("numpy.round",))
    digits = self.node(given["decimals"])
    return self.primitive(TABLE["float_round_digits"], array, digits, params=("numpy.round",))


FORMS: dict[str, SpecialForm] = {
    **{
        f"scipy.special.{op.name}": several(op)
        for op in (
            several_functions.airy,
            several_functions.ellipj,
            several_functions.fresnel,
            several_functions.itairy,
            several_functions.iti0k0,
            several_functions.itj0y0,
            several_functions.pbdv,
            several_functions.pbvv,
            several_functions.pbwa,
            several_functions.shichi,
            several_functions.sici,
        )
    },
    "numpy.round": _round,
    "numpy.around": _round,
    "numpy.where": _where,
    "numpy.nonzero": several(positions.nonzero),
    "numpy.unravel_index": several(positions.unravel_index),
    "numpy.tril_indices": _triangle(positions.tril_indices),
    "numpy.triu_indices": _triangle(positions.triu_indices),
    "numpy.diag_indices": several(positions.diag_indices),
    "numpy.tril_indices_from": several(positions.tril_indices_from),
    "numpy.triu_indices_from": several(positions.triu_indices_from),
    "numpy.diag_indices_from": several(positions.diag_indices_from),
    "numpy.ix_": _crossed,
    "numpy.unique": _unique,
    "numpy.histogram": _histogram,
    "numpy.bincount": _bincount,
}


def _nonzero_method(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return several(positions.nonzero)(self, [owner, *args], keywords, node)


METHODS = {"nonzero": _nonzero_method}


# --- np.mgrid, np.ogrid, np.r_, np.c_ ------------------------------------------------------


def grid_item(self: Any, owner: Any, key: ast.expr) -> Value | None:
    """A subscript of one of NumPy's objects that make arrays of subscripts; None of others."""
    kind = type(owner).__name__
    if type(owner).__module__ not in ("numpy.lib._index_tricks_impl", "numpy.lib.index_tricks"):
        return None
    parts = list(key.elts) if isinstance(key, ast.Tuple) else [key]
    if kind in ("MGridClass", "OGridClass"):
        return _grid(self, parts, owner.sparse, isinstance(key, ast.Tuple))
    if kind in ("RClass", "CClass"):
        return _joined(self, parts, kind == "CClass")
    return None


def _line(self: NumpyCalls, part: ast.expr) -> Node:
    """The numbers of ``start:stop:step``; an imaginary step counts them."""
    if not isinstance(part, ast.Slice):
        raise self.unsupported("this part of a grid", "Write it as start:stop:step.", part)
    ends = [
        Static(default) if bound_ is None else self.expression(bound_)
        for bound_, default in ((part.lower, 0), (part.upper, None), (part.step, 1))
    ]
    known = [self.static_value(end) for end in ends]
    start, stop, step = (value for _, value in known)
    nodes = [self.node(end) for end in ends]
    if all(node.type == INT for node in nodes) and step == 1:
        zero = start == 0
        bounds = (nodes[1],) if zero else (nodes[0], nodes[1])
        return self.call_array(creation.arange, bounds, (None,))
    if not all(is_known for is_known, _ in known):
        raise self.unsupported(
            "a grid whose step is known at run time only", "Use np.arange or np.linspace.", part
        )
    constant = self.graph.constant
    if isinstance(step, complex):
        count = int(abs(step))
        width = (stop - start) / float(count - 1) if count > 1 else stop - start
    else:
        count, width = max(0, math.ceil((stop - start) / step)), step
    whole = self.call_array(creation.arange, (constant(count),), (None,))
    scaled = self.primitive(arithmetic.multiply, whole, constant(width))
    return self.primitive(arithmetic.add, scaled, constant(start))


def _grid(self: NumpyCalls, parts: list[ast.expr], sparse: bool, several_axes: bool) -> Value:
    lines = [_line(self, part) for part in parts]
    if not several_axes:
        return self.boxed(lines[0])
    spread = []
    for place, line in enumerate(lines):
        others = tuple(k for k in range(len(lines)) if k != place)
        found = self.call_array(shaping.expand_dims, (line,), (others,)) if others else line
        spread.append(found)
    if sparse:
        return TupleValue(tuple(map(self.boxed, spread)))
    sizes = [self.length_along(line, 0) for line in lines]
    full = [self.call_array(shaping.broadcast_to, (each, *sizes), ()) for each in spread]
    return self.boxed(self.call_array(shaping.stack, tuple(full), (0,)))


def _joined(self: NumpyCalls, parts: list[ast.expr], columns: bool) -> Value:
    """``np.r_[a, 0, b]`` joins along the first axis, ``np.c_[a, b]`` makes columns."""
    arrays = []
    for part in parts:
        array = _line(self, part) if isinstance(part, ast.Slice) else None
        if array is None:
            array = self.array_node(self.expression(part))
        if array.type == self.graph.constant("").type:
            raise self.unsupported("a directive in `np.r_`", "Use np.concatenate.", part)
        axes = len(unit_axes_of(array.type))
        if axes == 0:
            array = self.block.add(creation.literal, (array,), ((1,), None))
        if columns and axes < 2:
            none = self.graph.constant(None)
            array = self.block.add(indexing.section, (array, none, none, none), ("sn",))
        arrays.append(array)
    return self.boxed(self.call_array(shaping.concatenate, tuple(arrays), (1 if columns else 0,)))
