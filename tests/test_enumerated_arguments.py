"""Members of enumerations as arguments."""

from __future__ import annotations

import enum

import pytest

from chainrule import grad, jacobian


class Gas(enum.Enum):
    AIR = 1.4
    HELIUM = 5.0 / 3.0

    @property
    def freedoms(self):
        return 2.0 / (self.value - 1.0)


class Order(enum.IntEnum):
    LINEAR = 1
    CUBIC = 3


class Flow:
    def __init__(self, mach, gas=Gas.AIR):
        self.mach, self.gas = mach, gas

    def told(self):
        return {"mach": self.mach**2, "gamma": self.gas.value}


def temperature_ratio(mach, gas=Gas.AIR):
    return 1.0 + (gas.value - 1.0) / 2.0 * mach**2 + (0.0 if gas is Gas.AIR else mach)


def by_a_property(mach, gas):
    return mach**2 * gas.freedoms


def power(x, order=Order.LINEAR):
    return x**order * order.value


def of_an_object(mach, gas):
    return Flow(mach, gas).told()


def test_a_member_is_known_by_its_value():
    slope = grad(temperature_ratio)
    assert slope(2.0) == pytest.approx(0.8)
    assert slope(2.0, Gas.HELIUM) == pytest.approx(7.0 / 3.0)
    assert slope(2.0, Gas.AIR) == pytest.approx(0.8)
    assert grad(by_a_property)(2.0, Gas.HELIUM) == pytest.approx(12.0)
    assert grad(by_a_property)(2.0, Gas.AIR) == pytest.approx(20.0)


def test_a_member_that_is_an_int_counts_as_one():
    slope = grad(power)
    assert slope(2.0) == 1.0
    assert slope(2.0, Order.CUBIC) == 36.0


def test_an_object_may_hold_a_member():
    assert jacobian(of_an_object)(3.0, Gas.AIR) == {"mach": 6.0, "gamma": 0.0}
