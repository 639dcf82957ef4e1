"""Recursion over objects, as light goes on behind a mirror: one function, however deep it goes."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import pytest

from chainrule import grad, hessian, value_and_grad
from tests.differences import partials


@dataclass
class Ray:
    x: float
    y: float
    dx: float
    dy: float

    def at(self, t: float) -> tuple[float, float]:
        return self.x + t * self.dx, self.y + t * self.dy


@dataclass
class Mirror:
    """A disc whose rim throws light back."""

    x: float
    y: float
    radius: float
    loss: float

    def meets(self, ray: Ray) -> float | None:
        x, y = ray.x - self.x, ray.y - self.y
        along = x * ray.dx + y * ray.dy
        inside = along * along - (x * x + y * y - self.radius**2)
        if inside < 0:
            return None
        t = -along - sqrt(inside)
        return t if t > 1e-9 else None


def light(mirrors: list[Mirror], ray: Ray, left: int) -> float:
    nearest, hit = None, None
    for mirror in mirrors:
        t = mirror.meets(ray)
        if t is not None and (nearest is None or t < nearest):
            nearest, hit = t, mirror
    if hit is None:
        return 1.0 + 0.5 * ray.dx + 0.1 * ray.dy * ray.dy
    if left == 0:
        return 0.0
    x, y = ray.at(nearest)
    nx, ny = (x - hit.x) / hit.radius, (y - hit.y) / hit.radius
    into = 2 * (ray.dx * nx + ray.dy * ny)
    away = Ray(x, y, ray.dx - into * nx, ray.dy - into * ny)
    return hit.loss * light(mirrors, away, left - 1) + 0.01 * nearest


def seen(radius: float, loss: float, most: int) -> float:
    mirrors = [Mirror(0.0, 2.0, radius, loss), Mirror(1.5, -1.0, 1.0, 0.9)]
    return light(mirrors, Ray(0.4, 0.0, 0.0, 1.0), most)


def seen_in_three(radius: float, loss: float) -> float:
    return seen(radius, loss, 3)


def seen_in_four(radius: float, loss: float) -> float:
    return seen(radius, loss, 4)


@pytest.mark.parametrize("most", [0, 1, 2, 5])
def test_light_is_followed_to_a_depth_known_at_run_time(most: int) -> None:
    value, slopes = value_and_grad(seen, wrt=("radius", "loss"))(1.0, 0.8, most)
    assert value == seen(1.0, 0.8, most)
    differences = partials(lambda r, k: seen(r, k, most), (1.0, 0.8))
    expected = tuple(slope for slope, _ in differences)
    assert slopes == pytest.approx(expected, rel=1e-8, abs=1e-9)


def test_second_derivatives_go_through_the_mirrors() -> None:
    slope = grad(seen_in_three)
    (curvature, _), _ = partials(slope, (1.0, 0.8))
    assert hessian(seen_in_three)(1.0, 0.8) == pytest.approx(curvature, rel=1e-7)


def test_the_text_does_not_grow_with_the_depth() -> None:
    def lines(function: Any) -> int:
        slope = grad(function, wrt=("radius", "loss"))
        slope(1.0, 0.8)
        text: str = slope.source
        assert "def light_with_slopes" in text
        return text.count("\n")

    assert lines(seen_in_four) == lines(seen_in_three) < 500
