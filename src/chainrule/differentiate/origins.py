"""What a value is made of: where a derivative may flow into it from, what it is picked out of."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import combinations

from chainrule.differentiate.carrying import carrying_args
from chainrule.differentiate.exchanged import begun_as
from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, UNDEFINED, result_number
from chainrule.graph.node import Node, Op
from chainrule.primitives import sequence
from chainrule.primitives.arithmetic import (
    greater,
    greater_equal,
    less,
    less_equal,
    logical_not,
)
from chainrule.primitives.choices import fmax, fmin, maximum, minimum
from chainrule.primitives.control import (
    IF,
    item_sources,
    owned_blocks,
    state_sources,
)
from chainrule.primitives.declare import TABLE
from chainrule.primitives.extremes import python_max, python_min
from chainrule.primitives.left_end import prepend
from chainrule.primitives.rows import append_in

# What is asked: a predicate, or the two of which the first may be less.
Asked = tuple[Node, ...]
# Whether a comparison has the greater one first, and whether it is that the other does not hold.
SIDES: dict[Op, tuple[bool, bool]] = {
    less: (False, False), greater: (True, False),
    less_equal: (True, True), greater_equal: (False, True),
}  # fmt: skip
# Where there are more paths two values are taken for one if they may be made of one.
MOST_PATHS = 200
EXTREMES = (python_max, python_min, maximum, minimum, fmax, fmin)
# Which arguments an operation picks its result out of.
PICKS: dict[Op, tuple[int, ...]] = {
    sequence.index: (0,),
    sequence.index_set: (0, -1),
    sequence.append: (0, 1),
    append_in: (0, -1),
    prepend: (0, 1),
    sequence.concatenate: (0, 1),
    sequence.copy: (0,),
    sequence.as_tuple: (0,),
    sequence.backwards: (0,),
    sequence.slice_of: (0,),
    **dict.fromkeys(map(TABLE.__getitem__, ("sequence_max", "sequence_min")), (0,)),
    **dict.fromkeys(EXTREMES, (0, 1)),
}


def sources(nodes: Sequence[Node], stops: Callable[[Node], bool]) -> list[Node]:
    """Where a derivative may flow into ``nodes`` from; ``stops`` tells where the search ends."""
    found: dict[Node, None] = {}
    seen = set(nodes)
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if stops(node):
            found[node] = None
            continue
        structured = node.op is ITEM and owned_blocks(node.args[0])
        for arg in item_sources(node) if structured else carrying_args(node):
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return list(found)


def are_kin(nodes: Sequence[Node], now: Container[Node] = ()) -> bool:
    """Whether two values may be one: after ``m = max(a, b)`` ``m == a`` holds wherever a is chosen.

    That they are equal says nothing of a point then.  ``now`` are states of loops as they are in
    one step, whatever they were before it.
    """
    first, *others = nodes
    return any(_may_be_one(first, other, now) for other in others)


def _may_be_one(first: Node, other: Node, now: Container[Node]) -> bool:
    """Whether two values are one on some path: those of ``a, b = (b, a) if b < a else (a, b)`` are
    two on each.
    """
    paths: list[tuple[Node, Node, dict[Asked, bool]]] = [(first, other, {})]
    for _ in range(MOST_PATHS):
        if not paths:
            return False
        first, other, taken = paths.pop()
        first, other = _on_path(first, taken), _on_path(other, taken)
        question = _question(first) or _question(other)
        if question is None:
            if _are_one(first, other, now):
                return True
        elif first is not other:
            asked, _ = question
            for truth in (False, True):
                if not _meets(asked, truth, taken, now):
                    paths.append((first, other, {**taken, asked: truth}))
        else:
            return True
    return True


def _are_one(first: Node, other: Node, now: Container[Node]) -> bool:
    """Whether two values that no branch tells apart may be picked out of the same."""
    if first is other:
        return first.op is not CONSTANT
    begun = () if first in now or other in now else begun_as(first, other)
    if begun:
        return any(_may_be_one(*pair, now) for pair in combinations(begun, 2))
    return not _chosen_from(first, now).isdisjoint(_chosen_from(other, now))


def _meets(asked: Asked, truth: bool, taken: Mapping[Asked, bool], now: Container[Node]) -> bool:
    """Whether no path has this answer, or at a point only: where neither of two is the less."""
    if len(asked) != 2 or taken.get(asked[::-1]) is not truth:
        return False
    return truth or _chosen_from(asked[0], now).isdisjoint(_chosen_from(asked[1], now))


def put_in_order(low: Node, high: Node) -> Asked:
    """The two that a branch has compared to give the lesser and the greater one; empty if none."""
    question = _question(low)
    if question is None or _question(high) is None:
        return ()
    asked, _ = question
    sides = [[_on_path(node, {asked: less}) for node in (low, high)] for less in (True, False)]
    return asked if len(asked) == 2 and sides == [[*asked], [*asked[::-1]]] else ()


def _on_path(node: Node, taken: Mapping[Asked, bool]) -> Node:
    """What a value is where the questions have these answers."""
    while (question := _question(node)) is not None and question[0] in taken:
        asked, turned = question
        arm = owned_blocks(node.args[0])[taken[asked] is turned]
        node = arm.results[result_number(node)]
    return node


def _question(node: Node) -> tuple[Asked, bool] | None:
    """What decides about a value of a branch, and whether it is asked the other way round.

    ``a > b`` is ``b < a``, and ``a >= b`` is that it is not ``a < b``.
    """
    if node.op is not ITEM or node.args[0].op is not IF:
        return None
    predicate, turned = node.args[0].args[0], False
    while predicate.op is logical_not:
        predicate, turned = predicate.args[0], not turned
    if predicate.op not in SIDES:
        return (predicate,), turned
    backwards, other = SIDES[predicate.op]
    return (predicate.args[::-1] if backwards else predicate.args), turned is not other


def _chosen_from(node: Node, now: Container[Node]) -> set[Node]:
    """The values, and the lists and arrays, that a value is picked out of."""
    found: set[Node] = set()
    seen = {node}
    stack = [node]
    while stack:
        node = stack.pop()
        of: Iterable[Node] = ()
        if node.op in PICKS:
            of = [node.args[k] for k in PICKS[node.op] if k < len(node.args)]
        elif node.op is sequence.display:
            of = node.args
        elif node.op is ITEM and owned_blocks(node.args[0]):
            of = item_sources(node)
        elif node.op is PARAMETER and node.block.owner is not None and node not in now:
            of = state_sources(node, node.block.owner)
        if not of and node.op not in (CONSTANT, UNDEFINED):
            found.add(node)
        for each in of:
            if each not in seen:
                seen.add(each)
                stack.append(each)
    return found
