"""Generator expressions that a function returns: their items are read when it has ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chainrule import UnsupportedError, jvp, value_and_grad
from tests import oracle


def scaled(xs: list[float], k: float) -> Iterator[float]:
    k = k + 1.0
    return (x * k for x in xs)


def summed(xs: list[float], k: float) -> float:
    return sum(scaled(scaled(xs, k), 0.5)) + max(scaled(xs, k)) * math.prod(scaled(xs, k))


def made_in_every_step(xs: list[float], k: float) -> float:
    total = 0.0
    for i in range(4):
        for y in scaled(xs, k * i):
            total += y * y
    return total


def changed_behind(xs: list[float], k: float) -> float:
    ys = list(xs)
    g = scaled(ys, k)
    ys[0] = 5.0 * k
    return sum(g)


def rebound_behind(xs: list[float], k: float) -> float:
    ys = xs
    g = scaled(ys, k)
    ys = [1.0]
    return sum(g) + len(ys)


def asked_and_summed(xs: list[float], k: float) -> float:
    g = scaled(xs, k)
    first = next(g)
    return first * sum(g)


def read_twice(xs: list[float], k: float) -> float:
    g = scaled(xs, k)
    return sum(g) + sum(y * y for y in g)


def either(xs: list[float], k: float) -> Iterator[float]:
    return (x * k for x in xs) if k > 0 else (x - k * k for x in xs)


def of_either(xs: list[float], k: float) -> float:
    return sum(either(xs, k)) * k


def of_a_closure(xs: list[float], k: float) -> float:
    def inner(c: float) -> Iterator[float]:
        return (x * c * k for x in xs for _ in range(2) if x > 0.4)

    return sum(inner(3.0)) / len(list(inner(2.0)))


class Linear:
    def __init__(self, slope: float, offset: float) -> None:
        self.slope, self.offset = slope, offset

    def parameters(self) -> Any:
        return [self.slope, self.offset]


class Bend:
    def parameters(self) -> Any:
        return ()


class Net:
    def __init__(self, layers: list[Any]) -> None:
        self.layers = layers

    def parameters(self) -> Iterator[float]:
        return (p for layer in self.layers for p in layer.parameters())


def penalty(xs: list[float], k: float) -> float:
    net = Net([Linear(xs[0], k), Bend(), Linear(xs[1] * k, xs[2])])
    return sum(p * p for p in net.parameters())


def renewed_behind(xs: list[float], k: float) -> float:
    net = Net([Linear(xs[0], k)])
    g = net.parameters()
    net.layers = [Bend()]
    return sum(p * p for p in g)


CASES = [
    summed,
    made_in_every_step,
    changed_behind,
    rebound_behind,
    asked_and_summed,
    read_twice,
    of_either,
    of_a_closure,
    penalty,
    renewed_behind,
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_they_read_what_the_function_left(f: Callable[..., Any], mode: str) -> None:
    xs, k = [0.5, 1.5, 0.3], 0.7
    value, slope = value_and_grad(f, "k", mode=mode)(list(xs), k)
    assert value == f(list(xs), k)
    assert oracle.agrees(oracle.derivative(f, (list(xs), k), wrt=1), slope)
    if mode == "reverse":
        _, slopes = value_and_grad(f, "xs", mode=mode)(list(xs), k)
        for i, entry in enumerate(slopes):

            def along(x: float, i: int = i) -> Any:
                return f([*xs[:i], x, *xs[i + 1 :]], k)

            assert oracle.agrees(oracle.derivative(along, (xs[i],)), entry)


def listed(xs: list[float], k: float) -> list[float]:
    return list(Net([Linear(xs[0], k), Bend(), Linear(k * k, 2.0)]).parameters())


def test_their_items_make_a_list() -> None:
    value, tangent = jvp(listed, "k")([0.5], 0.7, k_dot=1.0)
    assert value == listed([0.5], 0.7)
    assert tangent == [0.0, 1.0, 1.4, 0.0]


def of_itself(xs: list[float], k: float) -> Iterator[float]:
    return (x * k for x in xs) if k > 3.0 else (y for y in of_itself(xs, k + 1.0))


def recursive(xs: list[float], k: float) -> float:
    return sum(of_itself(xs, k))


def test_a_recursion_by_them_is_no_error_of_the_function() -> None:
    # It used to raise that `xs` has no value, which it has.
    with pytest.raises(UnsupportedError, match="of different kinds"):
        jvp(recursive, "k")([0.5], 0.7, k_dot=1.0)
