"""Where an integrand jumps or bends, if that can be told: outside of the range it does not matter.

Leibniz's rule holds for an integrand that jumps where the range ends, as a density does that is
integrated over its support, and for one that jumps nowhere inside.  Where it jumps inside, at a
place c that moves, the slope of the integral has (f(c-) - f(c+)) c' more: that of two integrals.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import NamedTuple

from chainrule.graph.block import Block
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    multiply,
)
from chainrule.primitives.control import IF, both, raise_where, raised
from chainrule.primitives.declare import NUMBERS, TABLE, constant_value, is_constant
from chainrule.primitives.functionals import slope_of
from chainrule.primitives.inverted import Taken, factors, falls, taken_back, way_back
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT
from chainrule.primitives.jumps import HINGES, every_step
from chainrule.primitives.singular_points import DENSITIES, PROBABILITIES, ends_of_support
from chainrule.primitives.switches import COMPARISONS, Alone, is_known, is_of_blocks, settled
from chainrule.records import replace

SAYS = {
    "place": "Where `{}` jumps, or has a kink.",
    "turn": "By its sign, whether what `{}` asks for rises there.",
}
TOGETHER = "the integrand has two jumps at one place: no slope is known"
JUMPING = "the integrand jumps, or has a kink, inside of the range: no slope is known"


class Place(NamedTuple):
    """Where an integrand jumps: where steps lead to a value, or so many scales above a location.

    ``argument`` is which one of the step's arguments they lead to.  ``at_ends`` is whether it may
    be at an end of the range, where it has the value of the inside.
    """

    base: Node
    steps: tuple[Taken, ...] = ()
    argument: int = 0
    scales: float = 0.0
    scale: Node | None = None
    at_ends: bool = False

    @property
    def operands(self) -> list[Node]:
        """What it is computed of."""
        others = [step.other for step in self.steps]
        return [each for each in (self.base, self.scale, *others) if each is not None]


def places_of(step: Node, variable: Node) -> list[Place] | None:
    """Where a step of an integrand jumps or bends; None where that is not known."""
    name = step.op.name
    if name.endswith((*DENSITIES, *PROBABILITIES)):
        if step.args[0] is not variable:
            return None
        location, scale = step.args[-2:]
        ends = ends_of_support(step)
        return [Place(location, scales=end, scale=scale, at_ends=True) for end in ends]
    if name not in (*COMPARISONS, *HINGES) or any(arg.type not in NUMBERS for arg in step.args):
        return None
    for k, side in enumerate(step.args):
        steps = way_back(side, variable)
        if steps is not None:
            others = (*step.args[:k], *step.args[k + 1 :], step.block.graph.constant(0.0))
            return [Place(others[0], tuple(steps), k)]
    return None


class Jumps:
    """The jumps of what an integral is of, at places that are known, by the values that it takes.

    ``own`` is the user's function behind the ``integrand``, and ``known`` are its steps that jump,
    each with its places.
    """

    def __init__(
        self,
        node: Node,
        args: Sequence[Node],
        own: Function,
        known: Sequence[tuple[Node, Sequence[Place]]],
    ) -> None:
        self.node, self.args, self.own, self.known = node, args, own, known
        self.graph = args[0].graph
        self.steps = list(every_step(own.lifted.graph.body))
        count = node.params[2]
        assert isinstance(count, int)
        self.count = count

    def check_outside(self) -> None:
        """Raise where a place is inside of the range from ``args[0]`` to ``args[1]``."""
        for step, places in self.known:
            for k, place in enumerate(places):
                self._raise_within(self._told(step, k, place), place.at_ends)

    def terms(self, position: int) -> list[Node] | None:
        """What the jumps add to the slope of the integral by one of the integrand's arguments.

        None where it is not known how the integrand is on both sides.
        """
        integrand = self.graph.functions[self.node.params[0]]
        sides = [self._sides_of(step, places[0], integrand) for step, places in self.known]
        if any(each is None for each in sides):
            return None
        found = [self._told(step, 0, places[0]) for step, places in self.known]
        for first, second in combinations(found, 2):
            with self.graph.like(self.node):
                raise_where(equal(first, second), raised(self.graph, TOGETHER))
        return [
            self._term(at, each, position, self._turned(*known))
            for at, each, known in zip(found, sides, self.known, strict=True)
            if each is not None
        ]

    def _turned(self, step: Node, places: Sequence[Place]) -> Node | None:
        """By what sign the variable comes to the place from behind; None where it is known."""
        if all(is_constant(each) for each in factors(places[0].steps)):
            return None
        turn = self._told(step, 0, places[0], "turn")
        found: Node = TABLE["copysign"](self.graph.constant(1.0), turn)
        return found

    def _term(
        self, at: Node, sides: tuple[Function, Function], position: int, turned: Node | None
    ) -> Node:
        graph, (low, high) = self.graph, self.args[:2]
        blocks = [Block(graph, graph.cursor) for _ in range(2)]
        inside = both(greater(at, low), lambda: less(at, high))
        with graph.inside(blocks[0]):
            mask = tuple(k == position for k in range(len(at.args)))
            (slope,) = INVOKE.slopes(at, at.args, mask, graph.cursor)
            before, behind = (self._value(side, at) for side in sides)
            height = before - behind
            blocks[0].results = ((height if turned is None else height * turned) * slope,)
        with graph.inside(blocks[1]):
            self._raise_within(at, False)
            blocks[1].results = (graph.constant(0.0),)
        return graph.cursor.item(graph.cursor.add(IF, (inside,), (*blocks, "statement")), 0)

    def _value(self, function: Function, at: Node) -> Node:
        op = INVOKE_EFFECT if function.raises else INVOKE
        found: Node = self.graph.cursor.add(
            op, (at, *self.args[self.count :]), (function.key, 0), FLOAT
        )
        return found

    def _sides_of(
        self, step: Node, place: Place, integrand: Function
    ) -> tuple[Function, Function] | None:
        """The integrand before and behind the place, as the variable grows."""
        if place.at_ends:
            return None
        rises = _rises(step, place)
        position = self.steps.index(step)
        found = [self._settled(integrand, position, truth) for truth in (not rises, rises)]
        return None if found[0] is None or found[1] is None else (found[0], found[1])

    def _settled(self, function: Function, position: int, truth: bool) -> Function | None:
        functions = self.graph.functions
        if function.base is None:
            return settled(functions, function, position, truth)
        base = self._settled(functions[function.base], position, truth)
        known = base is not None and function.kind == "slope"
        return slope_of(functions, base, function.k) if base is not None and known else None

    def _told(self, step: Node, k: int, place: Place, what: str = "place") -> Node:
        """A place, or the product of factors by which it turns, by what the integrand takes."""
        own, graph = self.own, self.graph
        last = self.count + len(own.lifted.graph.body.parameters) - 1
        told = _function(graph.functions, own, (self.steps.index(step), k), place, what)
        op = INVOKE_EFFECT if told.raises else INVOKE
        args = (self.args[0], *self.args[self.count : last])
        found: Node = graph.cursor.add(op, args, (told.key, 0), FLOAT)
        graph.names.setdefault(found, what)
        return found

    def _raise_within(self, at: Node, at_ends: bool) -> None:
        """Raise where a place is inside of the range, or at one of its ends if it may not be."""
        low, high = self.args[:2]
        # True of both inside of a range that goes up, and of none inside of one that goes down.
        above, below = (
            (greater(at, low), less(at, high))
            if at_ends
            else (greater_equal(at, low), less_equal(at, high))
        )
        with self.graph.like(self.node):
            raise_where(equal(above, below), raised(self.graph, JUMPING))


def _rises(step: Node, place: Place) -> bool:
    """Whether a comparison holds, or a kink has its first side, behind its place."""
    name, grows = step.op.name, not falls(place.steps)
    for each in factors(place.steps):
        if is_constant(each) and constant_value(each) < 0:
            grows = not grows
    if name == "absolute":
        return grows
    smaller = name.startswith("less") or "min" in name
    return grows == (smaller == bool(place.argument))


def _function(
    functions: dict[Hashable, Function],
    function: Function,
    which: tuple[int, int],
    place: Place,
    what: str,
) -> Function:
    """The function that gives a place, or the product of factors by which it turns."""
    key = (function.key, what, which)
    known = functions.get(key)
    if known is None:
        lifted = function.lifted
        copy = Alone(lifted.graph, f"{function.name}_{what}")
        copy.parameters()
        graph = copy.graph
        with graph.inside(graph.body):
            if what == "turn":
                moving = [each for each in factors(place.steps) if not is_constant(each)]
                found = functools.reduce(multiply, map(copy.anywhere, moving))
            else:
                found = taken_back(copy.anywhere(place.base), place.steps, copy.anywhere)
            if place.scale is not None and place.scales:
                found = found + copy.anywhere(place.scale) * place.scales
        known = functions[key] = Function(
            key,
            graph.name,
            types=(FLOAT,),
            lifted=replace(lifted, graph=graph, result=Structure("leaf", found)),
            raises=function.raises,
            says=SAYS[what].format(function.name),
        )
    return known


def is_fixed(place: Place, variable: Node) -> bool:
    """Whether a place can be told without the variable."""
    assert variable.block is not None
    pending, seen = place.operands, set()
    while pending:
        node = pending.pop()
        if node is variable or is_of_blocks(node) or not is_known(node, variable.block):
            return False
        if node not in seen:
            seen.add(node)
            pending.extend(node.args)
    return all(not is_constant(each) or math.isfinite(constant_value(each)) for each in seen)
