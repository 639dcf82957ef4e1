"""Records: dataclasses, named tuples and dicts, in lists, in each other and through loops."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import oracle
import pytest
from differences import along

from chainrule import grad, hvp, jvp, value_and_grad

PROGRAMS: list[tuple[Callable[..., float], tuple[Any, ...]]] = []


def program(*args: Any) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """A function and the arguments at which its derivatives are measured."""

    def note(function: Callable[..., float]) -> Callable[..., float]:
        PROGRAMS.append((function, args))
        return function

    return note


@dataclass
class Body:
    mass: float
    x: float
    y: float = 0.5


@dataclass
class Layer:
    weights: list[list[float]]
    bias: list[float]
    activation: str = "tanh"


@dataclass
class Net:
    layers: list[Layer]
    scales: dict[str, float]


@dataclass
class Tree:
    value: float
    left: Tree | None = None
    right: Tree | None = None


class Point(NamedTuple):
    x: float
    y: float


class Counter:
    """A plain class, whose attributes no field declares."""

    def __init__(self, value: float) -> None:
        self.value = value

    def halved(self, times: float) -> float:
        if times <= 0:
            return self.value
        return 0.5 * self.halved(times - 1)


# --- in each other -----------------------------------------------------------------------------


@program(
    Net([Layer([[0.1, -0.2], [0.3, 0.4]], [0.1, 0.2]), Layer([[0.5, 0.6]], [0.3], "")], {"a": 2.0})
)
def network(net):
    h = [0.7, -0.4]
    for layer in net.layers:
        z = []
        for row, b in zip(layer.weights, layer.bias, strict=True):
            s = b
            for w, v in zip(row, h, strict=True):
                s += w * v
            z.append(math.tanh(s) if layer.activation == "tanh" else s)
        h = z
    return sum(h) * net.scales["a"]


@program(Tree(1.0, Tree(2.0), Tree(3.0, Tree(0.5))))
def weighted_tree(node):
    if node is None:
        return 0.0
    return node.value**2 + 0.5 * weighted_tree(node.left) + 0.3 * weighted_tree(node.right)


@program(2.0, 7.5)
def object_handed_on_to_itself(a, n):
    counter = Counter(1.0)
    counter.value = a * a
    return counter.halved(n)


@program(Body(2.0, 3.0))
def fields_as_a_dict(body):
    return sum(value**2 for value in dataclasses.asdict(body).values()) * body.x


@program(Body(2.0, 3.0))
def copied_and_changed(body):
    other = copy.copy(body)
    other.x *= body.mass
    pair = copy.deepcopy([other, other])
    pair[0].y += other.x
    return other.x * body.x * pair[1].y


# --- the laws ------------------------------------------------------------------------------------


def leaves(value: Any) -> list[float]:
    return [number for path in oracle.paths(value) for number in [oracle.look_up(value, path)]]


def moved(value: Any, direction: Any, step: float) -> Any:
    """``value`` with a multiple of ``direction`` added to every float."""
    for path in oracle.paths(value):
        number = oracle.look_up(value, path)
        if isinstance(number, float):
            dot = oracle.look_up(direction, path)
            value = oracle._replaced(value, path, number + step * dot)
    return value


def direction_at(value: Any) -> Any:
    for k, path in enumerate(oracle.paths(value)):
        number = oracle.look_up(value, path)
        dot = math.cos(1.0 + k) if isinstance(number, float) else 0
        value = oracle._replaced(value, path, dot)
    return value


@pytest.mark.parametrize(
    ("function", "args"), PROGRAMS, ids=[function.__name__ for function, _ in PROGRAMS]
)
def test_derivatives_of_records_are_those_measured(function, args):
    def fresh() -> tuple[Any, ...]:
        return copy.deepcopy(args)

    value, gradient = value_and_grad(function)(*fresh())
    assert oracle.same_bits(value, function(*fresh()))
    assert type(gradient) is type(args[0])
    direction = direction_at(fresh()[0])

    def on_line(f: Callable[..., Any]) -> Callable[[float], Any]:
        return lambda step: f(moved(fresh()[0], direction, step), *fresh()[1:])

    slope, noise = along(on_line(function))
    found = sum(a * b for a, b in zip(leaves(gradient), leaves(direction), strict=True))
    assert found == pytest.approx(slope, rel=1e-7, abs=1e-8 + noise)
    assert jvp(function)(*fresh(), direction)[1] == pytest.approx(found, rel=1e-12, abs=1e-14)
    curvature, noise = along(on_line(lambda *at: leaves(grad(function)(*at))))
    product = hvp(function)(*fresh(), direction)[1]
    assert leaves(product) == pytest.approx(list(curvature), rel=1e-6, abs=1e-7 + noise)
