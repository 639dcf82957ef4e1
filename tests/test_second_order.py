"""Hessians times a direction against differences of gradients, which other tests prove.

Loops that stop at convergence are left out: their second derivative is that of the steps run.
"""

from __future__ import annotations

import copy
import inspect
import re
import warnings
from collections.abc import Callable
from math import log
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

from chainrule import grad, hessian, hvp, jacobian, jvp
from tests.array_models import MODELS
from tests.differences import along, partials
from tests.limits import within
from tests.test_examples import MODULES, load

SECONDS = 30
# Its argument is far smaller than the step.
LEFT_OUT = ("planck_exitance",)


def cases() -> list[Any]:
    """Each function with arguments and the position of one that is a float or an array."""
    found: list[tuple[Callable[..., Any], tuple[Any, ...], int]] = []
    for model in MODELS:
        wrt = model.wrt if isinstance(model.wrt, tuple) else (model.wrt,)
        found += [(model.function, model.arguments, position) for position in wrt]
    for module in MODULES:
        for name, case in load(module).POINTS.items():
            function = getattr(load(module), name)
            names = list(inspect.signature(function).parameters)
            found += [(function, case["at"][0], names.index(wrt)) for wrt in case["wrt"]]
    return [
        pytest.param(function, arguments, position, id=f"{function.__name__}-{position}")
        for function, arguments, position in found
        if position < len(arguments)
        and isinstance(arguments[position], (float, np.ndarray))
        and function.__name__ not in LEFT_OUT
    ]


