"""Dicts whose keys are tuples that only the run knows: sparse matrices, tables of pairs."""

from __future__ import annotations

import math

import pytest

from chainrule import UnsupportedError, grad
from tests.slopes import check_slopes


def sparse_form(a, b):
    entries = {}
    for i in range(3 + int(b)):
        for j in range(3):
            if i != j:
                entries[i, j] = math.sqrt(a * i + b * j + 1.0)
    total = 0.0
    for (i, j), value in entries.items():
        total += value * entries.get((j, i), a) * (i - j) ** 2
    return total


def named_series(a, b):
    table = {}
    for k in range(4 + int(b)):
        table["rise", k] = a * k
        table["fall", k] = b * k
    total = 0.0
    for (word, k), value in table.items():
        total += value * value if word == "rise" else value * b * k
    return total


def keys_alone(a, b):
    seen = {}
    for k in range(3 + int(b)):
        seen[k % 2, k] = a
    return sum(a * p * q + b for p, q in seen)


def of_two_layouts(a, b):
    table = {}
    for k in range(3 + int(b)):
        table[k, k] = a
        table[k, k, k] = b
    return sum(value * key[0] for key, value in table.items())


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [sparse_form, named_series, keys_alone, of_two_layouts], ids=lambda f: f.__name__
)
def test_slopes_through_dicts_of_pairs(f, mode: str) -> None:
    check_slopes(f, (0.4, 0.7), mode)


@pytest.mark.parametrize("f", [sparse_form, named_series, keys_alone], ids=lambda f: f.__name__)
def test_keys_that_are_certainly_pairs_are_unpacked_unasked(f) -> None:
    gradient = grad(f, wrt=("a", "b"))
    gradient(0.4, 0.7)
    assert "unpack" not in gradient.source
    assert "tuple(" not in gradient.source


def unpacked_too_few(a, b):
    table = {}
    for k in range(3 + int(b)):
        table[k, k] = a
        table[k, k, k] = b
    return sum(value * i * j for (i, j), value in table.items())


def unpacked_before_the_others(a, b):
    table = {}
    total = 0.0
    for k in range(3 + int(b)):
        table[k, 1] = a
        for (i, j), value in table.items():
            total += value * i * j
        table[k, 1, 2] = b
    return total


def test_a_key_that_cannot_be_unpacked_raises_as_in_the_function() -> None:
    with pytest.raises(ValueError, match="too many values to unpack"):
        unpacked_too_few(0.4, 0.7)
    with pytest.raises(ValueError, match="too many values to unpack"):
        grad(unpacked_too_few)(0.4, 0.7)


def test_a_key_of_another_layout_behind_an_unpacking_is_refused() -> None:
    with pytest.raises(ValueError, match="too many values to unpack"):
        unpacked_before_the_others(0.4, 0.7)
    with pytest.raises(UnsupportedError, match="laid out"):
        grad(unpacked_before_the_others)(0.4, 0.7)
