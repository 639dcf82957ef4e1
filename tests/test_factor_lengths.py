"""Lengths of what is computed of matrices: derivative code adds up only where NumPy repeats."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import value_and_grad
from tests.differences import along

RANDOM = np.random.default_rng(5)
TALL = RANDOM.normal(size=(5, 3))
SQUARE = TALL.T @ TALL + np.eye(3)


def fitted(c, x):
    """A regression over the chosen, whose number is known at run time."""
    chosen = x > 0.1
    rows = np.vander(x[chosen], 2)
    held = c.copy()
    line = rows @ np.linalg.lstsq(rows, held[chosen], rcond=None)[0]
    held[chosen] = np.where(line > 0.2, line, held[chosen])
    return (held * held).sum()


def by_pinv(c, x):
    return (np.where(c > 0.1, c, 1.0) @ np.linalg.pinv(x) * np.sin(x[:, 0])).sum()


def by_eigenvalues(c, x):
    values, vectors = np.linalg.eigh(x)
    return (np.where(values > 1.0, values, c) * (vectors[0] * c) ** 2).sum()


def by_singular_values(c, x):
    left, values, right = np.linalg.svd(x, full_matrices=False)
    return (values * c).sum() + (np.where(left > 0.0, left, 1.0) @ right * x).sum()


def by_qr(c, x):
    q, r = np.linalg.qr(x)
    return (q @ r * x).sum() + (np.where(r > 0.0, r, 0.0) @ c).sum()


def by_products(c, x):
    grams = np.inner(x, x) + np.tensordot(x, x, (1, 1)) + np.linalg.multi_dot([x, x.T])
    return (np.where(grams > 0.5, grams, x @ x.T) * x[:, 0]).sum() + c.sum()


CASES: list[tuple[Callable[..., Any], np.ndarray, np.ndarray]] = [
    (fitted, RANDOM.normal(size=5), np.array([0.3, -0.2, 0.9, 1.4, 0.7])),
    (by_pinv, RANDOM.normal(size=3), TALL),
    (by_eigenvalues, RANDOM.normal(size=3), SQUARE),
    (by_singular_values, RANDOM.normal(size=3), TALL),
    (by_qr, RANDOM.normal(size=3), TALL),
    (by_products, RANDOM.normal(size=3), TALL),
]


@pytest.mark.parametrize(("f", "c", "x"), CASES, ids=lambda part: getattr(part, "__name__", None))
def test_no_length_is_asked_for_that_is_known(
    f: Callable[..., Any], c: np.ndarray, x: np.ndarray
) -> None:
    df = value_and_grad(f, wrt=("c", "x"))
    value, slopes = df(c, x)
    assert value == f(c, x)
    body = df.source.split('"""')[-1]
    assert re.search(r"(n_\w+|shape\[\d\]|len\(\w+\)) != ", body) is None
    assert "keepdims" not in body
    for name, given, slope in zip(("c", "x"), (c, x), slopes, strict=True):
        for place in np.ndindex(given.shape):
            step = np.zeros_like(given)
            step[place] = 1.0
            if f is by_eigenvalues and name == "x":
                step = step + step.T
                found = slope[place] + slope[place[::-1]]
            else:
                found = slope[place]
            here = (
                (lambda h, d=step: f(c + h * d, x))
                if name == "c"
                else (lambda h, d=step: f(c, x + h * d))
            )
            wanted, _ = along(here)
            assert np.isclose(found, wanted, rtol=1e-6, atol=1e-8), (name, place)
