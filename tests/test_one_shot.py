"""Filters and what itertools makes are read once, and late; values that exceptions carry."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle


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


def carried_by_an_exception(x):
    try:
        raise ValueError(x * x)
    except ValueError as error:
        return error.args[0]


REFUSED = (
    limit_changes,
    list_grows,
    entry_changes,
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


def items(x, n):
    for k in range(n):
        print("item", k)
        yield x * k


def told(v):
    print("told")
    return v > 1.5


def product(a, b):
    print("product")
    return a * b


def part_of_a_generator(x):
    total = 0.0
    for v in itertools.islice(items(x, 5), 1, 4, 2):
        print("use")
        total += v * v
    return total


def part_of_an_endless_generator(x):
    def endless():
        k = 1
        while True:
            yield x**k
            k += 1

    return sum(itertools.islice(endless(), 4))


def up_to_a_limit(x):
    total = 0.0
    for v in itertools.takewhile(lambda u: u < 3.0, items(x, 6)):
        print("use")
        total += v * v
    return total


def behind_a_limit(x):
    total = 0.0
    for v in itertools.dropwhile(lambda u: u < 2.0, items(x, 5)):
        print("use")
        total += v * v
    return total


def filtered(x):
    total = 0.0
    for v in filter(told, [x, 2.0 * x, -x]):
        print("use")
        total += v * v
    for v in itertools.filterfalse(told, [x, 2.0 * x]):
        print("use")
        total += v
    return total


def running_products(x):
    total = 0.0
    for v in itertools.accumulate([x, 2.0 * x, 3.0], product):
        print("use")
        total += v * v
    for v in itertools.accumulate([x, 2.0 * x], product, initial=x):
        print("use")
        total += v
    return total


def one_behind_the_other(x):
    total = 0.0
    for v in itertools.chain(items(x, 2), items(x * x, 3)):
        print("use")
        total += v * v
    return total


def starred(x):
    total = 0.0
    for v in itertools.starmap(product, [(x, 2.0), (3.0, x)]):
        print("use")
        total += v * v
    return total


def neighbours(x):
    total = 0.0
    for a, b in itertools.pairwise(items(x, 4)):
        print("use")
        total += a * b
    return total


def one_in_another(x):
    total = 0.0
    for v in itertools.islice(filter(told, items(x, 9)), 2):
        print("use")
        total += v * v
    return total


def counted_by_its_test(x):
    seen = []

    def positive(v):
        seen.append(v)
        return v > 0

    total = 0.0
    for v in filter(positive, [x, 2.0 * x, 3.0 * x]):
        total += v * len(seen)
    return total


IN_TURN = (
    part_of_a_generator,
    part_of_an_endless_generator,
    up_to_a_limit,
    behind_a_limit,
    filtered,
    running_products,
    one_behind_the_other,
    starred,
    neighbours,
    one_in_another,
    counted_by_its_test,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", IN_TURN, ids=lambda f: f.__name__)
def test_items_that_act_are_made_when_they_are_asked_for(
    f: Callable[..., Any], mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    value = f(1.2)
    wanted = capsys.readouterr().out
    found, slope = value_and_grad(f, mode=mode)(1.2)
    assert (found, capsys.readouterr().out) == (value, wanted)
    assert oracle.agrees(oracle.derivative(f, (1.2,)), slope)
