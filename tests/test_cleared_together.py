"""Adjoints that a loop over entries clears: in one slice, which is that of the loop's steps."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian
from tests import oracle


def entries(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(last):
        v[i] = np.sin(u[i]) * k[i]
    return np.sum(v**2)


def bounded(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(1, last):
        v[i] = u[i - 1] * k[i] * u[i]
    return np.sum(v**2)


def ahead(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(last):
        v[i + 1] = u[i] * k[i] + u[i + 1] ** 2
    return np.sum(v**2)


def behind(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(2, last):
        v[i - 2] = u[i] * k[i] * u[0]
    return np.sum(v**2)


def backwards(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in reversed(range(last)):
        v[i] = u[i] * k[i] * u[0]
    return np.sum(v**2)


def from_the_end(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(-2, last):
        v[i] = u[i] ** 2 * k[i]
    return np.sum(v**2)


def begun_later(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(first, last):
        v[i] = u[i] ** 2 * k[i]
    return np.sum(v**2)


def every_other(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(0, last, 2):
        v[i] = u[i] ** 2 * k[i]
    return np.sum(v**2)


def one_after_another(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(1, last):
        v[i] = v[i - 1] * k[i] + u[i] ** 2
    return np.sum(v**2)


def left_early(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(last):
        if k[i] > 0.8:
            break
        v[i] = u[i] ** 2 * k[i]
    return np.sum(v**2)


def sometimes(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for i in range(last):
        if k[i] < 0.6:
            v[i] = u[i] ** 2 * k[i]
    return np.sum(v**2)


def again(u: Any, k: Any, first: int, last: int) -> Any:
    v = u.copy()
    for _ in range(2):
        for i in range(1, last):
            v[i] = np.sin(v[i]) * k[i] + u[i - 1]
    return np.sum(v**2)


PROGRAMS = (
    entries, bounded, ahead, behind, backwards, from_the_end, begun_later, every_other,
    one_after_another, left_early, sometimes, again,
)  # fmt: skip


def check(program: Callable[..., Any], given: tuple[Any, ...], rest: tuple[int, ...]) -> Any:
    slope = grad(program, wrt=tuple(range(len(given))))
    found = slope(*given, *rest)
    for position in range(len(given)):

        def along(each: Any, position: int = position) -> Any:
            chosen = (each if k == position else one for k, one in enumerate(given))
            return program(*chosen, *rest)

        verdicts = oracle.gradient(along, (given[position],)).values()
        for verdict, number in zip(verdicts, found[position].flat, strict=True):
            assert oracle.agrees(verdict, number)
    return slope.source


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("last", [5, 3, 1, 0, -1, -3])
def test_what_no_step_has_written_is_not_cleared(program: Callable[..., Any], last: int) -> None:
    rng = np.random.default_rng(4)
    check(program, (rng.random(6), rng.random(6)), (2, last))


@pytest.mark.parametrize("program", PROGRAMS)
def test_second_derivatives_are_not_cleared_either(program: Callable[..., Any]) -> None:
    rng = np.random.default_rng(4)
    u, k = rng.random(6), rng.random(6)
    for last in (5, -2):
        found = hessian(program)(u, k, 2, last)
        slope = grad(program)
        for row in range(6):

            def entry(each: Any, row: int = row, last: int = last, slope: Any = slope) -> Any:
                return slope(each, k, 2, last)[row]

            verdicts = oracle.gradient(entry, (u,)).values()
            for verdict, number in zip(verdicts, found[row], strict=True):
                assert oracle.agrees(verdict, number)


def spread(u: Any, k: Any) -> Any:
    v = u.copy()
    for i in range(1, u.shape[0] - 1):
        for j in range(u.shape[1]):
            v[i, j] = u[i, j] + k[i, j] * (u[i - 1, j] - u[i + 1, j])
    return np.sum(v**2)


def spread_rows(u: Any, k: Any) -> Any:
    v = u.copy()
    for i in range(1, len(u)):
        v[i] = np.sin(u[i]) * k[i - 1]
    return np.sum(v**2)


def columns(u: Any, k: Any) -> Any:
    v = u.copy()
    for i in range(u.shape[1]):
        v[1, i] = u[0, i] ** 2 * k[1, i]
    return np.sum(v**2)


@pytest.mark.parametrize(
    ("program", "cleared"),
    [(spread, "v_bar[i, :]"), (spread_rows, "v_bar[1:]"), (columns, "v_bar[1, :]")],
)
@pytest.mark.parametrize("shape", [(4, 3), (2, 2), (2, 5)])
def test_rows_and_entries_of_rows_are_cleared_in_one_slice(
    program: Callable[..., Any], cleared: str, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(4)
    source = check(program, (rng.random(shape), rng.random(shape)), ())
    assert f"{cleared} = 0.0\n" in source


@pytest.mark.skipif(not importlib.util.find_spec("numba"), reason="numba is not installed")
@pytest.mark.parametrize("program", [bounded, ahead, backwards, spread, columns])
def test_numba_clears_the_same(program: Callable[..., Any]) -> None:
    rng = np.random.default_rng(4)
    two_axes = program in (spread, columns)
    given = (rng.random((4, 3)), rng.random((4, 3))) if two_axes else (rng.random(6), rng.random(6))
    for rest in ((),) if two_axes else ((0, 5), (0, -3)):
        slopes = [grad(program, wrt=(0, 1), target=each) for each in ("math", "numba")]
        for one, other in zip(*(slope(*given, *rest) for slope in slopes), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13)
