"""Objects as results whose class makes them in a ``__new__`` of its own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chainrule import grad, jvp


class Quantity:
    def __new__(cls, value, unit="m"):
        made = object.__new__(cls)
        made.value = value * 2.0
        made.unit = unit
        return made


def area(x):
    return Quantity(x * x, "m2")


def test_a_result_whose_class_needs_arguments_to_be_made_is_given_back_with_its_slopes():
    value, tangent = jvp(area)(1.5, x_dot=1.0)
    assert type(value) is type(tangent) is Quantity
    assert (value.value, value.unit) == (4.5, "m2")
    assert tangent.value == pytest.approx(6.0, rel=1e-15)


class Part(Quantity):
    pass


class Pair:
    __slots__ = ("first", "second")

    def __new__(cls, first, second):
        made = super().__new__(cls)
        made.first, made.second = first, second
        return made


def part(x):
    return Part(x * x, "m2")


def pair(x):
    return Pair(x * x, 3.0 * x)


def plain(x):
    return SimpleNamespace(x=x * x, y=3.0 * x)


@pytest.mark.parametrize(
    ("function", "kind", "names"),
    [
        (pair, Pair, ("first", "second")),
        (plain, SimpleNamespace, ("x", "y")),
    ],
)
def test_what_makes_an_object_is_the_built_in_class_below_its_own(function, kind, names):
    value, tangent = jvp(function)(1.5, x_dot=1.0)
    assert type(value) is type(tangent) is kind
    assert [getattr(value, name) for name in names] == [2.25, 4.5]
    assert [getattr(tangent, name) for name in names] == [3.0, 3.0]


def test_a_class_below_one_with_its_own_new_is_given_back_too():
    value, tangent = jvp(part)(1.5, x_dot=1.0)
    assert type(value) is type(tangent) is Part
    assert (value.value, tangent.value) == (4.5, 6.0)


def moved(p):
    p.x = p.x * p.y
    return p


def test_a_namespace_of_the_callers_may_be_written_to_and_given_back():
    at, along = SimpleNamespace(x=2.0, y=3.0), SimpleNamespace(x=1.0, y=0.5)
    value, tangent = jvp(moved)(at, p_dot=along)
    assert (value, tangent) == (SimpleNamespace(x=6.0, y=3.0), SimpleNamespace(x=4.0, y=0.5))
    assert at == SimpleNamespace(x=6.0, y=3.0)


def summed(p):
    p.z = 0.0
    try:
        p.x = p.x * p.y
        p.z = 1.0 / p.x
    except ZeroDivisionError:
        p.z = 5.0
    return p.x * p.z + p.y


def test_namespaces_are_written_to_in_a_try():
    slope = grad(summed)(SimpleNamespace(x=2.0, y=3.0))
    assert (slope.x, slope.y) == pytest.approx((0.0, 1.0), abs=1e-15)
