"""Solutions of systems that SciPy finds: roots, fixed points, minima, fits by least squares.

They are differentiated by the implicit function theorem (Griewank and Walther, *Evaluating
Derivatives*, ch. 15): where r(x, p) = 0, the slopes of x satisfy r_x x' + r_p = 0, and the adjoint
of p is -r_p^T w with r_x^T w = x_bar.  A fixed point has r = x - f(x, p); a minimum has the
gradient for r, and a fit J^T r.  Where the search begins is not felt.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Block, Graph
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE, Type, array_of, unit_axes_of
from chainrule.primitives.arithmetic import greater, greater_equal, logical_not
from chainrule.primitives.arrays.creation import eye, literal
from chainrule.primitives.arrays.lengths import Length, Lengths, Of
from chainrule.primitives.arrays.linear_algebra import diagonal, solve
from chainrule.primitives.arrays.reductions import array_any, array_max
from chainrule.primitives.arrays.shaping import dimension, expand_dims, transpose
from chainrule.primitives.broadcasting import in_full
from chainrule.primitives.control import IF, raise_where
from chainrule.primitives.declare import TABLE, Flat, Primitive, is_constant
from chainrule.primitives.found_roots import NEAR, NEAREST, UNFOUND
from chainrule.primitives.invoke import COST, INVOKE, INVOKE_EFFECT, with_effect
from chainrule.primitives.jumps import AT_A_KINK, kink_by, own_function

MASK = tuple[bool, ...]
AT_A_BOUND = "raise ArithmeticError('the {} is at a bound: there is no derivative')"
MOST = 1e300
WORDS = ("x", "success", "message", "status", "nfev", "nit", "fun")
REPORTED = {**{name: f"_0_.{name}" for name in WORDS}, "residuals": "_0_.fun"}
# How what is known of a solution is read out of what SciPy returns; others return it itself.
READ = {
    "scipy.optimize.root": REPORTED,
    "scipy.optimize.minimize": REPORTED,
    "scipy.optimize.least_squares": REPORTED,
    "scipy.optimize.leastsq": {"x": "_0_[0]", "ier": "_0_[1]"},
    "scipy.optimize.curve_fit": {"x": "_0_[0]"},
}
IN_FULL = {"x": "_0_[0]", "ier": "_0_[2]", "message": "_0_[3]"}
# Those that do no more than to warn, or to return a number, where they have found nothing.
SILENT = ("scipy.optimize.fsolve", "scipy.optimize.leastsq")
# A bound for all unknowns, or one for each.
Bound = float | tuple[float, ...]


class Handed(NamedTuple):
    """A function that is handed to SciPy by a keyword, none for the first.

    ``values`` are the positions among the arguments of what it takes after the ``variables`` that
    SciPy gives it.
    """

    keyword: str | None
    key: Hashable
    variables: int
    values: tuple[int, ...]


class System(NamedTuple):
    """How SciPy is asked.

    ``starts`` is how many numbers the start is written as, 0 where it is an array; ``options``
    are numbers and words, and ``given`` the names of those that are arguments; ``kind`` is
    ``"root"``, ``"fixed"``, ``"minimum"`` or ``"fit"``.

    ``zero`` is the key of what is solved, where that is not the function that SciPy is given, and
    ``taken`` how many values it takes after its state.  ``data`` are the positions of arguments
    that stand before the start.  ``handed`` are the functions where SciPy cannot hand their
    values on to them; ``bounds`` those between which the solution has to lie; ``begun`` is
    whether SciPy is told where to begin.
    """

    dotted: str
    kind: str
    starts: int
    options: tuple[tuple[str, Any], ...]
    given: tuple[str, ...]
    zero: Hashable = None
    taken: int | None = None
    data: tuple[int, ...] = ()
    handed: tuple[Handed, ...] = ()
    bounds: tuple[Bound, Bound] | None = None
    begun: bool = True

    @property
    def own(self) -> int:
        """How many arguments are SciPy's own."""
        return (self.starts or 1) + len(self.given)

    def values(self, args: Sequence[Any]) -> Sequence[Any]:
        """Those of the arguments that what is solved takes after its state."""
        return args[self.own :] if self.taken is None else args[self.own : self.own + self.taken]

    @property
    def read(self) -> dict[str, str]:
        """How the parts of what SciPy returns are read out of it."""
        if ("full_output", True) in self.options:
            return IN_FULL
        return READ.get(self.dotted, {})

    def layout(self) -> str:
        """The arguments as they are written, behind the function, which is ``_0_``."""
        count = self.starts or 1
        numbers = [f"_{k + 1}_" for k in range(count)]
        start = f"[{', '.join(numbers)}]" if self.starts else numbers[0]
        options = [f"{name}=_{count + k + 1}_" for k, name in enumerate(self.given)]
        data = [f"_{k + 1}_" for k in self.data]
        starts = [f"p0={start}" if data else start] if self.begun else []
        return ", ".join(["_0_", *data, *starts, *options])


