"""The systems that solvers are given beside f: Jacobians, and solutions with their slopes.

Where the user's function reads its state entry by entry and writes its result out, the Jacobian is
written out as well.  Else a few columns of slopes are tangents of the function along them; for many
the Jacobian takes a walk back for each state, or, of systems to be solved, one sweep for each
unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.forward import ForwardWalker
from chainrule.differentiate.reverse import ReverseWalker
from chainrule.graph.block import Graph
from chainrule.graph.function import StateLayout
from chainrule.graph.large import large_programs
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import INT, array_of, unit_axes_of
from chainrule.lift.lifted import Lifted
from chainrule.primitives import sequence
from chainrule.primitives.arithmetic import multiply
from chainrule.primitives.arrays.creation import literal
from chainrule.primitives.arrays.indexing import entry_along, part_along, section_add
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.shaping import (
    concatenate,
    dimension,
    expand_dims,
    ravel,
    reshape,
    stack,
)
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.transforms.jacobians import Rows
from chainrule.transforms.pipeline import Wanted, recorded, tangent_of
from chainrule.transforms.sweeps import Sweep, Sweeps

# A Jacobian is written out up to so many entries.
WRITTEN_OUT = 400
# Up to so many columns of slopes have tangents of their own; more take a walk back for each state.
TOGETHER = 8


def jacobian_of(base: Lifted, position: int) -> Lifted:
    """A function that returns the Jacobian of ``base`` by the argument at ``position``."""
    found = _partials(base, _Plain(position), [])
    return _row(found.graph, base, found.by_state)


def sensitivities_of(base: Lifted, mask: Sequence[bool], layout: StateLayout) -> Lifted:
    """The right side for a state and its slopes, beside each other in one array."""
    inputs = [node for node, taken in zip(base.graph.body.parameters, mask, strict=False) if taken]
    unfolded = _Unfolded(layout)
    output = base.result.parts[0].node
    assert output is not None
    reads = _entries_read(base.graph, base.graph.body.parameters[layout.position], output)
    numbers = not any(unit_axes_of(node.type) for node in inputs)
    if _is_written_out(reads, inputs) or (numbers and unfolded.one_state):
        found = _partials(base, unfolded, inputs)
        return _row(found.graph, base, _joined(found, unfolded, output))
    if layout.columns is not None and layout.columns <= TOGETHER:
        return _along(base, unfolded, inputs, output)
    return _by_rows(base, unfolded, inputs, output)


def _joined(found: _Partials, unfolded: _Unfolded, output: Node) -> Node:
    """The right side, and behind it the change of the slopes: the Jacobian times these."""
    graph, layout = found.graph, unfolded.layout
    with graph.inside(graph.body), graph.answering(output.origin.answered):
        slopes = unfolded.slopes(graph)
        product = multiply if unfolded.one_state else matmul
        changed = product(found.by_state, slopes)
        if found.by_values is not None:
            changed = _added(changed, found.by_values, layout, unfolded.count)
        if not layout.single and not unfolded.one_state:
            changed = ravel(changed)
        graph.names.setdefault(changed, "slopes_dot")
        whole: Node = concatenate(found.value, changed, axis=0)
    return whole


class _Along(ForwardWalker):
    """The right side with its tangents along the slopes, one direction for each column."""

    def __init__(self, base: Lifted, place: _Unfolded, inputs: list[Node], output: Node) -> None:
        state = base.graph.body.parameters[place.position]
        columns = place.layout.columns or 0
        leading = columns - len(inputs)
        names = [f"_{k + 1}" for k in range(leading)]
        names += [f"_d{node.params[0]}" for node in inputs]
        self.place = place
        super().__init__(base.graph, [state, *inputs], [output], names if columns > 1 else ["_dot"])

        def along(k: int) -> Callable[[], Node]:
            def column() -> Node:
                found = place.column(self.graph, k)
                self.graph.names.setdefault(found, f"{state.params[0]}{self.suffixes[k]}")
                return found

            return column

        one: Callable[[], Node] = lambda: self.graph.constant(1.0)  # noqa: E731
        self.seeds = [
            {state: along(k), **({inputs[k - leading]: one} if k >= leading else {})}
            for k in range(columns)
        ]
        self.run()

    def parameters(self) -> None:
        self.place.parameters(self)
        with self.graph.inside(self.graph.body):
            for parameter in self.source.body.parameters:
                if parameter in self.inputs:
                    self.seed(parameter)


def _along(base: Lifted, unfolded: _Unfolded, inputs: list[Node], output: Node) -> Lifted:
    """One tangent for each column of slopes."""
    walker = _Along(base, unfolded, inputs, output)
    graph = walker.graph
    dots = [tangent_of(walker, output, k) for k in range(len(walker.seeds))]
    with graph.inside(graph.body), graph.answering(output.origin.answered):
        changed = dots[0] if len(dots) == 1 else ravel(stack(*dots, axis=1))
        graph.names.setdefault(changed, "slopes_dot")
        whole = concatenate(walker.mapped(output), changed, axis=0)
    return _row(graph, base, whole)


class _Copy(Copier):
    """A copy of a function whose state is the front of a larger array."""

    def __init__(self, source: Graph, place: _Unfolded) -> None:
        super().__init__(source)
        self.place = place

    def parameters(self) -> None:
        self.place.parameters(self)


def _by_rows(base: Lifted, unfolded: _Unfolded, inputs: list[Node], output: Node) -> Lifted:
    """The Jacobians by state and values: one walk back for each state."""
    copier = _Copy(base.graph, unfolded)
    copier.run()
    graph, value = copier.graph, copier.mapped(output)
    state = copier.mapped(base.graph.body.parameters[unfolded.position])
    leaves = tuple(Structure("leaf", node) for node in (state, *map(copier.mapped, inputs)))
    structures = Wanted(leaves, False)
    steps = [step for step in graph.body.steps if step is not state]
    walker = ReverseWalker(graph, structures.inputs, [value])
    with graph.inside(graph.body), graph.answering(output.origin.answered):
        rows = Rows(walker, structures, value, steps).of(value, lambda unit: unit)
        by_state, *blocks = rows.leaves()
        blocks = [_as_columns(found, value, unfolded.one_row) for found in blocks]
        axis = 0 if unfolded.one_row else 1
        by_values = concatenate(*blocks, axis=axis) if len(blocks) > 1 else None
    found = _Partials(graph, value, by_state, blocks[0] if len(blocks) == 1 else by_values)
    result = Structure("leaf", _joined(found, unfolded, output))
    lifted = Lifted(graph, {}, Structure("row", None, (Structure("leaf", value),)), base.sources)
    with large_programs():
        return recorded(lifted, walker, Structure("row", None, (result,)))


def _row(graph: Graph, base: Lifted, result: Node) -> Lifted:
    return Lifted(graph, {}, Structure("row", None, (Structure("leaf", result),)), base.sources)


def _added(changed: Node, by_values: Node, layout: StateLayout, count: Any) -> Node:
    """The slopes by the function's own values are added to the columns for these."""
    if layout.leading == 0:
        total: Node = changed + by_values
        return total
    graph = changed.graph
    first = count if layout.leading is None else graph.constant(layout.leading)
    none = graph.constant(None)
    axes = len(unit_axes_of(changed.type))
    at = (*(none for _ in range(3 * (axes - 1))), first, none, none)
    return graph.cursor.add(section_add, (changed, *at, by_values), ("s" * axes,))


