"""Objects that names take turns at, and that are written to under these names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, hvp, value_and_grad
from tests.differences import along

POINTS = [(0.7, 1.3), (1.3, 0.7), (0.4, 0.9)]


class Body:
    def __init__(self, v):
        self.v = v
        self.w = 0.0

    def push(self, k):
        if self.v > k:
            self.w += self.v * k
        else:
            self.v = self.v + 0.1 * k
        return self


def swapped(x, y):
    p, q = Body(x), Body(y)
    for k in range(5):
        if p.v < q.v:
            p, q = q, p
        q.v += 0.7 * x
        p.w += q.v * k
    return p.w * q.v


def by_methods(x, y):
    p, q = Body(x), Body(y)
    for k in range(4):
        p.push(0.1 * k).push(q.v * 0.5)
        if p.v > q.v:
            p, q = q, p
    return p.v * p.w + q.w + q.v**2


def in_a_row(x, y):
    p, q = Body(x), Body(y)
    p.push(0.2).push(q.v)
    if p.v > q.v:
        p, q = q, p
    p.push(0.3).push(q.v)
    if p.v > q.v:
        p, q = q, p
    return p.push(0.4).w * q.v + p.v


def three(x, y):
    worst, middle, best = Body(x), Body(y), Body(x * y)
    for _ in range(6):
        if middle.v < best.v:
            middle, best = best, middle
        if worst.v < middle.v:
            worst, middle = middle, worst
        worst.v = 0.5 * (middle.v + best.v) - 0.1 * worst.v
        best.w += worst.v
    return best.v + 2 * middle.v * worst.v + best.w


def seen_under_the_first_names(x, y):
    first, second = Body(x), Body(y)
    p, q = first, second
    for _ in range(3):
        if p.v < q.v:
            p, q = q, p
        p.v *= 0.6
        q.w += p.v * y
    return first.v * first.w + 3 * second.v + second.w**2


def chosen_later(x, y):
    p, q, best = Body(x), Body(y), None
    for _ in range(5):
        if p.v < q.v:
            p, q = q, p
        q.v += 0.7 * x
        p.w += q.v
        if best is None or p.w > best.w:
            best = p
    return p.w * q.v + best.v


class Holder:
    def __init__(self):
        self.body = None


def held_later(x, y):
    p, q, holder = Body(x), Body(y), Holder()
    for k in range(5):
        if p.v < q.v:
            p, q = q, p
        q.v += 0.7 * x
        if k == 2:
            holder.body = p
        if holder.body is not None:
            holder.body.w += y
    return p.v * q.v + p.w * y + q.w * x


PROGRAMS = (
    chosen_later,
    held_later,
    swapped,
    by_methods,
    in_a_row,
    three,
    seen_under_the_first_names,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("point", POINTS, ids=str)
def test_objects_that_change_names_have_the_slopes_of_what_they_hold(
    f: Callable[[float, float], float], mode: Any, point: tuple[float, float]
) -> None:
    value, slopes = value_and_grad(f, wrt=("x", "y"), mode=mode)(*point)
    assert value == f(*point)
    for k, slope in enumerate(slopes):
        wanted = along(lambda h, k=k: f(*(p + h * (j == k) for j, p in enumerate(point))))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_objects_that_change_names_have_second_derivatives(
    f: Callable[[float, float], float],
) -> None:
    x, y = POINTS[0]
    slope = grad(f, wrt=("x", "y"))
    product = hvp(f, wrt=("x", "y"))(x, y, 0.3, -0.8)[1]
    for k, found in enumerate(product):
        wanted = along(lambda h, k=k: slope(x + 0.3 * h, y - 0.8 * h)[k])[0]
        assert found == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)


def test_what_is_never_none_is_not_asked_whether_it_is() -> None:
    slope = grad(swapped, wrt=("x", "y"))
    slope(0.7, 1.3)
    assert "None" not in slope.source


def test_what_may_be_none_is_asked_where_objects_change_names() -> None:
    def f(x, y):
        p, q, late = Body(x), Body(y), None
        for _ in range(4):
            if p.v < q.v:
                p, q = q, p
            q.v += 0.7 * x
        if p.v > 50.0:
            late = p
        return p.v * q.v + late.v

    slope = grad(f, wrt=("x", "y"))
    with pytest.raises(AttributeError):
        slope(0.7, 1.3)
    value, slopes = value_and_grad(f, wrt=("x", "y"))(0.7, 60.0)
    assert value == f(0.7, 60.0)
    for k, found in enumerate(slopes):
        wanted = along(lambda h, k=k: f(0.7 + h * (k == 0), 60.0 + h * (k == 1)))[0]
        assert found == pytest.approx(float(wanted), rel=1e-7)
