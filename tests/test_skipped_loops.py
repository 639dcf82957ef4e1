"""Loops within a branch that some steps of a loop around them skip, differentiated twice."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, hvp
from tests import oracle
from tests.differences import along

C = np.array([0.6, 1.2, 0.3])
VECTOR = np.array([0.5, -1.0, 0.25])


def of_numbers(x, c, n):
    s = x
    for k in range(n):
        if k != 1:
            for _ in range(k):
                s -= 0.1 * math.sin(c[-1] * s if k == 2 else c[0] * c[1])
    return s


def of_arrays(x, c, n):
    s = x
    v = c
    for k in range(n):
        if k != 1:
            for j in range(k):
                v = np.sin(v * s) + j
            s = s + 0.1 * v[0]
    return s


def one_of_two(x, c, n):
    s = x
    for k in range(n):
        if k % 3 == 0:
            for j in range(k):
                s = math.sin(s * c[0]) + j
        elif k % 3 == 1:
            while s > 0.3:
                s = math.sin(s * c[1]) * 0.8
    return s


def until(x, c, n):
    s = x
    for k in range(n):
        if k:
            while s > 0.5:
                s -= math.sin(c[-1] if k == 2 else c[0] * c[1])
    return s


FUNCTIONS = [of_numbers, of_arrays, one_of_two, until]


@pytest.mark.parametrize("target", [None, "numba"])
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_skipped_steps_have_second_derivatives(f: Callable[..., Any], target: str | None) -> None:
    options = {} if target is None else {"target": target}
    gradient = grad(f, "c", **options)
    verdict = oracle.derivative(f, (0.7, C, 6), wrt="c", path=((0,),))
    assert verdict.decided
    assert oracle.agrees(verdict, gradient(0.7, C, 6)[0])
    expected, noise = along(lambda h: gradient(0.7, C + h * VECTOR, 6))
    assert noise < 1e-5
    second = hessian(f, "c", **options)
    assert second(0.7, C, 6) @ VECTOR == pytest.approx(expected, rel=1e-6, abs=1e-7)
    if target is None:
        product = hvp(f, "c")(0.7, C, 6, VECTOR)[1]
        assert product == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_tapes_of_two_arms_begin_before_them() -> None:
    gradient = grad(one_of_two, "c")
    gradient(0.7, C, 6)
    forth = gradient.source.split("# line")[0]
    assert "None" not in forth
    assert "else" not in forth
    assert forth.index("s_tape_1 = []") < forth.index("if t1 == 0")