class _Plain:
    """The state is an argument."""

    def __init__(self, position: int) -> None:
        self.position = position
        # The slopes stand in one row: there is one column of them, or one state.
        self.one_row = self.one_state = False

    def parameters(self, walker: Copier) -> None:
        """Make the parameters of the new function."""


class _Unfolded(_Plain):
    """The state is the front of an array whose rest are its slopes."""

    def __init__(self, layout: StateLayout) -> None:
        super().__init__(layout.position)
        self.layout = layout
        self.one_state = layout.states == 1
        self.one_row = layout.single or self.one_state
        self.state: Any = None
        self.count: Any = None

    def parameters(self, walker: Copier) -> None:
        graph, olds = walker.graph, walker.source.body.parameters
        taken = {str(parameter.params[0]) for parameter in olds}
        for k, old in enumerate(olds):
            if k != self.position:
                walker.map[old] = graph.body.parameter(str(old.params[0]), old.type)
                walker.named(old, walker.map[old])
                continue
            name = free_name("state", taken)
            self.state = graph.body.parameter(name, array_of("float64", (False,)))
            graph.names[self.state] = name
        if self.layout.states is None:
            self.count = graph.body.parameter(free_name("n", taken), INT)
        else:
            self.count = graph.constant(self.layout.states)
        old = olds[self.position]
        with graph.inside(graph.body):
            walker.map[old] = part_along(self.state, 0, 0, self.count)
            graph.names[walker.map[old]] = str(old.params[0])

    def column(self, graph: Graph, k: int) -> Node:
        """One column of the slopes."""
        slopes = self.slopes(graph)
        return slopes if self.one_row else entry_along(slopes, 1, k)

    def slopes(self, graph: Graph) -> Node:
        """The slopes, a row for each state."""
        rest = part_along(self.state, 0, self.count, None)
        if self.one_row:
            return rest
        found: Node = reshape(rest, self.count, graph.constant(-1))
        graph.names.setdefault(found, "slopes")
        return found


