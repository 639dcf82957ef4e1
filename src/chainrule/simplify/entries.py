"""Lists of adjoints, entry by entry.

A loop that adds to entry i of a list of zeros in step i, for every entry, gathers the list; what
is done to all entries of a list is done to the one that is read::

    a_bar = [0.0] * len(a)                         a_bar = []
    b_bar = [p + c_bar for p in b_bar]             for a_i, b_i_bar in zip(a, b_bar):
    for i, a_i in enumerate(a):                        a_bar.append(a_i * (b_i_bar + c_bar))
        a_bar[i] += a_i * b_bar[i]

A list that is gathered only to be summed up is a running sum.
"""

from __future__ import annotations

from collections import Counter

from chainrule.graph.block import ITEM, Graph, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Sequence, Type
from chainrule.primitives.arithmetic import add
from chainrule.primitives.control import LOOP, loop_body, loop_parts, next_states
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.list_lengths import ListLengths, count_of, gathers
from chainrule.primitives.sequence import (
    append,
    display,
    entrywise_add,
    fill_like,
    index,
    index_add,
    is_zeros,
    total,
)

FLOATS = Sequence(FLOAT)


class Entries(Copier):
    """A copy in which such lists are gathered, and such entries computed where they are read."""

    def __init__(
        self,
        source: Graph,
        gathered: dict[Node, set[int]],
        computed: dict[Node, Node],
        summed: dict[Node, tuple[Node, int]],
    ) -> None:
        super().__init__(source)
        self.gathered = gathered
        self.computed = computed
        # Lists that are not made as a whole, as nothing but entries of them is read.
        self.apart = set(computed.values())
        # Sums of gathered lists, each with its loop and the number of the state.
        self.summed = summed
        self.terms = {next_states(loop)[k] for loop, k in summed.values()}
        self.sums = {loop_parts(loop)[2][k] for loop, k in summed.values()}
        self.additions = {next_states(loop)[k] for loop, found in gathered.items() for k in found}

    def copy(self, step: Node) -> Node:
        """The step; an addition to a gathered list becomes an ``append``."""
        if step in self.additions:
            args = (self.mapped(step.args[0]), self.mapped(step.args[-1]))
            self.map[step] = self.graph.cursor.add(append, args)
        elif step in self.terms:
            self.map[step] = self.graph.cursor.add(add, tuple(map(self.mapped, step.args)))
        elif step in self.summed:
            loop, k = self.summed[step]
            self.map[step] = self.mapped(loop.block.item(loop, k))
        elif step in self.computed:
            self.map[step] = self._entry(step.args[0], step.args[1])
        else:
            return super().copy(step)
        self.named(step, self.map[step])
        return self.map[step]

    def replace(self, node: Node, args: tuple[Node, ...], params: tuple[object, ...]) -> Node:
        if node.op is not LOOP:
            return super().replace(node, args, params)
        found = list(args)
        states = loop_parts(node)[2]
        first = len(args) - len(states)
        gathered = self.gathered.get(node, ())
        for k, state in enumerate(states):
            if k in gathered:
                found[first + k] = self.graph.cursor.add(display, (), ("list",))
            elif state in self.sums:
                found[first + k] = self.graph.constant(0.0)
        return super().replace(node, tuple(found), params)

    def named(self, old: Node, new: Node) -> None:
        super().named(old, new)
        if old in self.sums or old in self.summed:
            self.graph.names.setdefault(new, "total")

    def parameter_type(self, parameter: Node) -> Type:
        return FLOAT if parameter in self.sums else super().parameter_type(parameter)

    def _entry(self, base: Node, position: Node) -> Node:
        """Entry ``position`` of a list of floats that is not made for it."""
        if base.op is fill_like:
            return self.mapped(base.args[1])
        if is_zeros(base):
            return self.graph.constant(0.0)
        if base.op is entrywise_add and base in self.apart:
            first, second = (self._entry(arg, position) for arg in base.args)
            made: Node = first + second
            return made
        return self.graph.cursor.add(index, (self.mapped(base), self.mapped(position)))


def entries(graph: Graph) -> Entries | None:
    """The walk that does so; None where there is nothing to do."""
    steps = list(nodes_of(graph.body))
    if not any(step.op in (index_add, entrywise_add, total) for step in steps):
        return None
    uses = uses_of(graph, steps)
    lengths = ListLengths()
    gathered: dict[Node, set[int]] = {}
    computed: dict[Node, Node] = {}
    summed: dict[Node, tuple[Node, int]] = {}
    for step in steps:
        if step.op is LOOP and (found := _gathered(step, uses, lengths)):
            gathered[step] = found
        elif step.op is index and len(step.args) == 2:
            base = step.args[0]
            if base.op is entrywise_add and base.type == FLOATS and uses[base] == 1:
                computed[step] = base
        elif step.op is total and (sum_of := _summed(step, uses)) is not None:
            summed[step] = sum_of
    found_any = gathered or computed or summed
    return Entries(graph, gathered, computed, summed) if found_any else None


def _summed(step: Node, uses: Counter[Node]) -> tuple[Node, int] | None:
    """The loop and the state that gathers the list of which nothing but this sum is needed."""
    listed = step.args[0]
    if listed.op is not ITEM or listed.args[0].op is not LOOP or uses[listed] != 1:
        return None
    loop, k = listed.args[0], result_number(listed)
    if not step.origin.derivative or not gathers(loop, k) or listed.type != FLOATS:
        return None
    state, grown = loop_parts(loop)[2][k], next_states(loop)[k]
    own = grown.origin.derivative and uses[state] == 1 and uses[grown] == 1
    return (loop, k) if own and grown.args[1].type == FLOAT else None


def _gathered(loop: Node, uses: Counter[Node], lengths: ListLengths) -> set[int]:
    """The states to whose entry i step i adds, for every entry; nothing else is done to them."""
    count = count_of(loop)
    if count is None or loop.params[0] != "range":
        return set()
    _, initial, states = loop_parts(loop)
    found = set()
    for k, grown in enumerate(next_states(loop)):
        if grown.op is not index_add or len(grown.args) != 3 or grown.block is not loop_body(loop):
            continue
        at = loop_body(loop).parameters[0]
        own = grown.args[0] is states[k] and grown.args[1] is at and uses[states[k]] == 1
        empty = is_zeros(initial[k]) and initial[k].type == FLOATS
        whole = lengths.of(initial[k]) == lengths.of_count(count)
        if own and empty and whole and uses[grown] == 1:
            found.add(k)
    return found
