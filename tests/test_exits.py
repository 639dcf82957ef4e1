"""Loops that are left in the middle: what is done last is done once, in the same order."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from math import log
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, value_and_grad
from tests import oracle
from tests.differences import along

MODES = ("forward", "reverse")


def interpolated(x, xs):
    for i in range(len(xs) - 1):
        if xs[i] < x < xs[i + 1]:
            t = (x - xs[i]) / (xs[i + 1] - xs[i])
            return t * t * xs[i]
    return x * xs[-1]


def found_in_a_nest(x, xs):
    for i in range(len(xs)):
        for j in range(i):
            if xs[i] * xs[j] > x:
                return x * xs[i] + j
    return x


def flagged_in_a_nest(x, xs):
    r = x
    for i in range(len(xs)):
        found = False
        for j in range(i):
            if xs[i] * xs[j] > x:
                found = True
                break
        if found:
            r = x * i + j * x * x
            break
    return r


def two_ways(x, xs):
    s = 1.0
    for v in xs:
        if v < 0.0:
            raise ValueError("negative")
        s += v * x
        if s > 6.0:
            return s * x
        if v > 2.5:
            s = -s
            break
    else:
        s += 1.0
    return s * s * x


def three_ways(x, xs):
    total = 0.0
    for k, v in enumerate(xs):
        total += math.sin(v * x)
        if total > 1.7:
            total = total * v
            break
        if total < -1.0:
            return total * x
        if k > 3:
            total -= x
            return total * total
    return total / x


def endless(x, xs):
    y = x
    while True:
        step = (y * y - xs[0]) / (2.0 * y)
        y -= step
        if abs(step) < 1e-9:
            return y * x


def in_a_helper(x, xs):
    def first_above(limit):
        for v in xs:
            if v > limit:
                return v * limit
        return limit

    return first_above(x) * first_above(x + 1.0)


def with_continue(x, xs):
    out = x
    for v in xs:
        if v < x:
            continue
        if v > 2.0 * x:
            out = out * v
            break
        out += v
    return out


def in_a_try(x, xs):
    try:
        for v in xs:
            if v > x:
                return math.log(v - 2.0) * x
    except ValueError:
        return x * x
    return x


def last_index(x, xs):
    for i in range(10):
        if i * x > xs[1]:
            break
    return x * i


PROGRAMS = [
    interpolated, found_in_a_nest, flagged_in_a_nest, two_ways, three_ways, endless,
    in_a_helper, with_continue, in_a_try, last_index,
]  # fmt: skip
LISTS = [[1.0, 2.0, 3.0], [0.5, 1.5, 1.75, 9.0], [2.25, 2.5], [4.0, -3.0, 0.5, 1.25, 6.0]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("xs", LISTS, ids=str)
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_value_and_slope_are_those_of_the_way_that_was_taken(
    f: Callable[..., Any], xs: list[float], mode: str
) -> None:
    x = 1.3
    derivative = value_and_grad(f, mode=mode)
    try:
        expected = f(x, list(xs))
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)):
            derivative(x, list(xs))
        return
    value, slope = derivative(x, list(xs))
    assert value == expected
    judged = oracle.derivative(f, (x, list(xs)))
    assert judged.decided and oracle.agrees(judged, slope)


@pytest.mark.parametrize("f", [interpolated, two_ways, endless], ids=lambda f: f.__name__)
def test_second_derivatives_follow_the_same_way(f: Callable[..., Any]) -> None:
    xs = [1.0, 2.0, 3.0]
    step = 1e-4
    low, high = (oracle.derivative(f, (1.3 + h, list(xs))).value for h in (-step, step))
    bend = (high - low) / (2.0 * step)
    assert hessian(f)(1.3, list(xs)) == pytest.approx(bend, rel=1e-5)


def iterated(x, n):
    s = 0.0
    y = x
    for i in range(n):
        y = y * 1.1 + 0.01 * i
        z = (y - 0.7) ** 3
        if abs(z) > 0.001:
            s += y * z
        else:
            s -= y
    return s


def test_what_is_compared_is_computed_again_to_the_last_bit() -> None:
    gradient = grad(iterated, mode="reverse")
    gradient(0.3, 5)
    backward = gradient.source.partition("for y in reversed(y_tape):")[2]
    assert "z = z_gap**3" in backward and "abs(z) > 0.001" in backward
    judged = oracle.derivative(iterated, (0.3, 20))
    assert judged.decided and oracle.agrees(judged, gradient(0.3, 20))


def fixed_point(x):
    for k in range(50):  # noqa: B007
        y = math.cos(x)
        if abs(y - x) < 1e-3:
            break
        x = y
    return y * k


def secant(x, start):
    older, newer = start, start + 1.0
    f_older = older**3 - x
    for _ in range(60):
        f_newer = newer**3 - x
        root = newer - f_newer * (newer - older) / (f_newer - f_older)
        if abs(root - newer) < 1e-12:
            break
        older, newer, f_older = newer, root, f_newer
    else:
        raise RuntimeError("no convergence")
    return root


def left_early(x, low):
    for _ in range(4):
        if x > 100.0:
            return 3.0 * x
        if x < low:
            break
        last = x * x
        x = x - last / 7.0
    return last * x


def left_in_a_try(x, low):
    for _ in range(3):
        try:
            y = math.log(3.0 - x)
            if y > low:
                break
        except ValueError:
            break
        z = y * y
        x = x + 0.5 * z
    return z * x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (left_in_a_try, (2.0, 1.5)),
        (fixed_point, (1.0,)),
        (secant, (3.0, 1.0)),
        (left_early, (2.0, 0.5)),
        (left_early, (2.0, 1.8)),
        (left_early, (200.0, 0.5)),
    ],
)
def test_names_that_a_loop_binds(f: Callable[..., Any], arguments: Any, mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(*arguments)
    assert oracle.same_bits(value, f(*arguments))
    verdict = oracle.derivative(f, arguments)
    assert verdict.decided and oracle.agrees(verdict, slope)


@pytest.mark.parametrize("mode", MODES)
def test_a_name_is_asked_for_only_where_it_may_be_unbound(mode: str) -> None:
    for f in (fixed_point, secant):
        source = grad(f, mode=mode).source
        assert "bound" not in source
    assert '\n    else:\n        raise RuntimeError("no convergence")\n' in grad(secant).source
    with pytest.raises(UnboundLocalError, match="'last'"):
        grad(left_early, mode=mode)(0.0, 0.5)
    for x, low in ((3.0, 0.0), (4.0, 0.5)):
        with pytest.raises(UnboundLocalError, match="'z'"):
            grad(left_in_a_try, mode=mode)(x, low)


def checked(x, n):
    if len(x) != n:
        wanted = "{} numbers, not {}"
        raise ValueError(wanted.format(n, x.shape) + ": " + wanted.format(x.sum(), "3"))
    return (x * x).sum()


def test_messages_are_formatted_as_the_user_writes_them() -> None:
    x = np.array([1.0, 2.5])
    for derivative in (grad(checked), value_and_grad(checked)):
        derivative(x, 2)
        with pytest.raises(ValueError, match=r"^3 numbers, not \(2,\): 3.5 numbers, not 3$"):
            derivative(x, 3)


def direction(s):
    size = np.linalg.norm(s)
    return (None, None) if size == 0.0 else (s / size, size)


def of_no_direction(s):
    unit, size = direction(s)
    return size * unit[0:2].sum()


def test_a_part_of_none_raises_where_it_is_asked_for() -> None:
    assert grad(of_no_direction)(np.array([1.0, 2.0, 2.0])) == pytest.approx([1.0, 1.0, 0.0])
    with pytest.raises(TypeError, match="'NoneType' object is not subscriptable"):
        grad(of_no_direction)(np.zeros(3))


@pytest.mark.parametrize("mode", MODES)
def test_text_formatted_by_percent_shows_the_number(
    mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def squared(x):
        print("at %.2f" % x)  # noqa: UP031
        return x * x

    assert grad(squared, mode=mode)(3.0) == 6.0
    assert capsys.readouterr().out == "at 3.00\n"


def test_an_arm_does_not_read_what_the_other_one_computes() -> None:
    def f(x: float, i: int) -> float:
        return ({0: x} if i == 0 else {1: x * x})[i]

    slope = grad(f, mode="forward")
    assert slope(3.0, 1) == 6.0
    assert slope(3.0, 0) == 1.0
    assert slope.source.count("2.0 * x") == 1


def owed_tax(income: float) -> float:
    owed, last = 0.0, 0.0
    for limit, rate in [(10.0, 0.125), (40.0, 0.25), (90.0, 0.5)]:
        if income <= limit:
            owed += (income - last) * rate
            return owed
        owed += (limit - last) * rate
        last = limit
    return owed + (income - last) * 0.75


def test_what_the_arm_gives_that_has_run_is_a_number_behind_it() -> None:
    slope, backward = grad(owed_tax), grad(owed_tax, mode="reverse")
    for income, rate in ((5.0, 0.125), (20.0, 0.25), (40.0, 0.25), (70.0, 0.5), (100.0, 0.75)):
        assert slope(income) == backward(income) == rate
    body = slope.source.rsplit('"""', 1)[1]
    assert " = " not in body and "+" not in body


