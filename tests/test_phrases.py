"""Every expression and statement of the language: both modes, and the second derivative."""

from __future__ import annotations

import inspect
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests import oracle

sys.path.insert(0, str(Path(__file__).parent / "programs"))

import expressions
import statements

POINTS = (1.3, 0.7, 2.6)
ENTRIES = [1.5, 0.5, 2.5]
# What NumPy warns of in one branch of `where` is no concern here.
pytestmark = pytest.mark.filterwarnings("ignore")


def programs() -> list[Any]:
    found = []
    for module in (expressions, statements):
        for name, f in vars(module).items():
            own = inspect.isfunction(f) and f.__module__ == module.__name__
            if own and f.__code__.co_varnames[:2] == ("x", "xs"):
                found.append(pytest.param(f, id=f"{module.__name__}-{name}"))
    return found


def points_of(f: Any) -> list[float]:
    """The points at which the function has a value."""
    found = []
    for x in POINTS:
        try:
            f(x, list(ENTRIES))
        except ArithmeticError:
            continue
        found.append(x)
    assert found
    return found


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", programs())
def test_value_and_slope(f, mode) -> None:
    derivative = value_and_grad(f, mode=mode)
    for x in points_of(f):
        value, slope = derivative(x, list(ENTRIES))
        assert oracle.same_bits(value, f(x, list(ENTRIES)))
        assert isinstance(slope, float)
        verdict = oracle.derivative(f, (x, list(ENTRIES)))
        assert not verdict.decided or oracle.agrees(verdict, slope), (verdict, derivative.source)


@pytest.mark.parametrize("f", programs())
def test_second_derivative(f) -> None:
    first, second = grad(f), grad(grad(f))
    for x in points_of(f):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict = oracle.derivative(first, (x, list(ENTRIES)))
        found = second(x, list(ENTRIES))
        assert not verdict.decided or oracle.agrees(verdict, found, 1e-5), (verdict, second.source)


def test_there_are_many() -> None:
    assert len(programs()) >= 150
