"""Functions that solvers take beside the right side: its Jacobian, and events.

When events happen, the states there, and where they end the solution; dense output.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, array_of, unit_axes_of
from chainrule.lift.arrays.updates import bound
from chainrule.lift.scipy.apart import with_values_of_all
from chainrule.lift.values import ObjectBox, Static, TupleValue, Value
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.custom import stopped
from chainrule.primitives.declare import NUMBERS
from chainrule.primitives.events import EVENT_TIMES, GIVEN_STATE, GIVEN_TRAJECTORY, states_at
from chainrule.primitives.functionals import BESIDE_ROOT
from chainrule.primitives.sequence import index
from chainrule.primitives.trajectories import Event, Problem, part_of

Arguments = list[Value]
Keywords = dict[str, Value]
Apart = tuple[Function, tuple[Node, ...]]


class GivenEvent(NamedTuple):
    """A function that SciPy is given as an event, and what its attributes tell."""

    function: Value
    stops: int
    attributes: tuple[tuple[str, Any], ...]


def given_events(lifter: Any, value: Value, node: ast.AST) -> list[GivenEvent]:
    """The functions of ``events=``: one, or several in a row."""
    value = lifter.read(value)
    known, none = lifter.static_value(value)
    if known and none is None:
        return []
    items = lifter.known_items(value) if lifter.is_container(value) else [value]
    if items is None:
        raise lifter.unsupported(
            "`events` of which only the run tells how many there are",
            "Write them in a row.",
            node,
        )
    return [_given_event(lifter, item, node) for item in items]


def _given_event(lifter: Any, value: Value, node: ast.AST) -> GivenEvent:
    found = []
    for name, default in (("terminal", False), ("direction", 0)):
        given = [value, Static(name), Static(default)]
        known, told = lifter.static_value(lifter.call(Static(getattr), given, {}, node))
        if not known or not isinstance(told, (bool, int, float)):
            raise lifter.unsupported(
                f"an event whose `{name}` the run tells", "Set it to a number.", node
            )
        if told != default:
            found.append((name, told))
    return GivenEvent(value, int(dict(found).get("terminal", 0)), tuple(found))


def given_jacobian(lifter: Any, value: Value, name: str, node: ast.AST) -> Value | None:
    """The function that gives the Jacobian of the right side; None where there is none."""
    value = lifter.read(value)
    known, none = lifter.static_value(value)
    if known and none is None:
        return None
    if lifter.is_container(value) or lifter.is_array(value):
        raise lifter.unsupported(
            f"a Jacobian of `{name}` that is no function",
            "Write it as a function, or leave it out: the solver then finds it itself.",
            node,
        )
    return value


def functions_beside(
    lifter: Any,
    problem: Problem,
    right_side: Apart,
    events: Sequence[GivenEvent],
    jacobian: Value | None,
    with_values: Callable[..., Apart],
    node: ast.AST,
) -> tuple[Problem, tuple[Node, ...]]:
    """The problem with its events and its Jacobian, and the values that all functions take."""

    def number(value: Value) -> Node:
        found: Node = lifter.node(value)
        if found.type != FLOAT:
            raise lifter.unsupported(
                "an event that gives no float", "Let it return one number of the state.", node
            )
        return found

    made = [right_side]
    for event in events:
        function, own = with_values(value=event.function, result=number, named="event")
        function.attributes = event.attributes
        made.append((function, own))
    if jacobian is not None:
        matrix = lifter.array_node
        made.append(with_values(value=jacobian, result=matrix, named="jacobian"))
        problem = problem._replace(jacobian=made[-1][0].key)
    values = with_values_of_all(made, 2)
    found = []
    for event, (function, own) in zip(events, made[1:], strict=False):
        reads = frozenset(k for k, value in enumerate(values) if value in own)
        found.append(Event(function.key, event.stops, reads))
    return problem._replace(events=tuple(found)), values


class Curve(NamedTuple):
    """A solution that is read at any time, and what goes into it before and behind the times."""

    node: Node
    params: tuple[Any, ...]
    leading: tuple[Node, ...]
    others: tuple[Node, ...]

    def read(self, lifter: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        """``solution.sol(t)``."""
        given = bound(("t",), args, keywords)
        if set(given) != {"t"}:
            raise lifter.unsupported("this call of `sol`", "Call it as sol(t).", node)
        times = lifter.array_node(given["t"])
        axes = unit_axes_of(times.type)
        if len(axes) > 1 or not (axes or times.type in NUMBERS):
            raise lifter.unsupported(
                "a solution read at times that are no number and no row of numbers",
                "Read it at an array of one axis.",
                node,
            )
        problem = self.params[1]
        start = problem.start((*self.leading, times, *self.others))
        state = (problem.starts == 1,) if problem.starts else unit_axes_of(start[0].type)
        kind = array_of("float64", (*state, *axes))
        asked = lifter.primitive(stopped, times)
        value = lifter.verbatim("_0_(_1_)", self.node, asked, type=kind, pure=True, carries=False)
        op = GIVEN_TRAJECTORY if axes else GIVEN_STATE
        known = (value, times, *self.leading, times, *self.others)
        return lifter.boxed(lifter.block.add(op, known, self.params))


class Events:
    """What is known of a solution with events."""

    def __init__(
        self, lifter: Any, function: Function, problem: Problem, args: tuple[Node, ...]
    ) -> None:
        self.lifter, self.graph = lifter, lifter.graph
        self.function, self.problem, self.args = function, problem, args

    def parts(self) -> dict[str, Value]:
        """The parts of what SciPy returns that hang on events, by name."""
        ended = [k for k, event in enumerate(self.problem.events) if event.stops]
        end = self._known_end(ended)
        if not self.problem.events:
            return self._curve(end)
        times = [self._times(k, end) for k in range(len(self.problem.events))]
        states = [self._states(k, end, each) for k, each in enumerate(times)]
        found: dict[str, Value] = {
            **self._curve(end),
            "t_events": TupleValue(tuple(map(self.lifter.boxed, times))),
            "y_events": TupleValue(tuple(map(self.lifter.boxed, states))),
        }
        if ended:
            moving = self.graph.cursor.add(BESIDE_ROOT, (end, self._end(ended, times)))
            found.update(self._solution(end, moving))
        return found

    def _curve(self, end: Node) -> dict[str, Value]:
        """What ``dense_output=True`` gives, to be read at any time."""
        if "sol" not in self.problem.read:
            return {}
        found = self._part("sol")
        box = ObjectBox(None, sys.modules["scipy.integrate"].OdeSolution, found)
        params = (self.function.key, self.problem.alone(times=True), "y")
        self.lifter.curves[box] = Curve(found, params, *self._others(end))
        return {"sol": box}

    def _part(self, name: str) -> Node:
        key, problem = self.function.key, self.problem
        found = part_of(self.graph, key, problem, name, self.args, told=True)
        if name.startswith("ended"):
            self.graph.names.setdefault(found, "ended")
        return found

    def _named(self, node: Node, prefix: str, k: int) -> Node:
        event = self.graph.functions[self.problem.events[k].key]
        self.graph.names.setdefault(node, f"{prefix}_{event.name}")
        return node

    def _entry(self, array: Node, position: int) -> Node:
        entry: Node = self.graph.cursor.add(index, (array, self.graph.constant(position)))
        return entry

    def _others(self, end: Node) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """What goes into the solution before and behind the times, ending at ``end``."""
        problem = self.problem
        first = problem.time + problem.times
        return (self.args[0], end, *self.args[2 : problem.time]), self.args[first:]

    def _times(self, k: int, end: Node) -> Node:
        leading, others = self._others(end)
        known = self._named(self._part(f"t_events[{k}]"), "t", k)
        states = self._named(self._part(f"y_events[{k}]"), "y", k)
        params = (self.function.key, self.problem.alone(times=False), "t", self.problem.events[k])
        every = self._all_times(k)
        args = (known, states, known if every is None else every, *leading, *others)
        return self._named(self.graph.cursor.add(EVENT_TIMES, args, params), "t", k)

    def _all_times(self, k: int) -> Node | None:
        """All times of the solution, where its last is the only one of an event."""
        alone = self.problem.events[k].stops == 1 and not self.problem.times
        return self._part("t") if alone else None

    def _states(self, k: int, end: Node, times: Node) -> Node:
        states, problem = self._part(f"y_events[{k}]"), self.problem.alone(times=False)
        event, known = self.problem.events[k], self._all_times(k)
        key, (leading, others) = self.function.key, self._others(end)
        found = states_at(key, problem, event, states, times, known, leading, others)
        return self._named(found, "y", k)

    def _known_end(self, ended: Sequence[int]) -> Node:
        """Where the solver has stopped."""
        if not ended:
            return self.args[1]
        if not self.problem.times:
            return self._entry(self._part("t"), -1)
        return self._end(ended, [self._part(f"t_events[{k}]") for k in range(max(ended) + 1)])

    def _end(self, ended: Sequence[int], times: Sequence[Node]) -> Node:
        """The last time of the event that has ended the solution, or the end that was given."""
        if not ended:
            return self.args[1]
        first, *rest = ended
        found: Node = self.lifter.node(
            self.lifter.choose(
                self._part(f"ended[{first}]"),
                lambda: self._entry(times[first], -1),
                lambda: self._end(rest, times),
                "expression",
            )
        )
        return found

    def _solution(self, end: Node, moving: Node) -> dict[str, Value]:
        """Times and states, of which the last move with the end."""
        problem, key = self.problem, self.function.key
        times, states = self._part("t"), self._part("y")
        leading, others = self._others(moving)
        between: tuple[Node, ...] = ()
        if problem.times:
            asked = self.args[problem.time]
            leading = self._others(end)[0]
            between = (part_along(asked, 0, 0, dimension(times, axis=0)),)
        args = (*leading, *between, *others)
        params = (key, problem.alone(problem.times))
        at: Node = self.graph.cursor.add(GIVEN_TRAJECTORY, (times, times, *args), (*params, "t"))
        found = self.graph.cursor.add(
            GIVEN_TRAJECTORY, (states, *(between or (at,)), *args), (*params, "y")
        )
        for node, name in ((times, "t"), (states, "y"), (at, "t"), (found, "y")):
            self.graph.names.setdefault(node, name)
        return {"t": self.lifter.boxed(at), "y": self.lifter.boxed(found)}
