"""Comprehensions over counted items: short ones are written out, long ones stay loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests.oracle import agrees, gradient

TURNS = tuple([math.sin, math.cos, math.tanh, math.atan] * 3)


def peak(x):
    return max(abs(math.sin(x * i)) for i in range(1, 21))


def total(x):
    return sum(abs(math.sin(x * i)) for i in range(21))


def listed(x):
    values = [math.exp(-x * i) * math.sin(x * i) for i in range(12)]
    return values[3] * values[-1] + len(values)


def cosines(x):
    angles = [x * i + math.cos(x) / (i + 1.0) + i * i for i in range(1, 13)]
    return sum(math.cos(angle) for angle in angles)


def short(x):
    return max(math.sin(x * i) for i in range(8))


def by_table(x):
    return sum(TURNS[i](x * i) / (1.0 + x * x) + math.exp(-i * x) for i in range(12))


ALL = [peak, total, listed, cosines, short, by_table]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
def test_slopes(function: Any, mode: str) -> None:
    derivative = grad(function, mode=mode)
    for x in (0.31, 1.27):
        assert agrees(gradient(function, (x,))[()], derivative(x)), derivative.source
    assert max(map(len, derivative.source.splitlines())) <= 88


@pytest.mark.parametrize("function", [peak, total, listed, cosines])
def test_many_items_of_several_steps_stay_a_loop(function: Any) -> None:
    source = grad(function).source
    assert " for i in range(" in source
    assert len(source.splitlines()) < 45, source


def test_the_sign_of_a_magnitude_is_asked_for_in_a_row() -> None:
    source = grad(total).source
    assert "if sin_x_times_i < 0.0:" in source
    assert "elif not sin_x_times_i > 0.0:" in source


def test_a_choice_of_many_is_returned_case_by_case() -> None:
    lines = [line.strip() for line in grad(short).source.splitlines()]
    assert len([line for line in lines if line.startswith("return ")]) == 8
    assert not any("else" in line for line in lines)


def regularised(weight, A):
    return (A @ (A + weight * np.eye(len(A))) @ A).sum()


def test_a_product_with_the_identity_matrix_is_the_other_matrix() -> None:
    A = np.random.default_rng(3).normal(size=(3, 3))
    derivative = grad(regularised, mode="forward")
    assert np.allclose(derivative(0.3, A), (A @ A).sum(), rtol=1e-13)
    assert "return (A @ A).sum()" in derivative.source
