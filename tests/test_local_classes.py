"""Classes that are defined in the function that uses them."""

from __future__ import annotations

import abc
import enum
import math
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from chainrule import UnsupportedError, grad
from tests.slopes import check_slopes


def vectors(x, y):
    class Vector:
        """A vector of the plane."""

        __slots__ = ("a", "b")

        def __init__(self, a, b):
            self.a, self.b = a, b

        def __add__(self, other):
            return Vector(self.a + other.a, self.b + other.b)

        def __mul__(self, factor):
            return type(self)(self.a * factor, self.b * factor)

        @classmethod
        def unit(cls, angle):
            return cls(math.cos(angle), math.sin(angle))

        @property
        def square(self):
            return self.a**2 + self.b**2

    return (Vector(x, y) + Vector.unit(x) * y).square


def derived(x, y):
    class Base(abc.ABC):
        gain = 2.0

        def __init__(self, value):
            self.value = value

        @abc.abstractmethod
        def weighted(self): ...

    class Own(Base):
        gain = 3.0

        def weighted(self):
            return self.value * self.gain + Base.gain

    total = 0.0
    for i in range(5):
        total += Own(x * i).weighted() * y if isinstance(Own(y), Base) else 1.0
    return total


def records(x, y):
    @dataclass
    class State:
        position: float
        speed: float = 0.0

    class Step(NamedTuple):
        width: float
        factor: float = 0.5

        def of(self, state, y):
            speed = state.speed - self.width * y * state.position
            return State(state.position + self.width * self.factor * speed, speed)

    state = State(x)
    for k in range(6):
        state = Step(0.1 * k).of(state, y)
    return state.position**2 + state.speed


def chosen(x, y):
    class Kind(enum.Enum):
        LOW = 1
        HIGH = 2

    class Power(enum.IntEnum):
        SQUARE = 2
        CUBE = 3

    kind = Kind.LOW if x < y else Kind.HIGH
    return (x * y if kind is Kind.LOW else y) * Power.SQUARE + x**Power.CUBE


def linked(x, y):
    @dataclass
    class Node:
        value: float
        next: Node | None = None

    head = None
    for i in range(40):
        head = Node(x * math.sin(i), head)
    total = 0.0
    while head is not None:
        total = 0.5 * total + head.value * y
        head = head.next
    return total


def squared(x):
    class Number:
        def __init__(self, value):
            self.value = value

        def square(self):
            return self.value**2

    return Number(x).square()


def in_what_is_called(x, y):
    return squared(x) * squared(y)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [vectors, derived, records, chosen, linked, in_what_is_called])
def test_objects_of_a_class_of_the_function_have_slopes(f, mode):
    check_slopes(f, (0.7, 1.2), mode)


def test_what_a_class_would_keep_from_call_to_call_is_refused():
    def counted(x):
        class Number:
            made = 0

            def __init__(self, value):
                self.value = value
                Number.made += 1

        return Number(x).value * Number(x).value * Number.made

    def gathered(x):
        class Numbers:
            held = []  # noqa: RUF012

            def add(self, value):
                self.held.append(value)

        Numbers().add(x)
        return sum(Numbers.held)

    for f in (counted, gathered):
        with pytest.raises(
            UnsupportedError, match=r"assignment to an attribute|a class that a function makes"
        ):
            grad(f)(2.0)


def test_a_class_that_reads_numbers_of_the_function_is_refused():
    def scaled(x):
        factor = 2.0 * x

        class Scale:
            def of(self, value):
                return factor * value

        return Scale().of(x)

    with pytest.raises(UnsupportedError, match="which reads its variable `factor`"):
        grad(scaled)(2.0)


def test_a_class_that_is_handed_out_is_refused():
    def shown(x):
        class Number:
            pass

        print(Number)
        return x * x

    with pytest.raises(UnsupportedError, match="used as a whole"):
        grad(shown)(2.0)
