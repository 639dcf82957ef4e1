"""What f raises in a loop that the derivative leaves out is raised on the way back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, hvp
from tests import oracle


def poisson(theta: list[float], counts: list[float], x: list[float]) -> float:
    loglik = 0.0
    for c, xi in zip(counts, x, strict=False):
        rate = theta[0] + theta[1] * xi
        loglik += c * math.log(rate) - rate
    return loglik


def guarded(k: list[float], xs: list[float]) -> float:
    total = 0.0
    for x in xs:
        if x < 0:
            raise ValueError(f"negative {x}")
        if x > 100:
            scale = k[0] * x
            if scale > 0:
                raise OverflowError("too large")
        total += math.exp(x * k[0]) * k[1]
    return total


def path(points: list[list[float]]) -> float:
    total = 0.0
    for (x, y), (u, v) in zip(points, points[1:], strict=False):  # noqa: RUF007
        total += math.hypot(u - x, v - y)
    return total


def nested(k: list[float], rows: list[list[float]]) -> float:
    total = 0.0
    for row in rows:
        for x in row:
            if x == 0.0:
                raise ZeroDivisionError("an entry is 0")
            total += k[0] * x / (k[1] + x * x)
    return total


def caught(k: list[float], xs: list[float]) -> float:
    try:
        return guarded(k, xs)
    except ValueError:
        return k[1] ** 2


FINE: list[tuple[Callable[..., float], tuple[Any, ...]]] = [
    (poisson, ([0.5, 0.3], [1.0, 2.0, 4.0], [0.1, 0.2, 3.0])),
    (guarded, ([0.5, 0.3], [1.0, 2.0])),
    (path, ([[0.0, 1.0], [2.0, 0.5], [3.0, 3.0]],)),
    (nested, ([0.5, 0.3], [[1.0, 2.0], [0.5]])),
    (caught, ([0.5, 0.3], [1.0, 2.0])),
    (caught, ([0.5, 0.3], [1.0, -2.0])),
]
RAISING: list[tuple[Callable[..., float], tuple[Any, ...]]] = [
    (poisson, ([0.5, -0.3], [1.0, 2.0, 4.0], [0.1, 0.2, 3.0])),
    (guarded, ([0.5, 0.3], [1.0, -2.0])),
    (guarded, ([0.5, 0.3], [1.0, 200.0])),
    (path, ([[0.0, 1.0], [2.0, 0.5, 1.0], [3.0, 3.0]],)),
    (nested, ([0.5, 0.3], [[1.0, 2.0], [0.0]])),
]


@pytest.mark.parametrize(("f", "point"), FINE)
def test_gradients(f: Callable[..., float], point: tuple[Any, ...]) -> None:
    found = grad(f, mode="reverse")(*point)
    for place, verdict in oracle.gradient(f, point).items():
        assert oracle.agrees(verdict, oracle.look_up(found, place))


@pytest.mark.parametrize(("f", "point"), RAISING)
def test_errors_are_those_of_f(f: Callable[..., float], point: tuple[Any, ...]) -> None:
    fine = next(args for each, args in FINE if each is f)
    seed = [1.0, 0.0] if f is not path else [[1.0, 0.0]] * 3
    slope, product = grad(f, mode="reverse"), hvp(f)
    slope(*fine), product(*fine, seed)
    with pytest.raises(Exception) as own:
        f(*point)
    for derivative, args in ((slope, point), (product, (*point, seed))):
        with pytest.raises(type(own.value)):
            derivative(*args)


@pytest.mark.parametrize("f", [poisson, guarded, path])
def test_there_is_one_loop(f: Callable[..., float]) -> None:
    slope = grad(f, mode="reverse")
    slope(*next(args for each, args in FINE if each is f))
    code = [line for line in slope.source.splitlines() if "# line" not in line]
    heads = [line for line in code if line.strip().startswith("for ") and line.endswith(":")]
    assert len(heads) == 1 and "reversed(" not in heads[0]


def test_what_is_raised_behind_many_branches_stays_in_its_loop() -> None:
    def stairs(k: list[float], xs: list[float]) -> float:
        total = 0.0
        for x in xs:
            if x < 0.0:
                total += k[0]
            elif x < 1.5:
                total += k[1] * x
            elif x < 2.5:
                raise ValueError(x)
        return total

    slope = grad(stairs, mode="reverse")
    assert slope([2.0, 3.0], [-1.0, 1.0]) == [1.0, 1.0]
    with pytest.raises(ValueError, match=r"2\.2"):
        slope([2.0, 3.0], [-1.0, 2.2])
    back = slope.source.rpartition("for x in ")[2]
    assert back.count("x < 1.5") == 1 and "raise" not in back
