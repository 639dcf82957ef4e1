"""Sums of products in derivative code make no array in between."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp
from tests import oracle

RNG = np.random.default_rng(1)


def scaled_rows(w: Any, A: Any) -> Any:
    return np.sum(np.exp(w[:, np.newaxis] * A))


def scaled_columns(w: Any, A: Any) -> Any:
    return np.sum(np.sin(A * w))


def one_factor_for_all(s: Any, A: Any) -> Any:
    return np.sum(np.exp(s * A))


def scaled_rows_kept(w: Any, A: Any) -> Any:
    return np.sum(np.exp(np.sum(A * A, axis=1, keepdims=True) * A) * w[:, np.newaxis])


def scaled_planes(w: Any, T: Any) -> Any:
    return np.sum(np.exp(w[:, np.newaxis, np.newaxis] * T))


def diagonal_added(s: Any, A: Any) -> Any:
    return np.sum(np.sin(A @ A.T + s * np.eye(len(A))))


def rows_of_a_product(b: Any, A: Any) -> Any:
    return np.sum(np.sin((A + b) @ A.T))


def planes_of_a_product(b: Any, T: Any) -> Any:
    return np.sum(np.exp((T + b[:, np.newaxis, np.newaxis]) @ np.transpose(T, (0, 2, 1))))


def shifted_planes(b: Any, T: Any) -> Any:
    return np.sum(np.sin((T - b) @ np.transpose(np.cos(T), (0, 2, 1))))


def one_matrix_for_all_planes(v: Any, T: Any) -> Any:
    return np.sum(np.tanh(T @ np.outer(v, v)) * T)


CASES = (
    (rows_of_a_product, RNG.normal(size=4), RNG.normal(size=(3, 4)), ".sum(axis=0) @"),
    (planes_of_a_product, RNG.normal(size=2), RNG.normal(size=(2, 3, 4)), ""),
    (shifted_planes, RNG.normal(size=4), RNG.normal(size=(2, 3, 4)), ""),
    (one_matrix_for_all_planes, RNG.normal(size=4), RNG.normal(size=(2, 3, 4)), "reshape(-1"),
    (scaled_rows, RNG.normal(size=3), RNG.normal(size=(3, 4)), "@|einsum"),
    (scaled_columns, RNG.normal(size=4), RNG.normal(size=(3, 4)), "einsum"),
    (one_factor_for_all, 0.7, RNG.normal(size=(3, 4)), "vdot"),
    (scaled_rows_kept, RNG.normal(size=3), RNG.normal(size=(3, 4)), ""),
    (scaled_planes, RNG.normal(size=2), RNG.normal(size=(2, 3, 4)), "einsum"),
    (diagonal_added, 0.7, RNG.normal(size=(3, 4)), "trace"),
)


def differences(f: Callable[..., Any], x: Any, other: Any) -> Any:
    """Central differences with Richardson's extrapolation."""
    found = np.empty(np.shape(x))
    for place in np.ndindex(np.shape(x)):
        step = np.zeros(np.shape(x))
        step[place] = 1.0
        slopes = [
            (f(x + h * step, other) - f(x - h * step, other)) / (2.0 * h) for h in (2e-3, 1e-3)
        ]
        found[place] = (4.0 * slopes[1] - slopes[0]) / 3.0
    return found


@pytest.mark.parametrize(("f", "x", "other", "word"), CASES, ids=lambda case: str(case)[:24])
def test_sums_of_products_take_one_pass(f: Any, x: Any, other: Any, word: str) -> None:
    slope = grad(f)
    assert np.allclose(slope(x, other), differences(f, x, other), rtol=1e-8, atol=1e-9)
    if word:
        assert any(each in slope.source for each in word.split("|"))  # type: ignore[attr-defined]
    if np.ndim(x):
        direction = np.ones(np.shape(x))
        h = 1e-4
        along = (slope(x + h * direction, other) - slope(x - h * direction, other)) / (2.0 * h)
        assert np.allclose(hvp(f)(x, other, direction)[1], along, rtol=1e-6, atol=1e-6)


