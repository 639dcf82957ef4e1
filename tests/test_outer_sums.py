"""Outer products that steps of a loop add up are one product of matrices behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp, value_and_grad
from tests import oracle
from tests.test_array_page import workloads

RNG = np.random.default_rng(7)
W = 0.4 * RNG.normal(size=(3, 3))
U = 0.5 * RNG.normal(size=(3, 2))
B = RNG.normal(size=3)
XS = RNG.normal(size=(4, 2))


def recurrent(W: Any, U: Any, b: Any, xs: Any) -> Any:
    h = np.zeros(W.shape[0])
    for x in xs:
        h = np.tanh(W @ h + U @ x + b)
    return np.sum(h * h)


def relaxed(W: Any, b: Any, steps: int) -> Any:
    m = np.tanh(b)
    for _ in range(steps):
        m = 0.5 * m + 0.5 * np.tanh(b + W @ m)
    return -0.5 * m @ W @ m - b @ m


def taken_away(W: Any, b: Any, steps: int) -> Any:
    m = np.sin(b)
    for _ in range(steps):
        m = np.exp(b - W @ m) - np.cos(b + m @ W)
    return np.sum(m)


def left_over(W: Any, b: Any, steps: int) -> Any:
    """What the last step has computed is read behind the loop, in part and as a whole."""
    m = np.tanh(b)
    z = b
    part = b[1:]
    for _ in range(steps):
        z = b + W @ m
        part = z[1:]
        m = np.tanh(z)
    return np.sum(m) + np.sum(np.sin(z)) + np.sum(part * part * part)


def listed(W: Any, b: Any, steps: int) -> Any:
    """The arrays of all steps are held by a list of the user's too."""
    m = np.tanh(b)
    kept = []
    for _ in range(steps):
        z = b + W @ m
        kept.append(z)
        m = np.tanh(z)
    return np.sum(np.stack([m, *kept]) ** 2)


def twice(W: Any, b: Any, steps: int) -> Any:
    """Two loops, and two products with one matrix in a step."""
    m = np.tanh(b)
    for _ in range(steps):
        m = np.tanh(b + W @ m + W.T @ np.sin(m))
    for _ in range(steps):
        m = np.tanh(b - W @ m)
    return np.sum(m * m)


def with_other_terms(W: Any, b: Any, steps: int) -> Any:
    """A step adds to the adjoint of the matrix what is no outer product too."""
    m = np.tanh(b)
    for _ in range(steps):
        m = np.tanh(b + W @ m) * np.sum(W * W)
    return np.sum(m * m)


def several_steps(W: Any, b: Any, steps: int) -> Any:
    """The loop stands in another."""
    m = np.tanh(b)
    for _ in range(2):
        for _ in range(steps):
            m = np.tanh(b + W @ m)
        m = m * b
    return np.sum(m * m)


def until(W: Any, b: Any, steps: int) -> Any:
    """A loop that may end early."""
    m = np.tanh(b)
    for k in range(steps):
        m = np.tanh(b + W @ m)
        if np.sum(m) > 5.0 and k > 2:
            break
    return np.sum(m * m)


def named(W: Any, b: Any, steps: int) -> Any:
    """A name of the user's for what is recorded; only the product tells how long the vector is."""
    x = b
    for _ in range(steps):
        z = W @ x + b
        x = np.tanh(z)
    return np.sum(x * x)


def scaled(W: Any, b: Any, steps: int) -> Any:
    x = b
    for _ in range(steps):
        y = x @ W
        x = y / np.sqrt(np.sum(y * y))
    return x @ W @ b


STEPPED = (
    named, scaled, relaxed, taken_away, left_over, listed, twice, with_other_terms, several_steps,
    until,
)  # fmt: skip


def check(function: Callable[..., Any], at: Any, found: Any) -> None:
    """Compare a gradient with what the oracle measures, entry by entry."""
    assert found.shape == at.shape
    verdicts = oracle.gradient(function, (at,)).values()
    assert all(map(oracle.agrees, verdicts, found.ravel()))


