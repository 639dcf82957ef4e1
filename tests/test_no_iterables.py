"""Numbers where items are asked for: functions find out so whether they were given an array."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import value_and_grad, vjp


def is_array(x):
    try:
        _ = iter(x)
    except TypeError:
        found = False
    else:
        found = not isinstance(x, dict)
    return found


def as_array(x):
    found = is_array(x)
    return (x if found else np.array([x])), found


def transfer(k, h):
    k, found = as_array(k)
    q = k * h
    t = np.log(1.0 + q) / q
    t[q < 1e-9] = 1.0
    return t if found else t[0]


def test_what_asks_for_an_iterator_learns_whether_it_has_a_number_or_an_array() -> None:
    value, slope = value_and_grad(transfer)(2.0, 0.5)
    assert value == transfer(2.0, 0.5)
    assert type(value) is np.float64
    assert slope == pytest.approx(0.5 * (0.5 - np.log(2.0)))
    value, slope = vjp(transfer)(np.array([2.0, 1e-10]), 0.5, out_bar=np.ones(2))
    assert value.tolist() == [np.log(2.0), 1.0]
    assert slope == pytest.approx([0.5 * (0.5 - np.log(2.0)), 0.0])


ASKED: list[Callable[[Any], Any]] = [
    lambda x: iter(x),
    lambda x: enumerate(x),
    lambda x: reversed(x),
    lambda x: zip([1.0], x, strict=False),
    lambda x: map(abs, x),
    lambda x: filter(None, x),
    lambda x: itertools.accumulate(x),
    lambda x: vars(x),
    lambda x: (y for y in x),
    lambda x: [*x],
    lambda x: list(x),
]


@pytest.mark.parametrize("place", range(len(ASKED)))
@pytest.mark.parametrize("number", [1.5, np.float64(1.5)], ids=["float", "float64"])
def test_a_number_that_is_to_be_run_over_raises_where_python_asks_it(place, number) -> None:
    asked = ASKED[place]

    def f(x):
        try:
            asked(x)
        except TypeError:
            return x * x
        return x

    assert value_and_grad(f)(number) == (2.25, 3.0)


def parts(x):
    try:
        return x * complex("nothing").real
    except ValueError:
        return x * x


def test_a_word_that_is_no_complex_number_raises_where_it_is_read() -> None:
    assert value_and_grad(parts)(1.5) == (2.25, 3.0)
