"""What is returned at kinks, edges and odd inputs: a test for each numbered convention."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from chainrule import grad, hessian, jacobian, jvp, value_and_grad

MODES = ["forward", "reverse"]
inf = math.inf


def slope(f: Any, mode: str, *args: Any) -> Any:
    return grad(f, mode=mode)(*args)


# --- 1: convex kinks ----------------------------------------------------------------------

KINKS: list[tuple[Any, float, float]] = [
    (lambda x: abs(x), 0.0, 0.0),
    (lambda x: abs(x - 1.0) + x, 1.0, 1.0),
    (lambda x: math.hypot(x, 0.0), 0.0, 0.0),
    (lambda x: np.maximum(x, 2.0), 2.0, 0.5),
    (lambda x: np.minimum(x, 2.0), 2.0, 0.5),
    (lambda x: max(x, 2.0), 2.0, 1.0),
    (lambda x: max(2.0, x), 2.0, 0.0),
    (lambda x: min(x, 2.0), 2.0, 1.0),
    (lambda x: x if x > 0.0 else 0.0, 0.0, 0.0),
    (lambda x: x if x >= 0.0 else 0.0, 0.0, 1.0),
    (lambda x: sorted([x, 2.0])[0], 2.0, 1.0),
]


@pytest.mark.parametrize(("f", "x", "want"), KINKS)
@pytest.mark.parametrize("mode", MODES)
def test_1_a_kink_has_the_slope_of_its_branch_or_of_the_middle(f, x, want, mode) -> None:
    assert slope(f, mode, x) == want


def test_1_ties_and_zero_vectors_of_arrays() -> None:
    assert list(grad(lambda v: np.max(v))(np.array([1.0, 3.0, 3.0]))) == [0.0, 0.5, 0.5]
    assert list(grad(lambda v: np.linalg.norm(v))(np.zeros(2))) == [0.0, 0.0]
    assert list(grad(lambda v: np.std(v))(np.ones(3))) == [0.0, 0.0, 0.0]
    # The mean of three times 0.1 is not 0.1.
    assert np.std(np.full(3, 0.1)) > 0.0
    assert list(grad(lambda v: np.std(v))(np.full(3, 0.1))) == [0.0, 0.0, 0.0]
    assert grad(lambda x: (np.zeros((3, 1)) + x).std())(0.1) == 0.0
    columns = np.array([[0.1, 1.0], [0.1, 3.0], [0.1, 5.0]])
    found = grad(lambda v: v.std(axis=0).sum())(columns)
    assert list(found[:, 0]) == [0.0, 0.0, 0.0]
    assert found[:, 1] == pytest.approx(np.array([-1.0, 0.0, 1.0]) / math.sqrt(6.0))
    tiny = grad(lambda v: np.std(v))(np.array([1e9, 1e9 + 1e-6]))
    assert list(tiny) == [-0.5, 0.5]
    assert list(grad(lambda v: np.nanstd(v))(np.ones(3))) == [0.0, 0.0, 0.0]
    assert list(grad(lambda v: np.sqrt(np.var(v)))(np.ones(3))) == [0.0, 0.0, 0.0]
    assert list(grad(lambda v: np.sqrt(v @ v / len(v)))(np.zeros(3))) == [0.0, 0.0, 0.0]
    assert list(grad(lambda v: np.abs(v).sum())(np.array([0.0, -2.0]))) == [0.0, -1.0]
    assert all(
        0.0 <= s <= 1.0 for s in grad(lambda v: np.clip(v, 0, 1).sum())(np.array([0.0, 1.0]))
    )


# --- 2: kinks that cancel -----------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_2_where_kinks_cancel_the_derivative_is_true(mode) -> None:
    assert slope(lambda x: np.maximum(x, 0.0) + np.minimum(x, 0.0), mode, 0.0) == 1.0
    softplus = lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))  # noqa: E731
    assert slope(softplus, mode, 0.0) == 0.5
    assert slope(lambda x: np.logaddexp(x, x), mode, 1.0) == pytest.approx(1.0, rel=1e-15)


# --- 3: edges of domains ------------------------------------------------------------------

EDGES: list[tuple[Any, float, float]] = [
    (lambda x: math.sqrt(x), 0.0, inf),
    (lambda x: math.asin(x), 1.0, inf),
    (lambda x: math.acos(x), 1.0, -inf),
    (lambda x: math.acosh(x), 1.0, inf),
    (lambda x: x * math.sqrt(x), 0.0, 0.0),
    (lambda x: x**1.875, 0.0, 0.0),
    (lambda x: x**0.5, 0.0, inf),
    # Lengths, and what is made of them.
    (lambda x: math.sqrt(x * x), 0.0, 0.0),
    (lambda x: math.exp(-math.sqrt(2.0 * (x**2 + x**4) / 3.0)) - x, 0.0, -1.0),
    (lambda x: (x**2 + x * x) ** 0.5 * math.cos(x), 0.0, 0.0),
]


@pytest.mark.parametrize(("f", "x", "want"), EDGES)
@pytest.mark.parametrize("mode", MODES)
def test_3_the_one_sided_slope_counts_and_nothing_raises(f, x, want, mode) -> None:
    assert value_and_grad(f, mode=mode)(x) == (f(x), want)


ROOTS: list[tuple[Any, float]] = [
    (lambda x, y: np.sum(x * np.sqrt(x)), 3.0),
    (lambda x, y: np.sum(x * x**0.5), 3.0),
    (lambda x, y: np.sum(np.sin(x * np.sqrt(x))), 3.0 * math.cos(8.0)),
    (lambda x, y: np.sum(np.sqrt(y * x)), 0.75),
    (lambda x, y: np.sum(np.cos(np.sqrt(2.0 * x * y))), -0.75 * math.sqrt(2.0) * math.sin(72**0.5)),
    (lambda x, y: np.sum((x * y) ** 0.25), 0.25 * 36.0**-0.75 * 9.0),
]


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
@pytest.mark.parametrize(("f", "want"), ROOTS)
@pytest.mark.parametrize("mode", MODES)
def test_3_nothing_times_the_infinite_slope_of_a_root_of_an_array_is_nothing(f, want, mode) -> None:
    x, y = np.array([0.0, 4.0]), np.array([0.0, 9.0])
    found = slope(f, mode, x, y)
    assert found[0] == 0.0 and found[1] == pytest.approx(want, rel=1e-14)
    along = jvp(f)(x, y, np.ones(2))[1]
    assert along == pytest.approx(want, rel=1e-14)


def diffusion(v: Any, h: Any) -> Any:
    up = np.maximum(v, 0.0)
    return np.sum(np.sqrt(up * h) * np.cos(v))


def diffusion_of_numbers(v: float, h: float) -> float:
    up = max(v, 0.0)
    return math.sqrt(up * h) * math.cos(v)


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
@pytest.mark.parametrize("mode", MODES)
def test_3_a_root_is_flat_in_a_factor_beside_one_that_is_0_though_the_slope_is_shared(mode) -> None:
    # sqrt(4 h) has the slope 1 / sqrt(h), and is -sqrt(h) / 3 in v beside its cosine's.
    both = grad(diffusion, wrt=(0, 1), mode=mode)
    by_v, by_h = both(np.array([-1.0, 4.0]), 9.0)
    assert by_h == pytest.approx(math.cos(4.0) / 3.0, rel=1e-14)
    assert by_v[0] == 0.0
    assert by_v[1] == pytest.approx(0.75 * math.cos(4.0) - 6.0 * math.sin(4.0), rel=1e-14)
    numbers = grad(diffusion_of_numbers, wrt=(0, 1), mode=mode)
    assert numbers(-1.0, 9.0) == (0.0, 0.0)
    assert numbers(4.0, 9.0) == pytest.approx((by_v[1], by_h), rel=1e-14)


LOWEST = -math.inf


def log_of_sum(row: list[float], floor: float) -> float:
    highest = max(row)
    if highest == floor:
        return floor
    return highest + math.log(sum(math.exp(entry - highest) for entry in row))


def paths(x: float, floor: float = LOWEST) -> float:
    """Log-probabilities of which most are of nothing at first."""
    row = [x, floor, floor]
    for _ in range(3):
        row = [log_of_sum([row[k], row[k - 1] + x * x], floor) for k in range(3)]
    if row[0] - math.inf == -math.inf:
        return row[2]
    return 0.0


@pytest.mark.parametrize("mode", MODES)
def test_7_what_equals_infinity_is_at_no_single_point(mode) -> None:
    # The paths to the last entry have 2 and 3 steps.
    with mpmath.workdps(40):
        exact = mpmath.diff(lambda t: reference_paths(t), 0.3)
    assert slope(paths, mode, 0.3) == pytest.approx(float(exact), rel=1e-12)


def reference_paths(t: Any) -> Any:
    row = [mpmath.exp(t), mpmath.mpf(0), mpmath.mpf(0)]
    for _ in range(3):
        row = [row[k] + row[k - 1] * mpmath.exp(t * t) for k in range(3)]
    return mpmath.log(row[2])


def test_3_the_slope_of_a_root_that_cancels_is_written_without_a_mask() -> None:
    found = grad(lambda x: np.sum(x * np.sqrt(x)))
    assert found(np.array([0.0, 4.0])).tolist() == [0.0, 3.0]
    assert found.source.rstrip().endswith("return 1.5 * np.sqrt(x)")


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_3_an_infinite_slope_is_felt_by_the_largest_entry_alone() -> None:
    found = grad(lambda x: np.sum(np.sqrt(np.max(x, axis=1))))
    x = np.array([[-1.0, 0.0], [1.0, 4.0], [0.25, 0.25]])
    assert found(x).tolist() == [[0.0, inf], [0.0, 0.25], [0.5, 0.5]]


# --- 4: branches that are not taken -------------------------------------------------------

UNFELT: list[tuple[Any, float, float]] = [
    (lambda x: x * x if x < 1e3 else math.exp(x), 2.0, 4.0),
    (lambda x: x if x == 0.5 or 1.0 / (x - 0.5) > 0 else -x, 2.0, 1.0),
    (lambda x: (x > 0 and math.log(x)) or 0.0 * x, 2.0, 0.5),
    (lambda x: np.where(x > 0, x * x, np.sqrt(-np.abs(x))), 2.0, 4.0),
    (lambda x: np.where(x > 0, x, np.where(x < -5, np.sqrt(np.sqrt(x)), 1.0)), 2.0, 1.0),
    (lambda x: np.where(x > 0, x**2, np.log(np.sqrt(-x) * np.sqrt(-x))), 2.0, 4.0),
    (lambda x: np.where(x > 0, np.log(np.maximum(x, 0.0)), 3.0 * x), -1.0, 3.0),
    (lambda x: np.sin(np.where(np.real(0.5) > 0.1, 1.5, np.array([x, x])[-1])), 2.0, 0.0),
]


@pytest.mark.parametrize(("f", "x", "want"), UNFELT)
@pytest.mark.parametrize("mode", MODES)
def test_4_a_branch_not_taken_is_not_felt(f, x, want, mode) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert slope(f, mode, x) == want


# --- 5: powers ----------------------------------------------------------------------------

POWERS: list[tuple[Any, tuple[float, ...], float]] = [
    (lambda x: x**0, (0.0,), 0.0),
    (lambda x, y: x**y, (0.0, 0.0), 0.0),
    (lambda y, x=0.0: x**y, (2.0,), 0.0),
    (lambda x: x**1, (0.0,), 1.0),
    (lambda x, y: x**y, (0.0, 1.0), 1.0),
    (lambda x: x**3, (-2.0,), 12.0),
    (lambda x, y: x**y, (-2.0, 3.0), 12.0),
    (lambda x: x**-1, (-2.0,), -0.25),
    (lambda x, n: x**n, (-2.0, 3), 12.0),
]


@pytest.mark.parametrize(("f", "args", "want"), POWERS)
@pytest.mark.parametrize("mode", MODES)
def test_5_powers(f, args, want, mode) -> None:
    assert slope(f, mode, *args) == want


# --- 6: steps -----------------------------------------------------------------------------

STEPS: list[tuple[Any, float, float]] = [
    (lambda x: math.floor(x) + x, 2.5, 1.0),
    (lambda x: math.ceil(x) * x, 2.5, 3.0),
    (lambda x: round(x) * x, 2.2, 2.0),
    (lambda x: x // 2 + x, 2.5, 1.0),
    (lambda x: (x > 1) + x, 2.5, 1.0),
    (lambda x: np.sign(x) * x, -2.5, -1.0),
    (lambda y: 7.5 % y, 2.0, -3.0),
    (lambda y: -7.5 % y, 2.0, 4.0),
    (lambda y: math.fmod(-7.5, y), 2.0, 3.0),
    (lambda x: x % 2.0, 7.5, 1.0),
]


@pytest.mark.parametrize(("f", "x", "want"), STEPS)
@pytest.mark.parametrize("mode", MODES)
def test_6_steps_are_flat_and_remainders_are_not(f, x, want, mode) -> None:
    assert slope(f, mode, x) == want


def interpolated(x, ys):
    k = int(x)
    share = x - k
    return (1.0 - share) * ys[k] + share * ys[k + 1]


def rounded_twice(x, y):
    return int(10.0 * int(x / 3.0)) * y


@pytest.mark.parametrize("mode", MODES)
def test_6_int_is_a_step_where_something_else_is_felt(mode) -> None:
    assert slope(lambda x: x - int(x), mode, 2.5) == 1.0
    assert slope(lambda x: x * int(x), mode, 2.5) == 2.0
    assert grad(interpolated, mode=mode)(1.25, [1.0, 2.0, 5.0]) == 3.0
    assert grad(rounded_twice, wrt="y", mode=mode)(7.0, 2.0) == 20.0


@pytest.mark.parametrize("mode", MODES)
def test_6_int_on_the_path_is_refused_and_as_an_index_is_not(mode) -> None:
    from chainrule import ChainruleError

    with pytest.raises(ChainruleError, match="int"):
        slope(lambda x: int(x) * 2.0, mode, 2.5)
    with pytest.raises(ChainruleError, match="int"):
        grad(rounded_twice, wrt=("x", "y"), mode=mode)(7.0, 2.0)
    assert grad(lambda x, table: table[int(x)] * x)(1.5, [1.0, 3.0]) == 3.0
    assert grad(lambda x: x * x if int(x) == 2 else x)(2.5) == 5.0


# --- 7: single points ---------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_7_whole_numbers_are_single_points_and_steps_are_none(mode) -> None:
    def zero_at_whole_numbers(x):
        return 0.0 if x == int(x) else x * x

    assert slope(zero_at_whole_numbers, mode, 2.5) == 5.0
    with pytest.raises(ArithmeticError):
        slope(zero_at_whole_numbers, mode, 2.0)
    assert slope(lambda x: x**3 if int(x) % 3 == 0 else x * x, mode, 3.0) == 27.0


@pytest.mark.parametrize("mode", MODES)
def test_7_a_filled_in_point_raises_there_and_only_there(mode) -> None:
    def sinc(x):
        if x == 0:
            return 1.0
        return math.sin(x) / x

    derivative = grad(sinc, mode=mode)
    assert derivative(1.0) == pytest.approx(math.cos(1.0) - math.sin(1.0), rel=1e-15)
    with pytest.raises(ArithmeticError, match="single point"):
        derivative(0.0)


# --- 8: loops that stop at convergence ----------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_8_a_loop_that_converges_is_the_steps_that_were_run(mode) -> None:
    def root(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x

    assert slope(root, mode, 2.0) == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-12)
    assert grad(grad(root))(2.0) == pytest.approx(-0.25 * 2.0**-1.5, rel=1e-9)


# --- 9, 10: aliases, views, types ---------------------------------------------------------


def test_9_views_are_written_through_and_copies_are_not() -> None:
    def views(v):
        w = v.copy()
        w[1:][0] = w[0] * 3.0
        kept = w[[0, 1]]
        kept[0] = 100.0
        return w[1] * w[0]

    assert list(grad(views)(np.array([2.0, 5.0]))) == [12.0, 0.0]

    def lists(x):
        a = [x, 1.0]
        b = a
        b[1] = x * x
        c = a[:]
        c[0] = 0.0
        return a[0] * a[1]

    assert grad(lists)(2.0) == 12.0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_10_an_array_gives_an_array_of_its_shape_and_dtype(dtype) -> None:
    found = grad(lambda v: (v * v).sum())(np.ones((2, 3), dtype=dtype))
    assert found.shape == (2, 3) and found.dtype == dtype


def test_10_numbers_and_integer_arrays() -> None:
    from chainrule import ChainruleError

    assert grad(lambda x: x**3)(2) == grad(lambda x: x**3)(2.0) == 12.0
    assert type(grad(lambda x: x**2)(2)) is float
    with pytest.raises(ChainruleError, match="astype"):
        grad(lambda v: (v * v).sum())(np.array([1, 2]))


# --- 11, 12: what is read when, and what happens once -------------------------------------

RATE = 2.0


def test_11_a_changed_global_default_or_attribute_is_seen() -> None:
    global RATE

    def f(x, k=3.0):
        return RATE * x * k

    derivative = grad(f)
    assert derivative(1.0) == 6.0
    RATE = 5.0
    try:
        assert derivative(1.0) == 15.0
        f.__defaults__ = (4.0,)
        assert derivative(1.0) == 20.0
    finally:
        RATE = 2.0


@pytest.mark.parametrize("mode", MODES)
def test_12_effects_happen_once_and_exceptions_come_through(mode, capsys) -> None:
    class Counter:
        count = 0

    counter = Counter()

    def f(x, counter):
        counter.count += 1
        print("at", x)
        if x < 0:
            raise ValueError(f"negative: {x}")
        warnings.warn("careful", stacklevel=1)
        return math.sqrt(x) * x

    derivative = value_and_grad(f, mode=mode)
    with pytest.warns(UserWarning, match="careful") as caught:
        assert derivative(4.0, counter) == (8.0, 3.0)
    assert len(caught) == 1
    assert counter.count == 1
    assert capsys.readouterr().out == "at 4.0\n"
    with pytest.raises(ValueError, match=r"negative: -1\.0"):
        derivative(-1.0, counter)
    assert counter.count == 2


# --- 13, 14, 15: perturbations, unused parameters, names ----------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_13_perturbations_are_not_confused(mode) -> None:
    assert slope(lambda x: x * grad(lambda y: x + y)(1.0), mode, 1.0) == 1.0
    assert slope(lambda x: x * grad(lambda y: x * y)(2.0), mode, 3.0) == 6.0
    nested = lambda x: grad(lambda y: grad(lambda z: x * y * z)(y) * x)(x)  # noqa: E731
    assert slope(nested, mode, 3.0) == 6.0


def test_14_an_unused_parameter_and_a_constant_have_derivative_zero() -> None:
    unused = {"a": 1.0, "b": [1.0, 2.0], "c": np.ones((2, 2))}
    found = grad(lambda x, y: x, "y")(1.0, unused)
    assert found["a"] == 0.0 and found["b"] == [0.0, 0.0]
    assert np.array_equal(found["c"], np.zeros((2, 2)))
    assert grad(lambda x: 3.0)(1.0) == 0.0
    assert hessian(lambda x, y: 3.0 * x, (0, 1))(1.0, 2.0) == ((0.0, 0.0), (0.0, 0.0))
    assert jacobian(lambda x: (3.0, 1))(1.0) == (0.0, 0.0)


def test_15_names_never_collide() -> None:
    def f(t1, np, math, grad, x_bar, sum, λ, _):
        x_dot = t1 * np + math * grad
        t2 = x_dot * x_bar
        return t2 * sum + λ * _ * t1

    names = ("t1", "np", "math", "grad", "x_bar", "sum", "λ", "_")
    args = (1.5, 2.0, 0.5, 3.0, 1.25, 0.75, 2.5, 4.0)
    for mode in MODES:
        found = grad(f, names, mode=mode)(*args)
        for k, got in enumerate(found):
            # Linear in every single one: differences are exact but for rounding.
            above = [a + (j == k) for j, a in enumerate(args)]
            assert got == pytest.approx(f(*above) - f(*args), rel=1e-12)


# --- 16: accuracy -------------------------------------------------------------------------

ACCURATE: list[tuple[Any, Any, tuple[float, ...]]] = [
    (lambda x: math.tanh(x), lambda x: mpmath.sech(x) ** 2, (5.0, 15.0)),
    (lambda x: math.erf(x), lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x), (3.0, 5.5)),
    (
        lambda x: 1.0 / (1.0 + math.exp(-x)),
        lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2,
        (20.0, 40.0),
    ),
    (lambda x: math.log1p(math.exp(x)), lambda x: 1 / (1 + mpmath.exp(-x)), (-40.0, 1.0, 40.0)),
    (
        lambda x: math.hypot(x, 1e200),
        lambda x: x / mpmath.hypot(x, mpmath.mpf(1e200)),
        (1e200, 3e-5),
    ),
    (lambda x: math.expm1(x), mpmath.exp, (1e-12, -1e-3)),
    (lambda x: (1.0 + x) ** 1000.0, lambda x: 1000 * (1 + x) ** 999, (1e-9, 1e-3)),
]


@pytest.mark.parametrize(("f", "exact", "points"), ACCURATE)
@pytest.mark.parametrize("mode", MODES)
def test_16_derivatives_do_not_cancel_where_f_does_not(f, exact, points, mode) -> None:
    for x in points:
        with mpmath.workdps(50):
            want = exact(mpmath.mpf(x))
            error = abs(mpmath.mpf(slope(f, mode, x)) / want - 1)
        # What rounding x and what f has computed may change is part of it.
        assert error < 2000 * 2.0**-52, (x, float(error))


# --- 17: size -----------------------------------------------------------------------------


def test_17_twenty_ifs_and_repeated_squaring_stay_linear() -> None:
    def squarings(x):
        for _ in range(20):
            x = x * x * 0.5
        return x

    source = grad(squarings)
    source(1.9)
    assert len(source.source.splitlines()) < 60

    def ifs(x):
        total = x
        if x > 0:
            total = total * 1.5
        if x > 1:
            total = total + x
        if x > 2:
            total = total * x
        if x > 3:
            total = total - x
        if x > 4:
            total = total * 0.5
        if x > 5:
            total = total + 1.0
        return total

    derivative = grad(ifs, mode="reverse")
    derivative(2.5)
    assert len(derivative.source.splitlines()) < 80


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda x, y: y * math.log(x), (0.0, 1.0)),
        (lambda x, y: y * math.log(x - y) + x, (1.0, 1.0)),
        (lambda x, y: y * math.log10(x) * x, (0.0, 1.0)),
        (lambda x, y: x * math.lgamma(y) + y * math.log(x), (0.0, 1.0)),
    ],
)
def test_derivative_code_does_not_divide_before_f_raises(
    f: Callable[..., float], point: tuple[float, ...], mode: str
) -> None:
    with pytest.raises(ValueError, match="math domain error"):
        f(*point)
    with pytest.raises(ValueError, match="math domain error"):
        grad(f, wrt=("x", "y"), mode=mode)(*point)
