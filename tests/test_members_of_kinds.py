"""Members of enumerations that are numbers, too, found by their names and in loops."""

from __future__ import annotations

import enum

import pytest

from chainrule import grad, value_and_grad


class Gain(float, enum.Enum):
    LOW = 0.5
    HIGH = 2.0


class Level(enum.IntEnum):
    FIRST = 1
    THIRD = 3


def by_name(x):
    return Gain["LOW"].value * x * x


def in_a_loop(x):
    return sum(gain.value * x ** (k + 2) for k, gain in enumerate(Gain))


def levels(x):
    total = 0.0
    for level in Level:
        total += x**level.value if level is Level["THIRD"] else level * x
    return total


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (by_name, lambda x: x),
        (in_a_loop, lambda x: x + 6.0 * x * x),
        (levels, lambda x: 1.0 + 3.0 * x * x),
    ],
)
def test_a_number_that_is_a_member_has_the_attributes_of_a_member(f, slope):
    value, found = value_and_grad(f)(0.7)
    assert value == f(0.7)
    assert found == pytest.approx(slope(0.7), rel=1e-14)


def test_a_member_is_spelled_by_its_class_and_name():
    assert "Gain.LOW.value" in grad(by_name).source
