"""Entries of adjoints that a loop reads and clears one by one: they are cleared behind it.

    for i in range(1, n - 1):                   for i in range(1, n - 1):
        v_bar_i = v_bar[i]                          v_bar_i = v_bar[i]
        v_bar[i] = 0.0                              u_bar[i - 1] += v_bar_i * k[i]
        u_bar[i - 1] += v_bar_i * k[i]          v_bar[1 : max(n - 1, 0)] = 0.0

No step reads what another has cleared: each has an entry of its own.  Where all of them are
cleared, nothing is left that could be added to anything.
"""

from __future__ import annotations

from collections import Counter

from chainrule.graph.block import ITEM, Graph, inside, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import Array
from chainrule.primitives.arithmetic import add
from chainrule.primitives.arrays.creation import ZEROS
from chainrule.primitives.arrays.indexing import section_set
from chainrule.primitives.arrays.lengths import never_negative, number
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.control import LOOP, loop_body, loop_parts, step_of
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.extremes import python_max
from chainrule.primitives.sequence import index, index_set
from chainrule.records import dataclass
from chainrule.simplify.forgotten import offset_of, versions_of


@dataclass(frozen=True)
class _Clearing:
    """What clears an entry in each step: ``write``, whose place along ``axis`` is the index of the
    loop and ``offset``; ``first`` to ``last`` are cleared, the end if that is None."""

    write: Node
    axis: int
    offset: int
    first: int
    last: Node | None

    @property
    def whole(self) -> bool:
        """Whether nothing is left."""
        return self.last is None and not self.first and len(self.write.args) == 3


class ClearedTogether(Copier):
    """A copy in which slices behind loops are cleared; ``clears`` stand by the loops' results."""

    def __init__(self, source: Graph, clears: dict[tuple[Node, int], _Clearing]) -> None:
        super().__init__(source)
        self.clears = clears
        self._writes = {clearing.write for clearing in clears.values()}
        self._nothing = {
            loop.block.item(loop, k) for (loop, k), clearing in clears.items() if clearing.whole
        }

    def copy(self, step: Node) -> Node:
        """The step, or what it clears as it was, or what it adds to nothing."""
        kept = step
        if step in self._writes:
            kept = step.args[0]
        elif step.op is add and step.origin.derivative:
            for one, other in (step.args, step.args[::-1]):
                if one in self._nothing and one.type == other.type and _begins_as_zeros(other):
                    kept = other
        if kept is step:
            return super().copy(step)
        self.map[step] = self.mapped(kept)
        return self.map[step]

    def loop_copy(self, node: Node) -> Node:
        """A loop without what it only clears, and behind it what clears that."""
        bounds, initial, states = loop_parts(node)
        kept = [k for k in range(len(states)) if (node, k) not in self.clears]
        if len(kept) == len(states):
            return super().loop_copy(node)
        old = loop_body(node)
        self.map.update((state, self.mapped(initial[k])) for k, state in enumerate(states)
                        if k not in kept)  # fmt: skip
        args = tuple(map(self.mapped, (*bounds, *(initial[k] for k in kept))))
        _, body = self.open_loop(node, (old.parameters[0], *(states[k] for k in kept)))
        self.walk(old, body)
        with self.graph.inside(body):
            body.results = tuple(self.mapped(old.results[k]) for k in kept)
        new = self.replace(node, args, (node.params[0], None, body, False))
        for k, begin in enumerate(initial):
            item = node.block.item(node, k)
            if k in kept:
                self.map[item] = new.block.item(new, kept.index(k))
            else:
                self.named(item, self.mapped(begin))
                self.map[item] = self._cleared(self.clears[node, k], self.mapped(begin))
            self.named(item, self.map[item])
        return new

    def _cleared(self, clearing: _Clearing, array: Node) -> Node:
        """``array`` with a slice of zeros."""
        graph, write = self.graph, clearing.write
        graph.origin = write.origin
        first, last = graph.constant(clearing.first or None), graph.constant(None)
        if clearing.last is not None:
            stop, offset = self.mapped(clearing.last), graph.constant(clearing.offset)
            last = add.build(stop, offset) if clearing.offset else stop
            if not never_negative(number(last, lengths_of), (), lengths_of):
                last = graph.cursor.add(python_max, (last, graph.constant(0)))
        path: list[Node] = [self.mapped(each) for each in write.args[1:-1]]
        path[clearing.axis : clearing.axis + 1] = [first, last, graph.constant(None)]
        pattern = "".join("s" if k == clearing.axis else "i" for k in range(len(write.args) - 2))
        value = self.mapped(write.args[-1])
        return graph.cursor.add(section_set, (array, *path, value), (pattern,))


def _begins_as_zeros(item: Node) -> bool:
    """Whether a result of a loop is an array that was made before it, of nobody else's."""
    if item.op is not ITEM or item.args[0].op is not LOOP:
        return False
    return loop_parts(item.args[0])[1][result_number(item)].op in ZEROS


def cleared_together(graph: Graph) -> ClearedTogether | None:
    """The walk that clears slices; None where no loop clears entries one by one."""
    steps = list(nodes_of(graph.body))
    if not any(step.op is index_set and step.origin.derivative for step in steps):
        return None
    uses = uses_of(graph, steps)
    clears: dict[tuple[Node, int], _Clearing] = {}
    for loop in steps:
        if loop.op is LOOP and loop.params[0] != "while" and not loop.params[3]:
            for k in range(len(loop_parts(loop)[2])):
                found = _cleared_by(loop, k, uses)
                if found is not None:
                    clears[loop, k] = found
    return ClearedTogether(graph, clears) if clears else None


def _cleared_by(loop: Node, k: int, uses: Counter[Node]) -> _Clearing | None:
    """What clears an entry of state ``k`` in each step, after all that reads it there."""
    (start, stop, _), _, states = loop_parts(loop)
    if not isinstance(states[k].type, Array):
        return None
    _, *reads, write = versions_of(loop, k, uses) or [loop, loop]
    path = write.args[1:-1]
    clears = write.op is index_set and write.origin.derivative and is_constant(write.args[-1], 0.0)
    if not clears or any(each.op is not index or each.args[1:] != path for each in reads):
        return None
    places = [(axis, offset_of(place, loop)) for axis, place in enumerate(path)]
    moving = [(axis, offset) for axis, offset in places if inside(path[axis], loop_body(loop))]
    if len(moving) != 1 or step_of(loop) != 1 or not is_constant(start):
        return None
    axis, offset = moving[0]
    # Below 0 an entry is one from the end.
    if offset is None or constant_value(start) + offset < 0:
        return None
    to_the_end = number(stop, lengths_of) + offset == lengths_of(states[k])[axis]
    first = constant_value(start) + offset
    return _Clearing(write, axis, offset, first, None if to_the_end else stop)
