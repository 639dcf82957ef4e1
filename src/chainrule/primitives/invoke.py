"""Calls of functions that are kept apart: recursive ones, and large ones that are used often.

One result of a call is one node.  Its derivative is a call as well.  Between numbers it is a call
of the function that returns the results with their slopes by the active arguments.  The slopes of
an inner call are again such a call, so that recursion needs no tape; on the way back they are
computed where the value is, in one call, and recorded in a loop.  Where an array or a list takes
part it is a call of the function's pullback, or of its pushforward.  Derivatives of any order
follow.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Block, Graph
from chainrule.graph.function import Function
from chainrule.graph.node import Node, Op
from chainrule.graph.types import FLOAT, OPAQUE, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.broadcasting import in_full
from chainrule.primitives.declare import Primitive, is_constant
from chainrule.primitives.partials import scaled
from chainrule.primitives.walker import ReverseWalker

# A call is dearer than any primitive: its results are kept rather than computed again.
COST = 100
# In the place of the number of a result: the record of all of them.
WHOLE = -1


class Invoke(Primitive):
    """Result ``k`` of the function ``key``, or the record of all; params ``(key, k)``."""

    door = "invoke"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return FLOAT

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        mask = tuple(dot is not None for dot in dots)
        if node.params[1] == WHOLE:
            return self._tangents(node, args, dots, mask)
        if not _among_numbers(node, args, mask):
            given = tuple(
                in_full(dot, arg) for dot, arg in zip(dots, args, strict=True) if dot is not None
            )
            return self._derived(node, "pushforward", (*args, *given), mask, (node.type,))[0]
        slopes = self.slopes(node, args, mask, args[0].graph.cursor)
        total: Node | None = None
        for dot, slope in zip((dot for dot in dots if dot is not None), slopes, strict=True):
            if is_constant(dot, 0):
                continue
            term = scaled(node, dot, slope)
            total = term if total is None else total + term
        return total

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        mask = tuple(map(walker.active, node.args))
        active = [arg for arg, taken in zip(node.args, mask, strict=True) if taken]
        if node.params[1] == WHOLE:
            self._pull_whole(walker, node, out_bar, mask)
            return
        if not _among_numbers(node, node.args, mask):
            types = tuple(arg.type for arg in active)
            found = self._derived(
                node, "pullback", (*node.args, in_full(out_bar, node)), mask, types
            )
            for arg, bar in zip(active, found, strict=True):
                walker.accumulate(arg, bar)
            return
        # One call where the value is computed gives the slopes, too.
        slopes = self.slopes(node, node.args, mask, node.block)
        for arg, slope in zip(active, slopes, strict=True):
            walker.accumulate(arg, scaled(node, out_bar, slope))

    def _tangents(
        self,
        node: Node,
        args: Sequence[Node],
        dots: Sequence[Node | None],
        mask: tuple[bool, ...],
    ) -> Node:
        """The tangents of all results, which one call computes."""
        _check_kinds(node, args, mask)
        types: tuple[Type, ...] = getattr(node.type, "items")  # noqa: B009
        function = node.graph.functions[node.params[0]]
        moved = {j for j, taken in enumerate(mask) if taken}
        ks = tuple(
            k
            for k, type in enumerate(types)
            if type.differentiable
            and k not in function.left.places
            and not (function.depends and moved.isdisjoint(function.depends[k]))
        )
        given = (in_full(dot, arg) for dot, arg in zip(dots, args, strict=True) if dot is not None)
        found = iter(
            self._derived(
                node, "pushforward", (*args, *given), mask, tuple(types[k] for k in ks), ks
            )
        )
        zero = node.graph.constant(0.0)
        return results(*(next(found) if k in ks else zero for k in range(len(types))))

    def _pull_whole(
        self, walker: ReverseWalker, node: Node, out_bar: Node, mask: tuple[bool, ...]
    ) -> None:
        """Hand on what one call makes of the adjoints of several results."""
        _check_kinds(node, node.args, mask)
        ks = tuple(k for k, bar in enumerate(out_bar.args) if not is_constant(bar, 0))
        if not ks:
            return
        bars = (in_full(out_bar.args[k], result_of(node, k)) for k in ks)
        active = [arg for arg, taken in zip(node.args, mask, strict=True) if taken]
        types = tuple(arg.type for arg in active)
        found = self._derived(node, "pullback", (*node.args, *bars), mask, types, ks)
        for arg, bar in zip(active, found, strict=True):
            walker.accumulate(arg, bar)

    def slopes(
        self, node: Node, args: Sequence[Node], mask: tuple[bool, ...], block: Block
    ) -> list[Node]:
        """The slopes of the result by the arguments that are marked, computed in ``block``."""
        key, k = node.params
        assert isinstance(k, int)
        graph = args[0].graph
        function = graph.functions[key]
        derived = with_slopes(graph.functions, function, mask)
        numbers = [j for j, type in enumerate(function.types) if type.differentiable]
        first = len(function.types) + numbers.index(k) * sum(mask)
        found = [
            block.add(INVOKE, tuple(args), (derived.key, first + position), FLOAT)
            for position in range(sum(mask))
        ]
        self._name(graph, found, function, mask, k if len(numbers) > 1 else None)
        return found

    def _name(
        self,
        graph: Graph,
        slopes: list[Node],
        function: Function,
        mask: tuple[bool, ...],
        k: int | None,
    ) -> None:
        """Name slopes after the function and its parameters."""
        own = function
        while own.lifted is None or own.kind == "slopes":
            own = graph.functions[own.base]
        parameters = own.lifted.graph.body.parameters
        if len(parameters) != len(mask):
            return
        stem = own.name if k is None else f"{own.name}_{k}"
        taken = [each for each, marked in zip(parameters, mask, strict=True) if marked]
        for slope, parameter in zip(slopes, taken, strict=True):
            graph.names.setdefault(slope, f"{stem}_d{parameter.params[0]}")

    def _derived(
        self,
        node: Node,
        kind: str,
        args: tuple[Node, ...],
        mask: tuple[bool, ...],
        types: tuple[Type, ...],
        ks: tuple[int, ...] = (),
    ) -> list[Node]:
        """Results of the pullback or pushforward of the function that ``node`` calls."""
        key, k = node.params
        assert isinstance(k, int)
        graph = args[0].graph
        function = derivative_of(graph.functions, graph.functions[key], kind, mask, k, types, ks)
        op = INVOKE_EFFECT if function.raises else INVOKE
        return [
            graph.cursor.add(op, args, (function.key, position), type)
            for position, type in enumerate(types)
        ]


class CallFunction(Op):
    """A call as it is written; params ``(key,)``.  Several results come as a tuple."""

    raises = True

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return OPAQUE


def _among_numbers(node: Node, args: Sequence[Node], mask: tuple[bool, ...]) -> bool:
    """Whether the result and all active arguments are numbers.

    Raises
    ------
    UnsupportedError
        When an active argument holds none.
    """
    active = _check_kinds(node, args, mask)
    return not any(isinstance(one.type, (Array, SequenceType)) for one in (node, *active))


def _check_kinds(node: Node, args: Sequence[Node], mask: tuple[bool, ...]) -> list[Node]:
    """The active arguments, which all hold numbers; else they are refused."""
    active = [arg for arg, taken in zip(args, mask, strict=True) if taken]
    for arg in active:
        if not arg.type.differentiable:
            raise UnsupportedError(
                "a function calls itself with a container that is differentiated by",
                remedy="Write the recursion as a loop, or hand on numbers, lists or arrays.",
                position=node.origin.position,
            )
    return active


def with_effect(op: Any) -> Any:
    """An operation that is kept, in its place, although nothing may read its result."""
    op.effect, op.pure = True, False
    return op


INVOKE = Invoke("invoke", cost=COST, domain=())
# The same where the function raises exceptions of its own.
INVOKE_EFFECT = with_effect(Invoke("invoke_effect", cost=COST, domain=()))
CALL_FUNCTION = CallFunction("call_function")
CALL_FUNCTION_EFFECT = with_effect(CallFunction("call_function"))


def with_slopes(
    functions: dict[Hashable, Function], function: Function, mask: tuple[bool, ...]
) -> Function:
    """The function that returns the results of ``function`` and their slopes."""
    key = (function.key, "slopes", mask)
    known = functions.get(key)
    if known is None:
        numbers = sum(type.differentiable for type in function.types)
        known = functions[key] = Function(
            key,
            f"{function.name}_with_slopes",
            types=function.types + (FLOAT,) * (numbers * sum(mask)),
            kind="slopes",
            base=function.key,
            mask=mask,
            raises=function.raises,
        )
    return known


def derivative_of(
    functions: dict[Hashable, Function],
    function: Function,
    kind: str,
    mask: tuple[bool, ...],
    k: int,
    types: tuple[Type, ...],
    ks: tuple[int, ...] = (),
) -> Function:
    """The pullback or pushforward of result ``k`` of a function, or of results ``ks`` together."""
    key = (function.key, kind, mask, *(ks or (k,)))
    known = functions.get(key)
    if known is None:
        known = functions[key] = Function(
            key,
            f"{function.name}_{kind}",
            types=types,
            kind=kind,
            base=function.key,
            mask=mask,
            k=k,
            ks=ks,
            raises=function.raises,
        )
    return known
