"""Whether an object in a list has an attribute is answered as Python answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests.differences import along


class Body:
    def __init__(self, m, x):
        self.m, self.x = m, x


def with_a_default(x, n):
    bodies = [Body(x, x * k) for k in range(n)]
    return sum(b.x * getattr(b, "m", 2.0) for b in bodies)


def asked_before(x, n):
    bodies = []
    for k in range(n):
        bodies.append(Body(x, x * k))
    total = 0.0
    for b in bodies:
        b.x += 1.0
        if hasattr(b, "m"):
            total += b.m * b.x
        if hasattr(b, "spin"):
            total += b.spin
    return total


def after_sorting(x, n):
    bodies = []
    for k in range(n):
        bodies.append(Body(x, x / (k + 1)))
    bodies.sort(key=lambda b: b.x)
    bodies[0].x *= 2.0
    return sum(getattr(b, "m", 3.0) * getattr(b, "spin", b.x) for b in bodies)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [with_a_default, asked_before, after_sorting])
def test_objects_that_a_function_lists_have_their_attributes(
    f: Callable[..., Any], mode: str
) -> None:
    value, slope = value_and_grad(f, mode=mode)(1.2, 5)
    expected, noise = along(lambda h: f(1.2 + h, 5))
    assert value == f(1.2, 5)
    assert slope == pytest.approx(float(expected), rel=1e-8, abs=noise)


def test_objects_of_the_callers_that_are_written_to_have_their_attributes() -> None:
    def doubled(bodies):
        for b in bodies:
            b.x = b.x * 2.0
        return sum(b.x * getattr(b, "m", 2.0) for b in bodies)

    bodies = [Body(1.0, 2.0), Body(3.0, 4.0)]
    value, slopes = value_and_grad(doubled)(bodies)
    assert value == 28.0
    assert [(b.m, b.x) for b in slopes] == [(4.0, 2.0), (8.0, 6.0)]
    assert [b.x for b in bodies] == [4.0, 8.0]
