"""Objects that a function makes may be logged: what is told of them is what f tells."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import pytest

from chainrule import value_and_grad
from tests import oracle

logger = logging.getLogger(__name__)


class Place:
    def __init__(self, x, y, tag="here"):
        self.x = x
        self.y = y
        self.tag = tag

    def __str__(self):
        return f"{self.tag}: {self.x}, {self.y}"

    def norm(self):
        logger.debug("norm of %s", self)
        return math.hypot(self.x, self.y)


@dataclass
class Pair:
    first: float
    second: Place


def changed(x):
    place = Place(x, 2.0)
    logger.warning("made %s", place)
    place.x = place.x * place.y
    logger.info("changed %s, %r", place, place.tag)
    return place.norm() * x


def in_a_loop(x, n):
    total = 0.0
    place = Place(x, 1.0)
    for k in range(n):
        place.x = place.x + k
        logger.warning("step %d: %s", k, place)
        total += place.norm()
    return total


def nested(x):
    pair = Pair(x, Place(x * x, 1.0))
    logger.warning("%s and %s", pair.second, pair.first)
    return pair.first * pair.second.x


class Told(logging.Handler):
    """Keeps what is told as it is told."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@pytest.fixture
def told():
    handler, level = Told(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler.lines
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("f", "args"), [(changed, (1.5,)), (in_a_loop, (1.5, 3)), (nested, (1.5,))]
)
def test_what_is_told_of_an_object_is_told_of_one_like_it(f, args, mode, told):
    expected = f(*args)
    by_f = list(told)
    told.clear()
    value, slope = value_and_grad(f, mode=mode)(*args)
    assert told == by_f
    assert value == expected
    assert oracle.agrees(oracle.derivative(f, args), slope)
