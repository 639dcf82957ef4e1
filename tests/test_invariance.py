"""What is subtracted before exponentials has no adjoint where no result depends on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian


def attention(Q: Any, K: Any, V: Any) -> Any:
    scores = Q @ K.T / np.sqrt(Q.shape[-1])
    scores = scores - scores.max(axis=-1, keepdims=True)
    w = np.exp(scores)
    w /= w.sum(axis=-1, keepdims=True)
    return np.sum((w @ V) ** 2)


def cross_entropy(logits: Any, labels: Any) -> Any:
    z = logits - np.max(logits, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(len(labels)), labels])


def logsumexp(x: Any) -> Any:
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def lse_rows(x: Any) -> Any:
    m = x.max(axis=1)
    return np.sum(m + np.log(np.sum(np.exp(x - m[:, None]), axis=1)))


def softmax_list(xs: Any, k: Any) -> Any:
    m = max(xs)
    es = [math.exp(x - m) for x in xs]
    total = sum(es)
    return es[k] / total


def lse_loop(xs: Any) -> Any:
    m = max(xs)
    total = 0.0
    for x in xs:
        total += math.exp(x - m)
    return m + math.log(total)


def lse_two(a: Any, b: Any) -> Any:
    m = max(a, b)
    return m + math.log(math.exp(a - m) + math.exp(b - m))


def in_a_function(x: Any, w: Any) -> Any:
    def softmax(z):
        e = np.exp(z - np.max(z))
        return e / np.sum(e)

    return np.sum(softmax(x) * w) + np.sum(softmax(2.0 * x) * w)


def filled(xs: Any, k: Any) -> Any:
    m = max(xs)
    e = np.zeros(len(xs))
    for i in range(len(xs)):
        e[i] = math.exp(xs[i] - m)
    return e[k] / np.sum(e)


def pooled(x: Any, w: Any) -> Any:
    z = x - x.max(axis=0)
    return np.sum(np.exp(z).T @ w / np.exp(z).sum(axis=0)[:, None])


def sum_alone(x: Any) -> Any:
    m = np.max(x)
    return np.sum(np.exp(x - m))


def along_the_other_axis(x: Any) -> Any:
    m = x.max(axis=0)
    e = np.exp(x - m)
    return np.sum(e / e.sum(axis=1, keepdims=True) * np.arange(3.0))


def sum_of_rows_over_columns(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.sum(e / e.sum(axis=1) * np.arange(3.0))


def transposed(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.sum(e / (e.T + 1.0 * e.T))


def with_one_more(x: Any) -> Any:
    m = np.max(x)
    return m + np.log(1.0 + np.sum(np.exp(x - m)))


def handed_out(x: Any) -> Any:
    m = np.max(x)
    e = np.exp(x - m)
    return np.sum(e / e.sum() * np.arange(4.0)) + m


def forward_algorithm(A: Any, B: Any) -> Any:
    alpha = B[0]
    for row in B:
        m = alpha.max()
        alpha = np.log(np.exp(alpha - m) @ np.exp(A)) + m + row
    m = alpha.max()
    return m + np.log(np.sum(np.exp(alpha - m)))


def two_starts(xs: Any) -> Any:
    m = max(xs)
    total = 1.0
    for x in xs:
        total += math.exp(x - m)
    return m + math.log(total)


def met_one_by_one(xs: Any) -> Any:
    m, total = -math.inf, 0.0
    for x in xs:
        top = max(m, x)
        total = total * math.exp(m - top) + math.exp(x - top)
        m = top
    return m + math.log(total)


def rows_in_loops(rows: Any) -> Any:
    found = 0.0
    for row in rows:
        m = max(row)
        total = 0.0
        for x in row:
            total += math.exp(x - m)
        found += m + math.log(total)
    return found


def kernel_regression(x: Any, r: Any) -> Any:
    above = below = 0.0
    for k, each in enumerate(x):
        w = math.exp(1.0 - each * r)
        above += w * k
        below += w
    return above / below


def shift_that_grows(x: Any, r: Any) -> Any:
    m, total = x[0], 0.0
    for each in (0.3, 0.9, -0.4):
        total += math.exp(each - m)
        m = m * r
    return total


def kernel_in_rounds(x: Any) -> Any:
    found = 0.0
    for _ in range(3):
        above = below = 0.0
        for each in x:
            w = math.exp(each - x[0] * each)
            above += w * each
            below += w
        found += above / below
    return found


def smoothed(image: Any, sigma: Any) -> Any:
    out, norm = np.zeros_like(image), np.zeros_like(image)
    padded = np.pad(image, 1)
    for dy in range(-1, 2):
        near = padded[1 + dy : 1 + dy + image.shape[0], 1:-1]
        w = np.exp(-(dy**2) / (2 * sigma**2) - (near - image) ** 2 / (2 * sigma**2))
        out += w * near
        norm += w
    return (out / norm).sum()


def through_a_try(m: Any, xs: Any) -> Any:
    found = 0.0
    for x in xs:
        w = math.exp(x - m)
        try:
            kept, scale = w, math.log(x)
        except ValueError:
            kept, scale = 0.0, 1.0
        found += kept * scale
    return found


def log_mean(m: Any, xs: Any) -> Any:
    total, count = 0.0, 0
    for x in xs:
        total += math.exp(x - m)
        count += 1
    return math.log(total / count) + m * count / 3


RNG = np.random.default_rng(1)
VECTOR, MATRIX, SQUARE = RNG.normal(size=4), RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
TIED = np.array([0.5, 0.5, -1.0, 0.5])
INVARIANT: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (attention, (MATRIX, RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2)))),
    (cross_entropy, (MATRIX, np.array([0, 1, 2, 1]))),
    (logsumexp, (VECTOR,)),
    (logsumexp, (TIED,)),
    (lse_rows, (MATRIX,)),
    (softmax_list, ([0.1, 0.4, 0.4], 1)),
    (lse_loop, ([0.1, 0.4, 0.4],)),
    (lse_two, (0.3, 0.3)),
    (in_a_function, (VECTOR, np.arange(4.0))),
    (filled, ([0.1, 0.4, 0.3], 1)),
    (met_one_by_one, ([0.1, 0.4, 0.3],)),
    (rows_in_loops, ([[0.1, 0.4], [0.2, 0.2]],)),
]
MOVING: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (pooled, (MATRIX, RNG.normal(size=(4, 2)))),
    (sum_alone, (VECTOR,)),
    (along_the_other_axis, (SQUARE,)),
    (sum_of_rows_over_columns, (SQUARE,)),
    (transposed, (SQUARE,)),
    (with_one_more, (VECTOR,)),
    (handed_out, (VECTOR,)),
    (two_starts, ([0.1, 0.4, 0.3],)),
    (kernel_regression, ([0.3, 0.9, -0.4], 0.7)),
    (shift_that_grows, ([0.3, 0.9], 0.7)),
    (kernel_in_rounds, ([0.3, 0.9, -0.4],)),
    (smoothed, (SQUARE, 0.7)),
    (through_a_try, (0.3, [0.3, 0.9, -0.4])),
]


def differences(function: Callable[..., Any], at: Any, *rest: Any) -> list[float]:
    """Central differences by each entry of the first argument."""
    kind = type(at)
    found = []
    for position in np.ndindex(np.shape(at)):
        step = np.zeros(np.shape(at))
        step[position] = 1e-6
        ends = (
            [at + side * step for side in (1.0, -1.0)]
            if kind is np.ndarray
            else [(np.array(at) + side * step).tolist() for side in (1.0, -1.0)]
        )
        found.append((function(ends[0], *rest) - function(ends[1], *rest)) / 2e-6)
    return found


@pytest.mark.parametrize(("function", "at"), INVARIANT + MOVING)
def test_gradients_are_those_of_the_whole_function(
    function: Callable[..., Any], at: tuple[Any, ...]
) -> None:
    for mode in ("auto", "reverse"):
        slope = grad(function, mode=mode)  # type: ignore[arg-type]
        found = np.ravel(slope(*at))
        np.testing.assert_allclose(found, differences(function, *at), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("function", "at"), INVARIANT)
def test_nothing_is_computed_of_what_no_result_depends_on(
    function: Callable[..., Any], at: tuple[Any, ...]
) -> None:
    slope = grad(function, mode="reverse")
    slope(*at)
    text = slope.source.rpartition('"""')[2]
    assert "at_max" not in text and "m_bar" not in text and " > " not in text, text


