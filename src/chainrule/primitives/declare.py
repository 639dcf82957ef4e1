"""The five doors through which every operation enters, and the table of them.

=============  ==========================================================================
door           declares
=============  ==========================================================================
elementwise    the partial derivatives, as expressions in the arguments and the result
differential   the tangent of the result, linear in the tangents of the arguments
linear         its transpose; the tangent is the operation itself
structured     tangent and adjoint of its blocks, through the walker it is given
flat           that its derivative is zero wherever it exists
=============  ==========================================================================

The body of a rule is ordinary Python and runs on nodes (to build a derivative), on floats (to
be checked against differences) and on SymPy symbols (to be proved).
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node, Op
from chainrule.graph.types import (
    BOOL,
    DYNAMIC,
    FLOAT,
    FLOATING,
    INT,
    OPAQUE,
    Array,
    Type,
    array_of,
    broadcast_axes,
    dtype_of,
    float_beside,
    has_array,
    is_complex,
    promoted,
    unit_axes_of,
    varying_among,
)
from chainrule.primitives.looking_behind import looks_behind
from chainrule.primitives.partials import Choice, Guarded, Refusal, scaled, settled
from chainrule.records import dataclass

if TYPE_CHECKING:
    from chainrule.primitives.walker import ReverseWalker

NUMBERS = (FLOAT, INT, BOOL)


class Cost(enum.IntEnum):
    """Weight of an operation, about the time of one addition of floats."""

    FREE = 0
    ADD = 1
    MULTIPLY = 1
    DIVIDE = 2
    ROOT = 4
    FUNCTION = 10


@dataclass(frozen=True)
class Interval:
    """Real numbers that an argument may take; ends excluded where ``open`` says so.

    Ends that are ints hold integers only.
    """

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False


REAL = Interval()
POSITIVE = Interval(0.0, math.inf, open_low=True)
NONNEGATIVE = Interval(0.0, math.inf)
UNIT = Interval(-1.0, 1.0)
NONZERO = Interval(-math.inf, math.inf, open_low=True)


@dataclass(frozen=True)
class Kink:
    """Where a rule's formula fails although the operation has a value, and what is returned.

    ``where`` is a Python condition on the arguments ``x``, ``y``, ``z``; ``partials`` are the
    values there (None: whatever the formula gives); ``why`` is printed in the documentation.
    """

    where: str
    partials: tuple[float | None, ...]
    why: str


class Primitive(Op):
    """An operation with its spelling, type rule, domain, cost and derivative.

    Called on nodes it builds, on SymPy expressions it gives SymPy's expression, on anything
    else it evaluates.

    Attributes
    ----------
    callables:
        Dotted names of the Python functions that mean this operation, the preferred spelling
        of each module first.
    symbol:
        The Python operator, for operations that have one.
    raises:
        The operation can raise where it is evaluated.
    quiet:
        Its partials have values where the operation itself raises for its first argument.
    ulps:
        Accuracy of the partials, in units in the last place of the conditioned result.
    lengths:
        The rule for the lengths of the axes of the result, see
        :mod:`chainrule.primitives.arrays.lengths`; None is those of broadcast arguments, or
        unknown.
    bounds:
        The bounds of the result, from the node and those of its arguments, see
        :mod:`chainrule.primitives.bounds`; None is anything.
    strict:
        Python raises where an argument is outside the domain: what has been evaluated is inside.
    boxes_numbers:
        Of numbers it makes an array without axes, where other functions of NumPy give a number.
    keeps_boxes:
        What it gives without axes is an array still, where functions of NumPy give a number.
    chooses:
        It selects among its arguments, or tells what selects: not all that it is given is felt.
    formula:
        By dtype, or "", how it is written without a name: NumPy's functions of ``_0_``, ``_1_``.
    simplify:
        A function of the arguments that returns a simpler equal node or None; applied to
        derivative expressions only.
    """

    door = ""
    # On arrays NumPy evaluates it entry by entry.
    broadcasts = False
    # Its rule holds for complex numbers too.
    takes_complex = False
    chooses = False
    boxes_numbers = False
    keeps_boxes = False
    lengths: Callable[..., Any] | None = None
    formula: dict[str, str] | None = None

    def __init__(
        self,
        name: str,
        callables: tuple[str, ...] = (),
        *,
        symbol: str | None = None,
        domain: tuple[Interval, ...] = (REAL,),
        cost: int = Cost.FUNCTION,
        sympy: str | None = None,
        kinks: tuple[Kink, ...] = (),
        raises: bool = True,
        quiet: bool = False,
        strict: bool = False,
        bounds: Callable[..., Any] | None = None,
        ulps: int = 8,
        result: Callable[[tuple[Type, ...]], Type] | None = None,
        evaluate: Callable[..., Any] | None = None,
        doc: str = "",
    ) -> None:
        super().__init__(name)
        self.callables = callables
        self.symbol = symbol
        self.domain = domain
        self.cost = cost
        self.sympy = sympy
        self.kinks = kinks
        self.raises = raises
        self.quiet = quiet
        self.strict = strict
        self.bounds = bounds
        self.ulps = ulps
        self.result = result
        self.evaluate = evaluate
        self.simplify: Callable[..., Any] | None = None
        # Whether NumPy may give integers where all arguments are, although the type says float.
        self.keeps_integers = False
        # Those of the callables that give float64 for any real dtype.
        self.widening: tuple[str, ...] = ()
        # What is taken of the result of the callable, such as ".real" of a complex number.
        self.part: str | None = None
        self.__doc__ = doc

    @property
    def arity(self) -> int:
        return len(self.domain)

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        types = tuple([arg.type for arg in args])
        if self.broadcasts and has_array(types):
            found = self.elementwise_type(types)
            wide = any(name in self.widening for name in params)
            return array_of("float64", unit_axes_of(found)) if wide else found
        return FLOAT if self.result is None else self.result(types)

    @cached_property
    def gives_short_floats(self) -> bool:
        """Whether it is a function of NumPy's, which gives short floats of short integers."""
        return any(name.startswith("numpy.") for name in self.callables) and not self.widening

    def elementwise_type(self, types: tuple[Type, ...]) -> Type:
        """The result of NumPy's element by element evaluation, broadcast."""
        entries = tuple(_entry_type(type) for type in types)
        entry = FLOAT if self.result is None else self.result(entries)
        if self.keeps_integers:
            entry = arithmetic_type(entries)
        dtype = dtype_of(entry) if entry != FLOAT else promoted((*types, FLOAT))
        if entry == INT:
            dtype = promoted(types)
        elif self.result is None and self.gives_short_floats and FLOAT not in types:
            dtype = float_beside(promoted(types)) if dtype == "float64" else dtype
        found = array_of(dtype, broadcast_axes(types))
        return found if entry == BOOL else varying_among(types, found)

    def __call__(self, *args: Any) -> Any:
        graph = next((arg.graph for arg in args if isinstance(arg, Node)), None)
        if graph is not None:
            nodes = tuple(arg if isinstance(arg, Node) else graph.constant(arg) for arg in args)
            return self.build(*nodes)
        if any(hasattr(arg, "free_symbols") for arg in args):
            return self.as_sympy(*args)
        return self.value(*args)

    def build(self, *args: Node) -> Node:
        """The simplest node equal to this operation on ``args``, in the graph's cursor."""
        if self.simplify is not None:
            simpler: Node | None = self.simplify(*args)
            if simpler is not None and not looks_behind(simpler):
                return simpler
        graph = args[0].graph
        if self.door == "elementwise" and self.symbol is None and self.result is None:
            args = _wide(args)
        if self.symbol is None and has_array([arg.type for arg in args]):
            # Of arrays it is the same however f has spelled it.
            known = graph.cursor.known(self, args, self.numpy_spelling)
            return graph.cursor.add(self, args) if known is None else known
        if self.symbol is None and graph.numpy:
            return graph.cursor.add(self, args, self.numpy_spelling)
        return graph.cursor.add(self, args)

    @property
    def numpy_spelling(self) -> tuple[str, ...]:
        """The parameters by which a function of math is NumPy's, where that has it too."""
        found = next((name for name in self.callables if name.startswith("numpy.")), None)
        plain = not self.callables or not self.callables[0].startswith("math.")
        return () if found is None or plain else (found,)

    def value(self, *args: Any) -> Any:
        """The value on Python numbers."""
        if self.evaluate is not None:
            return self.evaluate(*args)
        return resolve(*self.callables)(*args)

    def as_sympy(self, *args: Any) -> Any:
        """SymPy's expression of this operation."""
        import sympy

        names = "xyzw"[: len(args)]
        text = self.sympy or f"{self.name}({', '.join(names)})"
        return sympy.sympify(text, locals=dict(zip(names, args, strict=True)))

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        """Tangent of ``out`` given those of ``args`` (None is zero)."""
        raise NotImplementedError(self.name)

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        """Hand the adjoint of the result on to the arguments."""
        raise NotImplementedError(self.name)