def test_a_length_does_not_feel_how_what_it_measures_is_summed() -> None:
    def f(x: Any, window: Any) -> Any:
        squares = np.sum(x**2, axis=1)
        part = squares[window[0] : window[1]]
        return np.sum(np.sqrt(part)) / len(part)

    x, window = np.random.default_rng(1).normal(size=(5, 3)), (1, 3)
    slope = grad(f)
    assert np.allclose(slope(x, window), differences(f, x, window), rtol=1e-8, atol=1e-9)
    assert 'np.einsum("ij,ij->i", x, x)' in slope.source  # type: ignore[attr-defined]


def test_a_count_of_what_a_mask_takes_feels_every_bit() -> None:
    def f(x: Any, bound: Any) -> Any:
        squares = np.sum(x**2, axis=1)
        part = squares[squares < bound]
        return np.sum(np.sqrt(part)) / len(part)

    slope = grad(f)
    x = np.random.default_rng(1).normal(size=(5, 3))
    assert np.allclose(slope(x, 2.0), differences(f, x, 2.0), rtol=1e-8, atol=1e-9)
    assert "np.sum(x**2, axis=1)" in slope.source.replace("x ** 2", "x**2")  # type: ignore[attr-defined]


def test_ties_share_an_extreme_evenly() -> None:
    slope = grad(lambda x: np.sum(np.max(x, axis=1) ** 2))
    x = np.array([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]])
    assert np.array_equal(slope(x), [[0.0, 3.0, 3.0], [4.0, 0.0, 0.0]])


def test_multiples_of_one_product_are_one_term() -> None:
    slope = grad(lambda x: np.sum(x * x * x))
    x = np.array([0.5, -2.0, 0.0])
    assert slope(x).tolist() == [0.75, 12.0, 0.0]
    assert "return 3.0 * (x * x)" in slope.source


def half_weighted(w, weight):
    return 0.5 * weight * w @ w


def half_weighted_by_name(w, weight):
    penalty = 0.5 * weight * w
    return penalty @ w


def half_of_counts(w, weight, counts):
    return np.sum(0.5 * weight * (counts * counts) * w * w)


def test_a_half_within_f_meets_the_two_of_its_square_where_nothing_else_reads_it() -> None:
    w = np.array([0.5, -2.0, 3.0])
    slope = grad(half_weighted)
    np.testing.assert_array_equal(slope(w, 0.3), 0.3 * w)
    assert "return weight * w" in slope.source
    named = grad(half_weighted_by_name)
    np.testing.assert_allclose(named(w, 0.3), 0.3 * w, rtol=1e-15)
    assert "penalty = 0.5 * weight * w" in named.source


def test_products_of_whole_numbers_wrap_around_as_they_do_in_f() -> None:
    w, counts = np.array([0.5, -2.0]), np.array([100, 3], dtype=np.int8)
    with np.errstate(over="ignore"):
        expected = 0.3 * (counts * counts) * w
    np.testing.assert_allclose(grad(half_of_counts)(w, 0.3, counts), expected, rtol=1e-15)


def test_the_deviation_from_a_mean_of_f_is_computed_once() -> None:
    def normalised(x: Any, w: Any) -> Any:
        mu = x.mean(axis=0)
        return np.sum(w * (x - mu) / np.sqrt(x.var(axis=0) + 1e-3))

    x, w = np.random.default_rng(3).normal(size=(2, 5, 3))
    slope = grad(normalised)
    found = slope(x, w)
    for (i, j), number in np.ndenumerate(found):
        step = np.zeros_like(x)
        step[i, j] = 1e-6
        wanted = (normalised(x + step, w) - normalised(x - step, w)) / 2e-6
        assert abs(number - wanted) < 1e-7
    code = [line for line in slope.source.splitlines() if "# line" not in line]
    assert sum(".mean(" in line for line in code) == 1 and "keepdims" not in slope.source


def test_an_array_over_itself_is_one() -> None:
    def entropy(p):
        return -np.sum(p * np.log(p))

    slope = grad(entropy)
    p = np.array([0.25, 1.0, 3.0])
    np.testing.assert_allclose(slope(p), -1.0 - np.log(p), rtol=1e-15)
    assert "p / p" not in slope.source, slope.source
    np.testing.assert_allclose(hvp(entropy)(p, np.ones(3))[1], -1.0 / p, rtol=1e-15)
    assert slope(p.astype(np.float32)).dtype == np.float32


