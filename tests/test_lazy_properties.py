"""Properties that keep what they have computed in the object, by descriptors of the user's own."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import grad


class Kept(property):
    """Keeps its value under its own name, which only ``__dict__`` gives back."""

    def __init__(self, method: Any) -> None:
        self.method = method
        self.name = method.__name__
        property.__init__(self, self._get)

    def _get(self, inst: Any) -> Any:
        try:
            return inst.__dict__[self.name]
        except KeyError:
            inst.__dict__[self.name] = value = self.method(inst)
            return value


class Lazy:
    def __init__(self, method: Any) -> None:
        self.method = method
        self.name = method.__name__

    def __get__(self, inst: Any, owner: Any = None) -> Any:
        if self.name not in inst.__dict__:
            inst.__dict__[self.name] = self.method(inst)
        return inst.__dict__[self.name]


def remembered(method: Any) -> Any:
    name = "_" + method.__name__

    def get(inst: Any) -> Any:
        try:
            return getattr(inst, name)
        except AttributeError:
            setattr(inst, name, method(inst))
            return getattr(inst, name)

    return property(get)


class Ellipsoid:
    def __init__(self, a: Any, f: Any) -> None:
        self.a, self.f = a, f

    @Kept
    def b(self):
        return self.a * (1 - self.f)

    @Kept
    def e2(self):
        return 1 - (self.b / self.a) ** 2

    @Lazy
    def n(self):
        return self.f / (2 - self.f)

    @Lazy
    def m(self):
        return self.n**2 + self.e2

    @remembered
    def q(self):
        return self.n + self.b

    @remembered
    def r(self):
        return self.q * 2 + self.m


GLOBE = Ellipsoid(2.0, 0.1)


def by_kept(a, f):
    return Ellipsoid(a, f).e2 * math.sin(Ellipsoid(a, f).b)


def by_lazy(a, f):
    globe = Ellipsoid(a, f)
    return globe.m * a + globe.n + globe.m


def by_remembered(a, f):
    globe = Ellipsoid(a, f)
    return globe.r * globe.q


def of_globe(a):
    return GLOBE.r * a + GLOBE.e2 * a * a


def of_given(globe, x):
    return globe.r * x + globe.b * x * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [by_kept, by_lazy, by_remembered])
def test_what_f_makes_is_differentiated_through_its_properties(f: Any, mode: str) -> None:
    found = grad(f, wrt=("a", "f"), mode=mode)(2.0, 0.1)
    for k, step in enumerate(((1e-4, 0.0), (0.0, 1e-4))):

        def at(times: float, step: tuple[float, float] = step) -> float:
            return f(2.0 + times * step[0], 0.1 + times * step[1])

        near = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / 12e-4
        assert found[k] == pytest.approx(near, rel=1e-9)


def test_an_object_outside_keeps_what_f_would_have_it_keep() -> None:
    slope = grad(of_globe)
    # Nothing of it is run while the derivative is made.
    assert set(vars(GLOBE)) == {"a", "f"}
    twin = Ellipsoid(2.0, 0.1)
    expected = twin.r + 2 * twin.e2 * 3.0
    assert slope(3.0) == pytest.approx(expected, rel=1e-14)
    assert vars(GLOBE) == vars(twin)
    assert slope(3.0) == pytest.approx(expected, rel=1e-14)
    vars(GLOBE).clear()
    vars(GLOBE).update(a=3.0, f=0.2)
    twin = Ellipsoid(3.0, 0.2)
    assert slope(1.0) == pytest.approx(twin.r + 2 * twin.e2, rel=1e-14)
    assert vars(GLOBE) == vars(twin)


def test_an_object_that_is_given_keeps_it_too() -> None:
    globe, twin = Ellipsoid(2.0, 0.1), Ellipsoid(2.0, 0.1)
    slope = grad(of_given, wrt="x")
    for _ in range(2):
        assert slope(globe, 0.5) == pytest.approx(twin.r + 2 * twin.b * 0.5, rel=1e-14)
        assert vars(globe) == vars(twin)