def system_of(node: Node) -> System:
    """How SciPy is asked for a solution."""
    system = node.params[1]
    assert isinstance(system, System)
    return system


def _state_type(system: System, args: Sequence[Node]) -> Type:
    return array_of(
        "float64", (system.starts == 1,) if system.starts else unit_axes_of(args[0].type)
    )


class Solution(Primitive):
    """The solution of a system, or the value of a minimum.

    args ``(*start, *options, *values)`` with ``values`` what the user's function takes after its
    state; params ``(key, system, part)`` with the key of that function, and ``part`` ``"x"`` or
    ``"fun"``.
    """

    door = "functional"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        system = params[1]
        assert isinstance(system, System)
        return FLOAT if params[2] == "fun" else _state_type(system, args)

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        return _Implicit(node, args).tangent(dots)

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        _Implicit(node, node.args).pull(walker, out_bar)


class Told(Flat):
    """What is told besides the solution; args and params as of :class:`Solution`."""

    door = "functional"
    broadcasts = False

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        system, part = params[1], params[2]
        assert isinstance(system, System)
        return TOLD[str(part)] or _state_type(system, args)


# None is what has the shape of the solution.
TOLD: dict[str, Type | None] = {
    "success": BOOL,
    "message": OPAQUE,
    "residuals": None,
    **dict.fromkeys(("status", "nfev", "njev", "nhev", "nit", "ier"), INT),
}


def solution_part(
    graph: Graph, key: Hashable, system: System, part: str, args: Sequence[Node]
) -> Node:
    """The solution, or what is told of it."""
    raises = graph.functions[key].raises
    usual, raising = (TOLD_OF, TOLD_EFFECT) if part in TOLD else (SOLUTION, SOLUTION_EFFECT)
    return graph.cursor.add(raising if raises else usual, tuple(args), (key, system, part))


