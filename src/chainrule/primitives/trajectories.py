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

SOLVE_IVP, ODEINT = "scipy.integrate.solve_ivp", "scipy.integrate.odeint"


class Problem(NamedTuple):
    """How an initial value problem is put to SciPy.

    ``starts`` is how many numbers the start is written as, 0 where it is an array; ``times`` is
    whether the times are given at which the solution is wanted; ``time_first`` is the order of
    the function's first two arguments.  ``options`` are numbers and words, and ``given`` the names
    of those options that are arguments.
    """

    dotted: str
    starts: int
    times: bool
    time_first: bool
    options: tuple[tuple[str, Any], ...]
    given: tuple[str, ...] = ()

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
        return {name: f"_0_.{name}" for name in ("t", "y", *REPORTS)} if self.ends else {}

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
        if node.params[2] == "t":
            return _times_dot(problem_of(node), dots, out)
        from chainrule.primitives.variational import MovingTimes, Slopes

        mask = tuple(dot is not None for dot in dots)
        slopes = Slopes(node, args, mask)
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

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        from chainrule.primitives.variational import MovingTimes, Slopes

        problem = problem_of(node)
        mask = tuple(map(walker.active, node.args))
        out_bar = widened(out_bar, node)
        if node.params[2] == "t":
            _pull_times(walker, problem, node, out_bar)
            return
        slopes = Slopes(node, node.args, mask)
        for columns in slopes.columns:
            arg = node.args[columns.position]
            if walker.active(arg):
                walker.accumulate(arg, slopes.against(columns, out_bar))
        MovingTimes(node, node.args, slopes).pull(walker, out_bar)


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
        return REPORTS[str(params[2])]


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


def part_of(graph: Graph, key: Hashable, problem: Problem, part: str, args: Sequence[Node]) -> Node:
    """The states or the times of a solution, or what the solver tells of it."""
    raises = graph.functions[key].raises
    told = part in REPORTS
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


def _pull_times(walker: Any, problem: Problem, node: Node, out_bar: Node) -> None:
    if problem.times:
        walker.accumulate(node.args[problem.time], out_bar)
        return
    for k, end in ((0, node.args[0]), (-1, node.args[1])):
        if walker.active(end):
            at = node.graph.constant(k)
            walker.accumulate(end, node.graph.cursor.add(index, (out_bar, at)))


TRAJECTORY = Trajectory("trajectory", cost=20 * COST, domain=())
TRAJECTORY_EFFECT = with_effect(Trajectory("trajectory_effect", cost=20 * COST, domain=()))
TRAJECTORY.lengths = TRAJECTORY_EFFECT.lengths = _lengths
REPORT = Report("report", cost=20 * COST, domain=())
REPORT_EFFECT = with_effect(Report("report_effect", cost=20 * COST, domain=()))
TRAJECTORIES = (TRAJECTORY, TRAJECTORY_EFFECT, REPORT, REPORT_EFFECT)
