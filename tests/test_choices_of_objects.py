"""What an expression chooses may be an object, a function or a tuple of another length."""

from __future__ import annotations

import ast
import enum
import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle


class Regime(enum.Enum):
    LAMINAR = "laminar"
    TURBULENT = "turbulent"


NUMBER = {Regime.LAMINAR: 1.5, Regime.TURBULENT: 3.0}


def regime(x):
    if x < 0.0:
        raise ValueError("negative")
    return Regime.LAMINAR if x < 1.0 else Regime.TURBULENT


def matched(x):
    match regime(x):
        case Regime.LAMINAR:
            return x**2
        case Regime.TURBULENT:
            return x**3


def asked(x):
    if regime(x) is Regime.LAMINAR:
        y = x * x
    elif x > 3.0:
        y = x
    else:
        y = x**3
    return 2.0 * y


def compared(x):
    return x**2 if regime(x) == Regime.LAMINAR else x**3


def law(x):
    return math.sin if x < 1.0 else math.cos


def called(x):
    return law(x)(x) * x


def powers(x):
    if x < 1.0:
        return (x,)
    return (x, x * x)


def summed(x):
    return sum(powers(x)) * x


CASES = (matched, asked, compared, called, summed)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("x", [0.5, 1.5])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_choices_in_the_middle_of_a_statement(
    f: Callable[[float], Any], x: float, mode: str
) -> None:
    value, slope = value_and_grad(f, mode=mode)(x)
    assert oracle.same_bits(value, f(x))
    assert oracle.agrees(oracle.derivative(f, (x,)), slope)


def test_which_member_it_is_is_known_on_each_path() -> None:
    for f in (matched, asked, compared):
        tree = ast.parse(grad(f).source)
        assert "Regime" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert sum(isinstance(node, ast.If) for node in ast.walk(tree)) in (2, 3)


def test_the_helper_raises_as_before() -> None:
    with pytest.raises(ValueError, match="negative"):
        grad(matched)(-1.0)


def late(x, counts):
    return counts.pop() * NUMBER[regime(x)] * x


def test_what_stands_behind_something_else_is_not_moved_in_front_of_it() -> None:
    with pytest.raises(UnsupportedError, match="different kinds"):
        grad(late)(0.5, [1.0, 2.0])
