"""``zip(..., strict=True)`` raises what Python raises, at the end of the shortest iterable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle

MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


def in_a_loop(x, n):
    total = x
    for u, v in zip([x] * 3, [x * x] * n, strict=True):
        total = total * u + v
    return total


def left_by_break(x, n):
    total = x
    for k, (u, v) in enumerate(zip([x] * 3, [x * x] * n, strict=True)):
        total = total * u + v
        if k == 1:
            break
    return total


def left_by_return(x, n):
    for u, v in zip([x] * n, [x * x] * 3, strict=True):
        x = x * u + v
        if x > 5.0:
            return x
    else:
        x = 2.0 * x
    return x


def caught(x, n):
    total = x
    try:
        for u, v in zip(range(n), [x] * 3, strict=True):
            total = total + u * v
    except ValueError:
        return x * x
    return total


def summed(x, n):
    return sum(u * v for u, v in zip([x] * n, [x * x] * 3, strict=True))


def three(x, n):
    return sum([u * v * w for u, v, w in zip([x] * 3, [x] * n, [x] * (5 - n), strict=True)])


def until_found(x, n):
    return x * x if any(u * v > 2.0 for u, v in zip([x] * 3, [x] * n, strict=True)) else x


def of_pairs(x, n):
    pairs = list(zip([x, 1.0, 2.0], [x * x] * n, strict=True))
    return pairs[0][1] * x


def outcome(f: Callable[..., Any], *args: Any) -> tuple[Any, Any]:
    try:
        return f(*args), None
    except ValueError as error:
        return None, str(error)


FUNCTIONS = (
    in_a_loop,
    left_by_break,
    left_by_return,
    caught,
    summed,
    three,
    until_found,
    of_pairs,
)


@MODES
@pytest.mark.parametrize("x", [1.3, 1.6])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("f", FUNCTIONS)
def test_a_strict_zip_raises_where_python_does(
    f: Callable[..., Any], n: int, x: float, mode: str
) -> None:
    value, message = outcome(f, x, n)
    got, raised = outcome(value_and_grad(f, mode=mode), x, n)
    assert raised == message
    if message is None:
        assert got[0] == value
        verdict = oracle.derivative(f, (x, n), {}, "x")
        assert verdict.decided and oracle.agrees(verdict, got[1])


def changing(x, n):
    grown = [x] * n
    for u, v in zip([x] * 3, grown, strict=True):
        grown.append(u * v)
    return grown[-1]


def never_even(x):
    return sum(u * v for u, v in zip((x, 1.0), (x, 1.0, 2.0), strict=True))


@pytest.mark.parametrize(("f", "args"), [(changing, (2.0, 3)), (never_even, (2.0,))])
def test_what_cannot_be_told_of_lengths_is_refused(f: Callable[..., Any], args: Any) -> None:
    with pytest.raises(UnsupportedError, match="strict"):
        grad(f)(*args)
