"""What an expression chooses may be an object, a function or a tuple of another length."""

from __future__ import annotations

import ast
import enum
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle
from tests.differences import along
from tests.slopes import check_against_oracle

T = TypeVar("T")


class Regime(enum.Enum):
    LAMINAR = "laminar"
    TURBULENT = "turbulent"


NUMBER = {Regime.LAMINAR: 1.5, Regime.TURBULENT: 3.0}


def regime(x):
    if x < 0.0:
        raise ValueError("negative")
    return Regime.LAMINAR if x < 1.0 else Regime.TURBULENT


def matched(x):
    match regime(x):
        case Regime.LAMINAR:
            return x**2
        case Regime.TURBULENT:
            return x**3


def asked(x):
    if regime(x) is Regime.LAMINAR:
        y = x * x
    elif x > 3.0:
        y = x
    else:
        y = x**3
    return 2.0 * y


def compared(x):
    return x**2 if regime(x) == Regime.LAMINAR else x**3


def law(x):
    return math.sin if x < 1.0 else math.cos


def called(x):
    return law(x)(x) * x


def powers(x):
    if x < 1.0:
        return (x,)
    return (x, x * x)


def summed(x):
    return sum(powers(x)) * x


CASES = (matched, asked, compared, called, summed)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("x", [0.5, 1.5])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_choices_in_the_middle_of_a_statement(
    f: Callable[[float], Any], x: float, mode: str
) -> None:
    check_against_oracle(f, (x,), mode=mode)


def test_which_member_it_is_is_known_on_each_path() -> None:
    for f in (matched, asked, compared):
        tree = ast.parse(grad(f).source)
        assert "Regime" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert sum(isinstance(node, ast.If) for node in ast.walk(tree)) in (2, 3)


def test_the_helper_raises_as_before() -> None:
    with pytest.raises(ValueError, match="negative"):
        grad(matched)(-1.0)


def late(x, counts):
    return counts.pop() * NUMBER[regime(x)] * x


def test_what_stands_behind_something_else_is_not_moved_in_front_of_it() -> None:
    for x, slope in ((0.5, 3.0), (1.5, 6.0)):
        counts = [1.0, 2.0]
        assert grad(late)(x, counts) == slope
        assert counts == [1.0]


class Mode(enum.Enum):
    IDLE = 0
    HEAT = 1
    COOL = 2


def thermostat(start, target):
    mode = Mode.IDLE
    degrees = start
    used = 0.0
    for _ in range(12):
        if mode is Mode.IDLE:
            if degrees < target - 1.0:
                mode = Mode.HEAT
            elif degrees > target + 1.0:
                mode = Mode.COOL
        elif mode == Mode.HEAT:
            degrees += 0.7 * (target + 3.0 - degrees)
            used += 0.1 * degrees
            if degrees > target:
                mode = Mode.IDLE
        else:
            degrees -= 0.5
            if degrees < target:
                mode = Mode.IDLE
        degrees -= 0.1 * (degrees - 10.0)
    return degrees + used


def back_and_forth(x, target):
    mode = Mode.HEAT
    for _ in range(6):
        if mode is Mode.HEAT:
            x = x * 1.5
            if x > target:
                mode = Mode.COOL
        else:
            x = x - 2.0
            if x < target:
                mode = Mode.HEAT
    return x if mode is Mode.HEAT else -x


def visited(x, target):
    trace = []
    mode = Mode.IDLE
    for _ in range(6):
        trace.append(mode)
        mode = Mode.HEAT if mode is Mode.IDLE else Mode.COOL if mode is Mode.HEAT else Mode.IDLE
        x = x * target if mode is Mode.COOL else x
    return x * len([mode for mode in trace if mode is Mode.IDLE])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", [0, 1])
@pytest.mark.parametrize(
    ("f", "at"),
    [
        (thermostat, (15.0, 20.0)),
        (thermostat, (25.0, 20.0)),
        (thermostat, (20.3, 20.0)),
        (back_and_forth, (1.3, 4.0)),
        (visited, (1.3, 4.0)),
    ],
)
def test_a_machine_goes_from_state_to_state(
    f: Callable[..., float], at: tuple[float, float], wrt: int, mode: str
) -> None:
    name = list(inspect.signature(f).parameters)[wrt]
    value, slope = value_and_grad(f, name, mode=mode)(*at)
    assert value == f(*at)
    (verdict,) = oracle.gradient(f, at, {}, name).values()
    assert oracle.agrees(verdict, slope)


