"""Solutions of initial value problems: SciPy's ``solve_ivp`` and ``odeint``.

The slopes of a solution y' = f(t, y, p) by what it starts from and by its parameters satisfy the
variational equations S' = f_y S + f_p (Hairer, Norsett and Wanner, *Solving Ordinary Differential
Equations I*, I.14).  They are integrated beside the solution by the same solver with the same
options, so that they are as accurate as these ask for; that system is again such a problem, so that
derivatives of any order follow.  By the time at which it is read a solution has the slope f.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, INT, OPAQUE, Array, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.creation import zeros_like
from chainrule.primitives.arrays.lengths import Length, Lengths, Of, unknown
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.declare import Flat, Primitive, is_constant
from chainrule.primitives.invoke import COST, with_effect
from chainrule.primitives.sequence import index, index_set

# Options for more to be told.
MORE = ("dense_output", "full_output")
SOLVE_IVP, ODEINT = "scipy.integrate.solve_ivp", "scipy.integrate.odeint"


class Event(NamedTuple):
    """A function of time and state whose zeros SciPy looks for.

    ``stops`` is at which of its zeros the solution ends, 0 where it goes on behind all; ``reads``
    are the positions of those values that it reads.
    """

    key: Hashable
    stops: int
    reads: frozenset[int]


class Problem(NamedTuple):
    """How an initial value problem is put to SciPy.

    ``starts`` is how many numbers the start is written as, 0 where it is an array; ``times`` is
    whether the times are given at which the solution is wanted; ``time_first`` is the order of
    the function's first two arguments.  ``options`` are numbers and words, and ``given`` the names
    of those options that are arguments.  ``events``, and ``jacobian``, the key of a function,
    take the same values as the function; ``unread`` are the positions among the values of those
    that only they read.  ``by_rows`` is whether the states have a row for each time, other than the
    solver gives them.
    """

    dotted: str
    starts: int
    times: bool
    time_first: bool
    options: tuple[tuple[str, Any], ...]
    given: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    unread: tuple[int, ...] = ()
    jacobian: Hashable = None
    by_rows: bool = False

    def alone(self, times: bool) -> Problem:
        """The problem without what does not count for the slopes of its solution."""
        options = tuple(each for each in self.options if each[0] not in MORE)
        return self._replace(times=times, options=options, events=(), jacobian=None)

    @property
    def handed(self) -> list[tuple[str, Hashable]]:
        """The keys of further functions that SciPy is given, by keyword."""
        found: list[tuple[str, Hashable]] = [("events", event.key) for event in self.events]
        if self.jacobian is not None:
            found.append(("jac" if self.ends else "Dfun", self.jacobian))
        return found

    @property
    def ends(self) -> int:
        """How many arguments tell where time begins and ends."""
        return 2 if self.dotted == SOLVE_IVP else 0

    @property
    def own(self) -> int:
        """How many arguments are SciPy's own."""
        return self.time + self.times + len(self.given)

    @property
    def read(self) -> dict[str, str]:
        """How the parts of what SciPy returns are read out of it; none where it is the solution."""
        names = [f"{name}_events[{k}]" for name in "ty" for k in range(len(self.events))]
        if not self.ends:
            whole = ("full_output", True) in self.options
            return {"y": "_0_[0]", "info": "_0_[1]"} if whole else {}
        names += ["sol"] if ("dense_output", True) in self.options else []
        found = {name: f"_0_.{name}" for name in ("t", "y", *REPORTS, *names)}
        stopping = [k for k, event in enumerate(self.events) if event.stops]
        for k in stopping:
            times = f"_0_.t_events[{k}].size == {self.events[k].stops}"
            found[f"ended[{k}]"] = "_0_.status == 1" if len(stopping) == 1 else times
        return found

    @property
    def time(self) -> int:
        """The position of the times among the arguments."""
        return self.ends + (self.starts or 1)

    @property
    def state(self) -> int:
        """The position of the state among the arguments of the user's function."""
        return int(self.time_first)

    @property
    def along(self) -> int:
        """The axis of the solution that runs over the states; time runs over the other."""
        return 1 if self.by_rows else self.solved_along

    @property
    def solved_along(self) -> int:
        """That axis of what the solver gives."""
        return 0 if self.dotted == SOLVE_IVP else 1

    def start(self, args: Sequence[Any]) -> Sequence[Any]:
        """Those of ``args`` that the solution starts from."""
        return args[self.ends : self.ends + (self.starts or 1)]

    def layout(self) -> str:
        """The arguments as they are written, behind the function, which is ``_0_``."""
        first = self.ends + 1
        start = f"_{first}_"
        if self.starts:
            start = f"[{', '.join(f'_{first + k}_' for k in range(self.starts))}]"
        words = ["_0_", *(["(_1_, _2_)"] if self.ends else []), start]
        if self.times:
            words.append(f"{'t_eval=' if self.ends else ''}_{self.time + 1}_")
        first = self.time + self.times + 1
        words += [f"{name}=_{first + k}_" for k, name in enumerate(self.given)]
        return ", ".join(words)


