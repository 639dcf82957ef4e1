"""Turns that halve an interval, whatever they ask: one value takes the place of either end.

    up = f(mid, p) > 0.0
    lo, hi = np.where(up, lo, mid), np.where(up, mid, hi)

or that of a chosen entry of a list of both.  What they find is a root as that of a bisection is,
but its equation is not known: arrays of roots, conditions of several comparisons, ends that a
``try`` moves, functions that call themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from chainrule.differentiate.carrying import WRITES, carrying_args
from chainrule.differentiate.flags import chosen_by_flags
from chainrule.differentiate.turns import Turns, goes_on, outer_sources
from chainrule.graph.block import ITEM, PARAMETER, UNDEFINED, Block, inside
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Sequence
from chainrule.primitives import sequence
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.choices import where
from chainrule.primitives.control import IF, LOOP, TRY, item_sources
from chainrule.primitives.declare import is_constant

WRITTEN = (*WRITES, sequence.append)


READ = (sequence.index, section)


def halvings(turns: Turns) -> Iterator[tuple[list[Node], list[Node]]]:
    """``(ends, conditions)`` of each pair of states that a needed result is taken between."""
    states = turns.states
    chosen = {}
    for k in numbers(turns):
        leaves, conditions = choice(turns, k)
        if conditions:
            chosen[k] = leaves, conditions
    for i, j in itertools.combinations(chosen, 2):
        ends = [states[i], states[j]]
        fresh = [chosen[k][0] - {*ends} for k in (i, j)]
        if not fresh[0] or fresh[0] != fresh[1]:
            continue
        found = any(not fresh[0].isdisjoint(choice(turns, k)[0]) for k in turns.used)
        if found and all({*ends} <= _made_of(middle, turns) for middle in fresh[0]):
            yield ends, list(dict.fromkeys([*chosen[i][1], *chosen[j][1]]))


def beside_ends(ends: Collection[Node], turns: Turns) -> set[Node]:
    """What the middles of two ends are computed of from outside, or of other states."""
    leaves = set[Node]().union(*(choice(turns, turns.states.index(end))[0] for end in ends))
    parts = set[Node]().union(*(_made_of(middle, turns) for middle in leaves - {*ends}))
    others = {*turns.states} - {*ends}
    return {node for node in parts if node in others or not inside(node, turns.body)}


def _made_of(middle: Node, turns: Turns) -> set[Node]:
    """What a middle is computed of: in this turn, or in the one before."""
    if middle not in turns.states:
        return summed(middle, turns.body)
    following = turns.following[turns.states.index(middle)]
    return set[Node]().union(*(summed(each, turns.body) for each in following))


def held_ends(turns: Turns) -> Iterator[tuple[list[Node], list[Node]]]:
    """``([ends], conditions)`` of each list that is used, where several entries make a new one."""
    for k in turns.used:
        state = turns.states[k]
        if isinstance(state.type, Sequence) and state.type.item == FLOAT:
            leaves, conditions = choice(turns, k)
            fresh = leaves - {state}
            if fresh and conditions and all(_is_between(each, state, turns) for each in fresh):
                yield [state], conditions


def _is_between(value: Node, held: Node, turns: Turns) -> bool:
    """Whether a number is made of several entries of a list."""
    parts = summed(value, turns.body)
    entries = [node for node in parts if node.op is sequence.index and node.args[0] is held]
    several = len(entries) > 1 or any(
        node.op is sequence.total and node.args[0] is held for node in parts
    )
    return value.type == FLOAT and several and value not in entries


def numbers(turns: Turns) -> list[int]:
    """The states that are numbers or arrays of such: a list that is sorted is no end."""
    return [
        k
        for k, state in enumerate(turns.states)
        if state.type == FLOAT or isinstance(state.type, Array)
    ]


def choice(turns: Turns, k: int) -> tuple[set[Node], list[Node]]:
    """What a state may be that branches, flags and subscripts choose, and what they ask."""
    body = turns.body
    leaves, conditions = set[Node](), list[Node]()
    if len(turns.following[k]) > 1:
        conditions.extend(turns.asked)
    stack, met = list(turns.following[k]), set[Node]()
    while stack:
        node = stack.pop()
        if node in met or node.op is UNDEFINED:
            continue
        met.add(node)
        flagged = chosen_by_flags(node, body) if inside(node, body) else None
        if flagged is not None:
            stack.extend(flagged[0])
            conditions.extend(flagged[1])
        elif node.op is where and inside(node, body):
            conditions.append(node.args[0])
            stack.extend(node.args[1:])
        elif node.op in WRITTEN and inside(node, body):
            base, *places, written = node.args
            conditions.extend(places)
            same = written.op is section and list(written.args[1:]) == places
            stack.extend((base, written.args[0] if same else written))
        elif node.op in READ and inside(node, body) and not all(map(is_constant, node.args[1:])):
            conditions.extend(node.args[1:])
            held = node.args[0]
            stack.extend(held.args if held.op is sequence.display else (held,))
        elif node.op is ITEM and node.args[0].op in (IF, TRY):
            conditions.extend(node.args[0].args)
            stack.extend(item_sources(node))
        elif node.op is ITEM and node.args[0].op is LOOP and inside(node, body):
            conditions.extend(goes_on(node.args[0]))
            stack.extend(item_sources(node))
        elif node.op is PARAMETER and outer_sources(node, body):
            stack.extend(outer_sources(node, body))
        else:
            leaves.add(node)
    return leaves, conditions


def summed(value: Node, body: Block) -> set[Node]:
    """What a value is computed of in a body, steps of whole numbers left out."""
    found = set[Node]()
    stack = [value]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(_terms(node, body) if inside(node, body) else ())
    return found


def _terms(node: Node, body: Block) -> tuple[Node, ...]:
    if node.op is ITEM and node.args[0].op in (IF, LOOP, TRY):
        return tuple(item_sources(node))
    if node.op is PARAMETER:
        return tuple(outer_sources(node, body))
    return tuple(carrying_args(node))