def test_slopes_that_do_without_what_is_subtracted_are_none_of_second_derivatives() -> None:
    # Of log(total / count) + m the slope by m is 0, and so is that of the slope.
    np.testing.assert_allclose(hessian(log_mean)(0.3, [0.3, 0.9, -0.4]), 0.0, atol=1e-12)


def test_what_stays_in_a_loop_is_computed_once_more_and_not_recorded() -> None:
    A = np.array([[0.1, -0.4], [0.3, 0.2]])
    slope = grad(forward_algorithm, mode="reverse")
    slope(A, A + 0.5)
    before, _, steps = slope.source.partition("in reversed(")
    assert "exp_A = np.exp(A)\n" in before
    assert "exp_A_tape" not in slope.source
    assert "= np.exp(A)" not in steps


def convolved(kernels: Any, images: Any) -> Any:
    size = kernels.shape[0]
    width = images.shape[1] - size + 1
    out = np.zeros((images.shape[0], width, kernels.shape[2]))
    for i in range(size):
        out += images[:, i : i + width, :] @ kernels[i]
    return np.sum(np.sin(out))


@pytest.mark.parametrize("size", [3, 0])
def test_an_adjoint_is_laid_out_for_all_steps_at_once(size: int) -> None:
    kernels = np.sin(np.arange(8.0 * size)).reshape(size, 2, 4)
    images = np.cos(np.arange(30.0)).reshape(3, 5, 2)
    slope = grad(convolved)
    found = slope(kernels, images)
    assert found.shape == kernels.shape
    np.testing.assert_allclose(
        np.ravel(found), differences(convolved, kernels, images), rtol=1e-6, atol=1e-8
    )
    before, _, steps = slope.source.rpartition("for i in range(size):\n")
    assert "out_shaped = np.cos(out).reshape(" in before and steps.count("reshape(") == 1