@pytest.mark.parametrize("steps", [0, 1, 4])
@pytest.mark.parametrize("function", STEPPED)
def test_sums_of_outer_products_are_right(function: Callable[..., Any], steps: int) -> None:
    point = (W, B, steps)
    before = [np.copy(W), np.copy(B)]
    value, found = value_and_grad(function, wrt=("W", "b"))(*point)
    assert value == function(*point)
    assert np.array_equal(W, before[0]) and np.array_equal(B, before[1])
    check(lambda w: function(w, B, steps), W, found[0])
    check(lambda b: function(W, b, steps), B, found[1])
    for place, name in enumerate(("W", "b")):
        assert np.allclose(grad(function, wrt=name)(*point), found[place], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("function", STEPPED)
def test_second_derivatives_over_such_sums_are_right(function: Callable[..., Any]) -> None:
    point, direction = (W, B, 3), RNG.normal(size=W.shape)
    _, found = hvp(function, wrt="W")(*point, W_dot=direction)
    slope = grad(function, wrt="W")
    step = 1e-6
    ahead, behind = (slope(W + s * direction, B, 3) for s in (step, -step))
    assert np.allclose(found, (ahead - behind) / (2.0 * step), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_rows_of_the_callers_are_multiplied_as_they_are(steps: int) -> None:
    point = (W, U, B, XS[:steps])
    slope = grad(recurrent, wrt=("W", "U", "b"))
    found = slope(*point)
    check(lambda w: recurrent(w, U, B, XS[:steps]), W, found[0])
    check(lambda u: recurrent(W, u, B, XS[:steps]), U, found[1])
    check(lambda b: recurrent(W, U, b, XS[:steps]), B, found[2])
    if steps > 1:
        assert "h_in_tape.T @ h_tape, h_in_tape.T @ xs" in slope.source
        assert "np.outer" not in slope.source


def test_narrow_numbers_stay_narrow() -> None:
    point = (W.astype(np.float32), B.astype(np.float32), 3)
    found = grad(relaxed, wrt=("W", "b"))(*point)
    assert [each.dtype for each in found] == [np.float32, np.float32]
    for own, wide in zip(found, grad(relaxed, wrt=("W", "b"))(W, B, 3), strict=True):
        assert np.allclose(own, wide, rtol=1e-4, atol=1e-5)


def test_no_memory_is_taken_for_the_rows() -> None:
    slope = grad(relaxed, wrt=("W", "b"))
    slope(W, B, 3)
    assert slope.source.count("np.empty") == 2
    assert "outer(m" in slope.source and "+= np.outer" not in slope.source


def written_behind(W: Any, xs: Any) -> Any:
    m = np.zeros(W.shape[0])
    for i in range(len(xs)):
        m = np.tanh(W @ m + W @ xs[i])
    xs *= 2.0
    return np.sum(m * m) + np.sum(np.sin(xs))


def written_meanwhile(W: Any, xs: Any) -> Any:
    m = np.zeros(W.shape[0])
    for i in range(len(xs)):
        m = np.tanh(W @ m + W @ xs[i])
        xs[i] = m * m
    return np.sum(m * m) + np.sum(np.sin(xs))


def written_over(W: Any, xs: Any) -> Any:
    """What a step has computed is written to once it was used, and read behind the loop."""
    m = np.zeros(W.shape[0])
    z = m
    for x in xs:
        z = x + W @ m
        m = np.tanh(z)
        z[0] = 3.0
    return np.sum(m * m) + z[0] * z[1]


@pytest.mark.parametrize("function", [written_behind, written_meanwhile, written_over])
def test_rows_that_are_written_to_are_multiplied_as_they_were(function: Callable[..., Any]) -> None:
    xs = RNG.normal(size=(4, 3))
    slope = grad(function, wrt="W")
    found = slope(W, xs.copy())
    # The oracle's numbers of 50 digits would be rounded where they are written.
    for place in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[place] = 1e-6
        ahead, behind = (function(W + each, xs.copy()) for each in (step, -step))
        assert found[place] == pytest.approx((ahead - behind) / 2e-6, rel=1e-6, abs=1e-8)
    assert ".T @ " in slope.source
    own, theirs = xs.copy(), xs.copy()
    slope(W, own)
    function(W, theirs)
    assert np.array_equal(own, theirs)


@pytest.mark.parametrize("function", [named, scaled])
def test_vectors_are_as_long_as_what_multiplies_them(function: Callable[..., Any]) -> None:
    slope = grad(function, wrt="W")
    slope(W, B, 3)
    assert "np.outer(z_bar" not in slope.source and "_tape.T @ " in slope.source
    for point in ((W, B[:2], 3), (W[:, :2], B, 3)):
        raised = []
        for each in (function, slope):
            with pytest.raises(ValueError) as caught:
                each(*point)
            raised.append(str(caught.value))
        assert raised[0] == raised[1]


def test_matrices_of_an_earlier_loop_are_multiplied_before_the_next() -> None:
    slope = grad(twice, wrt="W")
    slope(W, B, 3)
    assert len(re.findall(r"^    W_bar \+?= \w+\.T @ \w+$", slope.source, re.MULTILINE)) == 2


def test_what_goes_into_a_row_is_computed_there() -> None:
    workload = next(each for each in workloads().ARRAY_WORKLOADS if each.name == "kalman")
    slope = grad(workload.function, wrt="H")
    slope(*workload.arguments(*workload.small))
    source = slope.source  # type: ignore[attr-defined]
    back = source[source.index("for i in reversed(") :]
    assert re.search(r"= np\.negative\(\s*.*, out=S_product_tape", back)
    assert not re.search(r"_tape\w*\[i\] = \w+$", back, re.MULTILINE)