class Trajectory(Primitive):
    """The states, or the times, of a solution.

    args ``(*ends, *start, *times, *options, *values)`` with ``values`` what the user's function
    takes after time and state; params ``(key, problem, part)`` with the key of that function and
    ``part`` ``"y"`` or ``"t"``.
    """

    door = "functional"
    # How many arguments stand before those of the problem.
    before = 0

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        problem, part = params[1], params[2]
        assert isinstance(problem, Problem)
        times = unit_axes_of(args[problem.time].type) if problem.times else (False,)
        if part == "t":
            given = args[problem.time].type if problem.times else None
            return given if isinstance(given, Array) else array_of("float64", times)
        (start, *_) = problem.start(args)
        states = (problem.starts == 1,) if problem.starts else unit_axes_of(start.type)
        both = (*states, *times) if problem.along == 0 else (*times, *states)
        return array_of("float64", both)

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        whole, whole_dots, times = args, dots, self.times(args)
        args, dots = args[self.before :], dots[self.before :]
        if node.params[2] == "t":
            return _times_dot(problem_of(node), dots, out)
        from chainrule.primitives.variational import Slopes

        mask = tuple(dot is not None for dot in dots)
        slopes = Slopes(node, args, mask, times)
        return self.tangent_by(node, whole, whole_dots, slopes)

    def tangent_by(self, node: Node, args: Sequence[Node], dots: Any, slopes: Any) -> Node | None:
        """The tangent of the states by their slopes."""
        from chainrule.primitives.moving_times import MovingTimes

        args, dots = args[self.before :], dots[self.before :]
        total: Any = None
        for columns in slopes.columns:
            dot = dots[columns.position]
            if dot is None or is_constant(dot, 0):
                continue
            term = slopes.along(columns, widened(dot, args[columns.position]))
            total = term if total is None else total + term
        for term in MovingTimes(node, args, slopes).tangents(dots):
            total = term if total is None else total + term
        found: Node | None = total
        return found

    def times(self, args: Sequence[Node]) -> Node | None:
        """The times at which the solution is known; None where the solver is to be asked."""
        return None

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        from chainrule.primitives.variational import Slopes

        times, args = self.times(node.args), node.args[self.before :]
        mask = tuple(map(walker.active, args))
        out_bar = widened(out_bar, node)
        if node.params[2] == "t":
            _pull_times(walker, problem_of(node), args, out_bar)
            return
        self.pull_by(walker, node, out_bar, Slopes(node, args, mask, times))

    def pull_by(self, walker: Any, node: Node, out_bar: Node, slopes: Any) -> None:
        """Hand on the adjoint of the states by their slopes."""
        from chainrule.primitives.moving_times import MovingTimes

        args = node.args[self.before :]
        for columns in slopes.columns:
            arg = args[columns.position]
            if walker.active(arg):
                walker.accumulate(arg, slopes.against(columns, out_bar))
        MovingTimes(node, args, slopes).pull(walker, out_bar)