def taxed(income: float, rate: float, allowance: float) -> float:
    taxable = income - allowance
    if taxable <= 0:
        return 0.0
    elif taxable <= 40:
        return rate * taxable
    elif taxable <= 100:
        return 40 * rate + 2 * rate * (taxable - 40)
    return 30 + 0.5 * income


@pytest.mark.parametrize("mode", MODES)
def test_a_ladder_of_returns_is_one_of_slopes(mode: str) -> None:
    slopes = grad(taxed, wrt=("income", "rate", "allowance"), mode=mode)
    assert slopes(5.0, 0.25, 10.0) == (0.0, 0.0, 0.0)
    assert slopes(30.0, 0.25, 10.0) == (0.25, 20.0, -0.25)
    assert slopes(70.0, 0.25, 10.0) == (0.5, 40.0 + 2.0 * 20.0, -0.5)
    assert slopes(170.0, 0.25, 10.0) == (0.5, 0.0, 0.0)
    body = slopes.source.rsplit('"""', 1)[1]
    lines = [line.strip() for line in body.splitlines() if not line.strip().startswith("#")]
    assert [line.split()[0] for line in lines if line.startswith(("if", "el", "return"))] == [
        *("if", "return") * 3,
        "return",
    ]
    assert "branch" not in body
    assert "-0.0" not in body


