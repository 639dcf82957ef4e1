"""Searches that move as a whole with where they begin: what they find does not.

    while h > tol:
        if f(x + h, p) < f(x, p):
            x += h
        else:
            h *= 0.5

On every path x is where the search began and some steps, and moves as its beginning does; what is
looked for stays.  A simplex, whose places are means of its places, moves so as well.  Steps of
Newton's method do not: they are made of slopes, which move with x.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.bisections import ORDERED, step_blocks
from chainrule.differentiate.halving import choice, summed
from chainrule.differentiate.turns import Turns, made_of, over_turns
from chainrule.graph.block import ITEM, UNDEFINED, Block, inside, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Sequence
from chainrule.primitives import arithmetic
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    loop_parts,
    next_states,
    owned_blocks,
    try_blocks,
)
from chainrule.primitives.declare import constant_value, is_constant

# How often a place is added in a value: 1 for a place, 0 for a step or a difference of places.
Weight = float | str
# Nothing yet; some number of times; not at all as a place does.
EMPTY, SUMMED, BENT = "empty", "summed", "bent"
# Operations, by their names, that hand on an entry or all of them, or put several in one.
KEPT = (
    *("index", "section", "copy", "as_tuple", "backwards", "slice", "drop_last", "to_float"),
    *("sort", "mean", "array_of_list", "to_list", "array_copy", "astype", "take", "flip", "roll"),
    *("transpose", "swapaxes", "moveaxis", "reshape", "reshaped", "ravel", "flatten"),
    *("broadcast_to", "expand_dims", "squeeze"),
)
JOINED = (
    *("display", "append", "prepend", "append_in", "index_set", "section_set", "slice_set"),
    *("concatenate", "rows_of", "array_literal", "array_concatenate", "stack", "where"),
    *("python_max", "python_min", "maximum", "minimum", "sequence_max", "sequence_min"),
)
ADDED = ("index_add", "section_add")
SUMS = ("total", "array_sum")
# So often a loop inside is gone through until what it leaves is known.
ROUNDS = 4


def moved_along(turns: Turns, felt: Collection[Node]) -> Iterator[tuple[Node, frozenset[Node]]]:
    """``(place, compared)`` of each used state that moves with its beginning and is searched for.

    What ``compared`` values tell decides where it goes; it is made of places alone, and steps
    grow smaller.
    """
    places = [turns.states[k] for k in turns.used if _is_held(turns.states[k])]
    steps = {step for block in _blocks(turns) for step in all_steps(block)}
    if not any(place in felt for place in places) or not _narrows(steps, turns, felt):
        return
    weights = _Weights(turns, felt)
    for place in places:
        if place not in felt or weights.of(place) != 1.0:
            continue
        flow = _flow(turns, place)
        if not _narrows(flow, turns, felt):
            continue
        for sought in turns.states:
            if sought in flow and sought in felt:
                compared = _searched(turns, sought, weights)
                if compared:
                    yield place, compared
                    break


def _blocks(turns: Turns) -> tuple[Block, ...]:
    """The blocks of a turn."""
    return tuple(step_blocks(turns.at)) if turns.at.op is LOOP else (turns.body,)


def _searched(turns: Turns, sought: Node, weights: _Weights) -> frozenset[Node]:
    """What decides where a state goes, if that is told of where it stands; empty if it is not."""
    deciding = [
        each for each in over_turns(made_of([sought], turns.body), turns) if each.op in ORDERED
    ]
    asked = [each for each in deciding if any(weights.of(a) == BENT for a in each.args)]
    compared = over_turns(made_of(asked, turns.body), turns)
    told = sought in compared and all(_is_told(each, turns, weights) for each in compared)
    return compared if told else frozenset()


def _flow(turns: Turns, place: Node) -> set[Node]:
    """What a state is computed of, in a turn and in those before it."""
    found, waiting = {place}, [place]
    while waiting:
        state = waiting.pop()
        for each in turns.following[turns.states.index(state)]:
            fresh = summed(each, turns.body) - found
            found |= fresh
            waiting += [node for node in turns.states if node in fresh]
    return found


def _is_held(node: Node) -> bool:
    """Whether a value is a number, or holds such."""
    return node.type == FLOAT or isinstance(node.type, (Array, Sequence))


def _narrows(flow: Collection[Node], turns: Turns, felt: Collection[Node]) -> bool:
    """Whether steps, or distances of places, are made smaller."""
    for node in flow:
        scale = _scale(node) if inside(node, turns.body) else None
        if scale is None:
            continue
        value, factor = scale
        if 0.0 < abs(factor) < 1.0 and (value in felt or value in turns.states):
            return True
    return False


def _scale(node: Node) -> tuple[Node, float] | None:
    """The number of which a value is a multiple, and how many times it is that."""
    if node.op not in (arithmetic.multiply, arithmetic.divide):
        return None
    left, right = node.args
    if is_constant(right):
        factor = float(constant_value(right))
        if node.op is arithmetic.multiply:
            return left, factor
        return (left, 1.0 / factor) if factor else None
    if node.op is arithmetic.multiply and is_constant(left):
        return right, float(constant_value(left))
    return None


def _is_told(node: Node, turns: Turns, weights: _Weights) -> bool:
    """Whether a value is no state that goes its own way, as what is integrated does."""
    if node not in turns.states or weights.of(node) != BENT:
        return True
    leaves, _ = choice(turns, turns.states.index(node))
    made = set[Node]().union(*(summed(each, turns.body) for each in leaves - {*turns.states}))
    return not any(each in turns.states and weights.of(each) == BENT for each in made)


class _Weights:
    """How often a place is added in the values of a turn."""

    def __init__(self, turns: Turns, felt: Collection[Node]) -> None:
        self._felt, self._body = felt, turns.body
        self._known: dict[Node, Weight] = {}
        self._items: dict[tuple[Node, int], Weight] = {}
        bent: set[Node] = set()
        size = -1
        while size != len(bent):
            size = len(bent)
            self._known = {s: BENT if s in bent else 1.0 for s in turns.states if s in felt}
            for block in _blocks(turns):
                self._walk(block)
            for state, following in zip(turns.states, turns.following, strict=True):
                if any(self.of(each) not in (1.0, EMPTY) for each in following) and state in felt:
                    bent.add(state)

    def of(self, node: Node) -> Weight:
        """The weight of a value."""
        if node.op is UNDEFINED:
            return EMPTY
        if node.op is ITEM and node.args[0].op in (IF, LOOP, TRY):
            return self._items.get((node.args[0], result_number(node)), self._unknown(node))
        return self._known.get(node, self._unknown(node))

    def _unknown(self, node: Node) -> Weight:
        return BENT if node in self._felt and inside(node, self._body) else 0.0

    def _walk(self, block: Block) -> None:
        for step in block.steps:
            if step.op is LOOP:
                self._loop(step)
            elif step.op in (IF, TRY):
                blocks = owned_blocks(step) if step.op is IF else try_blocks(step.params)
                for each in blocks:
                    self._walk(each)
                first = 0 if step.op is IF else 1
                for k in range(len(blocks[0].results)):
                    ways = [self.of(each.results[k]) for each in blocks if each.completes]
                    self._items[step, first + k] = _joined(ways)
            elif step in self._felt or step.op.name == "display":
                self._known[step] = self._step(step)

    def _loop(self, loop: Node) -> None:
        _, initial, states = loop_parts(loop)
        now = [self.of(each) for each in initial]
        for turn in range(ROUNDS):
            for state, weight in zip(states, now, strict=True):
                self._known[state] = weight
            for block in step_blocks(loop):
                self._walk(block)
            later = [_joined((a, self.of(b))) for a, b in zip(now, next_states(loop), strict=True)]
            if later == now:
                break
            # What is another number of times in each turn is so some number of times.
            late = turn + 2 >= ROUNDS
            now = [
                a if a == b else BENT if late else SUMMED if EMPTY not in (a, b) else b
                for a, b in zip(now, later, strict=True)
            ]
        for k, weight in enumerate(now):
            self._items[loop, k] = weight

    def _step(self, step: Node) -> Weight:
        name, own = step.op.name, [self.of(arg) for arg in step.args]
        if name == "display" and not own:
            return EMPTY
        if name in KEPT:
            return own[0]
        if name in JOINED:
            parts = [w for w, arg in zip(own, step.args, strict=True) if _is_held(arg)]
            return _joined(parts)
        if name in ADDED:
            return own[0] if own[-1] == 0.0 else BENT
        if name in SUMS:
            return own[0] if own[0] in (0.0, EMPTY, BENT) else SUMMED
        return _combined(step, own)


def _combined(step: Node, own: list[Weight]) -> Weight:
    """The weight of a sum, a difference or a multiple."""
    if BENT in own:
        return BENT
    op = step.op
    if op in (arithmetic.add, arithmetic.subtract):
        if SUMMED in own or EMPTY in own:
            return SUMMED
        first, second = map(float, own)
        return first + second if op is arithmetic.add else first - second
    if op is arithmetic.negative:
        return own[0] if isinstance(own[0], str) else -own[0]
    scale = _scale(step)
    if scale is not None:
        weight = own[0] if scale[0] is step.args[0] else own[1]
        if isinstance(weight, str):
            return 1.0 if weight == SUMMED else BENT
        return weight * scale[1]
    if op in (arithmetic.multiply, arithmetic.divide) and 0.0 in own:
        weight = own[0] if own[1] == 0.0 else own[1]
        # Divided by how many there are, a sum is a mean.
        return {0.0: 0.0, SUMMED: 1.0}.get(weight, BENT)
    return 0.0 if not any(own) else BENT


def _joined(ways: Iterable[Weight]) -> Weight:
    """The weight of what is one of several values."""
    found = dict.fromkeys(each for each in ways if each != EMPTY)
    return EMPTY if not found else next(iter(found)) if len(found) == 1 else BENT
