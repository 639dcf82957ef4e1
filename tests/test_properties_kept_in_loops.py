"""Properties that are computed and kept in a step of a loop: ``functools.cached_property``."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests.differences import along


class Mesh:
    def __init__(self, nodes: Any) -> None:
        self.nodes = nodes

    @functools.cached_property
    def lengths(self):
        return np.diff(self.nodes)

    @functools.cached_property
    def width(self):
        return self.nodes[1] * 2.0

    @property
    def count(self):
        return len(self.nodes)

    def elements(self):
        for i in range(self.count - 1):
            yield i, i + 1


def by_elements(x, mesh):
    total = 0.0
    for i, j in mesh.elements():
        total += x * x * mesh.lengths[i] * mesh.nodes[j]
    return total


def number(x, mesh):
    total = 0.0
    for k in range(len(mesh.nodes) - 1):
        total += x**k * mesh.width
    return total


def in_two_loops(x, mesh):
    total = 0.0
    for k in range(3):
        for i in range(mesh.count - 1):
            total += x**k * mesh.lengths[i] ** 2
    return total


def assembled(x, mesh):
    total = 0.0
    for i in range(mesh.count - 1):
        total += x * x * mesh.lengths[i]
    return total


def in_a_helper(x, mesh):
    total = 0.0
    for k in range(4):
        total += assembled(x + k, mesh)
    return total


def until_large(x, mesh):
    total = 0.0
    for _ in range(50):
        for i, _j in mesh.elements():
            total += x * mesh.lengths[i]
        if total > 5.0:
            break
    else:
        raise RuntimeError
    return total * x


def kept_while_the_nodes_change(x, mesh):
    total = 0.0
    for k in range(len(mesh.nodes)):
        total += x * mesh.lengths[0] * mesh.nodes[1]
        mesh.nodes = mesh.nodes * (2.0 + k)
    return total


FUNCTIONS = [
    by_elements,
    number,
    in_two_loops,
    in_a_helper,
    until_large,
    kept_while_the_nodes_change,
]


def mesh(scale: float = 1.0) -> Mesh:
    return Mesh(scale * np.linspace(0.0, 1.0, 4) ** 2)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_what_a_step_keeps_is_what_later_steps_read(f):
    value, slope = value_and_grad(f)(1.5, mesh())
    assert value == f(1.5, mesh())
    found, noise = along(lambda h: f(1.5 + h, mesh()))
    assert abs(slope - found) <= 1e-9 + noise


@pytest.mark.parametrize("f", FUNCTIONS)
def test_it_is_felt_through_the_attributes_that_it_is_made_of(f):
    def of_scale(scale, x):
        return f(x, Mesh(scale * np.linspace(0.0, 1.0, 4) ** 2))

    found, noise = along(lambda h: of_scale(1.2 + h, 1.5))
    assert abs(grad(of_scale)(1.2, 1.5) - found) <= 1e-8 + noise


def test_what_the_loop_assigns_is_assigned_beside_what_it_keeps():
    ours, theirs = mesh(), mesh()
    value_and_grad(kept_while_the_nodes_change)(1.5, ours)
    kept_while_the_nodes_change(1.5, theirs)
    assert np.array_equal(ours.nodes, theirs.nodes)
