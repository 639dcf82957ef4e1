"""Whether what a search of SciPy's gives is what it looked for: else it has no slope.

Most searches raise where they fail.  ``root_scalar`` and ``minimize_scalar`` tell of it, and
``fsolve`` warns.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, INT, OPAQUE, Type
from chainrule.primitives.arithmetic import greater, greater_equal, logical_not
from chainrule.primitives.control import raise_where
from chainrule.primitives.declare import TABLE, Flat
from chainrule.primitives.invoke import COST, with_effect
from chainrule.primitives.jumps import BOTH, moving_jump, own_function

# How far from a solution, by its largest entry or on its own, it still is one.
NEAR, NEAREST = 1e-3, 1e-6
UNFOUND = "raise ArithmeticError('no {} was found: there is no derivative')"
# How the ends are written between which a minimum has to lie.
BETWEEN = "bounds=("
AT_AN_END = "raise ArithmeticError('the minimum is at a bound: there is no derivative')"
# Searches that find where a function changes its sign, which it may do without being zero there.
BRACKETS = tuple(
    f"scipy.optimize.{name}"
    for name in ("brentq", "brenth", "bisect", "ridder", "toms748", "root_scalar")
)
JUMP = "raise ArithmeticError('the function jumps where a root was looked for: no slope is known')"
TELLING = {
    "scipy.optimize.root_scalar": ("root", "converged"),
    "scipy.optimize.minimize_scalar": ("minimum", "success"),
}
WARNING = "scipy.optimize.fsolve"
TOLD: dict[str, Type] = {
    **dict.fromkeys(("success", "converged"), BOOL),
    **dict.fromkeys(("message", "flag"), OPAQUE),
    **dict.fromkeys(("nit", "nfev", "iterations", "function_calls"), INT),
}


class ToldOfSearch(Flat):
    """Whether a search has succeeded, and what else is told of it; params as of the search."""

    door = "functional"
    broadcasts = False

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return TOLD[str(params[-1]).removeprefix("_0_.")]


TOLD_OF_SEARCH = ToldOfSearch("told_of_search", cost=10 * COST, domain=())
TOLD_OF_SEARCH_EFFECT = with_effect(
    ToldOfSearch("told_of_search_effect", cost=10 * COST, domain=())
)


def check_found(node: Node, args: Sequence[Node], zero: Node, slope: Node) -> None:
    """Raise where SciPy tells that it has failed, or a step of Newton's would lead away.

    Not where the user asks: what is done then is seen to by the function itself.

    ``zero`` is what is zero where SciPy has found what it looked for, with ``slope`` there.
    """
    dotted = str(node.params[1])
    if dotted.startswith(BRACKETS) and _may_jump(node, zero):
        raise_where(is_far(zero / slope, zero.args[0], 10.0), JUMP)
    if BETWEEN in str(node.params[4:5]):
        _check_inside(zero / slope, zero.args[0], *args[:2])
    if dotted in TELLING:
        if zero.graph.functions[node.params[0]].asked:
            return
        what, part = TELLING[dotted]
        op = TOLD_OF_SEARCH_EFFECT if node.op.effect else TOLD_OF_SEARCH
        params = (*node.params[:-1], f"_0_.{part}")
        told = zero.graph.cursor.add(op, tuple(args), params)
        raise_where(logical_not(told), UNFOUND.format(what))
    elif dotted == WARNING:
        raise_where(is_far(zero / slope, zero.args[0]), UNFOUND.format("root"))


def _check_inside(step: Node, place: Node, low: Node, high: Node) -> None:
    """Raise at one of the ends of a search: a step of Newton's leads over it, or far away."""
    room = TABLE["minimum"](place - low, high - place)
    raise_where(greater_equal(TABLE["absolute"](step), room), AT_AN_END)


def _may_jump(node: Node, zero: Node) -> bool:
    """Whether what is zero branches on its variable."""
    functions = zero.graph.functions
    body = own_function(functions, functions[node.params[0]]).lifted.graph.body
    return moving_jump(body, {body.parameters[0]: {*BOTH}}) is not None


def is_far(step: Node, place: Node, times: float = 1.0) -> Node:
    """Whether a step of Newton's would lead away from a place."""
    absolute = TABLE["absolute"]
    far: Node = greater(absolute(step), absolute(place) * (times * NEAR) + times * NEAREST)
    return far
