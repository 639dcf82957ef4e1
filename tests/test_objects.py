"""Objects as their classes define them: operators, properties, constructors, patterns."""

from __future__ import annotations

import ast
import copy
import dataclasses
import math
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

from chainrule import ChainruleError, UnsupportedError, grad, hvp, jvp, value_and_grad
from tests import oracle
from tests.differences import along

PROGRAMS: list[tuple[Callable[[float], float], float]] = []


def program(at: float) -> Callable[[Callable[[float], float]], Callable[[float], float]]:
    """A function of one number and where its derivatives are measured."""

    def note(function: Callable[[float], float]) -> Callable[[float], float]:
        PROGRAMS.append((function, at))
        return function

    return note


class Vec:
    def __init__(self, *parts: float) -> None:
        self.parts = list(parts)

    def __add__(self, other):
        if not isinstance(other, Vec):
            return NotImplemented
        return Vec(*(a + b for a, b in zip(self, other, strict=True)))

    def __radd__(self, other):
        return Vec(*(other + part for part in self.parts))

    def __mul__(self, k):
        return Vec(*(k * part for part in self.parts))

    __rmul__ = __mul__

    def __neg__(self):
        return Vec(*[-part for part in self.parts])

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self.parts, other.parts, strict=True))

    def __iter__(self):
        return iter(self.parts)

    def __getitem__(self, i):
        return self.parts[i]

    def __setitem__(self, i, value):
        self.parts[i] = value

    def __len__(self):
        return len(self.parts)

    def __abs__(self):
        return math.sqrt(self @ self)

    def __eq__(self, other):
        return self.parts == other.parts

    def __lt__(self, other):
        return abs(self) < abs(other)

    def __iadd__(self, other):
        for i in range(len(self.parts)):
            self.parts[i] += other.parts[i]
        return self


@program(1.2)
def operators_of_a_class(x):
    a, b = Vec(x, 0.4, 1.0), Vec(0.4, 2.0, x * 0.4)
    c = 2.0 * a + b * x + -a + (1.5 + b)
    smaller = a if a < b else b
    smaller[0] = c[1] * len(c)
    first, *_ = smaller
    return c @ a + abs(c) + first + sum(c) + (0.0 if a != b else x)


@program(0.7)
def other_names_see_what_is_added_in_place(x):
    a = b = Vec(x, 1.0)
    a += Vec(x * x, x)
    return b[0] * b[1]


@dataclass(order=True)
class Bid:
    price: float
    size: float


@program(1.3)
def generated_comparisons(x):
    bids = [Bid(x, 2.0), Bid(x, x), Bid(1.0, 5.0)]
    first = bids[1] if bids[1] < bids[0] else bids[0]
    total = first.size * first.price
    if bids[1] == Bid(x, x) and bids[2] <= bids[0]:
        total += bids[2].size * x
    return total


class Tank:
    def __init__(self, level: float) -> None:
        self.level = level

    def _read(self) -> float:
        return self._level

    def _write(self, value: float) -> None:
        self._level = max(value, 0.1)

    level = property(_read, _write)

    @cached_property
    def started(self) -> float:
        return self._level**2


@program(1.3)
def setters_of_properties(x):
    tank = Tank(x)
    tank.level -= 0.5 * x
    high = tank.level
    tank.level = x - 10.0
    return high * tank.level * x


@program(1.3)
def cached_properties_stay_what_they_were(x):
    tank = Tank(x)
    before = tank.started
    tank.level = x * x
    return before * x + tank.started * tank.level


@dataclass(frozen=True)
class Oscillator:
    k: float
    m: float = 1.0
    omega: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "omega", math.sqrt(self.k / self.m))


@program(1.3)
def fields_computed_after_init(k):
    one = Oscillator(k)
    other = dataclasses.replace(one, m=2.0 * k)
    return math.cos(one.omega * 0.3) + other.omega * other.m


@dataclass
class Const:
    value: float


@dataclass
class Var:
    name: str


@dataclass
class Sum:
    left: Any
    right: Any


def evaluated(expression, env):
    match expression:
        case Const(value):
            return value
        case Var(name):
            return env[name]
        case Sum(Const(0.0), right):
            return evaluated(right, env)
        case Sum(left, right=right):
            return evaluated(left, env) + evaluated(right, env)


