"""The slopes of a solution by what it starts from, by its parameters and by time.

See :mod:`chainrule.primitives.trajectories`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.function import Function, StateLayout
from chainrule.graph.node import Node
from chainrule.graph.types import Sequence as SequenceType
from chainrule.graph.types import array_of, unit_axes_of
from chainrule.primitives.arithmetic import greater, logical_not
from chainrule.primitives.arrays.creation import eye, literal, zeros
from chainrule.primitives.arrays.indexing import entry_along, part_along, section
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.products import einsum_of
from chainrule.primitives.arrays.rearranging import pad
from chainrule.primitives.arrays.reductions import array_max, array_sum
from chainrule.primitives.arrays.shaping import (
    concatenate,
    dimension,
    ravel,
    reshape,
    reshape_like,
    size_of,
    transpose,
)
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.control import raise_where, raised
from chainrule.primitives.declare import TABLE, Flat, constant_value, is_constant
from chainrule.primitives.event_loops import entry, for_each
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT, Invoke
from chainrule.primitives.jumps import moving_kinks, order_of, own_function
from chainrule.primitives.sequence import index
from chainrule.primitives.switches import Place, gap, places_of, settled
from chainrule.primitives.trajectories import Event, part_of, problem_of

MASK = tuple[bool, ...]
# Up to so many numbers the solution and its slopes start from are written out.
WRITTEN_START = 24
# So many comparisons of a right side are watched; and jumps of it that change the solution by a
# smaller part than this are none.
MOST_SWITCHES = 4
NEGLIGIBLE = 1e-8
JUMPING = "the right side jumps where it switches: no slope is known"
FAILED = "raise ArithmeticError('the sensitivities could not be integrated')"


class Columns(NamedTuple):
    """Where the slopes by one argument stand among all slopes."""

    position: int
    first: Any
    count: Any


class Slopes:
    """The slopes of a solution by those arguments that are marked, beside each other."""

    def __init__(
        self,
        node: Node,
        args: Sequence[Node],
        mask: MASK,
        times: Node | None = None,
        last: bool = False,
    ) -> None:
        self.node, self.graph, self.args = node, node.graph, args
        # The times at which the solver is asked, and whether only the last of them counts.
        self.times, self.last = times, last
        self.problem = problem_of(node)
        self.function = self.graph.functions[node.params[0]]
        self.states = self._states()
        self.columns = self._laid_out(mask)
        self.count = self.columns[-1].first + self.columns[-1].count if self.columns else 0
        self._made: Node | None = None

    def _states(self) -> Any:
        """How many states there are."""
        (start, *_) = self.problem.start(self.args)
        known = self.problem.starts or states_of(self.function) or lengths_of(start)[0].known
        if known:
            return known
        count = dimension(start, axis=0)
        return int(constant_value(count)) if is_constant(count) else count

    def _laid_out(self, mask: MASK) -> list[Columns]:
        problem, found = self.problem, list[Columns]()
        first: Any = 0
        start = range(problem.ends, problem.ends + (problem.starts or 1))
        begins = problem.ends == 2 and mask[0]
        begins = begins or (problem.ends == 0 and mask[problem.time])
        whole = begins or not all(map(self._is_number, _marked(self.args, mask, problem.own)))
        if any(mask[k] for k in start) or begins:
            for k in start:
                if mask[k] or whole or not problem.starts:
                    count = 1 if problem.starts else self.states
                    found.append(Columns(k, first, count))
                    first = first + count
        for k in range(problem.own, len(self.args)):
            if mask[k] and k - problem.own not in problem.unread:
                count = 1 if self._is_number(self.args[k]) else size_of(self.args[k])
                found.append(Columns(k, first, count))
                first = first + count
        return found

    def _is_number(self, value: Node) -> bool:
        if isinstance(value.type, SequenceType) or not value.type.differentiable:
            raise UnsupportedError(
                "an initial value problem with a list that is differentiated by",
                remedy="Make an array of it before.",
                position=self.node.origin.position,
            )
        return not unit_axes_of(value.type)

    @property
    def start(self) -> Node:
        """What the solution starts from, as one array."""
        given = self.problem.start(self.args)
        if not self.problem.starts:
            array: Node = given[0]
            return array
        return self.graph.cursor.add(literal, tuple(given), ((len(given),), None))

    def made(self) -> Node:
        """The slopes: axes as of the solution, and one over the columns behind the states."""
        if self._made is not None:
            return self._made
        graph, problem = self.graph, self.problem
        leading = sum(columns.position < problem.own for columns in self.columns)
        first = self.columns[leading].first if leading < len(self.columns) else self.count
        known = isinstance(self.states, int)
        layout = StateLayout(
            problem.state,
            self.states if known else None,
            first if isinstance(first, int) else None,
            self.count if isinstance(self.count, int) else None,
        )
        marked = {columns.position - problem.own + 2 for columns in self.columns[leading:]}
        values = self.args[problem.own :]
        mask = tuple(k in marked for k in range(2 + len(values)))
        derived = sensitivities(graph.functions, self.function, mask, layout)
        places = self._check(mask)
        times = (self._times(),)
        options = self.args[problem.own - len(problem.given) : problem.own]
        more = [] if known else [self.states]
        ends, further = self.args[: problem.ends], (*times, *options, *values, *more)
        wide = problem.alone(times=True)._replace(
            starts=0, by_rows=False, events=self._switches(places)
        )
        again = self._again((derived.key, wide, "y"), (*ends, *further))
        if again is not None:
            return self._read(again)
        start = self._whole_start(leading)
        if len(start) > 1:
            wide = wide._replace(starts=len(start))
        args = (*ends, *start, *further)
        if problem.ends:
            done = part_of(graph, derived.key, wide, "success", args)
            raise_where(logical_not(done), FAILED)
        solved = part_of(graph, derived.key, wide, "y", args)
        for k, place in enumerate(places):
            names = (f"t_events[{k}]", f"y_events[{k}]")
            events = [part_of(graph, derived.key, wide, name, args, told=True) for name in names]
            self._check_switch(place, events, solved)
        return self._read(solved)

    def _switches(self, places: Sequence[Place]) -> tuple[Event, ...]:
        """Events of the larger system, by which the solver tells where comparisons change."""
        functions, state = self.graph.functions, self.problem.state
        own, states = own_function(functions, self.function), self.states
        if self.function.layout is not None:
            states = self._innermost().states
        known = states if isinstance(states, int) else None
        made = (gap(functions, own, place, state, known) for place in places)
        return tuple(Event(function.key, 0, frozenset()) for function in made)

    def _innermost(self) -> StateLayout:
        """How the state of the user's own function stands in that of a derivative of it."""
        function, found = self.function, self.function.layout
        while function.base is not None:
            found = function.layout or found
            function = self.graph.functions[function.base]
        assert found is not None
        return found

    def _check_switch(self, place: Place, events: Sequence[Node], solved: Node) -> None:
        """Raise where the right side jumps at a switch."""
        graph, values = self.graph, self.args[self.problem.own :]
        times, states = events
        axis, count = self.problem.solved_along, _sized(graph, self.states)
        size = array_max(TABLE["absolute"](part_along(solved, axis, 0, count)))
        span = TABLE["absolute"](self.args[1] - self.args[0])

        def step(k: Node) -> tuple[Node, ...]:
            time, state = entry(times, k), part_along(entry(states, k), 0, 0, count)
            given = (time, state, *values)
            sides = [
                self._side(self._settled(self.function, place, truth), given)
                for truth in (True, False)
            ]
            jump = array_max(TABLE["absolute"](sides[0] - sides[1]))
            rate = array_max(TABLE["absolute"](sides[0])) + size / span
            names = ((time, "time"), (state, "state"), (sides[0], "rate"), (jump, "jump"))
            for node, name in names:
                graph.names.setdefault(node, name)
            with graph.like(self.node):
                raise_where(greater(jump, NEGLIGIBLE * rate), raised(graph, JUMPING))
            return ()

        for_each(times, (), step)

    def _settled(self, function: Function, place: Place, truth: bool) -> Function:
        """The function with one answer of a comparison in the user's own."""
        functions = self.graph.functions
        if function.base is None:
            return settled(functions, function, place, truth)
        base = self._settled(functions[function.base], place, truth)
        assert function.layout is not None
        return sensitivities(functions, base, function.mask, function.layout)

    def _side(self, function: Function, given: tuple[Node, ...]) -> Node:
        op = INVOKE_EFFECT if function.raises else INVOKE
        state = array_of("float64", (self.states == 1,))
        found: Node = self.graph.cursor.add(op, given, (function.key, 0), state)
        return found

    def _again(self, params: tuple[Hashable, ...], rest: Sequence[Node]) -> Node | None:
        """A solution with the same slopes, where another direction has asked for it before.

        The zeros that it starts from are new ones each time.
        """
        at = self.problem.ends
        for block in self.graph.cursor.around():
            for step in block.steps:
                if step.params == params and (*step.args[:at], *step.args[at + 1 :]) == rest:
                    joined = step.args[at]
                    if joined.op is concatenate and joined.args[0] is self.start:
                        return step
        return None

    def _read(self, solved: Node) -> Node:
        """The slopes out of the solution that holds them."""
        found = part_along(solved, self.problem.solved_along, self.states, None)
        if self.last:
            found = part_along(found, 1 - self.problem.solved_along, -1, None)
        if not isinstance(self.count, int) or self.count > 1:
            found = self._folded(found)
            self.graph.names.setdefault(found, "slopes")
        self._made = found
        return found

    def _whole_start(self, leading: int) -> tuple[Node, ...]:
        """What the solution and its slopes start from: numbers, or one array."""
        entries = self._unit_entries()
        if entries is not None and 0 < self.problem.starts <= WRITTEN_START - len(entries):
            return (*self.problem.start(self.args), *map(self.graph.constant, entries))
        if not leading and entries is not None:
            joined: Node = pad(self.start, pad_width=(0, len(entries)))
        else:
            joined = concatenate(self.start, self._unit(leading), axis=0)
        self.graph.names.setdefault(joined, "start")
        return (joined,)

    def _unit_entries(self) -> list[float] | None:
        """The slopes at the start, a row for each state, where their number is known."""
        if not isinstance(self.states, int) or not isinstance(self.count, int):
            return None
        leading = [columns for columns in self.columns if columns.position < self.problem.own]
        ones = {(c.position - self.problem.ends, c.first) for c in leading}
        if leading and not self.problem.starts:
            ones = {(k, k) for k in range(self.states)}
        return [float((row, k) in ones) for row in range(self.states) for k in range(self.count)]

    def _check(self, mask: MASK) -> Sequence[Place]:
        """Refuse a right side with jumps that move: the variational equations leave them out.

        Comparisons of numbers at which it may be continuous are returned.
        """
        # Only solve_ivp tells where a right side switches.
        switches, what = self.problem.ends > 0, "a right side"
        state = self.problem.state
        return refuse_jumps(self.node, self.function, state, mask, what, switches)

    def _folded(self, flat: Node) -> Node:
        times = unit_axes_of(self.node.type)[1 - self.problem.along]
        rest = 1 if times else -1
        sizes = (self.states, self.count)
        shape = (*sizes, rest) if self.problem.solved_along == 0 else (rest, *sizes)
        return reshape(flat, *(_sized(self.graph, size) for size in shape))

    def _times(self) -> Node:
        if self.times is not None:
            return self.times
        if self.problem.times:
            return self.args[self.problem.time]
        return part_of(self.graph, self.node.params[0], self.problem, "t", self.args)

    def _unit(self, leading: int) -> Node:
        """The slopes at the start, one row for each state behind the other."""
        if not leading:
            return zeros(_sized(self.graph, self.states * self.count))
        if leading == (self.problem.starts or 1):
            return ravel(eye(*(_sized(self.graph, size) for size in (self.states, self.count))))
        nodes = tuple(map(self.graph.constant, self._unit_entries() or ()))
        return self.graph.cursor.add(literal, nodes, ((len(nodes),), None))

    def part(self, columns: Columns) -> Node:
        """The slopes by one argument; without the axis of the columns where that is a number."""
        whole = self.made()
        if isinstance(self.count, int) and self.count == 1:
            return whole
        axis = self.problem.solved_along + 1
        if isinstance(columns.count, int) and columns.count == 1:
            return _at_column(whole, axis, columns.first)
        end = columns.first + columns.count
        last = None if columns is self.columns[-1] else _sized(self.graph, end)
        return part_along(whole, axis, columns.first, last)

    def _is_single(self, columns: Columns) -> bool:
        return isinstance(columns.count, int) and columns.count == 1

    def along(self, columns: Columns, dot: Node) -> Node:
        """The tangent of the solution for that of one argument."""
        part = self.part(columns)
        if self._is_single(columns):
            if unit_axes_of(dot.type):
                dot = self._number(dot)
            product: Node = dot * self._turned(part)
            return product
        flat = ravel(dot) if len(unit_axes_of(dot.type)) > 1 else dot
        return einsum_of(f"{self._letters},j->{self._letters_there}", part, flat)

    @property
    def _letters(self) -> str:
        """The axes of the slopes."""
        return "ijt" if self.problem.solved_along == 0 else "tij"

    @property
    def _letters_there(self) -> str:
        """The axes of the solution."""
        return "it" if self.problem.along == 0 else "ti"

    def _turned(self, part: Node) -> Node:
        """The slopes by one number, in the order of the axes of the solution."""
        same = self.problem.along == self.problem.solved_along
        turned: Node = part if same else transpose(part)
        return turned

    def _number(self, value: Node) -> Node:
        zero = self.graph.constant(0)
        return self.graph.cursor.add(index, (value, *(zero for _ in unit_axes_of(value.type))))

    def against(self, columns: Columns, out_bar: Node) -> Node:
        """The adjoint of one argument for that of the solution."""
        part, arg = self.part(columns), self.args[columns.position]
        if self._is_single(columns):
            total = array_sum(out_bar * self._turned(part))
            return widened(total, arg) if unit_axes_of(arg.type) else total
        found = einsum_of(f"{self._letters_there},{self._letters}->j", out_bar, part)
        return reshape_like(found, arg) if len(unit_axes_of(arg.type)) > 1 else found


