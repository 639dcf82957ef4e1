"""None and strings where numbers are meant: f raises, and so does its derivative, or is caught."""

from __future__ import annotations

import math

import pytest

from chainrule import grad, value_and_grad
from tests.slopes import check_slope_at


def negated(x, scale=None):
    unused = -scale  # noqa: F841
    return 3.0 * x


def its_sine(x, scale=None):
    math.sin(scale)
    return 3.0 * x


def its_power(x, word="a"):
    unused = word**2  # noqa: F841
    return 3.0


def added_to_a_word(x, word="a"):
    unused = word + 1  # noqa: F841
    return x


def steps_of_a_float(x):
    for _ in range(2.0 * x):
        pass
    return 2.0 * x


def within_the_test_of_a_loop(x, limit=None):
    while x < limit:
        x *= 2.0
    return x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [negated, its_sine, its_power, added_to_a_word, steps_of_a_float, within_the_test_of_a_loop],
)
def test_what_no_number_can_do_raises_though_nothing_reads_it(f, mode):
    with pytest.raises(TypeError) as of_f:
        f(1.5)
    for transform in (grad, value_and_grad):
        with pytest.raises(TypeError) as raised:
            transform(f, mode=mode)(1.5)
        assert str(raised.value) == str(of_f.value)


def below_a_limit(x, limit=None):
    try:
        if x < limit:
            return x * 2.0
    except TypeError:
        return x**3
    return x * 5.0


def above_a_word(x, limit="a"):
    y = x
    try:
        if limit <= x:
            y *= 2.0
    except TypeError:
        y = x**3
    return y


def beside_a_list(x, limit=(1.0, 2.0)):
    y = x
    try:
        if x > limit:
            y *= 2.0
    except TypeError:
        y = x**3
    return y


def in_the_test_of_a_loop(x, limit=None):
    y = x
    try:
        while y < limit:
            y *= 2.0
    except TypeError:
        y = y**3
    return y


def among_limits(x, limits=(0.5, None, 9.0)):
    y = x
    for limit in limits:
        try:
            y = y * 2.0 if y > limit else y * 5.0
        except TypeError:
            y = y**3
    return y


def until_there_is_a_limit(x, limit=None):
    while True:
        try:
            if x > limit:
                return x**3
            return 2.0 * x
        except TypeError:
            limit = 1.0


def least_so_far(x):
    y = x
    best = None
    for k in range(3):
        try:
            if best > x:
                y *= 4.0
        except TypeError:
            y = y**3
        best = x + k
    return y


def sign_of_none(x, scale=None):
    try:
        negative = -scale  # noqa: F841
    except TypeError:
        return x**3
    return x


def items_of_none(x, items=None):
    try:
        iter(items)
    except TypeError:
        return x**3
    return x


def count_of_a_float(x):
    try:
        for _ in range(x):
            pass
    except TypeError:
        return x**3
    return x


def word_and_number(x, word="a"):
    try:
        word + 1
    except TypeError:
        return x**3
    return x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        below_a_limit,
        above_a_word,
        beside_a_list,
        in_the_test_of_a_loop,
        among_limits,
        until_there_is_a_limit,
        least_so_far,
        sign_of_none,
        items_of_none,
        count_of_a_float,
        word_and_number,
    ],
)
def test_handlers_catch_what_no_number_can_do(f, mode):
    assert value_and_grad(f, mode=mode)(1.5)[0] == f(1.5)
    check_slope_at(f, (1.5,), mode)
