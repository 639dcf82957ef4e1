"""What every step of a loop records of arrays is one array where its shape is known before."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests import oracle

START = np.array([0.3, 0.8, -0.5, 0.6])


def source_of(f: Any, *args: Any) -> str:
    slope = grad(f)
    slope(*args)
    return slope.source


def diffused(u: Any, n: int) -> Any:
    """What is recorded is a difference that has no name of the user's."""
    u = u * 2.0
    for _ in range(n):
        flux = (u[1:] - u[:-1]) ** 3
        u[1:-1] += 0.1 * (flux[1:] - flux[:-1])
    return u @ u * u[1]


def staged(u: Any, n: int) -> Any:
    """The state is recorded, and then changed in its place."""
    y = u * u
    for _ in range(n):
        slope = np.sin(y)
        y = y + 0.1 * np.sin(y + 0.05 * slope)
    return y @ y


def overwritten(u: Any, n: int) -> Any:
    """Parts are recorded that the step writes over."""
    u = u.copy()
    for _ in range(n):
        u[1:-1] += 0.3 * (u[2:] - u[1:-1]) * u[:-2]
        u *= u
    return u @ u


def shifted(u: Any, n: int) -> Any:
    """The steps are not counted from zero."""
    y = u + 1.0
    for k in range(1, n):
        y = y + 0.1 * np.sin(y * k)
    return y @ y


def recurrent(u: Any, n: int) -> Any:
    """A product is recorded, and a sum of it."""
    weights = np.outer(np.sin(u), u)
    h = np.zeros(4)
    for x in np.arange(4.0 * max(n, 0)).reshape(-1, 4):
        h = np.tanh(weights @ h + np.sin(x))
    return h @ h


def bounded(u: Any, n: int) -> Any:
    """Truths are recorded, too."""
    y = u * 2.0
    for _ in range(n):
        y = np.where(y > 0.1, np.sin(y), y * y) + y
    return y @ y


def beside_itself(u: Any, n: int) -> Any:
    """Of what the step makes some is the next state."""
    y = u * 2.0
    z = np.cos(u)
    for _ in range(n):
        y, z = z * 0.5, np.sin(y * z)
    return y @ z


def inner(u: Any, n: int) -> Any:
    """The tape of the inner loop begins anew in each step of the outer one."""
    total = 0.0
    for _ in range(n):
        y = u * u
        for k in range(1, 9):
            y = y + 0.1 * np.sin(y * k)
        total = total + y @ y
    return total


def failing(u: Any, n: int) -> Any:
    """What comes after an error is not recorded."""
    y = u * u
    try:
        for k in range(1000 * n):
            y = y + 0.1 * np.sin(y)
            [0.0][k // 2]
    except IndexError:
        y = y * y
    return y @ y


PROGRAMS = [
    diffused, staged, overwritten, shifted, recurrent, bounded, beside_itself, inner, failing,
]  # fmt: skip


@pytest.mark.parametrize("n", [-2, 0, 1, 4])
@pytest.mark.parametrize("f", PROGRAMS)
def test_what_a_tape_of_arrays_gives_back_is_what_was_recorded(f: Any, n: int) -> None:
    given = START.copy()
    value, slope = value_and_grad(f, mode="reverse")(given, n)
    assert oracle.same_bits(value, f(START.copy(), n))
    assert oracle.same_bits(given, START)
    measured = oracle.gradient(f, (START.copy(), n)).values()
    assert all(map(oracle.agrees, measured, slope))


@pytest.mark.parametrize("f", [diffused, staged, overwritten, shifted])
def test_a_tape_of_arrays_of_one_shape_is_one_array(f: Any) -> None:
    source = source_of(f, START.copy(), 4)
    assert "_tape = np.empty(" in source and "_tape.append(" not in source


def test_a_row_is_computed_where_it_is_recorded() -> None:
    source = source_of(diffused, START.copy(), 4)
    assert "u_gap = np.subtract(u[1:], u[:-1], out=u_gap_tape[i])" in source


def test_what_is_recorded_before_it_is_written_over_is_copied_once() -> None:
    assert source_of(overwritten, START.copy(), 4).count(".copy()") == 1


def ended_early(u: Any, n: int) -> Any:
    y = u * u
    for _ in range(n):
        y = y + 0.1 * np.sin(y)
        if y[0] > 1.0:
            break
    return y @ y


def kept(u: Any, n: int) -> Any:
    found = []
    for _ in range(n):
        sine = np.sin(u)
        found.append(sine)
        u = sine * 0.5 + 0.1
    return sum(each @ each for each in found)


def made_anew(u: Any, n: int) -> Any:
    for _ in range(n):
        u = np.sin(u) * 0.5
    return u @ u


def named(u: Any, n: int) -> Any:
    for _ in range(n):
        square = u * u
        u = np.sqrt(square + 1.0)
    return u @ u


@pytest.mark.parametrize("f", [ended_early, kept, made_anew, named])
def test_lists_are_left_that_hold_what_would_have_to_be_copied(f: Any) -> None:
    source = source_of(f, START.copy(), 4)
    assert "_tape.append(" in source and "_tape = np.empty(" not in source
    measured = oracle.gradient(f, (START.copy(), 4)).values()
    assert all(map(oracle.agrees, measured, grad(f)(START.copy(), 4)))


def of_two(u: Any, v: Any, n: int) -> Any:
    for _ in range(n):
        u = np.sin(u[1:] * v) + u[:1]
    return u @ u


def test_errors_of_shapes_are_those_of_the_function() -> None:
    slope = grad(of_two)
    slope(START.copy(), np.ones(3), 1)
    for n in (1, 2):
        with pytest.raises(ValueError) as own:
            of_two(START.copy(), np.ones(2), n)
        with pytest.raises(ValueError) as found:
            slope(START.copy(), np.ones(2), n)
        assert str(found.value) == str(own.value)


def test_narrow_arrays_are_recorded_as_such() -> None:
    start = START.astype(np.float32)
    source = source_of(staged, start, 4)
    assert "dtype=np.float32" in source and "np.float64" not in source
    assert grad(staged)(start, 4).dtype == np.float32


def test_a_gradient_with_tapes_of_arrays_can_be_differentiated(tmp_path: Path) -> None:
    slope = grad(overwritten)
    slope(START.copy(), 3)
    file = tmp_path / "slope_of_overwritten.py"
    file.write_text(slope.source)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)

    def along(u: Any, n: int) -> Any:
        return module.grad_overwritten(u, n) @ np.arange(4.0)

    measured = oracle.gradient(along, (START.copy(), 3)).values()
    for mode in ("forward", "reverse"):
        assert all(map(oracle.agrees, measured, grad(along, mode=mode)(START.copy(), 3)))
    again = grad(lambda u, n: grad(overwritten)(u, n) @ np.arange(4.0))
    assert all(map(oracle.agrees, measured, again(START.copy(), 3)))
