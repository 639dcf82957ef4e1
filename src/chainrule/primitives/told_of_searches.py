"""What SciPy tells of a search besides the place that it has found.

The least value moves as the function does at the place of it: where that place goes is not felt.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.broadcasting import in_full
from chainrule.primitives.declare import is_constant
from chainrule.primitives.found_roots import TOLD_OF_SEARCH, TOLD_OF_SEARCH_EFFECT
from chainrule.primitives.functionals import MINIMUM, MINIMUM_EFFECT, Functional
from chainrule.primitives.invoke import COST, INVOKE, INVOKE_EFFECT, with_effect
from chainrule.primitives.walker import ReverseWalker

PLACE = "_0_.x"
LEAST = "_0_.fun"


class LeastValue(Functional):
    """The least value of a function; args and params as of its place."""

    def _at_place(self, node: Node, args: Sequence[Node], out: Node) -> Node:
        """The user's function at the place of its least value."""
        graph = out.graph
        key, count = node.params[0], node.params[2]
        assert isinstance(count, int)
        function = graph.functions[key]
        MINIMUM.equation(graph.functions, function, node)
        search = MINIMUM_EFFECT if function.raises else MINIMUM
        place = graph.cursor.add(search, tuple(args), (*node.params[:-1], PLACE), FLOAT)
        op = INVOKE_EFFECT if function.raises else INVOKE
        return graph.cursor.add(op, (place, *args[count:]), (key, 0), FLOAT)

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        template = self._at_place(node, args, out)
        behind = len(args) - len(template.args) + 1
        rest = [None if dot is None or is_constant(dot, 0) else dot for dot in dots[behind:]]
        moved = tuple(
            in_full(dot, arg)
            for dot, arg in zip(rest, args[behind:], strict=True)
            if dot is not None
        )
        if not moved:
            return None
        mask = (False, *(dot is not None for dot in rest))
        given = (*template.args, *moved)
        (change,) = INVOKE._derived(template, "pushforward", given, mask, (FLOAT,))
        return change

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        template = self._at_place(node, node.args, node)
        values = template.args[1:]
        mask = (False, *map(walker.active, values))
        active = [value for value, taken in zip(values, mask[1:], strict=True) if taken]
        types = tuple(value.type for value in active)
        given = (*template.args, out_bar)
        bars = INVOKE._derived(template, "pullback", given, mask, types) if active else ()
        for value, bar in zip(active, bars, strict=True):
            walker.accumulate(value, bar)


LEAST_VALUE = LeastValue("least_value", cost=10 * COST, domain=())
LEAST_VALUE_EFFECT = with_effect(LeastValue("least_value_effect", cost=10 * COST, domain=()))
SEARCHES = (LEAST_VALUE, LEAST_VALUE_EFFECT, TOLD_OF_SEARCH, TOLD_OF_SEARCH_EFFECT)
