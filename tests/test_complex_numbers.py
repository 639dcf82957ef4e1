"""Complex numbers between real ones, as Python has them: in loops, lists, branches, by cmath."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import NotDifferentiableError, grad, hessian, value_and_grad
from tests.differences import along

# --- functions of cmath ------------------------------------------------------------------------


def of_cmath(x: float, y: float) -> float:
    z = cmath.exp(complex(x, y)) + cmath.sin(1j * x) * cmath.cos(y) - cmath.tan(x + 1j)
    z = z * cmath.sinh(x) / cmath.cosh(y * 1j) + cmath.tanh(x - 0.5j)
    w = cmath.sqrt(z) + cmath.log(z) + cmath.log(z, 3.0) + cmath.log10(z)
    w = w + cmath.asin(z) + cmath.acos(w) + cmath.atan(z)
    w = w * cmath.asinh(z) + cmath.acosh(w) - cmath.atanh(z)
    size, turn = cmath.polar(w)
    return size * turn + cmath.rect(x, y).imag + cmath.phase(z) + w.conjugate().imag


def on_a_cut(x: float, y: float) -> float:
    inverses = cmath.atanh(x + 2.0) + cmath.asin(x + 2.0) * cmath.acos(-y - 2.0)
    return inverses.imag + (cmath.acosh(-x) * cmath.sqrt(-y) + 1j * cmath.log(-x)).real


def cubic_root(x: float, y: float) -> float:
    """Cardano's formula where all three roots are real."""
    half = cmath.sqrt(y * y / 4 - (x + 2.0) ** 3 / 27)
    u = (-y / 2 + half) ** (1 / 3)
    return (u + (x + 2.0) / (3 * u)).real


def heston(x: float, y: float) -> float:
    total = 0.0
    for k in range(12):
        u = k + 0.5 - 0.5j
        beta = 1.5 + 0.6 * x * u * 1j
        d = cmath.sqrt(beta * beta + x**2 * (u * 1j + u * u))
        g = (beta - d) / (beta + d)
        e = cmath.exp(-d)
        c = 0.05 / x**2 * ((beta - d) - 2 * cmath.log((1 - g * e) / (1 - g)))
        total += cmath.exp(c + (beta - d) / x**2 * (1 - e) / (1 - g * e) * y).real
    return total


def a_factor_that_is_zero(x: float, y: float) -> float:
    """Heston's at ``u = -i``, where what the variance is multiplied by vanishes."""
    u, total = -1j, 0.0
    for k in range(1, 5):
        total += (k * (x**2 * (1j * u + u**2) * 1j + cmath.sqrt(x * 1j * u - y - 1.5))).imag
    return total


# --- complex numbers that loops, lists, dicts and branches hold --------------------------------


def conjugates_carried(x: float, y: float) -> float:
    z = complex(x, y)
    for _ in range(5):
        z = z.conjugate() * y + z * z * x + y
    return z.imag


def real_at_the_start(x: float, y: float) -> float:
    z = x
    for k in range(4):
        z = z * 1j + y if k == 1 else z * z
    return (z * z).real


def moved_along_the_real_axis_first(x: float, y: float) -> float:
    h = b = x + y * 1j
    d = 0j
    for _ in range(3):
        d = b + 0.5 * d
        h *= d
    return h.imag


def nothing_summed_yet(x: float, y: float) -> float:
    total = 0
    for k, value in enumerate([x, y, x * y]):
        total += value * cmath.exp(-2j * cmath.pi * k / 3)
    return abs(total) + total.imag


def summed_from_a_start(x: float, y: float) -> float:
    terms = [cmath.exp(1j * x * k) * y for k in range(4)]
    shifted = sum(terms, complex(x, y)).imag + abs(sum([k * x for k in range(4)], 1j * y))
    return abs(sum((complex(x, k * y) for k in (1.0, 2.0)), 0j)) + abs(sum(terms, x)) + shifted


