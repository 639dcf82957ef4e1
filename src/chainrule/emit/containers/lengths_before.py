"""Lengths of arrays that a loop makes, in terms of what there is before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.plan import For, Move, Plan, Value
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Op
from chainrule.graph.types import INT, Array
from chainrule.primitives.arithmetic import add, subtract
from chainrule.primitives.arrays.lengths import Length, Lengths, number
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.extremes import python_max
from chainrule.records import dataclass


@dataclass(frozen=True)
class LengthsBefore:
    """Lengths written before ``loop``; ``before`` is what certainly has its value there.

    Nothing is asked that is not needed later anyway: no array is kept for its lengths.
    """

    plan: Plan
    loop: For
    before: dict[Value, None]
    liveness: Liveness

    def of(self, array: Value) -> list[Value] | None:
        """The lengths of the axes of an array that the loop makes; None if one is not known."""
        node = self.plan.nodes.get(array)
        if node is None:
            return None
        found: list[Value] = []
        for own in lengths_of(node):
            size = self._written(own)
            if size is None:
                return None
            found.append(size)
        return found

    def _written(self, wanted: Length) -> Value | None:
        if wanted.known is not None:
            return whole_number(wanted.known)
        for array, own in self._arrays():
            if wanted in own:
                axis = own.index(wanted)
                return in_place(dimension, [array], (axis, "len" if axis == 0 else "shape"))
        (key, count), *others = wanted.terms
        if others or count != 1:
            return None
        if wanted.constant:
            inner = self._written(wanted + -wanted.constant)
            return inner and _plus(inner, wanted.constant)
        if key[0] == "part":
            inner = self._written(key[1])
            return inner and at_least_none(_plus(inner, -key[2]))
        return self._int(wanted)

    def _arrays(self) -> Iterator[tuple[Value, Lengths]]:
        for value, node in self.plan.nodes.items():
            if isinstance(value.type, Array) and self._is_there(value):
                yield value, lengths_of(node)

    def _int(self, wanted: Length) -> Value | None:
        """An int that is the length, and may be negative where there are no steps."""
        for value, node in self.plan.nodes.items():
            same = value.type == INT and number(node, lengths_of) == wanted
            if same and self._is_there(value):
                return at_least_none(value)
        return None

    def _is_there(self, value: Value) -> bool:
        """Whether a value is at hand before the loop, and is needed later anyway."""
        closing = self.loop.body[-1]
        changes = isinstance(closing, Move) and value in closing.targets
        stays = value in self.plan.keeping if changes else True
        return value in self.before and stays and self.liveness.at_entry(self.loop, value)


def _plus(value: Value, constant: int) -> Value:
    if constant == 0:
        return value
    much = whole_number(abs(constant))
    return in_place(add if constant > 0 else subtract, [value, much])


def at_least_none(value: Value) -> Value:
    """``max(n, 0)``."""
    return in_place(python_max, [value, whole_number(0)])


def whole_number(value: int) -> Value:
    """A constant."""
    return Value(CONSTANT, [], (value,), INT)


def in_place(op: Op, args: list[Value], params: tuple[Any, ...] = ()) -> Value:
    """An int that is computed where it is written."""
    value = Value(op, args, params, INT)
    value.captive = True
    return value
