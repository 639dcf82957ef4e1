"""Copies and parts of lists of records that are sorted, grow or shrink, and groups in order."""

import copy
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests.differences import along


@dataclass
class Body:
    m: float
    x: float


class Point(NamedTuple):
    m: float
    x: float


def weighted(bodies):
    total = 0.0
    for place, body in enumerate(bodies):
        total += (place + 1) * body.x**2 / body.m
    return total


def copied_and_sorted(bodies):
    order = list(bodies)
    order.sort(key=lambda body: body.m)
    return weighted(order) + 10.0 * weighted(bodies)


def part_sorted_backwards(bodies):
    rest = bodies[1:]
    rest.sort(key=lambda body: body.m, reverse=True)
    return weighted(rest)


def part_in_order(bodies):
    return weighted(sorted(bodies[1:], key=lambda body: body.x))


def taken_one_by_one(bodies):
    left, total = bodies[:], 0.0
    while len(left) > 1:
        first = left.pop(0)
        total += first.x * left[0].x * first.m
    return total


def with_one_twice(bodies):
    both = bodies[:2]
    both += bodies[2:]
    both.insert(0, bodies[1])
    del both[-1]
    both[1], both[2] = both[2], both[1]
    return weighted(both)


def sorted_on_one_path(bodies):
    order = list(bodies)
    if bodies[0].x > 1.0:
        order.sort(key=lambda body: body.m)
    else:
        order.reverse()
    return weighted(order)


def sorted_and_written(bodies):
    order = list(bodies)
    order.sort(key=lambda body: body.m)
    order[0].x = order[1].x ** 2
    return weighted(bodies)


SORTED = [
    copied_and_sorted,
    part_sorted_backwards,
    part_in_order,
    taken_one_by_one,
    with_one_twice,
    sorted_on_one_path,
]
NUMBERS = [(2.0, 1.5), (1.0, 3.5), (5.0, 0.25)]


@pytest.mark.parametrize("kind", [Body, Point])
@pytest.mark.parametrize("function", SORTED)
def test_a_copy_or_part_of_the_callers_records_may_be_sorted_grow_and_shrink(
    function, kind
) -> None:
    given = [kind(*each) for each in NUMBERS]
    value, slope = value_and_grad(function)(given)
    assert value == function(given) and given == [kind(*each) for each in NUMBERS]
    for row in range(3):
        for field in range(2):

            def curve(t, row=row, field=field):
                table = np.array(NUMBERS)
                table[row, field] += t
                return function([kind(*map(float, each)) for each in table])

            expected, _ = along(curve)
            found = (slope[row].m, slope[row].x)[field]
            assert found == pytest.approx(expected, rel=1e-7, abs=1e-8)


def test_what_is_written_through_a_sorted_copy_is_written_once() -> None:
    given = [Body(*each) for each in NUMBERS]
    other = copy.deepcopy(given)
    value, slope = value_and_grad(sorted_and_written)(given)
    assert value == sorted_and_written(other) and given == other
    # x of the lightest is that of the second squared.
    assert slope[1].x == 0.0
    assert slope[0].x == pytest.approx(2.0 * 1.5 / 2.0 + 2.0 * 4.0 * 1.5**3)


def test_a_new_record_in_a_copy_is_not_one_of_the_list_that_was_copied() -> None:
    def lengthened(xs):
        bodies = [Body(1.0, x * x) for x in xs]
        more = list(bodies)
        more.append(Body(3.0, xs[0]))
        return weighted(more) + 10.0 * weighted(bodies)

    value, slope = value_and_grad(lengthened)([1.0, 2.0, 3.0])
    assert value == lengthened([1.0, 2.0, 3.0])
    expected = [11.0 * 4.0 * (k + 1) * x**3 for k, x in enumerate([1.0, 2.0, 3.0])]
    expected[0] += 2.0 * 4.0 * 1.0 / 3.0
    assert slope == pytest.approx(expected)


def test_a_new_record_in_a_copy_of_the_callers_records_is_not_one_of_these() -> None:
    def lengthened(bodies):
        more = list(bodies)
        more.append(Body(3.0, bodies[0].m))
        return weighted(more)

    given = [Body(*each) for each in NUMBERS]
    value, slope = value_and_grad(lengthened)(given)
    assert value == lengthened(given) and given == [Body(*each) for each in NUMBERS]
    assert slope[0].m == pytest.approx(4.0 * 2.0 * 2.0 / 3.0 - 1.5**2 / 4.0)


def grouped(rows):
    groups = defaultdict(list)
    for key, value in rows:
        groups[key].append(value * value)
    return groups


def by_key(rows):
    total = 0.0
    for place, (_, held) in enumerate(sorted(grouped(rows).items())):
        total += (place + 1) * sum(held) / len(held) + max(held)
    return total


def by_length(rows):
    total = 0.0
    pairs = sorted(grouped(rows).items(), key=lambda pair: -len(pair[1]))
    for place, (_, held) in enumerate(pairs):
        total += (place + 1) * sum(held) / len(held)
    return total


def listed(rows):
    return sum(max(held) * len(held) for _, held in list(grouped(rows).items()))


@pytest.mark.parametrize("function", [by_key, by_length, listed])
def test_groups_are_walked_through_in_the_order_of_their_keys(function) -> None:
    keys, numbers = ["b", "a", "b", "c"], np.array([1.5, 2.0, 0.5, 3.0])
    slope = grad(function)(list(zip(keys, numbers.tolist(), strict=True)))
    for place in range(4):

        def curve(t, place=place):
            moved = numbers + t * np.eye(4)[place]
            return function(list(zip(keys, moved.tolist(), strict=True)))

        expected, _ = along(curve)
        assert slope[place][1] == pytest.approx(expected, rel=1e-7)