def half_left(x: float, y: float) -> float:
    if x < 1:
        if y > 2:
            return x * y
    else:
        return 3.0 * x
    return x * x * y


def test_a_branch_around_tells_what_a_flag_has_chosen() -> None:
    slopes = grad(half_left, wrt=("x", "y"), mode="reverse")
    assert slopes(0.5, 3.0) == (3.0, 0.5)
    assert slopes(0.5, 1.5) == (1.5, 0.25)
    assert slopes(4.0, 1.5) == (3.0, 0.0)
    body = slopes.source.rsplit('"""', 1)[1]
    assert "return y, x\n" in body
    assert "_bar +" not in body


def signed(x: float, y: float) -> float:
    s = 1.0 if x > 0 else -1.0
    if y > 0 and x > 0:
        return s * y
    return s * x * y


def test_a_sign_is_a_number_where_a_branch_around_tells_it() -> None:
    slopes = grad(signed, wrt=("x", "y"), mode="reverse")
    assert slopes(2.0, 3.0) == (0.0, 1.0)
    assert slopes(-2.0, 3.0) == (-3.0, 2.0)
    assert slopes(2.0, -3.0) == (-3.0, 2.0)
    assert "return 0.0, 1.0\n" in slopes.source


def skipping(xs: list[float], a: float) -> float:
    total = 0.0
    for x in xs:
        if x < 0:
            continue
        elif x < a:
            total += a * x
            continue
        elif x > 10:
            break
        total += x * x
    return total


@pytest.mark.parametrize("mode", ["auto", "reverse"])
def test_what_a_step_goes_on_with_is_done_where_it_goes_on(mode: str) -> None:
    slopes, bound = grad(skipping, wrt=("xs", "a"), mode=mode)([-1.0, 2.0, 5.0, 11.0, 1.0], 3.0)
    assert (slopes, bound) == ([0.0, 3.0, 10.0, 0.0, 0.0], 2.0)


def row_behind_a_return(x, xs, rows):
    rows[0][0] += x
    for each in xs:
        if each > 1.0:
            return x * each
    total = 0.0
    for entry in rows[0]:
        total += entry * x
    return total


