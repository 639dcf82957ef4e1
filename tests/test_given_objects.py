"""Functions that return an object that they were given, or their own."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chainrule import jacobian, jvp, vjp
from tests.differences import along


class State:
    def __init__(self, x: float, v: float, name: str = "car") -> None:
        self.x, self.v, self.name, self.seen = x, v, name, [0.0]


class Pair:
    __slots__ = ("v", "x")

    def __init__(self, x: float, v: float) -> None:
        self.x, self.v = x, v


class Model:
    def __init__(self, w: float) -> None:
        self.w = w

    def fit(self, a: float) -> Model:
        self.w = self.w * a
        self.score = a * a * a
        return self


def moved(state: Any, a: float) -> Any:
    state.x = state.x + state.v * a * a
    return state


def noted(state: State, a: float) -> State:
    state.seen.append(state.v * a * a)
    state.x *= a
    return state


def beside(state: State, a: float) -> dict[str, Any]:
    state.v = state.v * a
    return {"state": state, "way": [state.x * a, state.v]}


def untouched(state: State, a: float) -> tuple[State, float]:
    return state, state.x * a


def fitted(state: State, a: float) -> Model:
    return Model(state.v).fit(a).fit(a)


def numbers(value: Any) -> list[float]:
    """All floats of a value, in order."""
    if isinstance(value, float):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    elif hasattr(value, "__slots__"):
        value = [getattr(value, name) for name in value.__slots__]
    elif hasattr(value, "__dict__"):
        value = list(vars(value).values())
    return (
        [each for part in value for each in numbers(part)] if type(value) in (list, tuple) else []
    )


PROGRAMS = [moved, noted, beside, untouched, fitted]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_tangent_of_an_object_holds_the_tangents_of_its_attributes(f: Any) -> None:
    state = State(1.5, -2.0)
    value, tangent = jvp(f, "a")(copy.deepcopy(state), 0.7, 1.0)
    assert numbers(value) == numbers(f(copy.deepcopy(state), 0.7))
    expected, noise = along(lambda h: numbers(f(copy.deepcopy(state), 0.7 + h)))
    assert numbers(tangent) == pytest.approx(expected, abs=1e-7 + noise)
    assert numbers(jacobian(f, "a")(copy.deepcopy(state), 0.7)) == numbers(tangent)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_adjoint_of_an_object_is_an_object(f: Any) -> None:
    state = State(1.5, -2.0)
    tangent = jvp(f, "a")(copy.deepcopy(state), 0.7, 1.0)[1]
    bar = f(copy.deepcopy(state), 0.7)
    adjoint = vjp(f, "a")(copy.deepcopy(state), 0.7, bar)[1]
    pairs = zip(numbers(bar), numbers(tangent), strict=True)
    assert adjoint == pytest.approx(sum(b * t for b, t in pairs))


def test_what_is_returned_is_the_object_itself() -> None:
    state = State(1.5, -2.0)
    value, tangent = jvp(moved, "state")(state, 0.5, State(1.0, 2.0))
    assert value is state and type(tangent) is State
    assert (state.x, tangent.x, tangent.v, tangent.name) == (1.0, 1.5, 2.0, "car")


def test_slots_are_attributes() -> None:
    slopes = jacobian(moved, "state")(Pair(1.5, -2.0), 0.5)
    assert numbers(slopes.x) == [0.25, 1.0] and numbers(slopes.v) == [1.0, 0.0]


def test_a_method_may_return_its_object() -> None:
    model = Model(3.0)
    value, tangent = jvp(model.fit)(0.5, 1.0)
    assert value is model and vars(model) == {"w": 1.5, "score": 0.125}
    assert vars(tangent) == {"w": 3.0, "score": 0.75}
