"""Records: dataclasses, named tuples and dicts, in lists, in each other and through loops."""

from __future__ import annotations

import copy
import dataclasses
import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from chainrule import ChainruleError, grad, hvp, jvp, value_and_grad
from chainrule.emit.module import render
from chainrule.transforms.derive import derive
from tests import oracle
from tests.differences import along

Programs = list[tuple[Callable[..., float], tuple[Any, ...]]]
PROGRAMS: Programs = []


def program(*args: Any, into: Programs = PROGRAMS) -> Callable[[Any], Any]:
    """A function and the arguments at which its derivatives are measured."""

    def note(function: Callable[..., float]) -> Callable[..., float]:
        into.append((function, args))
        return function

    return note


@dataclass
class Body:
    mass: float
    x: float
    y: float = 0.5


@dataclass
class Layer:
    weights: list[list[float]]
    bias: list[float]
    activation: str = "tanh"


@dataclass
class Net:
    layers: list[Layer]
    scales: dict[str, float]


@dataclass
class Tree:
    value: float
    left: Tree | None = None
    right: Tree | None = None


class Point(NamedTuple):
    x: float
    y: float

    @property
    def area(self) -> float:
        return self.x * self.y


@program(1.5, 0.7)
def area_of_a_named_tuple(x, y):
    """A property whose result is a number."""
    corner = Point(x * y, math.sin(x))
    return corner.area * y


class Counter:
    """A plain class, whose attributes no field declares."""

    def __init__(self, value: float) -> None:
        self.value = value

    def halved(self, times: float) -> float:
        if times <= 0:
            return self.value
        return 0.5 * self.halved(times - 1)


# --- in each other -----------------------------------------------------------------------------


@program(
    Net([Layer([[0.1, -0.2], [0.3, 0.4]], [0.1, 0.2]), Layer([[0.5, 0.6]], [0.3], "")], {"a": 2.0})
)
def network(net):
    h = [0.7, -0.4]
    for layer in net.layers:
        z = []
        for row, b in zip(layer.weights, layer.bias, strict=True):
            s = b
            for w, v in zip(row, h, strict=True):
                s += w * v
            z.append(math.tanh(s) if layer.activation == "tanh" else s)
        h = z
    return sum(h) * net.scales["a"]


@program(Tree(1.0, Tree(2.0), Tree(3.0, Tree(0.5))))
def weighted_tree(node):
    if node is None:
        return 0.0
    return node.value**2 + 0.5 * weighted_tree(node.left) + 0.3 * weighted_tree(node.right)


@program(2.0, 7.5)
def object_handed_on_to_itself(a, n):
    counter = Counter(1.0)
    counter.value = a * a
    return counter.halved(n)


@program(Body(2.0, 3.0))
def fields_as_a_dict(body):
    return sum(value**2 for value in dataclasses.asdict(body).values()) * body.x


@program(1.3)
def sorted_by_words_that_are_known(x):
    rows = [{"name": "b", "v": x}, {"name": "a", "v": 2 * x}, {"name": "c", "v": x * x}]
    rows.sort(key=lambda row: row["name"])
    bodies = sorted([Body(2, x), Body(1, x * x), Body(1, 3 * x)], key=lambda body: body.mass)
    rows[0]["v"] *= x
    bodies[0].x += x
    return rows[0]["v"] * rows[1]["v"] + bodies[0].x * bodies[1].x * bodies[2].x


@dataclass
class Assembly:
    body: Body
    parts: list[Any]
    pair: tuple[Any, ...]
    named: dict[str, Any]


@program(2.0, 3.0)
def nested_fields_as_a_dict(x, y):
    body = Body(x, y)
    inner = Assembly(body, [y], (), {})
    whole = Assembly(body, [inner, x], (Body(y, x), 1.0), {"last": Body(x * y, x)})
    fields, row = dataclasses.asdict(whole), dataclasses.astuple(whole)
    fields["parts"][0]["body"]["x"] *= x
    total = fields["parts"][0]["body"]["x"] * whole.parts[0].body.x + fields["pair"][0]["mass"]
    return total * row[1][0][0][1] + row[3]["last"][0] * fields["named"]["last"]["x"]