class _Partials:
    """A function with its derivatives by the state and by other arguments, columns beside."""

    def __init__(self, graph: Graph, value: Node, by_state: Node, by_values: Node | None) -> None:
        self.graph, self.value = graph, value
        self.by_state, self.by_values = by_state, by_values


def _partials(base: Lifted, place: _Plain, inputs: list[Node]) -> _Partials:
    state = base.graph.body.parameters[place.position]
    output = base.result.parts[0].node
    assert output is not None
    reads = _entries_read(base.graph, state, output)
    if reads is not None and _is_written_out(reads, inputs):
        return _written_out(base, place, inputs, reads, output)
    return _swept(base, place, inputs, output)


def _is_written_out(reads: list[list[Node]] | None, inputs: list[Node]) -> bool:
    """Whether a Jacobian is that of numbers by numbers, and small."""
    if reads is None or any(unit_axes_of(node.type) for node in inputs):
        return False
    return len(reads) * (len(reads) + len(inputs)) <= WRITTEN_OUT


def _entries_read(graph: Graph, state: Node, output: Node) -> list[list[Node]] | None:
    """The reads of each entry of the state; None where it is used in any other way."""
    if output.op is not literal or any(unit_axes_of(arg.type) for arg in output.args):
        return None
    count = len(output.args)
    found: list[list[Node]] = [[] for _ in range(count)]
    for step in all_steps(graph.body):
        if any(state in block.results for block in owned_blocks(step)):
            return None
        if state not in step.args or step.op is dimension:
            continue
        known = step.op is sequence.index and len(step.args) == 2 and is_constant(step.args[1])
        entry = int(constant_value(step.args[1])) if known else count
        if not -count <= entry < count:
            return None
        found[entry].append(step)
    return found


class _Columns(ForwardWalker):
    """Forward mode with one direction for each entry of the state and each further number."""

    def __init__(self, base: Lifted, place: _Plain, inputs: list[Node], reads: Any) -> None:
        rows = [*reads, *([node] for node in inputs)]
        every = [node for row in rows for node in row]
        (part,) = base.result.parts
        assert part.node is not None
        names = [_suffix(base.graph, row) for row in rows]
        self.place = place
        super().__init__(base.graph, every, [part.node], names)
        self.seeds = [dict.fromkeys(row, lambda: self.graph.constant(1.0)) for row in rows]
        self.run()

    def parameters(self) -> None:
        self.place.parameters(self)
        if not self.map:
            super().parameters()
        for parameter in self.source.body.parameters:
            if parameter in self.inputs:
                self.seed(parameter)


