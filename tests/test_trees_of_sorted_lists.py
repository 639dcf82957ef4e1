"""Trees that a recursion builds of sorted lists, as search trees are: by the lengths they have."""

from __future__ import annotations

from typing import Any

import pytest

from chainrule import UnsupportedError, value_and_grad
from tests import oracle


def weighed(tree):
    if tree is None:
        return 0.0
    return tree[0] ** 2 + 0.5 * weighed(tree[1]) + 0.3 * weighed(tree[2])


def of_numbers(numbers):
    def build(part):
        if not part:
            return None
        part = sorted(part)
        middle = len(part) // 2
        return (part[middle], build(part[:middle]), build(part[middle + 1 :]))

    return weighed(build(numbers))


def of_points(points):
    def build(part, depth=0):
        if not part:
            return None
        axis = depth % 2
        part = sorted(part, key=lambda point: point[axis])
        middle = len(part) // 2
        x, y = part[middle]
        return (x * y, build(part[:middle], depth + 1), build(part[middle + 1 :], depth + 1))

    return weighed(build(points))


def of_values(numbers):
    def build(part):
        if not part:
            return None
        middle = len(part) // 2
        return (part[middle], build(part[:middle]), build(part[middle + 1 :]))

    a, b, c = numbers
    return weighed(build(sorted([a, a * b, b - c], reverse=True)))


POINTS = [(0.0, 0.1), (2.0, 0.3), (2.2, 1.9), (1.0, 1.1)]


@pytest.mark.parametrize(
    ("f", "given"),
    [
        (of_numbers, [3.0, 1.0, 2.5, 0.7, 4.0]),
        (of_points, POINTS),
        (of_values, [1.3, 0.2, 0.7]),
    ],
)
def test_a_tree_of_a_sorted_list_is_differentiated(f: Any, given: Any) -> None:
    value, gradient = value_and_grad(f)(given)
    assert value == f(given)
    for path, verdict in oracle.gradient(f, (given,)).items():
        assert oracle.agrees(verdict, oracle.look_up(gradient, path))


def test_of_very_many_calls_a_refusal_tells_the_innermost_and_the_outermost() -> None:
    calls = tuple(f"f{k} (code.py:{k})" for k in range(100))
    lines = str(UnsupportedError("found", remedy="Do.", chain=calls)).splitlines()
    assert lines[1].strip() == "called from f99 (code.py:99)"
    assert lines[-3].strip() == "... and 92 calls more"
    assert lines[-2].strip() == "called from f0 (code.py:0)"
