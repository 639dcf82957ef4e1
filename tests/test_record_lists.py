"""Lists of records written to in loops, and made by the function: one derivative for any length."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from chainrule import ChainruleError, grad, hvp, value_and_grad
from tests.differences import along
from tests.test_records import Programs, direction_at, leaves, moved
from tests.test_records import program as records_program

PROGRAMS: Programs = []
program = functools.partial(records_program, into=PROGRAMS)


@dataclass
class Body:
    mass: float
    x: float
    v: float

    def kick(self, force: float, dt: float) -> None:
        self.v += force / self.mass * dt

    @property
    def energy(self) -> float:
        return 0.5 * self.mass * self.v**2


@dataclass(frozen=True)
class Vec:
    x: float
    y: float

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)


@dataclass
class Particle:
    pos: Vec
    vel: Vec


class Pair(NamedTuple):
    x: float
    y: float


def bodies(n: int) -> list[Body]:
    return [Body(1.0 + 0.3 * k, 0.7 * k + 0.1, 0.2 - 0.1 * k) for k in range(n)]


@program(bodies(3), 3)
def pulled_by_each_other(bodies, n):
    for _ in range(n):
        for i, a in enumerate(bodies):
            for b in bodies[i + 1 :]:
                force = a.mass * b.mass * (b.x - a.x)
                a.kick(force, 0.1)
                b.kick(-force, 0.1)
        for b in bodies:
            b.x += 0.1 * b.v
    return sum(b.energy for b in bodies)


@program([{"x": 0.3, "v": 1.0}, {"x": 0.8, "v": -0.2}], 3)
def dicts_that_bounce(balls, n):
    for _ in range(n):
        for ball in balls:
            ball["x"] += 0.2 * ball["v"]
            if ball["x"] > 0.6:
                ball["v"] *= -0.9
    return sum(ball["x"] * ball["v"] for ball in balls)


@program([Particle(Vec(0.1, 0.2), Vec(1.0, 0.0)), Particle(Vec(0.5, 0.1), Vec(0.3, 0.4))], 3)
def records_in_records(particles, n):
    for _ in range(n):
        for p in particles:
            p.pos = p.pos + p.vel * 0.1
            p.vel = p.vel * p.pos.x
    return sum(p.pos.x * p.pos.y + p.vel.x for p in particles)


@program(bodies(4))
def parts_orders_and_choices_are_written_through(bodies):
    for b in bodies[1:3]:
        b.x *= 2.0
    for b in bodies[-2:]:
        b.v += b.x
    bodies[:2][-1].x *= 3.0
    order = sorted(bodies, key=lambda b: -b.v)
    order[0].v = order[-1].x ** 2
    heavy = [b for b in bodies if b.mass > 1.2]
    for b in heavy:
        b.x *= b.v
    top = max(bodies, key=lambda b: b.x)
    top.x += 1.5 * top.v
    return sum(b.x * b.v * k for k, b in enumerate(bodies, 1)) + len(bodies[1:])


@program(bodies(3), 4)
def names_swapped_from_step_to_step(bodies, n):
    a, b = bodies[0], bodies[1]
    for _ in range(n):
        a.x = a.x * 0.5 + b.v
        b.v += 0.1 * a.x
        a, b = b, a
    return sum(b.x * b.v for b in bodies) + (a.x if a is not bodies[-1] else 0.0)


@program(0.3, 6)
def path_of_objects(k, n):
    path = [Body(1.0, k, 0.5)]
    while path[-1].x < 2.0 and len(path) < n:
        last = path[-1]
        path.append(Body(1.0, last.x * (1 + k), last.v * k))
        path[0].v += 0.1 * last.x
    return sum(math.hypot(b.x - path[k].x, b.v) for k, b in enumerate(path[1:]))


@program([0.1, 0.4, 0.9], 4)
def population_made_anew_in_each_step(xs, n):
    parts = [Pair(x, 1.0) for x in xs]
    for _ in range(n):
        parts = [Pair(p.x * 0.9 + p.y, p.y - 0.3 * p.x) for p in parts]
    best = max(parts, key=lambda p: p.x * p.y)
    return sum(p.x * p.y for p in parts) * best.x


@program(0.7, 5)
def dicts_sorted_by_what_they_hold(x, n):
    rows = []
    for k in range(n):
        rows.append({"place": k, "value": math.sin(k * x), "weight": 1.0 + k})
    rows.sort(key=lambda row: row["value"], reverse=True)
    for i, row in enumerate(rows):
        row["value"] *= i + 1
    return sum(row["value"] * row["weight"] for row in rows[:3])


@program(1.3, 4)
def dicts_sorted_in_every_step(x, n):
    rows = [{"value": x * k, "age": 1.0} for k in (1.0, -2.0, 3.0, 0.5)]
    total = 0.0
    for _ in range(n):
        rows.sort(key=lambda row: row["value"])
        rows[0]["value"] = 0.7 - 0.5 * rows[0]["value"]
        best = rows[-1]
        best["age"] += 0.1
        total += best["value"] * best["age"] + rows[1]["age"]
    return total


@program(1.3, 5)
def worst_of_a_simplex_replaced(x, n):
    def height(p):
        return (p[0] - x) ** 2 + p[1] ** 2

    simplex = [{"at": p, "height": height(p)} for p in ([0.0, x], [1.0, 0.2], [0.3, 1.0])]
    for _ in range(n):
        simplex.sort(key=lambda corner: corner["height"])
        worst = simplex[-1]["at"]
        p = [simplex[0]["at"][j] + simplex[1]["at"][j] - worst[j] for j in range(2)]
        simplex[-1] = {"at": p, "height": height(p)}
    return simplex[0]["height"] + simplex[2]["at"][0]


@program(0.7, 4)
def stack_of_tuples(x, n):
    stack = [(x, 0)]
    total = 0.0
    while stack:
        value, level = stack.pop()
        total += value * (level + 1)
        if level < n:
            stack.append((value * 0.5, level + 1))
            stack.append((value * x, level + 2))
    return total


@pytest.mark.parametrize(("function", "args"), PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_derivatives_of_lists_of_records_are_those_measured(function, args):
    def fresh() -> tuple[Any, ...]:
        return copy.deepcopy(args)

    direction = direction_at(fresh()[0])

    def on_line(f: Callable[..., Any]) -> Callable[[float], Any]:
        return lambda step: f(moved(fresh()[0], direction, step), *fresh()[1:])

    slope, noise = along(on_line(function))
    weights = leaves(direction)
    for mode in ("reverse", "forward"):
        given, expected = fresh(), fresh()
        value, gradient = value_and_grad(function, mode=mode)(*given)
        assert value == function(*expected) and given == expected
        found = sum(a * b for a, b in zip(leaves(gradient), weights, strict=True))
        assert found == pytest.approx(slope, rel=1e-7, abs=1e-8 + noise)
    curvature, noise = along(on_line(lambda *at: leaves(grad(function)(*at))))
    product = hvp(function)(*fresh(), direction)[1]
    assert leaves(product) == pytest.approx(list(curvature), rel=1e-6, abs=1e-7 + noise)


def test_what_is_written_to_has_one_function_for_every_length():
    slope = grad(pulled_by_each_other)
    slope(bodies(3), 2)
    text = slope.source
    assert "bodies[0]" not in text and "for i in range" in text
    slope(bodies(5), 2)
    assert slope.source == text


# --- never silently wrong ------------------------------------------------------------------------


def other_name_writes(k, n):
    path = []
    for _ in range(n):
        b = Body(1.0, k, 0.5)
        path.append(b)
        b.x = b.x * 2.0 + k
    return sum(b.x * b.v for b in path)


def list_writes_name_reads(k, n):
    path, total = [], 0.0
    for _ in range(n):
        b = Body(1.0, k, 0.5)
        path.append(b)
        path[-1].x = k * k
        total += b.x
    return total


def one_object_twice(k, n):
    b = Body(1.0, k, 0.5)
    path = []
    for _ in range(n):
        path.append(b)
    path[0].x = 3.0 * k
    return sum(b.x * k for b in path)


def found_from_the_end_before_it_grew(k, n):
    path = []
    for i in range(n):
        path.append(Body(1.0, k * i, 0.5))
    b = path[n - 6]
    path.append(Body(1.0, k, k))
    return b.x * path[-1].v


def held_while_sorted(k, n):
    rows = [{"v": k * c} for c in (1.0, -2.0, 3.0)]
    first = rows[0]
    rows.sort(key=lambda row: row["v"])
    first["v"] *= 10.0
    return rows[0]["v"] + 2.0 * rows[1]["v"] + 3.0 * first["v"]


def held_from_the_step_before(k, n):
    rows = [{"v": k * c} for c in (1.0, -2.0, 3.0)]
    best, total = None, 0.0
    for _ in range(3):
        if best is not None:
            total += best["v"]
        rows.sort(key=lambda row: row["v"])
        best = rows[0]
        best["v"] += 3.0 * k
    return total + best["v"]


def part_of_a_list_before_it_was_sorted(k, n):
    rows = [{"v": k * c} for c in (1.0, -2.0, 3.0)]
    top = rows[:2]
    rows.sort(key=lambda row: row["v"])
    return 3.0 * top[0]["v"] + rows[0]["v"]


@pytest.mark.parametrize(
    "function",
    [
        other_name_writes,
        list_writes_name_reads,
        one_object_twice,
        found_from_the_end_before_it_grew,
        held_while_sorted,
        held_from_the_step_before,
        part_of_a_list_before_it_was_sorted,
    ],
)
def test_objects_of_two_names_are_right_or_refused(function):
    try:
        slope = grad(function)(0.3, 4)
    except ChainruleError:
        return
    expected, noise = along(lambda step: function(0.3 + step, 4))
    assert slope == pytest.approx(expected, rel=1e-7, abs=noise)


def test_a_part_of_a_list_has_no_entries_beyond_its_end():
    def beyond(bodies, k):
        bodies[:2][k].x *= 2.0
        return bodies[0].x + bodies[2].x

    slope = grad(beyond)
    assert (slope(bodies(3), 0)[0].x, slope(bodies(3), -2)[0].x, slope(bodies(3), -1)[0].x) == (
        2.0,
        2.0,
        1.0,
    )
    for k in (2, -3):
        with pytest.raises(IndexError, match="list index out of range"):
            slope(bodies(3), k)