def test_a_state_is_set_as_the_user_sets_it() -> None:
    text = grad(thermostat).source
    assert "mode = Mode.HEAT" in text and "elif degrees > target + 1.0:" in text


class Circle:
    def __init__(self, r):
        self.r = r

    def area(self):
        return 3.0 * self.r**2


class Rectangle:
    def __init__(self, a, b):
        self.a = a
        self.b = b

    def area(self):
        return self.a * self.b

    def __lt__(self, other):
        return self.area() < other.area()

    def __gt__(self, other):
        return self.area() > other.area()

    def __contains__(self, side):
        return side <= self.a


class Held(Generic[T]):
    def __init__(self, value: T):
        self.value = value

    def changed(self, function):
        return Held(function(self.value))


class Scale(enum.Enum):
    SMALL = 0.5
    LARGE = 2.0

    def of(self, x):
        return x**self.value


class Sided(NamedTuple):
    a: float
    FACTOR = 3.0

    def scaled(self):
        return self.FACTOR * self.a


def largest_of_several_classes(x):
    return max([Circle(x), Rectangle(x, 4.0), Rectangle(2.0, 2.0)], key=lambda s: s.area()).area()


def smallest_by_its_class(x):
    return min([Rectangle(x, 1.0), Rectangle(x, x), Rectangle(2.0, 1.0)]).area() * x


def sorted_by_words(x):
    shapes = {"c": Circle(x), "b": Rectangle(x, 2.0)}
    return sum(k * shape.area() for k, (_, shape) in enumerate(sorted(shapes.items()), 1))


def asked_for_a_member(x):
    inside = 1.0 in Rectangle(x, 1.0)
    return (x * x if inside else x) + (x**3 if 2.0 not in Rectangle(x, x) else 0.0)


def of_a_generic_class(x):
    return Held[float](x).changed(math.sin).changed(lambda v: v * v).value


def scales_by_value_and_name(x):
    return Scale(0.5).of(x) + Scale["LARGE"].of(x) * Sided(x).scaled()


def pushed_in_a_loop(x):
    head = None
    for k in range(5):
        head = (x**k, head)
    total = 0.0
    while head is not None:
        value, head = head
        total = total * 0.5 + value
    return total


def shapes_in_turn(x):
    shapes = []
    for k in range(6):
        shapes.append(Circle(x + k) if k % 2 else Rectangle(x, 1.0 + k))
    return sum(shape.area() for shape in shapes)


def tape_of_its_own(x):
    nodes = [((), x), ((), 2.0)]
    for k in range(4):
        left, right = nodes[-1][1], nodes[-2][1]
        nodes.append((((len(nodes) - 1, right), (len(nodes) - 2, left)), left * right + k))
    bars = [0.0] * len(nodes)
    bars[-1] = 1.0
    for k in range(len(nodes) - 1, -1, -1):
        for place, slope in nodes[k][0]:
            bars[place] += slope * bars[k]
    return bars[0]


OBJECTS = (
    largest_of_several_classes, smallest_by_its_class, sorted_by_words, asked_for_a_member,
    of_a_generic_class, scales_by_value_and_name, pushed_in_a_loop, shapes_in_turn, tape_of_its_own,
)  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", OBJECTS, ids=lambda f: f.__name__)
def test_objects_are_chosen_kept_and_looked_up(f: Callable[[float], Any], mode: str) -> None:
    derivative = value_and_grad(f, mode=mode)
    step = 1e-6
    for x in (0.7, 1.4, 2.3):
        value, slope = derivative(x)
        assert value == f(x)
        assert slope == pytest.approx((f(x + step) - f(x - step)) / (2.0 * step), rel=1e-6)


def test_a_loop_that_is_no_loop_when_written_out_is_refused_as_a_loop() -> None:
    def reading(x: float) -> float:
        for _ in range(3):
            eval("x")
        return x

    with pytest.raises(UnsupportedError, match="`eval` inside a function"):
        grad(reading)(1.0)


class Phase(enum.Enum):
    BOOST = 0
    COAST = 1
    DESCENT = 2


class Rocket:
    def __init__(self, thrust, mass):
        self.thrust = thrust
        self.mass = mass
        self.height = self.speed = 0.0
        self.phase = Phase.BOOST

    def step(self, dt):
        if self.phase == Phase.BOOST:
            self.mass -= 0.1 * dt
            if self.mass < 0.9:
                self.phase = Phase.COAST
        elif self.phase is Phase.COAST and self.speed < 0:
            self.phase = Phase.DESCENT
        push = self.thrust if self.phase == Phase.BOOST else 0.0
        self.speed += dt * (push / self.mass - 9.81 - 0.02 * abs(self.speed) * self.speed)
        self.height += dt * self.speed