class _Implicit:
    """The implicit function theorem at one solution."""

    def __init__(self, node: Node, args: Sequence[Node]) -> None:
        self.node, self.args, self.graph = node, args, node.graph
        self.system = system_of(node)
        self.values = tuple(self.system.values(args))
        functions = self.graph.functions
        zero = self.system.zero
        self.function = functions[node.params[0] if zero is None else zero]
        self.equation = self.function
        # Which unknowns are held at a bound, where there are bounds.
        self.held: Node | None = None
        if self.system.kind in ("minimum", "fit"):
            self._check_smooth()
            state = _state_type(self.system, args)
            self.equation = gradient_function(functions, self.function, state)

    @property
    def solution(self) -> Node:
        if self.node.params[2] == "x":
            return self.node
        key, system, _ = self.node.params
        assert isinstance(system, System)
        return solution_part(self.graph, key, system, "x", self.args)

    def _call(self, function: Function, type: Type) -> Node:
        op = INVOKE_EFFECT if function.raises else INVOKE
        return self.graph.cursor.add(op, (self.solution, *self.values), (function.key, 0), type)

    def _jacobian(self) -> Node:
        """That of what is zero at the solution, by the solution."""
        (unit,) = unit_axes_of(self.solution.type)
        matrix = array_of("float64", (unit, unit))
        function = jacobian_function(self.graph.functions, self.equation, matrix)
        found = self._call(function, matrix)
        if self.system.bounds is not None:
            found = self._between(found, *self.system.bounds)
        self._check_found(found)
        if self.system.kind != "fixed":
            return found
        difference: Node = eye(dimension(self.solution, axis=0)) - found
        return difference

    def _check_smooth(self) -> None:
        """Refuse a function with kinks: at one of them it may be least, and has no gradient."""
        functions = self.graph.functions
        body = own_function(functions, self.function).lifted.graph.body
        place = kink_by(body, body.parameters[0])
        if place is not None:
            raise UnsupportedError(
                f"`{self.system.dotted.rpartition('.')[2]}` of a function whose slope may jump",
                remedy=AT_A_KINK,
                position=place.origin.position or self.node.origin.position,
            )

    def _check_found(self, jacobian: Node) -> None:
        """Raise where SciPy has found no solution, and a step of Newton's would lead away.

        Where more is asked for than floats can give, SciPy tells of a failure at the solution.
        """
        key, system, _ = self.node.params
        assert isinstance(system, System)
        reports = "success" in system.read
        if not reports and system.dotted not in SILENT:
            return

        def told(part: str) -> Node:
            return solution_part(self.graph, key, system, part, self.args)

        def far() -> Node:
            known = reports and system.kind == "root"
            left = told("residuals") if known else self._moving(self._call(self.equation, x.type))
            step = array_max(TABLE["absolute"](solve(jacobian, left)))
            self.graph.names.setdefault(step, "step")
            found: Node = greater(step, array_max(TABLE["absolute"](x)) * NEAR + NEAREST)
            return found

        x = self.solution
        text = UNFOUND.format("solution" if system.kind == "root" else system.kind)
        if not reports:
            raise_where(far(), text)
            return
        missed = logical_not(told("success"))
        arm, other = (Block(self.graph, self.graph.cursor) for _ in range(2))
        with self.graph.inside(arm):
            raise_where(far(), text)
        self.graph.cursor.add(IF, (missed,), (arm, other, "statement"))

    def _between(self, hessian: Node, low: Bound, high: Bound) -> Node:
        """The matrix for what may move: an unknown that is pushed against a bound stays there.

        Raise where neither holds: where a step of Newton's for those that may move leads over a
        bound, or where nothing pushes an unknown that is there.
        """
        x, graph = self.solution, self.graph
        slope = self._call(self.equation, x.type)
        # Room without end, times a bend that is 0, would be nan.
        from_low = None if _everywhere(low, -math.inf) else x - _bound(graph, low, -MOST)
        to_high = None if _everywhere(high, math.inf) else _bound(graph, high, MOST) - x
        bend = TABLE["absolute"](diagonal(hessian))
        held = [
            TABLE["logical_and"](greater(push, 0.0), greater_equal(push, room * bend))
            for push, room in ((slope, from_low), (-slope, to_high))
            if room is not None
        ]
        self.held = held[0] if len(held) == 1 else TABLE["logical_or"](*held)
        graph.names.setdefault(self.held, "held")
        rows = expand_dims(self.held, axis=(1,))
        matrix: Node = TABLE["where"](rows, eye(dimension(x, axis=0)), hessian)
        step = TABLE["absolute"](solve(matrix, self._moving(slope)))
        graph.names.setdefault(step, "step")
        room: Any = to_high if from_low is None else from_low
        if from_low is not None and to_high is not None:
            room = TABLE["minimum"](from_low, to_high)
        graph.names.setdefault(room, "room")
        over = TABLE["logical_and"](greater_equal(step, room), TABLE["invert"](self.held))
        raise_where(array_any(over), AT_A_BOUND.format(self.system.kind))
        return matrix

    def _moving(self, value: Node) -> Node:
        """A vector in which what is held at a bound has 0."""
        if self.held is None:
            return value
        found: Node = TABLE["where"](self.held, 0.0, value)
        return found

    def tangent(self, dots: Sequence[Node | None]) -> Node | None:
        """The tangent for tangents of the arguments."""
        rest = [
            None if dot is not None and is_constant(dot, 0) else dot
            for dot in self.system.values(dots)
        ]
        mask = (False, *(dot is not None for dot in rest))
        if not any(mask):
            return None
        moved = tuple(
            in_full(dot, value)
            for dot, value in zip(rest, self.values, strict=True)
            if dot is not None
        )
        part = self.node.params[2]
        function = self.function if part == "fun" else self.equation
        type = FLOAT if part == "fun" else self.node.type
        template = self._call(function, type)
        args = (self.solution, *self.values, *moved)
        (change,) = INVOKE._derived(template, "pushforward", args, mask, (type,))
        if part == "fun":
            return change
        matrix = self._jacobian()
        found = solve(matrix, self._moving(change))
        return found if self.system.kind == "fixed" else -found

    def pull(self, walker: Any, out_bar: Node) -> None:
        """Hand the adjoint on to the values."""
        mask = (False, *map(walker.active, self.values))
        if not any(mask):
            return
        active = [value for value, taken in zip(self.values, mask[1:], strict=True) if taken]
        part = self.node.params[2]
        function = self.function if part == "fun" else self.equation
        template = self._call(function, FLOAT if part == "fun" else self.node.type)
        bar = in_full(out_bar, self.node)
        if part == "x":
            bar = self._moving(solve(transpose(self._jacobian()), bar))
            bar = bar if self.system.kind == "fixed" else -bar
        args = (self.solution, *self.values, bar)
        types = tuple(value.type for value in active)
        found = INVOKE._derived(template, "pullback", args, mask, types)
        for value, value_bar in zip(active, found, strict=True):
            walker.accumulate(value, value_bar)