@program(1.3)
def patterns_of_classes(x):
    expression = Sum(Sum(Const(0.0), Var("x")), Sum(Const(x * x), Var("y")))
    return evaluated(expression, {"x": x, "y": 2.0 * x})


@program(1.3)
def patterns_of_containers(x):
    total = 0.0
    for shape in [("circle", x), ("box", x, 2.0 * x), {"kind": "gap", "width": x}, [x, 1.0, x]]:
        match shape:
            case ("circle", r):
                total += math.pi * r**2
            case ("box", *sides):
                total += sides[0] * sides[1]
            case {"kind": "gap", "width": width}:
                total -= width**3
            case [first, *_, float(last)]:
                total += first * last
    return total


@pytest.mark.parametrize(("function", "at"), PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_derivatives_of_objects_are_those_measured(function, at):
    slope, noise = along(lambda step: function(at + step))
    for mode in ("reverse", "forward"):
        value, found = value_and_grad(function, mode=mode)(at)
        assert value == function(at)
        assert found == pytest.approx(slope, rel=1e-7, abs=1e-9 + noise)
    curvature, noise = along(lambda step: grad(function)(at + step))
    assert hvp(function)(at, 1.0)[1] == pytest.approx(curvature, rel=1e-6, abs=1e-8 + noise)


# --- gradients by objects ------------------------------------------------------------------------


class Ball:
    """An ordinary class whose constructor computes what it keeps."""

    def __init__(self, radius: float, density: float) -> None:
        self.radius = radius
        self.mass = density * radius**3

    def energy(self, v: float) -> float:
        return 0.5 * self.mass * v**2 / self.radius


@dataclass
class Checked:
    k: float
    m: float = 1.0

    def __post_init__(self) -> None:
        if self.k <= 0.0 or self.m <= 0.0:
            raise ValueError("k and m are positive")


class Slotted:
    __slots__ = ("k", "x")

    def __init__(self, k: float, x: float) -> None:
        self.k = k
        self.x = x


def test_the_gradient_by_an_object_is_an_object_of_its_class_with_its_attributes():
    slope = grad(lambda ball, v: ball.energy(v))
    for ball in (Ball(2.0, 3.0), Ball(1.5, 1.0)):
        found = slope(ball, 0.7)
        assert type(found) is Ball and set(vars(found)) == {"radius", "mass"}
        assert found.mass == pytest.approx(0.5 * 0.49 / ball.radius)
        assert found.radius == pytest.approx(-0.5 * ball.mass * 0.49 / ball.radius**2)
    found = grad(lambda s: s.k * s.x**2)(Slotted(2.0, 3.0))
    assert (type(found), found.k, found.x) == (Slotted, 9.0, 12.0)


def test_the_gradient_by_an_object_does_not_run_its_constructor():
    found = grad(lambda c: -c.k * c.m)(Checked(2.0, 3.0))
    assert type(found) is Checked and (found.k, found.m) == (-3.0, -2.0)
    found = grad(lambda balls: sum(ball.mass**2 for ball in balls))([Ball(1.0, 2.0)] * 2)
    assert [(ball.radius, ball.mass) for ball in found] == [(0.0, 4.0), (0.0, 4.0)]
    computed = grad(lambda p: p.k * p.omega)(Oscillator(4.0))
    assert (computed.k, computed.m, computed.omega) == (2.0, 0.0, 4.0)


def test_one_derivative_serves_all_objects_of_a_class():
    slope = grad(lambda ball: ball.mass**2 * ball.radius)
    slope(Ball(1.0, 2.0))
    text = slope.source
    slope(Ball(2.0, 5.0))
    assert slope.source is text


class Bag:
    pass


@pytest.mark.parametrize("kind", [Bag, types.SimpleNamespace])
def test_objects_that_only_hold_what_they_are_given(kind):
    def made(**attributes):
        bag = kind()
        vars(bag).update(attributes)
        return bag

    slope = grad(lambda p, x: sum(part * x for part in (p.k * p.k, p.k)))
    found = slope(made(k=3.0, name="spring"), 2.0)
    assert type(found) is kind and found.k == 14.0
    found = slope(made(name="spring", k=1.0, m=2.0), 2.0)
    assert (found.k, found.m) == (6.0, 0.0)
    found = grad(lambda p, xs: sum(p.w @ x for x in xs))(made(w=np.ones(2)), np.eye(2))
    assert found.w.tolist() == [1.0, 1.0]


def test_adjoints_of_arrays_in_objects_and_dicts_are_updated_in_place():
    def loss(p, xs):
        return sum(np.sum(p["w"] @ x) for x in xs)

    slope = grad(loss)
    slope({"w": np.ones((2, 3))}, np.ones((4, 3)))
    assert " += np.outer(" in slope.source


class Settings(dict):
    __getattr__ = dict.__getitem__


class Wrapped:
    """Gives what it does not have from what is in it, and raises KeyError if that has it not."""

    def __init__(self, x: float) -> None:
        self.inner = {"double": 2.0 * x, "square": x * x}

    def __getattr__(self, name: str) -> float:
        return self.inner[name]


SETTINGS = Settings(factor=3.0)


def by_settings(x: float) -> float:
    return x * SETTINGS.factor


def by_wrapped(x, given):
    return Wrapped(x).square * given.double


def asks_wrapped(x: float) -> float:
    return x if hasattr(Wrapped(x), "double") else 0.0


def test_getattr_of_the_users_is_asked_for_what_the_function_reads_only() -> None:
    assert value_and_grad(by_settings)(2.0) == (6.0, 3.0)
    assert value_and_grad(by_wrapped)(3.0, Wrapped(2.0)) == (36.0, 24.0)
    with pytest.raises(ChainruleError, match="which defines `__getattr__`"):
        grad(lambda x, given: x * given.factor)(2.0, SETTINGS)
    with pytest.raises(UnsupportedError, match=r"whether `Wrapped.__getattr__` finds `double`"):
        grad(asks_wrapped)(2.0)


@dataclass(slots=True)
class Narrow:
    value: float


def writes_to_no_slot(x: float) -> float:
    slotted = Narrow(x)
    slotted.other = 1.0
    return slotted.value


def test_an_attribute_without_a_slot_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="has no slot for"):
        grad(writes_to_no_slot)(2.0)


