"""A branch or loop that computes what one before it has computed is that one.

    a = clipped(x) + clipped(x) ** 2          the helper's branch stands there once

Helpers and properties are called again with what they were given before.  Equal expressions are one
node by themselves; what owns blocks is compared here, step by step.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from chainrule.errors import ChainruleError
from chainrule.graph.block import ITEM, Block, Graph
from chainrule.graph.node import Node, Op
from chainrule.lift.core import Core
from chainrule.primitives.control import IF, LOOP
from chainrule.primitives.effect import DOMAIN, RAISE

# What has more steps is compared with nothing: branches in branches would be looked at again for
# every one around them.
MOST_STEPS = 400
# What raises did not where it was reached before.
ALIKE = (DOMAIN, IF, LOOP, RAISE)


class Recurring(Core):
    """Adds branches and loops, each once."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.recurring: dict[Hashable, list[Node]] = {}

    def structured(self, op: Op, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Node:
        """The branch or loop of these blocks: an equal one that certainly ran, or a new step."""
        key = _Key().of(op, args, params)
        if key is None:
            return self.block.add(op, args, params)
        around = list(self.block.around())
        for known in self.recurring.get(key, ()):
            if known.block in around and any(step is known for step in known.block.steps):
                return known
        made = self.block.add(op, args, params)
        self.recurring.setdefault(key, []).append(made)
        return made


class _Acts(Exception):
    """It acts on the world, hangs on what may change meanwhile, or is too long."""


class _Key:
    """What a branch or loop computes: equal ones have equal keys.  Steps are named by numbers."""

    def __init__(self) -> None:
        self.numbers: dict[Node, int] = {}

    def of(self, op: Op, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Hashable | None:
        """The key; None of what is to stand each time that it is reached."""
        try:
            return op, args, tuple(map(self._param, params))
        except _Acts:
            return None

    def _param(self, param: Hashable) -> Hashable:
        if isinstance(param, Block):
            return tuple(self._block(param))
        if isinstance(param, ChainruleError):
            # It tells where a derivative is refused, not what is computed.
            return None
        return tuple(map(self._param, param)) if type(param) is tuple else param

    def _block(self, block: Block) -> Iterator[Hashable]:
        for parameter in block.parameters:
            self.numbers[parameter] = len(self.numbers)
            yield parameter.type
        for step in block.steps:
            alike = step.op in ALIKE or (step.op.pure and not step.op.effect)
            if not alike or len(self.numbers) > MOST_STEPS:
                raise _Acts
            yield step.op, self._names(step.args), tuple(map(self._param, step.params)), step.type
            self.numbers[step] = len(self.numbers)
        yield self._names(block.results), block.completes

    def _names(self, nodes: tuple[Node, ...]) -> Hashable:
        return tuple(map(self._name, nodes))

    def _name(self, node: Node) -> Hashable:
        """A step in the blocks by its number, else the value itself."""
        if node.op is ITEM and node.args[0] in self.numbers:
            return ITEM, self.numbers[node.args[0]], node.params
        return self.numbers.get(node, node)
