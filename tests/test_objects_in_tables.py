"""Objects of the module that are in its dicts and lists: their numbers are read from there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from chainrule import grad
from tests.slopes import check_slopes


@dataclass(frozen=True)
class Component:
    name: str
    critical: float
    pressure: float

    @property
    def kappa(self):
        return 0.3 * self.critical

    def attraction(self, t):
        return self.critical / self.pressure * (1 + self.kappa * math.sqrt(t / self.critical))

    def size(self):
        return self.critical / self.pressure


class Spring:
    def __init__(self, stiffness):
        self.stiffness = stiffness

    def energy(self, x):
        return self.stiffness * x * x


COMPONENTS = {
    "methane": Component("methane", 1.9, 4.0),
    "propane": Component("propane", 3.0, 5.0),
}
SPRINGS = [Spring(2.0), Spring(3.0)]


def mixture(t, p):
    parts = [COMPONENTS[name] for name in list(COMPONENTS)]
    first, second = (part.attraction(t) for part in parts)
    return first * second + p * sum(part.size() for part in parts)


def coupled(t, p):
    return sum(spring.energy(t) for spring in SPRINGS) * p


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [mixture, coupled], ids=lambda f: f.__name__)
def test_methods_of_objects_in_tables(f, mode: str) -> None:
    check_slopes(f, (1.3, 0.7), mode)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_object_is_read_from_the_table_that_holds_it(mode: str) -> None:
    gradient = grad(mixture, wrt=("t", "p"), mode=mode)
    gradient(1.3, 0.7)
    assert 'COMPONENTS["methane"]' in gradient.source
    assert "Component(" not in gradient.source
    gradient = grad(coupled, wrt=("t", "p"), mode=mode)
    gradient(1.3, 0.7)
    assert "SPRINGS[0].stiffness" in gradient.source


def test_an_object_that_takes_the_place_of_another_is_felt() -> None:
    gradient = grad(coupled, wrt="t")
    before = gradient(1.3, 0.7)
    kept = SPRINGS[0]
    SPRINGS[0] = Spring(5.0)
    try:
        assert gradient(1.3, 0.7) == pytest.approx(before + 2 * 3.0 * 1.3 * 0.7, rel=1e-12)
    finally:
        SPRINGS[0] = kept