def _lengths(node: Node, of: Of) -> Lengths:
    """States as many as there are at the start, at as many times as are asked for."""
    problem = problem_of(node)
    along = 0 if node.params[2] == "t" else 1 - problem.along
    times = of(node.args[problem.time])[0] if problem.times else unknown(node, along)
    if node.params[2] == "t":
        return (times,)
    (start, *_) = problem.start(node.args)
    states = Length(problem.starts) if problem.starts else of(start)[0]
    return (states, times) if problem.along == 0 else (times, states)


class Report(Flat):
    """What a solver tells besides the solution; args and params as of :class:`Trajectory`."""

    door = "functional"
    broadcasts = False

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        name, _, place = str(params[2]).partition("[")
        if name in REPORTS or name in ("sol", "info"):
            return REPORTS.get(name, OPAQUE)
        if not place:
            return TRAJECTORY.infer(args, params)
        if name == "ended":
            return BOOL
        (state, _) = unit_axes_of(TRAJECTORY.infer(args, (*params[:2], "y")))
        return array_of("float64", (False,) if name == "t_events" else (False, state))


REPORTS: dict[str, Type] = {
    "success": BOOL,
    "message": OPAQUE,
    **dict.fromkeys(("status", "nfev", "njev", "nlu", "nit"), INT),
}


def problem_of(node: Node) -> Problem:
    """How the problem of a trajectory is put."""
    problem = node.params[1]
    assert isinstance(problem, Problem)
    return problem


def part_of(
    graph: Graph,
    key: Hashable,
    problem: Problem,
    part: str,
    args: Sequence[Node],
    told: bool = False,
) -> Node:
    """The states or the times of a solution, or what the solver tells of it.

    States and times that are ``told`` are taken as they are.
    """
    keys = (key, *(each for _, each in problem.handed))
    raises = any(graph.functions[each].raises for each in keys)
    told = told or part not in ("t", "y")
    op = (
        (REPORT_EFFECT if told else TRAJECTORY_EFFECT) if raises else REPORT if told else TRAJECTORY
    )
    return graph.cursor.add(op, tuple(args), (key, problem, part))


def _times_dot(problem: Problem, dots: Sequence[Node | None], out: Node) -> Node | None:
    """The tangent of the times: those that a solver chooses stay between the ends."""
    if problem.times:
        return dots[problem.time]
    graph, found = out.graph, None
    for k, dot in ((0, dots[0]), (-1, dots[1])):
        if dot is not None:
            found = zeros_like(out) if found is None else found
            found = graph.cursor.add(index_set, (found, graph.constant(k), dot))
    return found


def _pull_times(walker: Any, problem: Problem, args: Sequence[Node], out_bar: Node) -> None:
    graph = out_bar.graph
    if problem.times:
        walker.accumulate(args[problem.time], out_bar)
        return
    for k, end in ((0, args[0]), (-1, args[1])):
        if walker.active(end):
            walker.accumulate(end, graph.cursor.add(index, (out_bar, graph.constant(k))))


TRAJECTORY = Trajectory("trajectory", cost=20 * COST, domain=())
TRAJECTORY_EFFECT = with_effect(Trajectory("trajectory_effect", cost=20 * COST, domain=()))
TRAJECTORY.lengths = TRAJECTORY_EFFECT.lengths = _lengths
REPORT = Report("report", cost=20 * COST, domain=())
REPORT_EFFECT = with_effect(Report("report_effect", cost=20 * COST, domain=()))
TRAJECTORIES = (TRAJECTORY, TRAJECTORY_EFFECT, REPORT, REPORT_EFFECT)
