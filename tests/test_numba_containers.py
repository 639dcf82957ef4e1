"""Containers of Python's under Numba: a function of plain Python stands around the compiled one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, jacobian, value_and_grad
from chainrule.errors import ArgumentError
from tests.differences import along

pytest.importorskip("numba")
pytestmark = pytest.mark.filterwarnings("ignore")


@dataclass
class Body:
    mass: float
    x: float
    v: float


class Spring:
    def __init__(self, stiffness: float, rest: float) -> None:
        self.stiffness = stiffness
        self.rest = rest

    def energy(self, x):
        return 0.5 * self.stiffness * (x - self.rest) ** 2


class Point(NamedTuple):
    x: float
    y: float


def compiled(f: Any, *arguments: Any, wrt: Any = 0) -> tuple[Any, Any]:
    """Value and gradient under Numba, and that some of it was compiled."""
    derivative = value_and_grad(f, wrt=wrt, target="numba")
    found = derivative(*arguments)
    assert "_compiled(" in derivative.source
    return found  # type: ignore[no-any-return]


def moved(f: Callable[[float], Any], expected: Any) -> None:
    """The slope along a direction agrees with differences."""
    slope, error = along(f)
    assert expected == pytest.approx(slope, rel=1e-9, abs=10.0 * error)


LAYERS = [
    {"W": np.array([[0.3, -0.2], [0.5, 0.4]]), "b": np.array([0.1, -0.3])},
    {"W": np.array([[0.7, 0.1], [-0.4, 0.2]]), "b": np.array([0.2, 0.0])},
]


def test_a_list_of_dicts_of_arrays_is_taken_apart_and_made_again() -> None:
    def network(layers, x):
        for layer in layers:
            x = np.tanh(layer["W"] @ x + layer["b"])
        return x @ x

    x = np.array([0.4, -1.1])
    derivative = value_and_grad(network, target="numba")
    value, slopes = derivative(LAYERS, x)
    assert value == pytest.approx(network(LAYERS, x), rel=1e-14)
    assert [list(layer) for layer in slopes] == [["W", "b"], ["W", "b"]]

    def along_ones(t):
        return network([{"W": e["W"] + t, "b": e["b"] + 2.0 * t} for e in LAYERS], x)

    moved(along_ones, sum(np.sum(e["W"]) + 2.0 * np.sum(e["b"]) for e in slopes))
    shell = derivative.source.partition("def value_and_grad_network(")[2]
    assert 'return value, [{"W": W_bar, "b": x_in_bar}, {"W": W_bar_1, "b": x_in_bar_1}]' in shell


def test_objects_records_and_functions_stay_outside() -> None:
    def reached(body, spring, point, force, n):
        x, v = body.x, body.v
        for _ in range(n):
            v -= 0.1 * (spring.stiffness * (x - spring.rest) + force(x)) / body.mass
            x += 0.1 * v
        return x * point.x + v * point.y

    given = (Body(2.0, 0.5, 1.0), Spring(3.0, 0.2), Point(1.5, -0.5), math.sin, 4)
    value, (body_bar, spring_bar) = compiled(reached, *given, wrt=("body", "spring"))
    assert value == reached(*given)
    assert isinstance(body_bar, Body)
    assert isinstance(spring_bar, Spring)
    moved(lambda t: reached(Body(2.0 + t, 0.5, 1.0), *given[1:]), body_bar.mass)
    moved(lambda t: reached(given[0], Spring(3.0, 0.2 + t), *given[2:]), spring_bar.rest)


def test_what_is_written_to_containers_is_the_callers_in_the_end() -> None:
    def steps(state, bodies, x):
        state["w"][0] = x * state["a"]
        if x > 1.0:
            state["a"] = state["a"] * x
        for body in bodies:
            body.v = body.v - x * body.x
        return state["a"] * np.sum(state["w"]) + sum(body.v for body in bodies)

    def fresh() -> tuple[Any, ...]:
        return {"a": 1.5, "w": np.array([1.0, 2.0])}, [Body(1.0, 2.0, 3.0), Body(1.0, 0.5, 0.1)]

    mine, own = fresh(), fresh()
    value, slope = compiled(steps, *mine, 2.0, wrt="x")
    assert value == steps(*own, 2.0)
    assert mine[0]["a"] == own[0]["a"] == 3.0
    assert list(mine[0]["w"]) == list(own[0]["w"]) == [3.0, 2.0]
    assert mine[1] == own[1]
    moved(lambda t: steps(*fresh(), 2.0 + t), slope)


def test_lists_in_tuples_are_written_to() -> None:
    def scaled(state, x):
        n, values = state
        for i in range(1, n):
            values[i] = values[i - 1] * x
        return values[n - 1]

    values = [2.0, 0.0, 0.0]
    value, slope = compiled(scaled, (3, values), 1.5, wrt="x")
    assert values == [2.0, 3.0, 4.5]
    assert (value, slope) == (4.5, 6.0)


def test_lists_of_lists_of_any_lengths_are_read_by_one_compiled_function() -> None:
    def energy(cells, x):
        total = 0.0
        for rows in cells:
            for row in rows:
                for entry in row:
                    total += entry**2 * x
        return total

    derivative = value_and_grad(energy, target="numba")
    assert derivative([[[1.0, 2.0], [3]], [[4.0]]], 0.5) == (15.0, [[[1.0, 2.0], [3.0]], [[4.0]]])
    assert derivative([[[2.0]]], 0.5) == (2.0, [[[2.0]]])


def test_lists_of_lists_that_are_written_to_are_refused() -> None:
    def doubled(rows, x):
        rows[0][0] = rows[0][0] * x
        return rows[0][0] * rows[1][0]

    with pytest.raises(UnsupportedError, match="a list of lists as a parameter"):
        grad(doubled, target="numba")([[1.0, 2.0], [3.0]], 2.0)


def test_whole_numbers_in_containers_are_reals_or_count_steps() -> None:
    def repeated(p, x):
        for k in range(p["n"]):
            x = x * p["a"] ** -1 + k
        return x

    given = {"a": 2, "n": 3}
    value, slopes = compiled(repeated, given, 1.0)
    assert value == repeated(given, 1.0)
    moved(lambda t: repeated({"a": 2.0 + t, "n": 3}, 1.0), slopes["a"])


SCALE = 3.0


def test_a_global_that_is_compiled_in_is_watched_from_outside() -> None:
    global SCALE
    derivative = grad(scaled_by_global, target="numba")
    assert derivative({"a": 2.0}) == {"a": 12.0}
    SCALE = 5.0
    try:
        assert derivative({"a": 2.0}) == {"a": 20.0}
    finally:
        SCALE = 3.0


def scaled_by_global(p):
    return SCALE * p["a"] ** 2


def test_results_are_dicts_and_objects_too() -> None:
    def shapes(p, x):
        return {"area": p["a"] ** 2 * x, "wave": np.sin(p["w"]) * x}

    p = {"a": 1.5, "w": np.array([0.0, 1.0])}
    found = jacobian(shapes, target="numba")(p, 2.0)
    assert found["area"]["a"] == 6.0
    assert found["wave"]["w"] == pytest.approx(2.0 * np.diag(np.cos(p["w"])), rel=1e-15)
    assert not np.any(found["wave"]["a"]) and not np.any(found["area"]["w"])


def test_a_method_is_compiled_with_what_its_object_holds() -> None:
    spring = Spring(3.0, 0.5)
    derivative = value_and_grad(spring.energy, target="numba")
    assert derivative(2.0) == (3.375, 4.5)
    spring.rest = 1.0
    assert derivative(2.0) == (1.5, 3.0)


def test_what_f_raises_of_a_container_is_raised() -> None:
    def rooted(p, x):
        if p["a"] < 0.0:
            raise ValueError("no root")
        return math.sqrt(p["a"]) * x

    derivative = grad(rooted, target="numba")
    assert derivative({"a": 4.0}, 2.0) == {"a": 0.5}
    with pytest.raises(ValueError, match="no root"):
        derivative({"a": -4.0}, 2.0)


def test_a_list_of_ints_and_floats_is_refused() -> None:
    def total(x, weights):
        return sum(x * weight for weight in weights)

    with pytest.raises(UnsupportedError, match="heterogeneous list"):
        grad(total, target="numba")(2.0, [1, 2.5])


def test_words_and_flags_in_containers_choose_what_is_compiled() -> None:
    def chosen(p, x):
        y = x * p["k"] if p["mode"] == "linear" else x**3 * p["k"]
        return y if p["flag"] else y + x

    derivative = grad(chosen, wrt="x", target="numba")
    assert derivative({"k": 2.0, "mode": "linear", "flag": True}, 3.0) == 2.0
    assert derivative({"k": 2.0, "mode": "cubic", "flag": True}, 3.0) == 54.0
    assert derivative({"k": 2.0, "mode": "cubic", "flag": False}, 3.0) == 55.0


def test_a_list_that_stands_in_two_places_is_not_written_to() -> None:
    def shared(p, x):
        p["a"][0] = x
        return p["b"][0] * x

    values = [1.0, 2.0]
    with pytest.raises(ArgumentError, match="shares memory"):
        grad(shared, wrt="x", target="numba")({"a": values, "b": values}, 3.0)
