"""Integrals of what the user has written, which SciPy computes.

The integrand is kept apart, as a function of the variable and of the values that it uses from
around it.  By Leibniz's rule its slopes are integrated: along a direction, and on the way back the
adjoint of each value.  That of an array is an array, which `quad_vec` integrates.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from chainrule.errors import UnsupportedError
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Type, dtype_of
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.broadcasting import in_full
from chainrule.primitives.declare import Flat, is_constant
from chainrule.primitives.functionals import Functional, name_of, slope_of
from chainrule.primitives.invoke import (
    COST,
    INVOKE,
    INVOKE_EFFECT,
    Invoke,
    derivative_of,
    with_effect,
)
from chainrule.primitives.jump_places import Jumps, is_fixed, places_of
from chainrule.primitives.jumps import moving_kinks, order_of, own_function
from chainrule.primitives.partials import scaled
from chainrule.primitives.walker import ReverseWalker

QUAD, QUAD_VEC = "scipy.integrate.quad", "scipy.integrate.quad_vec"
# What `quad` is content with near 0, where `quad_vec` would go on for ever.
NEAR_ZERO = ("epsabs", 1.49e-08)


class Integral(Functional):
    """``quad(function, low, high)[0]``, or ``quad_vec`` of a function that gives an array."""

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        total: Node | None = None
        for k, dot in enumerate(dots):
            if dot is None or is_constant(dot, 0) or self._is_option(node, k):
                continue
            if k < 2:
                term = scaled(node, dot, self._at_end(node, args, k))
            elif self._is_number(node, args[k]):
                term = scaled(node, dot, self._slope(node, args, k))
            else:
                function = self._derived(node, args, "pushforward", k, node.type)
                given = (*args, in_full(dot, args[k]))
                term = self._integral(node, function, given, node.type)
            total = term if total is None else total + term
        return total

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        args = node.args
        for k, arg in enumerate(args):
            if not walker.active(arg) or self._is_option(node, k):
                continue
            if k < 2:
                term = scaled(node, out_bar, self._at_end(node, args, k))
                bar = term if node.type == FLOAT else array_sum(term)
            elif self._is_number(node, arg):
                bar = scaled(node, out_bar, self._slope(node, args, k))
            else:
                function = self._derived(node, args, "pullback", k, arg.type)
                given = (*args, in_full(out_bar, node))
                bar = self._integral(node, function, given, arg.type)
            walker.accumulate(arg, bar)

    def _is_option(self, node: Node, k: int) -> bool:
        """Whether an argument tells how accurate the integral is to be."""
        return k >= 2 and self._is_own(node, k)

    def _is_own(self, node: Node, k: int) -> bool:
        """Whether an argument is one of SciPy's own, and none of the integrand."""
        count = node.params[2]
        assert isinstance(count, int)
        return k < count

    def _is_number(self, node: Node, value: Node) -> bool:
        """Whether both the integrand and the value that moves are numbers."""
        for each in (node, value):
            if each.type != FLOAT and not (
                isinstance(each.type, Array) and dtype_of(each.type) == "float64"
            ):
                raise UnsupportedError(
                    f"`{name_of(node)}` of a function that uses a list that is differentiated by",
                    remedy="Make an array of it before: `np.array(values)`.",
                    position=node.origin.position,
                )
        return node.type == value.type == FLOAT

    def _at_end(self, node: Node, args: Sequence[Node], k: int) -> Node:
        """The integrand at an end, with the sign that the end has."""
        graph = args[0].graph
        function = graph.functions[node.params[0]]
        count = node.params[2]
        assert isinstance(count, int)
        op = INVOKE_EFFECT if function.raises else INVOKE
        end = graph.cursor.add(op, (args[k], *args[count:]), (function.key, 0), node.type)
        return end if k else -end

    def _slope(self, node: Node, args: Sequence[Node], k: int) -> Node:
        """The integral of the slope of the integrand by a number."""
        functions = args[0].graph.functions
        position = self._position(node, k)
        jumps = self._jumps(node, args, position)
        terms = jumps.terms(position) if jumps is not None else []
        if jumps is not None and terms is None:
            jumps.check_outside()
        function = slope_of(functions, functions[node.params[0]], position)
        found = self._integral(node, function, tuple(args), FLOAT)
        for term in terms or ():
            found = found + term
        return found

    def _derived(self, node: Node, args: Sequence[Node], kind: str, k: int, type: Type) -> Function:
        """The pullback or pushforward of the integrand by one of its values."""
        functions, position = args[0].graph.functions, self._position(node, k)
        jumps = self._jumps(node, args, position)
        if jumps is not None:
            jumps.check_outside()
        mask = tuple(j == k for j, _ in enumerate(args) if j == 0 or not self._is_own(node, j))
        return derivative_of(functions, functions[node.params[0]], kind, mask, 0, (type,))

    def _position(self, node: Node, k: int) -> int:
        """Which argument of the integrand an argument is."""
        count = node.params[2]
        assert isinstance(count, int)
        return k - count + 1

    def _integral(self, node: Node, function: Function, args: tuple[Node, ...], type: Type) -> Node:
        _, dotted, count, options, layout, part = node.params
        assert isinstance(options, tuple)
        if type == FLOAT:
            dotted = QUAD
        elif dotted == QUAD:
            dotted = QUAD_VEC
            options += (NEAR_ZERO,) * (NEAR_ZERO[0] not in f"{layout} {options}")
        params: tuple[Hashable, ...] = (function.key, dotted, count, options, layout, part)
        op = INTEGRAL_EFFECT if function.raises else INTEGRAL
        return args[0].graph.cursor.add(op, args, params, type)

    def _jumps(self, node: Node, args: Sequence[Node], position: int) -> Jumps | None:
        """The jumps of the integrand that move with one of its arguments, at places it tells.

        Leibniz's rule leaves them out; those at other places are refused.
        """
        graph = args[0].graph
        given = graph.functions[node.params[0]]
        function, order = own_function(graph.functions, given), order_of(graph.functions, given)
        body = function.lifted.graph.body
        if position >= len(body.parameters):
            # A direction or an adjoint, in which a derivative is linear.
            return None
        variable, moving = body.parameters[0], body.parameters[position]
        jumps = list(moving_kinks(body, {variable: {"where"}, moving: {"moves"}}, order))
        places = [places_of(jump, variable) for jump in jumps]
        known = [each for each in places if each and all(is_fixed(p, variable) for p in each)]
        if len(known) == len(jumps):
            return Jumps(node, args, function, list(zip(jumps, known, strict=True)))
        place = jumps[0]
        if order and not isinstance(place.op, (Flat, Invoke)):
            raise UnsupportedError(
                f"further derivatives of `{name_of(node)}` of a function with a kink where its "
                "variable passes what is differentiated by",
                remedy="Its slopes jump there: integrate each piece for itself, from end to end.",
                position=place.origin.position or node.origin.position,
            )
        raise UnsupportedError(
            f"`{name_of(node)}` of a function that branches on its variable together with "
            "what is differentiated by",
            remedy="Integrate each piece for itself, from end to end.",
            position=place.origin.position or node.origin.position,
        )


INTEGRAL = Integral("integral", cost=10 * COST, domain=())
INTEGRAL_EFFECT = with_effect(Integral("integral_effect", cost=10 * COST, domain=()))
INTEGRALS = (INTEGRAL, INTEGRAL_EFFECT)
