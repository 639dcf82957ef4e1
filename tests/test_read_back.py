"""Numbers that come back out of texts: their slope would be 0 though they depend on x."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad
from tests.differences import along


def replaced(x: float) -> float:
    return float(re.sub("a", "1", f"{x}")) * x


def written(x: float) -> float:
    stream = io.StringIO()
    stream.write(str(x))
    return float(stream.getvalue()) * x


def split(x: float) -> float:
    return sum(float(part) for part in f"{x},{2 * x}".split(",")) + x


def of_an_array(x: float) -> float:
    return np.array([str(x)]).astype(float)[0] * x


def of_an_exception(x: float) -> float:
    try:
        raise KeyError(x)
    except KeyError as error:
        return float(str(error)) * x


def gathered(x: float) -> float:
    lines = ""
    for k in range(3):
        lines += f"{x * k} "
    return sum(map(float, lines.split())) + x


def gathered_in_a_loop(x: float) -> float:
    lines, k = "", 0
    while k < 2 + len(lines) % 2:
        lines = lines + f"{x * k} "
        k += 1
    return sum(map(float, lines.split())) + x


def chosen(x: float) -> float:
    text = str(x) if x > 0 else "2.0"
    return float(text.strip()) + x


@pytest.mark.parametrize(
    "f",
    [replaced, written, split, of_an_array, of_an_exception, gathered, gathered_in_a_loop, chosen],
    ids=lambda f: f.__name__,
)
def test_a_number_that_is_read_out_of_a_text_of_numbers_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError, match="text that is read back"):
        grad(f)(1.3)


def of_other_texts(x: float) -> float:
    return sum(float(part) for part in ["1.5", "2.5"]) * x


def of_its_length(x: float) -> float:
    return len(f"{x:.3f}") * x + float(len(str(x)) > 0) * x


def told(x: float) -> float:
    try:
        if x > 1:
            raise ValueError(f"{x} is too large")
    except ValueError as error:
        return len(str(error)) * 0.0 + 3.0 * x * x
    return x


def logged(x: float) -> float:
    lines = []
    for k in range(3):
        lines.append(f"{k}: {x * k}")
    return float(len(lines)) * x + float("3.5") * x * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [of_other_texts, of_its_length, told, logged])
def test_texts_that_are_not_read_back_leave_slopes_alone(f: Callable[..., Any], mode: str) -> None:
    expected, noise = along(lambda h: f(1.3 + h), 1e-5)
    assert grad(f, mode=mode)(1.3) == pytest.approx(float(expected), rel=1e-8, abs=10 * noise)


def test_a_text_of_another_number_may_be_read_back() -> None:
    def f(x: float, label: float) -> float:
        return float(str(label).strip()) * x * x

    assert grad(f)(1.5, 2.0) == 6.0
    with pytest.raises(UnsupportedError, match="text that is read back"):
        grad(f, wrt="label")(1.5, 2.0)
