"""Numbers made of a function: roots and least places of what the user has written.

The function is kept apart, as one of the variable and of the values that it uses from around it.
A root is differentiated by the implicit function theorem: that needs the slopes of the function
only, so that derivatives of any order follow.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.function import Function
from chainrule.graph.node import Node, Op
from chainrule.graph.types import FLOAT, OPAQUE, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.broadcasting import in_full
from chainrule.primitives.declare import Cost, Primitive, is_constant
from chainrule.primitives.found_roots import check_found
from chainrule.primitives.invoke import COST, INVOKE, INVOKE_EFFECT, with_effect
from chainrule.primitives.jumps import AT_A_KINK, kink_by, own_function
from chainrule.primitives.partials import scaled
from chainrule.primitives.walker import ReverseWalker

MASKS = tuple[bool, ...]


class Handed(NamedTuple):
    """A further function that SciPy is given as an option."""

    key: Hashable


class Functional(Primitive):
    """A number that SciPy makes of a function.

    args ``(*own, *values)`` with ``own`` the first ``count`` arguments of SciPy's function, and
    ``values`` what the user's function takes after its variable; params ``(key, dotted, count,
    options, layout, part)`` with the key of that function, the name of SciPy's, its further
    keywords, how its own arguments are written, and which part of its result is the number.
    """

    door = "functional"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return FLOAT

    def slopes(self, node: Node, args: Sequence[Node], mask: MASKS, out: Node) -> list[Node | None]:
        """The slope of the number by each argument that is marked."""
        raise NotImplementedError

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        mask = tuple(dot is not None and not is_constant(dot, 0) for dot in dots)
        total: Node | None = None
        for dot, slope in zip(dots, self.slopes(node, args, mask, out), strict=True):
            if dot is not None and slope is not None:
                term = scaled(node, dot, slope)
                total = term if total is None else total + term
        return total

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        mask = tuple(map(walker.active, node.args))
        for arg, slope in zip(node.args, self.slopes(node, node.args, mask, node), strict=True):
            if slope is not None:
                walker.accumulate(arg, scaled(node, out_bar, slope))

    def _values(self, node: Node, args: Sequence[Node], mask: MASKS) -> tuple[int, list[Node]]:
        """How many arguments are SciPy's own, and the others.

        Raises
        ------
        UnsupportedError
            When one of the others is marked and no number.
        """
        count = node.params[2]
        assert isinstance(count, int)
        for arg, taken in zip(args[count:], mask[count:], strict=True):
            if taken and arg.type != FLOAT:
                raise UnsupportedError(
                    f"`{name_of(node)}` of a function that uses a list or an array that is "
                    "differentiated by",
                    remedy="Take the numbers that it needs out of it before.",
                    position=node.origin.position,
                )
        return count, list(args[count:])


class Root(Functional):
    """Where a function is zero; where the search for it begins is not felt."""

    def slopes(self, node: Node, args: Sequence[Node], mask: MASKS, out: Node) -> list[Node | None]:
        count, _ = self._values(node, args, mask)
        marked = mask[count:]
        found: list[Node | None] = [None] * len(args)
        if not any(marked):
            return found
        template = self._equation(node, args, out)
        by_root, *others = INVOKE.slopes(template, template.args, (True, *marked), template.block)
        by_root = self.by_root(by_root)
        check_found(node, args, template, by_root)
        remaining = iter(others)
        for k, taken in enumerate(marked):
            if taken:
                found[count + k] = -(next(remaining) / by_root)
        return found

    def _equation(self, node: Node, args: Sequence[Node], root: Node) -> Node:
        """What is zero at the root, there."""
        graph = root.graph
        function = self.equation(graph.functions, graph.functions[node.params[0]], node)
        count = node.params[2]
        assert isinstance(count, int)
        op = INVOKE_EFFECT if function.raises else INVOKE
        return graph.cursor.add(op, (root, *args[count:]), (function.key, 0), FLOAT)

    def _among_numbers(self, node: Node, args: Sequence[Node], mask: MASKS) -> bool:
        count = node.params[2]
        assert isinstance(count, int)
        marked = [arg for arg, taken in zip(args[count:], mask[count:], strict=True) if taken]
        return not any(isinstance(arg.type, (Array, SequenceType)) for arg in marked)

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        mask = tuple(dot is not None and not is_constant(dot, 0) for dot in dots)
        if self._among_numbers(node, args, mask):
            return super().tangent(node, args, dots, out)
        template, (marked, by_root) = self._at_root(node, args, mask, out)
        moved = tuple(
            in_full(dot, arg)
            for dot, arg, taken in zip(dots, args, mask, strict=True)
            if dot is not None and taken
        )[-sum(marked) :]
        given = (*template.args, *moved)
        (change,) = INVOKE._derived(template, "pushforward", given, (False, *marked), (FLOAT,))
        slope: Node = -(change / by_root)
        return slope

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        mask = tuple(map(walker.active, node.args))
        if self._among_numbers(node, node.args, mask):
            super().pull(walker, node, out_bar)
            return
        template, (marked, by_root) = self._at_root(node, node.args, mask, node)
        values = node.args[-len(marked) :]
        active = [value for value, taken in zip(values, marked, strict=True) if taken]
        given = (*template.args, -(out_bar / by_root))
        types = tuple(value.type for value in active)
        bars = INVOKE._derived(template, "pullback", given, (False, *marked), types)
        for value, bar in zip(active, bars, strict=True):
            walker.accumulate(value, bar)

    def _at_root(
        self, node: Node, args: Sequence[Node], mask: MASKS, root: Node
    ) -> tuple[Node, tuple[MASKS, Node]]:
        """The equation at the root, which values are marked, and its slope by the root."""
        count = node.params[2]
        assert isinstance(count, int)
        template = self._equation(node, args, root)
        alone = (True, *(False for _ in mask[count:]))
        (by_root,) = INVOKE.slopes(template, template.args, alone, template.block)
        by_root = self.by_root(by_root)
        check_found(node, args, template, by_root)
        return template, (mask[count:], by_root)

    def equation(
        self, functions: dict[Hashable, Function], function: Function, node: Node
    ) -> Function:
        """The function that is zero at the root, by whose slopes its own is found."""
        return function

    def by_root(self, slope: Node) -> Node:
        """The slope of what is zero at the root, from that of the user's function."""
        return slope