def apogee(thrust):
    rocket = Rocket(thrust, 1.0)
    while rocket.phase != Phase.DESCENT:
        rocket.step(0.05)
    return rocket.height


def after_some_steps(thrust):
    rocket, total = Rocket(thrust, 1.0), 0.0
    for _ in range(30):
        rocket.step(0.05)
        total += rocket.height if rocket.phase is Phase.BOOST else rocket.speed
    return total


def of_a_name(x):
    phase, mass = Phase.BOOST, x
    while not phase == Phase.DESCENT:  # noqa: SIM201 (as it is written)
        if phase == Phase.BOOST:
            mass -= 0.1
            if mass < 0.9:
                phase = Phase.COAST
        elif phase is Phase.COAST and mass < 0.5:
            phase = Phase.DESCENT
        mass -= 0.1 * x if phase == Phase.BOOST else 0.2 * x
    return mass * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("f", "at"), [(apogee, 25.0), (after_some_steps, 25.0), (of_a_name, 1.7)])
def test_states_of_a_machine_are_told_when_the_code_runs(f, at, mode) -> None:
    check_against_oracle(f, (at,), mode=mode)


def by_phases(x, phases):
    total = 0.0
    for phase, v in zip(phases, x, strict=False):
        if phase is Phase.BOOST:
            total += v
        elif phase == Phase.COAST:
            total += v * v
    return total


def test_one_member_of_an_enumeration_may_stand_in_a_list_several_times() -> None:
    phases = [Phase.BOOST, Phase.COAST, Phase.COAST, Phase.BOOST]
    value, slopes = value_and_grad(by_phases)([0.7, 0.2, 0.9, 0.4], phases)
    assert value == by_phases([0.7, 0.2, 0.9, 0.4], phases)
    assert slopes == [1.0, 0.4, 1.8, 1.0]


@dataclass
class Holding:
    amount: float
    tag: str | None = None
    until: date | None = None


HOLDINGS = [
    Holding(2.0, "x", date(2025, 1, 1)),
    Holding(1.0),
    Holding(3.0, None, date(2024, 3, 1)),
    Holding(4.0, "x"),
]


def in_order(holdings: list[Holding], s: float) -> float:
    total, last = 0.0, None
    for each in sorted(holdings, key=lambda one: -one.amount):
        if each.until is not None and each.until > date(2024, 6, 1):
            total += s * each.amount * (each.until - date(2024, 1, 1)).days
        else:
            total += each.amount**2
        if each.tag is None:
            total *= 1.25
        if last and last != each.tag:
            total += s * s
        last = each.tag
    return total


def at_a_place(holdings: list[Holding], s: float) -> float:
    total = 0.0
    for k in range(2 * len(holdings)):
        one = holdings[(3 * k) % len(holdings)]
        total += one.amount * s if one.until is None else one.amount * s * s * one.until.day
        total *= 0.5 if one.tag == "x" else 0.75
    return total


def the_largest(holdings: list[Holding], s: float) -> float:
    best = max(holdings, key=lambda one: one.amount * s)
    return best.amount * s * s if best.tag else best.amount * s


@pytest.mark.parametrize("f", [in_order, at_a_place, the_largest], ids=lambda f: f.__name__)
def test_a_field_that_is_missing_in_some_objects_is_chosen_with_them(f: Any) -> None:
    slope = value_and_grad(f, wrt=("holdings", "s"))
    for holdings in (HOLDINGS, HOLDINGS[::-1], [HOLDINGS[k] for k in (2, 0, 3, 1)]):
        value, (found, s_bar) = slope(holdings, 1.5)
        assert value == f(holdings, 1.5)
        expected, _ = along(lambda h, c=holdings: f(c, 1.5 + h))
        assert s_bar == pytest.approx(float(expected), rel=1e-8)
        for k, each in enumerate(found):

            def moved(h: float, k: int = k, c: list[Holding] = holdings) -> float:
                changed = [replace(one) for one in c]
                changed[k].amount += h
                return f(changed, 1.5)

            expected, _ = along(moved)
            assert each.amount == pytest.approx(float(expected), rel=1e-8, abs=1e-9)
            assert (each.tag, each.until) == (holdings[k].tag, holdings[k].until)
