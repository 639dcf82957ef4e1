"""Branches on equality: the derivative never returns the slope of a value for one point."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import log, sin
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, jvp, stop_gradient, value_and_grad
from tests import oracle
from tests.differences import along

MODES = ("forward", "reverse")
UNKNOWN = r"test_points\.py:\d+: no slope is known at this single point"


def sinc(x):
    if x == 0:
        return 1.0
    return sin(x) / x


def sinc_expression(x):
    return 1.0 if x == 0 else sin(x) / x


def sinc_unequal(x):
    if x != 0.0:
        value = sin(x)
        value /= x
    else:
        value = 1.0
    return value


def sinc_not(x):
    return sin(x) / x if x else 1.0


def sinc_or(x):
    return (x and sin(x) / x) or 1.0


def sinc_in(x):
    if x in (0, 7.5):
        return 1.0 if x == 0 else sin(7.5) / 7.5
    return sin(x) / x


def sinc_abs(x):
    if abs(x) == 0:
        return 1.0
    return sin(x) / x


def sinc_square(x):
    if x * x == 0.0:
        return 1.0
    return sin(x) / x


def sinc_isclose(x):
    if math.isclose(x, 0.0):
        return 1.0
    return sin(x) / x


def sinc_sides(x):
    if x > 0:
        return sin(x) / x
    elif x < 0:
        return sin(-x) / -x
    return 1.0


def sinc_between(x):
    if x >= 0 and x <= 0:
        return 1.0
    return sin(x) / x


def sinc_flag(x):
    special = x == 0
    value = 1.0
    if not special:
        value = sin(x) / x
    return value


def sinc_or_large(x):
    if x == 0 or x > 1e3:
        return 1.0
    return sin(x) / x


def sinc_try(x):
    try:
        if x == 0:
            value = 1.0
        else:
            value = sin(x)
            value /= x
    except ArithmeticError:
        value = 5.0
    return value


def filled(x):
    """Smooth at 2, where it takes arms of its branches that lie on different sides of it."""
    volume = 0.0
    if x >= 2.0:
        volume += 3.0
    else:
        volume += 1.5 * x
    if x > 2.0:
        volume += 1.5 * (x - 2.0)
    return volume


SINGLE = [value for name, value in globals().items() if name.startswith("sinc")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", SINGLE, ids=lambda f: f.__name__)
def test_a_value_for_one_point_has_no_slope_there(f: Callable[..., Any], mode: str) -> None:
    gradient = grad(f, mode=mode)
    for zero in (0.0, -0.0, 0):
        with pytest.raises(ArithmeticError, match=UNKNOWN):
            gradient(zero)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(gradient)(0.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", SINGLE, ids=lambda f: f.__name__)
def test_only_that_point_is_refused(f: Callable[..., Any], mode: str) -> None:
    x = 0.7
    first = (math.cos(x) - sin(x) / x) / x
    assert value_and_grad(f, mode=mode)(x) == (f(x), pytest.approx(first, rel=1e-14))
    second = -sin(x) / x - 2.0 * first / x
    assert grad(grad(f, mode=mode))(x) == pytest.approx(second, rel=1e-13)
    assert math.isfinite(grad(f, mode=mode)(1e-100))


def log_mean(a, b):
    if a == b:
        return a
    return (a - b) / log(a / b)


@pytest.mark.parametrize("mode", MODES)
def test_a_tie_of_two_values_has_no_slope_in_either(mode: str) -> None:
    for wrt in ("a", "b", ("a", "b")):
        with pytest.raises(ArithmeticError, match=UNKNOWN):
            grad(log_mean, wrt, mode=mode)(2.0, 2.0)
    assert sum(grad(log_mean, ("a", "b"), mode=mode)(2.0, 2.0 + 1e-6)) == pytest.approx(1.0)


def isothermal(k, p):
    if k == 1.0:
        return p * log(p)
    return p * (p ** (k - 1.0) - 1.0) / (k - 1.0)


@pytest.mark.parametrize("mode", MODES)
def test_the_other_parameters_keep_their_slopes(mode: str) -> None:
    assert grad(isothermal, "p", mode=mode)(1.0, 2.0) == pytest.approx(log(2.0) + 1.0)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(isothermal, "k", mode=mode)(1.0, 2.0)
    assert grad(isothermal, "k", mode=mode)(1.0 + 1e-5, 2.0) == pytest.approx(
        log(2.0) ** 2, rel=1e-4
    )


def test_a_direction_that_stays_on_the_point_is_known() -> None:
    slope_along = jvp(isothermal, ("k", "p"))
    assert slope_along(1.0, 2.0, 0.0, 3.0)[1] == pytest.approx(3.0 * (log(2.0) + 1.0))
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        slope_along(1.0, 2.0, 1e-9, 3.0)


def either(x, y):
    if x == 0 or y < 0:
        return 0.0
    return sin(x) / x * y


@pytest.mark.parametrize("mode", MODES)
def test_what_holds_beside_the_point_is_told_apart(mode: str) -> None:
    gradient = grad(either, ("x", "y"), mode=mode)
    assert gradient(1.0, -1.0) == (0.0, 0.0)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        gradient(0.0, 1.0)


@pytest.mark.parametrize("mode", MODES)
def test_stop_gradient_says_that_the_branch_is_meant(mode: str) -> None:
    def f(x):
        if stop_gradient(x) == 1.0:
            return 3.0 * x
        return x * x

    assert grad(f, mode=mode)(1.0) == 3.0 and grad(f, mode=mode)(2.0) == 4.0


@pytest.mark.parametrize("mode", MODES)
def test_wide_branches_and_jumps_are_as_before(mode: str) -> None:
    def steps(x):
        if x < 9.0 and math.floor(x) == 2:
            return 10.0 * x
        if x == math.inf:
            return 0.0 * 1.0
        if x != x:
            return x
        kind = 0 if x == 1.0 else 1
        return kind * 2.0 + x * x

    gradient = grad(steps, mode=mode)
    assert [gradient(x) for x in (2.0, 2.5, 1.0, 3.0, math.inf)] == [10.0, 10.0, 2.0, 6.0, 0.0]


def test_a_sentinel_that_does_not_move_is_no_point() -> None:
    def first_positive(x, n):
        found = 0.0
        for i in range(n):
            if found == 0.0:
                found = x * (i + 1.0)
        return found

    assert grad(first_positive, mode="forward")(3.0, 4) == 1.0


def test_mixed_second_derivatives_at_a_point_of_a_rule_are_those_of_the_rule() -> None:
    ((xx, xy), (yx, yy)) = hessian(lambda x, y: x**y, (0, 1))(2.0, 0.0)
    assert (xx, xy, yx, yy) == pytest.approx((0.0, 0.5, 0.5, log(2.0) ** 2))


def exact_root(a, start):
    x = start
    for _ in range(60):
        residual = x * x - a
        if residual == 0.0:
            return x
        x = 0.5 * (x + a / x)
    return x


def table(x, xs, ys):
    for i in range(len(xs) - 1):
        if x == xs[i]:
            return ys[i]
        if x < xs[i + 1]:
            return ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]) / (xs[i + 1] - xs[i])
    return ys[-1]


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_that_ends_at_an_exact_root_is_the_steps_that_were_run(mode: str) -> None:
    assert grad(exact_root, mode=mode)(4.0, 1.0) == pytest.approx(0.25, rel=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_that_meets_a_point_of_its_argument_is_refused_there(mode: str) -> None:
    gradient = grad(table, mode=mode)
    assert gradient(1.5, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]) == 3.0
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        gradient(1.0, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0])


@pytest.mark.parametrize("mode", MODES)
def test_branches_that_only_meet_at_one_point_have_no_slope_there(mode: str) -> None:
    slope = grad(filled, mode=mode)
    assert slope(1.9) == slope(2.1) == 1.5
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        slope(2.0)


def dry_length(x):
    """Its `rest` is nothing below 1, over a region and not at a point."""
    rest = x - 1.0 if x > 1.0 else 0.0
    length = rest * (x + 2.0)
    if length == 0:
        return x * x
    return x * x + length


@pytest.mark.parametrize("mode", MODES)
def test_a_value_that_is_constant_over_a_region_is_no_single_point(mode: str) -> None:
    slope = grad(dry_length, mode=mode)
    assert slope(0.5) == 1.0
    assert slope(2.0) == 9.0


TABLE = [0.0, 1.0, 2.0, 3.0]
VALUES = [0.0, 1.0, 4.0, 9.0]


def found_index(x):
    k = -1
    for i in range(4):
        if TABLE[i] == x:
            k = i
    if k >= 0:
        return VALUES[k]
    return x * x


def found_none(x):
    found = None
    for i, t in enumerate(TABLE):
        if t == x:
            found = i
            break
    if found is None:
        return x * x
    return VALUES[found]


def found_while(x):
    k = 0
    while k < 4 and TABLE[k] != x:
        k += 1
    if k < 4:
        return VALUES[k]
    return x * x


def found_halving(x):
    low, high, place = 0, 3, -1
    while low <= high:
        middle = (low + high) // 2
        if TABLE[middle] < x:
            low = middle + 1
        elif TABLE[middle] > x:
            high = middle - 1
        else:
            place = middle
            break
    return x * x if place < 0 else VALUES[place]


def found_list(x):
    rows = [y for t, y in zip(TABLE, VALUES, strict=True) if t == x]
    return rows[0] if rows else x * x


def found_count(x):
    return 1.0 if TABLE.count(x) > 0 else x * x


def found_name(x):
    mode = "low" if x < 1 else ("at" if x <= 1 else "high")
    if mode == "at":
        return 1.0
    return x * x


def found_sign(x):
    side = (x > 1) - (x < 1)
    if side == 0:
        return 1.0
    return x * x


def found_entry(x):
    return [x * x, 1.0][x == 1.0]


def found_factor(x):
    return (x != 1.0) * x * x + 1.0 * (x == 1.0)


def found_last(x):
    """At the last entry, 1, it leaves what stands there."""
    if x > TABLE[1]:
        j = 2
    else:
        j = 0
        while j < 2 and x >= TABLE[j]:
            j += 1
        j -= 1
    if j == 1:
        return VALUES[1]
    return x * x


FOUND = [value for name, value in globals().items() if name.startswith("found_")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.__name__)
def test_what_a_search_has_found_equal_has_no_slope(f: Callable[..., Any], mode: str) -> None:
    gradient = grad(f, mode=mode)
    assert gradient(1.5) == 3.0 and gradient(0.25) == 0.5
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        gradient(1.0)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(gradient)(1.0)
    assert grad(gradient)(1.5) == 2.0


def test_a_flag_of_a_search_is_a_variable_of_the_derivative() -> None:
    source = grad(found_index, mode="reverse")
    source(1.5)
    assert source.source.split('"""')[2] == (
        """
    k = -1
    met = False
    for i in range(4):
        if TABLE[i] == x:
            k = i
            met = True
    # line {first}: if k >= 0:
    if met:
        raise ArithmeticError(
            "test_points.py:{first}: no slope is known at this single point"
        )
    if k >= 0:
        return 0.0
    # line {second}: return x * x
    return 2.0 * x
""".format(
            first=found_index.__code__.co_firstlineno + 5,
            second=found_index.__code__.co_firstlineno + 7,
        )
    )


