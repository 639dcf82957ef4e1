"""Initial value problems: ``solve_ivp`` and ``odeint``."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Type, array_of, unit_axes_of
from chainrule.lift.containers.methods import Methods
from chainrule.lift.scipy.apart import apart, further_arguments, settled_options, start_of
from chainrule.lift.scipy.events import (
    Events,
    GivenEvent,
    functions_beside,
    given_events,
    given_jacobian,
)
from chainrule.lift.values import Poison, Static, TupleValue, Value
from chainrule.primitives.arrays.creation import literal
from chainrule.primitives.declare import NUMBERS
from chainrule.primitives.trajectories import ODEINT, REPORTS, SOLVE_IVP, Problem, part_of

Arguments = list[Value]
Keywords = dict[str, Value]


class Solved(NamedTuple):
    """What is understood of the result of ``solve_ivp``."""

    t: Any
    y: Any
    success: Any
    message: Any
    status: Any
    nfev: Any
    njev: Any
    nlu: Any
    sol: Any
    t_events: Any
    y_events: Any


IVP = ("fun", "t_span", "y0", "method", "t_eval", "dense_output", "events", "vectorized", "args")
IVP_OPTIONS = (
    "dense_output", "method", "rtol", "atol", "max_step", "first_step", "min_step", "lband",
    "uband",
)  # fmt: skip
ODE = (
    "func", "y0", "t", "args", "Dfun", "col_deriv", "full_output", "ml", "mu", "rtol", "atol",
    "tcrit", "h0", "hmax", "hmin", "ixpr", "mxstep", "mxhnil", "mxordn", "mxords", "printmessg",
    "tfirst",
)  # fmt: skip
ODE_OPTIONS = ("rtol", "atol", "h0", "hmax", "hmin", "mxstep", "mxhnil", "mxordn", "mxords",
               "tfirst", "full_output")  # fmt: skip
JACOBIANS = {SOLVE_IVP: "jac", ODEINT: "Dfun"}
REMEDIES = {
    "vectorized": "Leave it out.",
    "jac_sparsity": "Leave it out.",
}


def solve_ivp(lifter: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``solve_ivp(fun, t_span, y0, ...)``."""
    given = _given(lifter, "solve_ivp", IVP, ("fun", "t_span", "y0"), args, keywords, node)
    ends = lifter.known_items(given.pop("t_span"))
    if ends is None or len(ends) != 2:
        raise lifter.unsupported(
            "`t_span` that is no pair of numbers", "Write it as (start, end).", node
        )
    span = [_number(lifter, end, "t_span", node) for end in ends]
    times = given.pop("t_eval", Static(None))
    known, none = lifter.static_value(times)
    at = [] if known and none is None else [_times(lifter, times, node)]
    events = given_events(lifter, given.pop("events", Static(None)), node)
    function, problem, all_args = _problem(
        lifter, SOLVE_IVP, given, given.pop("fun"), span, at, IVP_OPTIONS, True, node, events
    )
    found = Events(lifter, function, problem, all_args)
    beside = found.parts()

    def part(name: str) -> Value:
        if name in beside:
            return beside[name]
        found = part_of(lifter.graph, function.key, problem, name, all_args)
        if name in ("t", "y"):
            lifter.graph.names.setdefault(found, name)
        return lifter.boxed(found)

    refusal = lifter.unsupported(
        "what `solve_ivp` gives besides the solution is used", "Use `.t` and `.y`.", node
    )
    known_parts = ("t", "y", *REPORTS, *beside)
    parts = [part(name) if name in known_parts else Poison(refusal) for name in Solved._fields]
    return TupleValue(tuple(parts), Solved)


