"""Arms that skip what is nothing at a single point: ``if factor == 0: continue``.

    for k in range(n):
        row[k] -= factor * pivot[k]

Where the factor is 0 this leaves everything as it is, whatever the other numbers are: so f is what
this arm makes of it there as well, and has its slope.  The arm that skips keeps its values; the
other one is run in it for its slopes.  That it leaves everything is proved step by step: products
with what is 0 are 0, and what 0 is added to is what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chainrule.differentiate.activity import all_steps, varied
from chainrule.differentiate.origins import sources
from chainrule.differentiate.points import UNKNOWN, Equal, Points, anywhere
from chainrule.graph.block import UNDEFINED, Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    owned_blocks,
    raise_where,
    raised,
)
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live
from chainrule.primitives.custom import continued
from chainrule.primitives.declare import TABLE, Primitive, is_constant

# 0 if one of the arguments is; if the first one is; and writes of entries with their reads.
PRODUCTS = {"multiply", "matmul", "dot", "outer"}
LIKE_FIRST = {"divide", "negative", "positive", "array_sum", "sin", "tan", "sinh", "tanh", "atan"}
READS = {"index_set": "index", "section_set": "section"}
ADDED_TO = {"index_add", "section_add"}


class Continuing(Copier):
    """A copy in which arms that skip something, by their ``branches``, have its slopes."""

    def __init__(self, source: Graph, branches: Mapping[Node, tuple[int, Node]]) -> None:
        super().__init__(source)
        self.branches = branches
        self._live = Live(source)
        # What is 0 in the arm that is continued, of the copies; None outside of such arms.
        self._zeros: set[Node] | None = None
        # By what it divides there that depends on them.
        self._divisors: list[Node] = []

    def structured(self, node: Node) -> None:
        """Copy a step with blocks."""
        told = self.branches.get(node)
        if told is None or self._zeros is not None:
            super().structured(node)
            if node.op is LOOP and self._zeros is not None:
                self._states_left(node)
            return
        position, zero = told
        olds = owned_blocks(node)
        arm = Block(self.graph, self.graph.cursor)
        self.finish(olds[position], arm)
        proved = self._continue(arm, olds[1 - position], node, self.mapped(zero))
        # What stands in the other arm is what it is there from now on.
        (other,) = self.arms(node, (olds[1 - position],))
        news = (other, arm) if position else (arm, other)
        self.replace(node, (self.predicate(node),), (*news, node.params[-1]))
        if proved:
            self.graph.continued.add(self.map[node])

    def _continue(self, arm: Block, other: Block, branch: Node, zero: Node) -> bool:
        """Run the other arm in one that skips it; whether that leaves everything as it is."""
        self._zeros, self._divisors = {zero}, []
        self.walk(other, arm)
        zeros, self._zeros = self._zeros, None
        results, proved = list(arm.results), True
        with self.graph.inside(arm):
            for k, value in enumerate(arm.results):
                if (branch, k) not in self._live.columns or value.op is UNDEFINED:
                    continue
                found = self.mapped(other.results[k])
                if _value_of(found) is _value_of(value):
                    results[k] = found
                elif found in zeros and is_constant(value, 0):
                    results[k] = self.graph.cursor.add(continued, (value, found))
                else:
                    proved = False
        proved = proved and all(by.block.encloses(arm) for by in self._divisors)
        if proved:
            arm.results = tuple(results)
            with self.graph.inside(arm):
                self._refuse_poles()
        return proved

    def _refuse_poles(self) -> None:
        """Raise where a divisor is 0 as well."""
        for by in dict.fromkeys(self._divisors):
            raise_where(anywhere(TABLE["equal"](by, 0)), raised(self.graph, UNKNOWN))

    def copy(self, step: Node) -> Node:
        new = super().copy(step)
        if self._zeros is None:
            return new
        by = divisor(new)
        if by is not None and self._has_pole(by):
            self._divisors.append(by)
        value = self._left(new)
        if value is not None:
            self.map[step] = self.graph.cursor.add(continued, (value, new))
        elif self._is_zero(new):
            self._zeros.add(new)
        return self.map[step]

    def _has_pole(self, by: Node) -> bool:
        """Whether a divisor depends on what is 0: ``x * a / x`` is a beside the point."""
        assert self._zeros is not None
        return any(each in self._zeros for each in sources((by,), self._zeros.__contains__))

    def _left(self, new: Node) -> Node | None:
        """What a value is already, where something that is 0 is added to it, or written back."""
        assert self._zeros is not None
        name, args = new.op.name, new.args
        if name in ("add", "subtract") and args[1] in self._zeros:
            return args[0] if args[0].type == new.type else None
        if name == "add" and args[0] in self._zeros:
            return args[1] if args[1].type == new.type else None
        if name in ADDED_TO and args[-1] in self._zeros:
            return args[0]
        read = READS.get(name)
        if read is not None:
            entry = _value_of(args[-1])
            same = entry.op.name == read and entry.args == args[:-1]
            if same and (read == "index" or entry.params == new.params):
                return args[0]
        return None

    def _is_zero(self, new: Node) -> bool:
        assert self._zeros is not None
        name, zeros = new.op.name, self._zeros
        if name in PRODUCTS:
            return any(arg in zeros for arg in new.args)
        if name in LIKE_FIRST:
            return new.args[0] in zeros
        if name in ("add", "subtract"):
            return all(arg in zeros for arg in new.args)
        positive = name == "power" and is_constant(new.args[1])
        return positive and new.args[0] in zeros and float(str(new.args[1].params[0])) > 0.0

    def _states_left(self, old: Node) -> None:
        """The results of a loop that leaves its states as they are."""
        loop = self.map[old]
        initial, states = loop_parts(loop)[1:]
        for k, (state, following) in enumerate(
            zip(states, loop_body(loop).results[: len(states)], strict=True)
        ):
            if _value_of(following) is state:
                item, found = old.block.item(old, k), loop.block.item(loop, k)
                # Another copy of the loop has results of its own.
                self._items.setdefault(old, {})[item] = None
                self.map[item] = self.graph.cursor.add(continued, (initial[k], found))


def divisor(node: Node) -> Node | None:
    """What must not be 0 for a step to have a value, if there is such a thing."""
    name = node.op.name
    if name in ("divide", "floor_divide", "remainder"):
        return node.args[1]
    if name == "reciprocal":
        return node.args[0]
    if name != "power":
        return None
    exponent = node.args[1]
    return None if is_constant(exponent) and float(str(exponent.params[0])) >= 0.0 else node.args[0]


def _value_of(node: Node) -> Node:
    """What a value is, beside the slope that it has of another."""
    while node.op is continued:
        node = node.args[0]
    return node


def with_continued(graph: Graph, inputs: Iterable[Node]) -> Continuing | None:
    """A copy in which arms that skip something are continued; None where there are none."""
    branches = [step for step in all_steps(graph.body) if step.op is IF and _may_skip(step)]
    if not branches:
        return None
    points = Points(graph, varied(graph, inputs))
    told = {branch: _skipping(branch, points) for branch in branches}
    found = {branch: way for branch, way in told.items() if way is not None}
    if not found:
        return None
    copier = Continuing(graph, found)
    copier.run()
    return copier


def _may_skip(branch: Node) -> bool:
    """Whether one arm of a branch does nothing, and the other one only computes."""
    arms = owned_blocks(branch)
    return all(arm.completes for arm in arms) and any(
        not arm.steps and _only_computes(other) for arm, other in zip(arms, arms[::-1], strict=True)
    )


def _skipping(branch: Node, points: Points) -> tuple[int, Node] | None:
    """Which arm skips what the other one does, and the number that is 0 there alone."""
    arms = owned_blocks(branch)
    felt = [
        k for k in range(len(arms[0].results)) if points.is_varied(branch.block.item(branch, k))
    ]
    if not felt:
        return None
    for position, arm in enumerate(arms):
        conditions = () if arm.steps else points.of(branch, position, felt)
        if len(conditions) == 1 and isinstance(conditions[0], Equal):
            numbers = [node for node in conditions[0].nodes if not is_constant(node, 0)]
            if len(numbers) == 1 < len(conditions[0].nodes) and points.is_varied(numbers[0]):
                is_number = not unit_axes_of(numbers[0].type)
                if is_number and _only_computes(arms[1 - position]):
                    return position, numbers[0]
    return None


def _only_computes(arm: Block) -> bool:
    """Whether an arm does nothing but compute, in loops whose steps are counted."""
    for step in all_steps(arm):
        if step.op is LOOP:
            _, condition, _, breaks = step.params
            if condition is not None or breaks:
                return False
        elif not isinstance(step.op, Primitive) or not step.op.pure or step.op.effect:
            return False
    return True