def _everywhere(bound: Bound, value: float) -> bool:
    return all(each == value for each in (bound if isinstance(bound, tuple) else (bound,)))


def _bound(graph: Graph, bound: Bound, endless: float) -> Node:
    if not isinstance(bound, tuple):
        return graph.constant(bound)
    entries = tuple(graph.constant(endless if math.isinf(each) else each) for each in bound)
    found: Node = graph.cursor.add(literal, entries, ((len(entries),), None))
    return found


def _derived(
    functions: dict[Hashable, Function], function: Function, kind: str, name: str, type: Type
) -> Function:
    key = (function.key, kind)
    known = functions.get(key)
    if known is None:
        known = functions[key] = Function(
            key, name, types=(type,), kind=kind, base=function.key, mask=(True,),
            raises=function.raises,
        )  # fmt: skip
    return known


def jacobian_function(
    functions: dict[Hashable, Function], function: Function, type: Type
) -> Function:
    """The function that returns the Jacobian of ``function`` by its first argument."""
    name = f"{function.name}_jacobian"
    if function.kind == "gradient":
        name = f"{function.name.removesuffix('_gradient')}_hessian"
    return _derived(functions, function, "jacobian", name, type)


def gradient_function(
    functions: dict[Hashable, Function], function: Function, type: Type
) -> Function:
    """The gradient of a number, or of half the sum of squares, by the first argument."""
    return _derived(functions, function, "gradient", f"{function.name}_gradient", type)


def _lengths(node: Node, of: Of) -> Lengths:
    if node.params[2] != "x":
        return ()
    starts = system_of(node).starts
    return (Length(starts),) if starts else of(node.args[0])


SOLUTION = Solution("solution", cost=10 * COST, domain=())
SOLUTION_EFFECT = with_effect(Solution("solution_effect", cost=10 * COST, domain=()))
SOLUTION.lengths = SOLUTION_EFFECT.lengths = _lengths
TOLD_OF = Told("told", cost=10 * COST, domain=())
TOLD_EFFECT = with_effect(Told("told_effect", cost=10 * COST, domain=()))
SOLUTIONS = (SOLUTION, SOLUTION_EFFECT, TOLD_OF, TOLD_EFFECT)
