"""What searches compute of the numbers that they try, as functions of their own."""

from __future__ import annotations

import functools

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.bisections import Searching, step_blocks
from chainrule.graph.block import Block, Graph
from chainrule.graph.function import Function
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import FLOAT
from chainrule.lift.lifted import Lifted
from chainrule.lift.taken import LEAVES, Taken
from chainrule.primitives.arithmetic import subtract
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.jumps import BOTH, moving_jump


class Equation(Taken):
    """What a search tries, as a function of that and of all that it takes from outside."""

    def __init__(self, source: Graph, search: Searching, name: str) -> None:
        self.search = search
        # How many steps are being copied, one inside of the other.
        self._inside = 0
        super().__init__(source, step_blocks(search.loop)[0], [search.middle])
        graph = self.graph
        graph.name = name
        with graph.inside(graph.body):
            self.difference = self.mapped(search.first)
            if search.second is not None:
                self.difference = subtract(self.difference, self.mapped(search.second))

    def _used(self, block: Block) -> list[Node]:
        search = self.search
        sides = [search.first, *([search.second] if search.second is not None else [])]
        found = dict.fromkeys(sides)
        for step in (step for part in step_blocks(search.loop) for step in all_steps(part)):
            if step in search.needed and step is not search.middle:
                found.update(dict.fromkeys(step.args))
                for inner in (each for each in step.params if isinstance(each, Block)):
                    found.update(dict.fromkeys(inner.results))
        return [node for node in found if node.op.name not in LEAVES]

    def walk(self, old: Block, new: Block) -> None:
        for block in step_blocks(self.search.loop) if old is self.block else (old,):
            super().walk(block, new)

    def step(self, step: Node) -> None:
        """Copy a step that is needed: what stands in a branch that goes on stands there alone."""
        needed, middle = self.search.needed, self.search.middle
        if self._inside or step in needed:
            self._inside += 1
            if step is not middle:
                super().step(step)
            self._inside -= 1
            return
        for block in owned_blocks(step):
            for inner in block.steps:
                self.step(inner)

    def name_of(self, node: Node) -> str:
        taken = {parameter.params[0] for parameter in self.graph.body.parameters}
        fallback = "value" if self.outer else "x"
        return free_name(self.source.names.get(node, fallback), taken)

    @property
    def may_jump(self) -> bool:
        """Whether the equation branches on the root, or calls what is kept apart."""
        body = self.graph.body
        return moving_jump(body, {body.parameters[0]: {*BOTH}}) is not None

    @functools.cached_property
    def function(self) -> Function:
        """The function, among those that are kept apart."""
        functions = self.source.functions
        key = ("apart", len(functions), self.graph.name)
        lifted = Lifted(self.graph, {}, Structure("leaf", self.difference), ())
        functions[key] = Function(key, self.graph.name, types=(FLOAT,), lifted=lifted)
        return functions[key]