@program(Body(2.0, 3.0))
def copied_and_changed(body):
    other = copy.copy(body)
    other.x *= body.mass
    pair = copy.deepcopy([other, other])
    pair[0].y += other.x
    return other.x * body.x * pair[1].y


class Metal(enum.Enum):
    STEEL = 1


@dataclass(frozen=True)
class Plan:
    rate: float
    weights: tuple[float, ...] = (0.5, 0.3)
    metal: Metal = Metal.STEEL


@program(0.3)
def texts_and_tuples_in_a_dict(rate):
    found = dataclasses.asdict(dataclasses.replace(Plan(rate), rate=rate * rate))
    return found["rate"] * found["weights"][0] + rate * (found["metal"] is Metal.STEEL)


# --- in lists of any length ----------------------------------------------------------------------


def bodies(n):
    return [Body(1.0 + 0.1 * k, math.cos(k), math.sin(1.3 * k) + 0.1 * k) for k in range(n)]


def points(n):
    return [Point(0.3 * k, math.sin(k)) for k in range(n)]


@dataclass
class Spring:
    i: int
    j: int
    k: float
    name: str = "steel"

    def energy(self, x: list[float]) -> float:
        return 0.5 * self.k * (x[self.j] - x[self.i]) ** 2


@program(bodies(4))
def pairs_of_bodies(bodies):
    total = 0.0
    for i in range(len(bodies)):
        for j in range(i + 1, len(bodies)):
            a, b = bodies[i], bodies[j]
            total -= a.mass * b.mass / math.hypot(a.x - b.x, a.y - b.y)
    return total


@program(bodies(3))
def others_than_itself(bodies):
    total = 0.0
    for a in bodies:
        for b in bodies:
            if a is not b:
                total += a.mass * b.x**2
    return total


@program([{"t": 1, "cash": 100.0, "kind": "in"}, {"t": 2, "cash": 30.0, "kind": "out"}], 0.05)
def flows_in_dicts(flows, rate):
    total = 0.0
    for flow in flows:
        amount = flow["cash"] if flow["kind"] == "in" else -flow.get("cash", 0.0)
        total += amount**2 / (1.0 + rate) ** flow["t"]
    return total


@program([([1.0, 2.0], 1.0), ([0.5, 0.1], 0.0), ([1.5, 0.3], 1.0)], [0.1, 0.2])
def samples(data, weights):
    loss = 0.0
    for features, label in data:
        z = 0.0
        for w, x in zip(weights, features, strict=True):
            z += w * x
        loss += math.log(1.0 + math.exp(-z if label > 0.5 else z)) * label**2
    return loss / len(data)


@program(points(4))
def slices_of_points(points):
    total = 0.0
    for k, q in enumerate(points[1:]):
        total += math.hypot(points[:-1][k].x - q.x, points[k].y - q.y)
    for k, p in enumerate(reversed(points)):
        total += k * p.x * p.y
    return total + points[-1].x * sum(p.y for p in points)


@program([Spring(0, 1, 2.0), Spring(1, 2, 3.0, "gum")], [0.1, 1.2, 1.9])
def methods_of_springs(springs, x):
    return sum(s.energy(x) for s in springs) + sum(s.k**2 for s in springs if s.name != "gum")


@program(bodies(4))
def the_heaviest(bodies):
    top = None
    for body in bodies:
        if top is None or body.mass > top.mass:
            top = body
    return top.x * top.y


@program(bodies(2), 3)
def written_in_place(bodies, n):
    for _ in range(n):
        for a in bodies:
            for b in bodies:
                if b is not a:
                    a.y += 0.1 * b.mass * (b.x - a.x)
        for a in bodies:
            a.x += 0.1 * a.y
    return sum(b.x**2 for b in bodies)


@program([{"name": "a", "x": 1.5}, {"name": "b", "x": 2.5}])
def words_as_keys(items):
    table = {"a": 1.0, "b": 0.5}
    for item in items:
        table[item["name"]] *= item["x"]
    return table["a"] ** 2 * table["b"]


