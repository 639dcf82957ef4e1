"""Second derivatives of integrals and of trajectories through kinks that move with a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import dblquad, odeint, quad, solve_ivp, tplquad
from scipy.interpolate import interp1d
from scipy.optimize import brentq, minimize_scalar

from chainrule import UnsupportedError, grad, hessian
from tests.differences import along
from tests.slopes import check_against_oracle, check_product

TIGHT = {"rtol": 1e-11, "atol": 1e-12}
POINT = (1.2, 0.5)
WIDE = {"limit": 500, "epsabs": 1e-12}


def check_slopes_along(f: Callable[..., float], mode: str, rel: float, slack: float) -> None:
    """Compare the gradient with differences of wide steps: integrals are known to 1e-10."""
    for k, slope in enumerate(grad(f, wrt=("a", "b"), mode=mode)(*POINT)):
        step = np.eye(2)[k]
        expected, noise = along(lambda h, step=step: f(*(np.array(POINT) + h * step)), 1e-3)
        assert slope == pytest.approx(float(expected), rel=rel, abs=slack + 10.0 * noise)


def through_zero(a, b):
    return solve_ivp(lambda t, y: [a + b * abs(y[0])], (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def on_one_side(a, b):
    rate = lambda y, t: a + b * max(y[0], 0.0)  # noqa: E731
    return odeint(rate, -1.0, [0.0, 2.0], **TIGHT)[-1, 0]


def distance(a, b):
    return quad(lambda x: b * abs(x - 0.3 * a), 0.0, 1.0)[0]


def payoff(a, b):
    return quad(lambda x: max(b * np.exp(x) - a, 0.0) * np.exp(-x * x), -3.0, 3.0)[0]


def squared(a, b):
    return quad(lambda x: max(b * x * x - a, 0.0) * np.exp(-x * x), -3.0, 3.0, **WIDE)[0]


JUMPING = [through_zero, on_one_side, squared]


@pytest.mark.parametrize("f", JUMPING, ids=lambda f: f.__name__)
def test_their_slopes_are_known(f: Callable[..., float]) -> None:
    check_slopes_along(f, "auto", rel=1e-5, slack=0.0)


@pytest.mark.parametrize("f", JUMPING, ids=lambda f: f.__name__)
def test_there_are_no_second_derivatives_where_slopes_jump(f: Callable[..., float]) -> None:
    # They are not those of the pieces: the kink moves, and with it the jump of the slope.
    message = r"further derivatives of .* kink|jumps where it switches|has a kink, inside"
    with pytest.raises((UnsupportedError, ArithmeticError), match=message):
        hessian(f, wrt=("a", "b"))(*POINT)


def drag(a, b):
    rate = lambda t, v: [a - b * v[0] * abs(v[0])]  # noqa: E731
    return solve_ivp(rate, (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def square(a, b):
    rate = lambda t, y: [a - b * max(y[0], 0.0) ** 2]  # noqa: E731
    return solve_ivp(rate, (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def at_a_time(a, b):
    rate = lambda t, y: [a - b * abs(t - 1.0) * y[0]]  # noqa: E731
    return solve_ivp(rate, (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def cube(a, b):
    return quad(lambda x: b * max(x - 0.3 * a, 0.0) ** 3, 0.0, 1.0)[0]


def at_a_place(a, b):
    return quad(lambda x: a * abs(x - 0.25) * np.exp(-b * x), 0.0, 1.0)[0]


@pytest.mark.parametrize("f", [drag, square, at_a_time, cube, at_a_place], ids=lambda f: f.__name__)
def test_second_derivatives_where_slopes_do_not_jump(f: Callable[..., float]) -> None:
    check_product(f, POINT, ("a", "b"), (0.3, -0.8), rel=1e-6, slack=1e-7)


def test_kinks_that_stay_are_those_of_the_integrand() -> None:
    check_against_oracle(at_a_place, POINT, ("a", "b"))


X, Y = np.array([0.0, 0.5, 1.0, 2.0]), np.array([0.0, 1.0, 0.3, 0.8])
LINE = interp1d(X, Y)


def remainder(a, b):
    return quad(lambda x: b * (x % a), 0.0, 1.0)[0]


def sided(a, b):
    return quad(lambda x: b * math.copysign(1.0, x - 0.3 * a), 0.0, 1.0)[0]


def switched(a, b):
    return quad(lambda x: 1.0 if x > 0.3 * a else b, 0.0, 1.0)[0]


def at_the_end(a, b):
    return quad(lambda x: 1.0 if x > a else b, a, 2.0)[0]


def turned(a, b):
    return quad(lambda x: b * math.atan2(x - 0.3 * a, -1.0), 0.0, 1.0)[0]


def begun(a, b):
    return quad(lambda x: stats.expon.pdf(x, loc=a, scale=b), 0.0, 5.0)[0]


def even(a, b):
    return quad(lambda x: stats.uniform.pdf(x, 0.3 * a, b), 0.0, 1.0)[0]


def rounded(a, b):
    return quad(lambda x: math.floor(x / b), 0.0, 1.0)[0] + a


def by_the_outer_variable(a, b):
    inner = lambda y, x: (1.0 if x > 0.3 * a else 0.0) * y * b  # noqa: E731
    return dblquad(inner, 0.0, 1.0, 0.0, 1.0)[0]


def three_deep(a, b):
    inner = lambda z, y, x: (b if x > 0.3 * a else 0.0) * y * z  # noqa: E731
    return tplquad(inner, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0)[0]


def of_an_integral(a, b):
    def outer(x):
        return quad(lambda y: (b if x > 0.3 * a else 0.0) * y, 0.0, 1.0)[0]

    return quad(outer, 0.0, 1.0)[0]


def of_a_root(a, b):
    def outer(x):
        return brentq(lambda y: y - (b if x > 0.3 * a else 0.1), -1.0, 2.0)

    return quad(outer, 0.0, 1.0)[0]


JUMPS = [
    remainder, sided, turned, rounded, by_the_outer_variable, three_deep, of_an_integral, of_a_root
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", JUMPS, ids=lambda f: f.__name__)
def test_integrals_of_what_jumps_where_a_parameter_moves_it_are_refused(
    f: Callable[..., float], mode: str
) -> None:
    with pytest.raises(UnsupportedError, match="branches on its variable together with"):
        grad(f, wrt=("a", "b"), mode=mode)(*POINT)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [begun, even, at_the_end], ids=lambda f: f.__name__)
def test_a_jump_inside_of_the_range_has_no_slope(f: Callable[..., float], mode: str) -> None:
    with pytest.raises(ArithmeticError, match="inside of the range: no slope is known"):
        grad(f, wrt=("a", "b"), mode=mode)(*POINT)


def over_the_support(a, b):
    return quad(lambda x: x * stats.expon.pdf(x, loc=a, scale=b), a, np.inf)[0]


def between_the_ends(a, b):
    return quad(lambda x: x * x * stats.uniform.pdf(x, a, b), a, a + b)[0]


def beyond(a, b):
    return quad(lambda x: b * x * max(x - 0.1 * a, 0.0) * (2.0 if x > 5.0 * a else 1.0), 0.5, 3.0)[
        0
    ]


OUTSIDE = [over_the_support, between_the_ends, beyond]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", OUTSIDE, ids=lambda f: f.__name__)
def test_jumps_that_are_not_inside_of_the_range_are_not_felt(
    f: Callable[..., float], mode: str
) -> None:
    check_slopes_along(f, mode, rel=1e-6, slack=1e-8)


def test_kinks_beyond_the_range_leave_second_derivatives() -> None:
    check_product(beyond, POINT, ("a", "b"), (0.3, -0.8), rel=1e-6, slack=1e-8)


def density(s, v):
    return math.exp(-0.5 * ((math.log(s) - 0.1) / v) ** 2) / (s * v * math.sqrt(2.0 * math.pi))


def digital(a, b):
    return quad(lambda s: (1.0 if s > a else 0.0) * density(s, b), 1e-9, 20.0, **WIDE)[0]


def below(a, b):
    return quad(lambda s: density(s, b) if s <= a * b else 0.2 * a, 1e-9, 3.0, **WIDE)[0]


def call(a, b):
    return quad(lambda s: max(0.0, s - a) * density(s, b), 1e-9, 20.0, **WIDE)[0]


def put(a, b):
    return quad(lambda s: max(a - s, 0.0) * density(s, b), 1e-9, 20.0, **WIDE)[0]


def capped(a, b):
    return quad(lambda s: min(s, a) * density(s, b), 1e-9, 20.0, **WIDE)[0]


def corridor(a, b):
    return quad(lambda s: density(s, b) if a < s < a + b else 0.0, 1e-9, 20.0, **WIDE)[0]


def from_an_open_end(a, b):
    return quad(lambda s: math.log(s) if a > s else b, 0.0, 2.0, **WIDE)[0]


def of_two_factors(a, b):
    return quad(lambda z: 1.0 if (0.2 - b) * z / a < 0.3 else 0.5 * z, -8.0, 8.0, **WIDE)[0]


def of_a_logarithm(a, b):
    return quad(lambda z: abs(b * math.log(z) - 0.3 * a) * math.exp(-z), 1e-6, 8.0, **WIDE)[0]


def of_an_inverse(a, b):
    return quad(lambda z: 1.0 if a - b / z > 0.4 else -z, 0.1, 8.0, **WIDE)[0]


def never_met(a, b):
    return quad(lambda z: max(a * math.exp(b * z) + 1.0, 0.0) * math.exp(-z * z), -8, 8, **WIDE)[0]


def across(a, b):
    return dblquad(lambda y, x: b if x + y > a * b else 0.0, 0.0, 1.0, 0.0, 1.0)[0]


def within_the_inner(a, b):
    return quad(lambda x: quad(lambda y: x * y * b if a * x > y else 0.0, 0.0, 2.0)[0], 0.0, 1.0)[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.filterwarnings("ignore:The occurrence of roundoff")
def test_a_jump_that_the_inner_variable_meets_is_none_of_the_integral(mode: str) -> None:
    a, b = POINT
    # b (1 - (a b)**2 / 2), and b a**2 / 8.
    expected = (-a * b**3, 1.0 - 1.5 * (a * b) ** 2)
    assert grad(across, wrt=("a", "b"), mode=mode)(a, b) == pytest.approx(expected, rel=1e-5)
    expected = (a * b / 4.0, a * a / 8.0)
    found = grad(within_the_inner, wrt=("a", "b"), mode=mode)(a, b)
    assert found == pytest.approx(expected, rel=1e-5)


INSIDE = [
    of_two_factors, of_a_logarithm, of_an_inverse, never_met, payoff,
    switched, distance, digital, below, call, put, capped, corridor, from_an_open_end,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", INSIDE, ids=lambda f: f.__name__)
def test_jumps_inside_at_places_that_are_told_add_their_heights(
    f: Callable[..., float], mode: str
) -> None:
    check_slopes_along(f, mode, rel=1e-5, slack=1e-6)


@pytest.mark.parametrize("f", INSIDE, ids=lambda f: f.__name__)
def test_and_further_derivatives_those_of_their_slopes(f: Callable[..., float]) -> None:
    gradient = grad(f, wrt=("a", "b"))
    for row, step in zip(hessian(f, wrt=("a", "b"))(*POINT), 1e-2 * np.eye(2), strict=True):
        ends = [gradient(*(np.array(POINT) + sign * step)) for sign in (1.0, -1.0)]
        assert row == pytest.approx(np.subtract(*ends) / 2e-2, rel=5e-3, abs=1e-3)


def twice(a, b):
    return quad(lambda s: (b if s > a else 0.0) + (1.0 if s > a * 1.0 else 0.0), 0.0, 2.0)[0]


def test_two_jumps_at_one_place_are_not_told_apart() -> None:
    with pytest.raises(ArithmeticError, match="two jumps at one place"):
        grad(twice, wrt=("a", "b"))(*POINT)


def tabulated(a, b):
    return quad(lambda x: b * np.interp(x + 0.3 * a, X, Y), 0.0, 1.0)[0]


def on_a_line(a, b):
    return quad(lambda x: b * float(LINE(x + 0.3 * a)), 0.0, 1.0)[0]


def clipped(a, b):
    return quad(lambda x: b * np.clip(x - 0.3 * a, 0.0, 0.3), 0.0, 1.0)[0]


def root_of_a_square(a, b):
    return quad(lambda x: b * math.sqrt((x - 0.3 * a) ** 2), 0.0, 1.0)[0]


def in_order(a, b):
    return quad(lambda x: b * sorted([x, 0.3 * a])[0], 0.0, 1.0)[0]


def of_probability(a, b):
    return quad(lambda x: stats.uniform.cdf(x, 0.3 * a, b), 0.0, 1.0)[0]


BENT = [tabulated, on_a_line, clipped, root_of_a_square, in_order]


@pytest.mark.parametrize("f", BENT, ids=lambda f: f.__name__)
def test_integrals_of_what_bends_there_have_first_derivatives_only(
    f: Callable[..., float],
) -> None:
    check_slopes_along(f, "auto", rel=1e-5, slack=1e-6)
    with pytest.raises(UnsupportedError, match="with a kink where its variable passes"):
        hessian(f, wrt=("a", "b"))(*POINT)


def test_probabilities_bend_where_their_support_ends() -> None:
    with pytest.raises(ArithmeticError, match="has a kink, inside of the range"):
        hessian(of_probability, wrt=("a", "b"))(*POINT)


def by_values(a, b):
    return quad(lambda x: np.interp(x, X, np.array([0.0, a, a * b, b])), 0.0, 2.0)[0]


def of_scale(a, b):
    return quad(lambda x: x * stats.gamma.pdf(x, 2.0 + a, scale=b), 0.0, 40.0)[0]


@pytest.mark.parametrize("f", [by_values, of_scale], ids=lambda f: f.__name__)
def test_knots_and_ends_that_stay_do_not_count(f: Callable[..., float]) -> None:
    check_product(f, POINT, ("a", "b"), (0.3, -0.8), rel=1e-5, slack=1e-6)


def at_a_kink(a):
    return minimize_scalar(lambda x: abs(x - a), bounds=(-3.0, 3.0), method="bounded").x


def test_what_a_function_returns_itself_may_have_the_kink() -> None:
    with pytest.raises(UnsupportedError, match="a function whose slope may jump"):
        grad(at_a_kink)(0.7)


def normal(z):
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def below_normal(z):
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


def price(S, v, K=1.1, rate=0.03):
    def payoff_at(z):
        return max(S * math.exp(rate - 0.5 * v * v + v * z) - K, 0.0) * normal(z)

    return math.exp(-rate) * quad(payoff_at, -10.0, 10.0, **WIDE)[0]


def test_an_option_has_the_greeks_of_its_formula() -> None:
    S, v, K, rate = 1.3, 0.4, 1.1, 0.03
    up = (math.log(S / K) + rate + 0.5 * v * v) / v
    assert grad(price, wrt=("S", "v", "K"))(S, v, K, rate) == pytest.approx(
        (below_normal(up), S * normal(up), -math.exp(-rate) * below_normal(up - v)), rel=1e-7
    )
    (gamma, vanna), (_, volga) = hessian(price, wrt=("S", "v"))(S, v, K, rate)
    assert gamma == pytest.approx(normal(up) / (S * v), rel=1e-7)
    assert vanna == pytest.approx(-normal(up) * (up - v) / v, rel=1e-7)
    assert volga == pytest.approx(S * normal(up) * up * (up - v) / v, rel=1e-7)


def test_a_digital_option_has_the_slope_of_its_formula() -> None:
    def digital_price(S, v):
        up = lambda z: 1.0 if S * math.exp(-0.5 * v * v - v * z) > 1.1 else 0.0  # noqa: E731
        return quad(lambda z: up(z) * normal(z), -10.0, 10.0, **WIDE)[0]

    S, v = 1.3, 0.4
    down = (math.log(S / 1.1) - 0.5 * v * v) / v
    by_price, by_v = grad(digital_price, wrt=("S", "v"))(S, v)
    assert by_price == pytest.approx(normal(down) / (S * v), rel=1e-8)
    assert by_v == pytest.approx(-normal(down) * (down + v) / v, rel=1e-8)
