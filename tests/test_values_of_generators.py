"""``total = yield from parts``: what a generator returns, where another hands on its items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests.differences import partials

POINT = [0.7, 0.2, 0.9, 0.4, 1.3]


def squares(x):
    s = 0.0
    for v in x:
        yield v * v
        s += v
    return s


def until(x, most):
    s = 0.0
    for v in x:
        if v > most:
            return s
        yield v
        s += v * v
    return -s


def one(*x):
    def outer():
        total = yield from squares(x)
        yield total**3

    return sum(k * v for k, v in enumerate(outer(), 1))


def two(*x):
    def both():
        a = yield from squares(x[:2])
        b = yield from squares(x[2:])
        return a * b

    def outer():
        product = yield from both()
        yield product

    return sum(outer())


def in_a_loop(*x):
    def outer():
        total = 0.0
        for k in range(3):
            total += yield from squares(x[k:])
            yield total

    s = 0.0
    for v in outer():
        s = 0.5 * s + v * v
    return s


def that_is_left(*x):
    def outer():
        total = yield from squares(x)
        yield total**3

    s = 0.0
    for v in outer():
        s += v
        if s > 1.2:
            break
    return s * s


def with_an_early_return(*x):
    def outer():
        found = yield from until(x, 0.8)
        yield 10.0 * found

    return sum(outer())


def returned_at_once(*x):
    def inner():
        return (yield from squares(x))

    def outer():
        found = yield from inner()
        yield 10.0 * found

    return sum(outer())


def of_no_generator(*x):
    def outer():
        nothing = yield from x
        yield 1.0 if nothing is None else nothing

    return sum(v * v for v in outer())


PROGRAMS = [
    one, two, in_a_loop, that_is_left, with_an_early_return, returned_at_once, of_no_generator,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_a_generator_returns_is_the_value_of_yield_from(
    f: Callable[..., Any], mode: str
) -> None:
    def of_list(x):
        return f(*x)

    value, slopes = value_and_grad(of_list, mode=mode)(list(POINT))
    assert value == f(*POINT)
    for slope, (expected, noise) in zip(slopes, partials(f, POINT), strict=True):
        assert abs(slope - expected) <= 1e-7 * max(1.0, abs(expected)) + noise * 1e-2