def test_lists_of_records_of_any_length_have_one_function():
    slope = grad(pairs_of_bodies)
    slope(bodies(3))
    text = slope.source
    for n in (1, 2, 5):
        found = slope(bodies(n))
        assert slope.source == text and len(found) == n
        for k in range(n):
            measured = oracle.derivative(pairs_of_bodies, (bodies(n),), path=(k, "x"))
            assert oracle.agrees(measured, found[k].x)
    assert "bodies[0]" not in text


def annotated(flows: list[Body], points: list[Point]) -> float:
    return sum(flow.mass * flow.x for flow in flows) * sum(point.y for point in points)


def test_annotated_lists_of_records_need_no_argument():
    graphs = derive(annotated, "grad", "flows")
    source = render(graphs, target="math").source
    assert "mass = [flow.mass for flow in flows]" in source
    assert "return [Body(mass=mass, x=x, y=0.0) for mass, x in zip(" in source


def test_lists_of_records_taken_one_by_one_are_made_anew_for_lengths_and_words():
    slope = grad(words_as_keys)
    for names in ("ab", "ba", "bba", "ab"):
        items = [{"name": name, "x": 1.5 + k} for k, name in enumerate(names)]
        for k in range(len(items)):
            measured = oracle.derivative(words_as_keys, (items,), path=(k, "x"))
            assert oracle.agrees(measured, slope(items)[k]["x"])


def test_one_object_twice_in_a_list_is_refused_where_it_matters():
    one = bodies(1)[0]
    for function in (others_than_itself, lambda bodies: written_in_place(bodies, 2)):
        slope = grad(function)
        slope(bodies(2))
        with pytest.raises(ChainruleError, match=r"twice|shares"):
            slope([one, one])
    assert grad(lambda bodies: sum(b.x**2 for b in bodies))([one, one])[1].x == 2.0 * one.x


def test_what_is_written_to_records_is_there_afterwards():
    given, expected = bodies(3), bodies(3)
    assert value_and_grad(written_in_place)(given, 2)[0] == written_in_place(expected, 2)
    assert given == expected


# --- carried from step to step -------------------------------------------------------------------


@dataclass
class State:
    pos: float
    vel: float


class Vector:
    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def turned(self, angle: float) -> Vector:
        cos, sin = math.cos(angle), math.sin(angle)
        return Vector(cos * self.x - sin * self.y, sin * self.x + cos * self.y)

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y)


def advanced(s, k):
    return State(s.pos + 0.1 * s.vel, s.vel - 0.1 * k * s.pos)


@program(State(1.0, 0.2), 1.3, 6)
def state_from_outside(s, k, n):
    for _ in range(n):
        s = advanced(s, k)
    return s.pos * s.vel


@program(1.3, {"pos": 1.0, "hist": [0.5]}, 6)
def dict_made_anew(k, s, n):
    for _ in range(n):
        s = {"pos": s["pos"] * k - 0.1, "hist": s["hist"] + [s["pos"] ** 2]}
    return s["pos"] + sum(s["hist"])


@program(1.3, 6)
def last_and_this(k, n):
    last, this = State(1.0, 0.0), State(1.1, k)
    for _ in range(n):
        new = State(2 * this.pos - last.pos - 0.01 * k * this.pos, this.vel * 0.9)
        last = this
        this = new
    return this.pos * this.vel + last.vel


@program(1.3, 5)
def written_and_swapped(k, n):
    a, b = State(1.0, k), State(k, 0.5)
    for _ in range(n):
        a.pos = a.pos * 0.5 + b.vel * k
        a, b = b, a
    return a.pos * b.pos


@program(1.3, 6)
def best_so_far(k, n):
    best = None
    for i in range(n):
        s = State(math.sin(k * i), k * i)
        if best is None or s.pos > best.pos:
            best = s
    return best.vel * best.pos


@program(0.3, 6)
def methods_that_give_objects(k, n):
    v = Vector(1.0, k)
    for _ in range(n):
        v = v.turned(0.1 * k) + Vector(0.1, 0.0)
    return v.x * v.y