def _wide(args: tuple[Node, ...]) -> tuple[Node, ...]:
    """Arguments that are not all arrays of integers: of small ones NumPy gives short floats."""
    if not has_array([arg.type for arg in args]):
        return args
    from chainrule.primitives.floats import as_float, integral

    return (as_float(args[0]), *args[1:]) if all(map(integral, args)) else args


def _entry_type(type: Type) -> Type:
    """Type of one entry of an array, as far as type rules tell entries apart."""
    if not isinstance(type, Array):
        return type
    if type.dtype in FLOATING or is_complex(type):
        return FLOAT
    return BOOL if type.dtype == "bool" else INT


class Elementwise(Primitive):
    """Declared by its partial derivatives: ``partials(*args, out)`` is a tuple or one value."""

    door = "elementwise"
    broadcasts = True
    partials: Callable[..., Any]

    def derivatives(self, args: Sequence[Any], out: Any) -> tuple[Any, ...]:
        """The partials, each one value (or a :class:`Refusal`)."""
        return tuple(settled(partial) for partial in self.cases(args, out))

    def cases(self, args: Sequence[Any], out: Any) -> tuple[Any, ...]:
        """The partials, those with several cases still as a :class:`Choice`."""
        result = self.partials(*args, out)
        return result if isinstance(result, tuple) else (result,)

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        if len(args) == 2 and args[0] is args[1] and dots[0] is not None:
            both = _sum_of_partials(self.cases(args, out))
            if both is not None:
                product: Node = scaled(node, dots[0], both)
                return product
        from chainrule.primitives.control import summed

        pairs = zip(dots, self.cases(args, out), strict=True)
        total = summed(node, [(dot, partial) for dot, partial in pairs if dot is not None])
        return _repeated(total, node, dots, out)

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        args, out = _for_adjoints(node)
        partials = self.cases(args, out)
        pairs = [*zip(node.args, partials, strict=True)]
        if len(node.args) == 2 and node.args[0] is node.args[1] and not is_complex(node.type):
            both = _sum_of_partials(partials)
            pairs = pairs if both is None else [(node.args[0], both)]
        for arg, partial in pairs:
            if walker.active(arg):
                bar = scaled(node, out_bar, partial)
                walker.accumulate(arg, fitted(bar, node, arg))


