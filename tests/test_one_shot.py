"""Filters and what itertools makes are read once, and late; values that exceptions carry."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad
from tests import oracle


def read_twice(x):
    positive = filter(None, [x, 2.0 * x])
    return sum(positive) + sum(positive)


def limit_changes(x):
    limit = 10.0
    small = filter(lambda v: v < limit, [x, 2.0 * x, 3.0 * x])
    limit = 2.5
    return sum(small) * limit


def list_grows(x):
    values = [x, 2.0 * x]
    running = itertools.accumulate(values)
    values.append(3.0 * x)
    return sum(running)


def entry_changes(x):
    values = [x, 2.0 * x]
    both = itertools.chain(values, [x])
    values[0] = 5.0 * x
    return sum(both)


def through_a_helper(x):
    def twice(items):
        return sum(items) + max(items)

    return twice(itertools.chain([x], [2.0 * x]))


def carried_by_an_exception(x):
    try:
        raise ValueError(x * x)
    except ValueError as error:
        return error.args[0]


REFUSED = (
    read_twice,
    limit_changes,
    list_grows,
    entry_changes,
    through_a_helper,
    carried_by_an_exception,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_what_python_would_give_otherwise_is_refused(f: Callable[..., Any], mode: str) -> None:
    with pytest.raises(UnsupportedError, match=r"second time|changed meanwhile|of an exception"):
        grad(f, mode=mode)(1.2)


def listed(x):
    pairs = list(itertools.combinations([x, 2.0 * x, x * x], 2))
    return sum(a * b for a, b in pairs) + sum(a for a, _ in pairs)


def other_names_change(x):
    total = 0.0
    above = filter(lambda v: v > 0.0, [x, -x, 2.0 * x])
    total = total + x
    for v in above:
        total += v * v
    return total


def in_every_step(x):
    total = 0.0
    for k in range(3):
        for s in itertools.accumulate([x, 2.0 * x]):
            total += k * s * s
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [listed, other_names_change, in_every_step])
def test_what_is_read_once_is_differentiated(f: Callable[..., Any], mode: str) -> None:
    slope = grad(f, mode=mode)(1.2)
    assert oracle.agrees(oracle.derivative(f, (1.2,)), slope)
