"""What is certain of values: bounds hold at every edge, guards fall where they cannot fire."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from math import exp, inf, log, log10, nan, sqrt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from chainrule.graph.types import FLOAT
from chainrule.primitives.bounds import ANYTHING, Bounds, exactly, of_quotient
from chainrule.primitives.declare import Primitive
from tests import oracle
from tests.declared import TABLE

TINY, LARGE = 5e-324, 1.7e308
EDGES = (
    0.0, -0.0, TINY, -TINY, 1e-200, 1e-20, 0.3, 1.0, -1.0, 2.0, -3.0, 710.0, -750.0, 1e20, LARGE,
    -LARGE, inf, -inf, nan,
)  # fmt: skip
RANGES = (
    Bounds(),
    Bounds(nonzero=True),
    Bounds(low=0.0),
    Bounds(low=0.0, nonzero=True),
    Bounds(high=0.0),
    Bounds(high=0.0, nonzero=True),
    Bounds(low=1.0),
    Bounds(-1.0, 1.0),
    Bounds(0.3, 2.0),
)
BOUNDED = [
    primitive
    for primitive in TABLE.values()
    if primitive.bounds is not None and primitive.callables and primitive.arity > 0
]


def holds(bounds: Bounds, value: float) -> bool:
    """Whether ``value`` is within ``bounds``."""
    if math.isnan(value):
        return bounds.nan
    return bounds.low <= value <= bounds.high and not (value == 0.0 and bounds.excludes_zero)


@pytest.mark.parametrize("primitive", BOUNDED, ids=lambda primitive: primitive.name)
def test_bounds_hold_at_every_edge(primitive: Primitive) -> None:
    node: Any = SimpleNamespace(args=tuple(range(primitive.arity)), type=FLOAT)
    choices = [*RANGES, exactly(2.0), exactly(-1.0), exactly(0.0)]
    sample = EDGES if primitive.arity < 3 else EDGES[::4]
    for values in itertools.product(sample, repeat=primitive.arity):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                result = primitive.value(*values)
        except (ArithmeticError, ValueError, TypeError):
            continue
        if isinstance(result, complex):
            continue
        fits = [[each for each in choices if holds(each, value)] for value in values]
        for ranges in itertools.product(*fits):
            found = primitive.bounds(node, *ranges)  # type: ignore[misc]
            assert holds(found, float(result)), (values, ranges, result, found)


def test_a_square_is_not_negative_and_may_underflow() -> None:
    node: Any = SimpleNamespace(args=(0, 0), type=FLOAT)
    found = TABLE["multiply"].bounds(node, Bounds(nonzero=True), Bounds(nonzero=True))  # type: ignore[misc]
    assert found.low == 0.0 and not found.excludes_zero


# --- guards ------------------------------------------------------------------------------------


def divided(x: float) -> float:
    return x**0.5 + 1.0 / x


def divided_in_a_product(x: float, y: float) -> float:
    return sqrt(y) + 1.0 / (x * sqrt(y))


def after_a_branch(x: float) -> float:
    if x < 1.0:
        return 0.0
    return x**0.3


def after_a_raise(x: float) -> float:
    if x <= 0.0:
        raise ValueError("not positive")
    return sqrt(x)


def under_both(x: float, y: float) -> float:
    if x > 0.0 and y > x:
        return sqrt(y)
    return 0.0


def of_a_logarithm(x: float) -> float:
    return log(x) * abs(x) ** 0.5


def counting(x: float) -> float:
    total = 0.0
    for k in range(1, 21):
        total += 1.0 / x**k
    return total


def above_one(x: float) -> float:
    return sqrt(1.0 + x * x)


def while_positive(x: float) -> float:
    total = 0.0
    while x > 1e-3:
        total += sqrt(x)
        x = x * 0.25
    return total


def colebrook(reynolds: float, roughness: float) -> float:
    f = 0.25 / log10(roughness / 3.7 + 5.74 / reynolds**0.9) ** 2
    for _ in range(3):
        f = 1.0 / (-2.0 * log10(roughness / 3.7 + 2.51 / (reynolds * sqrt(f)))) ** 2
    return f


def exponent(x: float, n: float) -> float:
    if x <= 0.0:
        return 0.0
    return 2.0**n * float(x) ** (n + 1.0)


UNGUARDED: list[tuple[Callable[..., float], tuple[float, ...]]] = [
    (divided, (2.0,)),
    (divided_in_a_product, (2.0, 3.0)),
    (after_a_branch, (2.0,)),
    (after_a_raise, (2.0,)),
    (under_both, (1.0, 2.0)),
    (of_a_logarithm, (2.0,)),
    (counting, (1.5,)),
    (above_one, (0.5,)),
    (while_positive, (2.0,)),
    (colebrook, (1e5, 1e-4)),
]


@pytest.mark.parametrize(("function", "at"), UNGUARDED)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_guards_that_cannot_fire_are_left_out(
    function: Callable[..., float], at: tuple[float, ...], mode: str
) -> None:
    wrt = tuple(range(len(at)))
    slope = grad(function, wrt=wrt, mode=mode)  # type: ignore[arg-type]
    text = slope.source.rpartition('"""')[2]
    assert "== 0" not in text and "inf" not in text, text
    for k, found in enumerate(slope(*at)):
        h = 1e-6 * at[k]
        ends = [function(*at[:k], at[k] + side, *at[k + 1 :]) for side in (h, -h)]
        assert found == pytest.approx((ends[0] - ends[1]) / (2.0 * h), rel=1e-6)


