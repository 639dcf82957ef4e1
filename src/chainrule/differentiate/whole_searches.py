"""Searches for a whole number that stands for another one: bit by bit, or between two ends.

    for b in reversed(range(20)):
        if f((k | 1 << b) / SCALE, p) < 0.0:
            k |= 1 << b
    return k / SCALE

Where the number is a position in a table, or counts equal steps, it stands for nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from chainrule.differentiate.carrying import carrying_args
from chainrule.differentiate.halving import READ, choice
from chainrule.differentiate.turns import Turns
from chainrule.graph.block import ITEM, Block, inside
from chainrule.graph.node import Node
from chainrule.graph.types import INT
from chainrule.primitives import arithmetic
from chainrule.primitives.control import item_sources, owned_blocks
from chainrule.primitives.effect import Verbatim

JOINED = ("_0_ | _1_", "_0_ ^ _1_", "_0_ + _1_", "_0_ - _1_")


def whole_searches(turns: Turns) -> Iterator[tuple[list[Node], list[Node]]]:
    """``(states, conditions)`` of each search among the states that are whole numbers."""
    tried: dict[Node, tuple[set[Node], list[Node]]] = {}
    for k, state in enumerate(turns.states):
        if state.type == INT:
            leaves, conditions = choice(turns, k)
            fresh = {each for each in leaves - {state} if _is_asked(each, conditions, turns.body)}
            if fresh:
                tried[state] = fresh, conditions
    for state, (fresh, conditions) in tried.items():
        if any(_goes_on(each, state, turns) for each in fresh):
            yield [state], conditions
    for pair in itertools.combinations(tried, 2):
        fresh, conditions = tried[pair[0]]
        if all({*pair} <= _numbers_of(each, turns.body) for each in fresh):
            yield [*pair], conditions


def _goes_on(tried: Node, state: Node, turns: Turns) -> bool:
    """Whether a number is a state and a step, which is another in each turn."""
    joined = isinstance(tried.op, Verbatim) and tried.params[0] in JOINED
    if not (joined or tried.op in (arithmetic.add, arithmetic.subtract)):
        return False
    if state not in tried.args or not inside(tried, turns.body):
        return False
    step = tried.args[1] if tried.args[0] is state else tried.args[0]
    changing = {*turns.states, *turns.body.parameters} - {state}
    return not changing.isdisjoint(_numbers_of(step, turns.body))


def _is_asked(tried: Node, conditions: list[Node], body: Block) -> bool:
    """Whether conditions ask for what is computed of a number, other than by its position."""
    return any(tried in _numbers_of(each, body) for each in conditions)


def _numbers_of(value: Node, body: Block) -> set[Node]:
    """The numbers that a value is computed of in a body, positions left out."""
    found = set[Node]()
    stack = [value]
    while stack:
        node = stack.pop()
        if node in found:
            continue
        found.add(node)
        if not inside(node, body):
            continue
        if node.op is ITEM and owned_blocks(node.args[0]):
            stack.extend(item_sources(node))
        else:
            stack.extend(carrying_args(node) if node.op in READ else node.args)
    return found
