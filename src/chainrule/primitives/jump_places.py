"""Where an integrand jumps or bends, if that can be told: outside of the range it does not matter.

Leibniz's rule holds for an integrand that jumps where the range ends, as a density does that is
integrated over its support, and for one that jumps nowhere inside.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import equal, greater, greater_equal, less, less_equal
from chainrule.primitives.control import raise_where, raised
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import NUMBERS, constant_value, is_constant
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT
from chainrule.primitives.jumps import HINGES, every_step
from chainrule.primitives.singular_points import DENSITIES, PROBABILITIES, ends_of_support
from chainrule.primitives.switches import COMPARISONS
from chainrule.records import replace

JUMPING = "the integrand jumps, or has a kink, inside of the range: no slope is known"


class Place(NamedTuple):
    """Where an integrand jumps: at a value, or so many scales above a location.

    ``at_ends`` is whether it may be at an end of the range, where it has the value of the inside.
    """

    base: Node
    scales: float
    scale: Node | None
    at_ends: bool


def places_of(step: Node, variable: Node) -> list[Place] | None:
    """Where a step of an integrand jumps or bends; None where that is not known."""
    name = step.op.name
    if name.endswith((*DENSITIES, *PROBABILITIES)):
        if step.args[0] is not variable:
            return None
        location, scale = step.args[-2:]
        return [Place(location, end, scale, True) for end in ends_of_support(step)]
    if name not in (*COMPARISONS, *HINGES) or any(arg.type not in NUMBERS for arg in step.args):
        return None
    found = [_met(arg, other, variable) for arg, other in _sides(step)]
    return [Place(each, 0.0, None, False) for each in found if each is not None][:1] or None


def _sides(step: Node) -> list[tuple[Node, Node | None]]:
    """Each argument with the one that it meets, none where that is 0."""
    if len(step.args) == 1:
        return [(step.args[0], None)]
    first, second = step.args
    return [(first, second), (second, first)]


def _met(side: Node, other: Node | None, variable: Node) -> Node | None:
    """The value of the variable at which one side is the other; None where that is not known."""
    if side is variable and other is not None:
        return other
    zero = other is None or is_constant(other, 0)
    if zero and side.op.name == "subtract" and variable in side.args:
        first, second = side.args
        return second if first is variable else first
    return None


def check_outside(
    node: Node, args: Sequence[Node], function: Function, step: Node, places: Sequence[Place]
) -> None:
    """Raise where one of the places is inside of the range from ``args[0]`` to ``args[1]``."""
    graph = args[0].graph
    count = node.params[2]
    assert isinstance(count, int)
    values = args[count : count + len(function.lifted.graph.body.parameters) - 1]
    position = list(every_step(function.lifted.graph.body)).index(step)
    for k, place in enumerate(places):
        told = _told(graph.functions, function, (position, k), place)
        op = INVOKE_EFFECT if told.raises else INVOKE
        at = graph.cursor.add(op, (args[0], *values), (told.key, 0), FLOAT)
        graph.names.setdefault(at, "place")
        low, high = args[:2]
        # True of both inside of a range that goes up, and of none inside of one that goes down.
        above, below = (
            (greater(at, low), less(at, high))
            if place.at_ends
            else (greater_equal(at, low), less_equal(at, high))
        )
        with graph.like(node):
            raise_where(equal(above, below), raised(graph, JUMPING))


def _told(
    functions: dict[Hashable, Function], function: Function, which: tuple[int, int], place: Place
) -> Function:
    """The function that gives a place."""
    key = (function.key, "place", which)
    known = functions.get(key)
    if known is None:
        lifted = function.lifted
        copy = Copier(lifted.graph, f"{function.name}_place")
        copy.run()
        graph = copy.graph
        with graph.inside(graph.body):
            found = copy.mapped(place.base)
            if place.scale is not None and place.scales:
                found = found + copy.mapped(place.scale) * place.scales
        known = functions[key] = Function(
            key,
            graph.name,
            types=(FLOAT,),
            lifted=replace(lifted, graph=graph, result=Structure("leaf", found)),
            raises=function.raises,
            says=f"Where `{function.name}` jumps, or has a kink.",
        )
    return known


def is_fixed(place: Place, variable: Node) -> bool:
    """Whether a place does not hang on the variable."""
    pending, seen = [place.base, *([place.scale] if place.scale is not None else [])], set()
    while pending:
        node = pending.pop()
        if node is variable or (node.block is not variable.block and node.args):
            return False
        if node not in seen:
            seen.add(node)
            pending.extend(node.args)
    return all(not is_constant(each) or math.isfinite(constant_value(each)) for each in seen)