def only_where_positive(x: float) -> float:
    if x > 1.0:
        return 1.0 / x + sqrt(x)
    return sqrt(x)


def of_an_exponential(x: float) -> float:
    return sqrt(exp(x))


def of_a_difference(x: float) -> float:
    if x > 1.0:
        return 0.0
    return sqrt(1.0 - x)


def of_a_product(x: float, y: float) -> float:
    if x > 0.0 and y > 0.0:
        return sqrt(x * y)
    return 0.0


def of_what_is_not_greater(x: float, y: float) -> float:
    if x > y:
        return 0.0
    return sqrt(y - x)


def branch_of_nan(x: float, y: float) -> float:
    if not x < y:
        return sqrt(x + 1.0) if y == y else sqrt(x)
    return 0.0


STILL: list[tuple[Callable[..., float], tuple[float, ...]]] = [
    (only_where_positive, (0.0,)),
    (of_an_exponential, (-1600.0,)),
    (of_a_difference, (1.0,)),
    (of_a_product, (1e-200, 1e-200)),
    (of_what_is_not_greater, (1.0, 1.0)),
    (branch_of_nan, (0.0, nan)),
]


@pytest.mark.parametrize(("function", "at"), STILL)
def test_guards_that_can_fire_stay(function: Callable[..., float], at: tuple[float, ...]) -> None:
    function(*at)
    assert not math.isnan(grad(function)(*at))


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_what_a_division_shows_raises_as_it_does(zero: float) -> None:
    for function, _ in UNGUARDED[:1]:
        with pytest.raises(ZeroDivisionError) as own:
            function(zero)
        with pytest.raises(ZeroDivisionError) as ours:
            grad(function)(zero)
        assert str(ours.value) == str(own.value)


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_number_of_numpy_gives_no_finite_slope_where_f_divides_by_zero(zero: float) -> None:
    for function in (divided, counting):
        assert not math.isfinite(grad(function)(np.float64(zero)))