def test_the_sign_of_a_matrix_is_taken_from_a_vector() -> None:
    def decayed(w, X):
        return np.sum(np.exp(-X @ w))

    X, w = RNG.normal(size=(4, 3)), RNG.normal(size=3)
    slope = grad(decayed)
    assert np.allclose(slope(w, X), -X.T @ np.exp(-X @ w), rtol=1e-12)
    assert "return -(X.T @ np.exp(-X @ w))" in slope.source, slope.source


def forward_algorithm(emit: Any, trans: Any) -> Any:
    alpha = emit[0].copy()
    for t in range(1, len(emit)):
        scores = alpha[:, np.newaxis] + trans
        m = scores.max(axis=0)
        alpha = emit[t] + m + np.log(np.exp(scores - m).sum(axis=0))
    return alpha.sum()


def test_the_largest_score_that_is_taken_off_and_added_has_no_slope_in_a_loop() -> None:
    emit, trans = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
    derivative = grad(forward_algorithm, wrt=("emit", "trans"))
    found = derivative(emit, trans)
    # Forward and backward sums over all paths, as in Rabiner (1989), section III.
    weights, steps = np.exp(emit), np.exp(trans)
    ahead = [weights[0]]
    for t in range(1, len(emit)):
        ahead.append(weights[t] * (ahead[-1] @ steps))
    back = np.ones(3) / ahead[-1]
    visited = [np.ones(3)]
    taken = np.zeros_like(trans)
    for t in range(len(emit) - 1, 0, -1):
        taken += np.outer(ahead[t - 1], weights[t] * back) * steps
        back = steps @ (weights[t] * back)
        visited.insert(0, ahead[t - 1] * back)
    assert np.allclose(found[0], visited, rtol=1e-12)
    assert np.allclose(found[1], taken, rtol=1e-12)
    assert "np.where" not in derivative.source and "==" not in derivative.source


def summed_and_kept(x):
    return np.sum(np.sum(x, axis=(0, 2), keepdims=True) * np.mean(x, axis=1, keepdims=True) ** 2)


def summed_and_dropped(x):
    return np.sum(np.sum(x, axis=2) * np.sum(x**2, axis=(0, 1, 2)))


def summed_and_added(x):
    return np.sum(np.sum(x, axis=0, keepdims=True) * np.sum(np.exp(np.sum(x, axis=(1, 2)))))


@pytest.mark.parametrize("f", [summed_and_kept, summed_and_dropped, summed_and_added])
def test_the_sum_along_further_axes_of_a_sum_is_one(f):
    x = np.random.default_rng(2).random((2, 3, 4))
    slope = grad(f)
    for verdict, number in zip(oracle.gradient(f, (x,)).values(), slope(x).ravel(), strict=True):
        assert oracle.agrees(verdict, number)
    assert not re.search(r"\.sum\([^()]*(\([^()]*\))?[^()]*\)\.sum\(", slope.source)


def gaps_of_pairs(x: Any) -> Any:
    gaps = x[:, None, :] - x[None, :, :]
    rows, columns = np.triu_indices(len(x), k=1)
    return np.sum(gaps[rows, columns] ** 2)


def trace_of_square(x: Any) -> Any:
    return np.einsum("ii", x @ x)


@pytest.mark.parametrize(
    ("f", "words", "never"),
    [
        (gaps_of_pairs, ".sum(axis=1)", ("squeeze", "keepdims")),
        (trace_of_square, "2.0 * x.T", ("einsum", "ones", "eye")),
    ],
)
def test_sums_and_traces_are_told_in_one_word(f: Any, words: str, never: tuple[str, ...]) -> None:
    x = RNG.standard_normal((3, 3))
    slope = grad(f)
    measured = oracle.gradient(f, (x,)).values()
    assert all(map(oracle.agrees, measured, slope(x).ravel()))
    result = slope.source.splitlines()[-1]
    assert words in result
    assert not any(word in result for word in never)


