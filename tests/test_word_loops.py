"""Loops over words and known tables: they stay loops where writing them out is much longer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from chainrule import grad, hessian, value_and_grad
from tests import oracle
from tests.slopes import check_slopes

WEIGHTS = {"a": 1.0, "b": 2.0, "c": 0.5, "d": 0.1, "e": 0.7, "f": 0.9, "g": 1.5, "h": 3.0}
ATOMS = (
    ("H", 1.008, 2),
    ("C", 12.011, 4),
    ("N", 14.007, 3),
    ("O", 15.999, 0),
    ("S", 32.06, 6),
    ("P", 30.97, 5),
    ("F", 19.0, 1),
    ("Cl", 35.45, 7),
)
POWERS = ((1.5, 2), (0.5, 3), (0.25, 5), (-1.0, 1), (2.0, 0), (0.1, 7))
COUNTS = {"a": 3, "b": 1, "c": 2, "d": 9, "e": 4}


def edit_distance(insert, delete, substitute):
    source, target = "kitten", "sitting"
    row = [j * insert for j in range(len(target) + 1)]
    for i, one in enumerate(source):
        new = [(i + 1) * delete]
        for j, other in enumerate(target):
            changed = row[j] + (0.0 if one == other else substitute)
            new.append(min(changed, row[j + 1] + delete, new[j] + insert))
        row = new
    return row[-1]


def by_letters(x, y):
    s = 0.0
    for letter in "abcdefgh":
        s += WEIGHTS[letter] * math.sin(x * s + y)
    return s


def by_entries(x, y):
    s = y
    for name, weight in WEIGHTS.items():
        s += math.exp(-weight * x) * weight if name != "d" else s * x
    return s


def by_rows(x, y):
    s = 0.1
    for name, mass, valence in ATOMS:
        if name == "H":
            continue
        s += mass * x**valence / (1.0 + y * s)
    return s


def by_powers(x, y):
    s = 0.0
    for c, n in POWERS:
        s += c * x**n * math.exp(-y * n)
    return s


def side_by_side(x, y):
    s = 0.2
    for c, w in zip("abcdefgh", (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0), strict=True):
        s = s * x + w * math.sin(y * s) if c != "d" else s + x * x
    return s


def looked_up_elsewhere(x, y):
    s = 0.3
    for name, n in COUNTS.items():
        price = WEIGHTS[name]
        s += n * price * (1.0 + x) ** n if n < 4 else n * price * math.exp(x) * y * s
    return s


def last_letter(x, y):
    s = 0.3
    for letter in "the quick brown fox":
        s = math.sin(s * x + y) * (2.0 if letter in "aeiou" else 1.0) + WEIGHTS.get(letter, 0.5)
    return s * (x if letter == "x" else y)


CASES = {
    edit_distance: (1.0, 1.25, 1.75),
    by_letters: (1.1, 0.2),
    by_entries: (0.3, 0.2),
    by_rows: (1.1, 0.2),
    by_powers: (1.1, 0.2),
    side_by_side: (0.4, 0.7),
    looked_up_elsewhere: (0.2, 0.3),
    last_letter: (0.4, 0.3),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_words_and_tables_are_looped_over(f: Any, mode: str) -> None:
    arguments = CASES[f]
    wrt = tuple(range(len(arguments)))
    derivative = value_and_grad(f, wrt=wrt, mode=mode)
    value, slopes = derivative(*arguments)
    assert oracle.same_bits(value, f(*arguments))
    for k in wrt:
        verdict = oracle.derivative(f, arguments, wrt=k)
        assert verdict.decided
        assert oracle.agrees(verdict, slopes[k])
    # One loop forwards and, in reverse mode, one back: not a line for each letter.
    assert 1 <= derivative.source.count("for ") - derivative.source.count(": for ") <= 6
    assert len(derivative.source.splitlines()) < 110


def test_what_is_looped_over_stands_in_the_head() -> None:
    for f, head in [
        (by_letters, 'for letter in "abcdefgh":'),
        (by_rows, "for name, mass, valence in ATOMS:"),
        (by_powers, "for c, n in POWERS:"),
        (by_entries, "for name, weight in WEIGHTS.items():"),
        (edit_distance, 'for j, other in enumerate("sitting"):'),
    ]:
        derivative = grad(f, mode="forward")
        derivative(*CASES[f])
        assert head in derivative.source


def few_letters(x):
    s = 0.0
    for letter in "ab":
        s += WEIGHTS[letter] * x * s + 1.0
    return s


def mostly_zero(x):
    s = 1.0
    for name, weight in (("a", 0.0), ("b", 0.0), ("c", 1.0), ("d", 0.0), ("e", 0.0)):
        if weight:
            s += x * math.sin(x * s) * len(name)
    return s


@pytest.mark.parametrize("f", [few_letters, mostly_zero], ids=lambda f: f.__name__)
def test_what_is_short_or_saves_much_is_written_out(f: Any) -> None:
    derivative = grad(f)
    verdict = oracle.derivative(f, (0.7,))
    assert verdict.decided
    assert oracle.agrees(verdict, derivative(0.7))
    assert "for " not in derivative.source


@pytest.fixture
def weights() -> Iterator[dict[str, float]]:
    before = dict(WEIGHTS)
    yield WEIGHTS
    WEIGHTS.clear()
    WEIGHTS.update(before)


@pytest.mark.parametrize("f", [by_entries, by_letters], ids=lambda f: f.__name__)
def test_a_table_that_changes_between_calls_is_read_anew(f: Any, weights: dict[str, float]) -> None:
    derivative = grad(f)
    derivative(*CASES[f])
    weights["c"] = 2.5
    assert oracle.agrees(oracle.derivative(f, CASES[f]), derivative(*CASES[f]))
    weights["d"] = weights.pop("d")
    assert oracle.agrees(oracle.derivative(f, CASES[f]), derivative(*CASES[f]))
    weights["z"] = 4.0
    assert oracle.agrees(oracle.derivative(f, CASES[f]), derivative(*CASES[f]))


def test_a_key_that_is_missing_raises_as_it_does_in_the_function(
    weights: dict[str, float],
) -> None:
    derivative = grad(by_letters)
    derivative(1.1, 0.2)
    del weights["e"]
    with pytest.raises(KeyError, match="e"):
        derivative(1.1, 0.2)


@pytest.mark.parametrize("f", [by_letters, by_rows], ids=lambda f: f.__name__)
def test_second_derivatives_go_through_the_same_loop(f: Any) -> None:
    x, y = CASES[f]
    verdict = oracle.derivative(grad(f), (x, y))
    assert verdict.decided
    assert oracle.agrees(verdict, hessian(f)(x, y))


BINARY = {("methane", "propane"): 0.1, ("propane", "methane"): 0.3}


def interactions(t, p, count=5):
    names = ["methane", "propane"]
    total = 0.0
    for i in range(count):
        for j in range(count):
            total += t**i * p * BINARY.get((names[i % 2], names[j % 2]), 0.0)
    for i in range(count):
        total += t * BINARY.get((names[i % 2], names[1]), 0.0)
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_list_of_words_that_is_read_at_run_time_is_written_once(mode: str) -> None:
    check_slopes(interactions, (0.8, 1.4), mode)
    gradient = grad(interactions, wrt=("t", "p"), mode=mode)
    gradient(0.8, 1.4)
    assert gradient.source.count('"methane", "propane"\n') == 1