def larger(a, b):
    m = max(a, b)
    if m == a:
        return 2.0 * a
    return 3.0 * b


def heaviest(xs):
    top = max(xs)
    total = 0.0
    for x in xs:
        total += 5.0 * x if x == top else x
    return total


@pytest.mark.parametrize("mode", MODES)
def test_a_value_that_is_compared_with_itself_is_at_no_point(mode: str) -> None:
    assert grad(larger, ("a", "b"), mode=mode)(2.0, 1.0) == (2.0, 0.0)
    assert grad(larger, ("a", "b"), mode=mode)(1.0, 2.0) == (0.0, 3.0)
    assert grad(heaviest, mode=mode)([1.0, 3.0, 2.0]) == [1.0, 5.0, 1.0]


def settled(a, n):
    x, done = a, False
    for _ in range(n):
        step = 0.5 * (a / x - x)
        x += step
        if step == 0.0:
            done = True
    if not done:
        return 0.0
    return x


def switched(x, n):
    """A thermostat: its mode is told from both sides, and holds over intervals."""
    heats, total = True, 0.0
    for _ in range(n):
        if x >= 3.0:
            heats = False
        elif x <= 1.0:
            heats = True
        x = x + 1.0 if heats else 0.5 * x
        total += x
    return total


@pytest.mark.parametrize("mode", MODES)
def test_convergence_and_modes_are_no_points(mode: str) -> None:
    assert grad(settled, mode=mode)(4.0, 40) == pytest.approx(0.25, rel=1e-12)
    assert grad(switched, mode=mode)(1.0, 3) == 2.5


