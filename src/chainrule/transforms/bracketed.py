"""Roots that loops of the user's enclose by bisection, with the slopes that they have.

Behind the loop stands the equation whose root it is, as a function of its own, and a check that
the ends enclose one: where they do not, what was found is no root and its slope is not known.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Protocol

from chainrule.differentiate.activity import all_steps, varied
from chainrule.differentiate.bisections import (
    Bisection,
    bisections,
    made_from,
    moves_by_itself,
)
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import ITEM, Block, Graph, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import absolute, add, greater, multiply, subtract
from chainrule.primitives.control import IF, loop_parts, raise_where, raised
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live
from chainrule.primitives.functionals import BESIDE_ROOT, FOUND_ROOT, called
from chainrule.primitives.invoke import INVOKE
from chainrule.transforms.equations import Equation

# A jump between the ends is told from a slope: by how much more than it the values may differ,
# for each width of what the ends enclose and for each unit of the root.
STEEPER, ROUNDED = 100.0, 1e-6
# What is further from the ends than this part of what was between them at first is a root where
# the equation is as small there, beside what it is at the ends.
NEAR = 0.05
# How far apart the ends are shrinks as they do that the search began with: where that is used it is
# nothing beside this part of it.
CLOSE = 1e-6
JUMP = "the ends enclose a jump: no slope is known"
FAR = "what is found is too far from the root: no slope is known"
NO_CHANGE = "the ends enclose no root: no slope is known"


def with_roots(graph: Graph, inputs: Sequence[Node], results: Sequence[Node]) -> Copier | None:
    """A copy in which what bisections find has the slope of a root; None where there are none."""
    steps = list(all_steps(graph.body))
    if any(step.origin.derivative for step in steps):
        return None
    searches = list(bisections(steps))
    if not searches:
        return None
    felt = varied(graph, list(inputs))
    searches = [each for each in searches if not moves_by_itself(each, felt)]
    live = Live(graph, results).nodes
    equations: dict[Node, tuple[Bisection, Equation]] = {}
    found = {step.args[0].args[0] for step in steps if step.op is FOUND_ROOT}
    open_ = [each for each in searches if each.loop in live and each.loop not in found]
    for search in open_:
        if any(each.loop in search.tried.needed for each in open_):
            continue
        equation = Equation(graph, search.tried, "equation")
        # Ends that vary move no root.
        begun = [loop_parts(search.loop)[1][k] for k in search.ends]
        if not felt.isdisjoint((*begun, *equation.outer[1:])):
            _check_others(search, live)
            equations[search.loop] = search, equation
    if not equations:
        return None
    copier = _Solved(graph, equations, felt, live)
    copier.run()
    return copier


def _check_others(search: Bisection, live: set[Node]) -> None:
    """Refuse what is computed in the search of what it tries, and used behind it."""
    tried = {search.tried.middle}
    refuse_others(search.loop, tried, search.found, search.found, live, "root")


def refuse_others(
    loop: Node,
    tried: Collection[Node],
    found: Collection[int],
    known: Collection[int],
    live: Collection[Node],
    what: str,
) -> None:
    """Refuse what a loop computes of what it tries or has ``found``, but for results ``known``.

    Raises
    ------
    NotDifferentiableError
        Where such a result is used behind the loop.
    """
    for node in live:
        if node.op is not ITEM or node.args[0] is not loop:
            continue
        k = result_number(node)
        if node.type.differentiable and k not in known and made_from(loop, tried, found, k):
            name = loop.graph.names.get(node)
            value = f"`{name}`" if name else "a value"
            raise NotDifferentiableError(
                f"{value} is computed in a search for a {what} of what it tries, and used "
                "behind it",
                remedy=f"Compute it again behind the loop, of the {what} that was found.",
                position=loop.origin.position,
            )


class Enclosing(Protocol):
    """A loop whose results ``ends`` enclose what those ``found`` are at."""

    @property
    def loop(self) -> Node:
        """The loop."""

    @property
    def ends(self) -> tuple[int, int]:
        """The numbers of the results that are ends."""

    @property
    def found(self) -> tuple[int, ...]:
        """The numbers of all that are found."""


def check_distances(
    copier: Copier, search: Enclosing, felt: Collection[Node], live: Collection[Node]
) -> None:
    """Raise where a distance of what is found is used, and is a part of one that varies."""
    loop, graph = search.loop, copier.graph
    begun = [loop_parts(loop)[1][k] for k in search.ends]
    found = {loop.block.item(loop, k) for k in search.found}
    measured = any(step.op is subtract and found.issuperset(step.args) for step in live)
    if not measured or not any(end in felt for end in begun):
        return
    first, last = map(copier.mapped, begun)
    low, high = (graph.cursor.item(copier.map[loop], k) for k in search.ends)
    wide = greater(absolute(high - low), CLOSE * absolute(last - first))
    raise_where(wide, raised(graph, FAR))


class _Solved(Copier):
    """A copy with roots behind the loops that enclose them."""

    def __init__(
        self,
        source: Graph,
        equations: dict[Node, tuple[Bisection, Equation]],
        felt: Collection[Node],
        live: Collection[Node],
    ) -> None:
        super().__init__(source)
        self.equations = equations
        self.felt = felt
        self.live = live

    def loop_copy(self, node: Node) -> Node:
        new = super().loop_copy(node)
        if node not in self.equations:
            return new
        search, equation = self.equations[node]
        graph = self.graph
        key = equation.function.key
        values = [self.mapped(each) for each in equation.outer[1:]]
        ends = [graph.cursor.item(new, k) for k in search.ends]
        low, high = (called(graph, key, 0, end, *values) for end in ends)
        for value, k in zip((low, high), search.ends, strict=True):
            end = self.source.names.get(node.block.item(node, k), "end")
            graph.names.setdefault(value, f"equation_{end}")
        raise_where(greater(multiply(low, high), graph.constant(0.0)), raised(graph, NO_CHANGE))
        check_distances(self, search, self.felt, self.live)
        self._check_near(node, dict(zip(search.ends, (low, high), strict=True)), values)
        marked = tuple(each in self.felt for each in equation.outer[1:])
        params = (key, "bisection", 1, marked)
        # The slope is that at the last of them: a middle, if one is used.
        *others, last = sorted(search.found, key=lambda k: self._rank(node, k))
        root = graph.cursor.add(FOUND_ROOT, (graph.cursor.item(new, last), *values), params, FLOAT)
        self._put(node.block.item(node, last), root)
        for k in others:
            found = graph.cursor.item(new, k)
            self._put(node.block.item(node, k), graph.cursor.add(BESIDE_ROOT, (found, root)))
        if equation.may_jump:
            self._check_jump(root, ends, (low, high))
        return new

    def _check_jump(self, root: Node, ends: Sequence[Node], enclosed: Sequence[Node]) -> None:
        """Raise where the equation differs more at the ends than its slope tells."""
        graph, (key, *_, marked), values = self.graph, root.params, root.args[1:]
        assert isinstance(marked, tuple)
        numbers = [taken and each.type == FLOAT for taken, each in zip(marked, values, strict=True)]
        template = graph.cursor.add(INVOKE, (root, *values), (key, 0), FLOAT)
        slope, *_ = INVOKE.slopes(template, template.args, (True, *numbers), graph.cursor)
        width = STEEPER * absolute(ends[1] - ends[0]) + ROUNDED * absolute(root)
        jump = greater(absolute(enclosed[1] - enclosed[0]), absolute(slope) * width)
        raise_where(jump, raised(graph, JUMP))

    def _check_near(self, loop: Node, enclosed: dict[int, Node], values: Sequence[Node]) -> None:
        """Raise where a result is no root: of few steps, an end that stays, an early middle.

        ``enclosed`` are the values of the equation at the ends.
        """
        search, equation = self.equations[loop]
        graph, new, key = self.graph, self.map[loop], equation.function.key
        used = [k for k in search.found if loop.block.item(loop, k) in self.live]
        ends = [graph.cursor.item(new, k) for k in enclosed]
        first, last = (self.mapped(loop_parts(loop)[1][k]) for k in enclosed)
        near = NEAR * absolute(last - first)
        if not {*enclosed} - {*used}:
            # One of them is far from zero where they are apart.
            raise_where(greater(absolute(ends[1] - ends[0]), near), raised(graph, FAR))
            used = [k for k in used if k not in enclosed]
        low, high = enclosed.values()
        for k in used:
            found = graph.cursor.item(new, k)
            apart = [absolute(found - end) for end in ends if end is not found]
            wide = greater(functools.reduce(add, apart), near)
            arm, other = (Block(graph, graph.cursor) for _ in range(2))
            with graph.inside(arm):
                known = enclosed.get(k)
                value = known if known is not None else called(graph, key, 0, found, *values)
                large = greater(absolute(value), NEAR * absolute(high - low))
                raise_where(large, raised(graph, FAR))
            graph.cursor.add(IF, (wide,), (arm, other, "statement"))

    def _rank(self, loop: Node, k: int) -> tuple[bool, bool]:
        used = loop.block.item(loop, k) in self.live
        return used, k not in self.equations[loop][0].ends

    def _put(self, old: Node, new: Node) -> None:
        self.map[old] = new
        self.named(old, new)
