"""Right sides that branch on their state: where they switch they must not jump.

The variational equations hold on each side of a switch.  Through it they hold as well if the right
side is continuous there; if it is not, the slopes of the solution jump (Galan, Feehery and Barton,
"Parametric sensitivity functions for hybrid discrete/continuous systems", 1999, section 4).  So the
solver is asked where a comparison changes its answer, and what the right side is there with either.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.graph.block import ITEM, Block
from chainrule.graph.function import Function
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import FLOAT, INT, array_of
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.control import IF
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import (
    NUMBERS,
    REAL,
    TABLE,
    Structured,
    constant_value,
    is_constant,
)
from chainrule.primitives.jumps import HINGES, every_step
from chainrule.records import replace

COMPARISONS = ("less", "less_equal", "greater", "greater_equal")
# Which argument of these passes 0 where they switch; others do where two arguments meet.
CROSSING = {"absolute": (0,), "sign": (0,), "atan2": (0,), "copysign": (1,)}
SWITCHES = (*COMPARISONS, *HINGES, *CROSSING)
# A step that compares, by its place among the steps of the function.
Place = int


def places_of(function: Function, jumps: Sequence[Node]) -> list[Place] | None:
    """The places of comparisons and kinks of numbers; None where a jump is something else."""
    body = function.lifted.graph.body
    steps = list(every_step(body))
    found = [steps.index(jump) for jump in jumps]
    return found if all(_compares_numbers(jump, body) for jump in jumps) else None


def _compares_numbers(jump: Node, body: Block) -> bool:
    numbers = all(arg.type in NUMBERS and is_known(arg, body) for arg in jump.args)
    return jump.op.name in SWITCHES and numbers and len(jump.args) <= 2


def is_known(node: Node, body: Block) -> bool:
    """Whether a value can be computed at any time: in the branch where it stands, or outside."""
    if node.block is body or node.block is None or not node.args:
        return True
    everywhere = all(interval == REAL for interval in getattr(node.op, "domain", ()))
    plain = node.op.pure and everywhere and not is_of_blocks(node)
    return plain and all(is_known(arg, body) for arg in node.args)


def is_of_blocks(node: Node) -> bool:
    """Whether a value is handed out by a branch or a loop."""
    return node.op is ITEM or isinstance(node.op, Structured)


def settled(
    functions: dict[Hashable, Function], function: Function, place: Place, truth: bool
) -> Function:
    """The function with one answer of a comparison, or one side of a kink."""
    key = (function.key, "settled", place, truth)
    known = functions.get(key)
    if known is None:
        lifted = function.lifted
        copy = _Settled(lifted.graph, list(every_step(lifted.graph.body))[place], truth)
        copy.run()
        side = "if" if truth else "else"
        made = replace(lifted, graph=copy.graph, result=_mapped(copy, lifted.result))
        copy.graph.name = f"{function.name}_{side}"
        known = functions[key] = Function(
            key,
            copy.graph.name,
            types=function.types,
            lifted=made,
            raises=function.raises,
            says=f"`{function.name}` on one side of where it switches.",
        )
    return known


def _mapped(copy: Copier, structure: Structure) -> Structure:
    node = None if structure.node is None else copy.mapped(structure.node)
    return replace(
        structure, node=node, parts=tuple(_mapped(copy, part) for part in structure.parts)
    )


class _Settled(Copier):
    """A copy in which a comparison has one answer, and a kink one side."""

    def __init__(self, source: Any, comparison: Node, truth: bool) -> None:
        super().__init__(source)
        self.comparison, self.truth = comparison, truth
        # The arms of branches that are taken in any case.
        self.chosen: dict[Node, Block] = {}

    def structured(self, node: Node) -> None:
        predicate = self.mapped(node.args[0]) if node.op is IF else None
        if predicate is not None and is_constant(predicate):
            then, orelse = node.params[:2]
            arm = then if constant_value(predicate) else orelse
            assert isinstance(arm, Block)
            if arm.completes:
                self.chosen[node] = arm
                for step in arm.steps:
                    self.step(step)
                return
        super().structured(node)

    def mapped(self, node: Node) -> Node:
        arm = self.chosen.get(node.args[0]) if node.op is ITEM else None
        if arm is None:
            return super().mapped(node)
        place = node.params[0]
        assert isinstance(place, int)
        return self.mapped(arm.results[place])

    def copy(self, step: Node) -> Node:
        if step is not self.comparison:
            return super().copy(step)
        self.map[step] = self._side(step.op.name, [self.mapped(arg) for arg in step.args])
        return self.map[step]

    def _side(self, name: str, args: Sequence[Node]) -> Node:
        sign = 1.0 if self.truth else -1.0
        if name in COMPARISONS:
            return self.graph.constant(self.truth)
        if name == "sign":
            return self.graph.constant(sign)
        if name == "atan2":
            # Just above the axis, or just below.
            return self.graph.cursor.add(TABLE["atan2"], (self.graph.constant(0.0 * sign), args[1]))
        if name == "copysign":
            size: Node = TABLE["absolute"](args[0]) * sign
            return size
        if len(args) == 1:
            return args[0] if self.truth else -args[0]
        return args[0] if self.truth else args[1]


def gap(
    functions: dict[Hashable, Function],
    function: Function,
    place: Place,
    position: int,
    states: int | None,
) -> Function:
    """What passes 0 where a comparison changes its answer, by time and the larger state.

    ``position`` is that of the state among the arguments, of which there are ``states``; where
    their number is not known it is a further argument.
    """
    key = (function.key, "gap", place)
    known = functions.get(key)
    if known is None:
        lifted = function.lifted
        comparison = list(every_step(lifted.graph.body))[place]
        copy = _Front(lifted.graph, position, states)
        copy.run()
        graph = copy.graph
        graph.name = f"{function.name}_switch"
        with graph.inside(graph.body):
            places = CROSSING.get(comparison.op.name, (0, 1))[: len(comparison.args)]
            first, *second = (copy.anywhere(comparison.args[k]) for k in places)
            result = Structure("leaf", first - second[0] if second else first)
        made = replace(lifted, graph=graph, result=result)
        known = functions[key] = Function(
            key,
            graph.name,
            types=(FLOAT,),
            lifted=made,
            raises=function.raises,
            says=f"What passes 0 where `{function.name}` switches.",
        )
    return known


class Alone(Copier):
    """A copy of those steps alone that some values need."""

    def anywhere(self, node: Node) -> Node:
        """A value of a branch, outside of it."""
        if node in self.map or not node.args:
            return self.mapped(node)
        args = tuple(map(self.anywhere, node.args))
        return self.graph.cursor.add(node.op, args, node.params, node.type)


class _Front(Alone):
    """A copy whose state is the front of a longer one."""

    def __init__(self, source: Any, position: int, states: int | None) -> None:
        super().__init__(source)
        self.position, self.states = position, states

    def parameters(self) -> None:
        olds = self.source.body.parameters
        body, taken = self.graph.body, {str(old.params[0]) for old in olds}
        for k, old in enumerate(olds):
            if k != self.position:
                self.map[old] = body.parameter(str(old.params[0]), old.type)
                self.named(old, self.map[old])
                continue
            state = body.parameter(free_name("state", taken), array_of("float64", (False,)))
        count = self.graph.constant(self.states)
        if self.states is None:
            count = body.parameter(free_name("n", taken), INT)
        with self.graph.inside(body):
            front = part_along(state, 0, 0, count)
        old = olds[self.position]
        self.map[old] = front
        self.graph.names[front] = str(old.params[0])
