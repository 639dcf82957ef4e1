"""Searches that are written out turn by turn: each branch halves what the one before has left.

    mid = 0.5 * (lo + hi)
    lo, hi = (lo, mid) if f(mid, p) > 0.0 else (mid, hi)
    mid = 0.5 * (lo + hi)
    lo, hi = (lo, mid) if f(mid, p) > 0.0 else (mid, hi)

or goes on from where the one before has stopped, by a smaller step::

    x = x + 0.5 if f(x + 0.5, p) < 0.0 else x
    x = x + 0.25 if f(x + 0.25, p) < 0.0 else x
    x = x + 0.125 if f(x + 0.125, p) < 0.0 else x
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from chainrule.differentiate.carrying import carrying_args
from chainrule.graph.block import ITEM
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives import arithmetic
from chainrule.primitives.choices import where
from chainrule.primitives.control import IF, item_sources, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.records import dataclass

# A middle is made of the ends by few steps.
NEAR = 16
# Fewer steps may be a staircase.
STAIRS = 3


@dataclass(frozen=True)
class Chosen:
    """A number that is one of two, as ``question`` has it."""

    value: Node
    question: Node
    arms: tuple[Node, Node]


@dataclass(frozen=True)
class Turn:
    """A branch that narrows what is left between ``ends``, or goes on from the only one.

    ``least``: it compares two values, so that what is found may be the place of the least.
    """

    branch: Node
    question: Node
    ends: tuple[Node, ...]
    least: bool = False


def unrolled(steps: Sequence[Node]) -> Iterator[Turn]:
    """Of each search that is written out the turn that tells it from a choice."""
    groups = [_chosen(step) for step in steps if step.op is IF]
    groups += _by_masks(steps)
    narrowed: set[Node] = set()
    told: set[Node] = set()
    stairs: dict[Node, list[float]] = {}
    for group in groups:
        asked = [each for each in group if any(_asks_for(each.question, a) for a in each.arms)]
        for pair in itertools.combinations(asked, 2):
            for turn in _narrowing(*pair):
                values = [each.value for each in pair]
                if not narrowed.isdisjoint(turn.ends):
                    if told.isdisjoint(turn.ends):
                        yield turn
                    told.update(values)
                narrowed.update(values)
        for each in asked:
            for start, step in _climbing(each):
                stairs[each.value] = [*stairs.get(start, ()), step]
                if len(stairs[each.value]) == STAIRS and _narrow(stairs[each.value]):
                    yield Turn(each.value, each.question, (start,))


def _chosen(branch: Node) -> list[Chosen]:
    """The numbers that a branch chooses."""
    then, orelse = owned_blocks(branch)
    if not (then.completes and orelse.completes):
        return []
    found = []
    for k, arms in enumerate(zip(then.results, orelse.results, strict=True)):
        value = branch.block.item(branch, k)
        if value.type == FLOAT and arms[0] is not arms[1]:
            found.append(Chosen(value, branch.args[0], arms))
    return found


def _by_masks(steps: Sequence[Node]) -> list[list[Chosen]]:
    """Arrays that one mask chooses."""
    groups: dict[Node, list[Chosen]] = {}
    for step in steps:
        if step.op is where:
            question, *arms = step.args
            groups.setdefault(question, []).append(Chosen(step, question, (arms[0], arms[1])))
    return list(groups.values())


def _narrowing(first: Chosen, second: Chosen) -> Iterator[Turn]:
    """The turn in which either end of two is moved to what is between them."""
    for one, other in ((first, second), (second, first)):
        moved, ends = (one.arms[0], other.arms[1]), (one.arms[1], other.arms[0])
        if {*moved}.isdisjoint(ends) and all(
            _is_between(middle, ends) and _asks_for(one.question, middle) for middle in moved
        ):
            yield Turn(one.value, one.question, ends, moved[0] is not moved[1])
            return


def _is_between(middle: Node, ends: Collection[Node]) -> bool:
    """Whether a number is made of both ends, or of numbers alone."""
    stack, met = [middle], set[Node]()
    while stack and len(met) < NEAR:
        node = stack.pop()
        if node not in met:
            met.add(node)
            stack.extend(() if node in ends else carrying_args(node))
    return met.issuperset(end for end in ends if not is_constant(end))


def _asks_for(question: Node, tried: Node) -> bool:
    """Whether a question is asked of what is tried."""
    stack, met = [question], set[Node]()
    while stack:
        node = stack.pop()
        if node is tried:
            return True
        if node not in met and node.serial > tried.serial:
            met.add(node)
            structured = node.op is ITEM and owned_blocks(node.args[0])
            stack.extend(item_sources(node) if structured else node.args)
    return False


def _climbing(chosen: Chosen) -> Iterator[tuple[Node, float]]:
    """Where a step starts, which is taken or not, or either way, and how large it is."""
    for start, tried in (chosen.arms, chosen.arms[::-1]):
        step = _step(start, tried)
        if step is not None and _asks_for(chosen.question, tried):
            yield start, step
    for start in chosen.arms[0].args:
        sizes = [_step(start, arm) for arm in chosen.arms]
        if sizes[0] is not None and sizes[0] == sizes[1] and _asks_for(chosen.question, start):
            yield start, sizes[0]


def _step(start: Node, tried: Node) -> float | None:
    """By how much what is tried is beside where a search stands; None where it is no number."""
    if tried.op not in (arithmetic.add, arithmetic.subtract) or start not in tried.args:
        return None
    other = tried.args[1] if tried.args[0] is start else tried.args[0]
    return abs(float(constant_value(other))) if is_constant(other) else None


def _narrow(steps: Sequence[float]) -> bool:
    """Whether each of some steps is smaller than the one before: a staircase has equal ones."""
    return all(later < earlier for earlier, later in itertools.pairwise(steps))
