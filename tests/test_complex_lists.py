"""Lists that hold complex numbers on one path and real ones on another."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import jacobian, value_and_grad
from tests import oracle


def fft(x: list[Any]) -> list[Any]:
    n = len(x)
    if n <= 1:
        return x
    even, odd = fft(x[0::2]), fft(x[1::2])
    turned = [cmath.exp(-2j * cmath.pi * k / n) * odd[k] for k in range(n // 2)]
    return [even[k] + turned[k] for k in range(n // 2)] + [
        even[k] - turned[k] for k in range(n // 2)
    ]


def spectrum(x: list[float], level: float) -> float:
    return sum(abs(part) * level for part in fft(x))


def joined(x: list[float], level: float) -> float:
    parts: list[Any] = x
    if level > 0.5:
        parts = [part * 1j + level for part in x]
    return sum(abs(part) ** 2 for part in parts)


def of_rows(x: list[float], level: float) -> float:
    rows = [[v, 2 * v] for v in x] if level < 0.5 else [[v * 1j + 2, level * v] for v in x]
    return sum(abs(part) ** 2 for row in rows for part in row)


def turned(x: list[float], level: float) -> float:
    parts: list[Any] = x
    for _ in range(int(level * 4)):
        parts = [part * (1 + 1j) for part in parts]
    return abs(sum(parts)) * level


PROGRAMS = [spectrum, joined, of_rows, turned]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients_by_real_numbers_are_real(f: Callable[..., Any], mode: str) -> None:
    slopes = value_and_grad(f, mode=mode)
    for level in (0.25, 0.8):
        args = [1.0, 0.5, -0.25, 0.75], level
        value, slope = slopes(*args)
        assert value == f(*args) and all(type(part) is float for part in slope)
        for path, verdict in oracle.gradient(f, args).items():
            assert oracle.agrees(verdict, oracle.look_up(slope, path))


def test_the_adjoint_of_a_recursion_is_real() -> None:
    slopes = jacobian(lambda x: [abs(part) for part in fft(x)])([1.0, 0.5])
    assert slopes == [[1.0, 1.0], [1.0, -1.0]]