def odeint(lifter: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``odeint(func, y0, t, ...)``."""
    given = _given(lifter, "odeint", ODE, ("func", "y0", "t"), args, keywords, node)
    first = lifter.static_value(given.get("tfirst", Static(False)))[1] is True
    at = [_times(lifter, given.pop("t"), node)]
    function, problem, all_args = _problem(
        lifter, ODEINT, given, given.pop("func"), [], at, ODE_OPTIONS, first, node
    )
    names = list(problem.read) or ["y"]
    parts = [part_of(lifter.graph, function.key, problem, name, all_args) for name in names]
    found = tuple(map(lifter.boxed, parts))
    return TupleValue(found) if problem.read else found[0]


def _given(
    lifter: Methods,
    name: str,
    names: tuple[str, ...],
    needed: tuple[str, ...],
    args: Arguments,
    keywords: Keywords,
    node: ast.AST,
) -> Keywords:
    given = {**dict(zip(names, args, strict=False)), **keywords}
    if not set(needed) <= set(given):
        raise lifter.unsupported(
            f"this call of `{name}`", f"Call it with: {', '.join(needed)}.", node
        )
    for option, remedy in REMEDIES.items():
        known, found = lifter.static_value(given.pop(option, Static(None)))
        if not known or found not in (None, False, 0):
            raise lifter.unsupported(f"`{name}` with `{option}`", remedy, node)
    return given


def _problem(
    lifter: Any,
    dotted: str,
    given: Keywords,
    function: Value,
    span: list[Node],
    times: list[Node],
    options: tuple[str, ...],
    time_first: bool,
    node: ast.AST,
    events: Sequence[GivenEvent] = (),
) -> tuple[Any, Problem, tuple[Node, ...]]:
    """The function apart, how the problem is put, and all that goes into it."""
    name = dotted.rpartition(".")[2]
    start = start_of(lifter, given.pop("y0"), name, name == "odeint", node)
    state = array_of("float64", (len(start) == 1,) if len(start) > 1 or start[0].type in NUMBERS
                     else unit_axes_of(start[0].type))  # fmt: skip
    extras = further_arguments(lifter, given.pop("args", Static(())))
    jacobian = given_jacobian(lifter, given.pop(JACOBIANS[dotted], Static(None)), name, node)
    for option in given:
        if option not in options:
            raise lifter.unsupported(f"`{name}` with `{option}`", "Leave it out.", node)
        if lifter.is_container(given[option]):
            raise lifter.unsupported(
                f"`{name}` with several numbers as `{option}`", "Give it one number.", node
            )
    settled, named = settled_options(lifter, given, node)

    def slopes(value: Value) -> Node:
        return _slopes(lifter, value, state, node)

    variables = [FLOAT, state] if time_first else [state, FLOAT]
    starts = len(start) if start[0].type in NUMBERS else 0
    lengths = [None, starts] if time_first else [starts, None]
    made, values = apart(lifter, function, variables, extras, slopes, "right_side", node, lengths)
    problem = Problem(dotted, starts, bool(times), time_first, settled, tuple(named))
    if events or jacobian is not None:
        read = set(values)
        with_values = functools.partial(
            apart, lifter, variables=variables, extras=extras, node=node, lengths=lengths
        )
        problem, values = functions_beside(
            lifter, problem, (made, values), events, jacobian, with_values, node
        )
        unread = tuple(k for k, value in enumerate(values) if value not in read)
        problem = problem._replace(unread=unread)
    return made, problem, (*span, *start, *times, *named.values(), *values)


def _slopes(lifter: Any, value: Value, state: Type, node: ast.AST) -> Node:
    """What a right side returns, as an array."""
    found: Node = lifter.array_node(value)
    single = unit_axes_of(state) == (True,)
    if found.type in NUMBERS and single:
        found = lifter.graph.cursor.add(literal, (found,), ((1,), None))
    if len(unit_axes_of(found.type)) != 1 or unit_axes_of(found.type) == (True,) != (single,):
        raise lifter.unsupported(
            "a right side that does not give one slope for each state",
            "Let it return an array or a list of them.",
            node,
        )
    if not found.type.differentiable:
        raise lifter.unsupported("a right side that gives ints", "Let it return floats.", node)
    return found


def _number(lifter: Any, value: Value, what: str, node: ast.AST) -> Node:
    found: Node = lifter.node(value)
    if found.type not in NUMBERS:
        raise lifter.unsupported(f"`{what}` that is no number", "Give numbers.", node)
    return found


def _times(lifter: Any, value: Value, node: ast.AST) -> Node:
    found: Node = lifter.array_node(value)
    if not isinstance(found.type, Array) or len(unit_axes_of(found.type)) != 1:
        raise lifter.unsupported(
            "times that are no array of one axis", "Give them as np.linspace(...).", node
        )
    return found
