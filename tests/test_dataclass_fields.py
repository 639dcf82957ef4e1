"""What the constructors of dataclasses take, and what ``__post_init__`` makes of it."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace
from typing import ClassVar

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.slopes import check_slopes


@dataclass
class Rod:
    length: float
    width: float = 1.0
    area: float = field(init=False)

    def __post_init__(self):
        self.area = self.length * self.width


@dataclass
class Scaled:
    value: float
    scale: InitVar[float] = 2.0
    name: str = field(default="", compare=False)
    history: list = field(default_factory=list)
    shift: InitVar[float] = 0.0
    COUNT: ClassVar[int] = 3

    def __post_init__(self, scale, shift):
        self.value = self.value * scale + shift
        self.history.append(self.value)


@dataclass
class Named:
    first: float = field(default=2.0, kw_only=True)
    second: float = 3.0
    third: float = field(default=5.0, kw_only=True)


@dataclass(kw_only=True)
class Wide(Rod):
    height: float = 4.0

    def volume(self):
        return self.area * self.height


def rods(x, y):
    rod = Rod(x, y)
    longer = replace(rod, length=rod.area * x)
    total = 0.0
    for k in range(6):
        longer = Rod(0.5 * longer.area, k + y)
        total += longer.area
    return total * rod.area + Wide(x, height=y).volume()


def scaled(x, y):
    first = Scaled(x, y, shift=x * y)
    second = Scaled(y, name="second")
    second.history.append(first.value)
    return first.value * second.value + sum(second.history) * Scaled.COUNT


def named(x, y):
    one = Named(x, third=y)
    return one.first * one.second**2 + one.third**3


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [rods, scaled, named])
def test_a_dataclass_gets_what_its_constructor_takes(f, mode):
    check_slopes(f, (0.7, 1.2), mode)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: Named(1.0, x).second,
        lambda x: Rod(x, area=3.0).length,
        lambda x: Rod(x, length=x).length,
    ],
)
def test_what_a_constructor_does_not_take_is_refused(f):
    with pytest.raises(TypeError):
        f(2.0)
    with pytest.raises(UnsupportedError, match="given what it does not take"):
        grad(f)(2.0)


@dataclass
class Tripled:
    value: float

    def __init__(self, value):
        self.value = 3.0 * value


@dataclass(init=False)
class Shifted:
    value: float

    def __init__(self, value):
        self.value = value + 1.0


class Longer(Rod):
    def __init__(self, length, extra):
        self.extra = extra
        super().__init__(2.0 * length, width=extra)
        self.extra *= self.area


def own_constructors(x, y):
    longer = Longer(x, y)
    return Tripled(x).value * Shifted(y).value + longer.extra * longer.length


def test_a_dataclass_with_a_constructor_of_its_own_is_made_by_that():
    x, y = 0.7, 1.2
    value, gradient = value_and_grad(own_constructors, wrt=(0, 1))(x, y)
    assert value == own_constructors(x, y)
    # 3 x (y + 1) + 4 x**2 y**2
    assert gradient[0] == pytest.approx(3.0 * (y + 1.0) + 8.0 * x * y * y, rel=1e-14)
    assert gradient[1] == pytest.approx(3.0 * x + 8.0 * x * x * y, rel=1e-14)
