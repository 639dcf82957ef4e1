"""Filters that choose an entry of every window: the largest, the smallest, the middle one.

Each is that of the windows of the array with its margin; entries that tie share evenly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.quantiles import merged
from chainrule.primitives.arrays.rearranging import pad, sort
from chainrule.primitives.arrays.reductions import array_max, array_min, array_sum
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.arrays.windows import sliding_window_view
from chainrule.primitives.declare import TABLE

# The margins of SciPy by the names that np.pad gives them.
MARGINS = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge",
    "wrap": "wrap", "grid-wrap": "wrap", "constant": "constant", "grid-constant": "constant",
}  # fmt: skip
Choice = Callable[..., Node]


def _kept(a: Type, **statics: Any) -> Type:
    return array_of(real_promoted(a), unit_axes_of(a))


def _chosen(
    a: Node, choose: Choice, sizes: tuple[int, ...], mode: str, fill: float, turned: bool = False
) -> Node:
    """The choice among the entries of the window around each entry."""
    # The middle of an even window is the entry behind it, before it where the window is turned.
    widths = tuple((size // 2, (size - 1) // 2)[:: -1 if turned else 1] for size in sizes)
    rank = len(sizes)
    margin = {"constant_values": fill} if MARGINS[mode] == "constant" else {}
    wide = pad(a, pad_width=widths, mode=MARGINS[mode], **margin)
    windows = sliding_window_view(wide, window_shape=sizes, axis=tuple(range(rank)))
    return choose(windows, axis=tuple(range(rank, 2 * rank)))


def _sizes(a: Node, size: Any) -> tuple[int, ...]:
    rank = len(unit_axes_of(a.type))
    found = size if isinstance(size, tuple) else (size,) * rank
    if len(found) != rank or not all(isinstance(each, int) for each in found):
        raise UnsupportedError(
            "a window of another form than a size for each axis",
            remedy="Give `size`, a number or one for each axis.",
            position=a.graph.origin.position,
        )
    return found


def _middle(windows: Node, axis: tuple[int, ...]) -> Node:
    """The entry in the middle; of an even number of them the one above."""
    ordered = sort(merged(windows, axis), axis=-1)
    last = len(unit_axes_of(ordered.type)) - 1
    half = TABLE["floor_divide"](dimension(ordered, axis=last), 2)
    found: Node = array_sum(part_along(ordered, last, half, half + 1), axis=last)
    return found


def _filter(name: str, choose: Choice, doc: str, turned: bool = False) -> ArrayCall:
    @array_defined(
        name, f"scipy.ndimage.{name}", typed=_kept, lengths=as_first,
        signature="input, size, mode='reflect', cval=0.0",
    )  # fmt: skip
    def found(input: Node, size: Any, mode: str, cval: Any) -> Node:
        return _chosen(input, choose, _sizes(input, size), mode, float(cval), turned)

    found.__doc__ = doc
    return found


maximum_filter = _filter("maximum_filter", array_max, "The largest entry around each.")
minimum_filter = _filter("minimum_filter", array_min, "The smallest entry around each.")
median_filter = _filter("median_filter", _middle, "The middle of the entries around each.")
grey_dilation = _filter("grey_dilation", array_max, "The largest entry around each.", True)
grey_erosion = _filter("grey_erosion", array_min, "The smallest entry around each.")


@array_defined("medfilt", "scipy.signal.medfilt", signature="volume, kernel_size=3", typed=_kept,
               lengths=as_first)  # fmt: skip
def medfilt(volume: Node, kernel_size: Any) -> Node:
    """The middle of the entries around each, between zeros."""
    return _chosen(volume, _middle, _sizes(volume, kernel_size), "constant", 0.0)


@array_defined("medfilt2d", "scipy.signal.medfilt2d", signature="input, kernel_size=3",
               typed=_kept, lengths=as_first)  # fmt: skip
def medfilt2d(input: Node, kernel_size: Any) -> Node:
    """The middle of the entries around each of a matrix, between zeros."""
    return _chosen(input, _middle, _sizes(input, kernel_size), "constant", 0.0)
