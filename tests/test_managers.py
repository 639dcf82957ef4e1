"""Context managers of the user's: their methods are run where Python runs them, or refused."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle

MODE = "square"


def set_mode(mode: str) -> None:
    global MODE
    MODE = mode


class Mode:
    """Sets a global, and sets it back."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = MODE if mode is None else mode
        self.before = MODE

    def __enter__(self) -> Mode:
        set_mode(self.mode)
        return self

    def __exit__(self, *args: object) -> None:
        set_mode(self.before)


class Scale:
    """Keeps to itself."""

    def __init__(self, factor: Any) -> None:
        self.factor = factor
        self.open = 0

    def __enter__(self) -> Scale:
        self.open += 1
        return self

    def __exit__(self, *args: object) -> None:
        self.open -= 1


class Swallowing(Scale):
    def __exit__(self, *args: object) -> bool:  # type: ignore[override]
        return True


class Looking(Scale):
    def __exit__(self, kind: Any = None, *args: object) -> None:
        self.open = 0 if kind is None else 1


class Printing(Scale):
    def __enter__(self) -> Scale:
        print("entered")
        return self


def by_mode(x: float) -> float:
    return x * x if MODE == "square" else x * x * x


def left_early(x: float) -> float:
    for _ in range(3):
        with Scale(2.0 * x) as scale, np.errstate(divide="ignore"):
            if x > 5.0:
                break
            if x < 0.0:
                return scale.factor * x + scale.open
            x = x * scale.factor
    return x + scale.open * x


def in_modes(x: float) -> float:
    with Mode():
        first = by_mode(x)
    with Mode("cube"):
        if x > 1.0:
            return first + by_mode(x)
        with Mode("square"):
            first = first * by_mode(x)
        first = first + by_mode(x)
    return first * by_mode(x)


@pytest.mark.parametrize("x", [-0.3, 0.4, 1.7])
def test_managers_are_entered_and_left_as_python_does(x: float) -> None:
    value, slope = value_and_grad(left_early)(x)
    assert oracle.same_bits(value, left_early(x))
    assert oracle.agrees(oracle.derivative(left_early, (x,)), slope)


@pytest.mark.parametrize("x", [-0.3, 0.4, 1.7])
def test_globals_have_in_the_body_what_a_manager_sets_them_to(x: float) -> None:
    value, slope = value_and_grad(in_modes)(x)
    assert oracle.same_bits(value, in_modes(x))
    # x**2 + x**3, and (x**2 * x**2 + x**3) * x**2
    expected = 2.0 * x + 3.0 * x**2 if x > 1.0 else 6.0 * x**5 + 5.0 * x**4
    assert math.isclose(slope, expected, rel_tol=1e-14)
    assert MODE == "square"


def test_the_globals_that_a_manager_reads_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(in_modes)
    assert slope(1.5) == 3.0 + 6.75
    monkeypatch.setitem(globals(), "MODE", "cube")
    assert slope(1.5) == 2.0 * 6.75


def swallowing(x: float) -> float:
    with Swallowing(x):
        return math.log(x)


def looking(x: float) -> float:
    with Looking(x):
        return math.log(x)


def printing(x: float) -> float:
    with Printing(x):
        return x * x


def in_a_try(x: float) -> float:
    try:
        with Mode("cube"):
            y = math.log(x)
    except ValueError:
        y = by_mode(x)
    return y


def of_the_caller(x: float, scale: Scale) -> float:
    with scale:
        return x * x


@pytest.mark.parametrize("f", [swallowing, looking, printing, in_a_try])
def test_managers_that_do_more_are_refused(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="is not supported"):
        grad(f)(2.0)


def test_a_manager_of_the_callers_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="is not supported"):
        grad(of_the_caller)(2.0, Scale(1.0))


@contextlib.contextmanager
def scaled(box, by):
    old = box["v"]
    box["v"] = old * by
    try:
        yield box
    finally:
        box["v"] = old


class Pushed:
    def __init__(self, stack, value):
        self.stack = stack
        self.value = value

    def __enter__(self):
        self.stack.append(self.value)
        return self

    def __exit__(self, *error):
        self.stack.pop()


class Simulation:
    def __init__(self):
        self.time = 0.0
        self.step = 0.1
        self.path = []

    @contextlib.contextmanager
    def steps_of(self, step):
        old, self.step = self.step, step
        try:
            yield self
        finally:
            self.step = old

    def advance(self, y, n):
        for _ in range(n):
            y = y + self.step * math.sin(y)
            self.time += self.step
            self.path.append(y)
        return y


def in_a_scale(x, n):
    box = {"v": x}
    if n > 2:
        with scaled(box, 3.0) as b:
            x = x * b["v"]
    for k in range(n):
        with scaled(box, 0.5 + k):
            x += box["v"]
    return x + box["v"]


def on_a_stack(x, n):
    stack = [1.0]
    with Pushed(stack, x):
        y = stack[-1] * x
        with Pushed(stack, y):
            y += stack[-1] * stack[-2] + len(stack)
    return y + stack[-1]


def by_small_steps(x, n):
    simulation = Simulation()
    y = simulation.advance(x, n)
    with simulation.steps_of(0.01) as same:
        y = same.advance(y, n)
    y = simulation.advance(y, 2)
    return y + simulation.time + sum(simulation.path)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [in_a_scale, on_a_stack, by_small_steps])
def test_managers_write_to_what_the_function_has_made(f: Any, mode: str) -> None:
    for n in (1, 4):
        value, slope = value_and_grad(f, mode=mode)(0.7, n)
        assert value == f(0.7, n)
        for path, verdict in oracle.gradient(f, (0.7, n)).items():
            assert oracle.agrees(verdict, oracle.look_up(slope, path))


KEPT = {"v": 1.0}


class Holder:
    kept: Any = None


HOLDER = Holder()


@contextlib.contextmanager
def saying(box):
    try:
        yield box
    finally:
        print(box)


def scaled_outside(x):
    with scaled(KEPT, 3.0) as box:
        return box["v"] * math.log(x)


def scaled_within_a_try(x):
    box = {"v": x}
    try:
        with scaled(box, 3.0):
            y = math.log(-x)
    except ValueError:
        y = box["v"]
    return y


def printed_at_the_end(x):
    with saying("done"):
        y = x * x
    return y


def pushed_to_what_is_kept(x):
    stack = [1.0]
    HOLDER.kept = stack
    with Pushed(stack, x):
        y = stack[-1] * math.log(x)
    return y


@pytest.mark.parametrize(
    "f", [scaled_outside, scaled_within_a_try, printed_at_the_end, pushed_to_what_is_kept]
)
def test_managers_that_write_to_what_others_see_are_refused(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="is not supported"):
        grad(f)(2.0)
