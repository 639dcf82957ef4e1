"""Random models over arrays: broadcasting, reductions, new axes, products, masks, loops.

As in ``test_array_fuzz.py`` every program is analytic, so that the oracle is the complex step.
``CHAINRULE_FUZZ_EXAMPLES`` sets the number of programs for long runs.
"""

from __future__ import annotations

import itertools
import linecache
import os
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import chainrule
from tests.differences import along

Shape = tuple[int, ...]
SHAPES: dict[str, Shape] = {
    "x": (4,), "y": (3,), "M": (3, 4), "c": (3, 1), "r": (1, 4), "T": (2, 3, 4), "A": (4, 4),
}  # fmt: skip
UNARY = ("np.sin({})", "np.exp(-0.3 * {})", "np.tanh({})", "({}) ** 2", "np.sqrt(1.5 + ({}) ** 2)",
         "-({})", "np.log(2.0 + ({}) ** 2)", "1.0 / (2.0 + np.cos({}))", "2.0 * {}", "{} / 3.0",
         "np.cos({})")  # fmt: skip
BINARY = ("({} + {})", "({} - {})", "({} * {})", "({} / (2.5 + np.cos({})))")
EXAMPLES = int(os.environ.get("CHAINRULE_FUZZ_EXAMPLES", "0")) or 20
STEP = 1e-40


def broadcast(one: Shape, two: Shape) -> Shape | None:
    try:
        return np.broadcast_shapes(one, two)
    except ValueError:
        return None


@dataclass
class Models:
    """Draws the lines of a program."""

    random: random.Random
    shapes: dict[str, Shape] = field(default_factory=lambda: dict(SHAPES))
    lines: list[str] = field(default_factory=list)

    def named(self, shape: Shape) -> str:
        name = f"v{len(self.shapes) - len(SHAPES)}"
        self.shapes[name] = shape
        return name

    def expression(self, depth: int) -> tuple[str, Shape]:
        if depth == 0:
            name = self.random.choice(list(self.shapes))
            return name, self.shapes[name]
        forms = [self.binary] * 7 + [self.unary] * 4 + [self.reduction] * 3
        forms += [self.selection] * 2 + [self.product] * 2 + [self.choice] * 2
        return self.random.choice(forms)(depth - 1)

    def binary(self, depth: int) -> tuple[str, Shape]:
        for _ in range(10):
            (left, one), (right, two) = self.expression(depth), self.expression(depth)
            shape = broadcast(one, two)
            if shape is not None and len(shape) <= 3:
                return self.random.choice(BINARY).format(left, right), shape
        return self.expression(0)

    def unary(self, depth: int) -> tuple[str, Shape]:
        inner, shape = self.expression(depth)
        return self.random.choice(UNARY).format(inner), shape

    def reduction(self, depth: int) -> tuple[str, Shape]:
        inner, shape = self.expression(depth)
        if not shape:
            return inner, shape
        name = self.random.choice(("sum", "mean"))
        axis = self.random.choice((None, *range(len(shape))))
        if axis is None:
            return f"np.{name}({inner})", ()
        if self.random.random() < 0.5:
            kept = tuple(1 if k == axis else size for k, size in enumerate(shape))
            return f"np.{name}({inner}, axis={axis}, keepdims=True)", kept
        return f"np.{name}({inner}, axis={axis})", shape[:axis] + shape[axis + 1 :]

    def selection(self, depth: int) -> tuple[str, Shape]:
        inner, shape = self.expression(depth)
        found = [(part, seen) for part, seen in selections(shape) if len(seen) <= 3]
        if not found:
            return inner, shape
        part, seen = self.random.choice(found)
        return f"({inner}){part}", seen

    def product(self, depth: int) -> tuple[str, Shape]:
        (left, one), (right, two) = self.expression(depth), self.expression(depth)
        if one and two and len(one) <= 2 and len(two) <= 2 and one[-1] == two[0]:
            return f"(({left}) @ ({right}))", one[:-1] + two[1:]
        if len(one) == len(two) == 1:
            return f"np.outer({left}, {right})", one + two
        if one and one == two:
            return f"np.concatenate([{left}, {right}])", (2 * one[0], *one[1:])
        return left, one

    def choice(self, depth: int) -> tuple[str, Shape]:
        (left, one), (right, two) = self.expression(depth), self.expression(depth)
        shape = broadcast(one, two)
        if not shape:
            return left, one
        bound = self.random.choice(("0.1", "0.5", "-0.2"))
        return f"np.where(np.real({left}) > {bound}, {left}, {right})", shape

    def statement(self) -> None:
        text, shape = self.expression(self.random.randint(1, 3))
        kind = self.random.random()
        name = self.named(shape)
        if kind < 0.7 or not shape:
            self.lines.append(f"{name} = {text}")
            return
        self.lines.append(f"{name} = ({text}) * 1.0")
        if kind < 0.85:
            other, seen = self.expression(1)
            if broadcast(seen, shape) == shape:
                self.lines.append(f"{name} {self.random.choice(('+=', '-=', '*='))} {other}")
        else:
            self.lines += ["for i in range(3):", f"    {name} = {name} * 0.5 + np.sin({text})"]

    def program(self) -> str:
        for _ in range(self.random.randint(1, 5)):
            self.statement()
        last, _ = self.expression(3)
        made = [name for name in self.shapes if name not in SHAPES]
        total = " + ".join(f"np.sum(np.sin(0.2 + {name}))" for name in made)
        self.lines.append(f"return {total} + np.sum({last})")
        body = "".join(f"    {line}\n" for line in self.lines)
        return f"def f({', '.join(SHAPES)}):\n{body}"


