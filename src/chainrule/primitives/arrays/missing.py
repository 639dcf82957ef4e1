"""Reductions that leave out what is no number: ``np.nansum`` and its kin."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, inexact_promoted, unit_axes_of
from chainrule.primitives.arrays.creation import narrowed
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import as_first, reduced, when_whole
from chainrule.primitives.arrays.masked import std_where, var_where
from chainrule.primitives.arrays.reductions import (
    array_max,
    array_min,
    array_sum,
    cumprod,
    cumsum,
    prod,
    reduced_axes,
)
from chainrule.primitives.declare import TABLE

SIGNATURE = "a, axis=None, keepdims=False"


def _reduced(a: Type, axis: Any = None, keepdims: bool = False, **statics: Any) -> Type:
    return array_of(inexact_promoted(a), reduced_axes(a, axis, keepdims))


def filled(a: Node, value: float) -> Node:
    """``a`` with a number where it has none."""
    found: Node = TABLE["where"](TABLE["isnan"](a), value, a)
    return found


def _present(a: Node) -> Node:
    found: Node = TABLE["equal"](a, a)
    return found


def _same(x: Type, **statics: Any) -> Type:
    return x


@array_defined(
    "nan_to_num_with", spelled="numpy.nan_to_num", typed=_same, lengths=as_first,
    signature="x, nan=0.0, posinf=None, neginf=None",
)  # fmt: skip
def nan_to_num_with(x: Node, nan: float, posinf: float | None, neginf: float | None) -> Node:
    """The entries that are finite, and numbers of the user's in the place of the others."""
    choose, equal = TABLE["where"], TABLE["equal"]
    largest = math.inf if posinf is None else posinf
    least = -math.inf if neginf is None else neginf
    found: Node = choose(equal(x, math.inf), float(largest), filled(x, float(nan)))
    return choose(equal(x, -math.inf), float(least), found)  # type: ignore[no-any-return]


@array_defined("nansum", "numpy.nansum", signature=SIGNATURE, typed=_reduced, lengths=reduced)
def nansum(a: Node, axis: Any, keepdims: bool) -> Node:
    """Sum of the entries that are numbers."""
    return array_sum(filled(a, 0.0), axis=axis, keepdims=keepdims)


@array_defined("nanmean", "numpy.nanmean", signature=SIGNATURE, typed=_reduced, lengths=reduced)
def nanmean(a: Node, axis: Any, keepdims: bool) -> Node:
    """Mean of the entries that are numbers."""
    count = narrowed(array_sum(_present(a), axis=axis, keepdims=keepdims), a)
    return array_sum(filled(a, 0.0), axis=axis, keepdims=keepdims) / count


@array_defined("nanprod", "numpy.nanprod", signature=SIGNATURE, typed=_reduced, lengths=reduced)
def nanprod(a: Node, axis: Any, keepdims: bool) -> Node:
    """Product of the entries that are numbers."""
    return prod(filled(a, 1.0), axis=axis, keepdims=keepdims)


@array_defined("nanmax", "numpy.nanmax", signature=SIGNATURE, typed=_reduced, lengths=reduced)
def nanmax(a: Node, axis: Any, keepdims: bool) -> Node:
    """Largest of the entries that are numbers."""
    found: Node = array_max(filled(a, -math.inf), axis=axis, keepdims=keepdims)
    return found


@array_defined("nanmin", "numpy.nanmin", signature=SIGNATURE, typed=_reduced, lengths=reduced)
def nanmin(a: Node, axis: Any, keepdims: bool) -> Node:
    """Smallest of the entries that are numbers."""
    found: Node = array_min(filled(a, math.inf), axis=axis, keepdims=keepdims)
    return found


SPREAD = "a, axis=None, ddof=0, keepdims=False"


@array_defined("nanvar", "numpy.nanvar", signature=SPREAD, typed=_reduced, lengths=reduced)
def nanvar(a: Node, axis: Any, ddof: Any, keepdims: bool) -> Node:
    """Variance of the entries that are numbers."""
    return var_where(a, _present(a), axis=axis, ddof=ddof, keepdims=keepdims)


@array_defined("nanstd", "numpy.nanstd", signature=SPREAD, typed=_reduced, lengths=reduced)
def nanstd(a: Node, axis: Any, ddof: Any, keepdims: bool) -> Node:
    """Standard deviation of the entries that are numbers."""
    return std_where(a, _present(a), axis=axis, ddof=ddof, keepdims=keepdims)


def _running(a: Type, axis: Any = None) -> Type:
    units = unit_axes_of(a)
    return array_of(dtype_of(a), units if axis is not None and units else (all(units),))


@array_defined(
    "nancumsum",
    "numpy.nancumsum",
    signature="a, axis=None",
    typed=_running,
    lengths=when_whole,
    vectors=True,
)
def nancumsum(a: Node, axis: Any) -> Node:
    """Running sum of the entries that are numbers."""
    return cumsum(filled(a, 0.0), axis=axis)


@array_defined(
    "nancumprod",
    "numpy.nancumprod",
    signature="a, axis=None",
    typed=_running,
    lengths=when_whole,
    vectors=True,
)
def nancumprod(a: Node, axis: Any) -> Node:
    """Running product of the entries that are numbers."""
    return cumprod(filled(a, 1.0), axis=axis)