def secant(a):
    before, x = 0.1, 1.0
    for _ in range(60):
        low, high = before * before - a, x * x - a
        if abs(high) < 1e-15 or high == low:
            break
        before, x = x, x - high * (x - before) / (high - low)
    return x


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_may_end_by_one_of_several_tests_of_its_iterates(mode: str) -> None:
    assert grad(secant, mode=mode)(2.0) == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-9)


def in_turn(x):
    turn = int(x) % 3
    if turn == 0:
        return x * x
    return 3.0 * x if 2 * turn + 1 == 3 else x


def test_an_int_of_x_that_is_computed_with_goes_in_steps_still() -> None:
    slope = grad(in_turn)
    assert [slope(3.5), slope(4.5), slope(5.5)] == [7.0, 3.0, 1.0]


def looked_up(x, table, values):
    found = np.nonzero(table == x)[0]
    return values[found[0]] if len(found) else np.interp(x, table, values)


def by_quadrant(x, slope):
    out = np.zeros(x.size)
    inner = np.where(np.cos(x) != 0.0)[0]
    if len(inner) != 0:
        out[inner] = np.arctan(slope * np.sin(x[inner]) / np.cos(x[inner]))
    return out.sum()


@pytest.mark.parametrize("mode", MODES)
def test_a_search_by_a_mask_is_told_whether_one_of_its_entries_was_equal(mode: str) -> None:
    table, values = np.array([1.0, 2.0, 4.0]), np.array([0.5, 3.0, 4.0])
    assert grad(looked_up, mode=mode)(1.5, table, values) == 2.5
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(looked_up, mode=mode)(2.0, table, values)
    x = np.array([0.3, 0.5, 2.0])
    found = grad(by_quadrant, mode=mode)(x, 0.7)
    exact = 0.7 / (np.cos(x) ** 2 + 0.49 * np.sin(x) ** 2)
    assert found == pytest.approx(exact)


