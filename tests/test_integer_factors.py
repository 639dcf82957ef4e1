"""Integers and booleans as factors: derivatives are floats, and NumPy's integers never wrap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import (
    NotDifferentiableError,
    UnsupportedError,
    grad,
    hessian,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from tests.test_array_fuzz import function_of


def linear(x, n):
    return x * n


def opposite(x, n):
    return -x * n


def twice(x, n):
    return x * n * n


def squared(x, n):
    return x * n**2


def differences(x, n):
    return x * n - x * n * n


def by_itself(x, n):
    return x * n + x * n


FUNCTIONS = [linear, opposite, twice, squared, differences, by_itself]
SMALL = [3, True, np.int8(100), np.uint8(200), np.int32(70000), np.int64(10**10), np.bool_(True)]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("n", SMALL, ids=lambda n: f"{type(n).__name__}-{n}")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_number_of_an_integer_type_is_a_factor_like_any_other(f, n, mode) -> None:
    got = grad(f, mode=mode)(2.0, n)
    # All are linear in x.
    assert got == f(1.0, n) - f(0.0, n)
    assert isinstance(got, float)


def entries(x, n):
    return -x[0] * n[0] + x[1] * n[1] * n[0] - x[0] * n[1]


def loop(x, n):
    total = x[0] * x[1]
    for k in n:
        total += x[0] * k * k - x[1] * k
    return total


def whole(x, n):
    return (-x * n - x * n * n + (x * n) ** 2).sum()


def masked(x, n):
    above = x > 1
    return (-x * above - x * above).sum() - x[0] * above[0] - x[1] * above[1]


@pytest.mark.parametrize("f", [entries, loop, whole, masked])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "bool"])
@pytest.mark.parametrize("floating", ["float64", "float32"])
def test_an_array_of_an_integer_dtype_gives_the_slope_of_its_floats(f, dtype, floating) -> None:
    x = np.array([2.0, 3.0], dtype=floating)
    n = np.array([100, 90]).astype(dtype)
    got, want = grad(f)(x, n), grad(f)(x, n.astype(float))
    assert got.dtype == floating
    assert np.array_equal(got, want)


def cross_entropy(p, y):
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64"])
def test_labels_of_any_dtype_in_a_cross_entropy(dtype) -> None:
    p, y = np.array([0.2, 0.7]), np.array([1, 0])
    got = grad(cross_entropy)(p, y.astype(dtype))
    assert np.allclose(got, (p - y) / (p * (1 - p)), rtol=1e-14)


CONSTANT_SLOPES: list[Any] = [
    (lambda x: x * 2, 2.0),
    (lambda x: 3 * x + 1, 3.0),
    (lambda x: -x, -1.0),
    (lambda x: x * (x > 0), 1.0),
    (lambda x: sum(x * k for k in range(4)), 6.0),
    (lambda x: [x * k for k in range(4)][3], 3.0),
    (lambda x: x * sum({1, 2}), 3.0),
    (lambda x: x * max({1, 2}), 2.0),
    (lambda x: x * np.array(3.0), 3.0),
    (lambda x: x * np.asarray(np.asarray(7)), 7.0),
    (lambda x: x * np.full((), 2.0), 2.0),
    (lambda x: x * np.where(x > 0, 2.0, 3.0), 2.0),
]


@pytest.mark.parametrize(("f", "want"), CONSTANT_SLOPES)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_slope_is_a_float(f, want, mode) -> None:
    for got in (grad(f, mode=mode)(2.0), value_and_grad(f, mode=mode)(2)[1]):
        assert got == want
        assert type(got) is float
    assert type(jacobian(lambda x: (f(x), x))(2.0)[0]) is float
    assert type(hessian(f)(2.0)) is float


KEPT = ["np.square(k)", "np.sign(k)", "np.maximum(k, 3)", "np.minimum(k, k[0])", "np.fmax(k, 1)",
        "np.clip(k, 1, 3)", "np.power(k, 2)", "np.fmod(k, 3)", "np.where(k > 2, k, 0)", "k**2",
        "np.floor(k)", "np.round(k)", "np.nan_to_num(k)"]  # fmt: skip


@pytest.mark.parametrize("text", KEPT)
def test_what_numpy_makes_of_integers_is_a_factor_in_floats(text) -> None:
    f = function_of(f"def f(x, k):\n    return np.sum(x * {text}) + np.sum(x * k)\n")
    x, k = np.array([0.5, 1.5]), np.array([200, 100], dtype=np.uint8)
    gradient = grad(f)(x, k)
    made = eval(text, {"np": np, "k": k})
    assert gradient.dtype == np.float64
    assert np.array_equal(gradient, made.astype(float) + k)


@pytest.mark.parametrize("text", KEPT)
def test_what_numpy_makes_of_integers_takes_no_fractions(text) -> None:
    f = function_of(f"def f(x, k):\n    a = {text}\n    a[0] = x[0]\n    return np.sum(x * a)\n")
    with pytest.raises(UnsupportedError, match="cuts off its fraction"):
        grad(f)(np.array([0.5, 1.5]), np.array([2, 3]))


HIDDEN = [
    "np.array([1, 2]) * n",
    "np.array([n, n])",
    "np.full(2, n)",
    "np.maximum(np.arange(2), n)",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_an_int_that_numpy_puts_into_an_array_of_ints_is_no_real_number(text) -> None:
    f = function_of(f"def f(n):\n    return np.sum(np.array([0.3, 0.7]) * ({text}))\n")
    assert grad(f)(3.0) > 0.0
    for mode in ("forward", "reverse"):
        with pytest.raises(NotDifferentiableError, match="Pass a float"):
            grad(f, mode=mode)(3)


def test_an_int_may_count_what_an_array_holds() -> None:
    f = function_of("def f(n):\n    return n * np.sum(np.ones(4)[np.arange(2) + n - 2])\n")
    assert grad(f)(3) == 2.0


DATA = [
    "np.sum(x * k) + np.sum(x * j)",
    "np.sum(x * k) - np.sum(x * j)",
    "np.sum(x * k[::-1] - x * j)",
    "np.sum((x * k - x * j) ** 2)",
    "np.sum(x * -k.astype(int))",
    "sum(a * b + a * c for a, b, c in zip(x, k, j))",
    "np.dot(x[0] * k, j)",
    "np.sum(np.diag(x[0] * k) @ j)",
    "np.sum(np.outer(x, k) @ j)",
    "np.einsum('i,i,i->', x, k, j)",
    "np.interp(x[0], [0.0, 1.0, 2.0], k)",
    "np.sum(k ** (0.1 * x))",
]


@pytest.mark.parametrize("text", DATA)
@pytest.mark.parametrize("dtype", ["uint8", "bool"])
def test_data_of_a_short_dtype_gives_the_derivatives_of_its_floats(text, dtype) -> None:
    f = function_of(f"def f(x, k, j):\n    return {text}\n")
    x = np.array([0.5, 1.5, 0.7])
    data = [np.array(each, dtype=dtype) for each in ([250, 10, 3], [9, 200, 0])]
    floats = [each.astype(float) for each in data]
    for transform, seeds in ((vjp, {"out_bar": 2.0}), (jvp, {"x_dot": np.array([1.0, 2.0, 4.0])})):
        (_, got), (_, want) = (transform(f)(x, *each, **seeds) for each in (data, floats))
        assert np.allclose(got, want, rtol=1e-12)


def test_what_f_computes_in_integers_wraps_around_in_its_derivative_too() -> None:
    f = function_of("def f(x, k):\n    n = k[0] * k[1]\n    return x * n + np.sum(x * -k)\n")
    k = np.array([200, 100], dtype=np.uint8)
    with np.errstate(over="ignore"):
        for mode in ("forward", "reverse"):
            assert grad(f, mode=mode)(0.5, k) == f(1.0, k) - f(0.0, k)
        g = function_of("def f(x, k):\n    return np.sum(np.outer(k, k) @ x * k)\n")
        assert np.array_equal(grad(g)(np.ones(2), k), np.outer(k, k) @ k.astype(float))


def test_a_function_of_short_integers_is_a_factor_in_the_dtype_of_x() -> None:
    f = function_of("def f(x, k):\n    return np.sum(x * np.sqrt(k))\n")
    got = grad(f)(np.array([0.5, 1.5]), np.array([4, 9], dtype=np.uint8))
    assert got.dtype == np.float64
    assert np.array_equal(got, [2.0, 3.0])
