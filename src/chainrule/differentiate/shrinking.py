"""Turns that go on by a step which changes by itself, where what they have reached tells them to.

    if f(x + h, p) < 0.0:
        x += h
    h *= 0.5

or that go either way::

    x += h if f(x, p) < 0.0 else -h
    h *= 0.5
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from chainrule.differentiate.flags import questions
from chainrule.differentiate.halving import choice, numbers, summed
from chainrule.differentiate.turns import Turns, goes_on, outer_sources
from chainrule.graph.block import ITEM, PARAMETER, inside
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL
from chainrule.primitives import arithmetic
from chainrule.primitives.choices import where
from chainrule.primitives.control import IF, LOOP, item_sources
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.elementary import copysign


def shrinking(turns: Turns) -> Iterator[tuple[list[Node], set[Node], list[Node]]]:
    """``([x, h], {x + h}, conditions)`` of each needed state and the step that goes on from it."""
    made = _made(turns)
    for k, step in itertools.product(_used(turns), _steps(turns, made)):
        state = turns.states[k]
        leaves, conditions = choice(turns, k)
        fresh = leaves - {state}
        if len(fresh) == 1 and len(leaves) == 2:
            (tried,) = fresh
            if summed(tried, turns.body).intersection(turns.states) == {state, step}:
                yield [state, step], fresh, conditions


def swinging(turns: Turns) -> Iterator[tuple[Node, set[Node], list[Node]]]:
    """``(x, {x + h, x - h}, conditions)`` of each needed state that steps lead either way."""
    made = _made(turns)
    steps = {*_steps(turns, made)}
    changing = steps.union(turns.body.parameters) - {*turns.states}.difference(steps)
    for k in _used(turns):
        state = turns.states[k]
        if not made[k] <= {state, *steps}:
            continue
        for step, signs in _signs(turns.following[k], state, turns).items():
            parts = summed(step, turns.body)
            if step is state or state in parts or parts.isdisjoint(changing):
                continue
            values = turns.following[k]
            if step in turns.states:
                following = turns.following[turns.states.index(step)]
                own = _signs(following, step, turns).get(step, {1})
                signs, values = {a * b for a in signs for b in own}, (*values, *following)
            if len(signs) == 2:
                yield state, choice(turns, k)[0] - {state}, _asked(values, turns)
                break


def _used(turns: Turns) -> list[int]:
    return [k for k in numbers(turns) if k in turns.used]


def _made(turns: Turns) -> list[set[Node]]:
    """Of which states each state is made in the next turn."""
    return [
        set[Node]().union(*(summed(each, turns.body) for each in following)) & {*turns.states}
        for following in turns.following
    ]


def _steps(turns: Turns, made: list[set[Node]]) -> list[Node]:
    """The numbers that change by themselves."""
    return [
        turns.states[k]
        for k in numbers(turns)
        if made[k] == {turns.states[k]} != {*turns.following[k]}
    ]


def _signs(following: tuple[Node, ...], state: Node, turns: Turns) -> dict[Node, set[int]]:
    """The terms of what follows, and with which signs they are added."""
    found, met = dict[Node, set[int]](), set[tuple[Node, int]]()
    stack = [(each, 1) for each in following]
    while stack:
        node, sign = stack.pop()
        if (node, sign) in met:
            continue
        met.add((node, sign))
        terms = _signed(node, sign, turns) if inside(node, turns.body) else []
        if terms and node is not state:
            stack.extend(terms)
        else:
            found.setdefault(node, set()).add(sign)
    return found


def _signed(node: Node, sign: int, turns: Turns) -> list[tuple[Node, int]]:
    """What a value is a sum of, with signs; nothing where it is no sum."""
    op, args = node.op, node.args
    if op is ITEM and args[0].op in (IF, LOOP):
        return [(each, sign) for each in item_sources(node)]
    if op is PARAMETER:
        return [(each, sign) for each in outer_sources(node, turns.body)]
    if op is where:
        return [(each, sign) for each in args[1:]]
    if op is arithmetic.negative:
        return [(args[0], -sign)]
    if op is copysign:
        return [(args[0], 1), (args[0], -1)]
    if op is arithmetic.subtract:
        return [(args[0], sign), (args[1], -sign)]
    if op in (arithmetic.multiply, arithmetic.divide):
        pairs = (args, args[::-1])[: 1 if op is arithmetic.divide else 2]
        return [(value, own * sign) for value, factor in pairs for own in _factor(factor, turns)]
    return [(each, sign) for each in args] if op is arithmetic.add else []


def _factor(factor: Node, turns: Turns) -> tuple[int, ...]:
    """The signs of a constant or a flag; nothing of another factor."""
    if is_constant(factor):
        value = constant_value(factor)
        return (-1 if isinstance(value, (int, float)) and value < 0 else 1,)
    if not questions(factor, turns.body):
        return ()
    # A comparison alone is not below zero.
    return (1,) if factor.type == BOOL or factor.op.name == "to_float" else (1, -1)


def _asked(values: tuple[Node, ...], turns: Turns) -> list[Node]:
    """What decides about values: in branches, loops and flags that are factors."""
    found: dict[Node, None] = dict.fromkeys(turns.asked)
    for node in dict.fromkeys(each for value in values for each in summed(value, turns.body)):
        if not inside(node, turns.body):
            continue
        if (node.op is ITEM and node.args[0].op is IF) or node.op is where:
            found[(node if node.op is where else node.args[0]).args[0]] = None
        elif node.op is ITEM and node.args[0].op is LOOP:
            found.update(dict.fromkeys(goes_on(node.args[0])))
        elif node.op is arithmetic.multiply:
            found.update(
                dict.fromkeys(q for each in node.args for q in questions(each, turns.body))
            )
    return list(found)