def refuse_jumps(
    node: Node,
    function: Function,
    position: int,
    mask: MASK,
    what: str,
    switches: bool = False,
) -> Sequence[Place]:
    """Refuse a function of time and state that may jump where what is marked moves.

    ``position`` is that of the state.  With ``switches`` it may compare numbers: the places of
    these comparisons are returned.

    Raises
    ------
    UnsupportedError
        When it may.
    """
    functions = node.graph.functions
    body, order = own_function(functions, function).lifted.graph.body, order_of(functions, function)
    marks = {
        parameter: {"moves"}
        for parameter, taken in zip(body.parameters, mask, strict=False)
        if taken
    }
    time, state = (body.parameters[k] for k in (1 - position, position))
    marks[time] = {"where"}
    marks[state] = {"where", "moves"}
    jumps = list(moving_kinks(body, marks, order))
    if switches:
        places = places_of(own_function(functions, function), jumps)
        if places is not None and len(places) <= MOST_SWITCHES:
            return places
    place = jumps[0] if jumps else None
    if place is not None and order and not isinstance(place.op, (Flat, Invoke)):
        raise UnsupportedError(
            f"further derivatives of {what} that has a kink where its state, or time together with "
            "what is differentiated by, passes",
            remedy="Its slopes jump there: write it without abs, max and min, or take first "
            "derivatives only.",
            position=place.origin.position or node.origin.position,
        )
    if place is not None:
        raise UnsupportedError(
            f"{what} that branches on its state, or on time together with what is "
            "differentiated by",
            remedy="Where its pieces meet without a jump, write them with max, min or abs; "
            "else integrate from switch to switch.",
            position=place.origin.position or node.origin.position,
        )
    return ()


