"""Single points that a question tells of without a comparison by ``==``."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests.differences import along
from tests.slopes import check_single_point
from tests.test_generation import loaded


def among(x: float) -> float:
    return 1.0 if np.isin(x, [0.0, 1.0]) else x * x


def in_a_range(x: float) -> float:
    return 1.0 if x in range(3) else x * x


def as_text(x: float) -> float:
    return 1.0 if str(x) == "1.0" else x * x


def as_shown(x: float) -> float:
    return x * x if repr(x) != "1.0" else 1.0


def between_bounds(x: float) -> float:
    return 1.0 if (x >= 1.0) & (x <= 1.0) else x * x


def outside_of_bounds(x: float) -> float:
    return x * x if (x < 1.0) | (x > 1.0) else 1.0


def between_arrays(x: float) -> float:
    v, w = np.array([x, 2.0]), np.array([1.0, 2.0])
    return 1.0 if np.all(v <= w) and np.all(v >= w) else x * x


def whole(x: float) -> float:
    return 1.0 if math.floor(x) == math.ceil(x) else x * x


def of_one_extreme(x: float) -> float:
    return 1.0 if max(x, 1.0) == min(x, 1.0) else x * x


def of_one_number(x: float) -> float:
    return 1.0 if len({x, 1.0}) == 1 else x * x


def with_repetitions(x: float) -> float:
    numbers = [x, 1.0, 3.0]
    return 1.0 if len(set(numbers)) < len(numbers) else x * x


def closest(x: float) -> float:
    return 1.0 if np.allclose(x, 1.0, rtol=0, atol=0) else x * x


def an_entry(x: float) -> float:
    table = [0.0, 1.0, 2.0]
    return 1.0 if bisect.bisect_left(table, x) != bisect.bisect_right(table, x) else x * x


def a_key(x: float) -> float:
    table = {0.0: 0.0, 1.0: 1.0}
    try:
        return table[x]
    except KeyError:
        return x * x


def a_place(x: float) -> float:
    table = [0.0, 1.0]
    try:
        return table[table.index(x)]
    except ValueError:
        return x * x


def divided(x: float) -> float:
    try:
        return math.expm1(x - 1.0) / (x - 1.0)
    except ZeroDivisionError:
        return 1.0


def divided_by_a_name(x: float) -> float:
    gap = x - 1.0
    try:
        ratio = math.log(1.0 + gap) / gap
    except (ZeroDivisionError, ValueError):
        ratio = 1.0
    return ratio * x


def divided_in_turn(x: float) -> float:
    total = 0.0
    for k in range(3):
        try:
            total += math.sin(x - k) / (x - k)
        except ArithmeticError:
            total += 1.0
    return total


def divided_by_a_function(x: float) -> float:
    def sinc(u: float) -> float:
        try:
            return math.sin(u) / u
        except ZeroDivisionError:
            return 1.0

    return sinc(x - 1.0) + sinc(2.0 * x) * x


def remainder_of_nothing(x: float) -> float:
    try:
        return 2.0 % (x - 1.0)
    except ZeroDivisionError:
        return 0.0


def inverse_power(x: float) -> float:
    try:
        return math.expm1(x - 1.0) * (x - 1.0) ** -1
    except ZeroDivisionError:
        return 1.0


def no_number(x: float) -> float:
    with np.errstate(all="ignore"):
        ratio = np.float64(math.expm1(x - 1.0)) / np.float64(x - 1.0)
    return 1.0 if np.isnan(ratio) else ratio * x


def not_finite(x: float) -> float:
    with np.errstate(all="ignore"):
        ratio = np.float64(math.expm1(x - 1.0)) / np.float64(x - 1.0)
    return ratio * x if np.isfinite(ratio) else 1.0


def between_logically(x: float) -> float:
    return 1.0 if np.logical_and(x >= 1.0, x <= 1.0) else x * x


POINTS = [
    *(inverse_power, no_number, not_finite, between_logically),
    *(divided, divided_by_a_name, divided_by_a_function, remainder_of_nothing),
    *(among, in_a_range, as_text, as_shown, between_bounds, outside_of_bounds, between_arrays),
    *(whole, of_one_extreme, of_one_number, with_repetitions, closest, an_entry, a_key, a_place),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_divisor_that_is_0_in_a_loop_is_a_single_point(mode: str) -> None:
    slope = grad(divided_in_turn, mode=mode)
    for x in (0.0, 1.0, 2.0):
        with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
            slope(x)
    expected, noise = along(lambda h: divided_in_turn(0.7 + h), 1e-4)
    assert slope(0.7) == pytest.approx(float(expected), abs=1e-9 + noise)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", POINTS, ids=lambda f: f.__name__)
def test_a_point_that_is_told_has_no_slope_and_those_beside_it_have_theirs(
    f: Callable[[float], float], mode: str
) -> None:
    check_single_point(f, 1.0, mode)


def beside_a_domain(x: float) -> float:
    # The handler is run where the logarithm has no value, and where 2 is a divisor that stays.
    try:
        return math.log(x - 1.005) / 2.0
    except (ValueError, ZeroDivisionError):
        return x * x


def no_number_over_a_region(x: float) -> float:
    with np.errstate(all="ignore"):
        ratio = np.log(np.float64(x - 1.005)) / np.float64(x)
    return x * x if np.isnan(ratio) else ratio


def rounded_text(x: float) -> float:
    return 1.0 if f"{x:.1f}" == "1.0" else x * x


def numbers_differ(x: float) -> float:
    numbers = [x, 1.5, 3.0]
    return x * x if len(set(numbers)) == len(numbers) else 1.0


def place_of_the_least(x: float) -> float:
    values = [x * x, 2.0 - x, 4.0]
    try:
        return 3.0 * values[values.index(min(values))]
    except ValueError:
        return x


def until_nothing_is_left(x: float) -> float:
    count = 0

    def step() -> float | None:
        nonlocal count
        count += 1
        return x * count if count < 4 else None

    return sum(v * v for v in iter(step, None))


def divided_by_nothing(x: float) -> float:
    try:
        return x / (x - x)
    except ZeroDivisionError:
        return x * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        until_nothing_is_left,
        divided_by_nothing,
        beside_a_domain,
        no_number_over_a_region,
        rounded_text,
        numbers_differ,
        place_of_the_least,
    ],
    ids=lambda f: f.__name__,
)
def test_what_holds_over_a_region_is_differentiated(f: Callable[[float], float], mode: str) -> None:
    for x in (0.7, 1.01):
        expected, noise = along(lambda h, x=x: f(x + h), 1e-5)
        assert grad(f, mode=mode)(x) == pytest.approx(float(expected), abs=1e-8 + noise)


def test_a_divisor_that_stays_leaves_the_slope_of_the_handler() -> None:
    def safe(x: float, count: float) -> float:
        try:
            return x / count
        except ZeroDivisionError:
            return 3.0 * x

    assert grad(safe)(2.0, 0.0) == 3.0
    assert grad(safe)(2.0, 4.0) == 0.25


def test_flags_that_go_through_many_branches_are_asked_for_once_each() -> None:
    def step(x, y, held, limit):
        if x > limit:
            if not held:
                held = y > limit
        elif not held:
            held = y > limit * 0.5
        return held

    def f(x, y):
        held = step(x, y, step(x, y, step(x, y, False, 0.1), 0.2), 0.3)
        held = step(x, y, step(x, y, step(x, y, held, 0.4), 0.5), 0.6)
        held = step(x, y, step(x, y, step(x, y, held, 0.7), 0.8), 0.9)
        held = step(x, y, step(x, y, step(x, y, held, 1.0), 1.1), 1.2)
        held = step(x, y, step(x, y, step(x, y, held, 1.3), 1.4), 1.5)
        held = step(x, y, step(x, y, step(x, y, held, 1.6), 1.7), 1.8)
        held = step(x, y, step(x, y, step(x, y, held, 1.9), 2.0), 2.1)
        return x * y if held else x

    slope = grad(f, wrt=("x", "y"))
    assert slope(0.55, 0.35) == (0.35, 0.55)
    assert slope(0.05, 0.01) == (1.0, 0.0)


def test_flags_that_a_loop_carries_through_many_branches_are_followed_once() -> None:
    def step(x, s, t, on, limit):
        if s > limit and not on:
            t += s * limit
            on = t > limit * 3.0
        elif on:
            s = s * 0.9 + 0.01 * x
        return s, t, on

    def f(x, y):
        s, t, on = x, y, False
        for _ in range(3):
            s, t, on = step(x, s, t, on, 0.30)
            s, t, on = step(x, s, t, on, 0.35)
            s, t, on = step(x, s, t, on, 0.40)
            s, t, on = step(x, s, t, on, 0.45)
            s, t, on = step(x, s, t, on, 0.50)
            s, t, on = step(x, s, t, on, 0.55)
            s, t, on = step(x, s, t, on, 0.60)
            s, t, on = step(x, s, t, on, 0.65)
            s, t, on = step(x, s, t, on, 0.70)
            s, t, on = step(x, s, t, on, 0.75)
            s, t, on = step(x, s, t, on, 0.80)
            s, t, on = step(x, s, t, on, 0.85)
            s, t, on = step(x, s, t, on, 0.90)
            s, t, on = step(x, s, t, on, 0.95)
            s, t, on = step(x, s, t, on, 1.00)
            s, t, on = step(x, s, t, on, 1.05)
            s, t, on = step(x, s, t, on, 1.10)
            s, t, on = step(x, s, t, on, 1.15)
            s, t, on = step(x, s, t, on, 1.20)
            s, t, on = step(x, s, t, on, 1.25)
            s, t, on = step(x, s, t, on, 1.30)
            s, t, on = step(x, s, t, on, 1.35)
            s, t, on = step(x, s, t, on, 1.40)
            s, t, on = step(x, s, t, on, 1.45)
            s, t, on = step(x, s, t, on, 1.50)
            s, t, on = step(x, s, t, on, 1.55)
        return s + t

    value, slopes = value_and_grad(f, wrt=("x", "y"))(0.7, 1.3)
    assert value == f(0.7, 1.3)
    for k, slope in enumerate(slopes):
        wanted = along(lambda h, k=k: f(0.7 + h * (k == 0), 1.3 + h * (k == 1)))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-8)


def shared_flag(count: int) -> str:
    """Exact equalities of which one at most is acted upon."""
    lines = ["def f(x, y):", "    s, done = x, False", "    for k in range(6):"]
    for k in range(count):
        lines += [f"        if not done and s == {k}.5:", "            s, done = s * y, True"]
    return "\n".join([*lines, "        s = s * y + x", "    return s", ""])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_equalities_that_share_a_flag_do_not_double_the_text_with_each(mode: str) -> None:
    lengths = []
    for count in (4, 6, 8):
        f = loaded(shared_flag(count))
        derivative = value_and_grad(f, wrt=("x", "y"), mode=mode)
        value, slopes = derivative(0.7, 1.3)
        assert value == f(0.7, 1.3)
        for k, slope in enumerate(slopes):
            wanted = along(lambda h, f=f, k=k: f(0.7 + h * (k == 0), 1.3 + h * (k == 1)))[0]
            assert slope == pytest.approx(float(wanted), rel=1e-8)
        # Where one of them holds no slope is known, whichever it is.
        for x in (0.5, 1.5, 3.5):
            with pytest.raises(ArithmeticError):
                derivative(x, 1.3)
        lengths.append(derivative.source.count("\n"))
    assert lengths[2] - lengths[1] < 1.5 * (lengths[1] - lengths[0])
