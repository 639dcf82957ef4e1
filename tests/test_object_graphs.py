"""Graphs of objects that a function makes and walks through, as small engines of autodiff do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chainrule import value_and_grad
from tests.differences import partials


class Value:
    """A scalar that knows how to send its own gradient back."""

    def __init__(self, data, children=()):
        self.data, self.grad, self.children = data, 0.0, children
        self.send_back = lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def send_back():
            self.grad += out.grad
            other.grad += out.grad

        out.send_back = send_back
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def send_back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.send_back = send_back
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def send_back():
            self.grad += (1.0 - t * t) * out.grad

        out.send_back = send_back
        return out

    def backward(self, seen):
        order = []

        def visit(value):
            if value not in seen:
                seen.add(value) if isinstance(seen, set) else seen.append(value)
                for child in value.children:
                    visit(child)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            value.send_back()


def shared_leaf(w, x, b):
    W, X, B = Value(w), Value(x), Value(b)
    ((W * X + B).tanh() * W).backward(set())
    return W.grad * x + X.grad


def seen_in_a_list(w, x, b):
    W, X, B = Value(w), Value(x), Value(b)
    y = W * X + B
    (y * y).backward([])
    return W.grad * x + X.grad


class Neuron:
    def __init__(self, weights, bias):
        self.weights, self.bias = [Value(w) for w in weights], Value(bias)

    def __call__(self, inputs):
        total = self.bias
        for weight, each in zip(self.weights, inputs, strict=True):
            total = total + weight * each
        return total.tanh()


def network(a, b, x):
    hidden = [Neuron([a, b], 0.1), Neuron([b, 0.3], a)]
    last = Neuron([0.5, a], b)
    inputs = [Value(x), Value(-0.4)]
    out = last([neuron(inputs) for neuron in hidden])
    loss = (out + Value(-0.3)) * (out + Value(-0.3))
    loss.backward(set())
    return sum(each.grad**2 for neuron in (*hidden, last) for each in neuron.weights)


@dataclass
class Point:
    x: float
    y: float


class Keyed:
    def __init__(self, x, key):
        self.x, self.key = x, key

    def __eq__(self, other):
        return isinstance(other, Keyed) and self.key == other.key


def entries_that_are_the_same(a, b):
    p, q, other = Neuron([a], b), Neuron([b], a), Neuron([a], b)
    total = 100.0 * a if other in [p, q] else 0.0
    if p in (p, q) and q not in [p]:
        total += p.weights[0].data * q.bias.data
    return total


def entries_that_are_equal(a, b):
    found = a * b * b if Point(a, b) in [Point(b, a), Point(a, b)] else a
    keyed = [Keyed(a, 1), Keyed(b, 2)]
    return found * keyed[1].x if Keyed(0.0, 2) in keyed and Keyed(1.0, 3) not in keyed else found


def one_of_two(a, b):
    p, q = Neuron([a], b), Neuron([b], a)
    chosen = p if a > b else q
    return 2.0 * a * b if chosen in [p] else 3.0 * b


CASES: list[tuple[Callable[..., Any], tuple[float, ...]]] = [
    (shared_leaf, (0.5, 0.7, 0.1)),
    (seen_in_a_list, (0.5, 0.7, 0.1)),
    (network, (0.5, 0.7, 0.3)),
    (entries_that_are_the_same, (1.5, 2.5)),
    (entries_that_are_equal, (1.5, 2.5)),
    (one_of_two, (1.5, 2.5)),
    (one_of_two, (3.5, 2.5)),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("f", "point"), CASES, ids=lambda each: getattr(each, "__name__", None))
def test_objects_are_told_apart_by_which_they_are(
    f: Callable[..., Any], point: tuple[float, ...], mode: str
) -> None:
    names = f.__code__.co_varnames[: len(point)]
    value, slopes = value_and_grad(f, wrt=names, mode=mode)(*point)
    assert value == f(*point)
    for found, (expected, _) in zip(slopes, partials(f, point), strict=True):
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)