class Corner(NamedTuple):
    x: float
    y: float = 3.0

    @property
    def area(self) -> float:
        return self.x * self.y


def test_a_property_of_a_named_tuple_is_computed() -> None:
    assert value_and_grad(lambda x: Corner(x * x).area)(2.0) == (12.0, 12.0)


class Cached:
    """A descriptor that keeps what it has computed in a dict that it makes when first asked."""

    def __init__(self, function: Callable[[Any], float]) -> None:
        self.function = function
        self.name = function.__name__

    def __get__(self, owner: Any, kind: type) -> float:
        try:
            cache = owner._cache
        except AttributeError:
            cache = owner._cache = {}
        found = cache.get(self.name)
        if found is None:
            found = self.function(owner)
            cache[self.name] = found
        return found


class Sample:
    def __init__(self, x: float) -> None:
        self.x = x

    @Cached
    def square(self) -> float:
        return self.x * self.x

    @Cached
    def fourth(self) -> float:
        return self.square * self.square


def asks_for_what_was_never_set(x: float) -> float:
    return Sample(x).other * x


def test_an_attribute_that_was_never_set_raises_as_python_does() -> None:
    def fourth_and_square(x: float) -> float:
        sample = Sample(x)
        return sample.fourth + sample.square

    assert value_and_grad(fourth_and_square)(2.0) == (20.0, 36.0)
    for call in (asks_for_what_was_never_set, grad(asks_for_what_was_never_set)):
        with pytest.raises(AttributeError, match="'Sample' object has no attribute 'other'"):
            call(2.0)


def asks_a_float(x: float, y: float) -> float:
    return x * y.value  # type: ignore[attr-defined, no-any-return]


def test_what_annotated_floats_always_raise_is_made_for_what_is_given() -> None:
    derivative = grad(asks_a_float)
    with pytest.raises(AttributeError, match="'float' object has no attribute 'value'"):
        derivative(2.0, 3.0)
    assert derivative(2.0, Quantity(5.0)) == 5.0


