"""Searches that find a number by comparisons alone, as bisection does: their derivative is lost.

    while hi - lo > tol:
        mid = 0.5 * (lo + hi)
        if f(mid, p) > 0.0:
            hi = mid
        else:
            lo = mid

On every path ``mid`` is made of the ends alone: the derivative by ``p`` of what was run is 0, and
never that of the root.  A table in which a value is looked up is no such search: what is chosen
there does not decide about the next comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.differentiate.activity import all_steps, varied
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import ITEM, Block, Graph, inside
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.control import IF, LOOP, loop_body, loop_parts, next_states, owned_blocks
from chainrule.primitives.cost import Live


def refuse_searches(graph: Graph, inputs: Iterable[Node], results: Sequence[Node]) -> None:
    """Refuse a derivative that is 0 because a search compares with what it is taken by.

    Raises
    ------
    NotDifferentiableError
        Where a result depends on an input through nothing but the comparisons of a search.
    """
    steps = list(all_steps(graph.body))
    loops = [step for step in steps if step.op is LOOP]
    if not loops or any(step.origin.derivative for step in steps):
        return
    needed: set[Node] | None = None
    for given in inputs:
        felt = varied(graph, [given])
        if any(result in felt for result in results):
            continue
        needed = Live(graph, results).nodes if needed is None else needed
        for loop in loops:
            branch = _search(loop, felt) if loop in needed else None
            if branch is not None:
                name = graph.names.get(given, "the parameter")
                raise NotDifferentiableError(
                    f"`{name}` decides only which way a search goes: the derivative of what is "
                    "found is 0 on every path",
                    remedy="Find the root by Newton's method, or by scipy.optimize.brentq, whose "
                    f"derivative is known; stop_gradient({name}) says that 0 is meant.",
                    position=branch.origin.position,
                )


def _search(loop: Node, felt: set[Node]) -> Node | None:
    """A branch in a loop that compares with ``felt`` values, and chooses what it compares next."""
    body = loop_body(loop)
    sources = _Sources(body)
    states = {
        state: following
        for state, following in zip(loop_parts(loop)[2], next_states(loop), strict=True)
        if state.type == FLOAT and state not in felt
    }
    for step in all_steps(body):
        if step.op is not IF:
            continue
        compared = sources.of(step.args[0])
        if not compared & felt:
            continue
        chosen = {step.block.item(step, k) for k in range(len(owned_blocks(step)[0].results))}
        for state in compared & states.keys():
            if sources.of(states[state]) & chosen:
                return step
    return None


class _Sources:
    """What values in the body of a loop are computed of there, and what enters from outside."""

    def __init__(self, body: Block) -> None:
        self.body = body
        self.carried: dict[Node, tuple[Node, ...]] = {}
        for step in all_steps(body):
            if step.op is LOOP:
                _, initial, states = loop_parts(step)
                self.carried.update(
                    zip(states, zip(initial, next_states(step), strict=True), strict=True)
                )

    def of(self, value: Node) -> set[Node]:
        """All sources of a value, itself included."""
        found: set[Node] = set()
        stack = [value]
        while stack:
            node = stack.pop()
            if node not in found:
                found.add(node)
                stack.extend(self._before(node) if inside(node, self.body) else ())
        return found

    def _before(self, node: Node) -> Sequence[Node]:
        if node in self.carried:
            return self.carried[node]
        if node.op is not ITEM:
            return node.args
        owner, position = node.args[0], int(str(node.params[0]))
        if owner.op is LOOP and position < len(loop_parts(owner)[2]):
            return self.carried[loop_parts(owner)[2][position]]
        if owner.op is IF:
            arms = [arm.results[position] for arm in owned_blocks(owner) if arm.completes]
            return [owner.args[0], *arms]
        return node.args