def selections(shape: Shape) -> list[tuple[str, Shape]]:
    """Subscripts and the like, with the shapes of what they give."""
    if len(shape) == 1 and shape[0] > 1:
        (n,) = shape
        return [("[:, None]", (n, 1)), ("[None, :]", (1, n)), ("[1:]", (n - 1,)), ("[::-1]", (n,))]
    if len(shape) == 2:
        n, m = shape
        found = [(".T", (m, n)), ("[:, None, :]", (n, 1, m)), ("[None]", (1, n, m)), ("[0]", (m,)),
                 ("[:, 0]", (n,)), ("[..., None]", (n, m, 1))]  # fmt: skip
        return found + ([("[1:, None]", (n - 1, 1, m)), ("[[0, 1, 0]]", (3, m))] if n > 1 else [])
    if len(shape) == 3:
        n, m, k = shape
        return [("[0]", (m, k)), (".sum(axis=(0, 2))", (m,)), ("[:, 0, None]", (n, 1, k))]
    return []


NUMBERS = itertools.count()


def function_of(text: str) -> Callable[..., Any]:
    name = f"<model {next(NUMBERS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict[str, Any] = {"np": np, "__name__": __name__}
    exec(compile(text, name, "exec"), scope)
    found: Callable[..., Any] = scope["f"]
    return found


