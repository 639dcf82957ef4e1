"""The rule of every primitive against SymPy and mpmath; no test here names one.

Three interpreters run each rule: on floats it is compared with 50 digits, on exact numbers with
``sympy.diff`` to 30, on nodes with itself on floats.
"""

from __future__ import annotations

import fractions
import itertools
import math
import random
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import mpmath
import pytest
import sympy

from chainrule.errors import UnsupportedError
from chainrule.graph.block import CONSTANT, ITEM, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT
from chainrule.primitives.adjoints import Adjoints
from chainrule.primitives.control import IF
from chainrule.primitives.declare import Elementwise, Interval, Kink, Primitive
from chainrule.primitives.partials import scaled
from tests.declared import (
    EPSILON,
    RULES,
    each_rule,
    has_value,
    inside,
    partials,
    partials_at,
    points,
    quietly,
    samples,
    symbols,
)

SMALLEST_NORMAL = sys.float_info.min
LARGEST = sys.float_info.max


# --- the oracle -------------------------------------------------------------------------


class step(sympy.Function):  # type: ignore[misc]
    """floor, with the derivative that it has off its jumps."""

    @classmethod
    def eval(cls, x: Any) -> Any:
        return sympy.floor(x) if x.is_Number else None

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Integer(0)


def erfc_inverse(x: Any) -> Any:
    """The inverse of erfc, by Newton's method from the asymptotic value."""
    if x > 0.1:
        return mpmath.erfinv(1 - x)
    root = mpmath.sqrt(-mpmath.log(x))
    for _ in range(12 + mpmath.mp.prec.bit_length()):
        root += (mpmath.erfc(root) - x) * mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(root * root)
    return root


NUMERIC = {
    "step": mpmath.floor,
    "floor": mpmath.floor,
    "Heaviside": lambda x, middle=0.5: mpmath.mpf(1 if x > 0 else middle if x == 0 else 0),
    "DiracDelta": lambda x, order=0: mpmath.mpf(0),
    "erfcinv": erfc_inverse,
    "Max": max,
    "Min": min,
    "hyper": mpmath.hyper,
    "betainc_regularized": lambda a, b, low, high: mpmath.betainc(
        a, b, low, high, regularized=True
    ),
}


@cache
def oracle(primitive: Primitive, position: int | None) -> Callable[..., Any]:
    """SymPy's derivative of the declared expression, to be evaluated by mpmath.

    The expression itself where ``position`` is None.
    """
    names = symbols(primitive)
    expression = primitive.as_sympy(*names)
    expression = expression.replace(sympy.Mod, lambda x, y: x - y * sympy.floor(x / y))
    expression = expression.replace(sympy.floor, step)
    derivative = expression if position is None else sympy.diff(expression, names[position])
    assert not derivative.has(sympy.Derivative), f"SymPy cannot differentiate {expression}"
    compiled: Callable[..., Any] = sympy.lambdify(names, derivative, modules=[NUMERIC, "mpmath"])
    return compiled


def exactly(primitive: Primitive, position: int | None, point: Sequence[Any]) -> Any:
    """The derivative (or the value) to 30 digits, or None where no precision settles them."""
    before: Any = None
    # Neither 1 + x nor 1 - x*x may lose x altogether.
    sizes = [abs(mpmath.log10(abs(x))) for x in point if not isinstance(x, bool) and x != 0]
    least = 50 + 2 * int(max(sizes, default=0))
    for digits in (least, least + 60, 3 * least):
        with mpmath.workdps(digits):
            try:
                numbers = [x if isinstance(x, (bool, int)) else mpmath.mpf(x) for x in point]
                found = mpmath.mpmathify(oracle(primitive, position)(*numbers))
            except (ArithmeticError, ValueError, mpmath.libmp.NoConvergence):
                return None
            if isinstance(found, mpmath.mpc):
                found = found.real
            if before is not None and (
                found == before or abs(found - before) <= abs(found) * mpmath.mpf(10) ** -30
            ):
                return found
            before = found
    return None


