"""Primitives that are calls of NumPy: how they are declared, bound and written.

A call has leading *array* arguments, then *sizes* (ints of the program, such as the lengths of
a shape), then *statics* (axes, flags and the like, known while lifting).  The node's args are
the arrays and the sizes, its params the statics in the order of the signature, then the form in
which it is written: ``"function"`` or ``"method"``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Record, Type, unit_axes_of
from chainrule.primitives.arrays.lengths import Rule
from chainrule.primitives.declare import Cost, Flat, Linear, Primitive, is_constant, register
from chainrule.primitives.floats import as_float, integral
from chainrule.primitives.looking_behind import looks_behind

if TYPE_CHECKING:
    from chainrule.primitives.walker import ReverseWalker

# Type of the result from the types of the arrays, the statics by name, and the sizes.
TypeRule = Callable[..., Type]


class ArrayCall(Primitive):
    """A call of NumPy.

    Attributes
    ----------
    signature:
        The parameters that are understood, as NumPy names and orders them.
    arrays:
        How many leading parameters are arrays; with ``spread`` they are the entries of the one
        sequence that is the first parameter (``np.stack``).
    sizes:
        Name of the parameter that is a shape or a count, flattened into ints.
    method, attribute:
        The name under which the first array has this operation itself.
    forwards:
        NumPy's function does no more than to look for this method of the array, and call it.
    always, named:
        Keywords that are always written, and how many of the last arrays are passed by name.
    multilinear:
        The call is linear in each of its arrays, as a product is.
    written:
        The whole text, with ``_0_`` ... for the arguments and ``_axis_`` for a static, where it is
        no single call.
    spelled:
        The name by which it is written, where it is known by no object of that name: a method of a
        ufunc.
    paired:
        A static that is passed with the first array, as one tuple.
    worded:
        All statics are passed by name.
    vectors:
        A number in the place of an array means an array of one entry.
    starred:
        The arrays are arguments of their own, not entries of one sequence.
    typed:
        The type rule: ``typed(*array_types, **statics)``; sizes are given as ``sizes``.
    lengths:
        The rule for the lengths of the result, see :mod:`chainrule.primitives.arrays.lengths`.
    uniform:
        What one number for an adjoint that is the same in every entry is to the pullback:
        ``"passed"``, the adjoint of every array; ``"taken"``, as good as the whole array; None,
        to be written out before.
    """

    door = "array"

    def declare(
        self,
        signature: str,
        *,
        typed: TypeRule,
        lengths: Rule | None = None,
        bounds: Callable[..., Any] | None = None,
        uniform: str | None = None,
        multilinear: bool = False,
        arrays: int = 1,
        spread: bool = False,
        sizes: str | None = None,
        method: str | None = None,
        attribute: str | None = None,
        forwards: bool = False,
        always: dict[str, Any] | None = None,
        named: int = 0,
        written: str | None = None,
        paired: str | None = None,
        spelled: str | None = None,
        starred: bool = False,
        worded: bool = False,
        vectors: bool = False,
    ) -> None:
        self._signature = signature
        self.arrays = arrays
        self.spread = spread
        self.sizes = sizes
        self.method = method
        self.attribute = attribute
        self.forwards = forwards
        self.always = always or {}
        self.named = named
        self.written = written
        self.paired = paired
        self.spelled = spelled or (self.callables[0] if self.callables else "")
        self.starred = starred
        self.worded = worded
        self.vectors = vectors
        self.typed = typed
        self.lengths = lengths
        self.bounds = bounds
        self.uniform = uniform
        self.multilinear = multilinear

    # Most calls are declared, and never met in a program.
    @cached_property
    def signature(self) -> inspect.Signature:
        scope: dict[str, Any] = {}
        exec(f"def call({self._signature}): pass", scope)
        return inspect.signature(scope["call"])

    @cached_property
    def array_names(self) -> list[str]:
        """The parameters that are arrays."""
        return list(self.signature.parameters)[: 1 if self.spread else self.arrays]

    @cached_property
    def static_names(self) -> list[str]:
        """The parameters that are known while lifting."""
        own = (*self.array_names, self.sizes)
        return [name for name in self.signature.parameters if name not in own]

    @property
    def arity(self) -> int:
        return -1

    def statics(self, params: tuple[Hashable, ...]) -> dict[str, Any]:
        """The static arguments by name."""
        return dict(zip(self.static_names, params, strict=False))

    def defaults(self, **given: Any) -> tuple[Hashable, ...]:
        """Params of a call in derivative code: the statics, the preferred form."""
        found = []
        for name in self.static_names:
            default = self.signature.parameters[name].default
            found.append(given.pop(name, None if default is inspect.Parameter.empty else default))
        assert not given, given
        return (*found, self.preferred_form)

    @property
    def preferred_form(self) -> str:
        if self.attribute is not None:
            return "attribute"
        return "method" if self.method is not None else "function"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        arrays, sizes = self.parted(args)
        statics = self.statics(params)
        if self.sizes is not None:
            statics["sizes"] = tuple(sizes)
        return self.typed(*(arg.type for arg in arrays), **statics)

    def parted(self, args: Sequence[Node]) -> tuple[Sequence[Node], Sequence[Node]]:
        """Arguments that are arrays, and those that are sizes."""
        if self.spread and self.sizes is None:
            return args, ()
        return args[: self.arrays], args[self.arrays :]

    def __call__(self, *args: Any, **statics: Any) -> Node:
        """The simplest node of this call on nodes, in derivative code."""
        graph = next(arg.graph for arg in args if isinstance(arg, Node))
        nodes = tuple(arg if isinstance(arg, Node) else graph.constant(arg) for arg in args)
        if self.multilinear and all(map(integral, nodes)):
            nodes = (as_float(nodes[0]), *nodes[1:])
        params = self.defaults(**statics)
        if self.simplify is not None:
            simpler: Node | None = self.simplify(*nodes, **self.statics(params))
            if simpler is not None and not looks_behind(simpler):
                return simpler
        return graph.cursor.add(self, nodes, params)

    @property
    def linear_alone(self) -> range:
        """The positions in which a factor of the argument is a factor of the result."""
        alone = isinstance(self, Linear) and self.linear_in is None and not self.spread
        return range(self.arrays if self.multilinear else int(alone and self.arrays == 1))

    def passes(self, walker: ReverseWalker, node: Node, out_bar: Node) -> bool:
        """Whether one number was handed on as the adjoint of every array."""
        if self.uniform != "passed" or unit_axes_of(out_bar.type):
            return False
        for position, arg in enumerate(self.parted(node.args)[0]):
            linear_in = getattr(self, "linear_in", None)
            if linear_in is None or position in linear_in:
                walker.accumulate(arg, out_bar)
        return True

    def whole(self, out_bar: Node, node: Node) -> Node:
        """The adjoint as the pullback takes it."""
        from chainrule.primitives.broadcasting import widened

        if self.uniform is not None and not unit_axes_of(out_bar.type):
            return out_bar
        if isinstance(node.type, Record):
            from chainrule.primitives.arrays.records import result_of, results

            parts = [
                part if is_constant(part, 0) else widened(part, result_of(node, k))
                for k, part in enumerate(out_bar.args)
            ]
            return results(*parts)
        return widened(out_bar, node)

    def again(self, node: Node, *arrays: Node) -> Node:
        """The call of ``node`` on other arrays, with its sizes and statics."""
        _, sizes = self.parted(node.args)
        return node.graph.cursor.add(self, (*arrays, *sizes), node.params)


class ArrayLinear(ArrayCall, Linear):
    """Linear in its arrays: declared by its transpose ``(walker, node, out_bar, **statics)``."""

    door = "array"
    transposed: Callable[..., None]

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        from chainrule.primitives.broadcasting import widened

        arrays, sizes = self.parted(args)
        carrying = range(len(arrays)) if self.linear_in is None else self.linear_in
        filled = [
            widened(dot, arg) if position in carrying else arg
            for position, (dot, arg) in enumerate(zip(dots, arrays, strict=False))
        ]
        if self.simplify is not None:
            simpler: Node | None = self.simplify(*filled, *sizes, **self.statics(node.params))
            if simpler is not None:
                return simpler
        if len(node.args) == 1 and node.type == node.args[0].type == FLOAT:
            # A linear function from numbers to numbers, such as a sum of one, is the identity.
            return filled[0]
        return out.graph.cursor.add(self, (*filled, *sizes), node.params)

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        if not self.passes(walker, node, out_bar):
            statics = self.statics(node.params)
            self.transposed(walker, node, self.whole(out_bar, node), **statics)


class ArrayRule(ArrayCall):
    """Declared by its tangent and its pullback.

    ``tangent_rule(node, args, dots, out, **statics)`` takes None for a tangent that is zero;
    ``pullback(walker, node, out_bar, **statics)`` hands adjoints on;
    ``checked(dot, out, felt, **statics)`` refuses what the tangents of several results, of which
    ``felt`` are the positions, do not tell together.
    """

    tangent_rule: Callable[..., Node | None]
    pullback: Callable[..., None]
    checked: Callable[..., None] | None = None

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        from chainrule.primitives.broadcasting import widened

        filled = [
            None if dot is None else widened(dot, arg) for dot, arg in zip(dots, args, strict=True)
        ]
        return self.tangent_rule(node, args, filled, out, **self.statics(node.params))

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        if not self.passes(walker, node, out_bar):
            self.pullback(walker, node, self.whole(out_bar, node), **self.statics(node.params))


class ArrayFlat(ArrayCall, Flat):
    """A call through which no derivative flows."""

    door = "array"
    broadcasts = False

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        return None

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        return None


C = TypeVar("C", bound=ArrayCall)


def declared(primitive: C, signature: str, facts: dict[str, Any]) -> C:
    """A primitive with its signature, entered into the table."""
    primitive.declare(signature, **facts)
    return register(primitive)


def made(kind: type[C], name: str, callables: tuple[str, ...], facts: dict[str, Any]) -> C:
    """A primitive of a kind; what its constructor takes is removed from ``facts``."""
    own = {key: facts.pop(key) for key in ("cost", "raises") if key in facts}
    return kind(
        name, callables, cost=own.get("cost", Cost.FUNCTION), raises=own.get("raises", True)
    )


def array_linear(
    name: str, *callables: str, signature: str, **facts: Any
) -> Callable[[Callable[..., None]], ArrayLinear]:
    """Declare a call that is linear in its arrays by its transpose."""

    def declare(transpose: Callable[..., None]) -> ArrayLinear:
        primitive = made(ArrayLinear, name, callables, facts)
        primitive.__doc__ = transpose.__doc__
        primitive.transposed = transpose
        return declared(primitive, signature, facts)

    return declare


def array_rule(
    name: str, *callables: str, signature: str, **facts: Any
) -> Callable[[Callable[..., None]], ArrayRule]:
    """Declare a call by its pullback; pair it with ``@primitive.tangents``."""

    def declare(pullback: Callable[..., None]) -> ArrayRule:
        primitive = made(ArrayRule, name, callables, facts)
        primitive.__doc__ = pullback.__doc__
        primitive.pullback = pullback
        return declared(primitive, signature, facts)

    return declare


def array_flat(name: str, *callables: str, signature: str, doc: str, **facts: Any) -> ArrayFlat:
    """Declare a call through which no derivative flows."""
    primitive = made(ArrayFlat, name, callables, facts)
    primitive.__doc__ = doc
    return declared(primitive, signature, facts)


def axes_of(axis: Any, rank: int) -> tuple[int, ...]:
    """The axes that ``axis`` names, counted from the front, in order."""
    if axis is None:
        return tuple(range(rank))
    given = axis if isinstance(axis, tuple) else (axis,)
    # A number has none; NumPy itself raises where it must.
    return tuple(sorted(each % rank for each in given)) if rank else ()