def _sized(graph: Graph, size: Any) -> Node:
    return graph.constant(size) if isinstance(size, int) else size


def _at_column(base: Node, axis: int, position: Any) -> Node:
    if isinstance(position, int):
        return entry_along(base, axis, position)
    none = base.graph.constant(None)
    at = (*(none for _ in range(3 * axis)), position)
    return base.graph.cursor.add(section, (base, *at), ("s" * axis + "i",))


def _marked(args: Sequence[Node], mask: MASK, first: int) -> list[Node]:
    return [args[k] for k in range(first, len(args)) if mask[k]]


def states_of(function: Function) -> int | None:
    """How many slopes the user's function writes out; None where its text does not tell."""
    if function.lifted is None:
        return None
    result = function.lifted.result
    node = result.node if result.kind == "leaf" else result.parts[0].node
    return len(node.args) if node is not None and node.op is literal else None


def sensitivities(
    functions: dict[Hashable, Function], function: Function, mask: MASK, layout: StateLayout
) -> Function:
    """The right side of the system of a solution and its slopes by marked arguments."""
    key = (function.key, "sensitivities", mask, layout)
    known = functions.get(key)
    if known is None:
        known = functions[key] = Function(
            key,
            f"{function.name}_with_sensitivities",
            types=(array_of("float64", (False,)),),
            kind="sensitivities",
            base=function.key,
            mask=mask,
            layout=layout,
            raises=function.raises,
        )
    return known