class FoundRoot(Root):
    """A root that a loop of the user's has enclosed: its value is there, the first argument.

    args ``(found, *values)``; params ``(key, name, 1, marked)`` with the key of the equation, what
    the search is called, and which values anything is differentiated by.
    """

    def slopes(self, node: Node, args: Sequence[Node], mask: MASKS, out: Node) -> list[Node | None]:
        # Of all directions there is one function that gives the slopes.
        marked = node.params[3]
        assert isinstance(marked, tuple)
        numbers = (taken and arg.type == FLOAT for taken, arg in zip(marked, args[1:], strict=True))
        every = tuple(map(operator.or_, mask, (False, *numbers)))
        found = super().slopes(node, args, every, out)
        return [slope if taken else None for slope, taken in zip(found, mask, strict=True)]


class Beside(Primitive):
    """What has the value of the first of two numbers, and the slope of the second."""

    door = "functional"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return FLOAT

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        return dots[1]

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        walker.accumulate(node.args[1], out_bar)


class FixedPoint(Root):
    """Where a function gives what it is given."""

    def by_root(self, slope: Node) -> Node:
        difference: Node = slope - 1.0
        return difference


class Minimum(Root):
    """Where a smooth function of one variable is least: its slope is zero there."""

    def equation(
        self, functions: dict[Hashable, Function], function: Function, node: Node
    ) -> Function:
        body = own_function(functions, function).lifted.graph.body
        place = kink_by(body, body.parameters[0])
        if place is not None:
            raise UnsupportedError(
                f"`{name_of(node)}` of a function whose slope may jump",
                remedy=AT_A_KINK,
                position=place.origin.position or node.origin.position,
            )
        return slope_of(functions, function, 0)


class CallFunctional(Op):
    """A functional as it is written; params as of :class:`Functional`."""

    raises = True

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return OPAQUE


def name_of(node: Node) -> str:
    """The name of SciPy's function."""
    return str(node.params[1]).rpartition(".")[2]


def called(graph: Graph, key: Hashable, k: int, *args: Node) -> Node:
    """Result ``k`` of the function ``key``."""
    function = graph.functions[key]
    op = INVOKE_EFFECT if function.raises else INVOKE
    return graph.cursor.add(op, args, (key, k), FLOAT)


def slope_of(functions: dict[Hashable, Function], function: Function, position: int) -> Function:
    """The function that returns the slope of ``function`` by the argument at ``position``."""
    key = (function.key, "slope", position)
    known = functions.get(key)
    if known is None:
        body = own_function(functions, function).lifted.graph.body
        name = str(body.parameters[position].params[0])
        known = functions[key] = Function(
            key,
            f"{function.name}_d{name}",
            types=(FLOAT,),
            kind="slope",
            base=function.key,
            mask=tuple(k == position for k in range(position + 1)),
            k=position,
            raises=function.raises,
        )
    return known


ROOT = Root("root", cost=10 * COST, domain=())
ROOT_EFFECT = with_effect(Root("root_effect", cost=10 * COST, domain=()))
FOUND_ROOT = FoundRoot("found_root", cost=Cost.FREE, domain=(), raises=False)
BESIDE_ROOT = Beside("beside_root", cost=Cost.FREE, domain=(), raises=False)
FIXED_POINT = FixedPoint("fixed_point", cost=10 * COST, domain=())
FIXED_POINT_EFFECT = with_effect(FixedPoint("fixed_point_effect", cost=10 * COST, domain=()))
MINIMUM = Minimum("minimum", cost=10 * COST, domain=())
MINIMUM_EFFECT = with_effect(Minimum("minimum_effect", cost=10 * COST, domain=()))
CALL_FUNCTIONAL = CallFunctional("call_functional")
CALL_FUNCTIONAL_EFFECT = with_effect(CallFunctional("call_functional"))
FUNCTIONALS = (
    ROOT, ROOT_EFFECT, FIXED_POINT, FIXED_POINT_EFFECT,
    MINIMUM, MINIMUM_EFFECT, FOUND_ROOT,
)  # fmt: skip
