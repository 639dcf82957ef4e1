"""Numbers in front of a choice between numbers are computed once, not for every entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests.oracle import agrees, gradient


def margins(w, X, y, C):
    return 0.5 * w @ w + C * np.sum(np.maximum(1.0 - y * (X @ w), 0.0))


def mean_margin(w, X, y, C):
    return C * np.mean(np.maximum(1.0 - y * (X @ w), 0.0))


def pinball(w, X, y, C):
    d = y - X @ w
    return np.mean(np.maximum(C * d, (C - 1.0) * d))


X = np.array([[0.5, -1.2], [0.8, 0.3], [-0.4, 0.9]])
W, Y, C = np.array([0.7, 0.2]), np.array([1.0, -1.0, 1.0]), 0.3


@pytest.mark.parametrize("f", [margins, mean_margin, pinball])
def test_slopes_of_hinges_are_right_with_numbers_inside(f: Callable[..., Any]) -> None:
    found = grad(f)(W, X, Y, C)
    for path, verdict in gradient(f, (W, X, Y, C)).items():
        assert agrees(verdict, float(found[path[0]])), path


def test_a_tie_still_gets_half() -> None:
    # The first margin is 0, and the others are not felt.
    x, w = np.array([[2.0], [5.0], [-4.0]]), np.array([0.5])
    assert grad(margins)(w, x, Y, C) == pytest.approx([0.5 - 0.5 * C * 2.0 + C * 5.0 + C * 4.0])


@pytest.mark.parametrize("f", [margins, mean_margin])
def test_a_sign_and_numbers_take_no_pass_over_the_entries(f: Callable[..., Any]) -> None:
    slope = grad(f)
    slope(W, X, Y, C)
    back = slope.source.partition("# line")[2]
    assert "-np.where" not in back and "* np.where" not in back, back
    assert "np.where(" in back and ", -0.5 * " in back, back
