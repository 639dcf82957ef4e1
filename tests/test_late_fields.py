"""Fields that a loop gives to all records of a list after they were made."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.differences import along

XS = [1.0 + 0.13 * ((7 * k) % 30) for k in range(29)]
MS = [0.4 + 0.01 * ((11 * k) % 30) for k in range(29)]


class Body:
    def __init__(self, x, m):
        self.x = x
        self.m = m

    def weigh(self, factor):
        self.weight = self.x * factor
        return self.weight


def pulled(xs, ms):
    bodies = [Body(x, m) for x, m in zip(xs, ms, strict=True) if m > 0]
    for body in bodies:
        body.force = 0.0
    for k, body in enumerate(bodies):
        for other in bodies[k + 1 :]:
            pull = (other.x - body.x) / (abs(other.x - body.x) ** 3 + 0.1)
            body.force += other.m * pull
            other.force -= body.m * pull
    for body in bodies:
        body.acceleration = body.force / body.m
    return sum(body.acceleration**2 for body in bodies)


def stepped(xs, ms):
    bodies = [Body(x, m) for x, m in zip(xs, ms, strict=True)]
    for body in bodies:
        body.v = 0.0
    for _ in range(4):
        for body in bodies:
            body.f = -body.x * body.m
        for body in bodies:
            body.v += 0.1 * body.f / body.m
            body.x += 0.1 * body.v
    return sum(body.x * body.v for body in bodies)


def ranked(xs, ms):
    rows = []
    for x, m in zip(xs, ms, strict=True):
        rows.append({"price": x, "quantity": m})
    for row in rows:
        row["value"] = row["price"] * row["quantity"]
        if row["value"] > 1:
            row["value"] *= 0.9
    total = sum(row["value"] for row in rows)
    for row in rows:
        row.update(weight=row["value"] / total)
    rows.sort(key=lambda row: -row["weight"])
    above = 0.0
    for rank, row in enumerate(rows, 1):
        above += row["weight"]
        row["above"] = above
        row["rank"] = rank
    best = max(rows, key=lambda row: row["weight"])
    return sum(row["above"] * row["rank"] for row in rows) + best["price"]


def by_a_method(xs, ms):
    bodies = [Body(x, m) for x, m in zip(xs, ms, strict=True) if x > 0]
    for body in bodies:
        body.weigh(body.m)
    return sum(body.weight**2 for body in bodies)


def counted(xs, ms):
    bodies = [Body(x, m) for x, m in zip(xs, ms, strict=True) if x > 0]
    for body in bodies:
        body.count = 0
        body.near = 0
    for body in bodies:
        for other in bodies:
            if abs(body.x - other.x) < 1.0:
                body.count += 1
                body.near += other.m * 0.5
    return sum(body.near / body.count * body.x for body in bodies)


def flagged(xs, ms):
    bodies = [Body(x, m) for x, m in zip(xs, ms, strict=True) if x > 0]
    for body in bodies:
        body.done = False
        body.distance = math.inf
    bodies[0].distance = 0.0
    total = 0.0
    for _ in range(len(bodies)):
        best = -1
        for k, body in enumerate(bodies):
            if not body.done and (best < 0 or body.distance < bodies[best].distance):
                best = k
        bodies[best].done = True
        total += bodies[best].distance
        for body in bodies:
            away = bodies[best].distance + abs(body.x - bodies[best].x) * body.m
            if not body.done and away < body.distance:
                body.distance = away
    return total


def named(xs, ms):
    bodies = [Body(x, m) for x, m in zip(xs, ms, strict=True) if x > 0]
    for body in bodies:
        body.kind = "light"
        if body.x > 3:
            body.kind = "heavy"
    return sum(body.x * body.m for body in bodies if body.kind == "heavy")


def with_others(xs, ms):
    bodies = [Body(x, m) for x, m in zip(xs, ms, strict=True)]
    for k, (body, x) in enumerate(zip(bodies, xs, strict=False)):
        body.moment = x * body.m * k
    return sum(body.moment for body in bodies)


def in_a_helper(xs, ms):
    def made():
        return [Body(x, m) for x, m in zip(xs, ms, strict=True)]

    def annotate(bodies):
        for body in bodies:
            body.moment = body.x * body.m

    bodies = made()
    annotate(bodies)
    return sum(body.moment for body in bodies) + made()[0].x


PROGRAMS = (
    pulled,
    stepped,
    ranked,
    by_a_method,
    counted,
    flagged,
    named,
    with_others,
    in_a_helper,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_fields_that_all_records_get_later_have_their_slopes(
    f: Callable[..., float], mode: Any
) -> None:
    value, (by_x, by_m) = value_and_grad(f, wrt=("xs", "ms"), mode=mode)(XS, MS)
    assert value == f(XS, MS)
    for k in range(0, len(XS), 5):
        at = [float(j == k) for j in range(len(XS))]
        moved = along(lambda h, at=at: f([x + h * d for x, d in zip(XS, at, strict=True)], MS))
        assert by_x[k] == pytest.approx(float(moved[0]), rel=1e-6, abs=1e-7)
        moved = along(lambda h, at=at: f(XS, [m + h * d for m, d in zip(MS, at, strict=True)]))
        assert by_m[k] == pytest.approx(float(moved[0]), rel=1e-6, abs=1e-7)


def test_the_records_stay_lists_of_fields() -> None:
    slope = grad(stepped)
    slope(XS, MS)
    assert slope.source.count("\n") < 80


def read_before(xs):
    total = 0.0
    bodies = [Body(x, 1.0) for x in xs]
    for body in bodies:
        total += body.late
        body.late = 1.0
    return total


def of_a_broken_loop(xs):
    bodies = [Body(x, 1.0) for x in xs]
    for body in bodies:
        body.late = body.x
        if body.x > 2:
            break
    return sum(body.late for body in bodies)


def of_some(xs):
    bodies = [Body(x, 1.0) for x in xs]
    for body in bodies:
        if body.x > 2:
            continue
        body.late = body.x
    return sum(body.late for body in bodies)


def of_a_part(xs):
    bodies = [Body(x, 1.0) for x in xs]
    for body in bodies[1:]:
        body.late = body.x
    return sum(body.late for body in bodies)


def of_a_list_that_grows(xs):
    bodies = [Body(x, 1.0) for x in xs]
    for body in bodies:
        body.late = body.x
    bodies.append(Body(xs[0], 1.0))
    return sum(body.late for body in bodies)


def on_a_path(xs):
    bodies = [Body(x, 1.0) for x in xs]
    if xs[0] > 100.0:
        for body in bodies:
            body.late = body.x
    return sum(body.late for body in bodies)


def in_a_try(xs):
    bodies = [Body(x, 1.0) for x in xs]
    try:
        for body in bodies:
            body.late = 1 / (body.x - xs[3])
    except ZeroDivisionError:
        pass
    return sum(body.late for body in bodies)


def beside_fewer(xs):
    bodies = [Body(x, 1.0) for x in xs]
    for body, x in zip(bodies, xs[1:], strict=False):
        body.late = x
    return sum(body.late for body in bodies)


MISSING = (
    read_before,
    of_a_broken_loop,
    of_some,
    of_a_part,
    of_a_list_that_grows,
    on_a_path,
    in_a_try,
    beside_fewer,
)


@pytest.mark.parametrize("f", MISSING, ids=lambda f: f.__name__)
def test_a_field_that_a_record_may_lack_is_never_read(f: Callable[..., float]) -> None:
    with pytest.raises(AttributeError):
        f(XS)
    with pytest.raises((UnsupportedError, AttributeError)):
        grad(f)(XS)


def test_a_record_of_a_list_that_was_sorted_since_is_refused() -> None:
    def f(xs):
        bodies = [Body(x, x * x) for x in xs if x > 0]
        for body in bodies:
            body.late = body.x
        bodies.sort(key=lambda each: each.m)
        return body.late * bodies[0].x

    with pytest.raises(UnsupportedError, match="sorted since"):
        grad(f)(XS)


def test_what_is_summed_at_once_is_not_copied() -> None:
    slope = grad(ranked)
    slope(XS, MS)
    assert "= sum(value)" in slope.source
    assert "sum(list(" not in slope.source
