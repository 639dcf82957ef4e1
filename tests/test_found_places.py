"""Where ``list.index`` finds a value is flat, and is looked for where the user says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, jacobian, value_and_grad
from tests import oracle


def nearest(x: list[float], t: float) -> float:
    gaps = [(each - t) ** 2 for each in x]
    place = gaps.index(min(gaps))
    return place * t * x[place] + len(gaps)


def second(x: list[float], t: float) -> float:
    marks = [1, 2, 1, 3, 1]
    return t * x[marks.index(1, 1)] + t * t * x[marks.index(1, 3, 5)]


def of_its_own_value(x: list[float], t: float) -> float:
    place = x.index(x[4], 1)
    return place * t * t + x[place] * t


def from_the_end(x: list[float], t: float) -> float:
    return x.index(max(x), -3) * t + x[-1] * t * t


def taken_out(x: list[float], t: float) -> float:
    rest = list(x)
    while len(rest) > 2:
        place = rest.index(max(rest))
        t = t + place * rest.pop(place)
    return t * rest[0] * rest[1]


class Part:
    def __init__(self, weight: float) -> None:
        self.weight = weight


def of_objects(x: list[float], t: float) -> float:
    parts = [Part(each * t) for each in x]
    chosen = parts[1]
    parts.append(chosen)
    return parts.index(chosen) * t + parts.index(chosen, 2) * chosen.weight


PROGRAMS = [nearest, second, of_its_own_value, from_the_end, taken_out, of_objects]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", ["x", "t"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_places_are_flat(f: Callable[..., Any], wrt: str, mode: str) -> None:
    args = [1.5, 0.5, 1.75, 3.0, 1.25], 0.7
    value, slope = value_and_grad(f, wrt, mode=mode)(*args)
    assert oracle.same_bits(value, f(*args))
    for path, verdict in oracle.gradient(f, args, wrt=wrt).items():
        assert oracle.agrees(verdict, oracle.look_up(slope, path))


def test_a_place_may_be_the_result() -> None:
    slopes = jacobian(lambda x: (x.index(max(x)), x[0] * x[1]))([1.0, 3.0])
    assert slopes == ([0.0, 0.0], [3.0, 1.0])


def test_what_is_not_there_raises_what_python_raises() -> None:
    def searched(x: list[float], t: float) -> float:
        return x.index(t, 1) * x[0]

    slope = grad(searched)
    assert slope([1.0, 2.0, 3.0], 3.0) == [2.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="is not in list"):
        slope([1.0, 2.0, 3.0], 1.0)