def complex_step(f: Callable[..., Any], point: dict[str, Any], wrt: str) -> Any:
    """Derivatives by ``wrt``, exact to rounding."""
    found = np.zeros(SHAPES[wrt])
    for position in np.ndindex(SHAPES[wrt]):
        args = {name: value.astype(complex) for name, value in point.items()}
        args[wrt][position] += STEP * 1j
        found[position] = np.imag(f(**args)) / STEP
    return found


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_models_agree_with_the_complex_step(seed: int) -> None:
    text = Models(random.Random(seed)).program()
    f = function_of(text)
    numbers = np.random.default_rng(seed)
    point = {name: numbers.normal(size=shape) * 0.6 for name, shape in SHAPES.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = f(**point)
        if not np.isfinite(expected) or abs(expected) > 1e10:
            return
        used = [name for name in SHAPES if name in text.partition("\n")[2]][:3]
        for wrt in used:
            value, gradient = chainrule.value_and_grad(f, wrt=wrt, mode="reverse")(**point)
            wanted = complex_step(f, point, wrt)
            assert value == expected, text
            assert gradient.shape == wanted.shape, text
            size = max(np.abs(wanted).max(), 1e-4)
            assert np.allclose(gradient, wanted, rtol=1e-9, atol=1e-11 * size), text
            direction = np.cos(np.arange(wanted.size)).reshape(wanted.shape)
            _, slope = chainrule.jvp(f, wrt=wrt)(**point, **{f"{wrt}_dot": direction})
            assert np.allclose(slope, np.sum(wanted * direction), rtol=1e-8, atol=1e-10 * size), (
                text
            )
        check_twice(f, point, used[seed % len(used)], text)


def check_twice(f: Callable[..., Any], point: dict[str, Any], wrt: str, text: str) -> None:
    """The Hessian times a direction against differences of the gradient, checked before."""
    direction = np.cos(1.0 + np.arange(point[wrt].size)).reshape(point[wrt].shape)
    _, product = chainrule.hvp(f, wrt=wrt)(**point, **{f"{wrt}_dot": direction})
    gradient = chainrule.grad(f, wrt=wrt, mode="reverse")
    wanted, noise = along(lambda t: gradient(**{**point, wrt: point[wrt] + t * direction}))
    size = np.abs(wanted).max() + 1e-3 * np.abs(gradient(**point)).max() + 1e-6
    assert np.shape(product) == wanted.shape, text
    assert np.abs(product - wanted).max() < 1e-5 * size + 3.0 * noise, text


BESIDE = """
a ** v
v ** a
np.maximum(a, v)
np.hypot(v, a)
np.arctan2(a, v)
np.logaddexp(0.0, a * v)
np.clip(v, 0.6, a)
np.copysign(a, v)
np.copysign(a, v + np.zeros((3, 1)))
a ** (v + np.zeros((3, 1)))
np.where(a > 1.0, v, a)
np.where(a > 1.0, v, np.zeros((3, 1)))
np.where(v > 1.0, v, a)
np.heaviside(v, a) * v
""".strip().splitlines()


@pytest.mark.parametrize("expression", BESIDE)
def test_a_number_beside_an_array(expression: str) -> None:
    f = function_of(
        f"def f(a, v):\n    w = {expression}\n    return np.sum(np.sin(w) * (1.0 + w))\n"
    )
    a, v, h = 1.3, np.array([0.5, 1.2, 2.2, 0.8]), 1e-5
    by_number, by_array = chainrule.grad(f, wrt=(0, 1))(a, v)
    assert np.shape(by_number) == ()
    assert by_number == pytest.approx((f(a + h, v) - f(a - h, v)) / (2 * h), rel=1e-7, abs=1e-8)
    for k, unit in enumerate(np.eye(4)):
        slope = (f(a, v + h * unit) - f(a, v - h * unit)) / (2 * h)
        assert by_array[k] == pytest.approx(slope, rel=1e-7, abs=1e-8)


def masked_root(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.sqrt(np.maximum(x, 0)), 0.0))


def masked_power(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.maximum(x, 0.0) ** 0.5, 0.0))


def masked_log(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0))


def masked_quotient(x: Any) -> Any:
    return np.sum(np.where(x == 0, 1.0, np.sin(x) / np.where(x == 0, 1.0, x)))


def root_of_squares(x: Any) -> Any:
    return np.sqrt(np.sum(x**2)) + np.sum(np.sqrt(np.sum(x[:, None] ** 2, axis=1)))


def lengths_of_rows(x: Any) -> Any:
    return np.sum(np.linalg.norm(np.outer(x, x), axis=1)) + np.linalg.norm(x)


GUARDED = [masked_root, masked_power, masked_log, masked_quotient, root_of_squares, lengths_of_rows]


@pytest.mark.parametrize("f", GUARDED)
def test_nothing_hidden_is_felt_and_nothing_warns(f: Callable[..., Any]) -> None:
    derivative = chainrule.grad(f)
    for x in (np.array([-1.0, 0.0, 2.0, 3.0]), np.zeros(4)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            f(x)
            gradient = derivative(x)
        assert np.isfinite(gradient).all()
        for k in np.flatnonzero(x):
            unit = np.eye(4)[k] * 1e-5
            slope = (f(x + unit) - f(x - unit)) / 2e-5
            assert gradient[k] == pytest.approx(slope, rel=1e-6, abs=1e-7)
