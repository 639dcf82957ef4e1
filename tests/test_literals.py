"""Defaults and tables that are no plain numbers: the text that was written runs by itself."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import fractions
import inspect
import math
import re
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule import grad


class Kind(enum.Enum):
    SQUARE = "square"
    LINE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 3


@dataclasses.dataclass(frozen=True)
class Scale:
    by: float = 2.0
    at: tuple[float, ...] = (1.0, math.inf)


class Pair(NamedTuple):
    a: float
    b: float


class Opaque:
    def __init__(self, by):
        self.by = by


def of_member(x, kind=Kind.SQUARE):
    return x * x if kind is Kind.SQUARE else 5.0 * x


def of_level(x, level=Level.HIGH):
    return x * x * level


def of_record(x, scale=Scale(3.0)):
    return scale.by * x * x


def of_pair(x, pair=Pair(1.0, 3.0)):  # noqa: B008
    return pair.b * x * x


def of_date(x, day=datetime.date(2020, 1, 1)):
    return x * x * day.month


def of_fraction(x, part=fractions.Fraction(1, 4)):
    return x * x * part


def of_class(x, dtype=np.float64):
    return x * x * np.asarray(1.0, dtype=dtype)


def of_set(x, kinds=frozenset({1, 2})):
    return x * x if 1 in kinds else x


def of_member_and_table(x, kind=Kind.LINE):
    return FACTORS[kind] * x * x


FACTORS = {Kind.SQUARE: 1.0, Kind.LINE: 4.0}

SLOPES = {
    of_member: 6.0,
    of_level: 18.0,
    of_record: 18.0,
    of_pair: 18.0,
    of_date: 6.0,
    of_fraction: 1.5,
    of_class: 6.0,
    of_set: 6.0,
    of_member_and_table: 24.0,
}


@pytest.mark.parametrize("function", SLOPES, ids=lambda function: function.__name__)
def test_defaults_of_any_kind_are_written_into_the_text(function: Any) -> None:
    derivative = grad(function)
    assert derivative(3.0) == SLOPES[function]
    names: dict[str, Any] = {}
    exec(derivative.source, names)
    assert names[f"grad_{function.__name__}"](3.0) == SLOPES[function]


def test_another_member_is_other_code() -> None:
    derivative = grad(of_member)
    assert (derivative(3.0), derivative(3.0, Kind.LINE), derivative(3.0, kind=Kind.LINE)) == (
        6,
        5,
        5,
    )
    assert "kind=Kind.SQUARE" in grad(of_member).source


def test_what_has_no_text_is_bound_by_hand() -> None:
    def of_object(x, scale=Opaque(3.0)):  # noqa: B008
        return scale.by * x * x

    derivative = grad(of_object)
    assert derivative(3.0) == 18.0
    assert "scale_default = ...  # a Opaque that cannot be written down" in derivative.source


def below_the_largest(x):
    return min(x * x, 1.7976931348623157e308)


def above_the_least(x):
    return x * max(x, 5e-324)


def above_the_least_normal(x):
    return x * max(x, 2.2250738585072014e-308)


@pytest.mark.parametrize("function", [below_the_largest, above_the_least, above_the_least_normal])
def test_the_largest_and_the_least_numbers_are_written_as_digits(function: Any) -> None:
    derivative = grad(function)
    assert derivative(3.0) == 6.0
    inner = [line for line in derivative.source.splitlines() if "#" not in line]
    literal = re.search(r"[\d.]+e[-+]?\d+", inspect.getsource(function))
    assert literal is not None
    assert float(literal[0]) in [
        float(found) for line in inner for found in re.findall(r"[\d.]+e[-+]?\d+", line)
    ]