def tolerance(primitive: Primitive, position: int | None, point: Sequence[Any], truth: Any) -> Any:
    """What rounding each argument in its last place may change, and as much of the result."""
    allowed = abs(truth) * EPSILON
    for k, x in enumerate(point):
        if isinstance(x, float) and x != 0.0:
            moved = list(point)
            moved[k] = mpmath.mpf(x) * (1 + mpmath.mpf(EPSILON))
            there = exactly(primitive, position, moved)
            allowed += 0 if there is None else abs(there - truth)
    return primitive.ulps * allowed + SMALLEST_NORMAL * primitive.ulps


def is_accurate(
    found: float, primitive: Primitive, position: int | None, point: Sequence[Any], truth: Any
) -> bool:
    """Whether a number is within the tolerance, which is measured only where rounding is more."""
    least = primitive.ulps * (abs(truth) * EPSILON + SMALLEST_NORMAL)
    return agrees(found, truth, least) or agrees(
        found, truth, tolerance(primitive, position, point, truth)
    )


@cache
def is_known(primitive: Primitive, point: tuple[Any, ...]) -> bool:
    """Whether the library's own value is right, so that its derivative can be judged."""
    truth = exactly(primitive, None, point)
    value = float(quietly(primitive.value, *point))
    return truth is not None and is_accurate(value, primitive, None, point, truth)


def agrees(found: float, truth: Any, allowed: Any) -> bool:
    if math.isinf(found) or abs(truth) > LARGEST:
        return abs(truth) > LARGEST * 0.99 and (found > 0) == (truth > 0) and abs(found) > 1e307
    return bool(abs(mpmath.mpf(found) - truth) <= allowed)


def condition(where: str, point: Sequence[Any]) -> bool:
    """Whether a declared kink is at this point."""
    return bool(eval(where, {"abs": abs}, dict(zip("xyzw", point, strict=False))))


def expected(primitive: Primitive, position: int, point: Sequence[Any]) -> Any:
    """The derivative at this point; None at a kink, and where the oracle cannot tell."""
    if not isinstance(primitive.domain[position].low, float) or isinstance(
        primitive.domain[position].low, bool
    ):
        return mpmath.mpf(0)
    for kink in primitive.kinks:
        if condition(kink.where, point) and kink.partials[position] is not None:
            return None
    return exactly(primitive, position, point) if is_known(primitive, tuple(point)) else None


# --- tests of rules ---------------------------------------------------------------------


@each_rule
def test_partials_are_accurate_to_a_few_ulps_of_their_conditioning(primitive: Primitive) -> None:
    decided, wrong = 0, []
    for point in points(primitive):
        for position, found in enumerate(partials_at(primitive, point)):
            truth = None if found is None else expected(primitive, position, point)
            if truth is None:
                continue
            decided += 1
            if not is_accurate(found, primitive, position, point, truth):
                shown = mpmath.nstr(truth, 20)
                wrong.append(f"{point}, argument {position}: {found!r}, not {shown}")
    assert not wrong, "\n".join([primitive.name, *wrong])
    known = any(partial is not None for partial in partials_at(primitive, points(primitive)[0]))
    assert decided >= 3 or not known, "the oracle could not decide"


@each_rule
def test_no_rule_raises_where_its_function_has_a_value(primitive: Primitive) -> None:
    everywhere = list(itertools.product(*map(samples, primitive.domain)))
    for point in random.Random(2).sample(everywhere, min(1500, len(everywhere))):
        if has_value(primitive, point):
            for partial in partials_at(primitive, point):
                assert partial is None or not math.isnan(partial), point


KINK_VALUES = (-2.5, -1.0, 0.0, 0.5, 1.0, 2.5)


@pytest.mark.parametrize(
    ("primitive", "kink"),
    [
        pytest.param(primitive, kink, id=f"{primitive.name}-{kink.where}")
        for primitive in RULES
        for kink in primitive.kinks
    ],
)
def test_a_kink_gives_what_is_declared(primitive: Primitive, kink: Kink) -> None:
    met = 0
    for point in itertools.product(KINK_VALUES, repeat=primitive.arity):
        if not condition(kink.where, point) or not has_value(primitive, point):
            continue
        met += 1
        for declared, found in zip(kink.partials, partials_at(primitive, point), strict=True):
            assert declared is None or found == declared, point
    assert met, "no point meets this condition"


# --- proofs -----------------------------------------------------------------------------


