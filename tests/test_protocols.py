"""What classes say of their objects: truth, operators, properties, slots, and what they hide."""

from __future__ import annotations

import collections
import copy
import enum
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule import ChainruleError, UnsupportedError, grad, value_and_grad
from tests import oracle
from tests.differences import along

MODES = ("forward", "reverse")


class Gauge:
    """Is true, long and negative as it likes, and keeps the square of what it is given."""

    def __init__(self, x):
        self._level = x
        self.writes = 0

    def read(self):
        return self._level

    def write(self, x):
        self._level = x * x
        self.writes += 1

    level = property(read, write)

    def __bool__(self):
        return self._level > 2

    def __abs__(self):
        return self._level * 5

    def __reversed__(self):
        return iter([self._level * 4])

    def __iter__(self):
        return iter([self._level])


class Scaled:
    """A descriptor that multiplies."""

    def __init__(self, factor):
        self.factor = factor

    def __get__(self, owner, kind):
        return owner.x * self.factor if owner is not None else self

    def __set__(self, owner, value):
        owner.x = value * self.factor


class Tripled:
    x3 = Scaled(3.0)

    def __init__(self, x):
        self.x = x


class Row:
    def __init__(self, x):
        self.x = x

    def __len__(self):
        return int(self.x > 2)


class Vector(NamedTuple):
    x: float
    y: float

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __bool__(self):
        return self.x > 2

    def __abs__(self):
        return math.hypot(self.x, self.y)


class Weight(enum.Enum):
    LIGHT = 2.0
    HEAVY = 3.0


def truth(x):
    return x * x if Gauge(x) else x


def length_as_truth(x):
    return x * x if not Row(x) else 3.0 * x


def truth_of_a_tuple(x):
    return x * x if Vector(x, 1.0) else x


def setter(x):
    gauge = Gauge(x)
    gauge.level = x
    return gauge.level * gauge.writes


def augmented_property(x):
    gauge = Gauge(x)
    gauge.level += x
    return gauge.level


def descriptor(x):
    holder = Tripled(x)
    holder.x3 = x * x
    return holder.x3 * holder.x


def absolute(x):
    return abs(Gauge(x)) * abs(Vector(x, 2.0))


def backwards(x):
    return sum(reversed(Gauge(x)))


def vectors(x):
    return (-(Vector(x, 2.0) + Vector(1.0, x)) * x).y + (x * Vector(x, 1.0)).x


def members(x):
    return sum(x * weight.value for weight in Weight)


class Doubling:
    def __setattr__(self, name, value):
        object.__setattr__(self, name, 2.0 * value)


def intercepted_writes(x):
    made = Doubling()
    made.x = x
    return made.x * made.x


OBJECTS = [
    truth, length_as_truth, truth_of_a_tuple, setter, augmented_property, descriptor, absolute,
    backwards, vectors, members, intercepted_writes,
]  # fmt: skip


@pytest.mark.parametrize("f", OBJECTS, ids=lambda f: f.__name__)
def test_a_class_is_asked_how_its_objects_behave(f: Any) -> None:
    slopes = [grad(f, mode=mode) for mode in MODES]
    for x in (3.0, 1.5):
        assert value_and_grad(f)(x)[0] == f(x)
        for slope in slopes:
            assert slope(x) == pytest.approx(float(along(lambda h, x=x: f(x + h))[0]), rel=1e-6)


class Reading:
    def __init__(self, x):
        self.x = x

    def __getattribute__(self, name):
        return object.__getattribute__(self, name) * 3.0


class Backwards(NamedTuple):
    x: float
    y: float

    def __getitem__(self, k):
        return tuple(self)[1 - k]


class Once:
    made: Any = None

    def __new__(cls, x):
        Once.made = Once.made or object.__new__(cls)
        return Once.made


class Derived(Once):
    def __init__(self, x):
        self.x = x


def intercepted_reads(x):
    return Reading(x).x


def other_entries(x):
    return Backwards(x, 2.0)[0]


def made_once(x):
    return Derived(x).x + Derived(2.0 * x).x


@pytest.mark.parametrize(
    "f", [intercepted_reads, other_entries, made_once], ids=lambda f: f.__name__
)
def test_classes_that_intercept_what_they_are_asked_are_refused(f: Any) -> None:
    with pytest.raises(ChainruleError):
        grad(f)(3.0)


class Mirror(list):
    def __getitem__(self, k):
        return list.__getitem__(self, -1 - k)


def test_an_argument_that_reads_its_entries_in_its_own_way_is_refused() -> None:
    def f(v):
        return v[0] * v[0] + v[1]

    slope = grad(f)
    assert slope([3.0, 2.0]) == [6.0, 1.0]
    with pytest.raises(ChainruleError, match="defines `__getitem__`"):
        slope(Mirror([3.0, 2.0]))


