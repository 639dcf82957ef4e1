"""``obj.__dict__``, ``vars(obj)`` and ``obj.__class__``: attributes by names that are known."""

from dataclasses import dataclass

import pytest

from chainrule import UnsupportedError, grad
from tests.oracle import agrees, derivative


class Option:
    kind = 3.0

    def __init__(self, **named):
        self.__dict__.update(named)
        for name in ("price", "delta"):
            self.__dict__[name] = None


@dataclass
class Pair:
    a: float
    b: float = 2.0


class Number:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.__dict__ == other.__dict__


def updated(x, y):
    option = Option(a=x, b=y * y)
    option.price = x * option.a
    total = 0.0
    for name, value in option.__dict__.items():
        if value is not None:
            total += value * (2.0 if name == "b" else 1.0)
    return total + (10.0 if "kind" in option.__dict__ else 0.5 * x) + option.kind


def seen_later(x, y):
    pair = Pair(x, y)
    held, values = pair.__dict__, vars(pair).values()
    pair.a = pair.a * 3.0
    return held["a"] * held["b"] + sum(values) + len(held) + held.get("c", y)


def written_through(x, y):
    pair = Pair(x, y)
    held = pair.__dict__
    held.update(b=x * x, c=y)
    return pair.b + pair.c * 2.0 + held["c"]


def copied(x, y):
    pair = Pair(x, y)
    held = pair.__dict__.copy()
    held["a"] = 5.0 * x
    other = Pair(**pair.__dict__)
    return pair.a + held["a"] * other.b + dict(vars(pair))["a"] + {**other.__dict__}["b"]


def of_class(x, y):
    pair = Pair(x, y)
    if pair.__class__.__name__ == "Pair" and x.__class__ is float:
        return pair.__class__(y, x).a * x
    return 0.0


def compared(x, y):
    first, second = Number(x), Number(y)
    held = isinstance(second.__dict__, dict) and "value" in second.__dict__
    return x * y if held and first != second else x - y * y


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [updated, seen_later, written_through, copied, compared])
def test_attributes_are_found_by_their_names(function, mode) -> None:
    found = grad(function, wrt=("x", "y"), mode=mode)(1.25, 0.75)
    for position, slope in enumerate(found):
        assert agrees(derivative(function, (1.25, 0.75), wrt=position), slope)


def test_the_class_of_a_value_is_known() -> None:
    assert grad(of_class, wrt=("x", "y"))(1.25, 0.75) == (0.75, 1.25)


def test_attributes_that_come_and_go_are_watched() -> None:
    pair = Pair(1.5, 2.5)

    def priced(x):
        return x * pair.__dict__["a"] + x * vars(pair).get("c", 4.0)

    slope = grad(priced)
    assert slope(2.0) == 5.5
    pair.a = 7.0
    assert slope(2.0) == 11.0
    pair.c = 1.0
    assert slope(2.0) == 8.0


def test_what_is_written_into_them_is_left_in_the_callers_object() -> None:
    def doubled(pair, x):
        pair.__dict__["a"] = 2.0 * x
        return pair.a * pair.b

    pair = Pair(1.0, 2.0)
    assert grad(doubled, wrt="x")(pair, 3.0) == 4.0
    assert pair == Pair(6.0, 2.0)


def test_what_else_dicts_do_is_refused() -> None:
    def popped(x):
        return Pair(x).__dict__.pop("a")

    with pytest.raises(UnsupportedError, match="this change of a `__dict__`"):
        grad(popped)(1.0)