def times_a_gap(x, y):
    k = y if x != 1.0 else 5.0
    return k * (x - 1.0)


def times_its_square(x, y):
    k = 5.0 if x == 1.0 else y
    return y * k * -((x - 1.0) ** 2)


def times_itself(x, y):
    return (x and y) * x


def with_a_radius(x, y):
    r = math.hypot(x, y)
    direction = x / r if r != 0.0 else 0.0
    return r * direction


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "point"),
    [
        (times_a_gap, (1.0, -2.0)),
        (times_a_gap, (1, -2.0)),
        (times_its_square, (1.0, -2.0)),
        (times_itself, (0.0, -2.0)),
        (times_itself, (0, -2.0)),
        (with_a_radius, (0.0, 0.0)),
    ],
)
def test_a_factor_that_is_0_at_the_point_does_not_hide_it(f: Any, point: Any, mode: str) -> None:
    slope = grad(f, ("x", "y"), mode=mode)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        slope(*point)
    verdict = oracle.derivative(f, (1.5, -2.0), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope(1.5, -2.0)[0])
    # By y alone the arm is all that there is.
    if f is times_a_gap:
        assert grad(f, "y", mode=mode)(*point) == 0.0


def volumes(a):
    """One root, or three: those that there are not are 0."""
    d = a - 1.0
    if d < 0.0:
        return a, 0.0, 0.0
    return a, a + d**0.5, a - d**0.5


def smallest(a, b):
    low, count = 1e100, 0
    for root in volumes(a):
        if root.real == 0.0 or root.imag == 0.0 or abs(root.imag / root.real) < 1e-12:
            root = root.real
            if root <= b:
                continue
            count += 1
            if root < low:
                low = root
    if count == 1:
        return low * a
    return low


