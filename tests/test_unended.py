"""Iterators without end: ``count``, ``cycle`` and ``repeat``, and what is made of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.slopes import check_against_oracle

# Programs are written as people write them.
# ruff: noqa: B905, C417


def alternating(x):
    s = 0.0
    for k, sign in enumerate(itertools.cycle((1, -1)), start=1):
        t = sign * x**k / k
        s += t
        if abs(t) < 1e-12:
            return s


def counted_and_cycled(x):
    s = 0.0
    for k, w in zip(itertools.count(1), itertools.cycle((1.0, x))):
        s += w * x**k / k
        if k == 9:
            break
    else:
        s = 3.0
    return s


def numbered_rows(x):
    return sum(k * w * j for (k, w), j in zip(enumerate(itertools.cycle([x, 2.0 * x])), range(7)))


def asked_for_numbered_items(x):
    it = enumerate(itertools.cycle([x, 2.0]), 3)
    (i, a), (j, b), (k, c) = next(it), next(it), next(it)
    return i * a + j * b * x + k * c * a


def terms_of_a_series(x):
    return sum(
        itertools.takewhile(lambda t: t > 1e-10, (x**k / k for k in itertools.count(1) if k % 3))
    )


def first_small_term(x):
    return next(t for t in (x**k / k for k in itertools.count(1)) if t < 1e-3)


def so_many_terms(x):
    return sum(itertools.islice((x**k for k in itertools.count()), 4))


def mapped_until_small(x):
    for t in map(lambda k: x**k / k, itertools.count(1)):
        if t < 1e-3:
            return t


def chosen_until_small(x):
    s = 0.0
    for k in filter(lambda k: k % 3, itertools.count(1)):
        s += x**k
        if x**k < 1e-8:
            return s


def steps_of_one_size(x):
    s = 0.0
    for i, h in enumerate(itertools.repeat(0.1 * x)):
        s += h * x * i
        if i > 9:
            return s


@pytest.mark.parametrize(
    "f",
    [
        alternating,
        counted_and_cycled,
        numbered_rows,
        asked_for_numbered_items,
        terms_of_a_series,
        first_small_term,
        so_many_terms,
        mapped_until_small,
        chosen_until_small,
        steps_of_one_size,
    ],
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_has_no_end_is_read_until_nobody_reads_it(f: Callable[..., Any], mode: str) -> None:
    check_against_oracle(f, (0.3,), mode=mode)


def weighted_in_turn(xs, n):
    s = 0.0
    for k, w in enumerate(itertools.cycle(xs)):
        if k > n:
            break
        s += w * w * k
    return s


def test_items_in_turn_may_be_fewer_than_the_steps_or_none() -> None:
    slope = value_and_grad(weighted_in_turn)
    # 3 (1 + 3 + 5), 2 (0 + 2 + 4) times each.
    assert slope([2.0, 3.0], 5) == (weighted_in_turn([2.0, 3.0], 5), [24.0, 54.0])
    assert slope([], 5) == (0.0, [])


def test_the_length_of_a_list_that_is_written_out_is_a_number_in_the_text() -> None:
    slope = grad(alternating)
    slope(0.3)
    assert "% 2" in slope.source
    assert "len(" not in slope.source


def listed(x):
    return sum(list(x * k for k in itertools.count()))  # noqa: C400


def listed_rows(x):
    return sum([k * w for k, w in enumerate(itertools.cycle([x, 1.0]))])


@pytest.mark.parametrize("f", [listed, listed_rows])
def test_a_list_of_what_has_no_end_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError, match="does not end"):
        grad(f)(0.5)
