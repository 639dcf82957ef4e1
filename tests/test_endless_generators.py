"""Generators that do not end, asked for one item after the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests.differences import along, partials


def draws(seed):
    while True:
        seed = (1103515245 * seed + 12345) % 2**31
        yield seed / 2**31


def payoff(mu, sigma, n=30):
    stream = draws(42)
    total = 0.0
    for _ in range(n):
        u1, u2 = next(stream), next(stream)
        z = math.sqrt(-2.0 * math.log(u1 + 1e-12)) * math.cos(2.0 * math.pi * u2)
        total += max(mu + sigma * z, 0.0)
    return total / n


def primes():
    n = 2
    while True:
        if all(n % d for d in range(2, int(n**0.5) + 1)):
            yield n
        n += 1


def prime_waves(x, k=10):
    found = primes()
    total = 0.0
    for _ in range(k):
        p = next(found)
        total += math.sin(x * p) / p
    return total


def newton(f, df, x):
    while True:
        x = x - f(x) / df(x)
        yield x


def cubic_root(a, b):
    steps = newton(lambda x: x**3 - a * x - b, lambda x: 3 * x * x - a, 2.0)
    last = next(steps)
    while True:
        new = next(steps)
        if abs(new - last) < 1e-13:
            return new
        last = new


def zipped_with_a_range(x):
    steps = newton(lambda y: y * y - x, lambda y: 2 * y, 1.0)
    return [y for y, _ in zip(steps, range(6), strict=False)][-1]


def zipped_behind_a_range(x):
    def halves():
        y = x
        while True:
            y = 0.5 * y * y
            yield y

    return sum(a * b for a, b in zip(range(5), halves(), strict=False))


def fixed_point(a):
    def iterates():
        x = 1.0
        while True:
            yield x
            x = math.cos(a * x)

    steps = iterates()
    previous = next(steps)
    for x in steps:
        if abs(x - previous) < 1e-13:
            return x
        previous = x


def several_items_a_turn(x, n=6):
    def items():
        a, b = x, 1.0
        while True:
            yield a
            a, b = a + b * 0.5, a
            if a > 4.0:
                yield 4.0 * x
                a = a / 2
            yield a * b

    given = items()
    return sum(next(given) * k for k in range(n)) + next(given) ** 2


class Sensor:
    def __init__(self, bias):
        self.bias, self.count = bias, 0

    def read(self):
        while True:
            self.count += 1
            yield self.bias * self.count


def counted_by_an_object(b):
    sensor = Sensor(b)
    readings = sensor.read()
    return next(readings) * next(readings) + sensor.count * b


def reads_a_list_at_the_first_item(x):
    xs = [x, 2.0]

    def items():
        s = xs[0]
        while True:
            yield s
            s = s * xs[1]

    given = items()
    xs[0] = 3.0 * x
    total = next(given) + next(given)
    xs[1] = x
    return total + next(given)


COUNT = 0


def counted_outside(x):
    global COUNT
    COUNT, total = 0, 0.0

    def items():
        global COUNT
        nonlocal total
        while True:
            COUNT += 1
            total += COUNT * x
            yield total

    given = items()
    next(given)
    return next(given) * total + COUNT * x


def options_of_all_kinds(x):
    def items(n=2, *more, scale=1.0):
        while True:
            n = n + len(more)
            for k in range(3):
                if k == 2:
                    break
            yield scale * n * k * x

    given = items(3, 1, 2, scale=x)
    return sum([next(given) for _ in range(3)])


def two_of_one_function(x):
    def powers(r):
        v = 1.0
        while True:
            v = v * r
            yield v

    return sum(a * b * c for a, b, c in zip(powers(x), [1.0, 2.0, 3.0], powers(2 * x)))  # noqa: B905


CASES: list[tuple[Callable[..., Any], tuple[float, ...]]] = [
    (payoff, (0.3, 0.8)),
    (prime_waves, (0.4,)),
    (cubic_root, (2.0, 1.0)),
    (zipped_with_a_range, (3.0,)),
    (zipped_behind_a_range, (1.3,)),
    (fixed_point, (0.9,)),
    (several_items_a_turn, (0.4,)),
    (several_items_a_turn, (1.3,)),
    (several_items_a_turn, (3.9,)),
    (counted_by_an_object, (1.5,)),
    (reads_a_list_at_the_first_item, (1.1,)),
    (counted_outside, (1.3,)),
    (options_of_all_kinds, (1.3,)),
    (two_of_one_function, (0.7,)),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("f", "point"), CASES, ids=lambda each: getattr(each, "__name__", None))
def test_items_are_made_when_they_are_asked_for(
    f: Callable[..., Any], point: tuple[float, ...], mode: str
) -> None:
    names = f.__code__.co_varnames[: len(point)]
    value, slopes = value_and_grad(f, wrt=names, mode=mode)(*point)
    assert value == f(*point)
    for found, (expected, _) in zip(slopes, partials(f, point), strict=True):
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_what_a_generator_carries_is_carried_by_the_loop() -> None:
    derivative = grad(payoff)
    derivative(0.3, 0.8)
    assert "seed = (1103515245 * seed + 12345) % 2**31" in derivative.source
    assert "def step" not in derivative.source and "given" not in derivative.source


def test_nothing_follows_a_loop_that_is_left_by_its_return_alone() -> None:
    derivative = grad(fixed_point)
    derivative(0.9)
    assert derivative.source.count("return") == 1


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_a_turn_binds_is_read_behind_its_item_in_a_loop(mode: str) -> None:
    def grown(p):
        low = 1.0
        while True:
            middle = low * p
            yield middle
            low = middle + 1.0 if middle > 0.2 else low

    def total(p):
        stream, s = grown(p), 0.0
        for _ in range(30):
            s += next(stream)
        return s

    expected, _ = along(lambda h: total(0.3 + h))
    assert grad(total, mode=mode)(0.3) == pytest.approx(expected, rel=1e-9)


def test_a_closure_made_before_a_loop_reads_what_an_earlier_step_has_bound() -> None:
    def made():
        first = True

        def step(p):
            nonlocal last, first
            last = p if first else last * p + 1.0
            first = False
            return last

        if not first:
            last = 0.0
        return step

    def total(p):
        step, s = made(), 0.0
        for _ in range(30):
            s += step(p)
        return s

    expected, _ = along(lambda h: total(0.3 + h))
    assert grad(total)(0.3) == pytest.approx(expected, rel=1e-9)
