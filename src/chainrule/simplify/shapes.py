"""Lengths and shapes are read from what is there anyway.

Derivative code asks for the length of an axis, or for zeros in the shape of an array.  Read from a
parameter, or from a value that other derivative code needs, that keeps no array alive::

    gap = np.logaddexp(0.0, z) - y * z        z_bar = (1.0 / (1.0 + np.exp(-z)) - y) / len(X)
    z_bar = (...) / gap.shape[0]

A list that was made with ``n`` entries is not read for their number.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable

from chainrule.graph.block import ITEM, Graph, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, Array, Sequence, dtype_of, unit_axes_of
from chainrule.primitives.arithmetic import multiply, subtract
from chainrule.primitives.arrays.creation import (
    full,
    full_like,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.arrays.lengths import ONE, Length, Lengths
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.shaping import dimension, reshape, reshaped, transpose
from chainrule.primitives.control import LOOP, loop_parts
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, nodes_of
from chainrule.primitives.list_lengths import ListLengths
from chainrule.primitives.sequence import display, fill_like, filled
from chainrule.primitives.sequence import length as list_length
from chainrule.primitives.sequence import zeros_like as list_zeros_like

# Of these arguments nothing but the shape is read.
READING = {"dimension": (0,), "size_of": (0,), "array_zeros_like": (0,), "array_ones_like": (0,),
           "empty_like": (0,), "full_like": (0,), "reshaped": (1, 2, 3),
           "zeros_like": (0,), "fill_like": (0,), "length": (0,)}  # fmt: skip

# They take no time, and never find that lengths do not agree.
VIEWS = (section, transpose)


def reads_shapes(graph: Graph) -> bool:
    """Whether derivative code asks for shapes."""
    return any(node.origin.derivative and node.op.name in READING for node in nodes_of(graph.body))


def knows_lengths(graph: Graph) -> bool:
    """Whether derivative code asks for a length that is known, as it has become by a walk."""
    return any(
        node.op is dimension
        and node.origin.derivative
        and lengths_of(node.args[0])[int(str(node.params[0]))].known is not None
        for node in nodes_of(graph.body)
    )


class _Computed(Live):
    """What is needed for its entries."""

    def process(self, node: Node) -> None:
        only = READING.get(node.op.name) if node.origin.derivative else None
        if only is None:
            super().process(node)
            return
        owner = self.owners.get(node.block)
        if owner is not None:
            self.mark(owner)
        self.mark(*(arg for position, arg in enumerate(node.args) if position not in only))


class Shapes(Copier):
    """Copies a graph with shapes read from other values of the same."""

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        self.computed = computed = _Computed(source).nodes
        self.alike: dict[tuple[Lengths, str], list[Node]] = {}
        self.numbers: dict[int, Node] = {}
        self.lists = ListLengths()
        # Lengths that f asks for: of which array, along which axis.
        self.measured: dict[tuple[Hashable, Hashable], Node] = {}
        self.last_use: dict[Node, int] = {}
        for node in sorted(computed, key=lambda node: node.serial):
            for arg in node.args:
                self.last_use[arg] = node.serial
            if node.type == INT:
                self.numbers[node.serial] = node
                if node.op is dimension:
                    self.measured.setdefault((node.args[0].serial, node.params[0]), node)
            elif unit_axes_of(node.type):
                self.alike.setdefault((lengths_of(node), dtype_of(node.type)), []).append(node)
        self.given = {node.serial: node for node in source.given if isinstance(node.type, Array)}

    def copy(self, step: Node) -> Node:
        if not step.origin.derivative or step.op.name not in READING:
            return super().copy(step)
        found = self._number(step) if step.op.name in ("dimension", "size_of") else None
        if step.op is reshaped:
            found = self._sized(step)
        if step.op in (zeros_like, ones_like, full_like):
            found = self._by_sizes(step)
        if step.op in (list_zeros_like, fill_like, list_length):
            found = self._entries(step) if step.op is list_length else self._filled(step)
            if found is None:
                return super().copy(step)
        if found is None:
            args = list(step.args)
            for position in READING[step.op.name]:
                if position < len(args):
                    args[position] = self._source(args[position], step)
            mapped = tuple(map(self.mapped, args))
            found = self.graph.cursor.add(step.op, mapped, step.params, step.type)
        self.map[step] = found
        return found

    def _number(self, step: Node) -> Node | None:
        """A length, or a number of entries, read from a given array."""
        (array,) = step.args
        lengths = lengths_of(array)
        if step.op.name == "size_of":
            same = self._given_like(lengths)
            return self._product(lengths, step) if same is None else self._again(step, same)
        axis = int(str(step.params[0]))
        length = lengths[axis]
        if length.known is not None:
            return self.graph.constant(length.known)
        (key, count), *more = length.terms
        if more or count != 1 or length.constant:
            return self._of_one(step, array, axis)
        if key[0] == "number" and key[1] in self.numbers:
            number = self.numbers[key[1]]
            return self.mapped(number) if self._reaches(number, step) else None
        if key[0] != "given" or key[1] not in self.given:
            return self._of_one(step, array, axis)
        owner, axis = self.given[key[1]], int(key[2])
        form = "len" if axis == 0 else "function"
        return self.graph.cursor.add(step.op, (self.mapped(owner),), (axis, form), step.type)

    def _product(self, lengths: Lengths, step: Node) -> Node | None:
        """The number of entries of an array that would be computed only to be counted."""
        if not self._is_needless(step.args[0]):
            return None
        sizes = [self._size(length, step) for length in lengths]
        found = [size for size in sizes if size is not None]
        return functools.reduce(multiply.build, found) if len(found) == len(sizes) else None

    def _of_one(self, step: Node, array: Node, axis: int) -> Node | None:
        """The length of an argument that has an axis of this length; entries are not needed."""
        whole = array
        while array not in self.computed and getattr(array.op, "broadcasts", False):
            back = axis - len(unit_axes_of(array.type))
            having = [
                arg
                for arg in array.args
                if len(unit_axes_of(arg.type)) >= -back and not unit_axes_of(arg.type)[back]
            ]
            if len(having) != 1 and self._is_needless(array):
                length = lengths_of(array)[back]
                having = [arg for arg in having if lengths_of(arg)[back] == length][:1]
            if len(having) != 1:
                break
            array, axis = having[0], len(unit_axes_of(having[0].type)) + back
        if array is whole:
            return None
        return self.graph.cursor.add(
            step.op, (self.mapped(array),), (axis, step.params[1]), step.type
        )

    def _sized(self, step: Node) -> Node | None:
        """``x.reshape(len(k) - 1)`` where an array would be computed for its shape only."""
        value, *likes = step.args
        if len(likes) != 1 or likes[0] in self.computed or likes[0] in self.source.given:
            return None
        sizes = [self._size(length, step) for length in lengths_of(likes[0])]
        if any(size is None for size in sizes):
            return None
        known = [size for size in sizes if size is not None]
        params = reshape.defaults(order=step.params[0])
        made = self.graph.cursor.add(reshape, (self.mapped(value), *known), params)
        return made if made.type == step.type else None

    def _by_sizes(self, step: Node) -> Node | None:
        """``np.zeros(n)`` in the shape of an array that nothing else asks for any more."""
        source = self._source(step.args[0], step)
        if source in self.source.given or self.last_use.get(source, 0) > step.serial:
            return None
        numbers = [self._counted(length, step) for length in lengths_of(source)]
        if None in numbers and self._is_needless(source):
            numbers = [self._size(length, step, cut=False) for length in lengths_of(source)]
        sizes = [number for number in numbers if number is not None]
        if len(sizes) < len(numbers) or dtype_of(step.type) != "float64":
            return None
        op = zeros if step.op is zeros_like else ones if step.op is ones_like else full
        args = (*map(self.mapped, step.args[1:]), *sizes)
        made = self.graph.cursor.add(op, args, op.defaults())
        return made if made.type == step.type else None

    def _filled(self, step: Node) -> Node | None:
        """``[0.0] * n`` for as many entries as a list was made with."""
        if step.type != Sequence(FLOAT):
            # Arrays that are entries are told apart.
            return None
        like = step.op is fill_like
        entry = self.mapped(step.args[1]) if like else self.graph.constant(0.0)
        origin = self.lists.origin(step.args[0])
        if origin.op is filled and self._reaches(origin.args[0], step):
            count = self.mapped(origin.args[0])
        elif origin.op is display and self._reaches(origin, step):
            if len(origin.args) == 1:
                return self.graph.cursor.add(display, (entry,), ("list",))
            count = self.graph.constant(len(origin.args))
        elif origin.type == step.args[0].type and self._reaches(origin, step):
            args = (self.mapped(self._newest(origin, step)), *map(self.mapped, step.args[1:]))
            return self.graph.cursor.add(step.op, args, step.params, step.type)
        else:
            return None
        return self.graph.cursor.add(filled, (count, entry))

    def _entries(self, step: Node) -> Node | None:
        """The number of entries that a list was made with, or that of an earlier one."""
        origin = self.lists.origin(step.args[0])
        if origin.op is filled and self._reaches(origin.args[0], step):
            return self.mapped(origin.args[0])
        if origin.op is display:
            return self.graph.constant(len(origin.args))
        if self._reaches(origin, step):
            return self.graph.cursor.add(list_length, (self.mapped(self._newest(origin, step)),))
        return None

    def _newest(self, origin: Node, step: Node) -> Node:
        """What writing has made of a list; kept for its length, that would have to be copied."""
        version: Node | None = step.args[0]
        while version is not None and version is not origin:
            if self._is_there(version):
                return version
            version = self.lists.written(version)
        return origin

    def _is_there(self, version: Node) -> bool:
        """Whether the entries of a list are needed, or those that a loop leaves in it."""
        if version.op is ITEM and version.args[0].op is LOOP:
            version = loop_parts(version.args[0])[2][result_number(version)]
        return version in self.computed

    def _counted(self, length: Length, step: Node) -> Node | None:
        """A length that is known, or that f has as a number."""
        if length.known is None and not length.constant and len(length.terms) == 1:
            ((key, count),) = length.terms
            number = None
            if count == 1 and key[0] == "given":
                number = self.measured.get(key[1:])
            elif count == 1 and key[0] == "number":
                number = self.numbers.get(key[1])
            if number is not None and self._reaches(number, step):
                return self.mapped(number)
        return None if length.known is None else self.graph.constant(length.known)

    def _size(self, length: Length, step: Node, cut: bool = True) -> Node | None:
        """The number of entries along an axis, from the length of a given array.

        With ``cut`` also a number less than that, which has to be no less than 0.
        """
        if length.known is not None:
            return self.graph.constant(length.known)
        (key, count), *more = length.terms
        less = 0
        if cut and key[0] == "part" and len(key[1].terms) == 1:
            less, ((key, count), *more) = int(key[2]), key[1].terms
        if more or count != 1 or length.constant or key[0] != "given" or key[1] not in self.given:
            return None
        owner, axis = self.mapped(self.given[key[1]]), int(key[2])
        form = "len" if axis == 0 else "function"
        whole = self.graph.cursor.add(dimension, (owner,), (axis, form))
        return whole if less == 0 else subtract.build(whole, self.graph.constant(less))

    def _again(self, step: Node, array: Node) -> Node:
        return self.graph.cursor.add(step.op, (self.mapped(array),), step.params, step.type)

    def _given_like(self, lengths: Lengths) -> Node | None:
        """The given array that has just these lengths."""
        keys = [_given_axis(length) for length in lengths]
        if not keys or any(key is None for key in keys):
            return None
        owner = self.given.get(keys[0][0]) if keys[0] is not None else None
        if owner is None or len(unit_axes_of(owner.type)) != len(keys):
            return None
        return owner if lengths_of(owner) == lengths else None

    def _source(self, array: Node, step: Node) -> Node:
        """An array of the same shape and dtype that is needed further on."""
        if array in self.source.given:
            return array
        lengths, dtype = lengths_of(array), dtype_of(array.type)
        owner = self._given_like(lengths)
        if owner is not None and dtype_of(owner.type) == dtype:
            return owner
        found = [
            node
            for node in self.alike.get((lengths, dtype), ())
            if self._reaches(node, step) and node.type == array.type
        ]
        if not found:
            return self._part(array)
        if array in found and self.last_use.get(array, 0) > step.serial:
            return array
        named = self.source.names
        return max(found, key=lambda node: (self.last_use.get(node, 0), node in named))

    def _part(self, array: Node) -> Node:
        """What has the shape of an array that is an expression of it, and would be needless."""
        while getattr(array.op, "broadcasts", False) and self._is_needless(array):
            alike = [arg for arg in array.args if arg.type == array.type]
            alike = [arg for arg in alike if lengths_of(arg) == lengths_of(array)]
            if not alike:
                break
            array = alike[0]
        return array

    def _is_needless(self, array: Node) -> bool:
        """Whether an array would be computed for its shape only.

        It is not where NumPy may say in doing so that lengths do not agree.
        """
        stack = [array]
        while stack:
            node = stack.pop()
            if node in self.computed or node.op in VIEWS or not unit_axes_of(node.type):
                stack += node.args[:1] if node.op is transpose else ()
                continue
            shapes = [lengths_of(arg) for arg in node.args if unit_axes_of(arg.type)]
            if node.op is matmul:
                first, second = shapes
                agree = first[-1] == second[-2 if len(second) > 1 else -1]
            else:
                own = lengths_of(node)
                agree = getattr(node.op, "broadcasts", False) and all(
                    length in (ONE, whole)
                    for shape in shapes
                    for length, whole in zip(shape, own[-len(shape) :], strict=True)
                )
            if not agree:
                return False
            stack += node.args
        return array not in self.computed

    def _reaches(self, node: Node, step: Node) -> bool:
        """Whether a value is there where a step stands."""
        return node.block.encloses(step.block) and node.serial < step.serial


def _given_axis(length: Length) -> tuple[int, int] | None:
    if length.constant or len(length.terms) != 1 or length.terms[0][1] != 1:
        return None
    key = length.terms[0][0]
    return (int(key[1]), int(key[2])) if key[0] == "given" else None