@program(State(1.0, 0.2), 1.3)
def made_on_one_path(start, k):
    s = start
    if k > 1.0:
        s = State(s.pos * k, s.vel)
    return s.pos * s.vel * start.vel


@program(State(1.0, 0.2), 1.3)
def written_on_one_path(start, k):
    if k > 1.0:
        start.vel = start.vel * k
    return start.pos * start.vel


@program(0.85, 4)
def page_rank(d, n):
    links = {"a": ["b", "c"], "b": ["c"], "c": ["a"]}
    rank = {page: 1.0 / len(others) for page, others in links.items()}
    for _ in range(n):
        new = {page: (1 - d) / len(others) for page, others in links.items()}
        for page, others in links.items():
            for other in others:
                new[other] += d * rank[page] / len(others)
        rank = new
    return rank["a"] ** 2 + rank["c"]


def the_other_name_is_written(k, n):
    a = State(1.0, k)
    c = a
    for i in range(n):
        a.vel = a.vel * k
        if i == 3:
            a = State(k, a.vel)
    return a.pos * c.vel


def kept_under_another_name(k, n):
    a = b = State(1.0, k)
    for _ in range(n):
        a.pos = a.pos * k
        a, b = b, a
    return a.pos + b.pos


def asked_which_it_is(k, n):
    a = State(1.0, k)
    b = a
    total = 0.0
    for _ in range(n):
        total += k if a is b else 1.0
        b = State(b.pos, b.vel * k)
    return total * b.vel


@pytest.mark.parametrize(
    "function", [the_other_name_is_written, kept_under_another_name, asked_which_it_is]
)
def test_objects_of_two_names_are_right_or_refused(function):
    try:
        slope = grad(function)(1.3, 6)
    except ChainruleError:
        return
    expected, noise = along(lambda step: function(1.3 + step, 6))
    assert slope == pytest.approx(expected, rel=1e-7, abs=noise)


# --- the laws ------------------------------------------------------------------------------------


def leaves(value: Any) -> list[float]:
    return [number for path in oracle.paths(value) for number in [oracle.look_up(value, path)]]


def moved(value: Any, direction: Any, step: float) -> Any:
    """``value`` with a multiple of ``direction`` added to every float."""
    for path in oracle.paths(value):
        number = oracle.look_up(value, path)
        if isinstance(number, float):
            dot = oracle.look_up(direction, path)
            value = oracle._replaced(value, path, number + step * dot)
    return value


def direction_at(value: Any) -> Any:
    for k, path in enumerate(oracle.paths(value)):
        number = oracle.look_up(value, path)
        dot = math.cos(1.0 + k) if isinstance(number, float) else 0
        value = oracle._replaced(value, path, dot)
    return value


@pytest.mark.parametrize(
    ("function", "args"), PROGRAMS, ids=[function.__name__ for function, _ in PROGRAMS]
)
def test_derivatives_of_records_are_those_measured(function, args):
    def fresh() -> tuple[Any, ...]:
        return copy.deepcopy(args)

    value, gradient = value_and_grad(function)(*fresh())
    assert oracle.same_bits(value, function(*fresh()))
    assert type(gradient) is type(args[0])
    direction = direction_at(fresh()[0])

    def on_line(f: Callable[..., Any]) -> Callable[[float], Any]:
        return lambda step: f(moved(fresh()[0], direction, step), *fresh()[1:])

    slope, noise = along(on_line(function))
    found = sum(a * b for a, b in zip(leaves(gradient), leaves(direction), strict=True))
    assert found == pytest.approx(slope, rel=1e-7, abs=1e-8 + noise)
    assert jvp(function)(*fresh(), direction)[1] == pytest.approx(found, rel=1e-12, abs=1e-14)
    curvature, noise = along(on_line(lambda *at: leaves(grad(function)(*at))))
    product = hvp(function)(*fresh(), direction)[1]
    assert leaves(product) == pytest.approx(list(curvature), rel=1e-6, abs=1e-7 + noise)
