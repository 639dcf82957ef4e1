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
from chainrule.differentiate.bisections import bisections, step_blocks
from chainrule.differentiate.halving import halvings, shrinking
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import ITEM, PARAMETER, Block, Graph, inside
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    item_sources,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
    state_sources,
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
    loops = [step for step in steps if step.op is LOOP]
    if not loops or any(step.origin.derivative for step in steps):
        return
    needed = Live(graph, results).nodes
    # What does not move the root that a bisection encloses, as a tolerance, is not felt.
    enclosing = {found.loop for found in bisections(steps)}
    others = [loop for loop in loops if loop in needed and loop not in enclosing]
    searches = [found for loop in others for found in _searches(loop)]
    between = [found for loop in others for found in _between(loop, needed)]
    for given in inputs if searches or between else ():
        felt = varied(graph, [given])
        flat = felt.isdisjoint(results)
        for search in searches if flat else between:
            lost = search.chosen - felt if flat else search.chosen.isdisjoint(felt)
            if search.compared & felt and lost:
                raise _refusal(graph.names.get(given, "the parameter"), search.branch)


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
        compared = _made_of(step.args[0], body)
        results = {step.block.item(step, k) for k in range(len(owned_blocks(step)[0].results))}
        candidates = compared & states.keys()
        for state in candidates - made.keys():
            made[state] = _made_of(states[state], body)
        chosen = frozenset(state for state in candidates if not results.isdisjoint(made[state]))
        if chosen:
            yield Search(step, compared, chosen)


def _between(loop: Node, needed: Collection[Node]) -> Iterator[Search]:
    """The searches of a loop between two ends, or by a step that is halved."""
    body = step_blocks(loop)[0]
    for ends, conditions in halvings(loop, needed):
        compared = frozenset[Node]().union(*(_made_of(each, body) for each in conditions))
        if compared.issuperset(ends):
            yield Search(loop, compared, frozenset(ends))
    for ends, tried, conditions in shrinking(loop, needed):
        compared = frozenset[Node]().union(*(_made_of(each, body) for each in conditions))
        beside = frozenset[Node]().union(*(_made_of(each, body, tried) for each in conditions))
        # What is compared with where the search stands has the slope of a least value.
        if tried in compared and ends[0] not in beside:
            yield Search(loop, compared, frozenset(ends))


def _made_of(value: Node, body: Block, end: Node | None = None) -> frozenset[Node]:
    """What a value in the body of a loop is computed of there down to ``end``, and from outside."""
    found: set[Node] = set()
    stack = [value]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(_before(node, body) if inside(node, body) and node is not end else ())
    return frozenset(found)


def _before(node: Node, body: Block) -> Sequence[Node]:
    if node.op is ITEM and node.args[0].op in (IF, LOOP, TRY):
        owner = node.args[0]
        return [*item_sources(node), *(owner.args if owner.op is IF else ())]
    if node.op is PARAMETER and node.block is not body and node.block.owner is not None:
        return state_sources(node, node.block.owner)
    return node.args