def product(x, table):
    return x * x * table["a"] + x * table["none"]


def caught(x, table):
    try:
        return x * x * table["none"]
    except KeyError:
        return x


def caught_of_a_copy(x, table):
    try:
        return x * x * table.copy()["none"] * copy.copy(table)["none"]
    except KeyError:
        return x


def caught_of_a_dict(x, table):
    try:
        return x * x * dict(table)["none"]
    except KeyError:
        return x


def added_to(x, table):
    table["none"] += x
    return table["none"] * x + len(table)


def by_words(x, table, words):
    total = 0.0
    for word in words:
        total += x * x * table[word]
    return total


COUNTING = [product, caught, caught_of_a_copy, caught_of_a_dict, added_to]


@pytest.mark.parametrize("f", COUNTING, ids=lambda f: f.__name__)
def test_what_a_counter_of_the_callers_does_not_hold_is_0(f: Any) -> None:
    table, other = Counter(a=3), Counter(a=3)
    slope = grad(f)
    verdict = oracle.derivative(lambda x: f(x, Counter(a=3)), (1.5,), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope(1.5, table))
    f(1.5, other)
    assert table == other
    assert slope(1.5, {"a": 3, "none": 2}) != slope(1.5, Counter(a=3))
    assert by_words(1.0, Counter(a=3), ["a", "b"]) == 3.0
    assert grad(by_words)(1.0, Counter(a=3), ["a", "b"]) == 6.0


def joined(x, table):
    return x * x * (table | Counter(a=2))["a"]


def joined_with_itself(x, table):
    return x * x * (table | table)["a"]


def added_up(x, table):
    return x * x * (table + table)["a"]


def joined_in_place(x, table):
    table |= table
    return x * x * table["a"]


def updated(x, table):
    table.update(table)
    return x * x * table["a"]


ADDING = [joined, joined_with_itself, added_up, joined_in_place, updated]


@pytest.mark.parametrize("f", ADDING, ids=lambda f: f.__name__)
def test_counters_of_the_callers_are_not_joined_as_dicts_are(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="of a Counter from outside"):
        grad(f)(1.5, Counter(a=3))


def test_a_dict_joined_with_a_defaultdict_is_one() -> None:
    def f(x, table):
        try:
            return x * x * ({"b": 1.0} | table)["none"]
        except KeyError:
            return x

    with pytest.raises(UnsupportedError, match="'none' of a defaultdict from outside"):
        grad(f)(1.5, defaultdict(float, a=2.0))


@pytest.mark.parametrize("f", [product, caught, caught_of_a_copy, added_to])
def test_what_a_defaultdict_of_the_callers_does_not_hold_is_refused(f: Any) -> None:
    table = defaultdict(lambda: 5.0, a=2.0)
    slope = grad(f)
    for _ in range(2):
        with pytest.raises(UnsupportedError, match="'none' of a defaultdict from outside"):
            slope(1.5, table)
    assert table == {"a": 2.0}
    held = {"a": 2.0, "none": 5.0}
    filled = defaultdict(float, held)
    verdict = oracle.derivative(lambda x: f(x, dict(held)), (1.5,), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope(1.5, filled))
    assert grad(caught_of_a_dict)(1.5, table) == 1.0
    assert grad(by_words)(1.5, defaultdict(float, held), ["a", "none"] * 100) == 2100.0


@dataclass(slots=True)
class Slotted:
    rate: float = 2.0
    mode: str = "square"


class Pair(NamedTuple):
    a: Any
    b: Any


def by_mode(x, p):
    return x * x * p.rate if p.mode == "square" else x * p.rate


def by_kind(x, k):
    if isinstance(k, str):
        return x * x if k == "float" else x**3
    return k * x


def by_bytes(x, k):
    return x * x if k == b"a" else x


def by_field(x, p):
    if isinstance(p.b, str):
        return x * x * p.a
    return x * p.a if p.b is None else x * p.a * p.b


def by_key(x, table):
    (key,) = table
    return x * x if isinstance(key, bool) else x * table[key]


def by_default(x, table):
    return x * x if "b" in table else x


def by_array(x, a):
    return x * x if isinstance(a, np.ndarray) else x * a


def by_range(x, *, n=2):
    return x**n


