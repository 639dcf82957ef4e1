"""Lists that hold ints at first and floats later, and ints for reals, where code is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, value_and_grad
from chainrule.emit.module import render
from chainrule.transforms.derive import derive
from tests import oracle

# Numba's own lists of the caller's are on their way out.
pytestmark = pytest.mark.filterwarnings("ignore:\\s*Encountered the use of a type")


def filled_with_zeros(a, b, n=4):
    x = [0] * n
    x[0] = a
    for i in range(1, n):
        x[i] = x[i - 1] * b + a if i < n - 1 else 0
    return sum(x) + x[1] * x[2]


def begun_empty(a, b):
    x = []
    x.append(0)
    for _ in range(3):
        x.append(x[-1] * b + a)
    return x[-1]


def rows_of_zeros(a, b, n=3):
    table = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            table[i][j] = a**i + b * j
    return sum(table[i][i] for i in range(n))


def swept_back(a, b, n=4):
    def solved(right):
        x = [0] * n
        x[-1] = right[-1]
        for i in range(n - 2, -1, -1):
            x[i] = right[i] - b * x[i + 1]
        return x

    u = [a * i for i in range(n)]
    for _ in range(3):
        u = solved(u)
    return sum(u)


def inverse(a, b):
    return a**-1 * b + a**40 * b


def copied(a, b, xs):
    ys = list(xs)
    for i in range(len(ys)):
        ys[i] = ys[i] * a + b
    return sum(ys)


def changed(a, b, xs):
    for i in range(len(xs)):
        xs[i] = xs[i] * a + b
    return sum(xs)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (filled_with_zeros, (0.3, 0.7)),
    (begun_empty, (0.3, 0.7)),
    (rows_of_zeros, (0.3, 0.7)),
    (swept_back, (0.3, 0.7)),
    (inverse, (7, 3)),
    (copied, (0.3, 0.7, [1, 2, 3])),
]


@pytest.mark.parametrize(("f", "args"), CASES, ids=lambda part: getattr(part, "__name__", ""))
def test_compiled_lists_hold_the_floats_that_are_put_into_them(
    f: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    pytest.importorskip("numba")
    value, slopes = value_and_grad(f, wrt=("a", "b"), target="numba")(*args)
    assert value == pytest.approx(float(f(*args)), rel=1e-14)
    for position, slope in enumerate(slopes):
        verdict = oracle.derivative(f, args, wrt=position)
        assert verdict.decided, verdict.reason
        assert slope == pytest.approx(verdict.value, rel=1e-8)


def test_the_text_says_so() -> None:
    graphs = derive(filled_with_zeros, "grad", wrt=("a", "b"))
    assert "x = [0.0] * n" in render(graphs, target="numba").source
    graphs = derive(filled_with_zeros, "grad", wrt=("a", "b"))
    assert "x = [0] * n" in render(graphs, target="math").source


def test_the_callers_list_of_ints_takes_no_floats() -> None:
    pytest.importorskip("numba")
    gradient = value_and_grad(changed, wrt=("a", "b"), target="numba")
    with pytest.raises(UnsupportedError, match="floats are put into `xs`, a list of ints"):
        gradient(0.3, 0.7, [1, 2, 3])
    given = [1.0, 2.0, 3.0]
    value, _ = gradient(0.3, 0.7, given)
    assert value == changed(0.3, 0.7, [1.0, 2.0, 3.0])
    assert given == [1.0 * 0.3 + 0.7, 2.0 * 0.3 + 0.7, 3.0 * 0.3 + 0.7]
