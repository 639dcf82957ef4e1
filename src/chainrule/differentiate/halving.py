"""Loops that halve an interval, whatever they ask: one value takes the place of either end.

    up = f(mid, p) > 0.0
    lo, hi = np.where(up, lo, mid), np.where(up, mid, hi)

or that go on by a step which they halve::

    if f(x + h, p) < 0.0:
        x += h
    h *= 0.5

What they find is a root as that of a bisection is, but its equation is not known: arrays of roots,
conditions of several comparisons, ends that a ``try`` moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from chainrule.differentiate.bisections import step_blocks
from chainrule.differentiate.carrying import WRITES, carrying_args
from chainrule.graph.block import ITEM, UNDEFINED, Block, inside
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.choices import where
from chainrule.primitives.control import (
    IF,
    TRY,
    item_sources,
    loop_parts,
    next_states,
)


def halvings(loop: Node, needed: Collection[Node]) -> Iterator[tuple[list[Node], list[Node]]]:
    """``(ends, conditions)`` of each pair of states that a needed result is taken between."""
    body, states, following = step_blocks(loop)[0], loop_parts(loop)[2], next_states(loop)
    chosen = {}
    for k, state in enumerate(states):
        if _is_number(state):
            leaves, conditions = _choice(following[k], body)
            if conditions:
                chosen[k] = leaves, conditions
    used = [k for k in range(len(states)) if loop.block.item(loop, k) in needed]
    for i, j in itertools.combinations(chosen, 2):
        ends = [states[i], states[j]]
        fresh = [chosen[k][0] - {*ends} for k in (i, j)]
        if not fresh[0] or fresh[0] != fresh[1]:
            continue
        found = any(not fresh[0].isdisjoint(_choice(following[k], body)[0]) for k in used)
        if found and all({*ends} <= _summed(middle, body) for middle in fresh[0]):
            yield ends, list(dict.fromkeys([*chosen[i][1], *chosen[j][1]]))


def shrinking(
    loop: Node, needed: Collection[Node]
) -> Iterator[tuple[list[Node], Node, list[Node]]]:
    """``([x, h], x + h, conditions)`` of each needed state and the step that goes on from it."""
    body, states, following = step_blocks(loop)[0], loop_parts(loop)[2], next_states(loop)
    numbers = [k for k, state in enumerate(states) if _is_number(state)]
    steps = [
        states[k]
        for k in numbers
        if following[k] is not states[k]
        and _summed(following[k], body).intersection(states) == {states[k]}
    ]
    for k in numbers:
        leaves, conditions = _choice(following[k], body)
        fresh = leaves - {states[k]}
        if len(fresh) != 1 or len(leaves) != 2 or loop.block.item(loop, k) not in needed:
            continue
        (tried,) = fresh
        made = _summed(tried, body).intersection(states)
        for step in steps:
            if made == {states[k], step}:
                yield [states[k], step], tried, conditions


def _is_number(state: Node) -> bool:
    """Whether a state is a number or an array of such: a list that is sorted is no end."""
    return state.type == FLOAT or isinstance(state.type, Array)


def _choice(value: Node, body: Block) -> tuple[set[Node], list[Node]]:
    """What a value may be that branches and ``where`` choose, and what they ask."""
    leaves, conditions = set[Node](), list[Node]()
    stack, met = [value], set[Node]()
    while stack:
        node = stack.pop()
        if node in met or node.op is UNDEFINED:
            continue
        met.add(node)
        if node.op is where and inside(node, body):
            conditions.append(node.args[0])
            stack.extend(node.args[1:])
        elif node.op in WRITES and inside(node, body):
            base, *places, written = node.args
            conditions.extend(places)
            same = written.op is section and list(written.args[1:]) == places
            stack.extend((base, written.args[0] if same else written))
        elif node.op is ITEM and node.args[0].op in (IF, TRY):
            conditions.extend(node.args[0].args)
            stack.extend(item_sources(node))
        else:
            leaves.add(node)
    return leaves, conditions


def _summed(value: Node, body: Block) -> set[Node]:
    """What a value is computed of in a body, steps of whole numbers left out."""
    found = set[Node]()
    stack = [value]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            choice = node.op is ITEM and node.args[0].op in (IF, TRY)
            sources = item_sources(node) if choice else carrying_args(node)
            stack.extend(sources if inside(node, body) else ())
    return found
