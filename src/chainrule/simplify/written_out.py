"""Loops whose few steps turn out to be known are written out, where they pick from known entries.

How many columns the rows of a list have shows when the loop is complete that makes them (see
:mod:`chainrule.primitives.row_lengths`)::

    for k in range(min(len(row), 2)):         products = [row[0] * c, row[1] * s]
        products.append(row[k] * (c, s)[k])

The derivative of an entry that is picked at run time would be a list of zeros but for one.
"""

from __future__ import annotations

from chainrule.graph.block import ITEM, Graph, result_number
from chainrule.graph.node import Node
from chainrule.primitives.control import LOOP, loop_body, loop_parts
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.row_lengths import RowLengths
from chainrule.primitives.sequence import append, display, index, total

# So many steps, of so many operations in all.
MOST_STEPS = 8
MOST_OPERATIONS = 64


def written_out(graph: Graph) -> Copier | None:
    """A copy in which such loops are written out; None where there are none."""
    lengths = RowLengths()
    loops = {node: _steps(node, lengths) for node in nodes_of(graph.body) if _picks(node)}
    steps = {node: count for node, count in loops.items() if count is not None}
    if not steps:
        return None
    copier = _WrittenOut(graph, steps)
    copier.run()
    return copier


def _picks(node: Node) -> bool:
    """Whether a loop reads at its index what has known entries."""
    if node.op is not LOOP or node.params[0] != "range" or node.params[3]:
        return False
    body = loop_body(node)
    counter = body.parameters[0]
    return any(
        step.op is index
        and step.args[0].op is display
        and step.args[1] is counter
        # Nothing is derived by constants.
        and not all(map(is_constant, step.args[0].args))
        for step in body.steps
    )


def _steps(loop: Node, lengths: RowLengths) -> int | None:
    """How many steps a loop over a range from 0 has, where they are few."""
    start, stop, step = loop.args[:3]
    if is_constant(stop) or not (is_constant(start, 0) and is_constant(step, 1)):
        return None
    count = lengths.count(stop)
    if count is None or not 0 < count <= MOST_STEPS:
        return None
    return count if count * len(loop_body(loop).steps) <= MOST_OPERATIONS else None


class _WrittenOut(Copier):
    """Writes out the loops of which the number of steps is given."""

    def __init__(self, source: Graph, steps: dict[Node, int]) -> None:
        super().__init__(source)
        self.steps = steps
        # What the last step has handed on.
        self.last: dict[Node, tuple[Node, ...]] = {}

    def mapped(self, node: Node) -> Node:
        if node.op is ITEM and node.args[0] in self.last:
            return self.last[node.args[0]][result_number(node)]
        return super().mapped(node)

    def loop_copy(self, node: Node) -> Node:
        if node not in self.steps:
            return super().loop_copy(node)
        _, initial, states = loop_parts(node)
        body = loop_body(node)
        carried = tuple(map(self.mapped, initial))
        for k in range(self.steps[node]):
            self.map[body.parameters[0]] = self.graph.constant(k)
            self.map.update(zip(states, carried, strict=True))
            self.walk(body, self.graph.cursor)
            carried = tuple(map(self.mapped, body.results))
        self.last[node] = carried
        return node

    def copy(self, step: Node) -> Node:
        args = tuple(map(self.mapped, step.args))
        found = None
        if step.op is append and args[0].op is display:
            found = self.graph.cursor.add(display, (*args[0].args, args[1]), args[0].params)
        elif step.op is total and args[0].op is display:
            terms = self.graph.cursor.add(display, args[0].args, ("tuple",))
            found = self.graph.cursor.add(total, (terms,))
        elif step.op is index and args[0].op is display and len(args) == 2:
            found = _entry(args[0], args[1])
        if found is None:
            return super().copy(step)
        self.map[step] = found
        self.named(step, found)
        return found


def _entry(entries: Node, place: Node) -> Node | None:
    """The known entry at a known place."""
    position = constant_value(place) if is_constant(place) else None
    if type(position) is int and 0 <= position < len(entries.args):
        return entries.args[position]
    return None