def transformed(values: list[complex]) -> list[complex]:
    n = len(values)
    if n == 1:
        return values
    even, odd = transformed(values[0::2]), transformed(values[1::2])
    found = [0j] * n
    for k in range(n // 2):
        turned = cmath.exp(-2j * math.pi * k / n) * odd[k]
        found[k] = even[k] + turned
        found[k + n // 2] = even[k] - turned
    return found


def by_halves(x: float, y: float) -> float:
    spectrum = transformed([complex(v) for v in (x, y, x * y, 1.0)])
    return sum(abs(c) ** 2 * (k + 1) for k, c in enumerate(spectrum)) + spectrum[1].imag


def in_a_dict(x: float, y: float) -> float:
    volts = {1: complex(x, 0), 2: 1 + 0j}
    for _ in range(9):
        current = (complex(-y, -0.2) / volts[2]).conjugate()
        volts[2] = volts[1] + current * (0.02 + 0.1j)
    return abs(volts[2]) + cmath.phase(volts[2])


def appended(x: float, y: float) -> float:
    values = [complex(x, 0), complex(0, y)]
    for _ in range(4):
        values.append(values[-1] * values[-2] + 1j)
    return values[-1].real + values[-2].imag


def with_complex_exponents(x: float, y: float) -> float:
    z = x + y * 1j
    return (z ** (x - 1j)).real + (x ** (1 - 1j * y)).imag + ((-x) ** (1j * y)).real + (2**z).imag


def chosen(x: float, y: float) -> float:
    z = x * 1j if y > 0 else x
    d = 1 / z if z != 0 else complex(1e30)
    return abs(d + y) + (z * d * y).real


def written_into_an_array(x: float, y: float) -> float:
    z = np.array([x, y]) + 1j
    z[0] = z[1] * 1j * y
    for k in range(2):
        z[k] = z[k] * z[1 - k] * 1j
    return float(z.real.sum() + z.imag[0])


def arrays_with_complex_exponents(x: float, y: float) -> float:
    bases = np.array([x, -y])
    return float((bases ** (1j * np.array([y, x]) + 0.5)).real.sum())


PROGRAMS = [
    summed_from_a_start,
    arrays_with_complex_exponents,
    of_cmath,
    on_a_cut,
    cubic_root,
    heston,
    a_factor_that_is_zero,
    conjugates_carried,
    real_at_the_start,
    moved_along_the_real_axis_first,
    nothing_summed_yet,
    by_halves,
    in_a_dict,
    appended,
    with_complex_exponents,
    chosen,
    written_into_an_array,
]


def slopes(f: Callable[..., Any], at: tuple[float, float]) -> list[Any]:
    """The derivatives of f, a number or several, along both arguments."""
    x, y = at
    return [along(lambda h: f(x + h, y))[0], along(lambda h: f(x, y + h))[0]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_complex_numbers_hand_on_is_felt(f: Callable[..., float], mode: Any) -> None:
    at = (0.83, 0.61)
    value, found = value_and_grad(f, wrt=("x", "y"), mode=mode)(*at)
    assert value == f(*at)
    assert not any(isinstance(slope, complex) for slope in found)
    assert np.allclose(found, slopes(f, at), rtol=1e-7, atol=1e-9)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_second_derivatives_go_through_complex_numbers(f: Callable[..., float]) -> None:
    at = (0.83, 0.61)
    found = hessian(f, wrt=("x", "y"))(*at)
    assert np.allclose(found, slopes(grad(f, wrt=("x", "y")), at), rtol=1e-6, atol=1e-7)


def impedance(r: float, c: float) -> float:
    z = 1 / (1j * c) + cmath.sqrt(r)
    return abs(z)


def test_python_numbers_are_written_without_numpy() -> None:
    source = grad(impedance, wrt=("r", "c")).source
    assert "numpy" not in source
    assert "cmath.sqrt(r)" in source
    assert type(grad(impedance)(2.0, 0.5)) is float


def test_parts_of_a_constant_are_numbers_in_the_text() -> None:
    source = grad(a_factor_that_is_zero, wrt=("x", "y"), mode="reverse").source
    assert "(0.0).real" not in source
    assert "(-1.0j).imag" not in source


def test_a_root_at_zero_has_a_value_and_an_infinite_slope() -> None:
    def f(x: float) -> float:
        return cmath.sqrt(x).real

    value, slope = value_and_grad(f)(0.0)
    assert value == 0.0
    assert not math.isfinite(slope)


# --- complex numbers that are constant ---------------------------------------------------------

TURN = 1.0 + 2.0j
LINES = np.array([[2.0 - 8.0j, -2.0 + 8.0j], [-2.0 + 8.0j, 3.0 - 11.0j]])


def by_a_global(x: float, w: Any) -> float:
    return abs(TURN * x) ** 2 + (w * x).real


def by_an_argument(x: float, w: Any) -> float:
    return (w * cmath.exp(w * x)).imag + w.imag * x + abs(w.conjugate() * x)


def by_entries(x: float, w: Any) -> float:
    return sum(abs(each * x) ** 3 for each in [w, 2j, 3.0])


def losses(x: float, lines: Any) -> Any:
    """Newton's method for the voltages of two lines, of which one is loaded."""
    v, turn = np.array([1.0, 1.0]), np.zeros(2)
    for _ in range(4):
        whole = v * np.exp(1j * turn)
        flow = whole * np.conj(lines @ whole)
        turn[1] += 0.1 * (x - flow.real[1])
    return np.sum((whole * np.conj(lines @ whole)).real)


@pytest.mark.parametrize("kind", [complex, np.complex128])
@pytest.mark.parametrize("f", [by_a_global, by_an_argument, by_entries], ids=lambda f: f.__name__)
def test_a_complex_argument_is_a_constant_and_no_float(f: Any, kind: Any) -> None:
    w = kind(0.5 - 0.25j)
    value, slope = value_and_grad(f)(1.5, w)
    expected, noise = along(lambda h: f(1.5 + h, w))
    assert value == f(1.5, w)
    assert slope == pytest.approx(float(expected), rel=1e-8, abs=10 * noise)


def test_an_array_of_complex_numbers_is_an_argument() -> None:
    value, slope = value_and_grad(losses)(-0.4, LINES)
    expected, noise = along(lambda h: losses(-0.4 + h, LINES))
    assert value == losses(-0.4, LINES)
    assert slope == pytest.approx(float(expected), rel=1e-8, abs=10 * noise)


def test_a_global_that_becomes_complex_is_no_float_any_more(monkeypatch: Any) -> None:
    slope = grad(by_a_global)
    monkeypatch.setitem(globals(), "TURN", 2.0)
    assert slope(1.5, 1.0) == 2.0 * 4.0 * 1.5 + 1.0
    monkeypatch.setitem(globals(), "TURN", np.complex128(1.0 + 2.0j))
    assert slope(1.5, 1.0) == pytest.approx(2.0 * 5.0 * 1.5 + 1.0, rel=1e-14)


@pytest.mark.parametrize(("w", "kind"), [(2j, "a number of type complex"), (LINES, "complex128")])
def test_a_derivative_by_a_complex_number_is_refused(w: Any, kind: str) -> None:
    with pytest.raises(NotDifferentiableError, match=kind):
        grad(by_an_argument, wrt="w")(1.5, w)
