"""Ints whose values decide of what kind others are: flags of bits, modes, orders."""

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad

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


class Quantity:
    """A number with the exponents of its units."""

    def __init__(self, value, **units):
        self.value = value
        self.units = {name: power for name, power in units.items() if power}

    def __mul__(self, other):
        if not isinstance(other, Quantity):
            return Quantity(self.value * other, **self.units)
        units = dict(self.units)
        for name, power in other.units.items():
            units[name] = units.get(name, 0) + power
        return Quantity(self.value * other.value, **units)

    __rmul__ = __mul__

    def __pow__(self, n):
        units = {name: power * n for name, power in self.units.items()}
        return Quantity(self.value**n, **units)

    def to(self, unit):
        if self.units != unit.units:
            raise TypeError(f"{self.units} is not {unit.units}")
        return self.value / unit.value


METRE = Quantity(1.0, m=1)
SECOND = Quantity(1.0, s=1)
SPEED = METRE * SECOND**-1


def stopping_distance(v, a):
    return ((v * SPEED) ** 2 * (2.0 * a * METRE * SECOND**-2) ** -1).to(METRE)


def test_exponents_of_units_are_known_and_watched(monkeypatch) -> None:
    slope = grad(stopping_distance, wrt=("v", "a"))
    assert slope(3.0, 1.5) == pytest.approx((3.0 / 1.5, -9.0 / (2.0 * 1.5**2)))
    monkeypatch.setitem(METRE.units, "m", 2)
    with pytest.raises(TypeError, match="is not"):
        slope(3.0, 1.5)


def code_values(bits):
    """The ends of a range of whole numbers of so many bits."""
    ends = np.array([16, 235])
    ends *= 2 ** (bits - 8)
    return ends


def scaled(x, bits=10):
    low, high = code_values(bits)
    return (x * (2**bits - 1) - low) / (high - low)


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_a_power_of_an_int_that_is_known_is_an_int(bits) -> None:
    value, slope = value_and_grad(scaled)(0.3, bits)
    assert value == scaled(0.3, bits)
    assert slope == pytest.approx((2**bits - 1) / (219 * 2 ** (bits - 8)), rel=1e-15)


def test_a_power_that_is_no_int_is_not_written_into_an_array_of_ints() -> None:
    with pytest.raises(TypeError):
        scaled(0.3, 7)
    with pytest.raises((TypeError, UnsupportedError), match="float"):
        value_and_grad(scaled)(0.3, 7)


VECTOR, MATRIX = (1, 3), (2, 3)
SHAPES = {"rows": 2, "order": (2, 1)}
RANKS = [2, 1]
ROTATION = [[0.0, -1.0], [1.0, 0.5]]


class Space:
    """What a space says of its numbers."""

    RANK = 2
    SHAPE = (2, 1)

    def applied(self, x):
        return applied(ROTATION, x, self.SHAPE)

    @classmethod
    def by_rank(cls, x):
        return applied(ROTATION, x, (cls.RANK, 1))


SPACE = Space()


def applied(a, x, shape=MATRIX):
    """The product of a matrix or of a vector with a vector."""
    rank = shape[0] if shape[0] >= 0 else len(a)
    if rank == 1:
        return a[0] * x[0] + a[1] * x[1]
    return [a[0][0] * x[0] + a[0][1] * x[1], a[1][0] * x[0] + a[1][1] * x[1]]


def by_default(x):
    return applied(ROTATION, x)[1] ** 2


def by_entry(x):
    return applied(ROTATION, x, (SHAPES["rows"], 1))[1] ** 2


def by_entry_of_entry(x):
    return applied(ROTATION, x, SHAPES["order"])[1] ** 2


def by_list(x):
    return applied(ROTATION, x, RANKS)[1] ** 2


def by_object(x):
    return SPACE.applied(x)[1] ** 2


def by_made_object(x):
    return Space().applied(x)[1] ** 2


def by_class(x):
    return Space.by_rank(x)[1] ** 2


def by_two_names(x):
    rank, _ = SHAPES["order"]
    return applied(ROTATION, x, (rank, 0))[1] ** 2


@pytest.mark.parametrize(
    "function",
    [
        by_default,
        by_entry,
        by_entry_of_entry,
        by_list,
        by_object,
        by_made_object,
        by_class,
        by_two_names,
    ],
)
def test_ints_in_tables_decide_whether_rows_or_numbers_are_multiplied(function) -> None:
    value, slope = value_and_grad(function)([3.0, 2.0])
    assert value == function([3.0, 2.0]) == 16.0
    assert slope == [8.0, 4.0]


def test_ints_in_tables_that_decide_are_watched(monkeypatch) -> None:
    def bent(x):
        found = applied(ROTATION[1], x, SHAPES["order"]) if RANKS[0] == 1 else 0.0
        return found * found if RANKS[0] == 1 else applied(ROTATION, x)[0] ** 2

    slope = grad(bent)
    assert slope([3.0, 2.0]) == [0.0, 4.0]
    monkeypatch.setitem(SHAPES, "order", VECTOR)
    try:
        RANKS[0] = 1
        assert slope([3.0, 2.0]) == [8.0, 4.0]
        monkeypatch.setitem(SHAPES, "order", MATRIX)
        with pytest.raises(TypeError):
            bent([3.0, 2.0])
        with pytest.raises(TypeError):
            slope([3.0, 2.0])
    finally:
        RANKS[0] = 2


LIMITS = (1.0, 2.0)


def test_rows_that_are_multiplied_raise_where_python_comes_to_them(monkeypatch) -> None:
    def chosen(x):
        if LIMITS[0] > 5.0:
            return x[0] * x[1]
        return x[0][0] * x[1][0]

    slope = grad(chosen)
    assert slope([[1.5, 2.0], [3.0, 4.0]]) == [[3.0, 0.0], [1.5, 0.0]]
    monkeypatch.setitem(globals(), "LIMITS", (6.0, 2.0))
    with pytest.raises(TypeError, match="can't multiply sequence by non-int"):
        slope([[1.5, 2.0], [3.0, 4.0]])


def to_the_end(x, axis=0):
    if axis != -1:
        x = np.rollaxis(x, axis, start=x.ndim)
    return np.sum(x[0] ** 2)


def test_the_axis_that_is_rolled_may_be_a_parameter() -> None:
    x = np.arange(1.0, 7.0).reshape(2, 3)
    assert grad(to_the_end)(x).tolist() == [[2.0, 0.0, 0.0], [8.0, 0.0, 0.0]]
    assert grad(to_the_end)(x, -1).tolist() == [[2.0, 4.0, 6.0], [0.0, 0.0, 0.0]]
