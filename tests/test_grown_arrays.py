"""Arrays that begin with one entry, and get more in each step of a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.slopes import check_against_oracle, check_product


def polynomial(roots):
    found = np.ones(1)
    for k in range(len(roots)):
        shifted = np.concatenate((np.zeros(1), found))
        found = np.concatenate((found, np.zeros(1))) - roots[k] * shifted
    return found


def weighed(r):
    return np.sum(np.cos(np.arange(r.size) * 0.7 + 0.3) * r)


def of_one(a, b):
    return np.prod(4.0 - np.arange(2.0) * b) * weighed(polynomial(np.arange(2.0) * b)) * a


def of_two(a, b):
    u, v = polynomial(np.arange(3.0) * a), polynomial(np.arange(2.0) * b)
    p, q = 4.0 - np.arange(3.0) * a, 4.0 - np.arange(2.0) * b
    return weighed(u) * np.prod(p) + np.prod(q) * weighed(v)


def appended(a, b):
    v = np.zeros(1)
    for k in range(3):
        v = np.append(v * b, a + k)
    return weighed(v**2) + np.prod(v + 1.0)


PROGRAMS: list[Callable[..., Any]] = [of_one, of_two, appended]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_grows_moves_with_all_its_entries(f: Callable[..., Any], mode: str) -> None:
    check_against_oracle(f, (0.8, 1.1), wrt=("a", "b"), mode=mode)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_second_slopes_of_what_grows_are_those_of_all_its_entries(f: Callable[..., Any]) -> None:
    check_product(f, (0.8, 1.1), ("a", "b"), (0.7, -0.4), rel=1e-6, slack=1e-6)
