"""How the solution of an initial value problem changes with the times at which it is read.

See :mod:`chainrule.primitives.trajectories`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.graph.types import INT, Type, array_of, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.arrays.creation import array_of_list, zeros_like
from chainrule.primitives.arrays.indexing import entry_along, section, section_set
from chainrule.primitives.arrays.products import einsum_of
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import (
    dimension,
    expand_dims,
)
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.control import LOOP
from chainrule.primitives.declare import is_constant
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT
from chainrule.primitives.sequence import append, display, index, index_add
from chainrule.primitives.trajectories import Event, problem_of
from chainrule.primitives.variational import Columns, Slopes


class MovingTimes:
    """How a solution changes with the times at which it is read, and with that of its start."""

    def __init__(self, node: Node, args: Sequence[Node], slopes: Slopes) -> None:
        self.node, self.args, self.slopes = node, args, slopes
        self.graph, self.problem = node.graph, problem_of(node)

    def _slope(self, time: Node, state: Node) -> Node:
        """The right side at one time."""
        function = self.slopes.function
        op = INVOKE_EFFECT if function.raises else INVOKE
        first = (time, state) if self.problem.time_first else (state, time)
        args = (*first, *self.args[self.problem.own :])
        return self.graph.cursor.add(op, args, (function.key, 0), self._state_type())

    def _state_type(self) -> Type:
        return array_of("float64", (unit_axes_of(self.node.type)[self.problem.along],))

    def _start_slope(self) -> Node:
        begin = self.args[0]
        if not self.problem.ends:
            begin = self._entry(self.args[self.problem.time], 0)
        return self._slope(begin, self.slopes.start)

    def _end_slope(self) -> Node:
        return self._slope(self.args[1], entry_along(self.node, 1 - self.problem.along, -1))

    def _entry(self, times: Node, position: int) -> Node:
        return self.graph.cursor.add(index, (times, self.graph.constant(position)))

    def _all_slopes(self) -> Node:
        """The right side at every time, a row for each."""
        times = self.args[self.problem.time]
        count = dimension(times, axis=0)
        if is_constant(count, 1) or _is_at_one(self.node):
            state = entry_along(self.node, 1 - self.problem.along, 0)
            row: Node = expand_dims(self._slope(self._entry(times, 0), state), axis=0)
            return row
        body = Block(self.graph, self.graph.cursor)
        k = body.parameter("k", INT)
        kind = SequenceType(self._state_type())
        rows = body.parameter("rows", kind)
        self.graph.names[rows] = "rows"
        none = self.graph.constant(None)
        with self.graph.inside(body):
            at = self.graph.cursor.add(index, (times, k))
            if self.problem.along == 1:
                state = self.graph.cursor.add(index, (self.node, k))
            else:
                state = self.graph.cursor.add(section, (self.node, none, none, none, k), ("si",))
            made = self._slope(at, state)
            body.results = (self.graph.cursor.add(append, (rows, made)),)
        empty = self.graph.cursor.add(display, (), ("list",))
        bounds = (self.graph.constant(0), count, self.graph.constant(1))
        loop = self.graph.cursor.add(LOOP, (*bounds, empty), ("range", None, body, False))
        return array_of_list(self.graph.cursor.item(loop, 0))

    def _by_start(self, slopes_of_start: Any) -> Any:
        """What ``slopes_of_start`` gives for the columns of the start, summed."""
        total: Any = None
        slope = self._start_slope()
        first = self.problem.ends
        for columns in self.slopes.columns:
            if columns.position < self.problem.own:
                single = bool(self.problem.starts)
                part = self._entry(slope, columns.position - first) if single else slope
                term = slopes_of_start(columns, part)
                total = term if total is None else total + term
        return total

    def tangents(self, dots: Sequence[Node | None]) -> list[Node]:
        """What moving times add to the tangent of the solution."""
        problem, found = self.problem, []
        dots = [None if dot is not None and is_constant(dot, 0) else dot for dot in dots]
        times = dots[problem.time] if problem.times else None
        begin = dots[0] if problem.ends else None
        if times is not None:
            rates = self._all_slopes()
            moved = widened(times, self.args[problem.time])
            product = einsum_of("ti,t->it" if problem.along == 0 else "ti,t->ti", rates, moved)
            found.append(product)
            if not problem.ends:
                begin = self._entry(moved, 0)
        if begin is not None:
            shift = self._by_start(lambda columns, part: self.slopes.along(columns, part))
            found.append(-(begin * shift))
        if problem.ends and not problem.times:
            for k, dot in ((0, begin), (-1, dots[1])):
                if dot is not None:
                    slope = self._start_slope() if k == 0 else self._end_slope()
                    found.append(self._at(k, dot * slope))
        return found

    def _at(self, position: int, column: Node) -> Node:
        """Zeros in the shape of the solution but for one column."""
        none, zero = self.graph.constant(None), zeros_like(self.node)
        at = (none, none, none, self.graph.constant(position))
        return self.graph.cursor.add(section_set, (zero, *at, column), ("si",))

    def pull(self, walker: Any, out_bar: Node) -> None:
        problem = self.problem
        begin, end = (self.args[0], self.args[1]) if problem.ends else (None, None)
        times = self.args[problem.time] if problem.times else None
        if times is not None and walker.active(times):
            letters = "it,ti->t" if problem.along == 0 else "ti,ti->t"
            bar = einsum_of(letters, out_bar, self._all_slopes())
            if not problem.ends:
                zero = self.graph.constant(0)
                bar = self.graph.cursor.add(index_add, (bar, zero, self._begin_bar(out_bar)))
            walker.accumulate(times, bar)
        if begin is not None and walker.active(begin):
            bar = self._begin_bar(out_bar)
            if times is None:
                first = entry_along(out_bar, 1, 0)
                bar = bar + array_sum(first * self._start_slope())
            walker.accumulate(begin, bar)
        if end is not None and times is None and walker.active(end):
            last = entry_along(out_bar, 1, -1)
            walker.accumulate(end, array_sum(last * self._end_slope()))

    def _begin_bar(self, out_bar: Node) -> Node:
        def term(columns: Columns, part: Node) -> Node:
            product: Node = self.slopes.against(columns, out_bar) * part
            return array_sum(product) if unit_axes_of(product.type) else product

        found: Node = -self._by_start(term)
        return found


def _is_at_one(node: Node) -> bool:
    """Whether there is one event at most, of which these are the states."""
    event = node.params[3] if len(node.params) > 3 else None
    return isinstance(event, Event) and event.stops == 1
