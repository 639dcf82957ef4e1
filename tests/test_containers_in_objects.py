"""Containers in attributes of an argument are differentiated by, or refused where they are read."""

from __future__ import annotations

import array
import collections
import math
import types
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from chainrule import ChainruleError, UnsupportedError, grad
from tests import oracle

MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


class Point(NamedTuple):
    x: float
    y: float


class Named(dict):
    pass


class Numbers(list):
    pass


@dataclass(frozen=True)
class Fields:
    held: Any
    rate: float


class Plain:
    def __init__(self, held, rate):
        self.held = held
        self.rate = rate


def by_name(s):
    return math.sin(s.held.x * s.rate) + s.held.y * s.held.x


def by_key(s):
    return math.sin(s.held["x"] * s.rate) + s.held["y"] * s.held["x"]


def by_place(s):
    return math.sin(s.held[0] * s.rate) + s.held[1] * s.held[0]


def of_numbers(x, y, rate):
    return math.sin(x * rate) + y * x


LAID_OUT = [
    (by_name, Point(1.2, 2.0), lambda p: (p.x, p.y)),
    (by_place, Point(1.2, 2.0), lambda p: (p.x, p.y)),
    (by_place, (1.2, 2.0), tuple),
    (by_place, [1.2, 2.0], tuple),
    *(
        (by_key, made, lambda p: (p["x"], p["y"]))
        for made in (
            {"x": 1.2, "y": 2.0},
            collections.OrderedDict(x=1.2, y=2.0),
            collections.defaultdict(float, x=1.2, y=2.0),
            Named(x=1.2, y=2.0),
        )
    ),
]


@MODES
@pytest.mark.parametrize("kind", [Fields, Plain])
@pytest.mark.parametrize(
    ("f", "held", "parts"),
    LAID_OUT,
    ids=lambda each: type(each).__name__,
)
def test_numbers_in_a_container_of_an_object_have_their_slopes(
    f: Any, held: Any, parts: Any, kind: type, mode: str
) -> None:
    slope = grad(f, mode=mode)(kind(held, 0.7))
    # Of any dict the gradient is a plain one.
    assert type(slope.held) is (dict if isinstance(held, dict) else type(held))
    for k, number in enumerate((*parts(slope.held), slope.rate)):
        verdict = oracle.derivative(of_numbers, (1.2, 2.0, 0.7), wrt=k)
        assert verdict.decided
        assert oracle.agrees(verdict, number)


CLOSED = [
    (by_place, collections.deque([1.2, 2.0])),
    (by_place, array.array("d", [1.2, 2.0])),
    (by_place, Numbers([1.2, 2.0])),
    (by_key, types.MappingProxyType({"x": 1.2, "y": 2.0})),
    (by_key, collections.ChainMap({"x": 1.2, "y": 2.0})),
]


@pytest.mark.parametrize("kind", [Fields, Plain])
@pytest.mark.parametrize(("f", "held"), CLOSED, ids=lambda each: type(each).__name__)
def test_numbers_in_a_container_that_has_no_gradient_are_refused(
    f: Any, held: Any, kind: type
) -> None:
    with pytest.raises(UnsupportedError, match=f"numbers in a {type(held).__name__}"):
        grad(f)(kind(held, 0.7))
    with pytest.raises(ChainruleError, match=type(held).__name__):
        grad(lambda s: f(s[0]) + s[1])((types.SimpleNamespace(held=held, rate=0.7), 1.0))
    # Not differentiated by, they are constants.
    first = held["x"] if f is by_key else held[0]
    slope = grad(lambda rate, s: rate * (s.held["x"] if f is by_key else s.held[0]))
    assert slope(2.0, kind(held, 0.7)) == first


def only_the_rate(s):
    return s.rate**2


def test_a_container_that_is_not_read_stays_what_it_is() -> None:
    log = collections.deque([1.0, 2.0])
    slope = grad(only_the_rate)(Plain(log, 0.7))
    assert slope.rate == 1.4
    assert slope.held is log


def test_a_closed_container_beside_numbers_is_refused() -> None:
    with pytest.raises(ChainruleError, match="holds a deque of numbers"):
        grad(lambda s: s[0] * s[1][0])([1.0, collections.deque([2.0])])
