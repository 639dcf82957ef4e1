"""Generators that are sent something: running averages, controllers, filters."""

from __future__ import annotations

import math

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.slopes import check_slopes


def averager():
    total, count, average = 0.0, 0, 0.0
    while True:
        value = yield average
        total += value
        count += 1
        average = total / count


def averages(x, y):
    average = averager()
    next(average)
    total = 0.0
    for i in range(7):
        total += average.send(x * math.sin(i) + y) ** 2
    return total


def controller(proportional, integral):
    total, output = 0.0, 0.0
    while True:
        error = yield output
        total += 0.1 * error
        output = proportional * error + integral * total


def controlled(p, i):
    control = controller(p, i)
    next(control)
    position, cost = 0.0, 0.0
    for _ in range(20):
        position += 0.1 * (control.send(1.0 - position) - position)
        cost += (1.0 - position) ** 2
    return cost


def smoother(weight):
    state = None
    while True:
        value = yield state
        if value is None:
            state = None
        elif state is None:
            state = value
        else:
            state = weight * value + (1.0 - weight) * state


def smoothed(x, weight):
    smooth = smoother(weight)
    smooth.send(None)
    smooth.send(x)
    first = smooth.send(x * x)
    next(smooth)
    smooth.send(2.0 * x)
    return first * smooth.send(x**3)


def by_a_closure(x, y):
    def accumulator():
        total = x
        while True:
            added = yield total * total
            total = y * total + added

    total = accumulator()
    found = next(total)
    for k in range(4):
        found += total.send(k * x)
    total.close()
    return found


def two_at_once(x, y):
    first, second = averager(), averager()
    next(first), next(second)
    total = 0.0
    for i in range(5):
        total += first.send(x * i) * second.send(first.send(y))
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [averages, controlled, smoothed, by_a_closure, two_at_once])
def test_what_a_generator_is_sent_is_felt_in_what_it_gives(f, mode):
    check_slopes(f, (0.7, 0.3), mode)


def test_a_generator_that_was_not_started_takes_no_value():
    def sent_first(x):
        return averager().send(x)

    with pytest.raises(TypeError) as own:
        sent_first(2.0)
    with pytest.raises(TypeError) as found:
        grad(sent_first)(2.0)
    assert str(found.value) == str(own.value)


def test_a_generator_that_was_closed_has_no_further_item():
    def after_its_end(x):
        average = averager()
        next(average)
        total = average.send(x)
        average.close()
        return total * next(average, x)

    value, slope = value_and_grad(after_its_end)(3.0)
    assert value == after_its_end(3.0)
    assert slope == 6.0


def test_a_generator_that_receives_and_ends_is_refused():
    def ended(x):
        def two():
            first = yield 0.0
            second = yield first
            yield first * second

        values = two()
        next(values)
        values.send(x)
        return values.send(x)

    with pytest.raises(UnsupportedError, match="`yield`"):
        grad(ended)(2.0)
