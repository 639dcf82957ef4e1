"""Backward loops whose steps may be taken in any order, and so in the order of the forward loop.

Where all that a loop hands on are sums, and no step reads them, the order of the steps is
nothing but that of the summands::

    for i in reversed(range(n)):                for x_i, y_i in zip(x, y):
        a_bar += x[i] * y_bar[i]                    a_bar += x_i * y_bar_i
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chainrule.differentiate.activity import all_steps
from chainrule.graph.block import ITEM, PARAMETER, Block, inside, result_number
from chainrule.graph.node import Node
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays.indexing import section_add
from chainrule.primitives.control import IF, LOOP, loop_body, loop_parts, next_states, owned_blocks

# To what is first something is added.
ADDITIONS = (sequence.index_add, section_add, arithmetic.subtract)


def any_order(loop: Node) -> bool:
    """Whether the steps of a backward loop only add to what they hand on."""
    sums = _Sums(loop_body(loop))
    states = loop_parts(loop)[2]
    return all(map(sums.lead, next_states(loop), states))


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
