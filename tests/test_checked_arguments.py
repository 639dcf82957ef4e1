"""What careful libraries do first: kinds are looked at, and tables filled within a try."""

from __future__ import annotations

import pytest

from tests.slopes import check_against_oracle


def kinds(x):
    found = set(map(type, [(x,), (2.0,)]))
    if len(found) != 1:
        raise TypeError("all groups should be of one kind")
    elif found.pop() is float:
        raise TypeError("a number is no group")
    return x * x


def sizes(x):
    rows = [[x, 1.0], [2.0, x * x]]
    if len(set(map(len, rows))) != 1:
        raise ValueError("not rectangular")
    return rows[0][0] * rows[1][1]


def rounded(x):
    return len(set(map(round, [x, 2.0 * x, 2.1 * x]))) * x


def pairs(x):
    found = len(set(zip([1, 2, 1], [3, 4, 3], strict=True)))
    return (found + len(set(enumerate([1, 1]))) + len(set(map(int, [3.2, 4.0])))) * x * x


def filled_in_a_try(x, n=2):
    table = {}
    try:
        y = x**2
        table[0, 0] = y
        table[1, 1] = 2.0 * y
    except ZeroDivisionError:
        raise TypeError("no number") from None
    total = 0.0
    for r in range(n):
        total += table[r, r] * (r + 1)
    return total


def filled_in_a_try_in_a_loop(x, n=2):
    total = 0.0
    for k in range(n):
        try:
            powers = {0: x**k, 1: x ** (k + 1)}
        except ZeroDivisionError:
            raise TypeError("no number") from None
        for r in range(n):
            total += powers[r] * (r + k)
    return total


PROGRAMS = [kinds, sizes, rounded, pairs, filled_in_a_try, filled_in_a_try_in_a_loop]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_is_checked_is_differentiated(f, mode):
    check_against_oracle(f, (1.5,), mode=mode)
