"""Events of initial value problems: the times at which a function of time and state is zero.

At an event g(t, y(t, p), p) = 0.  Its time has the slopes t' = -(g_y S + g_p) / (g_t + g_y f), with
S those of the solution at that time; the state there moves by S + f t' (Galan, Feehery and Barton,
"Parametric sensitivity functions for hybrid discrete/continuous systems", 1999, section 3).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.arithmetic import equal
from chainrule.primitives.arrays.creation import array_of_list, literal, zeros_like
from chainrule.primitives.arrays.indexing import entry_along
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import expand_dims
from chainrule.primitives.broadcasting import in_full, widened
from chainrule.primitives.control import raise_where, raised
from chainrule.primitives.declare import Cost, is_constant
from chainrule.primitives.event_loops import (
    Gathered,
    any_times,
    entry,
    for_each,
    pull_where_any,
    where_any,
)
from chainrule.primitives.functionals import BESIDE_ROOT
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT
from chainrule.primitives.sequence import append, display, index_set, zero_of
from chainrule.primitives.trajectories import Event, Trajectory, problem_of
from chainrule.primitives.variational import Slopes, refuse_jumps
from chainrule.primitives.walker import ReverseWalker

GRAZED = "no slope is known where an event is only touched"
Dots = Sequence[Node | None]


class GivenTrajectory(Trajectory):
    """The states or the times of a solution that has been computed: the first argument.

    args ``(value, times, *args)`` with those of a :class:`Trajectory` behind; ``times`` are those
    of the value.
    """

    before = 2

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return args[0].type

    def times(self, args: Sequence[Node]) -> Node | None:
        return args[1]


class GivenState(GivenTrajectory):
    """The state of a solution at one time; ``times`` is this, a number."""

    def tangent(self, node: Node, args: Sequence[Node], dots: Dots, out: Node) -> Node | None:
        inner = self._solution(node, args, out)
        at = self.before + problem_of(node).time
        time_dot = None if dots[at] is None else _row(in_full(dots[at], args[at]))
        moved = (None, None, *dots[self.before : at], time_dot, *dots[at + 1 :])
        found = GIVEN_TRAJECTORY.tangent(inner, inner.args, moved, inner)
        return None if found is None else entry_along(found, 1, 0)

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        inner = self._solution(node, node.args, node)
        at = self.before + problem_of(node).time
        time, times = node.args[at], inner.args[at]
        gathered = Gathered(walker, also=(times,) if walker.active(time) else ())
        bar = expand_dims(widened(out_bar, node), axis=1)
        GIVEN_TRAJECTORY.pull(gathered, inner, bar)
        for arg, found in gathered.bars.items():
            walker.accumulate(*((time, _first(found)) if arg is times else (arg, found)))

    def _solution(self, node: Node, args: Sequence[Node], state: Node) -> Node:
        """The solution at this time alone."""
        at = self.before + problem_of(node).time
        times = _row(args[at])
        given = (expand_dims(state, axis=1), times, *args[self.before : at], times, *args[at + 1 :])
        found: Node = state.graph.cursor.add(GIVEN_TRAJECTORY, given, node.params)
        return found


def _row(number: Node) -> Node:
    found: Node = number.graph.cursor.add(literal, (number,), ((1,), "float64"))
    return found


def _first(array: Node) -> Node:
    return entry(array, array.graph.constant(0))


class OfEvent(GivenTrajectory):
    """What is known of the events of one function; params ``(key, problem, part, event)``.

    The times of the value are those of the events, of which there may be none, or all times of a
    solution that ends at the event.
    """

    def slopes(self, node: Node, mask: Sequence[bool]) -> Slopes:
        """The slopes of the solution; they are known to what comes after, too."""
        args = node.args[self.before :]
        times, events = node.args[1], args[problem_of(node).time]
        last = times is not events
        found = Slopes(
            node,
            args,
            tuple(mask[self.before :]),
            times if last else any_times(events, args[0]),
            last,
        )
        if found.columns:
            found.made()
        return found


class EventStates(OfEvent):
    """The states at events."""

    def tangent(self, node: Node, args: Sequence[Node], dots: Dots, out: Node) -> Node | None:
        slopes = self.slopes(node, [dot is not None for dot in dots])

        def found() -> tuple[Node]:
            return (in_full(self.tangent_by(node, args, dots, slopes), out),)

        return where_any(_events(node), found, (out,))[0]

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        slopes = self.slopes(node, tuple(map(walker.active, node.args)))

        def back(inside: Any) -> None:
            self.pull_by(inside, node, widened(out_bar, node), slopes)

        pull_where_any(walker, node, _events(node), back)


class EventTimes(OfEvent):
    """The times of events.

    args ``(value, states, times, *args)`` with those of a :class:`Trajectory` without times behind,
    and ``states`` those at the events.
    """

    before = 3

    def tangent(self, node: Node, args: Sequence[Node], dots: Dots, out: Node) -> Node | None:
        there, moved = self._there(node, args, out), [*dots[1:]]
        moved.insert(EVENT_STATES.before + self._time(node), None)
        slopes = EVENT_STATES.slopes(there, [dot is not None for dot in moved])
        change = EVENT_STATES.tangent_by(there, there.args, moved, slopes)
        values = args[self._first(node) :]
        value_dots = dots[self._first(node) :]
        mask = _read(node, [dot is not None and not is_constant(dot, 0) for dot in value_dots])

        def slope(k: Node) -> Node:
            event = _crossed(node, out, there, values, mask, k)
            total: Any = None if change is None else matmul(event.by_state, entry(change, k))
            each = iter(event.by_values)
            for dot, value, taken in zip(value_dots, values, mask, strict=True):
                if taken and dot is not None:
                    term = array_sum(next(each) * in_full(dot, value))
                    total = term if total is None else total + term
            return -(total / event.speed) if total is not None else out.graph.constant(0.0)

        graph = out.graph
        if _is_single(node):

            def found() -> tuple[Node]:
                nodes = (slope(graph.constant(0)),)
                return (graph.cursor.add(literal, nodes, ((1,), None)),)

            return where_any(out, found, (out,))[0]

        def step(k: Node, rows: Node) -> tuple[Node]:
            return (graph.cursor.add(append, (rows, slope(k))),)

        rows = graph.cursor.add(display, (), ("list",))
        return array_of_list(for_each(out, [("rows", rows, SequenceType(FLOAT))], step)[0])

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        there = self._there(node, node.args, node)
        values = node.args[self._first(node) :]
        mask = _read(node, list(map(walker.active, values)))
        active = [value for value, taken in zip(values, mask, strict=True) if taken]

        def bars(k: Node) -> list[Node]:
            event = _crossed(node, node, there, values, mask, k)
            weight = -(entry(out_bar, k) / event.speed)
            return [weight * each for each in (event.by_state, *event.by_values)]

        def step(k: Node, states_bar: Node, *sums: Node) -> tuple[Node, ...]:
            state_bar, *others = bars(k)
            moved = node.graph.cursor.add(index_set, (states_bar, k, state_bar))
            return (moved, *(known + bar for known, bar in zip(sums, others, strict=True)))

        fixed = [arg is not node and walker.active(arg) for arg in there.args]
        slopes = EVENT_STATES.slopes(there, fixed)

        def back(inside: Any) -> None:
            if _is_single(node):
                state_bar, *others = bars(node.graph.constant(0))
                states_bar = expand_dims(state_bar, axis=0)
            else:
                states = [("states_bar", zeros_like(there), there.type)]
                states += [("value_bar", zero_of(value), value.type) for value in active]
                states_bar, *others = for_each(node, states, step)
            EVENT_STATES.pull_by(inside, there, states_bar, slopes)
            for value, bar in zip(active, others, strict=True):
                inside.accumulate(value, bar)

        pull_where_any(walker, node, node, back)

    def _time(self, node: Node) -> int:
        return problem_of(node).time

    def _first(self, node: Node) -> int:
        """The position of the first value that the functions take."""
        problem = problem_of(node)
        return self.before + problem.time + len(problem.given)

    def _there(self, node: Node, args: Sequence[Node], out: Node) -> Node:
        """The states at the events, which move with these."""
        at = self.before + self._time(node)
        leading, others = args[self.before : at], args[at:]
        times = None if args[2] is args[0] else args[2]
        key, problem, _, event = node.params
        return states_at(key, problem, event, args[1], out, times, leading, others)


def _event(node: Node) -> Event:
    event = node.params[3]
    assert isinstance(event, Event)
    return event


def _events(node: Node) -> Node:
    """The times of the events at which there are states."""
    return node.args[EVENT_STATES.before + problem_of(node).time]


def _is_single(node: Node) -> bool:
    """Whether there is one event at most."""
    return _event(node).stops == 1


def _read(node: Node, mask: Sequence[bool]) -> tuple[bool, ...]:
    """Which of the values that are marked the event reads."""
    return tuple(taken and k in _event(node).reads for k, taken in enumerate(mask))


def states_at(
    key: Hashable,
    problem: Any,
    event: Hashable,
    states: Node,
    events: Node,
    times: Node | None,
    leading: Sequence[Node],
    others: Sequence[Node],
) -> Node:
    """States that are known as they move with the times of the events, and with all else.

    ``times`` are all of the solution, if it ends at the event, before this moves.
    """
    graph, solved = events.graph, events
    if times is not None:
        end = graph.cursor.add(BESIDE_ROOT, (leading[1], _last(events, leading[1])))
        args = (times, times, leading[0], end, *leading[2:], *others)
        solved = graph.cursor.add(GIVEN_TRAJECTORY, args, (key, problem, "t"))
    args = (states, solved, *leading, events, *others)
    params = (key, problem._replace(times=True, by_rows=True), "y", event)
    found: Node = graph.cursor.add(EVENT_STATES, args, params)
    return found


def _last(events: Node, otherwise: Node) -> Node:
    """The time of the last event; where there is none, another one."""

    def found() -> tuple[Node]:
        return (entry(events, events.graph.constant(-1)),)

    return where_any(events, found, (otherwise,), lambda node: node)[0]


class _Crossed(NamedTuple):
    """The slopes of an event's function by the state and by values, and along the solution."""

    by_state: Node
    by_values: Sequence[Node]
    speed: Node