def rows_of_one_length(x: Any, s: Any) -> Any:
    bend = np.cos(s)
    return np.sum(np.exp(x * np.sin(s) * bend) + x * bend)


def test_what_is_one_number_a_row_is_taken_out_of_the_sums_of_rows() -> None:
    slope = grad(rows_of_one_length, wrt="s")
    x, s = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 1))
    found = slope(x, s)
    # What f multiplies the rows by is not read again as rows: the rows themselves are.
    sums = re.findall(r'einsum\("ij,ij->i", (.*?)\)', slope.source)  # type: ignore[attr-defined]
    assert sums
    assert all("x" in re.split(r"\W+", each) for each in sums)
    wanted = differences(lambda s, x: rows_of_one_length(x, s), s, x)
    assert np.allclose(found, wanted, rtol=1e-8, atol=1e-9)


def entry_of_a_square(x: Any) -> Any:
    return (x @ x.T)[0, 1]


def second_differences(x: Any) -> Any:
    return np.sum(np.diff(x, 2) * np.arange(1.0, len(x) - 1.0))


def slopes_squared(x: Any) -> Any:
    return np.sum(np.gradient(x, 0.1) ** 2)


def entry_of_a_product(x: Any, y: Any) -> Any:
    return (x @ y)[0, 1]


@pytest.mark.parametrize(
    ("f", "x", "never"),
    [
        (entry_of_a_square, RNG.standard_normal((3, 2)), "x @ x.T"),
        (second_differences, RNG.standard_normal(6), "x[1:] - x[:-1]"),
        (slopes_squared, RNG.standard_normal(6), "x[2:] - x[:-2]"),
    ],
)
def test_no_array_is_computed_for_its_shape_alone(f: Any, x: Any, never: str) -> None:
    slope = grad(f)
    measured = oracle.gradient(f, (x,)).values()
    for verdict, number in zip(measured, slope(x).ravel(), strict=True):
        assert oracle.agrees(verdict, number)
    lines = [line for line in slope.source.splitlines() if "# line" not in line]
    assert not any(never in line for line in lines)


def test_lengths_that_do_not_agree_are_refused_by_numpy_as_in_f() -> None:
    slope = grad(entry_of_a_product)
    x, y = np.ones((3, 4)), np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(slope(x, y)[0], y[:, 1])
    with pytest.raises(ValueError, match="mismatch in its core dimension"):
        slope(x, np.ones((5, 2)))


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_second_differences_of_short_vectors_are_flat(length: int) -> None:
    x = np.linspace(1.0, 2.0, length)
    expected = [1.0, -2.0, 1.0] if length == 3 else [0.0] * length
    np.testing.assert_allclose(grad(lambda x: np.sum(np.diff(x, 2)))(x), expected)


def log_determinant(A: Any) -> Any:
    """By the elimination of Gauss, in place."""
    A = A.copy()
    for k in range(len(A) - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return np.sum(np.log(np.abs(np.diag(A))))


def test_slices_from_one_place_on_have_one_length() -> None:
    A = RNG.standard_normal((5, 5)) + 4.0 * np.eye(5)
    slope = grad(log_determinant)
    np.testing.assert_allclose(slope(A), np.linalg.inv(A).T, rtol=1e-12, atol=1e-13)
    code = [line for line in slope.source.splitlines() if "# line" not in line]
    assert not any("reshape" in line for line in code)
    # No product is kept to be measured.
    assert sum("np.outer(" in line for line in code) == 1
    assert not any("outer" in line and "tape" in line for line in code)


def ends_of_other_lengths(x: Any, n: int, m: int) -> Any:
    return np.sum(x[n:] * x[m:] ** 2) + np.sum(x[-n:] * x[-n:]) + np.sum(x[n:m] * x[n:m] ** 2)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 5), (5, 2), (5, 5)])
def test_slices_from_other_places_on_are_repeated_where_they_have_one_entry(n: int, m: int) -> None:
    x = np.linspace(-1.0, 2.0, 6)
    slope = grad(ends_of_other_lengths)
    measured = oracle.gradient(lambda x: ends_of_other_lengths(x, n, m), (x,)).values()
    for verdict, number in zip(measured, slope(x, n, m), strict=True):
        assert oracle.agrees(verdict, number)
