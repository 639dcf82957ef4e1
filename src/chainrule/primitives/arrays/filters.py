"""Filters and transforms of :mod:`scipy.signal` and :mod:`scipy.fft`.

All are linear in the signal: each is declared by its transpose, which is a filter of the same kind
run backwards, or the transform of the other type.
"""

from __future__ import annotations

from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import ArrayCall, ArrayRule, array_linear, array_rule
from chainrule.primitives.arrays.creation import arange, eye, ones, zeros
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along, section_set
from chainrule.primitives.arrays.lengths import Lengths, Of, all_unknown, as_first
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.shaping import (
    concatenate,
    dimension,
    expand_dims,
    flip,
    transpose,
)
from chainrule.primitives.arrays.signals import convolve, correlate
from chainrule.primitives.declare import TABLE, Cost


def _kept(a: Type, *others: Type, **statics: Any) -> Type:
    return array_of(real_promoted(a, *others), unit_axes_of(a))


def refuse(node: Node, found: str, remedy: str) -> None:
    """Refuse a call whose transpose is not known."""
    raise UnsupportedError(found, remedy=remedy, position=node.origin.position)


# --- convolution ----------------------------------------------------------------------------


def _slid(in1: Type, in2: Type, **statics: Any) -> Type:
    return array_of(real_promoted(in1, in2), (False,) * len(unit_axes_of(in1)))


def _slid_lengths(node: Node, of: Of) -> Lengths:
    first, second = map(of, node.args)
    if node.params[0] == "full":
        return tuple(n + m + -1 for n, m in zip(first, second, strict=True))
    return first if node.params[0] == "same" else all_unknown(node)


def _full_adjoint(out_bar: Node, node: Node, mode: str) -> Node:
    """The adjoint with zeros where the mode has cut entries off, as much on both sides."""
    if mode == "full":
        return out_bar
    rank = len(unit_axes_of(node.type))
    sizes, bounds = [], []
    none = node.graph.constant(None)
    for axis in range(rank):
        whole = sum(dimension(arg, axis=axis) for arg in node.args) - 1
        count = dimension(node, axis=axis)
        start = TABLE["floor_divide"](whole - count, 2)
        sizes.append(whole)
        bounds += [start, start + count, none]
    return node.graph.cursor.add(section_set, (zeros(*sizes), *bounds, out_bar), ("s" * rank,))


def _turned(array: Node) -> Node:
    return flip(array, axis=None) if len(unit_axes_of(array.type)) > 1 else flip(array, axis=0)


def _convolution(name: str) -> ArrayRule:
    @array_rule(name, f"scipy.signal.{name.removeprefix('signal_')}",
                signature="in1, in2, mode='full'", arrays=2, typed=_slid,
                lengths=_slid_lengths)  # fmt: skip
    def convolution(walker: Any, node: Node, out_bar: Node, mode: str) -> None:
        """Convolution of two arrays; every entry of it in full is a sum of products."""
        in1, in2 = node.args
        full = _full_adjoint(out_bar, node, mode)
        for arg, other in ((in1, in2), (in2, in1)):
            if walker.active(arg):
                walker.accumulate(arg, convolution(full, _turned(other), mode="valid"))

    def tangent(node: Node, args: Any, dots: Any, out: Node, mode: str) -> Node | None:
        total: Any = None
        for left, right in ((dots[0], args[1]), (args[0], dots[1])):
            if left is not None and right is not None:
                term = convolution(left, right, mode=mode)
                total = term if total is None else total + term
        found: Node | None = total
        return found

    convolution.tangent_rule = tangent
    return convolution


signal_convolve = _convolution("signal_convolve")
fftconvolve = _convolution("fftconvolve")
oaconvolve = _convolution("oaconvolve")
convolve2d = _convolution("convolve2d")


@array_defined("signal_correlate", "scipy.signal.correlate", signature="in1, in2, mode='full'",
               arrays=2, typed=_slid, lengths=_slid_lengths)  # fmt: skip
def signal_correlate(in1: Node, in2: Node, mode: str) -> Node:
    """Correlation: the convolution with the second array turned."""
    return signal_convolve(in1, _turned(in2), mode=mode)