@pytest.mark.parametrize("mode", MODES)
def test_a_row_behind_a_loop_that_returns_is_looped_over(mode: str) -> None:
    slope = grad(row_behind_a_return, mode=mode)
    assert slope(0.5, [0.5, 2.0], [[1.0, 2.0]]) == 2.0
    assert slope(0.5, [0.5], [[1.0, 2.0]]) == 3.0 + 2 * 0.5


def returned_or_unbound(x, xs, k):
    for _ in range(3):
        if k != 2:
            return x * xs[k % 2]
    for _, last in zip([last, 1.0], [x, x]):  # noqa: B020, B905, F821
        x += last
    return x


@pytest.mark.parametrize("mode", MODES)
def test_what_a_test_around_decides_is_not_asked_again(mode: str) -> None:
    slope = grad(returned_or_unbound, wrt=("x", "xs"), mode=mode)
    assert slope(0.5, [3.0, 7.0], 0) == (3.0, [0.5, 0.0])
    assert slope(0.5, [3.0, 7.0], 1) == (7.0, [0.0, 0.5])
    with pytest.raises(UnboundLocalError, match="'last'"):
        slope(0.5, [3.0, 7.0], 2)


def tried_again(s, u):
    k = 0
    while True:
        try:
            u = log(s[k]) * u
        except ValueError:
            if k > 0:
                return u
        k += 1
        if k >= len(s):
            break
    return u * k


def below_or_refused(x, s):
    u = tried_again(s, x)
    if u > 1.2:
        raise ValueError("large")
    return u * u


def tried_or_given(x, s):
    try:
        return below_or_refused(x, s)
    except ValueError:
        return 0.5 * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [below_or_refused, tried_or_given])
@pytest.mark.parametrize("s", [[0.3, 0.7], [0.3, -0.7, 0.2], [-0.3, 0.5]])
def test_what_is_behind_a_loop_without_an_end_is_not_written(f, s, mode) -> None:
    # Before it is known that s is a list, reading an entry of it can only raise.
    value, slope = value_and_grad(f, mode=mode)(0.5, s)
    assert value == f(0.5, s)
    assert slope == pytest.approx(float(along(lambda h: f(0.5 + h, s))[0]), rel=1e-9)


def left_in_its_first_step(x, n):
    s = x
    for _ in range(n):
        for _ in range(3):
            m = 1
            if x >= s or m > 0:
                break
        else:
            s *= m * x
        s *= x
    return s


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_else_of_a_loop_that_its_first_step_leaves_is_not_written(mode) -> None:
    f = value_and_grad(left_in_its_first_step, mode=mode)
    assert f(0.5, 2) == (left_in_its_first_step(0.5, 2), pytest.approx(3.0 * 0.5**2))
    assert mode == "reverse" or "else" not in f.source


def grown(s, u):
    k = 0
    while True:
        if s[k] < 0.3:
            return u
        k += 1
        u = u * s[k]
        if k >= len(s) - 1:
            break
    return u * k


def grown_or_refused(x, s):
    u = grown(s, x)
    if u > 1.2:
        raise ValueError("large")
    return u * u


def test_a_loop_without_a_condition_has_no_else() -> None:
    f = value_and_grad(grown_or_refused, mode="forward")
    for s in ([0.3, 0.7], [0.2, 0.7], [0.5, 0.1, 0.4]):
        value, slope = f(0.5, s)
        assert value == grown_or_refused(0.5, s)
        expected, _ = along(lambda h, s=s: grown_or_refused(0.5 + h, s))
        assert slope == pytest.approx(float(expected), rel=1e-9)
    assert "else" not in f.source


def out_of_a_with(x, k):
    with contextlib.nullcontext():
        if x > 1.0:
            return x * k
        z = x * 2
    return z * z


def out_of_a_try(x, k):
    try:
        if x > 1.0:
            return x * k
        z = x * 2
    except ValueError:
        z = x * k
    return z * z


@pytest.mark.parametrize("f", [out_of_a_with, out_of_a_try])
@pytest.mark.parametrize("x", [0.5, 1.5, -0.5])
def test_what_follows_an_early_return_does_not_ask_whether_names_are_bound(f, x):
    df = value_and_grad(f, wrt="x")
    value, slope = df(x, 2.0)
    assert value == f(x, 2.0)
    assert oracle.agrees(oracle.derivative(f, (x, 2.0)), slope)
    assert "UnboundLocalError" not in df.source