class Number(sympy.NumberSymbol):  # type: ignore[misc]
    """An exact number that stays a symbol, so that predicates decide and nothing is rounded."""

    is_real = True
    is_irrational = True

    def __new__(cls, exact: Any) -> Any:
        made = sympy.AtomicExpr.__new__(cls)
        made.exact = exact
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.exact,)

    def __hash__(self) -> int:
        return hash(self.exact)

    def _as_mpf_val(self, precision: int) -> Any:
        return self.exact._as_mpf_val(precision)

    def _eval_is_positive(self) -> bool:
        return bool(self.exact > 0)

    def approximation_interval(self, number_class: Any) -> Any:
        below = sympy.floor(self.exact)
        return below, below + 1


PROOF_VALUES = [sympy.Rational(*pair) for pair in ((3, 8), (-5, 8), (7, 5), (-9, 4), (31, 4))]
CONSTANTS = [
    sympy.sympify(text)
    for text in ("1", "pi", "sqrt(pi)", "sqrt(2)", "sqrt(2*pi)", "log(2)", "log(10)")
]


def recognised(value: Any) -> Any:
    """The exact constant that a float in a rule stands for."""
    number = float(value)
    exact = fractions.Fraction(number)
    if exact.denominator <= 2**20:
        return sympy.Rational(exact.numerator, exact.denominator)
    for constant, power in itertools.product(CONSTANTS, (1, -1)):
        factor = constant**power
        ratio = fractions.Fraction(number / float(factor)).limit_denominator(500)
        if ratio and abs(float(ratio) * float(factor) - number) <= 4 * EPSILON * abs(number):
            return sympy.Rational(ratio.numerator, ratio.denominator) * factor
    raise AssertionError(f"{number!r} is no constant that can be recognised")


def proof_values(interval: Interval) -> list[Any]:
    if isinstance(interval.low, bool):
        return [sympy.true, sympy.false]
    if isinstance(interval.low, int):
        return [sympy.Integer(value) for value in samples(interval)]
    return [value for value in PROOF_VALUES if inside(value, interval)]


def plain(exact: Any) -> Any:
    """Python's number or truth value of SymPy's."""
    if exact in (sympy.true, sympy.false):
        return bool(exact)
    return int(exact) if exact.is_Integer else float(exact)


def proof_points(primitive: Primitive) -> list[tuple[Any, ...]]:
    """Points off the kinks where the operation has a real value."""
    axes = [proof_values(interval) for interval in primitive.domain]
    different = [
        point
        for point in itertools.product(*axes)
        if len(axes) > 2 or len(set(point)) == len(point)
    ]
    return [
        point
        for point in different
        if has_value(primitive, [plain(x) for x in point])
        and not any(condition(kink.where, point) for kink in primitive.kinks)
    ]


def to_digits(expression: Any) -> Any:
    """A closed expression to 30 digits, its floats taken for what they stand for."""
    expression = sympy.sympify(expression)
    expression = expression.xreplace({f: recognised(f) for f in expression.atoms(sympy.Float)})
    expression = expression.xreplace({n: n.exact for n in expression.atoms(Number)})
    with mpmath.workdps(50):
        return mpmath.mpmathify(sympy.lambdify([], expression, modules=[NUMERIC, "mpmath"])())


@each_rule
def test_the_rule_is_sympys_derivative(primitive: Primitive) -> None:
    proved = 0
    for point in proof_points(primitive)[:8]:
        args = [
            Number(x) if isinstance(x, sympy.Rational) and not x.is_Integer else x for x in point
        ]
        found = partials(primitive, args, primitive.as_sympy(*args))
        for position, partial in enumerate(found):
            real = isinstance(primitive.domain[position].low, float)
            if partial is None or not real:
                continue
            with mpmath.workdps(50):
                numbers = [bool(x) if x in (True, False) else mpmath.mpmathify(x) for x in point]
                truth = oracle(primitive, position)(*numbers)
            difference = to_digits(partial) - truth
            assert abs(difference) <= mpmath.mpf(10) ** -30 * (1 + abs(truth)), (
                f"at {point}, argument {position}: {partial}, not {mpmath.nstr(truth, 30)}"
            )
            proved += 1
    assert proved or all(partial is None for partial in found)