CALLS = [
    (by_mode, Slotted(), 12.0),
    (by_mode, Slotted(mode="line"), 2.0),
    (by_mode, Slotted(rate=3), 18.0),
    (by_kind, 2.0, 2.0),
    (by_kind, "float", 6.0),
    (by_kind, 2, 2.0),
    (by_kind, "int", 27.0),
    (by_bytes, b"a", 6.0),
    (by_bytes, b"b", 1.0),
    (by_field, Pair(1.0, 2.0), 2.0),
    (by_field, Pair(1.0, "s"), 6.0),
    (by_field, Pair(2.0, None), 2.0),
    (by_field, Pair(2, 3), 6.0),
    (by_key, {1: 2.0}, 2.0),
    (by_key, {True: 2.0}, 6.0),
    (by_key, {1.0: 2.0}, 2.0),
    (by_default, collections.defaultdict(float, a=1.0), 1.0),
    (by_default, collections.defaultdict(float, b=1.0), 6.0),
    (by_array, 2.0, 2.0),
    (by_array, np.array(2.0), 6.0),
    (by_array, np.float64(2.0), 2.0),
]


@pytest.mark.parametrize("f", dict.fromkeys(f for f, *_ in CALLS), ids=lambda f: f.__name__)
def test_one_derivative_tells_kinds_of_arguments_apart(f: Any) -> None:
    slope = grad(f)
    calls = [(value, want) for g, value, want in CALLS if g is f]
    for value, want in (*calls, *reversed(calls)):
        assert slope(3.0, value) == want


def test_classes_of_one_name_are_told_apart() -> None:
    def make(power):
        class Law:
            __slots__ = ()

            def of(self, x):
                return x**power

        return Law()

    slope = grad(lambda x, law: law.of(x))
    square, cube = make(2), make(3)
    assert [slope(3.0, law) for law in (square, cube, square)] == [6.0, 27.0, 6.0]


class Model:
    factor = 2.0

    def __init__(self):
        self.table = [1.0, 2.0]

    def rate(self, x):
        return x * x * self.factor


def test_an_attribute_that_comes_to_hide_a_method_is_seen() -> None:
    model = Model()
    slope = grad(lambda x, m: m.rate(x))
    assert slope(3.0, model) == 12.0
    model.factor = 5.0
    assert slope(3.0, model) == 30.0
    model.rate = lambda x: x**3  # type: ignore[method-assign]
    assert slope(3.0, model) == 27.0
    del model.rate
    assert slope(3.0, model) == 30.0


def test_a_list_that_an_object_holds_may_become_something_else() -> None:
    model: Any = Model()
    slope = grad(lambda x, m: x * sum(m.table))
    assert slope(3.0, model) == 3.0
    for table, want in (([1.0, 2.0, 3.0], 6.0), (np.ones(2), 2.0), ((4.0, 1), 5.0), ([2, 5], 7.0)):
        model.table = table
        assert slope(3.0, model) == want
    model.table = "ab"
    with pytest.raises(TypeError):
        slope(3.0, model)


SCALE: Any = 2.0


def scaled(x):
    return np.sum(x * SCALE)


@pytest.mark.parametrize("mode", MODES)
def test_a_number_may_become_an_array(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(scaled, mode=mode)
    assert slope(3.0) == 2.0
    for scale, want in ((np.ones(3), 3.0), (5, 5.0), (2.5, 2.5)):
        monkeypatch.setitem(globals(), "SCALE", scale)
        assert slope(3.0) == want
    monkeypatch.setitem(globals(), "SCALE", None)
    with pytest.raises(TypeError):
        slope(3.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("other", [None, "a", {1: 2.0}, range(3)])
def test_what_is_no_number_raises_in_the_gradient_too(mode: str, other: Any) -> None:
    with pytest.raises(TypeError):
        grad(lambda x, k: k * x, mode=mode)(3.0, other)


def numbers_as_arrays(x, y):
    largest = np.maximum(x, y)
    return largest.sum() * largest.ravel()[0] + np.clip(x, 0.0, y).mean() + largest.copy()


@pytest.mark.parametrize("mode", MODES)
def test_slopes_of_numbers_have_no_methods_of_arrays(mode: str) -> None:
    slope = grad(numbers_as_arrays, mode=mode)
    assert slope(1.5, 0.5) == pytest.approx(4.0)
    assert slope(0.5, 1.5) == pytest.approx(1.0)


def test_shapes_of_what_is_no_array_are_refused() -> None:
    with pytest.raises(ChainruleError, match=r"np\.ndim"):
        grad(lambda x, n: x * np.ndim(n))(3.0, range(4))


class Padded(str):
    """A text that is longer than its letters."""

    __slots__ = ()

    def __len__(self) -> int:
        return 7


PADDED = Padded("ab")


def by_length(x, text):
    return x * len(text) + x * x * len(PADDED)


@pytest.mark.parametrize("mode", MODES)
def test_a_text_is_as_long_as_its_class_says(mode: str) -> None:
    slope = grad(by_length, mode=mode)
    assert slope(0.5, PADDED) == 14.0
    assert slope(0.5, "ab") == 9.0
