"""Entries of one list: of different places, and in which order where the list was sorted.

    s = sorted(v)
    for a, b in zip(s, s[1:]):
        if a == b: ...

Entries of different places are numbers of their own where nothing else made them: they are equal
at single points only.
"""

from __future__ import annotations

from chainrule.differentiate.origins import put_in_order
from chainrule.differentiate.own_entries import (
    ORDERS,
    are_own,
    gathered_by,
    is_copy_of,
    rearranged,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.declare import constant_value
from chainrule.records import dataclass, replace


@dataclass(frozen=True)
class Place:
    """Where an entry stands: ``index + offset`` in ``base``; no index is 0.

    If it is ``turned``, ``offset - index``; what is ``round`` begins anew behind the end.
    """

    base: Node
    index: Node | None
    offset: int
    turned: bool = False
    round: bool = False


def are_apart(first: Node, second: Node) -> bool:
    """Whether two values are entries of a list at different places, each a number of its own."""
    one, other = _place(first), _place(second)
    if one is None or other is None or one.base is not other.base:
        return False
    return _are_other_places(one, other) and are_own(one.base)


def _are_other_places(one: Place, other: Place) -> bool:
    """Whether two places are never one, in a list of several entries."""
    apart = other.offset - one.offset
    if one.index is other.index and one.turned is other.turned:
        around = one.round or other.round
        return abs(apart) == 1 if around else apart != 0 and _are_from_one_end(one, other)
    # The sum of both is odd: also where one of them counts from the end, if the length is even.
    mirrored = one.index is other.index and one.turned is not other.turned
    count = _known_length(one.base)
    odd = (one.offset + other.offset) % 2 == 1
    return mirrored and odd and count is not None and count % 2 == 0


def in_order(low: Node, high: Node) -> bool:
    """Whether ``low <= high`` as both are of a sorted list, or have been put in order by a branch.

    Where they are equal is one point.
    """
    if put_in_order(low, high):
        return True
    places = _places(low, high)
    order = None if places is None else _order(places[0].base)
    if places is None or order is None or not are_own(order[0]):
        return False
    below, above = (place.offset for place in places)
    return above < below if order[1] else below < above


def sorted_between(greatest: Node, least: Node) -> Node | None:
    """What was sorted to have these at its two ends; None where nothing was."""
    high, low = _place(greatest), _place(least)
    if high is None or low is None or high.base is not low.base:
        return None
    if high.index is not None or low.index is not None:
        return None
    order = _order(high.base)
    if order is None or (high.offset, low.offset) != ((0, -1) if order[1] else (-1, 0)):
        return None
    return order[0]


def gap(node: Node) -> tuple[Node, ...]:
    """The values whose distance this is, which is never negative; empty where it is none."""
    if node.op is arithmetic.subtract and in_order(node.args[1], node.args[0]):
        return put_in_order(*node.args[::-1]) or node.args
    if node.op.name == "diff" and node.params[:1] == (1,):
        order = _order(node.args[0])
        return node.args[:1] if order is not None and not order[1] and are_own(order[0]) else ()
    return ()


def _places(first: Node, second: Node) -> tuple[Place, Place] | None:
    """The places of two entries of one list, where they can be compared."""
    one, other = _place(first), _place(second)
    if one is None or other is None or one.base is not other.base or one.index is not other.index:
        return None
    onward = not any(each.turned or each.round for each in (one, other))
    return (one, other) if onward and _are_from_one_end(one, other) else None


def _are_from_one_end(one: Place, other: Place) -> bool:
    """Places from the left and from the right end may be the same."""
    return one.index is not None or (one.offset < 0) is (other.offset < 0)


def _known_length(base: Node) -> int | None:
    """How many entries a list has, if all are written."""
    while len(of := rearranged(base)) == 1 and base.op.name not in ("slice", "section"):
        base = of[0]
    written = base.op is sequence.display or base.op.name == "array_literal"
    return len(base.args) if written else None


def _place(node: Node) -> Place | None:
    if node.op is not sequence.index or len(node.args) != 2 or node.params:
        return None
    base, index = node.args
    moved = 0
    while base.op is sequence.slice_of and _is_tail(base):
        moved += int(constant_value(base.args[1]))
        base = base.args[0]
    found = _at(base, index)
    if moved and (found.round or (found.index is None and found.offset < 0)):
        return None
    return replace(found, offset=found.offset + moved)


def _at(base: Node, index: Node) -> Place:
    """The place at ``k``, ``k + 1``, ``1 - k`` or ``(k + 1) % len(base)``."""
    whole = index.op is arithmetic.remainder and index.args[1].op.name in ("length", "dimension")
    if whole and index.args[1].args[0] is base:
        return replace(_at(base, index.args[0]), round=True)
    known = [_whole(arg) for arg in (index, *index.args)]
    if known[0] is not None:
        return Place(base, None, known[0])
    if index.op in (arithmetic.add, arithmetic.subtract):
        less = index.op is arithmetic.subtract
        first, second = index.args
        if known[2] is not None:
            return Place(base, first, -known[2] if less else known[2])
        if known[1] is not None:
            return Place(base, second, known[1], turned=less)
    return Place(base, index, 0)


def _whole(node: Node) -> int | None:
    """The value of a constant that is a whole number."""
    value = node.params[0] if node.op is CONSTANT else None
    return value if type(value) is int else None


def _is_tail(part: Node) -> bool:
    """Whether a slice is ``base[start:...]`` with a start that is known."""
    start, _, step = part.args[1:]
    value = start.params[0] if start.op is CONSTANT else None
    return type(value) is int and value >= 0 and step.op is CONSTANT and step.params[0] in (None, 1)


def _order(base: Node) -> tuple[Node, bool] | None:
    """What was sorted into ``base``, and whether it descends; None where nothing was."""
    if base.op.name == "section" and base.params == ("s",):
        turned = [arg.params[0] if arg.op is CONSTANT else 0 for arg in base.args[1:]]
        order = _order(base.args[0]) if turned == [None, None, -1] else None
        return None if order is None else (order[0], not order[1])
    if base.op is sequence.backwards:
        order = _order(base.args[0])
        return None if order is None else (order[0], not order[1])
    if base.op.name == "sort" and len(unit_axes_of(base.type)) == 1:
        return base.args[0], False
    return _order_of_list(base)


def _order_of_list(base: Node) -> tuple[Node, bool] | None:
    """``sorted(v)`` as a loop over the places of v in order."""
    found = gathered_by(base)
    if found is None or found.order is None or found.inner:
        return None
    keys, text = found.order.args[0], str(found.order.params[0])
    return (found.base, ORDERS[text]) if is_copy_of(keys, found.base) else None