# --- the rule on nodes ------------------------------------------------------------------


def evaluate(node: Node, values: dict[Node, Any]) -> Any:
    """The value of a small graph of scalars."""
    if node in values:
        return values[node]
    if node.op is CONSTANT:
        return node.params[0]
    if node.op is ITEM:
        params: Any = node.args[0].params
        predicate, (then, orelse, _) = node.args[0].args[0], params
        assert node.args[0].op is IF
        chosen = then if evaluate(predicate, values) else orelse
        return evaluate(chosen.results[0], values)
    assert isinstance(node.op, Primitive)
    return node.op.value(*(evaluate(arg, values) for arg in node.args))


class Pulled(Adjoints):
    """Stands in for the reverse walk: keeps the adjoints that a rule hands on."""

    def __init__(self) -> None:
        self.bars: dict[Node, Node] = {}

    def active(self, node: Node) -> bool:
        return node.type != BOOL

    def accumulate(self, node: Node, bar: Any) -> None:
        self.bars[node] = bar if isinstance(bar, Node) else node.graph.constant(bar)


def refuses(primitive: Primitive) -> bool:
    """Whether the derivative in some argument is not known."""
    partial = partials_at(primitive, points(primitive)[0]) if points(primitive) else [None]
    return None in partial


@pytest.mark.parametrize(
    "primitive", [p for p in RULES if not refuses(p)], ids=lambda primitive: primitive.name
)
def test_forward_and_reverse_build_the_partials(primitive: Primitive) -> None:
    graph = Graph("f")
    kinds = [BOOL if interval.low is False else FLOAT for interval in primitive.domain]
    args = [graph.body.parameter(f"x{k}", kind) for k, kind in enumerate(kinds)]
    seed = graph.body.parameter("seed", FLOAT)
    out = graph.cursor.add(primitive, tuple(args))
    pulled = Pulled()
    primitive.pull(pulled, out, seed)
    for position, arg in enumerate(args):
        dots = [seed if k == position else None for k in range(len(args))]
        tangent = primitive.tangent(out, args, dots, out)
        for point in points(primitive)[:20]:
            # What multiplies a partial may round it once more, or overflow.
            values: dict[Node, Any] = dict(zip(args, point, strict=True)) | {seed: 0.75}
            truth = partials_at(primitive, point)[position] * 0.75
            for node in (tangent, pulled.bars.get(arg)):
                found = 0.0 if node is None else quietly(evaluate, node, values)
                assert float(found) == pytest.approx(truth, rel=1e-14, abs=1e-300), point


def steep_points(primitive: Primitive) -> list[tuple[tuple[float, ...], int]]:
    """Where a slope is declared to be infinite, and in which argument."""
    return [
        (point, position)
        for kink in primitive.kinks
        for position, partial in enumerate(kink.partials)
        for point in itertools.product(KINK_VALUES, repeat=primitive.arity)
        if partial is not None and math.isinf(partial)
        if condition(kink.where, point) and has_value(primitive, point)
    ]


@pytest.mark.parametrize("primitive", [p for p in RULES if steep_points(p)], ids=lambda p: p.name)
def test_no_adjoint_is_no_adjoint_at_an_infinite_slope(primitive: Elementwise) -> None:
    for point, position in steep_points(primitive):
        graph = Graph("f")
        args = [graph.body.parameter(f"x{k}", FLOAT) for k in range(primitive.arity)]
        out = graph.cursor.add(primitive, tuple(args))
        bar = graph.body.parameter("bar", FLOAT)
        node = scaled(out, bar, primitive.cases(args, out)[position])
        assert quietly(evaluate, node, dict(zip(args, point, strict=True)) | {bar: 0.0}) == 0.0


def test_an_unknown_derivative_is_refused_with_a_remedy() -> None:
    refusing = [primitive for primitive in RULES if refuses(primitive)]
    assert refusing
    for primitive in refusing:
        graph = Graph("f")
        args = [graph.body.parameter(f"x{k}", FLOAT) for k in range(primitive.arity)]
        out = graph.cursor.add(primitive, tuple(args))
        with pytest.raises(UnsupportedError, match="with respect to its"):
            primitive.tangent(out, args, [out] * primitive.arity, out)
