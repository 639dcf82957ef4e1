"""Loops over lists and dicts that they change: what a step leaves, the next one reads."""

from __future__ import annotations

import copy
import itertools
import math
from typing import Any

import numpy as np
import pytest

from chainrule import ChainruleError, grad, value_and_grad
from tests.differences import along


def running_sums(v):
    for i, e in enumerate(v):
        if i + 1 < len(v):
            v[i + 1] += e
    return sum(e * e for e in v)


def growing(v):
    for e in v:
        if len(v) < 6:
            v.append(e * 2)
    return sum(e * i for i, e in enumerate(v))


def shrinking(v):
    total = 0.0
    for e in v:
        total += e * e
        v.pop(0)
    return total + len(v) * v[0]


def growing_at_the_front(v):
    total = 0.0
    for e in v:
        total += e * e
        if len(v) < 6:
            v.insert(0, e * 3)
    return total


def emptied_from_the_front(v):
    total = 0.0
    while len(v) > 1:
        total += v[0] * v[0]
        v.pop(0)
    return total


def made_here(v):
    w = [v[0], v[0] * v[1], v[2]]
    for i, e in enumerate(w):
        w[-1] += e * i
    for a, b in zip(w, w, strict=True):
        w[1] += a * b
    for e in reversed(w):
        w[0] += e
    return w[0] * w[1] + w[2]


def values_of_a_dict(v):
    table = {"a": v[0], "b": v[1], "c": v[2]}
    total = 0.0
    for e in table.values():
        table["c"] += e
        total += e * e
    shown = table.items()
    table["a"] = v[2] * 5.0
    return total + sum(e for _, e in shown)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [running_sums, growing, shrinking, growing_at_the_front, emptied_from_the_front, made_here,
     values_of_a_dict],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_a_step_reads_what_the_one_before_has_left(f: Any, mode: str) -> None:
    at = [1.2, 2.1, 3.7]
    assert value_and_grad(f)(list(at))[0] == f(list(at))
    found = grad(f, mode=mode)(list(at))
    for k, slope in enumerate(found):
        direction = np.eye(len(at))[k]
        wanted = along(lambda h, d=direction: f([float(e) for e in np.asarray(at) + h * d]))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)
    assert len(found) == len(at)


def effect_and_break(v):
    count = [0]

    def tell(e):
        count[0] += 1
        return e * e

    for e in (tell(e) for e in v):
        if e > 3:
            break
    return count[0] * v[0]


def changed_while_read(v):
    factor, total = 2.0, 0.0
    for e in (e * factor for e in v):
        factor = factor * 1.5
        total += e
    return total


def shorter_than_told(v):
    count = [0]

    def tell(e):
        count[0] += 1
        return e

    return sum(a * b for a, b in zip([1.0], (tell(e) for e in v), strict=False)) * count[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [effect_and_break, shorter_than_told], ids=lambda f: f.__name__)
def test_items_are_made_in_the_steps_that_read_them(f: Any, mode: str) -> None:
    at = [1.2, 2.1, 3.7]
    value, found = value_and_grad(f, mode=mode)(at)
    assert value == f(at)
    assert found == [float(f.__name__ == "effect_and_break") + 1.0, 0.0, 0.0]


def test_items_that_are_made_too_early_are_refused() -> None:
    with pytest.raises(ChainruleError, match="generator expression"):
        grad(changed_while_read)([1.2, 2.1, 3.7])


def test_any_and_all_leave_lists_as_they_are_left() -> None:
    def f(x):
        count = [0]

        def tell(e):
            count[0] += 1
            return e > 2

        return x * count[0] if any(tell(e) for e in (x, 2.0 * x, 3.0 * x)) else x

    slope = grad(f)
    assert [slope(x) for x in (3.0, 1.5, 0.1)] == [1.0, 2.0, 1.0]


def bound_to_a_list_of_another_length(xs):
    total = 0.0
    for x in xs:
        total += 2.0 * x
        xs = [1.0]
    return total + sum(xs)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_a_name_bound_to_a_shorter_list_in_a_loop_leaves_the_gradient_its_length(
    mode: str,
) -> None:
    derivative = grad(bound_to_a_list_of_another_length, mode=mode)
    assert derivative([1.0, 3.0, 2.0]) == [2.0, 2.0, 2.0]
    assert derivative([]) == []


def spread_of_rows(rows):
    total = 0.0
    for row in rows:
        top = max(row)
        scale = 1.0 / (1.0 + top * top)
        total += sum((e * scale - 1.0) ** 2 for e in row)
    return total


def test_what_is_computed_again_stands_outside_of_the_loops_that_need_it() -> None:
    rows = [[0.5, 1.5, 0.25], [2.0, 0.75], [0.1]]
    slope = grad(spread_of_rows)
    found = slope(copy.deepcopy(rows))
    for i, row in enumerate(rows):
        for j in range(len(row)):

            def moved(h, i=i, j=j):
                return spread_of_rows(
                    [
                        [e + h * ((k, m) == (i, j)) for m, e in enumerate(each)]
                        for k, each in enumerate(rows)
                    ]
                )

            assert found[i][j] == pytest.approx(float(along(moved)[0]), rel=1e-7)
    lines = [line for line in slope.source.splitlines() if "#" not in line]
    starts = {
        word: [len(line) - len(line.lstrip()) for line in lines if word in line]
        for word in ("max(", "scale = 1.0", "for j,")
    }
    assert starts["max("] == starts["scale = 1.0"] == starts["for j,"], slope.source


def survival(t, rates):
    total, before = 0.0, 0.0
    for end, rate in zip((1.0, 3.0), rates, strict=True):
        if t <= end:
            return math.exp(-(total + rate * (t - before)))
        total += rate * (end - before)
        before = end
    return math.exp(-(total + rates[-1] * (t - before)))


def fair_spread(first, second, years):
    times = [k / 4 for k in range(1 + 4 * years)]
    paid = premium = 0.0
    for t0, t1 in itertools.pairwise(times):
        discount = math.exp(-0.03 * t1)
        lost = survival(t0, (first, second)) - survival(t1, (first, second))
        paid += 0.6 * discount * lost
        premium += discount * ((t1 - t0) * survival(t1, (first, second)) + 0.5 * lost)
    return paid / premium


def of_five_years(first, second):
    return fair_spread(first, second, 5)


def of_a_function_for_each(first, second):
    found = first
    for act in [math.sin, math.cos, math.tanh, math.exp] * 3:
        gap = second - first * found
        found = found + act(gap) * 0.01 + act(first) * gap - act(second) / (1.0 + gap * gap)
        found = found * act(0.1) / (1.0 + act(0.2) * gap) + 0.1 * act(found) * gap
    return found


@pytest.mark.parametrize("f", [of_five_years, of_a_function_for_each], ids=lambda f: f.__name__)
def test_a_long_loop_over_known_numbers_is_a_loop_where_it_can_be(f: Any) -> None:
    at = (0.2, 0.3)
    derivative = value_and_grad(f, wrt=("first", "second"))
    value, slopes = derivative(*at)
    assert value == f(*at)
    wanted = [along(lambda h: f(at[0] + h, at[1]))[0], along(lambda h: f(at[0], at[1] + h))[0]]
    assert slopes == pytest.approx(wanted, rel=1e-7)
    if f is of_five_years:
        assert len(derivative.source.splitlines()) < 200