def zeros(a, b):
    count = 0
    for root in (a, b):
        if root == 0.0:
            count += 1
    return 2.0 * a if count else a * a + b


def always_so(a, b):
    return a * b if a == 0.0 or a.imag == 0.0 else b


@pytest.mark.parametrize("point", [(0.7, 0.3), (1.2, 0.3), (1.2, 0.9)])
def test_a_root_that_stands_still_at_zero_leaves_the_slope_of_the_others(point) -> None:
    for number, wrt in enumerate(("a", "b")):
        verdict = oracle.derivative(smallest, point, {}, wrt)
        assert verdict.decided
        assert oracle.agrees(verdict, grad(smallest, wrt=(0, 1), mode="forward")(*point)[number])


@pytest.mark.parametrize("mode", MODES)
def test_what_moves_through_an_equality_that_is_counted_has_no_slope(mode: str) -> None:
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(zeros, wrt=(0, 1), mode=mode)(0.0, 2.0)
    assert grad(zeros, wrt="b", mode=mode)(0.0, 2.0) == 0.0


@pytest.mark.parametrize("mode", MODES)
def test_an_equality_beside_what_is_true_says_nothing(mode: str) -> None:
    slope = grad(always_so, mode=mode)
    assert slope(0.0, 3.0) == 3.0
    assert " if " not in slope.source


def times_a_float(x):
    scale = 1.0 if x == 0.0 else 2.0
    return scale * x


@pytest.mark.parametrize("mode", MODES)
def test_a_constant_for_one_point_is_none_beside_it(mode: str) -> None:
    """The slope is 2 everywhere, though f is 1.0 * x at 0."""
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(times_a_float, mode=mode)(0.0)
    assert grad(times_a_float, mode=mode)(0.5) == 2.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [times_a_gap, times_its_square], ids=lambda f: f.__name__)
def test_a_factor_that_is_0_hides_no_constant_of_the_point(f: Any, mode: str) -> None:
    """By x alone, too, where neither arm varies."""
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(f, mode=mode)(1.0, -2.0)
    verdict = oracle.derivative(f, (1.5, -2.0), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, grad(f, mode=mode)(1.5, -2.0))


def reflected(x):
    """sin(pi x) / (pi x) times a number, filled in where the denominator may be 0."""
    if x.is_integer():
        return 0.0
    return sin(math.pi * x) / x


def reflected_by_name(x):
    return 0.0 if float.is_integer(1.0 * x) else sin(math.pi * x) / x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [reflected, reflected_by_name], ids=lambda f: f.__name__)
def test_a_value_for_whole_numbers_has_no_slope_there(f: Callable[..., Any], mode: str) -> None:
    gradient = grad(f, mode=mode)
    for whole in (0.0, 2.0, -3.0):
        with pytest.raises(ArithmeticError, match=UNKNOWN):
            gradient(whole)
    x = 0.7
    slope = (math.pi * math.cos(math.pi * x) - sin(math.pi * x) / x) / x
    assert gradient(x) == pytest.approx(slope, rel=1e-14)


def test_infinity_is_no_whole_number() -> None:
    assert grad(lambda x: 2.0 * x if x.is_integer() else 3.0 * x)(math.inf) == 3.0


def counted_behind(x, n):
    k, s = 0, 0.0
    for _ in range(n):
        s = s + k * x
        c = s + 0.9 * x
        if c >= 0.5:
            k = k + 1
        if c <= 0.7:
            k = k + 1
    return s


def chosen_by_a_count_behind(x, n):
    k, s = 0, 0.0
    for _ in range(n):
        if k == 2:
            s = s + x * x
        c = s + 0.9 * x
        if c >= 0.5:
            k = k + 1
        if c <= 0.7:
            k = k + 1
    return s


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [counted_behind, chosen_by_a_count_behind])
@pytest.mark.parametrize("x", [0.3, 0.6, 0.989])
def test_a_count_of_comparisons_that_follow_in_the_step_is_only_a_count(f, x, mode) -> None:
    value, slope = value_and_grad(f, mode=mode)(x, 4)
    assert value == f(x, 4)
    expected, noise = along(lambda h: f(x + h, 4))
    assert noise < 1e-6
    assert slope == pytest.approx(float(expected), rel=1e-9)
