"""Generator functions of the user's: their bodies stand where their items are read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle

MODES = ("forward", "reverse")


def powers(x, n):
    p = 1.0
    for _ in range(n):
        yield p
        p *= x


def large(v, least):
    for e in v:
        if e > least:
            yield e * e
        elif e < 0.0:
            return


def halves(x):
    while True:
        yield x
        x = 0.5 * x


def pairs(v):
    for i in range(len(v)):
        for j in range(i):
            yield v[i], v[j]


def doubled(items):
    for e in items:
        yield 2.0 * e


def steps(slope, y, h, n):
    t = 0.0
    for _ in range(n):
        y += h * slope(t + h / 2, y + h / 2 * slope(t, y))
        t += h
        yield t, y


@dataclass
class Tree:
    weight: float
    left: Tree | None = None
    right: Tree | None = None

    def __iter__(self):
        if self.left is not None:
            yield from self.left
        yield self.weight
        if self.right is not None:
            yield from self.right


def summed(x):
    return sum(powers(x, 5)) + max(powers(x, 3))


def left_by_break(x):
    total = 0.0
    for k, e in enumerate(halves(x), 1):
        if e < 1e-2:
            break
        total += k * e * e
    return total


def left_by_return(x):
    for e in large([x, 2.0 * x, 3.0 * x], 1.0):
        if e > 4.0:
            return e * x
    return x


def with_else_and_continue(x):
    total = 0.0
    for e in large([x, 2.0 * x, 3.0 * x, -x, x], 0.5):
        if e > 10.0:
            continue
        total += e * e
    else:
        total *= x
    return total


def one_in_another(x):
    total = 0.0
    for a in large([x, 2.0 * x], 0.5):
        for b in doubled(large([x, 3.0 * x, 4.0 * x], 0.5)):
            if b > 20.0:
                break
            total += a * b
    return total


def of_pairs(x):
    return sum((a - b) ** 2 * k for k, (a, b) in enumerate(pairs([x, x * x, math.sin(x)])))


def unpacked_and_listed(x):
    first, second, third = powers(x, 3)
    return [e * third for e in powers(x, 4)][-1] * second + first


def of_a_closure(x):
    def running(items):
        total = 0.0
        for e in items:
            total += e * x
            yield total

    return sum(e * e for e in running([x, 1.0, 2.0 * x]))


def of_a_solver(x):
    last = x
    for t, y in steps(lambda t, y: t - x * y, 1.0, 0.1, 6):
        last = y * t
    times, states = zip(*steps(lambda t, y: t - x * y, x, 0.1, 4), strict=False)
    return last + sum(states) * times[-1]


def of_a_tree(x):
    tree = Tree(x, Tree(2.0, None, Tree(x * x)), Tree(3.0 * x))
    return sum(math.sin(e) * (k + 1) for k, e in enumerate(tree))


PROGRAMS = (
    summed,
    left_by_break,
    left_by_return,
    with_else_and_continue,
    one_in_another,
    of_pairs,
    unpacked_and_listed,
    of_a_closure,
    of_a_solver,
    of_a_tree,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [0.7, 1.3])
def test_slopes_through_generators_are_those_of_differences(f: Any, x: float) -> None:
    wanted = oracle.derivative(f, (x,), {}, "x", ())
    for mode in MODES:
        assert oracle.agrees(wanted, grad(f, mode=mode)(x))
        value, slope = value_and_grad(f, mode=mode)(x)
        assert value == f(x)
        assert oracle.agrees(wanted, slope)


def test_a_generator_is_written_as_the_loop_that_it_is() -> None:
    slope = grad(lambda x, n: sum(math.sin(p) for p in powers(x, n)), mode="forward")
    slope(0.7, 4)
    body = slope.source.split('"""')[-1]
    assert [line for line in body.splitlines() if "for " in line] == ["    for _ in range(n):"]
    assert body.count("append") == 0


