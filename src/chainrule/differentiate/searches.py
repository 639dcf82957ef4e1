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

from collections.abc import Collection, Iterable, Iterator, Sequence

from chainrule.differentiate.activity import all_steps, varied
from chainrule.differentiate.bisections import bisections
from chainrule.differentiate.halving import halvings, held_ends
from chainrule.differentiate.shrinking import shrinking, swinging
from chainrule.differentiate.turns import (
    Turns,
    made_of,
    recursions,
    turns_of_function,
    turns_of_loop,
)
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import Block, Graph
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
)
from chainrule.primitives.cost import Live
from chainrule.records import dataclass


@dataclass(frozen=True)
class Search:
    """A branch in a loop that chooses what it compares next."""

    # Where it is refused.
    branch: Node
    # What it compares is made of; among that the states that it chooses.
    compared: frozenset[Node]
    chosen: frozenset[Node]


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
    calls = list(recursions(graph, needed))
    loops = [step for step in steps if step.op is LOOP and step in needed]
    # What does not move the root that a bisection encloses, as a tolerance, is not felt.
    enclosing = {found.loop for found in bisections(steps)} if loops else set()
    others = [loop for loop in loops if loop not in enclosing]
    searches = [found for loop in others for found in _searches(loop)]
    between = [found for loop in others for found in _between(turns_of_loop(loop, needed))]
    for given in inputs if searches or between else ():
        felt = varied(graph, [given])
        flat = felt.isdisjoint(results)
        for search in searches if flat else between:
            lost = search.chosen - felt if flat else search.chosen.isdisjoint(felt)
            if search.compared & felt and lost:
                raise _refusal(graph.names.get(given, "the parameter"), search.branch)
    for given in inputs if calls else ():
        _refuse_recursions(graph, given, varied(graph, [given]), calls)


def _refuse_recursions(
    graph: Graph, given: Node, felt: Collection[Node], calls: Sequence[tuple[Node, Function]]
) -> None:
    """Refuse a search by a function that calls itself between two ends."""
    for call, function in calls:
        turns = turns_of_function(call, function)
        if turns is None:
            continue
        moving = {state for state, arg in zip(turns.states, call.args, strict=True) if arg in felt}
        inner = varied(function.lifted.graph, moving)
        for search in _between(turns):
            if search.compared & inner and search.chosen.isdisjoint(inner):
                raise _refusal(graph.names.get(given, "the parameter"), call)


def _refusal(name: str, branch: Node) -> NotDifferentiableError:
    return NotDifferentiableError(
        f"`{name}` decides only which way a search goes: the derivative of what is found is 0 on "
        "every path",
        remedy="Find the root by Newton's method, or by scipy.optimize.brentq, whose derivative "
        f"is known; stop_gradient({name}) says that 0 is meant.",
        position=branch.origin.position,
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
        compared = _over_turns(made_of(conditions, body), turns)
        if compared.issuperset(ends):
            yield Search(at, compared, frozenset(ends))
    for state, tried, conditions in swinging(turns):
        compared = _over_turns(made_of(conditions, body), turns)
        if state in compared and not _is_least(state, tried, conditions, body):
            yield Search(at, compared, frozenset({state}))
    for ends, tried, conditions in shrinking(turns):
        compared = made_of(conditions, body)
        if not tried.isdisjoint(compared) and not _is_least(ends[0], tried, conditions, body):
            yield Search(at, compared, frozenset(ends))


def _over_turns(found: frozenset[Node], turns: Turns) -> frozenset[Node]:
    """The same, and what the states among them were made of in the turn before."""
    met: set[Node] = set()
    while met != {*turns.states} & found:
        for k, state in enumerate(turns.states):
            if state in found and state not in met:
                met.add(state)
                found |= made_of(turns.following[k], turns.body)
    return found


def _is_least(
    state: Node, tried: Collection[Node], conditions: Sequence[Node], body: Block
) -> bool:
    """Whether what is tried is compared with what there is: a least value has a slope."""
    compared = made_of(conditions, body)
    return not compared.isdisjoint(tried) and state in made_of(conditions, body, tried)
