"""Functions that were typed at Python's prompt are read out of its history."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from chainrule import SourceError, grad, hessian

readline = pytest.importorskip("readline")

WAVE = """\
def wave(x, k=2.0):
    y = math.sin(x)
    if y > 0.0:
        return y**k
    return cube(y)
"""
CUBE = """\
def cube(
    y,
):
    return y * y * y
"""
SQUARE = """\
@grad
def square(x):
    return x * x
"""


@pytest.fixture
def prompt() -> Iterator[Any]:
    """Types a statement, as the prompts before Python 3.13 run it."""
    before = readline.get_current_history_length()
    names: dict[str, Any] = {"math": math, "grad": grad, "__name__": "__main__"}

    def typed(text: str, kept: bool = True) -> dict[str, Any]:
        for line in text.splitlines() if kept else ():
            readline.add_history(line)
        exec(compile(text, "<stdin>", "single"), names)
        return names

    yield typed
    for place in reversed(range(before, readline.get_current_history_length())):
        readline.remove_history_item(place)


def test_what_was_typed_is_differentiated_with_what_it_calls(prompt: Any) -> None:
    prompt(WAVE)
    wave = prompt(CUBE)["wave"]
    slope = grad(wave)
    assert slope(1.0) == pytest.approx(2.0 * math.sin(1.0) * math.cos(1.0), rel=1e-15)
    assert slope(-1.0) == pytest.approx(3.0 * math.sin(1.0) ** 2 * math.cos(1.0), rel=1e-15)
    assert hessian(wave)(1.0) == pytest.approx(2.0 * math.cos(2.0), rel=1e-15)
    assert "# line 4: return y**k" in slope.source


def test_the_last_definition_of_a_name_counts(prompt: Any) -> None:
    prompt("def line(x):\n    return 3 * x\n")
    first = prompt("first = line")["first"]
    second = prompt("def line(x):\n    return 7 * x\n")["line"]
    assert grad(second)(1.0) == 7.0
    with pytest.raises(SourceError, match="has changed"):
        grad(first)(1.0)


def test_decorators_and_lambdas_are_read_too(prompt: Any) -> None:
    assert prompt(SQUARE)["square"](3.0) == 6.0
    assert prompt("power = lambda x: x**3")["power"](2.0) == 8.0
    assert grad(prompt("power = lambda x: x**3")["power"])(2.0) == 12.0


def test_without_a_history_there_is_no_source(prompt: Any) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        grad(prompt("def unseen(x):\n    return x\n", kept=False)["unseen"])(1.0)
