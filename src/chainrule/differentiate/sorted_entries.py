"""Entries of one list: of different places, and in which order where the list was sorted.

    s = sorted(v)
    for a, b in zip(s, s[1:]):
        if a == b: ...

Entries of different places are numbers of their own where nothing else made them: they are equal
at single points only.
"""

from __future__ import annotations

from chainrule.differentiate.origins import put_in_order
from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.control import IF, LOOP, item_sources, loop_body, loop_parts, next_states
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import Verbatim
from chainrule.records import dataclass

# Whether what these texts put in order descends.
ORDERS = {
    "sorted(range(_1_), key=_0_.__getitem__)": False,
    "sorted(range(_1_), key=_0_.__getitem__, reverse=True)": True,
}


@dataclass(frozen=True)
class Place:
    """Where an entry stands: ``index + offset`` in ``base``; no index is 0."""

    base: Node
    index: Node | None
    offset: int


def are_apart(first: Node, second: Node) -> bool:
    """Whether two values are entries of a list at different places, each a number of its own."""
    places = _places(first, second)
    if places is None or places[0].offset == places[1].offset:
        return False
    base = places[0].base
    order = _order(base)
    return _are_own(base if order is None else order[0])


def in_order(low: Node, high: Node) -> bool:
    """Whether ``low <= high`` as both are of a sorted list, or have been put in order by a branch.

    Where they are equal is one point.
    """
    if put_in_order(low, high):
        return True
    places = _places(low, high)
    order = None if places is None else _order(places[0].base)
    if places is None or order is None or not _are_own(order[0]):
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
        return node.args[:1] if order is not None and not order[1] and _are_own(order[0]) else ()
    return ()


def _places(first: Node, second: Node) -> tuple[Place, Place] | None:
    """The places of two entries of one list, where they can be compared."""
    one, other = _place(first), _place(second)
    if one is None or other is None or one.base is not other.base:
        return None
    # Places from the left and from the right end may be the same.
    same_end = one.index is not None or (one.offset < 0) is (other.offset < 0)
    return (one, other) if one.index is other.index and same_end else None


def _place(node: Node) -> Place | None:
    if node.op is not sequence.index or len(node.args) != 2 or node.params:
        return None
    base, index = node.args
    found = _offset(index)
    moved = 0
    while base.op is sequence.slice_of and _is_tail(base):
        moved += int(constant_value(base.args[1]))
        base = base.args[0]
    if found is None or (moved and found[0] is None and found[1] < 0):
        return None
    return Place(base, found[0], found[1] + moved)


def _offset(index: Node) -> tuple[Node | None, int] | None:
    """``(k, 1)`` of ``k + 1``."""
    if index.op is CONSTANT:
        value = index.params[0]
        return (None, value) if type(value) is int else None
    if index.op in (arithmetic.add, arithmetic.subtract) and is_constant(index.args[1]):
        step = constant_value(index.args[1])
        if isinstance(step, int):
            return index.args[0], step if index.op is arithmetic.add else -step
    return index, 0


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
    if base.op is not ITEM or base.args[0].op is not LOOP:
        return None
    loop, k = base.args[0], result_number(base)
    made = next_states(loop)[k]
    if made.op is not sequence.append or made.args[0] is not loop_parts(loop)[2][k]:
        return None
    entry = made.args[1]
    if entry.op is not sequence.index or entry.args[1].op is not sequence.index:
        return None
    listed, (order, index) = entry.args[0], entry.args[1].args
    if not isinstance(order.op, Verbatim) or order.args[0] is not listed:
        return None
    descends = ORDERS.get(str(order.params[0]))
    whole = index is loop_body(loop).parameters[0]
    return (listed, descends) if whole and descends is not None else None


def _are_own(numbers: Node) -> bool:
    """Whether the entries of a list are all given, or constants, none of them twice."""
    if numbers.op is sequence.display or numbers.op.name == "array_literal":
        given = all(arg.op is CONSTANT or _is_given(arg) for arg in numbers.args)
        return given and len(dict.fromkeys(numbers.args)) == len(numbers.args)
    if numbers.op is ITEM and numbers.args[0].op is IF:
        return all(map(_are_own, item_sources(numbers)))
    if numbers.op in (sequence.backwards, sequence.copy, sequence.as_tuple):
        return _are_own(numbers.args[0])
    return _is_given(numbers)


def _is_given(node: Node) -> bool:
    """Whether a value is an argument of the function, or an entry of one."""
    if node.op is sequence.index and node.args[1].op is CONSTANT:
        node = node.args[0]
    return node.op is PARAMETER and node.block.owner is None
