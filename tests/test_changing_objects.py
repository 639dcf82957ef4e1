"""Sets, counters and their like, which are kept as they are: a look sees what they hold by then."""

from __future__ import annotations

import array
from collections import Counter

import numpy as np
import pytest

from chainrule import value_and_grad
from tests.differences import along


def lengths_before_and_after(w):
    seen = set()
    before = len(seen)
    seen.add(1)
    return w[0] * (len(seen) - before) + w[1]


def largest_before_and_after(w):
    seen = {3}
    largest = max(seen)
    seen.add(5)
    return w[0] ** largest + w[1] ** max(seen) + w[2] ** min(seen) * sum(seen)


def equal_before_and_after(w):
    one, other = {3}, {3, 4}
    factor = 2.0 if one == other else 1.0
    one.add(4)
    return w[0] * factor + w[1] * (5.0 if one == other else 3.0)


def counters_and_arrays(w):
    count, numbers, text = Counter([3, 3, 1]), array.array("d", [1.0, 2.0]), bytearray(b"ab")
    before = len(count) + 2 * len(numbers) + 4 * len(text)
    count.update([3, 7])
    numbers.append(4.0)
    text.append(5)
    return (
        w[0] * before + w[1] * (len(count) + 8 * len(numbers) + 32 * len(text)) + w[2] ** count[3]
    )


def looks_in_a_loop(w):
    seen, total = set(), 0.0
    for k in range(4):
        total += w[max(seen)] if seen else 0.0
        total += w[len(seen)] * w[0]
        if not seen:
            total += w[4]
        if seen and k > 1:
            total += w[3]
        while len(seen) < 2 and k > 0:
            seen.add(k + len(seen))
            total += w[len(seen)]
        seen.add(k % 5)
    return total


def two_sets_in_turn(w):
    odd, even = set(), {1}
    total = 0.0
    for k in range(4):
        chosen = odd if k % 2 else even
        total += w[len(chosen)]
        chosen.add(k + 2)
        total += w[len(chosen)] * w[0]
    return total


def another_set_in_some_step(w):
    seen, total = set(), 0.0
    for k in range(4):
        total += w[len(seen)] * w[0]
        seen.add(k % 3)
        if k == 2:
            seen = set()
        total += w[len(seen)] * w[1]
    return total


PROGRAMS = (
    lengths_before_and_after,
    largest_before_and_after,
    equal_before_and_after,
    counters_and_arrays,
    looks_in_a_loop,
    two_sets_in_turn,
    another_set_in_some_step,
)
NUMBERS = [1.2, 0.7, 1.9, 0.4, 1.5, 0.9]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_look_at_what_changes_sees_what_it_holds_by_then(f):
    value, slopes = value_and_grad(f)(list(NUMBERS))
    assert value == f(list(NUMBERS))
    for k in range(len(NUMBERS)):
        slope, noise = along(lambda t, k=k: f([x + t * (j == k) for j, x in enumerate(NUMBERS)]))
        np.testing.assert_allclose(slopes[k], slope, rtol=1e-7, atol=1e-9 + 10.0 * noise)