def entry(x: Any) -> Any:
    s = np.sqrt(x[0])
    return np.where(s > 0.0, 1.0 / s, 2.0) + x[1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_division_by_an_entry_shows_nothing_where_f_chooses() -> None:
    np.testing.assert_array_equal(grad(entry)(np.array([0.0, 1.0])), [0.0, 1.0])


def test_nan_comes_through() -> None:
    for function, at in UNGUARDED[:1] + UNGUARDED[2:4] + UNGUARDED[6:8]:
        assert math.isnan(grad(function)(*(nan for _ in at))), function


def test_the_logarithm_of_a_power_needs_no_guard_after_a_branch() -> None:
    slope = grad(exponent, wrt="n")
    assert "if x > 0" not in slope.source, slope.source
    assert slope(2.0, 1.0) == pytest.approx(8.0 * log(4.0), rel=1e-14)
    assert math.isnan(slope(nan, 1.0)) and slope(-1.0, 1.0) == 0.0


# --- masks -------------------------------------------------------------------------------------


def layer(x: Any, g: Any) -> Any:
    gap = x - x.mean(axis=1, keepdims=True)
    h = g * gap / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    return np.sum(np.maximum(h, 0) * x)


def test_a_mask_is_put_once_where_factors_are_finite() -> None:
    x = np.random.default_rng(0).normal(size=(4, 3))
    slope = grad(layer, wrt=("x", "g"))
    slope(x, np.ones(3))
    assert slope.source.count(">= 0") == 1 and "== 0.0" not in slope.source, slope.source


def hinge(x: Any) -> Any:
    return np.sum(np.maximum(1.0 - np.exp(x), 0.0))


def logarithm(x: Any, w: Any) -> Any:
    return np.sum(np.maximum(w * np.log(x), 0.0))


def quotient(x: Any) -> Any:
    return np.sum(np.maximum(-1.0 / (x * x), 0.0))


def root(x: Any, w: Any) -> Any:
    return np.sum(np.where(x > 0.0, w * np.sqrt(x), 0.0) * w)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_a_mask_hides_is_not_felt_where_a_factor_is_infinite() -> None:
    ones = np.ones(2)
    np.testing.assert_array_equal(grad(hinge)(np.array([1000.0, 2.0])), [0.0, 0.0])
    np.testing.assert_array_equal(grad(logarithm)(np.array([0.0, 2.0]), ones), [0.0, 0.5])
    np.testing.assert_array_equal(grad(quotient)(np.array([0.0, 1.0])), [0.0, 0.0])
    np.testing.assert_array_equal(grad(root)(np.array([0.0, 4.0]), ones), [0.0, 0.25])


def larger(x: Any, y: Any) -> Any:
    return np.sum(np.maximum(x, y))


def smaller(x: Any, y: Any) -> Any:
    return np.sum(np.minimum(x, y))


def test_of_two_the_one_taken_is_felt_and_a_tie_is_split() -> None:
    up, down = (grad(function, wrt=("x", "y")) for function in (larger, smaller))
    for pair in itertools.product(EDGES, repeat=2):
        x, y = (np.array([value]) for value in pair)
        share = 0.5 if x == y else float((x > y)[0])
        rest = 0.0 if any(map(math.isnan, pair)) else 1.0 - share
        assert [float(part[0]) for part in up(x, y)] == [share, rest], pair
        assert [float(part[0]) for part in down(x, y)] == [rest, share], pair


def test_a_quotient_that_always_raises_has_any_bounds() -> None:
    divisor = Bounds(0.0, 0.0, nonzero=True)
    for number in (1.0, -2.0, 0.0):
        found = of_quotient(None, exactly(number), divisor)  # type: ignore[arg-type]
        assert found == ANYTHING


def kept_until(u):
    total = u

    def kept(v):
        return total

    return kept


def chosen_function(x, y, n, k):
    t = x * y

    def scaled(v):
        return v * t

    chosen = scaled
    if n > 2:
        other = kept_until(x * x)
        if k > 0:
            chosen = other
        else:
            t += 2.0
    return t + y * chosen(y)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("k", [0, 1])
def test_what_holds_behind_a_check_tells_nothing_of_the_branch_around_it(n, k, mode):
    # In the branch where `other` is called n > 2 is checked; elsewhere n > 2 does not tell which.
    slopes = grad(chosen_function, ("x", "y"), mode=mode)(1.3, 0.7, n, k)
    for position, slope in enumerate(slopes):
        verdict = oracle.derivative(chosen_function, (1.3, 0.7, n, k), {}, position)
        assert verdict.decided and oracle.agrees(verdict, slope)


def steep_ratio(a, b):
    x = sqrt(a / b)
    return b * (1.0 + 9.0 * x**0.62)


def steep_share(a, b):
    return 1.5 / b * sqrt(sqrt(a))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [steep_ratio, steep_share], ids=lambda f: f.__name__)
def test_what_f_divides_by_is_not_compared_with_zero_beside_an_infinite_slope(f, mode):
    slope = grad(f, mode=mode)
    assert slope(0.0, 2.0) == inf
    assert slope(0.0, -2.0) == (inf if f is steep_ratio else -inf)
    verdict = oracle.derivative(f, (1.3, 0.7))
    assert verdict.decided and oracle.agrees(verdict, slope(1.3, 0.7))
    assert not [line for line in slope.source.splitlines() if "0.0 if" in line], slope.source
    # NumPy's zero does not raise where f divides by it: what comes out is no number.
    with np.errstate(all="ignore"):
        assert not math.isfinite(slope(0.0, np.float64(0.0)))
