"""Dates and times, where they are held and what is computed of them: read when it runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests.differences import along

START = date(2020, 1, 1)
HOLIDAYS = [date(2024, 1, 1), date(2024, 12, 25)]


@dataclass(frozen=True)
class Bond:
    coupon: float
    maturity: date


class Desk:
    def __init__(self, today: date) -> None:
        self.today = today


DESK = Desk(date(2024, 3, 15))


def of_a_schedule(y: float, bond: Bond, today: date) -> float:
    dates = []
    d = bond.maturity
    while d > today:
        dates.append(d)
        d = d - timedelta(days=182)
    price = 0.0
    for d in dates[::-1]:
        payment = bond.coupon + (100.0 if d == bond.maturity else 0.0)
        price += payment * math.exp(-y * (d - today).days / 365.0)
    return price


def of_a_global(y: float, bond: Bond, today: date) -> float:
    d, total = START, 0.0
    while d < today:
        d += timedelta(days=400)
        total += y**d.month
    return total


def of_an_object(y: float, bond: Bond, today: date) -> float:
    d, n = DESK.today, 1
    while d in HOLIDAYS or d.weekday() > 4:
        d += timedelta(days=1)
        n += 1
    return y**n * (bond.maturity - d).days


def of_a_parameter(y: float, bond: Bond, today: date) -> float:
    while today < bond.maturity:
        today += timedelta(days=300)
        y *= 1.01
    return y * y if isinstance(today, datetime) else math.sin(y) * today.day


FUNCTIONS = [of_a_schedule, of_a_global, of_an_object, of_a_parameter]
BONDS = [Bond(2.25, date(2029, 6, 1)), Bond(3.0, date(2027, 2, 14))]


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_slopes_beside_dates_are_those_of_differences(f: Callable[..., Any]) -> None:
    given = value_and_grad(f)
    for bond in BONDS:
        for today in (date(2024, 3, 15), date(2023, 12, 30)):
            value, slope = given(1.1, bond, today)
            assert value == f(1.1, bond, today)
            expected, noise = along(lambda h, b=bond, d=today: f(1.1 + h, b, d))
            assert abs(slope - expected) <= 1e-8 * abs(expected) + 10.0 * noise


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_another_date_in_an_object_needs_no_other_code(f: Callable[..., Any]) -> None:
    slope = grad(f)
    sources = []
    for bond in BONDS:
        slope(1.1, bond, date(2024, 3, 15))
        sources.append(slope.source)
    assert sources[0] is sources[1]


def test_a_date_of_a_global_object_is_read_when_the_derivative_is_called() -> None:
    slope = grad(of_an_object)
    before = slope(1.1, BONDS[0], START)
    source, DESK.today = slope.source, date(2024, 3, 16)
    try:
        after = slope(1.1, BONDS[0], START)
        expected, _ = along(lambda h: of_an_object(1.1 + h, BONDS[0], START))
    finally:
        DESK.today = date(2024, 3, 15)
    assert before != after
    assert slope.source is source
    assert after == pytest.approx(expected, rel=1e-9)


def test_a_date_that_is_walked_from_an_attribute_has_one_name() -> None:
    slope = grad(of_a_schedule)
    slope(0.05, BONDS[0], date(2024, 3, 15))
    assert "is_node" not in slope.source
    assert "    while d > today:\n        dates.append(d)\n" in slope.source


@dataclass
class Claim:
    strike: float
    expiry: date | None = None


def of_claims(claims: list[Claim], spot: float, today: date) -> float:
    total = 0.0
    for claim in claims:
        if claim.expiry is None:
            total += max(spot - claim.strike, 0.0)
        elif claim.expiry > today:
            years = (claim.expiry - today).days / 365.0
            total += spot * math.exp(-0.1 * years) - claim.strike * years**2
    return total


@pytest.mark.parametrize(
    "claims",
    [
        [Claim(100.0, date(2025, 1, 1)), Claim(90.0, date(2024, 6, 1))],
        [Claim(100.0, None), Claim(90.0, date(2024, 6, 1))],
        [Claim(100.0, None), Claim(90.0, None)],
    ],
)
def test_a_date_that_is_missing_is_told_from_one_that_is_there(claims: list[Claim]) -> None:
    today = date(2024, 1, 1)
    slope = grad(of_claims, wrt=("claims", "spot"))
    for order in (claims, claims[::-1], claims):
        found, spot = slope(order, 120.0, today)
        expected, _ = along(lambda h, c=order: of_claims(c, 120.0 + h, today))
        assert spot == pytest.approx(float(expected), rel=1e-8)
        assert [each.expiry for each in found] == [each.expiry for each in order]


def twice_asked(y: float, bond: Bond, today: date) -> float:
    total = 0.0 if bond.maturity <= today else y * y
    return total if bond.maturity <= today else total * y


def test_what_is_a_date_is_not_asked_whether_it_is_none_and_compared_once() -> None:
    slope = grad(of_claims, wrt="spot")
    slope([Claim(100.0, date(2025, 1, 1)), Claim(90.0, date(2024, 6, 1))], 120.0, date(2024, 1, 1))
    assert "is None" not in slope.source
    slope = grad(twice_asked)
    assert slope(2.0, BONDS[0], date(2024, 1, 1)) == 12.0
    assert slope(2.0, BONDS[0], date(2034, 1, 1)) == 0.0
    code = [line for line in slope.source.split("\n") if not line.lstrip().startswith("#")]
    assert sum("<= today" in line for line in code) == 1