def _for_adjoints(node: Node) -> tuple[Sequence[Node], Node]:
    """The arguments and the result of ``node`` as factors of its adjoint.

    Of complex numbers these are the conjugates: the derivative of an analytic function there is
    the conjugate of its derivative.
    """
    if not is_complex(node.type):
        return node.args, node
    from chainrule.primitives.arrays.complex_numbers import conjugated, conjugated_on_the_cut

    base = conjugated_on_the_cut if node.op.name == "power" else conjugated
    return (base(node.args[0]), *map(conjugated, node.args[1:])), conjugated(node)


def fitted(value: Any, node: Node, arg: Node) -> Any:
    """The part of an adjoint of ``node`` that is the adjoint of ``arg``, which was broadcast."""
    if not isinstance(node.type, Array):
        return value
    from chainrule.primitives.broadcasting import summed_to

    return summed_to(value, node, arg)


def _repeated(
    total: Node | None, node: Node, dots: Sequence[Node | None], out: Node
) -> Node | None:
    """A tangent with the axes along which NumPy may have repeated an argument."""
    if total is None or not isinstance(out.type, Array):
        return total
    from chainrule.primitives.broadcasting import repeated, spans

    moving = [(arg, dot) for arg, dot in zip(node.args, dots, strict=True) if dot is not None]
    # One number is the tangent of each entry: what it is multiplied with may have less.
    whole = all(spans(dot, arg) for arg, dot in moving)
    return repeated(total, out, node, [arg for arg, _ in moving] if whole else node.args)