@array_defined("correlate2d", "scipy.signal.correlate2d", signature="in1, in2, mode='full'",
               arrays=2, typed=_slid, lengths=_slid_lengths)  # fmt: skip
def correlate2d(in1: Node, in2: Node, mode: str) -> Node:
    """Correlation of matrices."""
    return convolve2d(in1, _turned(in2), mode=mode)


# --- recursive filters, smoothing -----------------------------------------------------------


def _recursive(name: str, signature: str, count: int) -> ArrayRule:
    """A recursive filter with ``count`` arrays of coefficients before the signal."""

    @array_rule(
        name, f"scipy.signal.{name}", signature=signature, arrays=count + 1,
        typed=lambda *types, axis=-1: _kept(types[count]),
        lengths=lambda node, of: of(node.args[count]),
    )  # fmt: skip
    def filtered(walker: Any, node: Node, out_bar: Node, axis: int) -> None:
        """A recursive filter; its adjoint is the filter run backwards."""
        *coefficients, x = node.args
        moving = [walker.active(arg) for arg in coefficients]
        _check_coefficients(node, moving)
        if walker.active(x):
            backwards = filtered(*coefficients, flip(out_bar, axis=axis), axis=axis)
            walker.accumulate(x, flip(backwards, axis=axis))
        if any(moving):
            # The adjoint of what the recursion takes.
            below = coefficients[1]
            fed = flip(filtered(_one(node), below, flip(out_bar, axis=0), axis=-1), axis=0)
            for arg, moves, signal in zip(coefficients, moving, (x, node), strict=True):
                if moves:
                    bar = _met(fed, signal, arg)
                    walker.accumulate(arg, bar if arg is not below else -bar)

    def tangent(node: Node, args: Any, dots: Any, out: Node, axis: int) -> Node | None:
        moving = [dot is not None for dot in dots[:count]]
        _check_coefficients(node, moving)
        *coefficients, x = args
        total: Any = (
            None if dots[count] is None else filtered(*coefficients, dots[count], axis=axis)
        )
        if any(moving):
            one = _one(node)
            taken: Any = None if dots[0] is None else filtered(dots[0], one, x, axis=-1)
            if dots[1] is not None:
                given = filtered(dots[1], one, out, axis=-1)
                taken = -given if taken is None else taken - given
            moved = filtered(one, coefficients[1], taken, axis=-1)
            total = moved if total is None else total + moved
        found: Node | None = total
        return found

    filtered.tangent_rule = tangent
    return filtered


def _check_coefficients(node: Node, moving: list[bool]) -> None:
    """Refuse derivatives by coefficients other than those of ``lfilter`` of one signal."""
    vectors = len(node.args) == 3 and all(len(unit_axes_of(arg.type)) == 1 for arg in node.args)
    if any(moving) and not vectors:
        name = node.op.name
        refuse(node, f"cannot differentiate `{name}` by its coefficients",
               "Use `lfilter` of one signal, or write the recurrence as a loop.")  # fmt: skip


def _one(node: Node) -> Node:
    found: Node = ones(node.graph.constant(1))
    return found


def _met(fed: Node, signal: Node, coefficients: Node) -> Node:
    """What each coefficient has met: the sum of ``fed[n] * signal[n - k]`` for every k."""
    if all(unit_axes_of(coefficients.type)):
        return expand_dims(matmul(fed, signal), axis=(0,))
    longer = concatenate(fed, zeros(dimension(coefficients, axis=0) - 1), axis=0)
    return correlate(longer, signal, mode="valid")


lfilter = _recursive("lfilter", "b, a, x, axis=-1", 2)
sosfilt = _recursive("sosfilt", "sos, x, axis=-1", 1)

SAVGOL = "x, window_length, polyorder, deriv=0, delta=1.0, axis=-1"


@array_linear("savgol_filter", "scipy.signal.savgol_filter", signature=SAVGOL, typed=_kept,
              lengths=as_first, cost=Cost.FUNCTION)  # fmt: skip
