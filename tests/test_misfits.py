"""Calls in branches that Python itself refuses: they raise where they are reached, as in f."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad


class Problem:
    """Evaluates by what its subclass has, be it with a mask or without."""

    masks = np.array([False, False])

    def __call__(self, x):
        if np.any(self.masks):
            return self.evaluate(x, None, self.masks)
        return self.evaluate(x, None)

    def evaluate(self, x, kx):
        return x * x * x


def scaled(x, factor, *, shift=0.0):
    return x * factor + shift


def too_many(x):
    return scaled(x, 2.0, 3.0) if x > 1.0 else scaled(x, 2.0)


def too_few(x):
    return scaled(x) if x > 1.0 else scaled(x, 2.0)


def unknown_name(x):
    return scaled(x, 2.0, shifted=1.0) if x > 1.0 else scaled(x, 2.0)


def given_twice(x):
    return scaled(x, 2.0, factor=1.0) if x > 1.0 else scaled(x, 2.0)


def caught(x):
    try:
        return scaled(x, 2.0, 3.0)
    except TypeError:
        return x * x


def test_a_call_that_never_fits_in_a_branch_not_taken_is_not_felt() -> None:
    problem = Problem()
    assert value_and_grad(problem)(2.0) == (8.0, 12.0)


@pytest.mark.parametrize("f", [too_many, too_few, unknown_name, given_twice])
def test_a_call_that_does_not_fit_raises_what_python_raises(f: Callable[..., Any]) -> None:
    slope = grad(f)
    assert slope(0.5) == 2.0
    with pytest.raises(TypeError) as expected:
        f(1.5)
    with pytest.raises(TypeError) as raised:
        slope(1.5)
    assert str(raised.value) == str(expected.value)


def test_a_call_that_does_not_fit_is_caught() -> None:
    assert value_and_grad(caught)(3.0) == (9.0, 6.0)
