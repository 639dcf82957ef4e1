"""The operators of Python on numbers: ``+ - * / // % **``, comparisons, abs.

Also installs the operators of :class:`~chainrule.graph.node.Node`, so that rules read as
mathematics.  Simplification here is what is always right and cheap for derivative code;
the statements that compute f's own value are never built through it.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import OPERATORS, Node
from chainrule.graph.types import (
    DYNAMIC,
    FLOAT,
    INT,
    OPAQUE,
    Array,
    Type,
)
from chainrule.primitives import bounds
from chainrule.primitives.control import both, choose
from chainrule.primitives.declare import (
    NONZERO,
    REAL,
    TABLE,
    Cost,
    Kink,
    arithmetic_type,
    comparison_type,
    constant_value,
    differential,
    elementwise,
    flat,
    is_constant,
    is_left_out,
)
from chainrule.primitives.exponents import by_exponent, is_of_complex
from chainrule.primitives.floats import as_float, integral, is_cast, with_casts, without_rounding
from chainrule.primitives.masking import (
    inside_mask,
    masked,
    masked_product,
    masked_quotient,
)
from chainrule.primitives.partials import Guarded
from chainrule.primitives.squares import is_sum_of_squares, not_zero


def division_type(types: tuple[Type, ...]) -> Type:
    """True division gives a float, also of ints."""
    return DYNAMIC if OPAQUE in types else FLOAT


def power_type(types: tuple[Type, ...]) -> Type:
    """``int ** int`` may be an int or a float; as a number it is a real all the same."""
    return DYNAMIC if OPAQUE in types else FLOAT


@differential(
    "operator.add",
    "numpy.add",
    symbol="+",
    domain=(REAL, REAL),
    cost=Cost.ADD,
    sympy="x + y",
    raises=False,
    result=arithmetic_type,
    evaluate=operator.add,
    bounds=bounds.of_sum,
)
def add(x: Any, y: Any, x_dot: Any, y_dot: Any, out: Any) -> Any:
    """Sum."""
    return x_dot + y_dot


add.transposed = lambda x, y, out, out_bar: (out_bar, out_bar)


@differential(
    "operator.sub",
    "numpy.subtract",
    symbol="-",
    domain=(REAL, REAL),
    cost=Cost.ADD,
    sympy="x - y",
    raises=False,
    result=arithmetic_type,
    evaluate=operator.sub,
    bounds=bounds.of_difference,
)
def subtract(x: Any, y: Any, x_dot: Any, y_dot: Any, out: Any) -> Any:
    """Difference."""
    return x_dot - y_dot


subtract.transposed = lambda x, y, out, out_bar: (out_bar, lambda: -out_bar)


@elementwise(
    "operator.mul",
    "numpy.multiply",
    symbol="*",
    domain=(REAL, REAL),
    cost=Cost.MULTIPLY,
    sympy="x*y",
    raises=False,
    result=arithmetic_type,
    evaluate=operator.mul,
    bounds=bounds.of_product,
)
def multiply(x: Any, y: Any, out: Any) -> Any:
    """Product."""
    return y, x


@differential(
    "operator.truediv",
    "numpy.divide",
    "numpy.true_divide",
    symbol="/",
    domain=(REAL, NONZERO),
    cost=Cost.DIVIDE,
    sympy="x/y",
    result=division_type,
    evaluate=operator.truediv,
    strict=True,
    bounds=bounds.of_quotient,
)
def divide(x: Any, y: Any, x_dot: Any, y_dot: Any, out: Any) -> Any:
    """Quotient."""
    return (x_dot - out * y_dot) / y


def _divide_transposed(x: Any, y: Any, out: Any, out_bar: Any) -> Any:
    quotient = out_bar / y
    return quotient, lambda: -(quotient * out)


divide.transposed = _divide_transposed


@elementwise(
    "operator.neg",
    "numpy.negative",
    symbol="-",
    cost=Cost.ADD,
    sympy="-x",
    raises=False,
    result=arithmetic_type,
    evaluate=operator.neg,
    bounds=bounds.opposite,
)
def negative(x: Any, out: Any) -> Any:
    """Negation."""
    return -1.0


@elementwise(
    "operator.pos",
    "numpy.positive",
    symbol="+",
    cost=Cost.FREE,
    sympy="x",
    raises=False,
    result=arithmetic_type,
    evaluate=operator.pos,
    bounds=bounds.same,
)
def positive(x: Any, out: Any) -> Any:
    """Unary plus."""
    return 1.0


POWER_KINKS = (
    Kink("y == 0", (0.0, None), "x**0 is flat"),
    Kink("x == 0 and y == 1", (1.0, None), "x**1 has slope 1"),
    Kink("x == 0 and y > 1", (0.0, None), "the one-sided slope"),
    Kink("x == 0 and 0 < y < 1", (math.inf, None), "the one-sided slope is infinite"),
    Kink("x == 0", (None, 0.0), "0**y is flat in y"),
    Kink("x < 0", (None, 0.0), "only integral y have a value"),
)


@elementwise(
    "operator.pow",
    symbol="**",
    kinks=POWER_KINKS,
    domain=(REAL, REAL),
    cost=Cost.FUNCTION,
    sympy="x**y",
    result=power_type,
    evaluate=operator.pow,
    bounds=bounds.of_power,
)
def power(x: Any, y: Any, out: Any) -> Any:
    """Power, with x**0 flat everywhere and 0**y flat in y."""
    return _power_by_base(x, y, out), by_exponent(x, out)


power.keeps_integers = True


def _power_by_base(x: Any, y: Any, out: Any) -> Any:
    if not is_constant(y) and is_of_complex(x, y):
        return choose(equal(x, 0.0), lambda: 0.0, lambda: y * out / x)
    if isinstance(y, Node) and y.type == INT and not is_constant(y):
        return choose(equal(y, 0), lambda: 0.0, lambda: y * x ** (y - 1))
    if not is_constant(y):
        if isinstance(y, Node) and isinstance(y.type, Array) and not y.type.differentiable:
            if _counts_up(y):
                return y * x ** TABLE["maximum"](y - 1, 0)
            return choose(equal(y, 0), lambda: 0.0, lambda: y * x ** (y - 1.0))
        if any(isinstance(arg, Node) and isinstance(arg.type, Array) for arg in (x, y)):
            # x**(y - 1) is 0 or 1 at x = 0 for y >= 1.
            return choose(
                less(y, 1.0),
                lambda: choose(
                    equal(x, 0.0),
                    lambda: choose(equal(y, 0.0), lambda: 0.0, lambda: math.inf),
                    lambda: y * out / x,
                ),
                lambda: y * x ** (y - 1.0),
            )
        return choose(
            both(equal(x, 0.0), lambda: both(less(0.0, y), lambda: less(y, 1.0))),
            lambda: math.inf,
            lambda: choose(
                equal(x, 0.0),
                lambda: choose(equal(y, 1.0), lambda: 1.0, lambda: 0.0),
                lambda: y * out / x,
            ),
        )
    exponent = constant_value(y) if isinstance(y, Node) else y
    if exponent == 0:
        return 0.0
    if exponent == 1:
        return 1.0
    if 0 < exponent < 1 and isinstance(x, Node) and is_sum_of_squares(x):
        return float(exponent) * not_zero(x) ** (exponent - 1)
    if isinstance(x, Node) and isinstance(x.type, Array) and exponent < 1:
        steep = float(exponent) * x ** (exponent - 1)
        tame = exponent < 0 or bounds.bounds_of(x).low >= bounds.FAR_FROM_ZERO
        return steep if tame else Guarded(steep)
    if exponent < 0:
        # f has divided by x, so x is not 0 and out / x does not raise.
        return float(exponent) * out / x
    if 0 < exponent < 1:
        return choose(equal(x, 0.0), lambda: math.inf, lambda: float(exponent) * out / x)
    return float(exponent) * x ** (exponent - 1)


def _counts_up(places: Node) -> bool:
    """Whether these are ``np.arange(n)``, or no less than 0 for another reason."""
    if places.op.name == "maximum":
        return is_constant(places.args[1], 0)
    return places.op.name == "arange" and all(map(is_left_out, places.args[1:]))


@elementwise(
    "builtins.abs",
    "math.fabs",
    "numpy.abs",
    "numpy.absolute",
    "numpy.fabs",
    name="absolute",
    cost=Cost.ADD,
    sympy="Abs(x)",
    kinks=(Kink("x == 0", (0.0,), "centre of the subdifferential"),),
    raises=False,
    result=arithmetic_type,
    evaluate=abs,
    bounds=bounds.magnitude,
)
def absolute(x: Any, out: Any) -> Any:
    """Magnitude; 0 at 0, the centre of the subdifferential."""
    if isinstance(x, Node) and isinstance(x.type, Array):
        return TABLE["sign"](x)
    return choose(
        greater(x, 0.0),
        lambda: 1.0,
        lambda: choose(less(x, 0.0), lambda: -1.0, lambda: 0.0),
    )


floor_divide = flat(
    "floor_divide",
    "operator.floordiv",
    "numpy.floor_divide",
    symbol="//",
    domain=(REAL, NONZERO),
    strict=True,
    cost=Cost.DIVIDE,
    result=arithmetic_type,
    evaluate=operator.floordiv,
    sympy="floor(x/y)",
    doc="Quotient rounded down.",
)


@elementwise(
    "operator.mod",
    "numpy.mod",
    "numpy.remainder",
    symbol="%",
    domain=(REAL, NONZERO),
    cost=Cost.DIVIDE,
    result=arithmetic_type,
    evaluate=operator.mod,
    sympy="Mod(x, y)",
    strict=True,
)
def remainder(x: Any, y: Any, out: Any) -> Any:
    """Remainder of the division rounded down."""
    return 1.0, -(floor_divide(x, y) * 1.0)


def _comparison(name: str, symbol: str, evaluate: Any, sympy: str) -> Any:
    return flat(
        name,
        f"operator.{evaluate.__name__}",
        f"numpy.{name}",
        symbol=symbol,
        domain=(REAL, REAL),
        cost=Cost.FREE,
        raises=False,
        result=comparison_type,
        evaluate=evaluate,
        sympy=sympy,
        doc=f"Comparison {symbol}.",
    )


less = _comparison("less", "<", operator.lt, "x < y")
less_equal = _comparison("less_equal", "<=", operator.le, "x <= y")
greater = _comparison("greater", ">", operator.gt, "x > y")
greater_equal = _comparison("greater_equal", ">=", operator.ge, "x >= y")
equal = _comparison("equal", "==", operator.eq, "Eq(x, y)")
not_equal = _comparison("not_equal", "!=", operator.ne, "Ne(x, y)")
logical_not = flat(
    "not",
    symbol="not",
    cost=Cost.FREE,
    raises=False,
    result=comparison_type,
    evaluate=operator.not_,
    doc="Logical negation.",
)


# --- what is always right and cheap -----------------------------------------------------


def folded(op: Any, *args: Node) -> Node | None:
    """The constant that an operation on constants gives, kept as a float."""
    for arg in args:
        if not is_constant(arg):
            return None
    try:
        value = op.value(*(constant_value(arg) for arg in args))
    except (ArithmeticError, ValueError):
        return None
    if isinstance(value, complex):
        return None
    graph = args[0].graph
    if isinstance(value, float):
        scales = op in (multiply, divide) and graph.origin.derivative
        value = without_rounding(float(value), 1) if scales else float(value)
    return graph.constant(value)


def _negated(node: Node) -> Node | None:
    # Of an integer without a sign there is no opposite.
    return node.args[0] if node.op is negative and not integral(node) else None


def _simplify_add(x: Node, y: Node) -> Node | None:
    if x.op is CONSTANT or y.op is CONSTANT:
        if is_constant(x, 0):
            return y
        if is_constant(y, 0):
            return x
        constant = folded(add, x, y)
        if constant is not None:
            return constant
    if is_constant(y) and (shifted := _shifted(x, constant_value(y))) is not None:
        return shifted
    if (bare := with_casts(add, x, y)) is not None:
        return bare
    if (inner := _negated(y)) is not None:
        return subtract.build(x, inner)
    if (inner := _negated(x)) is not None:
        return subtract.build(y, inner)
    whole = isinstance(y.type, Array)
    if whole and is_constant(x) and constant_value(x) < 0:
        return subtract.build(y, x.graph.constant(-constant_value(x)))
    if x is y or is_cast(x, y):
        return multiply.build(x.graph.constant(2 if x.type == INT else 2.0), x)
    return multiply.build(y.graph.constant(2.0), y) if is_cast(y, x) else None


def _shifted(x: Node, step: Any) -> Node | None:
    """``i + 1 - 1`` as i: whole numbers meet; None where there are none."""
    if x.type != INT or type(step) is not int or x.op not in (add, subtract):
        return None
    base, shift = x.args
    if base.type != INT or not is_constant(shift) or type(constant_value(shift)) is not int:
        return None
    total = step + (constant_value(shift) if x.op is add else -constant_value(shift))
    constant = x.graph.constant(abs(total))
    return subtract.build(base, constant) if total < 0 else add.build(base, constant)


def _uncast(node: Node) -> Node:
    """What a number was before it was made a float."""
    return node.args[0] if node.op.name == "to_float" else node


def _simplify_subtract(x: Node, y: Node) -> Node | None:
    constants = x.op is CONSTANT or y.op is CONSTANT
    if constants:
        if is_constant(y, 0):
            return x
        if is_constant(x, 0):
            return negative.build(y)
    if _uncast(x) is _uncast(y) and not isinstance(x.type, Array):
        return x.graph.constant(0 if x.type == y.type == INT else 0.0)
    if constants and (constant := folded(subtract, x, y)) is not None:
        return constant
    if is_constant(y) and (shifted := _shifted(x, -constant_value(y))) is not None:
        return shifted
    if (bare := with_casts(subtract, x, y)) is not None:
        return bare
    if (inner := _negated(y)) is not None:
        return add.build(x, inner)
    if (inner := _negated(x)) is not None:
        return negative.build(add.build(inner, y))
    return None


def _simplify_multiply(x: Node, y: Node) -> Node | None:
    constants = x.op is CONSTANT or y.op is CONSTANT
    if constants:
        if is_constant(x, 0) or is_constant(y, 0):
            return x.graph.constant(0.0)
        if is_constant(x, 1):
            return as_float(y) if x.type == FLOAT else y
        if is_constant(y, 1):
            return as_float(x) if y.type == FLOAT else x
        constant = folded(multiply, x, y)
        if constant is not None:
            return constant
    if (bare := with_casts(multiply, x, y)) is not None:
        return bare
    if (product := masked_product(x, y)) is not None:
        return product
    if constants:
        if is_constant(x, -1):
            return negative.build(y)
        if is_constant(y, -1):
            return negative.build(x)
    known = x.block.graph.cursor.known(multiply, (y, x))
    if known is not None:
        return known
    if constants and is_constant(y):
        return multiply.build(y, x)
    if (inner := _negated(x)) is not None:
        return negative.build(multiply.build(inner, y))
    if (inner := _negated(y)) is not None:
        return negative.build(multiply.build(x, inner))
    scaled = constants and y.op is multiply and y.origin.derivative
    if scaled and is_constant(x) and is_constant(y.args[0]):
        return multiply.build(multiply.build(x, y.args[0]), y.args[1])
    if y.op is divide and y.origin.derivative and is_constant(y.args[0], 1):
        return divide.build(x, y.args[1])
    if x.op is divide and x.origin.derivative and is_constant(x.args[0], 1):
        return divide.build(y, x.args[1])
    return None


def _simplify_divide(x: Node, y: Node) -> Node | None:
    if x.op is CONSTANT or y.op is CONSTANT:
        if is_constant(x, 0):
            return x.graph.constant(0.0)
        if is_constant(y, 1):
            return as_float(x)
        if is_constant(y, -1):
            return negative.build(x)
        constant = folded(divide, x, y)
        if constant is not None:
            return constant
    if (bare := with_casts(divide, x, y)) is not None:
        return bare
    if (quotient := masked_quotient(x, y)) is not None:
        return quotient
    if (inner := _negated(x)) is not None:
        return negative.build(divide.build(inner, y))
    if (inner := _negated(y)) is not None:
        return negative.build(divide.build(x, inner))
    return None


def _simplify_negative(x: Node) -> Node | None:
    if masked(x):
        return inside_mask(x, negative.build)
    constant = folded(negative, x)
    if constant is not None:
        return constant
    if integral(x):
        return negative.build(as_float(x))
    if (inner := _negated(x)) is not None:
        return inner
    if x.op is subtract and x.origin.derivative:
        return subtract.build(x.args[1], x.args[0])
    whole = isinstance(x.type, Array)
    if x.op is multiply and is_constant(x.args[0]) and x.origin.derivative and not whole:
        return multiply.build(negative.build(x.args[0]), x.args[1])
    return None


# Their values are so small that no power overflows, which in Python would raise.
BOUNDED = {"log", "log2", "log10", "sin", "cos", "tanh", "atan", "erf"}


def _simplify_power(x: Node, y: Node) -> Node | None:
    if is_constant(y, 0):
        return x.graph.constant(1.0)
    if is_constant(y, 1):
        return x
    constant = folded(power, x, y)
    if constant is not None:
        return constant
    if is_constant(y, 2):
        return multiply.build(x, x)
    if is_constant(y, 3) and x.op.name not in BOUNDED:
        return multiply.build(multiply.build(x, x), x)
    return None


def _simplify_comparison(op: Any) -> Any:
    def simplify(x: Node, y: Node) -> Node | None:
        truth = bounds.compared(op.name, bounds.bounds_of(x), bounds.bounds_of(y))
        return folded(op, x, y) if truth is None else x.graph.constant(truth)

    return simplify


add.simplify = _simplify_add
subtract.simplify = _simplify_subtract
multiply.simplify = _simplify_multiply
divide.simplify = _simplify_divide
negative.simplify = _simplify_negative
power.simplify = _simplify_power
floor_divide.simplify = lambda x, y: None if is_constant(y, 0) else folded(floor_divide, x, y)
for _op in (less, less_equal, greater, greater_equal, equal, not_equal):
    _op.simplify = _simplify_comparison(_op)
    _op.chooses = True

OPERATORS.update(
    add=add,
    subtract=subtract,
    multiply=multiply,
    divide=divide,
    power=power,
    negative=negative,
    less=less,
    less_equal=less_equal,
    greater=greater,
    greater_equal=greater_equal,
)