def _crossed(
    node: Node, times: Node, there: Node, values: Sequence[Node], mask: Sequence[bool], k: Node
) -> _Crossed:
    graph, event = times.graph, times.graph.functions[_event(node).key]
    moving = (True, True, *mask)
    refuse_jumps(node, event, 1, moving, "an event")
    at, state = entry(times, k), entry(there, k)
    given = (at, state, *values)
    rate = _called(graph, node.params[0], given, state.type)
    value = _called(graph, event.key, given, FLOAT)
    types = [each.type for each, taken in zip(values, mask, strict=True) if taken]
    by_time, by_state, *by_values = INVOKE._derived(
        value,
        "pullback",
        (*given, graph.constant(1.0)),
        moving,
        (FLOAT, state.type, *types),
    )
    speed: Node = by_time + matmul(by_state, rate)
    for each, name in ((by_time, "by_time"), (by_state, "by_state"), (speed, "speed")):
        graph.names.setdefault(each, f"{event.name}_{name}")
    with graph.like(node):
        raise_where(equal(speed, graph.constant(0.0)), raised(graph, GRAZED))
    return _Crossed(by_state, by_values, speed)


def _called(graph: Graph, key: Hashable, args: Sequence[Node], type: Type) -> Node:
    op = INVOKE_EFFECT if graph.functions[key].raises else INVOKE
    return graph.cursor.add(op, tuple(args), (key, 0), type)


GIVEN_TRAJECTORY = GivenTrajectory("given_trajectory", cost=Cost.FREE, domain=(), raises=False)
GIVEN_STATE = GivenState("given_state", cost=Cost.FREE, domain=(), raises=False)
EVENT_STATES = EventStates("event_states", cost=Cost.FREE, domain=(), raises=False)
EVENT_TIMES = EventTimes("event_times", cost=Cost.FREE, domain=(), raises=False)
GIVEN = (GIVEN_TRAJECTORY, GIVEN_STATE, EVENT_STATES, EVENT_TIMES)