def _sum_of_partials(partials: tuple[Any, ...]) -> Any:
    """x * x is one factor twice: its partials are taken together."""
    if any(isinstance(partial, (Choice, Guarded, Refusal)) for partial in partials):
        return None
    return partials[0] + partials[1]


class Differential(Primitive):
    """Declared by its tangent: ``rule(*args, *dots, out)``, linear in the dots.

    Reverse comes from transposing the rule: it is evaluated on marked tangents and walked back.
    """

    door = "differential"
    broadcasts = True
    rule: Callable[..., Any]
    transposed: Callable[..., Any]

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        zero = out.graph.constant(0.0)
        filled = [zero if dot is None else dot for dot in dots]
        return _repeated(self.rule(*args, *filled, out), node, dots, out)

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        args, out = _for_adjoints(node)
        bars = self.transposed(*args, out, out_bar)
        for arg, bar in zip(node.args, bars, strict=True):
            if walker.active(arg):
                bar = bar() if callable(bar) else bar
                walker.accumulate(arg, fitted(bar, node, arg))


class Flat(Primitive):
    """Declared to have derivative zero wherever it has one.

    Where ``refuses`` is set, a derivative that would flow through nothing else is refused.
    """

    door = "flat"
    broadcasts = True
    refuses = False

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        return None

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        return None


class Linear(Primitive):
    """Linear in the arguments ``linear_in``; declares its transpose.

    ``transpose(walker, node, out_bar)`` hands the adjoint on.  The tangent is the operation
    applied to the tangents; where several arguments are linear it is so jointly.
    """

    door = "linear"
    linear_in: tuple[int, ...] | None = None
    transpose: Callable[[ReverseWalker, Node, Node], None]
    tangent_rule: Callable[..., Node | None] | None = None

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        if self.tangent_rule is not None:
            return self.tangent_rule(node, args, dots, out)
        positions = range(len(args)) if self.linear_in is None else self.linear_in
        if all(dots[position] is None for position in positions):
            return None
        mixed = [
            _or_zero(dots[position], arg) if position in positions else arg
            for position, arg in enumerate(args)
        ]
        return out.graph.cursor.add(self, tuple(mixed), node.params)

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        self.transpose(walker, node, out_bar)


def _or_zero(dot: Node | None, arg: Node) -> Node:
    from chainrule.primitives.sequence import zero_of

    if isinstance(arg.type, Array):
        from chainrule.primitives.broadcasting import widened

        return widened(dot, arg)
    return zero_of(arg) if dot is None else dot


class Structured(Op):
    """An operation that owns blocks; every walk knows the three that there are."""

    door = "structured"
    pure = False


