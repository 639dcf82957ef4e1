"""Keys of dicts in sets and in the order of what they lead to: shortest paths and greedy picks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests.differences import along

POINT = (0.5, 0.7, 0.3, 0.9, 1.6)


class Place:
    def __init__(self, name):
        self.name = name
        self.roads = {}


class Map:
    def __init__(self):
        self.places = {}

    def add(self, a, b, length):
        for name in (a, b):
            self.places.setdefault(name, Place(name))
        self.places[a].roads[b] = length
        self.places[b].roads[a] = length

    def distance(self, a, b):
        found = dict.fromkeys(self.places, math.inf)
        found[a] = 0.0
        todo = set(self.places)
        while todo:
            name = min(sorted(todo), key=found.__getitem__)
            todo.discard(name)
            if name == b:
                break
            for other, length in self.places[name].roads.items():
                if found[name] + length < found[other]:
                    found[other] = found[name] + length
        return found[b]


def shortest(v, w, x, y, z):
    roads = Map()
    for a, b, length in (("a", "b", v), ("b", "c", w), ("a", "c", x), ("c", "d", y), ("b", "d", z)):
        roads.add(a, b, length)
    return roads.distance("a", "d") ** 2


def greedy(v, w, x, y, z):
    price = {"v": v, "w": w, "x": x}
    left = set(price)
    total = y
    while left:
        name = min(left, key=price.get)
        left.discard(name)
        total = total * z + price[name]
        for other in sorted(left):
            price[other] = price[other] * 1.1
    return total


def objects_by_name(v, w, x, y, z):
    places = {"v": Place("v"), "w": Place("w")}
    for place, size in zip(places.values(), (v, w), strict=True):
        place.size = size
    left = set(places)
    total = x
    while left:
        name = min(sorted(left))
        left.discard(name)
        total = total * y + places[name].size * z
    return total


def in_order(v, w, x, y, z):
    size = {"v": v, "w": w * z, "x": x}
    names = sorted(size, key=size.__getitem__, reverse=True)
    return size[names[0]] * y + size[names[1]] ** 2


@pytest.mark.parametrize(
    "f", [shortest, greedy, objects_by_name, in_order], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_keys_are_taken_in_the_order_of_what_they_lead_to(
    f: Callable[..., float], mode: Any
) -> None:
    value, slopes = value_and_grad(f, wrt=tuple("vwxyz"), mode=mode)(*POINT)
    assert value == f(*POINT)
    for k, slope in enumerate(slopes):
        wanted = along(lambda h, k=k: f(*(p + h * (j == k) for j, p in enumerate(POINT))))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-8, abs=1e-9)