@pytest.mark.parametrize(("function", "arguments", "position"), cases())
def test_products_with_the_hessian_agree_with_differences(
    function: Callable[..., Any], arguments: tuple[Any, ...], position: int
) -> None:
    point = arguments[position]
    size = np.size(point)
    whole = isinstance(point, np.ndarray)
    direction: Any = np.cos(1.0 + np.arange(size)).reshape(np.shape(point)) if whole else 1.0
    if whole:
        direction = np.asarray(direction, dtype=point.dtype)
    seed = {f"{list(inspect.signature(function).parameters)[position]}_dot": direction}
    with within(SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, product = hvp(function, wrt=position)(*copy.deepcopy(arguments), **seed)
        slope = grad(function, wrt=position)

        def slope_at(distance: float) -> Any:
            moved = list(copy.deepcopy(arguments))
            moved[position] = point + distance * direction
            return np.asarray(slope(*moved))

        wanted, noise = along(slope_at)
        size = np.abs(wanted).max() + 1e-3 * np.abs(slope_at(0.0)).max() + 1e-9
    assert np.abs(np.asarray(product) - wanted).max() < 1e-5 * size + 2.0 * noise


# --- found wrong once ---------------------------------------------------------------------


def first_left(a):
    x = a
    while True:
        better = x * a
        if better > 4:
            return better
        x = better


def read_behind(a):
    x = a
    for k in range(9):
        better = x * a
        if k > 4:
            break
        x = better
    return better


@pytest.mark.parametrize("function", [first_left, read_behind])
def test_what_a_loop_binds_first_is_differentiated_twice(function: Callable[..., Any]) -> None:
    power = {"first_left": 6, "read_behind": 7}[function.__name__]
    expected = power * (power - 1) * 1.3 ** (power - 2)
    for inner in ("forward", "reverse"):
        for outer in ("forward", "reverse"):
            slope = grad(grad(function, mode=inner), mode=outer)
            assert slope(1.3) == pytest.approx(expected, rel=1e-13)


def list_bound_in_loop(x, n):
    for k in range(n + 1):
        if k == 0:
            a = [x, x * x]
        else:
            a[0] = a[0] * a[1]
            a[1] = a[0] * a[1]
    return a[0] + a[1]


def array_bound_in_loop(x, n):
    for k in range(n + 1):
        if k == 0:
            a = np.array([x, x * x])
        else:
            a[0] *= a[1]
            a[1] *= a[0]
    return np.sum(a)


def array_written_in_loop(x, n):
    a = np.array([x, x * x])
    for _ in range(n):
        a[0] *= a[1]
        a[1] *= a[0]
    return np.sum(a)


IN_LOOPS = [list_bound_in_loop, array_bound_in_loop, array_written_in_loop]


@pytest.mark.parametrize("function", IN_LOOPS)
@pytest.mark.parametrize("inner", ["forward", "reverse"])
@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_what_a_loop_writes_in_place_is_differentiated_twice(
    function: Callable[..., Any], inner: str, outer: str
) -> None:
    slope = grad(function, mode=inner)
    # x**8 + x**13
    assert slope(1.1, 2) == pytest.approx(8.0 * 1.1**7 + 13.0 * 1.1**12, rel=1e-13)
    expected = 56.0 * 1.1**6 + 156.0 * 1.1**11
    assert grad(slope, mode=outer)(1.1, 2) == pytest.approx(expected, rel=1e-13)


def shortened_in_loop(t, n):
    a = np.array([1.0, 2.0, 3.0, 4.0]) * t
    for _ in range(n):
        a[0] *= a[1]
        a = np.sin(a[1:]) * 1.0
    return np.sum(a)


def test_a_loop_that_leaves_another_shape_hides_none_that_is_needed() -> None:
    slope = grad(shortened_in_loop, mode="reverse")
    wanted, _ = along(lambda h: slope(0.7 + h, 2))
    assert grad(slope, mode="reverse")(0.7, 2) == pytest.approx(float(wanted), rel=1e-8)


def signs(p):
    return np.array([-p[0] * p[1], 2.0 * p[1], [p[0]][0]])


def test_a_factor_of_one_entry_is_none_of_the_others() -> None:
    p, direction = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    assert np.array_equal(jvp(signs)(p, direction)[1], [-3.0, 2.0, 1.0])
    expected = [[-2.0, -1.0], [0.0, 2.0], [1.0, 0.0]]
    assert np.array_equal(jacobian(signs)(p), expected)
    assert np.array_equal(jacobian(signs, mode="forward")(p), expected)


def test_an_infinite_slope_that_no_entry_reaches_is_not_felt_in_second_order() -> None:
    def concentration(x):
        share = x / np.sum(x)
        return np.sum(special.entr(share)) ** 2

    x = np.array([0.4, 0.9, 1.2])
    bends = hessian(concentration)(x)
    slope = grad(concentration)
    for k in range(3):
        step = 1e-6 * np.eye(3)[k]
        expected = (slope(x + step) - slope(x - step)) / 2e-6
        np.testing.assert_allclose(bends[k], expected, rtol=1e-7, atol=1e-9)


def valley(x):
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def test_the_hessian_of_a_list_computes_no_gradient() -> None:
    bends = hessian(valley)
    a, b, c = 1.2, 0.7, -0.4
    expected = [
        [1200.0 * a * a - 400.0 * b + 2.0, -400.0 * a, 0.0],
        [-400.0 * a, 1200.0 * b * b - 400.0 * c + 202.0, -400.0 * b],
        [0.0, -400.0 * b, 200.0],
    ]
    np.testing.assert_allclose(bends([a, b, c]), expected, rtol=1e-12)
    # One loop over the rows, and in it one over the terms, with a variable of its own.
    lines = [line.strip() for line in bends.source.splitlines()]
    assert [line[:6] for line in lines if line.startswith("for ")] == ["for i ", "for j "]
    assert "len(x_bar" not in bends.source


def falling(v: float, drag: float, dt: float, n: int):
    x = 0.0
    for _ in range(n):
        v = v - dt * (9.81 + drag * v * v)
        x += dt * v
    return x * x


def test_the_hessian_of_a_loop_is_symmetric_and_right() -> None:
    point = (30.0, 0.02, 0.05)
    bends = np.array(hessian(falling, wrt=("v", "drag", "dt"))(*point, 12))
    assert np.array_equal(bends, bends.T)
    with mpmath.workdps(50):
        for i in range(3):
            for j in range(3):
                order = tuple(int(k == i) + int(k == j) for k in range(3))
                wanted = float(mpmath.diff(lambda *p: falling(*p, 12), point, order))
                assert bends[i, j] == pytest.approx(wanted, rel=1e-12)


def test_the_hessian_of_a_loop_carries_each_derivative_once() -> None:
    source = hessian(falling, wrt=("v", "drag", "dt")).source
    before = source.split("for _ in range(n)")[0]
    states = re.findall(r"^    ([vx]_d\w+) = ", before, re.M)
    assert len(states) == len(set(states)) == 2 * (3 + 6)
    assert not [state for state in states if re.search(r"_\d$", state)]


def test_the_second_slope_of_a_loop_carries_each_derivative_once() -> None:
    def logistic(x, n):
        for _ in range(n):
            x = 3.1 * x * (1.0 - x)
        return x

    bend = hessian(logistic)
    assert re.findall(r"^    (\w+) = ", bend.source, re.M) == ["x_dot", "x_dot_dot"]
    with mpmath.workdps(50):
        wanted = float(mpmath.diff(lambda x: logistic(x, 5), 0.3, 2))
    assert bend(0.3, 5) == pytest.approx(wanted, rel=1e-12)


def added_to_some(x, z, positions):
    a = 2.0 * z
    if len(positions) > 0:
        a[positions] += 0.5
    return a @ a + a.max() + z.sum() * x


def convolved(x, z, positions):
    a = z * x
    np.add.at(a, positions, a[0])
    return a @ a + np.sum(np.convolve(a, a)) + a.sum() * x


@pytest.mark.parametrize("f", [added_to_some, convolved], ids=lambda f: f.__name__)
def test_a_name_is_not_given_again_to_what_lives_beside_its_namesake(f: Any) -> None:
    z, positions = np.array([0.3, -0.4, 0.9]), np.array([0, 1])
    slope = grad(f, ("x", "z"), mode="reverse")
    rows = jacobian(slope, ("x", "z"), mode="reverse")(1.3, z, positions)
    for k, (x, direction) in enumerate([(1.0, 0.0 * z), *((0.0, unit) for unit in np.eye(3))]):
        column = [np.ravel(row[0]) if k == 0 else np.asarray(row[1])[..., k - 1] for row in rows]
        low, high = (slope(1.3 + h * x, z + h * direction, positions) for h in (-1e-5, 1e-5))
        for found, one, other in zip(column, low, high, strict=True):
            assert np.ravel(found) == pytest.approx(np.ravel(other - one) / 2e-5, abs=1e-7)


def changed_in_one_of_two(x, k):
    b = x.copy()
    if k > 0:
        b[0] = b[0] * b[1]
        if k > 1:
            b[1] = b[0] * b[2]
        else:
            b = b * x
    return b @ b


def changed_in_one_step(x, k):
    b = 2.0 * x
    for i in range(k):
        b[2] = b[2] * b[0]
        if i > 0:
            b[0] = b[2] + b[1]
        else:
            b = x * b
    return b @ x


@pytest.mark.parametrize(
    "f", [changed_in_one_of_two, changed_in_one_step], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("outer", ["forward", "reverse"])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_an_array_that_one_arm_reads_twice_is_a_zero_in_the_other(
    f: Any, outer: str, inner: str
) -> None:
    bends = jacobian(grad(f, mode=inner), mode=outer)
    for k in range(3):
        found = bends(np.array([1.0, -2.0, 3.0]), k)
        with mpmath.workdps(40):
            point = np.array([mpmath.mpf(1), mpmath.mpf(-2), mpmath.mpf(3)], dtype=object)
            for i in range(3):
                for j in range(3):
                    order = tuple(int(n == i) + int(n == j) for n in range(3))
                    wanted = mpmath.diff(lambda *p, k=k: f(np.array(p), k), tuple(point), order)
                    assert found[i][j] == pytest.approx(float(wanted), rel=1e-9, abs=1e-9)


def mixture(t: float, rows: list[float]) -> float:
    shares = [row * t**2 for row in rows]
    light = sum(share * (t - 2.0) for share in shares)
    heavy = sum(share * (3.0 * t + row) for share, row in zip(shares, rows, strict=True))
    return (1.0 - t) * light + t * heavy


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_a_sum_over_a_generator_bends_as_its_terms_do(outer: str, inner: str) -> None:
    # With s = 3 and q = 5: the sum of rows and of their squares.
    f = lambda t: (1 - t) * 3 * t**2 * (t - 2) + t * (9 * t**3 + 5 * t**2)  # noqa: E731
    with mpmath.workdps(40):
        expected = float(mpmath.diff(f, 1.5, 2))
    assert hessian(mixture)(1.5, [1.0, 2.0]) == pytest.approx(expected, rel=1e-12)
    bends = grad(grad(mixture, mode=inner), mode=outer)
    assert bends(1.5, [1.0, 2.0]) == pytest.approx(expected, rel=1e-12)


def of_powers(m, x, rough=0.0):
    n = 0.25
    if rough:
        n = log(m)
    b = m
    if rough:
        b = b * m**n
    return (m * m - 1.0) * (b * x ** (1.0 - n) * (1.0 - x) ** (1.0 - n) + x ** (2.0 - n))


@pytest.mark.parametrize("rough", [0.0, 1.0])
def test_what_arms_on_one_test_share_is_there_for_arms_on_another(rough: float) -> None:
    """A logarithm that two joined arms compute once is read by the second derivative of a third."""
    found = hessian(of_powers, ("m", "x"))(0.6, 0.1, rough)
    slopes = grad(of_powers, ("m", "x"))
    expected = partials(lambda m, x: np.array(slopes(m, x, rough)), (0.6, 0.1))
    for k, (column, _) in enumerate(expected):
        assert [row[k] for row in found] == pytest.approx(column, rel=1e-6)


def test_a_running_sum_that_two_derivatives_make_is_made_once() -> None:
    def growth(t: float, rows: list[float]) -> float:
        return t * sum(row * (t - 2.0) ** 2 for row in rows)

    bend = hessian(growth)
    # The second derivative of 3 t (t - 2)^2 is 18 t - 24.
    assert bend(3.0, [1.0, 2.0]) == pytest.approx(30.0, rel=1e-14)
    assert bend.source.count("+=") == 2


def flowed(x: Any, k: Any) -> Any:
    u = x.copy()
    for _ in range(3):
        before = u.copy()
        u[1:-1] = before[1:-1] - k[0] * before[1:-1] * (before[1:-1] - before[:-2])
        u[1:-1] += k[1] * (before[2:] - 2 * before[1:-1] + before[:-2])
        u[0], u[-1] = u[-2], u[1]
    return (u**2).sum() * k[1]


def test_what_a_step_reads_often_is_not_walked_through_as_often() -> None:
    x, k = np.array([0.3, 0.9, -0.4, 1.2, 0.7]), np.array([0.8, -0.5])
    slope = grad(flowed)
    for row, unit in zip(hessian(flowed)(x, k), np.eye(5), strict=True):
        expected, _ = along(lambda h, unit=unit: slope(x + h * unit, k))
        np.testing.assert_allclose(row, expected, rtol=1e-6, atol=1e-6)
