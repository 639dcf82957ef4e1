"""Ints whose values decide of what kind others are: flags of bits, modes, orders."""

import pytest

from chainrule import grad

ORDER = 3


class Wanted:
    LATITUDE = 1 << 7 | 1
    LENGTH = 1 << 11
    ALL = 0xFF80 | 1


def solved(x, y, wanted=Wanted.LATITUDE):
    wanted &= Wanted.ALL
    found = {"x": x}
    if wanted & Wanted.LATITUDE:
        found["latitude"] = x * y
    if wanted & (Wanted.LENGTH | Wanted.LATITUDE):
        found["length"] = x + y * y
    return found


def both(x, y):
    found = solved(x, y)
    return found["latitude"] * found["length"]


def by_order(x, y):
    held = {}
    if ORDER == 3:
        held["cube"] = x**3 * y
    else:
        held["line"] = x - y
    return sum(held.values())


def test_flags_decide_what_there_is() -> None:
    x, y = 1.5, 0.5
    assert grad(both, wrt=("x", "y"))(x, y) == pytest.approx(
        (y * (x + y * y) + x * y, x * (x + y * y) + x * y * 2.0 * y)
    )


@pytest.mark.parametrize("wanted", [Wanted.LATITUDE, Wanted.ALL, Wanted.LENGTH])
def test_flags_may_be_given(wanted) -> None:
    def asked(x, y, wanted):
        found = solved(x, y, wanted)
        return found["length"] if wanted == Wanted.LENGTH else found["latitude"]

    slope = grad(asked)
    assert slope(1.5, 0.5, wanted) == (1.0 if wanted == Wanted.LENGTH else 0.5)
    assert slope(1.5, 0.25, Wanted.LATITUDE) == 0.25


def test_a_global_that_decides_is_watched(monkeypatch) -> None:
    slope = grad(by_order, wrt=("x", "y"))
    assert slope(2.0, 0.5) == (6.0, 8.0)
    monkeypatch.setitem(globals(), "ORDER", 1)
    assert slope(2.0, 0.5) == (1.0, -1.0)
    monkeypatch.setitem(globals(), "ORDER", 3)
    assert slope(2.0, 0.5) == (6.0, 8.0)
