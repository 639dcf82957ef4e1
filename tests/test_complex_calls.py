"""Products, spreads, convolutions, factorisations and parts of complex arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.slopes import check_against_oracle, check_product


def wave(a, b):
    return np.array([a + 1j * b, b - 0.5j, 2.0 + 1j * a * b, -a + 0.3j])


def grid(a, b):
    return np.array([[a + 1j * b, 1.0 + 0.3j], [0.2j * a, 2.0 - a * b], [b - 1j, a * a + 0.1j]])


def square(a, b):
    return grid(a, b)[:2] + np.eye(2)


def weighed(x):
    weights = np.exp(0.7j * np.arange(x.size).reshape(x.shape) + 0.2)
    return np.sum(weights * x).real


def products(a, b):
    v, m = wave(a, b), grid(a, b)
    total = np.prod(v).imag + weighed(np.prod(m, axis=1)) + weighed(np.cumprod(v))
    return total + weighed(np.cumprod(m, axis=0)) + np.prod(m, axis=(0, 1)).real


def products_with_a_zero(a, b):
    v = wave(a, b) * np.array([1.0, 0.0, 1.0, 1.0])
    return weighed(np.cumprod(v + np.array([0.0, b - 0.8, 0.0, 0.0]))) + np.prod(v[1:]).real


def spreads(a, b):
    v, m = wave(a, b), grid(a, b)
    total = np.var(v) + np.std(v, ddof=1) + np.sum(np.std(m, axis=0)) + m.var(axis=1)[0]
    return total + np.nansum(v).imag + np.nanmean(m, axis=0)[1].imag


def powers(a, b):
    v = wave(a, b)
    return weighed(np.power(v, 2.5)) + weighed(np.power(v, 1.0 - 0.3j)) + weighed(v**v)


def convolved(a, b):
    v, kernel = wave(a, b), np.array([a, 1.0, b])
    total = weighed(np.convolve(v, kernel, mode="same")) + weighed(np.convolve(kernel, 1j * v))
    total += weighed(np.correlate(v, kernel * v[:3], mode="full")) + weighed(np.convolve(v, v[:2]))
    return total + weighed(np.correlate(np.exp(kernel), v[:2], mode="valid")) + np.sin(9.0 * b)


def slopes_and_lines(a, b):
    v = wave(a, b)
    total = weighed(np.gradient(v, 0.1)) + weighed(np.gradient(grid(a, b), axis=0))
    return total + weighed(np.interp(np.array([0.3, a, 2.5]), np.arange(4.0), v))


def inverse_functions(a, b):
    v = 0.5 * wave(a, b)
    total = weighed(np.arcsin(v)) + weighed(np.arccos(v)) + weighed(np.arcsinh(v))
    return total + weighed(np.arccosh(v + 2.0)) + weighed(np.arctanh(v)) + weighed(np.tanh(v))


def lower_factor(a, b):
    m = square(a, b)
    return weighed(np.linalg.cholesky(m @ m.conj().T + np.eye(2)))


def triangle_that_is_read(a, b):
    return weighed(np.linalg.cholesky(np.array([[2.0 + a, 5.0], [b - 0.2j * a, 3.0 + a * b]])))


def tall_factors(a, b):
    q, r = np.linalg.qr(grid(a, b))
    return weighed(q) + weighed(r)


def wide_factors(a, b):
    q, r = np.linalg.qr(grid(a, b).T)
    return weighed(q) + weighed(r) + weighed(np.linalg.qr(square(a, b), mode="r"))


def fitted(a, b):
    m, side = grid(a, b), np.array([1.0, 1j * b, a])
    total = weighed(np.linalg.lstsq(m, side, rcond=None)[0]) + weighed(np.linalg.pinv(m))
    return total + weighed(np.linalg.lstsq(m.real, side, rcond=None)[0])


def parts_set(a, b):
    v = wave(a, b)
    v.real = v.imag * a
    v.imag[1:3] = np.array([b, a * b])
    v.imag += a
    whole = np.zeros((2, 2), dtype=complex)
    whole.real = b
    whole[1].imag = np.array([a, b * b])
    whole.real[whole.imag > 0.5] *= 3.0
    return weighed(v * v) + weighed(np.exp(whole))


def part_seen(a, b):
    v = wave(a, b)
    real, imaginary = v.real, np.imag(v)
    v[0] = b * (2.0 + 1j)
    real[1] = a * a
    return np.sum(real**2 * imaginary) + weighed(v)


EITHER = [
    products, products_with_a_zero, spreads, powers, convolved, slopes_and_lines,
    inverse_functions, lower_factor, triangle_that_is_read, tall_factors, wide_factors, fitted,
    parts_set, part_seen,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_calls_on_complex_arrays_are_differentiated(f: Any, mode: str) -> None:
    check_against_oracle(f, (0.3, 0.8), ("a", "b"), mode)


@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_their_second_derivatives_are_those_of_the_gradient(f: Any) -> None:
    check_product(f, (0.3, 0.8), ("a", "b"), (0.6, -1.1), rel=1e-6)


def set_to_complex_numbers(a):
    v = np.array([a, a * a]) + 0j
    v.real = v
    return np.sum(v.imag)


def test_a_part_that_is_set_to_complex_numbers_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="set to complex numbers"):
        grad(set_to_complex_numbers)(0.3)


def part_with_strange_numbers(a):
    v = np.array([a, a * a]) * 1j
    v.imag = np.array([np.inf, -0.0])
    v.real = np.array([-0.0, a])
    return v.real[1], np.signbit(v.real[0]), np.signbit(v.imag[1]), v.imag[0]


def test_a_part_that_is_set_has_the_very_numbers() -> None:
    def all_of_it(a):
        x, y, z, w = part_with_strange_numbers(a)
        return x + (1.0 if y and z and np.isinf(w) else 0.0)

    assert value_and_grad(all_of_it)(0.3) == (1.3, 1.0)
