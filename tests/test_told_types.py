"""Which class a value is of that is a number on one path and None on another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests import oracle


class Vector:
    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y

    def __add__(self, other: Any) -> Vector:
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, other: Any) -> Vector:
        if type(other) == type(self):  # noqa: E721
            return Vector(self.x * other.x, self.y * other.y)
        return Vector(self.x * other, self.y * other)

    def dot(self, other: Vector) -> float:
        return self.x * other.x + self.y * other.y


def meeting(radius: float, x: float) -> float | None:
    inside = radius**2 - x**2
    return None if inside < 0 else x + math.sqrt(inside)


def hit(radius: float, x: float) -> float:
    at = meeting(radius, x)
    return 0.0 if at is None else (Vector(radius, x) * at).dot(Vector(x, 2.0))


def nearest(radius: float, x: float) -> float:
    least, found = float("inf"), None
    for each in (radius, 2.0 * radius, 3.0 * radius):
        at = meeting(each, x)
        if at and 0 < at < least:
            least, found = at, Vector(each, x)
    return least if found is None else (found * least).dot(found)


def asked(radius: float, x: float) -> float:
    at = meeting(radius, x)
    if isinstance(at, Vector):
        return at.x
    if type(at) in (Vector, str):
        return radius
    return x if at is None else at * radius


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [hit, nearest, asked], ids=lambda f: f.__name__)
def test_it_is_no_other(f: Callable[..., Any], mode: str) -> None:
    slopes = value_and_grad(f, ("radius", "x"), mode=mode)
    for args in ((1.5, 0.7), (0.5, 0.7), (0.1, 0.9)):
        value, slope = slopes(*args)
        assert value == f(*args)
        for wrt in (0, 1):
            verdict = oracle.derivative(f, args, wrt=wrt)
            if verdict.decided:
                assert oracle.agrees(verdict, slope[wrt])


def mirrored(x: float, level: int) -> float:
    """A recursion to a depth of run time, beside what is none of numbers only."""
    at = meeting(2.0, x)
    if at is None:
        return x
    shade = Vector(x, 1.0) * at
    if level == 0:
        return shade.dot(shade)
    return shade.x + 0.5 * mirrored(0.5 * at, level - 1)


@pytest.mark.parametrize("level", [0, 1, 3])
def test_a_recursion_through_such_values_ends(level: int) -> None:
    value, slope = value_and_grad(mirrored)(0.7, level)
    assert value == mirrored(0.7, level)
    assert oracle.agrees(oracle.derivative(mirrored, (0.7, level)), slope)


class Light:
    def __init__(self, parts: tuple[float, float]) -> None:
        self.parts = parts

    def __add__(self, other: Light) -> Light:
        return Light((self.parts[0] + other.parts[0], self.parts[1] + other.parts[1]))

    def __mul__(self, share: float) -> Light:
        return Light((self.parts[0] * share, self.parts[1] * share))


NONE = Light((0, 0))


def traced(x: float, level: int, lamps: list[Light]) -> Light:
    if x < 0.1:
        return NONE
    light = Light((x, x * x))
    for lamp in lamps:
        if lamp.parts[0] > x:
            light = light + lamp
    if level == 0:
        return light
    return light + traced(0.5 * x, level - 1, lamps) * 0.5


def brightness(x: float, level: int) -> float:
    light = traced(x, level, [Light((x, 1.0)), Light((2 * x, x))])
    return light.parts[0] + light.parts[1]


@pytest.mark.parametrize("level", [0, 2, 20])
def test_a_recursion_that_hands_on_objects_is_not_followed_without_end(level: int) -> None:
    value, slope = value_and_grad(brightness)(0.7, level)
    assert value == brightness(0.7, level)
    assert oracle.agrees(oracle.derivative(brightness, (0.7, level)), slope)