def savgol_filter(
    walker: Any, node: Node, out_bar: Node, window_length: int, polyorder: int, **statics: Any
) -> None:
    """A polynomial fitted to each window, read in its middle; at both ends of the first and last.

    What the windows do to a signal as long as one of them are the rows of a matrix.
    """
    (x,) = node.args
    if len(unit_axes_of(x.type)) != 1 or window_length % 2 == 0:
        refuse(node, "cannot differentiate `savgol_filter` of several signals or an even window",
               "Filter each signal for itself, with an odd window_length.")  # fmt: skip
    half = window_length // 2
    place = x.graph.constant
    rows = savgol_filter(
        eye(place(window_length)), window_length=window_length, polyorder=polyorder,
        **{**statics, "axis": 0},
    )  # fmt: skip
    middle = part_along(out_bar, 0, half, place(-half))
    walker.accumulate(x, convolve(middle, _row(rows, half)))
    ends = (
        (part_along(x, 0, 0, place(window_length)), part_along(rows, 0, 0, place(half)),
         part_along(out_bar, 0, 0, place(half))),
        (part_along(x, 0, place(-window_length), None), part_along(rows, 0, place(-half), None),
         part_along(out_bar, 0, place(-half), None)),
    )  # fmt: skip
    for read, weights, bar in ends:
        walker.accumulate_section(x, read, matmul(transpose(weights), bar))


def _row(rows: Node, place: int) -> Node:
    from chainrule.primitives.sequence import index

    return rows.graph.cursor.add(index, (rows, rows.graph.constant(place)))


# --- cosine and sine transforms ---------------------------------------------------------------

# The type of the transform that is the transpose, and of the entry at the end that counts half.
ACROSS = {2: 3, 3: 2, 4: 4}


def _transform(name: str) -> ArrayCall:
    inverse, cosine = name.startswith("i"), name.endswith("ct")

    @array_linear(name, f"scipy.fft.{name}", signature="x, type=2, axis=-1, norm=None",
                  typed=_kept, lengths=as_first)  # fmt: skip
    def transform(walker: Any, node: Node, out_bar: Node, type: int, axis: int, norm: Any) -> None:
        """A cosine or sine transform along an axis (type 2, 3 or 4)."""
        if type not in ACROSS or norm not in (None, "backward", "ortho"):
            refuse(node, f"cannot differentiate `{name}` of this type and norm",
                   "Use type 2, 3 or 4 and norm None or 'ortho'.")  # fmt: skip
        # The inverse of type 2 is type 3 over twice the length.
        own = ACROSS[type] if inverse else type
        weighs = norm != "ortho" and own != 4
        bar = out_bar * _end(node, axis, cosine, 2.0) if weighs and own == 2 else out_bar
        found = transform(bar, type=ACROSS[type], axis=axis, norm=norm)
        if weighs and own == 3:
            found = found * _end(node, axis, cosine, 0.5)
        walker.accumulate(node.args[0], found)

    return transform


def _end(node: Node, axis: int, cosine: bool, weight: float) -> Any:
    """Ones, but for the entry that type 3 counts once where it counts the others twice."""
    count = dimension(node, axis=axis)
    place = 0 if cosine else count - 1
    found = TABLE["where"](TABLE["equal"](arange(count), place), weight, 1.0)
    behind = (len(unit_axes_of(node.type)) - 1 - axis) % len(unit_axes_of(node.type))
    return expand_dims(found, axis=tuple(range(1, behind + 1))) if behind else found


dct, idct, dst, idst = (_transform(name) for name in ("dct", "idct", "dst", "idst"))


def _over_axes(step: ArrayCall) -> ArrayCall:
    """A transform along several axes, one after the other."""
    name = f"{step.name}n"

    @array_defined(name, f"scipy.fft.{name}", signature="x, type=2, axes=None, norm=None",
                   typed=_kept, lengths=as_first)  # fmt: skip
    def transform(x: Node, type: int, axes: Any, norm: Any) -> Node:
        rank = len(unit_axes_of(x.type))
        for axis in range(rank) if axes is None else axes if isinstance(axes, tuple) else (axes,):
            x = step(x, type=type, axis=axis % rank, norm=norm)
        return x

    transform.__doc__ = f"The transform ``{step.name}`` along several axes."
    return transform


dctn, idctn, dstn, idstn = (_over_axes(step) for step in (dct, idct, dst, idst))
