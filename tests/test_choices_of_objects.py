"""What an expression chooses may be an object, a function or a tuple of another length."""

from __future__ import annotations

import ast
import enum
import inspect
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


class Mode(enum.Enum):
    IDLE = 0
    HEAT = 1
    COOL = 2


def thermostat(start, target):
    mode = Mode.IDLE
    degrees = start
    used = 0.0
    for _ in range(12):
        if mode is Mode.IDLE:
            if degrees < target - 1.0:
                mode = Mode.HEAT
            elif degrees > target + 1.0:
                mode = Mode.COOL
        elif mode == Mode.HEAT:
            degrees += 0.7 * (target + 3.0 - degrees)
            used += 0.1 * degrees
            if degrees > target:
                mode = Mode.IDLE
        else:
            degrees -= 0.5
            if degrees < target:
                mode = Mode.IDLE
        degrees -= 0.1 * (degrees - 10.0)
    return degrees + used


def back_and_forth(x, target):
    mode = Mode.HEAT
    for _ in range(6):
        if mode is Mode.HEAT:
            x = x * 1.5
            if x > target:
                mode = Mode.COOL
        else:
            x = x - 2.0
            if x < target:
                mode = Mode.HEAT
    return x if mode is Mode.HEAT else -x


def visited(x, target):
    trace = []
    mode = Mode.IDLE
    for _ in range(6):
        trace.append(mode)
        mode = Mode.HEAT if mode is Mode.IDLE else Mode.COOL if mode is Mode.HEAT else Mode.IDLE
        x = x * target if mode is Mode.COOL else x
    return x * len([mode for mode in trace if mode is Mode.IDLE])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", [0, 1])
@pytest.mark.parametrize(
    ("f", "at"),
    [
        (thermostat, (15.0, 20.0)),
        (thermostat, (25.0, 20.0)),
        (thermostat, (20.3, 20.0)),
        (back_and_forth, (1.3, 4.0)),
        (visited, (1.3, 4.0)),
    ],
)
def test_a_machine_goes_from_state_to_state(
    f: Callable[..., float], at: tuple[float, float], wrt: int, mode: str
) -> None:
    name = list(inspect.signature(f).parameters)[wrt]
    value, slope = value_and_grad(f, name, mode=mode)(*at)
    assert value == f(*at)
    (verdict,) = oracle.gradient(f, at, {}, name).values()
    assert oracle.agrees(verdict, slope)


def test_a_state_is_set_as_the_user_sets_it() -> None:
    text = grad(thermostat).source
    assert "mode = Mode.HEAT" in text and "elif degrees > target + 1.0:" in text