def endless(x):
    return sum(halves(x))


def changed_meanwhile(x):
    held = [x, 2.0 * x, 3.0 * x]
    total = 0.0
    for a, b in zip(doubled(held), [1.0, 2.0, 3.0], strict=True):
        held[2] = total
        total += a * b
    return total


def guarded(x):
    def safe(items):
        for e in items:
            try:
                yield math.log(e)
            except ValueError:
                yield 0.0

    return sum(safe([x, -x]))


@pytest.mark.parametrize(
    ("f", "found"),
    [
        (endless, "does not end"),
        (changed_meanwhile, "works together with"),
        (guarded, "`yield` within `try`"),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_generators_that_depend_on_when_they_are_read_are_refused(f: Any, found: str) -> None:
    with pytest.raises(UnsupportedError, match=found):
        grad(f)(0.7)


def of_a_name_bound_anew(x):
    values = [x, 2.0]
    doubled = (2.0 * value for value in values)
    values = [100.0]
    return sum(doubled) + values[0]


def of_a_range_of_then(x):
    n = 3
    terms = (x * k for k in range(n))
    n = 5
    return sum(terms) * n


def in_every_step(x):
    values = [x, 2.0]
    total = 0.0
    for k in range(3):
        terms = (value * k * x for value in values)
        values = [value + 1.0 for value in values]
        total += sum(terms)
    return total


def of_a_list_that_grows(x):
    values = [x, 2.0]
    doubled = (2.0 * value for value in values)
    values.append(x * x)
    return sum(doubled)


def of_another_generator(x):
    doubled = (2.0 * value for value in [x, 2.0])
    more = (value + x for value in doubled)
    return sum(more)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (of_a_name_bound_anew, 2.0),
        (of_a_range_of_then, 15.0),
        (in_every_step, 6 * 1.5 + 16.0),
        (of_a_list_that_grows, 2.0 + 4 * 1.5),
        (of_another_generator, 4.0),
    ],
)
def test_what_a_generator_runs_over_is_looked_up_where_it_is_made(
    f: Callable[..., float], slope: float, mode: str
) -> None:
    value, found = value_and_grad(f, mode=mode)(1.5)
    assert value == f(1.5)
    assert found == pytest.approx(slope, rel=1e-14)


def noting(x, log):
    log.append(1.0)
    yield x
    log.append(2.0)
    yield x * x


def first_of_noting(x, log):
    return next(noting(x, log)) * x


def second_by_number(x, log):
    numbered = enumerate(noting(x, log))
    number, item = next(numbered)
    return item * x + number


def beside_others(x, log):
    pairs = zip([1.0, 2.0], noting(x, log), strict=False)
    one, other = next(pairs)
    log.append(one)
    return other * x


def the_rest_in_a_loop(x, log):
    items = noting(x, log)
    y = next(items)
    for item in items:
        y = y + item * x
    return y


@pytest.mark.parametrize(
    "function", [first_of_noting, second_by_number, beside_others, the_rest_in_a_loop]
)
def test_a_generator_that_writes_between_its_items_is_not_read_ahead(function):
    with pytest.raises(UnsupportedError, match="is asked for one item at a time"):
        grad(function)(1.5, [])


def batches(items, n):
    reader = iter(items)
    while batch := tuple(itertools.islice(reader, n)):
        yield batch


def products_of_batches(xs):
    return sum(k * math.prod(batch) for k, batch in enumerate(batches(xs, 2), 1))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_generator_that_asks_for_a_few_items_until_there_are_none_has_slopes(mode):
    xs = [1.0, 2.0, 4.0, 3.0, 5.0]
    value, slopes = value_and_grad(products_of_batches, mode=mode)(xs)
    assert value == products_of_batches(xs)
    # x0 x1 + 2 x2 x3 + 3 x4
    assert slopes == [2.0, 1.0, 6.0, 8.0, 3.0]