TABLE: dict[str, Primitive] = {}
P = TypeVar("P", bound=Primitive)


def register(primitive: P) -> P:
    """Enter a primitive into the table; names are unique."""
    if primitive.name in TABLE:
        raise ValueError(f"primitive {primitive.name} is declared twice")
    TABLE[primitive.name] = primitive
    return primitive


def elementwise(
    *callables: str, name: str | None = None, **facts: Any
) -> Callable[[Callable[..., Any]], Elementwise]:
    """Declare an element-wise primitive by its partial derivatives.

    The decorated function takes the arguments and ``out`` and returns one partial an argument.
    """

    def declare(rule: Callable[..., Any]) -> Elementwise:
        primitive = Elementwise(name or rule.__name__, callables, doc=rule.__doc__ or "", **facts)
        primitive.partials = rule
        return register(primitive)

    return declare


def differential(
    *callables: str, name: str | None = None, **facts: Any
) -> Callable[[Callable[..., Any]], Differential]:
    """Declare a primitive by its tangent; pair it with ``@primitive.transposes``."""

    def declare(rule: Callable[..., Any]) -> Differential:
        primitive = Differential(name or rule.__name__, callables, doc=rule.__doc__ or "", **facts)
        primitive.rule = rule
        return register(primitive)

    return declare


def flat(name: str, *callables: str, doc: str = "", **facts: Any) -> Flat:
    """Declare a primitive whose derivative is zero wherever it exists."""
    return register(Flat(name, callables, doc=doc, **facts))


def linear(
    name: str, *callables: str, linear_in: tuple[int, ...] | None = None, **facts: Any
) -> Callable[[Callable[..., None]], Linear]:
    """Declare a linear primitive by its transpose ``(walker, node, out_bar)``."""

    def declare(transpose: Callable[..., None]) -> Linear:
        primitive = Linear(name, callables, doc=transpose.__doc__ or "", **facts)
        primitive.transpose = transpose
        primitive.linear_in = linear_in
        return register(primitive)

    return declare


def resolve(*dotted: str) -> Any:
    """The first object of those named (``"math.exp2"``, ``"numpy.exp2"``) that there is."""
    import importlib

    for each in dotted:
        module, _, name = each.rpartition(".")
        found = getattr(importlib.import_module(module), name, None)
        if found is not None:
            return found
    raise AttributeError(f"there is no {' and no '.join(dotted)}")


def is_left_out(bound: Node) -> bool:
    """Whether a bound of a slice, or a step, is the constant None."""
    return bound.op is CONSTANT and bound.params == (None,)


def is_constant(value: Any, *numbers: float) -> bool:
    """Whether ``value`` is a constant number, equal to one of ``numbers`` when any are given."""
    if isinstance(value, Node):
        if value.op is not CONSTANT or value.type not in NUMBERS:
            return False
        value = value.params[0]
    elif not isinstance(value, (int, float)):
        return False
    return not numbers or value in numbers


def constant_value(node: Node) -> Any:
    """The Python value of a constant node."""
    return node.params[0]


def arithmetic_type(types: tuple[Type, ...]) -> Type:
    """Result of ``+ - *`` and their kin: int of ints, else float."""
    found: Type = INT
    for type in types:
        if type is OPAQUE:
            return DYNAMIC
        if type is not INT and type is not BOOL:
            found = FLOAT
    return found


def comparison_type(types: tuple[Type, ...]) -> Type:
    """Result of a comparison."""
    return BOOL


def finite_value(op: Primitive, parts: list[float]) -> float | None:
    """The finite number that an operation on numbers gives; None where it raises or has no name."""
    if op.evaluate is None and not any(op.callables):
        return None
    try:
        found = op.value(*parts)
    except (ArithmeticError, ValueError, TypeError):
        return None
    # A number of NumPy's own would have another type than the constant in its place.
    return found if type(found) is float and math.isfinite(found) else None
