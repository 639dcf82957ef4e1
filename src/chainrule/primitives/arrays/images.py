"""Filters of :mod:`scipy.ndimage`: what they make of an image is linear in it.

Where an image goes on with zeros, the transpose of a filter is one of the same kind.  Where it
goes on in another way, it is that of the image with its margins, whose adjoint is then added to
that of the entries which the margins repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.creation import zeros
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along, section_add, section_set
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import dimension, flip
from chainrule.primitives.control import IF, raise_where, raised
from chainrule.primitives.declare import TABLE

Filter = Callable[[Node], Node]
# How wide a margin is along each axis.
Reach = Sequence[Node]
OTHER_NAMES = {"grid-mirror": "reflect", "grid-wrap": "wrap", "grid-constant": "constant"}
MODES = ("reflect", "mirror", "nearest", "wrap", "constant")
BEHIND = "output=None, mode='reflect', cval=0.0"


def _kept(image: Type, *weights: Type, **statics: Any) -> Type:
    return array_of(real_promoted(image), unit_axes_of(image))


def _adjoint(filtered: Filter, node: Node, out_bar: Node, mode: str, reach: Reach) -> Node:
    """The adjoint of an image, where ``filtered`` is that of one between zeros."""
    mode = OTHER_NAMES.get(mode, mode)
    if mode not in MODES:
        raise UnsupportedError(
            f"`{node.op.name}` in mode {mode!r}",
            remedy=f"Use one of the modes {', '.join(MODES)}.",
            position=node.origin.position,
        )
    if mode == "constant":
        return filtered(out_bar)
    none = node.graph.constant(None)
    sizes, bounds = [], []
    for axis, width in enumerate(reach):
        count = dimension(out_bar, axis=axis)
        sizes.append(count + 2 * width)
        bounds += [width, width + count, none]
    wide = (zeros(*sizes), *bounds, out_bar)
    found = filtered(node.graph.cursor.add(section_set, wide, ("s" * len(reach),)))
    for axis, width in enumerate(reach):
        found = _folded(found, axis, width, mode)
    return found


def _folded(value: Node, axis: int, width: Node, mode: str) -> Node:
    """The adjoint without its margins, which are added to what they repeat."""
    last = dimension(value, axis=axis) - width
    inner = part_along(value, axis, width, last)
    count = last - width
    first, final = part_along(value, axis, 0, width), part_along(value, axis, last, None)
    zero = value.graph.constant(0)
    _check_wide(count, width, mode)
    if mode == "wrap":
        added = ((first, count - width, count), (final, zero, width))
    elif mode == "nearest":
        first, final = (array_sum(each, axis=axis, keepdims=True) for each in (first, final))
        added = ((first, zero, value.graph.constant(1)), (final, count - 1, count))
    else:
        skip = int(mode == "mirror")
        first, final = flip(first, axis=axis), flip(final, axis=axis)
        added = ((first, zero + skip, width + skip), (final, count - width - skip, count - skip))
    none = value.graph.constant(None)
    for margin, start, stop in added:
        nodes = (*(none for _ in range(3 * axis)), start, stop, none)
        inner = value.graph.cursor.add(section_add, (inner, *nodes, margin), ("s" * (axis + 1),))
    return inner


TOO_SMALL = "a filter that reaches beyond the image and back: ask for mode='forward'"


def _check_wide(count: Node, width: Node, mode: str) -> None:
    """Raise where a margin is wider than the image, which it then repeats more than once."""
    if mode == "nearest":
        return
    graph = count.graph
    small: Node = TABLE["less"](count, width + int(mode == "mirror"))
    if not any(step.op is IF and step.args[0] is small for step in graph.cursor.steps):
        raise_where(small, raised(graph, TOO_SMALL))


def _filter(
    name: str,
    signature: str,
    back: Callable[..., tuple[float, dict[str, Any]]],
    reach: Callable[..., Sequence[int]],
) -> ArrayRule:
    """A filter without weights of the user's.

    ``back`` tells of its statics the sign of the transpose, and what of them is another there;
    ``reach`` how wide a margin each axis has.  Both are given the number of axes, too.
    """

    @array_rule(name, f"scipy.ndimage.{name}", signature=signature, typed=_kept, lengths=as_first)
    def filtered(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
        """A filter of an image."""
        (image,) = node.args
        rank = len(unit_axes_of(image.type))
        mode = OTHER_NAMES.get(statics["mode"], statics["mode"])
        sign, changed = back(rank=rank, **statics)
        # What is odd along two axes is not symmetric where it is reflected.
        even = all(each % 2 == 0 for each in _each(statics.get("order", 0), rank))
        own = (mode == "wrap" or (mode == "reflect" and even)) and sign > 0 and not changed
        kept = {**statics, **changed, "cval": 0.0, "mode": mode if own else "constant"}

        def between_zeros(bar: Node) -> Node:
            found: Node = filtered(bar, **kept)
            return found if sign > 0 else -found

        if own:
            # A symmetric filter is a symmetric matrix.
            walker.accumulate(image, between_zeros(out_bar))
            return
        widths = [node.graph.constant(width) for width in reach(rank=rank, **statics)]
        walker.accumulate(image, _adjoint(between_zeros, node, out_bar, mode, widths))

    def tangent(node: Node, args: Any, dots: Any, out: Node, **statics: Any) -> Node:
        found: Node = filtered(dots[0], **{**statics, "cval": 0.0})
        return found

    filtered.tangent_rule = tangent
    return filtered


def _each(value: Any, rank: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,) * rank


def _at(axis: int, rank: int, width: int) -> list[int]:
    return [width if k == axis % rank else 0 for k in range(rank)]


def _radius(sigma: Any, truncate: float = 4.0) -> int:
    return int(truncate * float(sigma) + 0.5)


def _by_order(rank: int, order: Any, **statics: Any) -> tuple[float, dict[str, Any]]:
    along = 1 if "axis" in statics else rank
    return (-1.0) ** sum(_each(order, along)), {}


def _by_size(rank: int, size: Any, origin: Any, **statics: Any) -> tuple[float, dict[str, Any]]:
    along = 1 if "axis" in statics else rank
    pairs = list(zip(_each(size, along), _each(origin, along), strict=True))
    # The middle of an even number of entries is the one behind it.
    origins = tuple(-at - (1 - each % 2) for each, at in pairs)
    if origins == _each(origin, along):
        return 1.0, {}
    return 1.0, {"origin": origins[0] if "axis" in statics else origins}


def _wide(size: Any, origin: Any, count: int) -> list[int]:
    pairs = zip(_each(size, count), _each(origin, count), strict=True)
    return [each // 2 + abs(at) for each, at in pairs]


def _even(rank: int, **statics: Any) -> tuple[float, dict[str, Any]]:
    return 1.0, {}


def _odd(rank: int, **statics: Any) -> tuple[float, dict[str, Any]]:
    return -1.0, {}


def _by_one(rank: int, **statics: Any) -> Sequence[int]:
    return [1] * rank


gaussian_filter1d = _filter(
    "gaussian_filter1d", f"input, sigma, axis=-1, order=0, {BEHIND}, truncate=4.0", _by_order,
    lambda rank, axis, sigma, truncate, **_: _at(axis, rank, _radius(sigma, truncate)),
)  # fmt: skip
gaussian_filter = _filter(
    "gaussian_filter", f"input, sigma, order=0, {BEHIND}, truncate=4.0", _by_order,
    lambda rank, sigma, truncate, **_: [_radius(each, truncate) for each in _each(sigma, rank)],
)  # fmt: skip
uniform_filter1d = _filter(
    "uniform_filter1d", f"input, size, axis=-1, {BEHIND}, origin=0", _by_size,
    lambda rank, axis, size, origin, **_: _at(axis, rank, _wide(size, origin, 1)[0]),
)  # fmt: skip
uniform_filter = _filter(
    "uniform_filter", f"input, size=3, {BEHIND}, origin=0", _by_size,
    lambda rank, size, origin, **_: _wide(size, origin, rank),
)  # fmt: skip
sobel = _filter("sobel", f"input, axis=-1, {BEHIND}", _odd, _by_one)
prewitt = _filter("prewitt", f"input, axis=-1, {BEHIND}", _odd, _by_one)
laplace = _filter("laplace", f"input, {BEHIND}", _even, _by_one)
gaussian_laplace = _filter(
    "gaussian_laplace", f"input, sigma, {BEHIND}", _even,
    lambda rank, sigma, **_: [_radius(each) for each in _each(sigma, rank)],
)  # fmt: skip


@array_defined("gaussian_gradient_magnitude", "scipy.ndimage.gaussian_gradient_magnitude",
               signature=f"input, sigma, {BEHIND}", typed=_kept, lengths=as_first)  # fmt: skip
def gaussian_gradient_magnitude(input: Node, sigma: Any, output: Any, **statics: Any) -> Node:
    """Length of the gradient of a smoothed image."""
    rank = len(unit_axes_of(input.type))
    total: Any = None
    for axis in range(rank):
        order = tuple(int(k == axis) for k in range(rank))
        squared = gaussian_filter(input, sigma=sigma, order=order, **statics) ** 2
        total = squared if total is None else total + squared
    found: Node = TABLE["sqrt"](total)
    return found


# --- with weights ---------------------------------------------------------------------------


def _weighted(name: str, other: str, along: bool) -> ArrayRule:
    """Sums of neighbours with weights; the way back is by ``other``, which turns these."""
    signature = f"input, weights, {'axis=-1, ' if along else ''}{BEHIND}, origin=0"

    @array_rule(name, f"scipy.ndimage.{name.removeprefix('image_')}", signature=signature,
                arrays=2, typed=_kept, lengths=as_first)  # fmt: skip
    def weighted(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
        """Sums of neighbours with weights."""
        image, weights = node.args
        if walker.active(weights):
            raise UnsupportedError(
                f"`{node.op.name.removeprefix('image_')}` of weights that are differentiated by, "
                "in reverse mode",
                remedy="Use mode='forward', or scipy.signal.convolve.",
                position=node.origin.position,
            )
        rank = len(unit_axes_of(image.type))
        back = {**statics, "mode": "constant", "cval": 0.0}

        def between_zeros(bar: Node) -> Node:
            found: Node = WEIGHTED[other](bar, weights, **back)
            return found

        origins = _each(statics["origin"], 1 if along else rank)
        half = [TABLE["floor_divide"](dimension(weights, axis=k), 2) + abs(origin)
                for k, origin in enumerate(origins)]  # fmt: skip
        if along:
            zero = node.graph.constant(0)
            half = [half[0] if k == statics["axis"] % rank else zero for k in range(rank)]
        walker.accumulate(image, _adjoint(between_zeros, node, out_bar, statics["mode"], half))

    def tangent(node: Node, args: Any, dots: Any, out: Node, **statics: Any) -> Node | None:
        total: Node | None = None
        if dots[0] is not None:
            total = weighted(dots[0], args[1], **{**statics, "cval": 0.0})
        if dots[1] is not None:
            moved = weighted(args[0], dots[1], **statics)
            total = moved if total is None else total + moved
        return total

    weighted.tangent_rule = tangent
    return weighted


WEIGHTED = {
    name: _weighted(name, other, name.endswith("1d"))
    for name, other in (
        ("image_correlate", "image_convolve"),
        ("image_convolve", "image_correlate"),
        ("correlate1d", "convolve1d"),
        ("convolve1d", "correlate1d"),
    )
}
