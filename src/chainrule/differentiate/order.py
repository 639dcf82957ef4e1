"""Backward loops whose steps may be taken in any order, and so in the order of the forward loop.

Where all that a loop hands on are sums, and no step reads them, the order of the steps is
nothing but that of the summands::

    for i in reversed(range(n)):                for x_i, y_i in zip(x, y):
        a_bar += x[i] * y_bar[i]                    a_bar += x_i * y_bar_i

So it is where a step reads and writes, of what else is handed on, the entry of its index alone::

    for i in range(n - 2, 0, -1):               for i in range(1, n - 1):
        v_bar_i = v_bar[i]                          v_bar_i = v_bar[i]
        v_bar[i] = 0.0                              v_bar[i] = 0.0
        u_bar[i - 1] += v_bar_i                     u_bar[i - 1] += v_bar_i
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chainrule.differentiate.activity import all_steps
from chainrule.graph.block import ITEM, PARAMETER, Block, inside, result_number
from chainrule.graph.node import Node
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays.indexing import section_add
from chainrule.primitives.control import (
    IF,
    LOOP,
    item_sources,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
    step_of,
)
from chainrule.primitives.declare import constant_value, is_constant

# To what is first something is added.
ADDITIONS = (sequence.index_add, section_add, arithmetic.subtract)


READS_AND_WRITES = (sequence.index, sequence.index_set, sequence.index_add)


def any_order(loop: Node, forward: Node) -> bool:
    """Whether the steps of the way back of ``forward`` neither read nor replace others' results."""
    body = loop_body(loop)
    sums = _Sums(body)
    apart = _tells_entries_apart(forward)
    return all(
        sums.lead(result, state)
        or (apart and _keeps_to(loop_body(forward).parameters[0], body, state, result))
        for result, state in zip(next_states(loop), loop_parts(loop)[2], strict=True)
    )


def _tells_entries_apart(forward: Node) -> bool:
    """Whether no two steps have the same entry at their index: it grows, and is not negative."""
    if forward.params[0] == "while" or (step_of(forward) or 0) <= 0:
        return False
    start = forward.args[0]
    return is_constant(start) and bool(constant_value(start) >= 0)


def _keeps_to(position: Node, body: Block, state: Node, result: Node) -> bool:
    """Whether ``result`` is ``state`` with changes at ``position``, and no other entry is read."""
    versions = {state}
    handed_on: list[Node] = []
    axes: set[int] | None = None
    for step in all_steps(body):
        if step.op is ITEM:
            owner, k = step.args[0], result_number(step)
            if owner.op is LOOP and loop_parts(owner)[2][k] in versions:
                versions.add(step)
            elif owner.op is IF:
                arms = [arm.results[k] for arm in owned_blocks(owner) if arm.completes]
                if versions.issuperset(arms):
                    versions.add(step)
            if step not in versions and not versions.isdisjoint(item_sources(step)):
                return False
        elif step.op is LOOP:
            for initial, parameter, following in zip(
                loop_parts(step)[1], loop_parts(step)[2], next_states(step), strict=True
            ):
                if initial in versions:
                    versions.add(parameter)
                    handed_on.append(following)
        elif not versions.isdisjoint(step.args):
            if step.op not in READS_AND_WRITES or not versions.isdisjoint(step.args[1:]):
                return False
            reads = step.op is sequence.index
            path = step.args[1:] if reads else step.args[1:-1]
            at = {k for k, each in enumerate(path) if each is position}
            axes = at if axes is None else axes & at
            if not axes:
                return False
            if not reads:
                versions.add(step)
    return result in versions and versions.issuperset(handed_on)


def onward(loop: Node) -> str:
    """The kind of a loop that goes through the steps of ``loop`` in their order.

    A backward loop is of the other kind, of ``range`` and ``reversed``.
    """
    kind, _, _, breaks = loop.params
    return "reversed" if kind == "reversed" and not breaks else "range"


class _Sums:
    """Follows sums in the body of a loop from their results to what they add to."""

    def __init__(self, body: Block) -> None:
        self.uses: Counter[Node] = Counter(body.results)
        for step in all_steps(body):
            self.uses.update(step.args)
            for block in owned_blocks(step):
                self.uses.update(block.results)
        # Both arms of a branch may add to the same value.
        self.shared: Counter[Node] = Counter()

    def lead(self, result: Node, state: Node) -> bool:
        """Whether ``result`` is ``state`` with something added that does not depend on it."""
        return state in self._reached(result, None)

    def _reached(self, result: Node, arm: Block | None) -> set[Node]:
        """The values to which ``result`` adds; outside ``arm``, if that is given."""
        found: set[Node] = set()
        seen: set[Node] = set()
        stack = [result]
        while stack:
            node = stack.pop()
            outside = arm is not None and not inside(node, arm)
            if outside or (node.op is PARAMETER and self._used_once(node)):
                found.add(node)
            elif node not in seen and self._used_once(node):
                seen.add(node)
                stack.extend(self._before(node))
        return found

    def _used_once(self, node: Node) -> bool:
        return self.uses[node] - self.shared[node] == 1

    def _before(self, node: Node) -> Iterable[Node]:
        """What ``node`` may be taken to add to."""
        if node.op in ADDITIONS:
            return node.args[:1]
        if node.op is arithmetic.add:
            return node.args
        if node.op is not ITEM:
            return ()
        owner, position = node.args[0], result_number(node)
        if owner.op is LOOP:
            _, initial, parameters = loop_parts(owner)
            if position < len(initial):
                following = next_states(owner)[position]
                return initial[position : position + self.lead(following, parameters[position])]
        if owner.op is IF:
            arms = [arm for arm in owned_blocks(owner) if arm.completes]
            common = set.intersection(*(self._reached(arm.results[position], arm) for arm in arms))
            for each in common:
                self.shared[each] = len(arms) - 1
            return common
        return ()
