"""Sets of objects that a function makes, and an autograd engine that uses them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import value_and_grad
from tests import oracle


class Value:
    """A number that knows from which others it was computed."""

    def __init__(self, data, children=(), op=""):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = set(children)
        self._op = op

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, power):
        assert isinstance(power, (int, float)), "powers are numbers"
        out = Value(self.data**power, (self,), f"**{power}")

        def _backward():
            self.grad += (power * self.data ** (power - 1)) * out.grad

        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,), "tanh")

        def _backward():
            self.grad += (1 - t * t) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        order = []
        visited = set()

        def visit(value):
            if value not in visited:
                visited.add(value)
                for child in value._prev:
                    visit(child)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            value._backward()

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1


class Neuron:
    def __init__(self, weights, bias):
        self.weights = [Value(weight) for weight in weights]
        self.bias = Value(bias)

    def __call__(self, inputs):
        terms = (weight * x for weight, x in zip(self.weights, inputs, strict=True))
        return sum(terms, self.bias).tanh()

    def parameters(self):
        return [*self.weights, self.bias]


def forward(x):
    a, b = Value(x), Value(2.0)
    return ((a * b + b**2) * a).tanh().data + (a / b).data


def swept_back(x):
    a, b = Value(x), Value(2.0)
    d = ((a * b + b**2) * a).tanh() + a / b
    d.backward()
    return a.grad + 2.0 * b.grad


def squared(x):
    a = Value(x)
    c = a * a + a * 3.0
    c.backward()
    return a.grad * c.data


def trained(x):
    neuron = Neuron([x, 0.7], 0.1)
    for _ in range(2):
        loss = (neuron([0.5, -1.0]) - 0.3) ** 2
        for parameter in neuron.parameters():
            parameter.grad = 0.0
        loss.backward()
        for parameter in neuron.parameters():
            parameter.data += -0.1 * parameter.grad
    return loss.data


class Layer:
    def __init__(self, rows):
        self.neurons = [Neuron(row, 0.1) for row in rows]

    def __call__(self, inputs):
        outputs = [neuron(inputs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]


class Network:
    def __init__(self, layers):
        self.layers = [Layer(rows) for rows in layers]

    def __call__(self, inputs):
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


def network_swept_back(x):
    network = Network([[[x, 0.7], [-0.2, 0.4]], [[0.3, -0.6]]])
    network([Value(0.5), Value(-1.0)]).backward()
    return sum(parameter.grad**2 for parameter in network.parameters())


def network_trained(rate):
    network = Network([[[0.3, 0.7], [-0.2, 0.4]], [[0.3, -0.6]]])
    for _ in range(2):
        loss = (network([0.5, -1.0]) - 0.3) ** 2
        for parameter in network.parameters():
            parameter.grad = 0.0
        loss.backward()
        for parameter in network.parameters():
            parameter.data += -rate * parameter.grad
    return loss.data


class Part:
    def __init__(self, mass):
        self.mass = mass


def counted_once(x):
    first, second = Part(x), Part(x * x)
    total, seen = 0.0, set()
    for part in (first, second, first):
        if part not in seen:
            seen.add(part)
            total += part.mass
    return total * len(seen)


def of_sets(x):
    a, b, c = Part(x), Part(x * x), Part(2.0)
    left, right = {a, b, a}, {b, c}
    both = left & right
    every = left | right
    every.discard(c)
    every.update([a])
    left.remove(b)
    alone = set(right - left)
    assert isinstance(both, set) and a not in both
    masses = sorted(part.mass for part in alone)
    return sum(part.mass for part in every) * masses[0] + sum(part.mass for part in left) * len(
        both
    )


class Tree:
    def __init__(self, value):
        self.value = value
        self.children = []


def of_a_tree(x):
    root, left = Tree(x), Tree(x * x)
    root.children = [left, Tree(2.0)]
    left.children.append(Tree(3.0 * x))

    def total(tree):
        return tree.value + sum(0.5 * total(child) for child in tree.children)

    return total(root)


PROGRAMS = [
    forward,
    swept_back,
    squared,
    trained,
    network_swept_back,
    network_trained,
    counted_once,
    of_sets,
    of_a_tree,
]


@pytest.mark.parametrize("mode", ["auto", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_sets_of_objects_are_lifted(f: Any, mode: str) -> None:
    value, slope = chainrule.value_and_grad(f, mode=mode)(0.3)
    assert math.isclose(value, f(0.3), rel_tol=1e-15)
    for path, verdict in oracle.gradient(f, (0.3,)).items():
        assert oracle.agrees(verdict, oracle.look_up(slope, path))


def test_an_engine_that_differentiates_is_differentiated_without_its_graph() -> None:
    source = chainrule.grad(swept_back).source
    assert "visited" not in source and "for " not in source


def taken_out(x):
    part = Part(x)
    seen = set()
    seen.add(part)
    seen.remove(Part(x))
    return part.mass


def test_what_a_set_of_objects_raises_is_raised() -> None:
    with pytest.raises(KeyError):
        taken_out(0.3)
    with pytest.raises(KeyError):
        chainrule.grad(taken_out)(0.3)


def given_back(x):
    return {Part(x), Part(2.0)}


def test_a_set_of_objects_is_no_result() -> None:
    with pytest.raises(chainrule.UnsupportedError, match="a set as a result"):
        chainrule.jvp(given_back)(0.3, x_dot=1.0)


def among_known_entries(x: float) -> float:
    fixed = {0, 5}
    free = sorted(set(range(6)) - fixed, reverse=True)
    chosen = ({1, 2} | {3}) & {2, 3, 4}
    chosen.add(5)
    stiffness = np.eye(6) * x + 0.1
    inner = stiffness[np.ix_(free, free)]
    moved = np.linalg.solve(inner, np.arange(4.0)).sum()
    return float(moved) + sum(x**k for k in sorted(chosen)) + len({1, 2} ^ {2}) * x


def test_sets_of_known_entries_are_known() -> None:
    value, slope = value_and_grad(among_known_entries)(0.7)
    assert value == among_known_entries(0.7)
    assert oracle.agrees(oracle.derivative(among_known_entries, (0.7,)), slope)
