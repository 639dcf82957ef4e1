"""Bisections have the slopes of the roots that they find; other searches are refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, jacobian, stop_gradient, value_and_grad
from chainrule.errors import NotDifferentiableError
from tests import oracle
from tests.differences import along


def climbed(p: float) -> float:
    x, h = 0.0, 1.0
    while h > 1e-9:
        best = x
        for tried in (x - h, x + h):
            if (tried - p) ** 2 < (best - p) ** 2:
                best = tried
        if best == x:
            h *= 0.5
        x = best
    return x


def least_number(p: float) -> float:
    lo, hi = 0.0, 50.0
    while hi - lo > 1e-9:
        mid = 0.5 * (lo + hi)
        if sum(1 for k in range(10) if k * p < mid) > 5:
            hi = mid
        else:
            lo = mid
    return mid


def zoomed(p: float) -> float:
    lo, hi = -3.0, 4.0
    for _ in range(20):
        grid = np.linspace(lo, hi, 21)
        k = int(np.argmin((grid - p) ** 2 + grid**4))
        lo, hi = grid[max(k - 1, 0)], grid[min(k + 1, 20)]
    return 0.5 * (lo + hi)


def corner_of_a_simplex(p: float) -> float:
    def f(v: list[float]) -> float:
        return (v[0] - p) ** 2 + 2 * (v[1] - p * v[0]) ** 2

    corners = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    for _ in range(100):
        corners.sort(key=f)
        middle = [(corners[0][k] + corners[1][k]) / 2 for k in range(2)]
        far = [2 * middle[k] - corners[2][k] for k in range(2)]
        near = [0.5 * (middle[k] + corners[2][k]) for k in range(2)]
        corners[2] = far if f(far) < f(corners[1]) else near
    return corners[0][0]


def golden_by_recursion(p: float) -> float:
    def inner(a: float, b: float) -> float:
        if b - a < 1e-9:
            return 0.5 * (a + b)
        c, d = b - 0.618 * (b - a), a + 0.618 * (b - a)
        return inner(a, d) if (c - p) ** 2 < (d - p) ** 2 else inner(c, b)

    return inner(-3.0, 4.0)


def followed(p: float) -> float:
    x, h, last = 0.0, 0.5, 0
    for _ in range(100):
        slope = 2 * (x - p) + 1.2 * x**3
        way = (slope > 0) - (slope < 0)
        h *= 1.2 if way == last else 0.5
        x -= h * way
        last = way
    return x


def climbing(p: float) -> tuple[float, float]:
    at, h = 0.0, 1.0
    value = (at - p) ** 2 + p * at
    while h > 1e-9:
        for tried in (at - h, at + h):
            found = (tried - p) ** 2 + p * tried
            if found < value:
                at, value = tried, found
                break
        else:
            h *= 0.5
    return at, value


def climbed_beside(p: float) -> float:
    return climbed(p) * p


def climbed_and_value(p: float) -> float:
    at, value = climbing(p)
    return at + value


def zoomed_beside(p: float) -> float:
    return zoomed(p) + p


@pytest.mark.parametrize(
    "f", [climbed_beside, climbed_and_value, zoomed_beside], ids=lambda f: f.__name__
)
def test_a_place_that_is_climbed_to_is_refused_beside_what_is_felt(
    f: Callable[..., float],
) -> None:
    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        grad(f)(1.5)


def climbed_value(p: float) -> float:
    return climbing(p)[1] * p


def value_of_climbed(p: float) -> float:
    x = climbed(p)
    return (x - p) ** 2 + p


def value_of_zoomed(p: float) -> float:
    x = zoomed(p)
    return (x - p) ** 2 + x**4


@pytest.mark.parametrize(
    "f", [climbed_value, value_of_climbed, value_of_zoomed], ids=lambda f: f.__name__
)
def test_the_value_at_a_place_that_is_climbed_to_has_its_slope(f: Callable[..., float]) -> None:
    expected, noise = along(lambda h: f(1.5 + h), 1e-2)
    assert grad(f)(1.5) == pytest.approx(float(expected), rel=1e-6, abs=1e-7 + noise)


FLAT = [climbed, least_number, zoomed, corner_of_a_simplex, golden_by_recursion, followed]


@pytest.mark.parametrize("f", FLAT, ids=lambda f: f.__name__)
@pytest.mark.parametrize("transform", [grad, jacobian])
def test_another_search_is_refused(f: Callable[..., float], transform: Any) -> None:
    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        transform(f)(1.5)


def roots(p: np.ndarray) -> float:
    lo, hi = np.zeros(3), np.full(3, 4.0)
    while np.max(hi - lo) > 1e-12:
        mid = lo + (hi - lo) / 2
        below = mid * mid < p
        lo, hi = np.where(below, mid, lo), np.where(below, hi, mid)
    return float(np.sum(lo * p))


def masked_roots(p: np.ndarray) -> float:
    lo, hi = np.zeros(3), np.full(3, 4.0)
    for _ in range(60):
        mid = (lo + hi) / 2
        above = mid * mid > p
        hi[above] = mid[above]
        lo[~above] = mid[~above]
    return float(np.sum(lo) + np.sum(p))


def roots_of_entries(p: np.ndarray) -> float:
    lo, hi = np.zeros(3), np.full(3, 4.0)
    for _ in range(60):
        for i in range(3):
            mid = (lo[i] + hi[i]) / 2
            if mid * mid > p[i]:
                hi[i] = mid
            else:
                lo[i] = mid
    return float(np.sum(lo * p))


def of_two_comparisons(p: np.ndarray) -> float:
    lo, hi = 0.0, 4.0
    for _ in range(60):
        mid = (lo + hi) / 2
        if mid * mid > p[0] and mid > p[1]:
            hi = mid
        else:
            lo = mid
    return float(lo + np.sum(p))


class Between:
    def __init__(self, p: float) -> None:
        self.p, self.lo, self.hi = p, 0.0, 4.0

    def step(self) -> None:
        mid = (self.lo + self.hi) / 2
        if mid * mid > self.p:
            self.hi = mid
        else:
            self.lo = mid


def of_an_object(p: np.ndarray) -> float:
    search = Between(p[0])
    for _ in range(60):
        search.step()
    return search.lo * search.p


def by_steps(p: np.ndarray) -> float:
    x, h = 0.0, 1.0
    while h > 1e-13:
        if (x + h) ** 2 <= p[0]:
            x += h
        else:
            h /= 2
    return float(x * p[1])


def by_halves(p: np.ndarray) -> float:
    width, x = 4.0, 0.0
    for _ in range(60):
        width *= 0.5
        mid = x + width
        below = mid * mid - p[0]
        if below <= 0.0:
            x = mid
        if abs(width) < 1e-14 or below == 0.0:
            break
    return float(x * p[1])


def gap(x: float, p: np.ndarray) -> float:
    return float(x * x * x + p[0] * x - p[1])


def by_recursion(p: np.ndarray) -> float:
    def inner(lo: float, hi: float, steps: int) -> float:
        if steps == 0:
            return lo
        mid = (lo + hi) / 2
        if gap(mid, p) > 0:
            return inner(lo, mid, steps - 1)
        return inner(mid, hi, steps - 1)

    return inner(0.0, 4.0, 50) * p[0]


def of_a_list_of_ends(p: np.ndarray) -> float:
    ends = [0.0, 4.0]
    for _ in range(50):
        mid = 0.5 * (ends[0] + ends[1])
        ends[gap(mid, p) > 0] = mid
    return ends[0] * p[0]


def of_the_mean_of_a_list(p: np.ndarray) -> float:
    ends = [0.0, 4.0]
    while ends[1] - ends[0] > 1e-12:
        mid = sum(ends) / 2
        ends[1 if gap(mid, p) > 0 else 0] = mid
    return ends[0] * p[0]


def of_a_chosen_pair(p: np.ndarray) -> float:
    lo, hi = 0.0, 4.0
    for _ in range(50):
        mid = (lo + hi) / 2
        lo, hi = [(mid, hi), (lo, mid)][int(gap(mid, p) > 0)]
    return lo * p[0]


def of_a_dict_of_ends(p: np.ndarray) -> float:
    ends = {"lo": 0.0, "hi": 4.0}
    for _ in range(50):
        mid = 0.5 * (ends["lo"] + ends["hi"])
        ends["hi" if gap(mid, p) > 0 else "lo"] = mid
    return ends["lo"] * p[0]


def blended(p: np.ndarray) -> float:
    lo, hi = 0.0, 4.0
    for _ in range(50):
        mid = 0.5 * (lo + hi)
        above = float(gap(mid, p) > 0)
        lo, hi = above * lo + (1 - above) * mid, above * mid + (1 - above) * hi
    return lo * p[0]


def by_signs(p: np.ndarray) -> float:
    x, h = 2.0, 1.0
    for _ in range(50):
        x -= h * math.copysign(1.0, gap(x, p))
        h /= 2
    return float(x * p[0])


def either_way(p: np.ndarray) -> float:
    x, h = 2.0, 1.0
    for _ in range(50):
        x += h if gap(x, p) < 0 else -h
        h *= 0.5
    return float(x * p[0])


def either_way_by_powers(p: np.ndarray) -> float:
    x = 2.0
    for k in range(50):
        h = 1.0 / 2**k
        x = x - h if gap(x, p) > 0 else x + h
    return float(x * p[0])


def turning_back(p: np.ndarray) -> float:
    x, h = 0.0, 1.0
    while abs(h) > 1e-13:
        x += h
        if gap(x, p) * h > 0:
            h = -h / 2
    return float(x * p[0])


def digit_by_digit(p: np.ndarray) -> float:
    x, h = 0.0, 1.0
    while h > 1e-13:
        while gap(x + h, p) < 0:
            x += h
        h /= 10
    return float(x * p[0])


def of_a_finer_grid(p: np.ndarray) -> float:
    lo, hi = 0.0, 4.0
    for _ in range(14):
        grid = np.linspace(lo, hi, 11)
        k = int(np.argmax(grid**3 + p[0] * grid > p[1]))
        lo, hi = grid[k - 1], grid[k]
    return float(0.5 * (lo + hi) * p[0])


BY_STEPS = [by_signs, either_way, either_way_by_powers, turning_back, digit_by_digit]
BETWEEN = [
    of_a_finer_grid,
    by_recursion,
    of_a_list_of_ends,
    of_the_mean_of_a_list,
    of_a_chosen_pair,
    of_a_dict_of_ends,
    blended,
]


@pytest.mark.parametrize(
    "f",
    [
        *BY_STEPS,
        *BETWEEN,
        by_steps,
        by_halves,
        roots,
        masked_roots,
        roots_of_entries,
        of_two_comparisons,
        of_an_object,
    ],
    ids=lambda f: f.__name__,
)
def test_a_search_between_two_ends_is_refused_beside_what_is_felt(f: Callable[..., float]) -> None:
    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        grad(f)(np.array([1.0, 1.2, 3.0]))


def found_of_floats(x: float) -> float:
    table = [0.0, 1.0, 4.0, 9.0, 16.0, 25.0]
    lo, hi = 0.0, 5.0
    for _ in range(8):
        mid = float((lo + hi) // 2)
        if table[int(mid)] > x:
            hi = mid
        else:
            lo = mid
    return (x - table[int(lo)]) ** 2


def held(x: float) -> float:
    low, high = 0.0, 0.0
    for k in range(20):
        mid = 0.5 * (high + low)
        if math.sin(k) > x:
            high = 0.9 * high + 0.1 * math.sin(k)
        else:
            low = 0.9 * low - 0.1 * mid
    return high * x


def pattern(x: float) -> float:
    at, h = 0.0, 1.0
    while h > 1e-9:
        if (at + h - x) ** 2 + x * (at + h) < (at - x) ** 2 + x * at:
            at += h
        elif (at - h - x) ** 2 + x * (at - h) < (at - x) ** 2 + x * at:
            at -= h
        else:
            h *= 0.5
    return (at - x) ** 2 + x * at


def integrated(x: float) -> float:
    t, h, y = 0.0, 0.5, x
    while t < 1.0:
        slope = math.sin(t) * x - y * y
        euler = y + h * slope
        heun = y + 0.5 * h * (slope + math.sin(t + h) * x - euler * euler)
        if abs(heun - euler) > 1e-3:
            h *= 0.5
        else:
            t, y = t + h, heun
    return y * x + t


def tracking(x: float) -> float:
    # A modulator that follows a level by steps of one size is flat off its jumps.
    level, total = 0.0, 0.0
    for k in range(20):
        level += 0.1 if x * math.sin(k) > level else -0.1
        total += level * x
    return total


def smoothed(x: float) -> float:
    values, h = [0.3, 0.9, 0.5, 0.7], 1.0
    for k in range(12):
        i = 1 + k % 2
        if values[i] * h > 0.1 * k:
            values[i] = 0.5 * (values[i - 1] + values[i + 1])
        h *= 0.9
    return sum(values) * x


def area(x: float, a: float = 0.0, b: float = 2.0) -> float:
    m = 0.5 * (a + b)
    whole = (b - a) * math.sin(x * m)
    halves = 0.5 * (b - a) * (math.sin(x * 0.5 * (a + m)) + math.sin(x * 0.5 * (m + b)))
    if abs(whole - halves) < 1e-3:
        return halves
    return area(x, a, m) + area(x, m, b)


def test_zero_may_be_meant() -> None:
    def frozen(p: float) -> float:
        return climbed(stop_gradient(p))

    assert grad(frozen)(3.0) == 0.0


# --- bisections ----------------------------------------------------------------------------------


def root(f: Callable[[float], float], lo: float, hi: float, steps: int = 60) -> float:
    for _ in range(steps):
        mid = 0.5 * (lo + hi)
        if f(mid) > 0:
            hi = mid
        else:
            lo = mid
    return 0.5 * (lo + hi)


def cube_root(p: float, q: float) -> float:
    lo, hi = 0.0, 5.0
    for _ in range(60):
        mid = 0.5 * (lo + hi)
        if mid**3 > p:
            hi = mid
        else:
            lo = mid
        if hi - lo < 1e-14:
            break
    return mid * q


def ends_in_a_tuple(p: float, q: float) -> float:
    a, b = 0.0, 4.0
    while b - a > 1e-14:
        m = (a + b) / 2
        a, b = (m, b) if math.cosh(m) * q < p else (a, m)
    return 2.0 * a + p


def sign_of_a_product(p: float, q: float, tol: float = 1e-14) -> float:
    def f(x: float) -> float:
        return x**3 - p * x - q

    a, b = 0.5, 4.0
    fa = f(a)
    for _ in range(200):
        c = (a + b) / 2
        fc = f(c)
        if fc == 0 or (b - a) / 2 < tol:
            return c * p
        if fa * fc > 0:
            a, fa = c, fc
        else:
            b = c
    raise ValueError("no root")


def signs_compared(p: float, q: float) -> float:
    def f(x: float) -> float:
        return math.cos(x) * p - x * q

    a, b = 0.0, 2.0
    while True:
        c = a + 0.5 * (b - a)
        if b - a < 1e-14:
            return c
        if (f(a) > 0) == (f(c) > 0):
            a = c
        else:
            b = c


def in_three_ways(p: float, q: float) -> float:
    lo, hi = 0.0, 3.0
    for _ in range(80):
        mid = (lo + hi) / 2
        gap = mid**2 - p
        if gap > 0:
            hi = mid
        elif gap < 0:
            lo = mid
        else:
            break
    return mid + q


def at_the_middle(p: float, q: float) -> float:
    best = 0.0
    lo, hi = 0.0, 4.0
    while hi - lo > 1e-14:
        mid = lo + 0.3 * (hi - lo)
        if np.sign(mid**2 * q - p) == np.sign(lo**2 * q - p):
            lo = mid
        else:
            hi = mid
        best = mid
    return best


def tried_in_the_condition(p: float, q: float) -> float:
    def f(x: float) -> float:
        return x * x * q - p

    lo, hi = 0.0, 4.0
    while abs(f((lo + hi) / 2)) > 1e-15 and hi - lo > 1e-14:
        if f((lo + hi) / 2) < 0:
            lo = (lo + hi) / 2
        else:
            hi = (lo + hi) / 2
    return (lo + hi) / 2


def of_sums(p: float, q: float) -> float:
    def mean(x: float) -> float:
        total = 0.0
        for k in range(1, 5):
            total += math.exp(-p * k * x) * q
        return total

    return root(lambda x: 1.0 - mean(x), 0.0, 10.0)


def of_arrays(p: float, q: float) -> float:
    weights = np.array([1.0, 2.0, 3.0]) * q
    return root(lambda x: np.sum(weights * np.exp(x * np.arange(3.0))) - 20.0 * p, -5.0, 5.0)


def of_a_table(p: float, q: float) -> float:
    ys = [0.0, q, 2.0, p + 3.0]

    def between(x: float) -> float:
        for i in range(3):
            if x <= i + 1:
                return ys[i] + (ys[i + 1] - ys[i]) * (x - i)
        return ys[-1]

    return root(lambda x: between(x) - 1.7 * p, 0.0, 3.0)


def in_one_another(p: float, q: float) -> float:
    def inner(y: float) -> float:
        return root(lambda x: x**3 + y * x - p, 0.0, 5.0) - q * y

    return root(lambda y: -inner(y), 0.0, 5.0)


def in_a_loop(p: float, q: float) -> float:
    total = 0.0
    for k in range(1, 4):
        total += root(lambda x, k=k, total=total: x**2 - p * k - total * q, 0.0, 10.0)
    return total


def between_moving_ends(p: float, q: float) -> float:
    return root(lambda x: x**3 - p, 0.0, p + q) * q


def tried_ahead(p: float, q: float) -> float:
    lo, hi = 0.0, 4.0
    mid = 2.0
    while hi - lo > 1e-14:
        if mid**3 * q > p:
            hi = mid
        else:
            lo = mid
        mid = (lo + hi) / 2
    return mid * p


def compared_ahead(p: float, q: float) -> float:
    def f(x: float) -> float:
        return x**3 * q - p

    a, b = 0.0, 4.0
    c = (a + b) / 2
    fa, fc = f(a), f(c)
    while abs(fc) > 1e-15 and b - a > 1e-14:
        if fa * fc < 0:
            b = c
        else:
            a, fa = c, fc
        c = (a + b) / 2
        fc = f(c)
    return c * p


def tried_ahead_of_an_exit(p: float, q: float) -> float:
    a, b = 0.0, 4.0
    c = (a + b) / 2
    for _ in range(100):
        gap = c**3 * q - p
        if abs(gap) < 1e-15:
            break
        if gap > 0:
            b = c
        else:
            a = c
        c = a + (b - a) / 2
    return c * p


ROOTS = [
    *(tried_ahead, compared_ahead, tried_ahead_of_an_exit),
    *(cube_root, ends_in_a_tuple, sign_of_a_product, signs_compared, in_three_ways, at_the_middle),
    *(
        tried_in_the_condition,
        of_sums,
        of_arrays,
        of_a_table,
        in_one_another,
        in_a_loop,
        between_moving_ends,
    ),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", ROOTS, ids=lambda f: f.__name__)
def test_a_bisection_has_the_slopes_of_its_root(f: Callable[..., float], mode: str) -> None:
    value, slopes = value_and_grad(f, wrt=("p", "q"), mode=mode)(1.3, 0.7)
    assert value == f(1.3, 0.7)
    for found, curve in zip(
        slopes, (lambda h: f(1.3 + h, 0.7), lambda h: f(1.3, 0.7 + h)), strict=True
    ):
        expected, noise = along(curve, 1e-3)
        assert found == pytest.approx(float(expected), rel=1e-7, abs=1e-9 + noise)


@pytest.mark.parametrize("f", ROOTS, ids=lambda f: f.__name__)
def test_ends_that_move_alone_move_no_root(f: Callable[..., float]) -> None:
    expected, noise = along(lambda h: f(1.3, 0.7 + h), 1e-3)
    found = grad(f, wrt="q")(1.3, 0.7)
    assert found == pytest.approx(float(expected), rel=1e-7, abs=1e-9 + noise)


def middle_number(p: float, q: float) -> float:
    numbers = [p, q, 0.3, p * q]
    lo, hi = min(numbers), max(numbers)
    for _ in range(60):
        mid = 0.5 * (lo + hi)
        below = 0
        for each in numbers:
            if each <= mid:
                below += 1
        if below >= 2:
            hi = mid
        else:
            lo = mid
    return hi


def from_a_start(p: float, q: float) -> float:
    x, h = q, 0.5
    while abs(h) > 1e-12:
        x += h if x**3 < p else -h
        h *= 0.5
    return x


def by_a_first_step(p: float, q: float) -> float:
    x, h = 0.0, q
    for _ in range(50):
        if (x + h) ** 3 < p:
            x += h
        h *= 0.5
    return x


@pytest.mark.parametrize("f", [from_a_start, by_a_first_step], ids=lambda f: f.__name__)
def test_a_search_by_steps_is_refused_where_its_start_varies(f: Callable[..., float]) -> None:
    with pytest.raises(NotDifferentiableError, match="`q` moves where a search begins"):
        grad(f, wrt="q")(0.73, 1.21)


@pytest.mark.parametrize("wrt", ["p", "q"])
def test_a_search_whose_ends_vary_is_refused_where_its_equation_is_not_known(wrt: str) -> None:
    with pytest.raises(NotDifferentiableError, match=f"`{wrt}` moves where a search begins"):
        grad(middle_number, wrt=wrt)(0.73, 1.21)


@pytest.mark.parametrize("f", [cube_root, sign_of_a_product, in_one_another])
def test_a_bisection_has_second_derivatives(f: Callable[..., float]) -> None:
    found = hessian(f, wrt=("p", "q"))(1.3, 0.7)
    slopes = grad(f, wrt=("p", "q"))
    for row, curve in zip(
        found, (lambda h: slopes(1.3 + h, 0.7), lambda h: slopes(1.3, 0.7 + h)), strict=True
    ):
        expected, noise = along(curve, 1e-3)
        assert row == pytest.approx(expected, rel=1e-6, abs=1e-8 + noise)


def test_the_tolerance_of_a_bisection_is_not_felt() -> None:
    assert grad(sign_of_a_product, wrt="tol")(1.3, 0.7, 1e-9) == 0.0


def test_ends_that_enclose_no_root_have_no_slope() -> None:
    with pytest.raises(ArithmeticError, match="the ends enclose no root"):
        grad(lambda p: root(lambda x: x * x + p, 0.0, 5.0))(1.3)


@pytest.mark.parametrize("place", [1.0, None], ids=["fixed", "moving"])
def test_ends_that_enclose_a_jump_have_no_slope(place: float | None) -> None:
    def branched(p: float) -> float:
        at = p if place is None else place
        return root(lambda x: 0.1 * x * p + 5.0 if x > at else 0.1 * x * p - 5.0, 0.0, 5.0)

    with pytest.raises(ArithmeticError, match="the ends enclose a jump"):
        grad(branched)(1.3)


def quantized(v: float, reference: float) -> float:
    lo, hi = 0.0, reference
    for _ in range(4):
        mid = 0.5 * (lo + hi)
        if v > mid:
            lo = mid
        else:
            hi = mid
    return lo


def early_middle(p: float, start: float) -> float:
    lo, hi, early = 0.0, start, -1.0
    for k in range(60):
        mid = 0.5 * (lo + hi)
        if k == 3:
            early = mid
        if mid * mid > p:
            hi = mid
        else:
            lo = mid
    return lo + early


@pytest.mark.parametrize("f", [quantized, early_middle], ids=lambda f: f.__name__)
def test_what_is_far_from_the_root_has_no_slope(f: Callable[..., float]) -> None:
    with pytest.raises(ArithmeticError, match="what is found is too far from the root"):
        grad(f, wrt=("v" if f is quantized else "p"))(1.3, 3.0)


def test_a_root_that_is_met_early_has_its_slope() -> None:
    def met(p: float) -> float:
        lo, hi = 0.0, 4.0
        for _ in range(60):
            mid = 0.5 * (lo + hi)
            if mid * mid == p:
                break
            if mid * mid > p:
                hi = mid
            else:
                lo = mid
        return mid

    assert grad(met)(4.0) == 0.25


@pytest.mark.parametrize("p", [0.3, 0.7])
def test_a_search_that_decides_behind_a_try_is_refused(p: float) -> None:
    def logarithm(p: float) -> float:
        lo, hi = 0.0, 4.0
        for _ in range(60):
            mid = 0.5 * (lo + hi)
            try:
                value = math.log(mid - 1.0) - p
            except ValueError:
                lo = mid
                continue
            if value > 0.0:
                hi = mid
            else:
                lo = mid
        return lo

    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        grad(logarithm)(p)


def test_a_list_of_what_is_tried_in_a_search_is_no_value_behind_it() -> None:
    def path(p: float) -> float:
        lo, hi = 0.0, 4.0
        tried = []
        for _ in range(40):
            mid = 0.5 * (lo + hi)
            tried.append(mid)
            if mid * mid > p:
                hi = mid
            else:
                lo = mid
        return sum(tried) + lo

    with pytest.raises(NotDifferentiableError, match="`tried` is computed in a search"):
        grad(path)(1.3)


def test_what_is_tried_in_a_search_is_no_value_behind_it() -> None:
    def density(p: float) -> float:
        lo, hi = 0.0, 5.0
        for _ in range(60):
            t = 0.5 * (lo + hi)
            rho = math.exp(-t) * p
            if rho < 0.5:
                hi = t
            else:
                lo = t
        return rho + t

    with pytest.raises(NotDifferentiableError, match="`rho` is computed in a search"):
        grad(density)(1.3)


def test_the_slope_of_a_root_stands_behind_the_loop() -> None:
    slope = grad(cube_root)
    slope(1.3, 0.7)
    assert "_dot" not in slope.source and slope.source.count("for _ in range(60)") == 1
    assert slope.source.count("equation_with_slopes(mid, p)") == 1


def tariff(use: float) -> float:
    price = 0.0
    for limit, rate in ((10.0, 1.0), (20.0, 1.5), (40.0, 2.0)):
        if use > limit:
            price = rate
    return price


def nearest(x: float) -> float:
    best, found = math.inf, 0.0
    for size in (1.0, 2.0, 5.0, 10.0):
        if abs(size - x) < best:
            best, found = abs(size - x), size
    return found


def nearest_of_all(x: float) -> float:
    best, place = math.inf, 0.0
    for k in range(50):
        at = 0.1 * k
        gap = (at - x) ** 2 + math.sin(at)
        if gap < best:
            best, place = gap, at
    return place


@pytest.mark.parametrize("f", [nearest_of_all, tariff, nearest], ids=lambda f: f.__name__)
def test_the_best_of_given_numbers_is_flat(f: Callable[[float], float]) -> None:
    assert grad(f)(1.3) == 0.0


def adaptive(x: float) -> float:
    t, h, y = 0.0, 0.5, x
    while t < 1.0:
        slope = -y * y
        if abs(slope) * h > 0.2:
            h *= 0.5
        y += h * slope
        t += h
    return y


def newton(x: float, tol: float = 1e-12) -> float:
    y = x
    while True:
        step = (y * y - x) / (2 * y)
        y -= step
        if abs(step) < tol:
            return y


def polished(p: float) -> float:
    x = cube_root(p, 1.0)
    return x - (x**3 - p) / (3 * x * x)


FINE = [
    *((tariff, 15.0), (nearest, 4.0), (adaptive, 1.3), (newton, 3.0)),
    *((found_of_floats, 13.0), (held, 0.3), (integrated, 1.3)),
    *((tracking, 0.7), (smoothed, 1.3), (area, 1.3)),
]


@pytest.mark.parametrize(("f", "x"), FINE)
def test_what_is_no_search_is_differentiated(f: Callable[..., float], x: float) -> None:
    assert oracle.agrees(oracle.derivative(f, (x,)), grad(f)(x))


def test_the_least_value_that_a_search_finds_has_its_slope() -> None:
    # (at - x)**2 + x * at is least at x / 2: 3 / 4 x**2.
    assert grad(pattern)(3.0) == pytest.approx(1.5 * 3.0, rel=1e-7)


def test_a_tolerance_has_the_derivative_zero() -> None:
    assert grad(newton, wrt="tol")(3.0, 1e-9) == 0.0


def test_a_step_of_newton_behind_a_search_has_the_slope_of_the_root() -> None:
    assert grad(polished)(3.0) == pytest.approx(3.0 ** (-2 / 3) / 3)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_root_that_is_met_exactly_has_its_slope(mode: str) -> None:
    def met(p: float, lo: float = 0.0, hi: float = 4.0) -> float:
        for _ in range(100):
            mid = (lo + hi) / 2
            gap = mid * mid - p
            if gap == 0 or hi - lo < 1e-13:
                return mid
            if gap > 0:
                hi = mid
            else:
                lo = mid
        raise ValueError("no root")

    assert grad(met, mode=mode)(4.0) == pytest.approx(0.25)
    assert grad(met, mode=mode)(2.25) == pytest.approx(1.0 / 3.0)
    assert grad(met, mode=mode)(2.0) == pytest.approx(0.5 / math.sqrt(2.0))
