"""Tables of functions of which the key is known at run time only."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests import oracle


class Law(enum.Enum):
    LINEAR = 1
    SQUARE = 2
    ROOT = 3


def laminar(re, roughness):
    return 64.0 / re


def haaland(re, roughness):
    return (-1.8 * math.log10((roughness / 3.7) ** 1.11 + 6.9 / re)) ** -2


METHODS = {"laminar": laminar, "haaland": haaland}
LAWS = {
    Law.LINEAR: lambda x: 3.0 * x,
    Law.SQUARE: lambda x: x * x,
    Law.ROOT: math.sqrt,
}


def friction(re):
    method = "laminar" if re < 2300.0 else "haaland"
    return METHODS[method](re, 1e-4)


def tried(re):
    if re < 2300.0:
        method = "laminar"
    elif re < 4000.0:
        method = "transition"
    else:
        method = "haaland"
    try:
        return METHODS[method](re, 1e-4)
    except KeyError:
        raise ValueError(f"no method {method}") from None


def with_default(re):
    method = "laminar" if re < 2300.0 else "none"
    return METHODS.get(method, lambda re, roughness: re**2)(re, 1e-4)


def local_table(re):
    scale = 2.0 * re
    table = {True: lambda: scale**2, False: lambda: math.sin(scale)}
    return table[re < 2300.0]()


def member(re):
    x = re / 2000.0
    law = Law.LINEAR if x < 0.5 else Law.SQUARE if x < 2.0 else Law.ROOT
    return LAWS[law](x)


class Tank:
    def __init__(self, area):
        self.area = area

    def _box(self, h):
        return self.area * h

    def _cone(self, h):
        return self.area * h**3 / 3.0

    def volume(self, h):
        shape = "cone" if h < 2300.0 else "box"
        return {"box": self._box, "cone": self._cone}[shape](h)


def tank(re):
    return Tank(re / 7.0).volume(re)


def machine(re):
    """The key is carried by a loop: any key may come, and others raise."""
    state, x = "rising", re / 3000.0
    for _ in range(6):
        x = {"rising": math.exp, "falling": math.sin}[state](0.5 * x)
        state = "falling" if x > 1.0 else "rising"
    return x


CASES = (friction, with_default, local_table, member, tank, machine)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("re", [800.0, 3000.0, 5000.0])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_functions_of_tables(f: Callable[[float], Any], re: float, mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(re)
    assert oracle.same_bits(value, f(re))
    expected = oracle.derivative(f, (re,))
    assert oracle.agrees(expected, slope)
    assert oracle.agrees(expected, grad(f, mode=mode)(re))


def test_keys_that_are_not_there() -> None:
    for re in (800.0, 5000.0):
        assert oracle.agrees(oracle.derivative(tried, (re,)), grad(tried)(re))
    with pytest.raises(ValueError, match="no method transition"):
        grad(tried)(3000.0)


def named(x, law):
    return LAWS[law](x)


def test_members_that_are_arguments() -> None:
    slope = grad(named)
    assert [slope(4.0, law) for law in Law] == [3.0, 8.0, 0.25]


def unknown(x, words):
    for word in words:
        x = METHODS[word](x, 1e-4)
    return x


def test_words_that_come_at_run_time() -> None:
    words = ["laminar", "haaland", "laminar"]
    assert oracle.agrees(oracle.derivative(unknown, (0.01, words)), grad(unknown)(0.01, words))
    with pytest.raises(KeyError, match="smooth"):
        grad(unknown)(3.0, ["laminar", "smooth"])


def test_the_word_keeps_its_name() -> None:
    assert 'if method == "laminar":' in grad(friction).source


def rated(income):
    if income < 10.0:
        rate = 0.1
    elif income < 20.0:
        rate = 0.2
    else:
        rate = 0.3
    return rate * income * income


def test_so_does_a_number() -> None:
    source = grad(rated).source
    assert [source.count(f"rate = 0.{k}") for k in (1, 2, 3)] == [1, 1, 1]
    assert "return 2.0 * rate * income" in source


STEPS = [math.sin, math.cos, lambda x: x * x]
WEIGHED = ((0.5, math.sin), (2.0, lambda x: x * x))


def turn_by_turn(x, n):
    functions = [math.sin, math.cos, lambda x: x * x]
    for k in range(n):
        x = functions[k % 3](x)
    return x


def by_places(x, places):
    for k in places:
        x = STEPS[k](x)
    return x


def by_places_of_closures(x, places):
    scaled = []
    for factor in (1.0, 2.0, 3.0):
        scaled.append(lambda x, factor=factor: factor * x * x)
    for k in places:
        x = scaled[k](x)
    return x


def by_pairs(x, places):
    for k in places:
        weight, function = WEIGHED[k]
        x = weight * function(x)
    return x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [by_places, by_places_of_closures, by_pairs])
def test_functions_in_a_list_are_chosen_by_their_place(f, mode):
    for places in ([0, 1], [1, -1, 0, -2]):
        value, slope = value_and_grad(f, mode=mode)(0.7, places)
        assert value == f(0.7, places)
        assert oracle.agrees(oracle.derivative(f, (0.7, places)), slope)
    for k in (3, -4):
        with pytest.raises(IndexError) as expected:
            f(0.7, [0, k])
        with pytest.raises(IndexError, match=str(expected.value)):
            grad(f, mode=mode)(0.7, [0, k])


def test_functions_are_called_in_turn():
    for n in (0, 1, 7):
        value, slope = value_and_grad(turn_by_turn)(0.7, n)
        assert value == turn_by_turn(0.7, n)
        assert oracle.agrees(oracle.derivative(turn_by_turn, (0.7, n)), slope)
    assert "IndexError" not in grad(turn_by_turn).source