def _suffix(graph: Graph, row: list[Node]) -> str:
    name = next((graph.names[node] for node in row if node in graph.names), None)
    return "_dot" if name is None else f"_d{name}"


def _written_out(
    base: Lifted, place: _Plain, inputs: list[Node], reads: list[list[Node]], output: Node
) -> _Partials:
    walker = _Columns(base, place, inputs, reads)
    graph, count = walker.graph, len(reads)
    rows = [
        [tangent_of(walker, entry, k) for k in range(count + len(inputs))] for entry in output.args
    ]

    def matrix(part: slice, single: bool) -> Node:
        width = len(rows[0][part])
        entries = tuple(entry for row in rows for entry in row[part])
        shape = (len(entries),) if single else (count, width)
        return graph.cursor.add(literal, entries, (shape, None))

    with graph.inside(graph.body), graph.answering(output.origin.answered):
        by_state = matrix(slice(0, count), place.one_state)
        graph.names.setdefault(by_state, "jacobian")
        by_values = matrix(slice(count, None), place.one_row) if inputs else None
        if by_values is not None:
            graph.names.setdefault(by_values, "by_parameters")
    return _Partials(graph, walker.mapped(output), by_state, by_values)


class _PlacedSweep(Sweep):
    """Sweeps of a function whose state stands in a larger array."""

    def __init__(self, base: Lifted, place: _Plain, inputs: list[Node], output: Node) -> None:
        self.place = place
        super().__init__(base, inputs, [output])

    def parameters(self) -> None:
        self.place.parameters(self)
        if not self.map:
            super().parameters()

    def of_one(self, state: Node) -> Node:
        """The derivative by a state that is one number, for an output that is one."""
        one = self.graph.constant(1.0)
        with self.graph.inside(self.graph.body), self.graph.answering(state.origin.answered):
            self.dots, self.seeds = [{}], [{state: lambda: one}]
            self.set_dot(state, 0, one)
            self._tangents_only(self.source.body, [])
            found = self.dot(self.outputs[0], 0)
        return self.graph.constant(0.0) if found is None else found


def _swept(base: Lifted, place: _Plain, inputs: list[Node], output: Node) -> _Partials:
    state = base.graph.body.parameters[place.position]
    walker = _PlacedSweep(base, place, [state, *inputs], output)
    sweeps = Sweeps(base, [state, *inputs], [output], walker)
    graph = walker.graph
    unfolded_one = unit_axes_of(state.type) == (True,) and place.one_row
    by_state = walker.of_one(state) if unfolded_one else sweeps.columns(state)[0]
    blocks = []
    for node in inputs:
        (found,) = sweeps.columns(node)
        with graph.inside(graph.body), graph.answering(output.origin.answered):
            blocks.append(_as_columns(found, walker.mapped(output), place.one_row))
    with graph.inside(graph.body), graph.answering(output.origin.answered):
        by_values = (
            concatenate(*blocks, axis=0 if place.one_row else 1) if len(blocks) > 1 else None
        )
    return _Partials(
        graph, walker.mapped(output), by_state, blocks[0] if len(blocks) == 1 else by_values
    )


def _as_columns(found: Node, output: Node, one_row: bool) -> Node:
    """The derivatives by one argument as columns."""
    rank = len(unit_axes_of(found.type))
    if one_row:
        flat: Node = found if rank < 2 else ravel(found)
        return flat
    if rank == 2:
        return found
    if rank == 1:
        column: Node = expand_dims(found, axis=1)
        return column
    flat = reshape(found, dimension(output, axis=0), output.graph.constant(-1))
    return flat
