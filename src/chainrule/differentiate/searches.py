"""Searches that find a number by comparisons alone, as golden section does: their slope is lost.

    while b - a > tol:
        c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
        if f(c, p) < f(d, p):
            b = d
        else:
            a = c

On every path the ends are made of the ends alone: the derivative by ``p`` of what was run is 0, and
never that of the minimum.  Bisections have slopes of their own
(:mod:`chainrule.differentiate.bisections`).  A table in which a value is looked up is no such
search: what is chosen there does not decide about the next comparison.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Sequence

from chainrule.differentiate.activity import all_steps, useful, varied
from chainrule.differentiate.bisections import bisections
from chainrule.differentiate.carrying import carrying_args
from chainrule.differentiate.compared_places import place_comparisons
from chainrule.differentiate.halving import beside_ends, halvings, held_ends, summed
from chainrule.differentiate.least_values import least_values
from chainrule.differentiate.rigid import moved_along
from chainrule.differentiate.shrinking import shrinking, swinging
from chainrule.differentiate.turns import (
    Turns,
    is_call,
    made_of,
    over_turns,
    recursions,
    turns_of_function,
    turns_of_loop,
)
from chainrule.differentiate.unrolled import Turn, unrolled
from chainrule.differentiate.whole_searches import whole_searches
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import Block, Graph, inside
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, divide, multiply
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
)
from chainrule.primitives.cost import Live
from chainrule.primitives.custom import stopped
from chainrule.primitives.declare import is_constant
from chainrule.primitives.functionals import FOUND_ROOT
from chainrule.records import dataclass


@dataclass(frozen=True)
class Search:
    """A branch in a loop that chooses what it compares next."""

    # Where it is refused.
    branch: Node
    # What it compares is made of; among that the states that it chooses.
    compared: frozenset[Node]
    chosen: frozenset[Node]
    # What is tried is made of besides the ends; None where that is not asked.
    beside: frozenset[Node] | None = None


def refuse_searches(graph: Graph, inputs: Iterable[Node], results: Sequence[Node]) -> None:
    """Refuse a derivative that is 0 because a search compares with what it is taken by.

    Raises
    ------
    NotDifferentiableError
        Where a result depends on an input through nothing but the comparisons of a search, or
        through those of a search between two ends, whose slope would be lost beside the others.
    """
    steps = list(all_steps(graph.body))
    if any(step.origin.derivative for step in steps):
        return
    needed = Live(graph, results).nodes
    loops = [step for step in steps if step.op is LOOP and step in needed]
    # What does not move the root that a bisection encloses, as a tolerance, is not felt.
    enclosing = {found.loop for found in bisections(steps)} if loops else set()
    turns = [turns_of_loop(loop, needed) for loop in loops if loop not in enclosing]
    calls = list(recursions(graph, needed))
    written = list(unrolled([step for step in steps if step in needed]))
    if not turns and not calls and not written:
        return
    searches = [*_written(written), *(found for each in turns for found in _searches(each.at))]
    between = [found for each in turns for found in _between(each)]
    # The least value that is found has its slope, whatever that of its place is.
    between += _written(turn for turn in written if not turn.least)
    # What these loops find has its slope behind them.
    solved = {step.args[0].args[0] for step in steps if step.op is FOUND_ROOT}
    used = useful(graph, results)
    whole = [found for each in turns for found in _whole(each, _felt_by(each, used))]
    # Beside what else is felt two ends may be positions on a grid.
    between += (search for search in whole if len(search.chosen) == 1)
    for given in inputs:
        felt = varied(graph, [given])
        inside = {call: _felt_inside(call, function, felt) for call, function in calls}
        still = {call for call, function in calls if inside[call].isdisjoint(_results(function))}
        if still:
            felt = varied(graph, [given], functools.partial(_carrying, still))
        flat = felt.isdisjoint(results)
        for search in (*searches, *whole) if flat else between:
            lost = search.chosen - felt if flat else search.chosen.isdisjoint(felt)
            if search.compared & felt and lost:
                raise _refusal(graph, given, search.branch)
            if not flat and _moves_beginning_alone(search, felt):
                raise _refusal_of_beginning(graph, given, search.branch)
        for each in turns if flat else ():
            if any(_decides(each, k, felt) for k in _felt_by(each, used)):
                raise _refusal(graph, given, each.at)
        for each in () if flat else turns:
            if each.at not in solved:
                _refuse_moved(graph, given, each, felt, results)
            found = any(_is_place(graph, each, one, felt, results) for one in _least(each))
            if found or (each.at not in solved and _leads_to_place(graph, each, felt, results)):
                raise _refusal(graph, given, each.at)
        for call, function in calls:
            inner = {node for node in inside[call] if node.graph is not graph}
            if _is_search(call, function, inside[call], flat) or (
                call not in felt and _gives_place(graph, (call, function), felt | inner, results)
            ):
                raise _refusal(graph, given, call)


def _refuse_moved(
    graph: Graph, given: Node, turns: Turns, felt: Collection[Node], results: Sequence[Node]
) -> None:
    """Refuse what a search has found that moves as a whole with where it begins."""
    left = {state: turns.at.block.item(turns.at, k) for k, state in enumerate(turns.states)}
    for place, compared in moved_along(turns, felt):
        values = least_values(graph, compared, turns.body, felt, left)
        if left[place] in useful(graph, results, values):
            raise _refusal_of_beginning(graph, given, turns.at)


def _carrying(still: Collection[Node], node: Node) -> Sequence[Node]:
    return () if node in still else carrying_args(node)


def _results(function: Function) -> list[Node]:
    return list(function.lifted.result.leaves())


def _felt_inside(call: Node, function: Function, felt: Collection[Node]) -> set[Node]:
    """What is felt in a function of what is felt where it is called, but by its own calls."""
    graph: Graph = function.lifted.graph
    own = [step for step in all_steps(graph.body) if is_call(step, function)]
    calls = [call.args, *(each.args for each in own)]
    inner = {*felt}
    size = -1
    while size != len(inner):
        size = len(inner)
        for args in calls:
            pairs = zip(graph.body.parameters, args, strict=True)
            inner.update(state for state, arg in pairs if arg in inner)
        inner = varied(graph, inner, functools.partial(_carrying, own))
    return inner


def _felt_by(turns: Turns, used: Collection[Node]) -> Iterator[int]:
    """The states of a loop through which a derivative might flow into results."""
    block = turns.at.block
    return (k for k in turns.used if block.item(turns.at, k) in used)


def _decides(turns: Turns, k: int, felt: Collection[Node]) -> bool:
    """Whether what is felt, computed of where a state stands, decides where it goes."""
    state = turns.states[k]
    if state in felt or not state.type.differentiable:
        return False
    asked = turns.asked if len(turns.following[k]) > 1 else ()
    made = made_of((*turns.following[k], *asked), turns.body)
    deciding = made_of([node for node in made if node in felt], turns.body)
    return state in over_turns(deciding, turns)


def _is_search(call: Node, function: Function, felt: Collection[Node], flat: bool) -> bool:
    """Whether a function that calls itself searches by what is ``felt`` inside of it."""
    turns = turns_of_function(call, function)
    if turns is None:
        return False
    if flat and any(_decides(turns, k, felt) for k in turns.used):
        return True
    return any(
        not search.compared.isdisjoint(felt) and search.chosen.isdisjoint(felt)
        for search in _between(turns)
    )


def _refusal(graph: Graph, given: Node, branch: Node) -> NotDifferentiableError:
    name = graph.names.get(given, "the parameter")
    return _refused(
        branch,
        f"`{name}` decides only which way a search goes: the derivative of what is found is 0 on "
        "every path",
        f"stop_gradient({name}) says that 0 is meant.",
    )


def _refused(branch: Node, cause: str, meant: str) -> NotDifferentiableError:
    return NotDifferentiableError(
        cause,
        remedy="Find the root by Newton's method, or by scipy.optimize.brentq, whose derivative "
        f"is known; {meant}",
        position=branch.origin.position,
    )


def _moves_beginning_alone(search: Search, felt: Collection[Node]) -> bool:
    """Whether of a search its ends, or its first place, are felt and nothing else it tries."""
    moved = not search.chosen.isdisjoint(felt)
    return moved and search.beside is not None and search.beside.isdisjoint(felt)


def _refusal_of_beginning(graph: Graph, given: Node, branch: Node) -> NotDifferentiableError:
    name = graph.names.get(given, "the parameter")
    return _refused(
        branch,
        f"`{name}` moves where a search begins: what is found moves with it on every path, but "
        "what is looked for does not",
        "stop_gradient(...) of where it begins says that it is not felt.",
    )


def _searches(loop: Node) -> Iterator[Search]:
    """The branches of a loop that choose what they compare next."""
    body = loop_body(loop)
    states = {
        state: following
        for state, following in zip(loop_parts(loop)[2], next_states(loop), strict=True)
        if state.type == FLOAT
    }
    made: dict[Node, frozenset[Node]] = {}
    for step in all_steps(body) if states else ():
        if step.op is not IF:
            continue
        compared = made_of([step.args[0]], body)
        results = {step.block.item(step, k) for k in range(len(owned_blocks(step)[0].results))}
        candidates = compared & states.keys()
        for state in candidates - made.keys():
            made[state] = made_of([states[state]], body)
        chosen = frozenset(state for state in candidates if not results.isdisjoint(made[state]))
        if chosen:
            yield Search(step, compared, chosen)


def _between(turns: Turns) -> Iterator[Search]:
    """Searches between two ends, or by a step that is halved."""
    body, at = turns.body, turns.at
    for ends, conditions in (*halvings(turns), *held_ends(turns)):
        compared = over_turns(made_of(conditions, body), turns)
        if compared.issuperset(ends) and not any(map(_is_extreme, compared)):
            beside = frozenset(beside_ends(ends, turns)) if len(ends) > 1 else None
            yield Search(at, compared, frozenset(ends), beside)
    for state, tried, conditions in swinging(turns):
        compared = over_turns(made_of(conditions, body), turns)
        if state in compared and not _is_least(state, tried, conditions, body):
            yield Search(at, compared, frozenset({state}), _beside_steps(turns, tried))
    for ends, tried, conditions in shrinking(turns):
        compared = made_of(conditions, body)
        if not tried.isdisjoint(compared) and not _is_least(ends[0], tried, conditions, body):
            plain = all(each.op is add and {*each.args} == {*ends} for each in tried)
            beside = _beside_steps(turns, tried) if plain else None
            yield Search(at, compared, frozenset(ends), beside)


def _beside_steps(turns: Turns, tried: Collection[Node]) -> frozenset[Node] | None:
    """What is tried is made of from outside; None where no step is scaled in every turn."""
    parts = set[Node]().union(*(summed(each, turns.body) for each in tried))
    for state, following in zip(turns.states, turns.following, strict=True):
        if state in parts and len(following) == 1 and following[0].op in (multiply, divide):
            step, scale = following[0].args
            if (step is state and is_constant(scale)) or (scale is state and is_constant(step)):
                return frozenset(node for node in parts if not inside(node, turns.body))
    return None


def _whole(turns: Turns, used: Iterable[int]) -> Iterator[Search]:
    """Searches for a whole number that is used, but not as a position."""
    numbers = {turns.states[k] for k in used}
    for states, conditions in whole_searches(turns):
        if not numbers.isdisjoint(states):
            yield Search(turns.at, made_of(conditions, turns.body), frozenset(states))


def _written(turns: Iterable[Turn]) -> Iterator[Search]:
    """Searches whose turns are written out."""
    for turn in turns:
        body = turn.branch.graph.body
        still = [step for step in all_steps(body) if step.op is stopped]
        compared = made_of([turn.question], body, still)
        yield Search(turn.branch, compared, frozenset(turn.ends))


def _is_extreme(node: Node) -> bool:
    """Whether the place of a least or greatest number is asked for: that number has its slope."""
    return node.op.name in ("argmin", "argmax") and node.args[0].type.differentiable


def _least(turns: Turns) -> Iterator[Search]:
    """Searches for a least or greatest value by steps or between two ends."""
    body, at = turns.body, turns.at
    for ends, conditions in halvings(turns):
        compared = over_turns(made_of(conditions, body), turns)
        if compared.issuperset(ends) and any(map(_is_extreme, compared)):
            yield Search(at, compared, frozenset(ends))
    for state, tried, conditions in swinging(turns):
        if _is_least(state, tried, conditions, body):
            yield Search(at, made_of(conditions, body), frozenset({state}))


def _led(turns: Turns, felt: Collection[Node]) -> Iterator[Search]:
    """Searches for the place of a least value in which values at two places are compared."""
    asked = frozenset(place_comparisons(turns, felt))
    for k in turns.used if asked else ():
        state = turns.states[k]
        if _decides(turns, k, felt):
            values = {arg for each in asked for arg in each.args}
            yield Search(turns.at, asked | values, frozenset({state}))


def _is_place(
    graph: Graph,
    turns: Turns,
    search: Search,
    felt: Collection[Node],
    results: Sequence[Node],
    least: Collection[Node] = (),
) -> bool:
    """Whether what a search finds is felt in results but for the value that is ``least`` there."""
    if search.compared.isdisjoint(felt) or not search.chosen.isdisjoint(felt):
        return False
    values = least_values(graph, search.compared, turns.body, felt).union(least)
    used = useful(graph, results, values)
    return any(
        turns.states[k] in search.chosen and turns.at.block.item(turns.at, k) in used
        for k in turns.used
    )


def _leads_to_place(
    graph: Graph, turns: Turns, felt: Collection[Node], results: Sequence[Node]
) -> bool:
    """Whether values at two places are compared, and where that leads is felt in results."""
    return any(
        _is_place(graph, turns, search, felt, results, search.compared.intersection(felt))
        for search in _led(turns, felt)
    )


def _gives_place(
    graph: Graph, called: tuple[Node, Function], felt: Collection[Node], results: Sequence[Node]
) -> bool:
    """Whether a function that calls itself finds a place that is felt in results."""
    turns = turns_of_function(*called)
    if turns is None:
        return False
    given = dict(zip(turns.states, called[0].args, strict=True))
    for search in _led(turns, felt):
        values = least_values(graph, search.compared, turns.body, felt, given)
        if called[0] in useful(graph, results, values):
            return True
    return False


def _is_least(
    state: Node, tried: Collection[Node], conditions: Sequence[Node], body: Block
) -> bool:
    """Whether what is tried is compared with what there is: a least value has a slope."""
    compared = made_of(conditions, body)
    return not compared.isdisjoint(tried) and state in made_of(conditions, body, tried)
