"""Gathering adjoints: what every walk back has in common."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import sequence
from chainrule.primitives.apart import before_writes_elsewhere, place_in_whole, spans_of
from chainrule.primitives.arithmetic import negative
from chainrule.primitives.arrays.creation import zeros_like as array_zeros_like
from chainrule.primitives.arrays.indexing import is_distinct, section_add, section_set
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.complex_lists import along_real_axis
from chainrule.primitives.declare import is_constant
from chainrule.primitives.masking import masked_sum


class Adjoints:
    """Adjoints by node; who walks says which nodes are active and where adjoints are kept."""

    def active(self, node: Node) -> bool:
        """Whether the adjoint of ``node`` is wanted."""
        raise NotImplementedError

    def bar(self, node: Node) -> Node | None:
        """Adjoint of ``node`` as gathered so far; None where it is zero."""
        raise NotImplementedError

    def set_bar(self, node: Node, bar: Node) -> None:
        """Keep ``bar`` as the adjoint of ``node``."""
        raise NotImplementedError

    def accumulate(self, node: Node, value: Node | float) -> None:
        """Add ``value`` to the adjoint of ``node``."""
        if not self.active(node):
            return
        if not isinstance(value, Node):
            # A case that is chosen before the code runs.
            value = node.graph.constant(value)
        value = along_real_axis(node, value)
        current = self.bar(node)
        if current is None:
            self.set_bar(node, value)
        elif current.op is sequence.record and value.op is sequence.record:
            parts = tuple(a + b for a, b in zip(current.args, value.args, strict=True))
            self.set_bar(node, node.graph.cursor.add(sequence.record, parts, current.params))
        elif isinstance(node.type, SequenceType):
            self.set_bar(node, _sum_of_lists(current, value))
        else:
            # Of arrays one may stand for the whole by fewer axes.
            self.set_bar(node, masked_sum(current, value))

    def accumulate_at(self, base: Node, path: Sequence[Node], value: Node) -> None:
        """Add ``value`` to one entry of the adjoint of ``base``."""
        if not self.active(base):
            return
        array = isinstance(base.type, Array)
        if sequence.is_row(base):
            # An entry of a row is an entry of the whole: the row needs no adjoint.
            self.accumulate_at(base.args[0], (*base.args[1:], *path), value)
            return
        place = place_in_whole(base, path)
        if place is not None and self.bar(base) is None:
            # A slice from outside of a loop has an adjoint there, and hands it on behind the loop.
            self.accumulate_at(base.args[0], place, value)
            return
        current = widened(self.bar(base), base) if array else self.bar(base)
        if current is None:
            current = sequence.zero_of(base)
        cursor = base.graph.cursor
        if isinstance(value.type, SequenceType):
            row = cursor.add(sequence.index, (current, *path))
            both = _sum_of_lists(row, value)
            self.set_bar(base, cursor.add(sequence.index_set, (current, *path, both)))
        else:
            self.set_bar(base, _written(current, path, value, ()))

    def accumulate_slice(self, base: Node, bounds: Sequence[Node], value: Node) -> None:
        """Add ``value`` to the entries ``start:stop:step`` of the adjoint of a list."""
        if not self.active(base):
            return
        cursor, current = base.graph.cursor, self.bar(base)
        if current is None:
            current = sequence.zero_of(base)
        else:
            value = _sum_of_lists(cursor.add(sequence.slice_of, (current, *bounds)), value)
        self.set_bar(base, cursor.add(sequence.slice_set, (current, *bounds, value)))

    def accumulate_section(self, base: Node, read: Node, value: Node) -> None:
        """Add ``value`` to the part of the adjoint of ``base`` that ``read`` reads."""
        if not self.active(base):
            return
        current = widened(self.bar(base), base)
        self.set_bar(base, _written(current, read.args[1:], value, read.params))


def _sum_of_lists(current: Node, value: Node) -> Node:
    """The sum of two adjoints of one list; neither needs that list to tell its length."""
    cursor = current.graph.cursor
    if value.op is sequence.fill_like:
        value = cursor.add(sequence.fill_like, (current, value.args[1]))
    elif current.op is sequence.fill_like:
        current = cursor.add(sequence.fill_like, (value, current.args[1]))
    return cursor.add(sequence.entrywise_add, (current, value))


def _written(
    current: Node, subscript: Sequence[Node], value: Node, params: tuple[Hashable, ...]
) -> Node:
    """``value`` added to a part of an adjoint; where nothing is there yet it is written."""
    cursor, plain = current.graph.cursor, not params
    adds, sets = (sequence.index_add, sequence.index_set) if plain else (section_add, section_set)
    if not (plain or is_distinct(str(params[0]), subscript)):
        return cursor.add(adds, (current, *subscript, value), params)
    params = tuple(str(pattern).replace("a", "u") for pattern in params)
    if current.op is sets and current.origin.derivative and _is_zero(current.args[-1], value):
        before, *place, _ = current.args
        if place == list(subscript) and current.params == params:
            if _is_entry(value, before, place):
                return before
            return cursor.add(sets, (before, *subscript, value), params)
    signed = value.op is negative and unit_axes_of(value.type)
    fresh = not signed and _is_fresh(current, subscript, params)
    return cursor.add(sets if fresh else adds, (current, *subscript, value), params)


def _is_entry(value: Node, base: Node, path: Sequence[Node]) -> bool:
    """Whether ``value`` is what stands in ``base`` at ``path`` already."""
    if value.op is not sequence.index or list(value.args[1:]) != list(path):
        return False
    return value.args[0] is before_writes_elsewhere(base, spans_of(None, path))


def _is_zero(written: Node, value: Node) -> bool:
    """Whether nothing but zeros was written where ``value`` comes now."""
    zeros = written.op is array_zeros_like and written.origin.derivative
    return is_constant(written, 0) or (zeros and written.type == value.type)


def _is_fresh(current: Node, subscript: Sequence[Node], params: tuple[Hashable, ...]) -> bool:
    """Whether an adjoint is certainly zero at a place: nothing but other entries was written."""
    place = spans_of(str(params[0]) if params else None, subscript)
    start = before_writes_elsewhere(current, place)
    if start.op is sequence.zeros_like:
        return start.origin.derivative and current.type == SequenceType(FLOAT)
    return start.op is array_zeros_like
