"""Classes derived from list, tuple and dict, and those that are made by a ``__new__``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pytest

from chainrule import ChainruleError, UnsupportedError, grad, value_and_grad
from tests import oracle

MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


class Vector(list):
    def __add__(self, other):
        return Vector(a + b for a, b in zip(self, other, strict=True))

    def __mul__(self, k):
        return Vector([k * a for a in self])

    __rmul__ = __mul__

    def dot(self, other):
        return sum(a * b for a, b in zip(self, other, strict=True))

    def push(self, x):
        super().append(x)
        return len(self)


class Signal(list):
    def __init__(self, values=(), rate=1.0):
        super().__init__(values)
        self.rate = rate

    def energy(self):
        return sum(v * v for v in self) / self.rate

    def smooth(self):
        out = Signal(rate=2.0 * self.rate)
        for i in range(1, len(self) - 1):
            out.append((self[i - 1] + self[i] + self[i + 1]) / 3)
        return out


class Stack(list):
    push = list.append

    @property
    def top(self):
        return self[-1]


class Doubling(list):
    def __getitem__(self, position):
        return 2.0 * list.__getitem__(self, position)


class Point(tuple):
    __slots__ = ()

    def __new__(cls, x, y=0.0):
        return super().__new__(cls, (x, y))

    @property
    def x(self):
        return self[0]

    @property
    def y(self):
        return self[1]

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __abs__(self):
        return (self.x**2 + self.y**2) ** 0.5


class Scaled:
    def __new__(cls, *given):
        made = object.__new__(cls)
        made.scale = 2.0
        return made

    def __init__(self, x):
        self.x = self.scale * x


class Settings(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


class Counted(dict):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.sizes = []

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(name)

    def __setitem__(self, key, value):
        if value == 0:
            raise ValueError(key)
        super().__setitem__(key, value)

    def __delitem__(self, key):
        self.sizes.append(len(self))
        super().__delitem__(key)


def of_vectors(x, y):
    v = Vector([x, y])
    w = v + 2.0 * Vector([y, 1.0])
    count = w.push(x * y)
    w[0] = w[0] * 2
    w.extend([x])
    del w[1]
    held = 1.0 if x in v else 0.0
    parts = sum(a * (i + 1) for i, a in enumerate(w[1:]))
    return w.dot(w) * count + parts + held + len(w) + v[-1] + max(w) + sum(v) + w.pop()


def of_a_loop(x, y):
    state, h = Vector([x, y]), 0.1
    for _ in range(20):
        state = state + h * Vector([state[1], -state[0]])
    return state[0] + state[1]


def of_a_stack(x, y):
    stack = Stack()
    stack.push(x)
    while len(stack) < 5:
        stack.push(stack.top * x + y)
    total = 0.0
    while stack:
        total += stack.pop() * len(stack)
    return total


def of_its_own_entries(x, y):
    twice = Doubling([x, y, x * y])
    return twice[0] * twice[-1] + sum(twice)


def of_points(x, y):
    p = Point(x, y) + Point(y)
    first, second = p
    return abs(p) + first * second + Scaled(x).x + len(p) + p[0] * p[-1]


def of_settings(x, y):
    settings, counted = Settings(a=x, b=2.0), Counted(a=x)
    settings.c = x * y
    counted["z"] = y * y
    counted.update(u=x * y)
    total = settings.a * settings.b + settings["c"] + counted.z + sum(counted.values())
    del counted["a"]
    missing = counted.get("a", 1.0)
    return (
        total + missing * x + counted.sizes[0] + sum(k * counted[n] for k, n in enumerate(counted))
    )


@MODES
@pytest.mark.parametrize(
    "f", [of_vectors, of_a_loop, of_a_stack, of_its_own_entries, of_points, of_settings]
)
def test_gradients(f: Callable[[float, float], float], mode: str) -> None:
    value, slopes = value_and_grad(f, wrt=(0, 1), mode=mode)(1.3, 0.7)
    assert value == f(1.3, 0.7)
    for k in (0, 1):
        assert oracle.agrees(oracle.derivative(f, (1.3, 0.7), wrt=k), slopes[k])


def of_a_signal(values):
    signal = Signal([v for v in values if v > 0.1], rate=2.0)
    return signal.smooth().energy() + signal.energy() + max(signal)


@MODES
def test_they_may_be_as_long_as_the_run_tells(mode: str) -> None:
    at = [0.3, 0.9, 0.05, 1.4, 0.8]
    value, slopes = value_and_grad(of_a_signal, mode=mode)(at)
    assert value == of_a_signal(at)
    for (k,), verdict in oracle.gradient(of_a_signal, (at,)).items():
        assert oracle.agrees(verdict, slopes[k])


def test_what_their_classes_raise_is_raised() -> None:
    def stored(x: float, entry: float) -> float:
        counted = Counted(a=x)
        counted["b"] = entry
        return counted.a * counted["b"]

    assert grad(stored)(1.3, 2.0) == 2.0
    with pytest.raises(ValueError, match="b"):
        grad(stored)(1.3, 0.0)
    with pytest.raises(AttributeError, match="d"):
        grad(lambda x: Counted(a=x).d)(1.3)


def test_they_are_no_results() -> None:
    def made(x: float) -> Any:
        return Vector([x, x * x])

    with pytest.raises(UnsupportedError, match="derived from list"):
        grad(made)(1.3)


def test_attributes_do_not_hide_the_entries() -> None:
    def hidden(x: float) -> float:
        signal = Signal([x])
        signal.content_ = [1.0]
        return signal[0]

    with pytest.raises(UnsupportedError, match="content_"):
        grad(hidden)(1.3)


class Only:
    made: Any = None

    def __new__(cls, *given):
        if cls.made is None:
            cls.made = super().__new__(cls)
        return cls.made

    def __init__(self, x):
        self.x = x


def initialised_twice(x):
    return Only(x).x + Only(2.0 * x).x * x


def test_an_object_that_is_there_is_initialised_again() -> None:
    Only.made = None
    with pytest.raises(ChainruleError):
        grad(initialised_twice)(1.3)
    expected = initialised_twice(1.3)
    value, slope = value_and_grad(initialised_twice)(1.3)
    assert value == expected
    assert oracle.agrees(oracle.derivative(initialised_twice, (1.3,)), slope)


class Twice:
    def __new__(cls, x):
        return 2.0 * x

    def __init__(self, x):
        self.y = x


class Metres(float):
    def __new__(cls, value, unit=1.0):
        return super().__new__(cls, value * unit)

    def __add__(self, other):
        return float(self) - other


class Tagged(np.ndarray):
    def __new__(cls, entries):
        return np.asarray(entries).view(cls)

    def __mul__(self, other):
        return np.asarray(self) * other * 2.0


@dataclass
class Bag(list):
    size: float = 1.0


def bagged(x):
    bag = Bag(x)
    bag.append(x)
    return bag[0] * bag.size


@pytest.mark.parametrize(
    "f",
    [
        lambda x: Twice(x) * x,
        lambda x: (Metres(x) + 1.0) * x,
        lambda x: (Tagged([x, 2.0 * x]) * 2.0).sum(),
        bagged,
    ],
)
def test_others_are_refused(f: Callable[[float], Any]) -> None:
    with pytest.raises(ChainruleError):
        grad(f)(1.3)


class Record:
    def __init__(self, **given):
        self.base = 2.0
        self.__dict__.update(given)

    def changed(self, **changes):
        made = Record(**self.__dict__)
        for name, value in changes.items():
            made.__dict__[name] = value
        return made

    def total(self):
        return sum(self.__dict__.values())


def by_its_attributes(x, y):
    record = Record(a=x, b=y)
    other = record.changed(a=x * y)
    record.a = 7.0 * x
    named = sum(len(name) * value for name, value in other.__dict__.items())
    return record.total() * other.total() + named + (x if "b" in other.__dict__ else 0.0)


@MODES
def test_attributes_are_read_and_written_as_a_dict(mode: str) -> None:
    value, slopes = value_and_grad(by_its_attributes, wrt=(0, 1), mode=mode)(1.3, 0.7)
    assert value == by_its_attributes(1.3, 0.7)
    for k in (0, 1):
        verdict = oracle.derivative(by_its_attributes, (1.3, 0.7), wrt=k)
        assert oracle.agrees(verdict, slopes[k])


class Interval(NamedTuple):
    low: float
    high: float = 2.0


class Clipped(Interval):
    def _replace(self, **changes):
        return Interval(**{name: min(value, 1.0) for name, value in changes.items()})


def test_a_named_tuple_that_is_replaced_in_a_way_of_its_own_is_refused() -> None:
    def replaced(x):
        return Clipped(x)._replace(low=5.0 * x).low

    assert replaced(3.0) == 1.0
    with pytest.raises(UnsupportedError, match="defines `_replace`"):
        value_and_grad(replaced)(3.0)


class Setting(TypedDict):
    rate: float
    scale: float


def test_a_typed_dict_is_a_dict() -> None:
    def scaled(x):
        setting = Setting(rate=x, scale=2.0)
        setting["scale"] *= x
        return setting["rate"] * setting["scale"]

    assert value_and_grad(scaled)(3.0) == (18.0, 12.0)
