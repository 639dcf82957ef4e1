"""Annotations of emitted functions: type checkers read what they take and give."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import chainrule
from chainrule import grad
from chainrule.emit.module import render
from chainrule.transforms.derive import derive

Vector = npt.NDArray[np.float64]


@dataclass
class Rate:
    a: float
    b: float


def price(s: float, k: float, n: int = 2) -> float:
    return math.log(s / k) * n


def both(x: float, y: float) -> tuple[float, float]:
    return x * y, x + y


def fitted(p: list[float], t: list[float]) -> list[float]:
    return [p[0] * math.exp(-p[1] * each) for each in t]


def decayed(rate: Rate, t: float) -> float:
    return rate.a * math.exp(-rate.b * t)


def energy(x: Vector, w: np.ndarray) -> float:
    return float(np.sum(np.tanh(w @ x)))


def named(d: dict[str, float], x: float) -> float:
    return d["a"] * x


WEIGHTS = np.array([1.0, 2.0])


def weighted(x: Vector) -> float:
    return np.sum(WEIGHTS * x * x)


def half(x, y: float):
    return x * y


def plain(x, y):
    return x * y


def unread(x: float, settings: Any) -> float:
    return x * x


def scaled(x: float, scale: float | None = None) -> float:
    return x * x * (2.0 if scale is None else scale)


def spread(p: tuple[float, ...]) -> float:
    return sum(x * x for x in p)


def triple(p: tuple[float, float, float]) -> float:
    return p[0] * p[1] * p[2]


KINDS: dict[Any, dict[str, str]] = {
    energy: {"x": "float[n]", "w": "float32[m,n]"},
    named: {"d": "{a: float}"},
    scaled: {"scale": "float"},
}
TRIPLE = "p: tuple[float, float, float]"
ARRAY, NARROW = "NDArray[np.float64]", "NDArray[np.float32]"
HEADS = [
    (price, "grad", "s: float, k: float, n: int = 2", "float"),
    (price, "value_and_grad", "s: float, k: float, n: int = 2", "tuple[float, float]"),
    (price, "hvp", "s: float, k: float, n: int = 2, *, s_dot: float", "tuple[float, float]"),
    (both, "jacobian", "x: float, y: float", "tuple[float, float]"),
    (
        both,
        "vjp",
        "x: float, y: float, out_bar: tuple[float, float]",
        "tuple[tuple[float, float], float]",
    ),
    (fitted, "jacobian", "p: list[float], t: list[float]", "list[list[float]]"),
    (
        fitted,
        "jvp",
        "p: list[float], t: list[float], p_dot: list[float]",
        "tuple[list[float], list[float]]",
    ),
    (decayed, "grad", "rate: Rate, t: float", "Rate"),
    (decayed, "hessian", "rate: Rate, t: float", None),
    (energy, "grad", f"x: {ARRAY}, w: {NARROW}", ARRAY),
    (energy, "jvp", f"x: {ARRAY}, w: {NARROW}, x_dot: {ARRAY}", "tuple[float, float]"),
    (named, "grad", "d: dict[str, float], x: float", "dict[str, float]"),
    (half, "grad", "x, y: float", None),
    (plain, "grad", "x, y", None),
    (unread, "grad", "x: float, settings", None),
    (scaled, "grad", "x: float, scale: float | None = None", "float"),
    (spread, "grad", "p: tuple[float, ...]", "tuple[float, ...]"),
    (triple, "hessian", TRIPLE, "tuple[tuple[float, float, float], ...]"),
]


@pytest.mark.parametrize(("function", "transform", "parameters", "returned"), HEADS)
def test_emitted_functions_are_annotated_as_their_functions_are(
    function, transform, parameters, returned
):
    text = render(derive(function, transform, kinds=KINDS.get(function))).source
    lines = iter(text.splitlines())
    head = next(line for line in lines if line.startswith("def "))
    while not head.endswith(":"):
        head += f" {next(lines).strip()}"
    result = f" -> {returned}" if returned else ""
    assert head.replace("( ", "(").replace(" )", ")").replace(",)", ")") == (
        f"def {transform}_{function.__name__}({parameters}){result}:"
    )


def test_what_is_annotated_as_a_number_and_is_an_array_is_told_as_an_array():
    def square(x: float, y: float):
        return np.sum(x * x * y)

    slope = grad(square)
    slope(np.array([1.0, 2.0]), 3.0)
    assert f"def grad_square(x: {ARRAY}, y: float) -> {ARRAY}:" in slope.source


def test_a_derivative_does_not_claim_to_return_what_its_function_does():
    for function in (price, fitted):
        made = chainrule.value_and_grad(function)
        assert inspect.signature(made).return_annotation not in ("float", "list[float]", float)
        assert made.__annotations__.get("return") not in ("float", "list[float]", float)


def test_what_stands_beside_an_annotated_function_is_annotated_too():
    def step(x: float) -> float:
        for k in range(3):
            x = x * math.sin(x + k)
            x = x - math.exp(-x) * math.cos(x)
        return x

    def walk(x: float) -> float:
        return step(x) * step(2.0 * x) + step(step(x)) + step(x * x) * step(x + 1.0)

    heads = [line for line in grad(walk).source.splitlines() if line.startswith("def ")]
    assert all(" -> " in head and ": float" in head for head in heads), heads


def test_compiled_functions_that_are_watched_are_annotated_and_called(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setitem(globals(), "WEIGHTS", np.array([1.0, 2.0]))
    slope = grad(weighted, target="numba")
    assert slope(np.array([3.0, 4.0])).tolist() == [6.0, 16.0]
    monkeypatch.setitem(globals(), "WEIGHTS", np.array([2.0, 1.0]))
    assert slope(np.array([3.0, 4.0])).tolist() == [12.0, 8.0]
    assert f"(x: {ARRAY}) -> {ARRAY}:" in slope.source