class Orbit:
    remark = 0.5

    def step(self, t: float) -> tuple[Any, Any]:
        self.error = 0
        if self.mean <= 0.0:
            self.error = 2
            return NOWHERE, NOWHERE
        self.ecc = self.mean - t
        if self.ecc >= 1.0:
            self.error = 1
            return NOWHERE, NOWHERE
        self.node = self.ecc * 2.0
        return (self.ecc, self.node), (self.node, self.ecc * self.ecc)


NOWHERE = (math.nan, math.nan)


def orbit_after_two_steps(x: float) -> float:
    orbit = Orbit()
    orbit.mean = 2.0 * x
    orbit.step(0.0)
    place, speed = orbit.step(0.1)
    return place[0] * speed[1] + orbit.ecc * orbit.node + orbit.error


def given_in_another_order(x: float) -> float:
    orbit = Orbit()
    if x > 1.0:
        orbit.a, orbit.b = x, x * x
    else:
        orbit.b = 3.0 * x
        orbit.a = 1.0
    return orbit.a * orbit.b


def given_in_a_loop(x: float) -> float:
    orbit = Orbit()
    for k in range(3):
        if k * x > 1.0:
            orbit.last = k * x
    return orbit.last * x


def asked_whether_it_was_given(x: float) -> float:
    orbit = Orbit()
    if x > 1.0:
        orbit.extra = x * x
    found = x * orbit.extra if hasattr(orbit, "extra") else 5.0 * x
    return found + getattr(orbit, "extra", 7.0 * x)


def hides_what_its_class_has(x: float) -> float:
    orbit = Orbit()
    if x > 1.0:
        orbit.remark = x * x
    return orbit.remark * x


SOMETIMES = [orbit_after_two_steps, given_in_another_order, given_in_a_loop,
             asked_whether_it_was_given, hides_what_its_class_has]  # fmt: skip


