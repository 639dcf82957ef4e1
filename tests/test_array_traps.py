"""Known traps of array code: aliases, views, repeated positions, what stands around a value."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from chainrule import value_and_grad
from tests.test_array_programs import X, check

# --- context managers ------------------------------------------------------------------------


def silent(x: Any) -> Any:
    with np.errstate(divide="raise", invalid="ignore"):
        y = np.log(x)
        if x[2] > 1.0:
            return np.sum(y)
        z = np.where(x > 0, y, 0.0)
    return np.sum(z**2)


def silent_in_a_loop(x: Any) -> Any:
    total = 0.0
    for k in range(len(x)):
        with np.errstate(divide="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = np.log(np.abs(x[k])) * 2
        total = total + y**2
    return total


@pytest.mark.parametrize("f", [silent, silent_in_a_loop])
def test_context_managers_of_numpy_stay_around_what_they_were_around(f: Any) -> None:
    check(f, X)
    check(f, 2.0 + X)
    source = value_and_grad(f).source
    value, _, derivative = source.partition("# line")
    assert "np.errstate(divide=" in value
    assert "np.errstate(divide=" in derivative
    with pytest.raises(FloatingPointError, match="divide by zero"):
        value_and_grad(silent)(0.0 * X)


# --- assignment through positions -------------------------------------------------------------


def last_write_wins(x: Any) -> Any:
    y = np.zeros(3)
    y[[0, 0, 1]] = x
    return np.sum(y**2 * np.array([1.0, 2.0, 3.0])) + y[0]


def last_write_wins_at_run_time(x: Any) -> Any:
    y = np.outer(x, x)
    k = np.argsort(-x) // 2
    y[k, k] = np.sin(x)
    y[k] += x
    return np.sum(y**2)


@pytest.mark.parametrize("f", [last_write_wins, last_write_wins_at_run_time])
def test_of_several_writes_to_one_position_the_last_counts(f: Any) -> None:
    check(f, X)