@pytest.mark.parametrize("f", SOMETIMES)
@pytest.mark.parametrize("x", [0.3, 0.7, 1.3])
def test_attributes_may_be_given_on_some_paths_only(f: Callable[[float], float], x: float) -> None:
    try:
        expected = f(x)
    except AttributeError as error:
        with pytest.raises(AttributeError, match=str(error)):
            value_and_grad(f)(x)
        return
    value, slope = value_and_grad(f)(x)
    assert value == expected or math.isnan(value) == math.isnan(expected)
    if not math.isnan(value):
        assert slope == pytest.approx((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, rel=1e-7)


def returned_with_what_it_was_given(x: float) -> Any:
    orbit = Orbit()
    if x > 1.0:
        orbit.extra = x
    return orbit


def test_an_object_that_only_the_run_knows_is_not_returned() -> None:
    with pytest.raises(UnsupportedError, match="`extra` is of different kinds"):
        grad(returned_with_what_it_was_given)(2.0)


HALVES = (0.5, 0.25)


def a_tuple_of_the_module(x: float) -> float:
    pair = (x, x * x) if x > 1.0 else HALVES
    return pair[0] * x + pair[1]


def test_a_tuple_of_the_module_is_as_one_that_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = value_and_grad(a_tuple_of_the_module)
    assert slope(2.0) == (8.0, 8.0) and slope(0.5) == (0.5, 0.5)
    monkeypatch.setitem(globals(), "HALVES", (3.0, 4.0))
    assert slope(0.5) == (5.5, 3.0)


def namespaces(x):
    def moved(body, dt):
        body.speed -= dt * body.place
        body.place += dt * body.speed
        body.seen.append(body.place)
        return body

    body = SimpleNamespace(place=x, speed=0.5, seen=[])
    for _ in range(4):
        body = moved(body, 0.1)
    charges = [SimpleNamespace(m=float(i), q=x * i) for i in range(4)]
    charges.sort(key=lambda each: -each.m)
    pairs = sum(a.q * b.q / (1 + b.m) for a in charges for b in charges if a is not b)
    held = hasattr(body, "mass") + isinstance(body, SimpleNamespace)
    return body.place * body.speed + sum(body.seen) + pairs + held * getattr(body, "mass", x)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_namespaces_that_a_function_makes(mode):
    value, slope = value_and_grad(namespaces, mode=mode)(0.7)
    assert value == namespaces(0.7)
    h = 1e-5
    assert slope == pytest.approx((namespaces(0.7 + h) - namespaces(0.7 - h)) / (2 * h), rel=1e-8)


def test_namespaces_are_compared_by_what_they_hold():
    def f(x):
        return x * 2 if SimpleNamespace(v=x) == SimpleNamespace(v=0.7) else x * 3

    slope = grad(f)
    assert slope(0.5) == 3.0
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        slope(0.7)


class Basin:
    def __init__(self, loss):
        self.loss = loss
        self.level = 1.0
        self.history = []

    def fill(self, inflow):
        self.level += inflow - self.loss * self.level**2
        self.history.append(self.level)


def filled(loss, inflows):
    basin = Basin(loss)
    for inflow in inflows:
        basin.fill(inflow)
    return sum(level * level for level in basin.history)


def test_a_list_is_called_as_the_attribute_that_holds_it():
    slope = grad(filled)
    expected, _ = along(lambda h: filled(0.3 + h, [0.2, 0.5, 0.1]))
    assert slope(0.3, [0.2, 0.5, 0.1]) == pytest.approx(float(expected), rel=1e-8)
    assert "history.append(" in slope.source


@dataclass
class Pair:
    x: float
    y: float

    def __add__(self, other: Pair) -> Pair:
        return Pair(self.x + other.x, self.y + other.y)

    def scaled(self, k: float) -> Pair:
        return Pair(k * self.x, k * self.y)


def thrown(v: float, drag: float, dt: float, n: int):
    p = Pair(0.0, 0.0)
    w = Pair(v, 0.5 * v)
    for _ in range(n):
        w = w + Pair(-drag * w.x, -9.81 - drag * w.y).scaled(dt)
        p = p + w.scaled(dt)
    return p.x * p.x + p.y * p.y


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_attributes_of_several_objects_are_called_by_their_owners(mode):
    slopes = grad(thrown, wrt=("v", "drag", "dt"), mode=mode)
    point = (12.0, 0.1, 0.05)
    with mpmath.workdps(40):
        wanted = [
            float(
                mpmath.diff(lambda *p: thrown(*p, 7), point, tuple(int(i == k) for i in range(3)))
            )
            for k in range(3)
        ]
    assert slopes(*point, 7) == pytest.approx(wanted, rel=1e-13)
    names = {
        node.id
        for node in ast.walk(ast.parse(slopes.source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    assert {"w_x", "w_y", "p_x", "p_y"} <= names
    assert not {"x", "y", "x_1", "y_1"} & names
    ending = "dv" if mode == "forward" else "bar"
    assert {f"w_x_{ending}", f"w_y_{ending}"} <= names


def moment(a: Pair, b: Pair):
    c = Pair(a.x * b.y, a.y - b.x)
    return c.x * c.x * c.y


def test_attributes_of_several_parameters_are_called_by_theirs():
    body = grad(moment, wrt=("a", "b")).source.rsplit('"""', 1)[1]
    for line in ("a_x = a.x", "a_y = a.y", "b_x = b.x", "b_y = b.y", "c_x = a_x * b_y"):
        assert f"    {line}\n" in body
    forward = jvp(moment, wrt=("a", "b"))
    assert "    b_y_dot = b_dot.y\n" in forward.source
    value, slope = forward(Pair(2.0, 5.0), Pair(1.0, 3.0), Pair(0.5, 1.0), Pair(-1.0, 2.0))
    # c.x = 6 with the slope 0.5 * 3 + 2 * 2, c.y = 4 with the slope 1 + 1
    assert (value, slope) == (144.0, 2.0 * 6.0 * 5.5 * 4.0 + 36.0 * 2.0)


def drawn(pairs: list[Pair]):
    total = 0.0
    for each in pairs:
        total += each.x * each.y**2
    return total


def test_the_direction_of_a_list_of_objects_is_measured_once_and_first():
    forward = jvp(drawn)
    assert forward([Pair(2.0, 3.0)], [Pair(1.0, 0.5)]) == (18.0, 9.0 + 0.5 * 12.0)
    body = forward.source.rsplit('"""', 1)[1]
    assert body.count("raise ValueError") == 1
    assert body.index("raise ValueError") < body.index("\n    for ")
    with pytest.raises(ValueError, match=r"^pairs_dot must have the length of pairs$"):
        forward([Pair(2.0, 3.0)], [])


class InSlots:
    __slots__ = ("a", "row")
    scale = 2.0

    def __init__(self, a, row):
        self.a = a
        self.row = row


def copied_and_changed(x, held, deep):
    made = copy.deepcopy(held) if deep else copy.copy(held)
    made.a *= x
    return made.a * sum(made.row) * made.scale + held.a


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_copy_has_what_is_in_the_slots(deep: bool, mode: str) -> None:
    value, slope = value_and_grad(copied_and_changed, mode=mode)(
        1.5, InSlots(0.5, [1.0, 3.0]), deep
    )
    assert (value, slope) == (copied_and_changed(1.5, InSlots(0.5, [1.0, 3.0]), deep), 4.0)


class Counting:
    def __init__(self, limit):
        self.limit = limit
        self.asked = 0

    def __bool__(self):
        self.asked += 1
        return self.limit > 1.0


def asked_in_a_branch(x, gate):
    return x * x if gate else x


def asked_in_a_loop(x, gate):
    for step in range(3):
        x = x * x
        if step and not gate:
            break
    return x


def asked_by_while(x, gate):
    while gate:
        x = x * x
        gate.limit -= 1.0
    return x


def asked_by_and(x, gate):
    if (gate and gate) or bool(gate):
        x = x * x
    assert gate
    return x


@pytest.mark.parametrize("mode", ("forward", "reverse"))
@pytest.mark.parametrize(
    "function", (asked_in_a_branch, asked_in_a_loop, asked_by_while, asked_by_and)
)
def test_an_object_is_asked_for_its_truth_as_often_as_python_asks(function, mode):
    wanted, found = Counting(2.5), Counting(2.5)
    value = function(1.1, wanted)
    got, slope = value_and_grad(function, mode=mode)(1.1, found)
    assert (got, vars(found)) == (value, vars(wanted))
    assert oracle.agrees(oracle.derivative(lambda x: function(x, Counting(2.5)), (1.1,)), slope)


class Quantity:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return self.value + other

    __radd__ = __add__


def smallest_of_two(x, one, other):
    found = sorted([one, other], key=lambda each: each.value)[0]
    return x * x * found.value


def picked(x, one, other):
    return x * x * [one, other][1].value


@pytest.mark.parametrize("mode", ("forward", "reverse"))
@pytest.mark.parametrize(("function", "factor"), [(smallest_of_two, 2.0), (picked, 4.0)])
def test_an_object_whose_sums_are_floats_is_not_taken_for_a_float(function, factor, mode):
    derivative = value_and_grad(function, mode=mode)
    found = derivative(3.0, Quantity(2.0), Quantity(4.0))
    assert found == (9.0 * factor, 6.0 * factor)


class Adjusted:
    scale = None
    shift = None

    def __init__(self, x, shift=None):
        self.x = x
        if shift is not None:
            self.shift = shift

    def value(self):
        moved = self.x**2 if self.shift is None else self.x + self.shift
        return moved if self.scale is None else moved * self.scale


class AdjustedMore(Adjusted):
    scale = 3.0


def as_adjusted(x):
    return Adjusted(x).value() + AdjustedMore(x, 2.0).value() + Adjusted(x, x).value()


def test_none_of_a_class_is_an_attribute_of_its_objects(monkeypatch):
    derivative = value_and_grad(as_adjusted)
    assert derivative(1.5) == (as_adjusted(1.5), 8.0)
    monkeypatch.setattr(Adjusted, "scale", 2.0)
    assert derivative(1.5) == (as_adjusted(1.5), 13.0)
    monkeypatch.setattr(Adjusted, "scale", None)
    assert derivative(1.5) == (as_adjusted(1.5), 8.0)
