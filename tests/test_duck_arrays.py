"""The NumPy code runs unchanged on arrays that take part in NumPy's protocols."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import ArgumentError, UnsupportedError, grad, hvp, jvp, value_and_grad
from tests.array_models import MODELS, Model, logistic, rosenbrock_slices, two_layers

WHOLE_ARRAYS = (
    "logistic",
    "two_layers",
    "least_squares",
    "standardised",
    "distances",
    "guarded",
    "clipped",
    "rosenbrock_slices",
    "heat_slices",
    "over_axes",
)
CHUNKED = [model for model in MODELS if model.function.__name__ in WHOLE_ARRAYS]


def chunked(value: Any) -> Any:
    """An array in chunks of half its lengths."""
    dask_array = pytest.importorskip("dask.array")
    if not isinstance(value, np.ndarray):
        return value
    return dask_array.from_array(value, chunks=tuple(max(1, n // 2) for n in value.shape))


def same(found: Any, expected: Any) -> None:
    """Equality up to rounding of nested results."""
    if isinstance(expected, tuple):
        for one, two in zip(found, expected, strict=True):
            same(one, two)
        return
    assert type(found).__module__.startswith("dask"), type(found)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found.compute(), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("model", CHUNKED, ids=lambda model: model.function.__name__)
def test_chunks_are_computed_when_asked_for_and_agree_with_numpy(model: Model) -> None:
    callbacks = pytest.importorskip("dask.callbacks")
    function, arguments, wrt = model
    expected = value_and_grad(function, wrt)(*arguments)
    computed: list[Any] = []
    with callbacks.Callback(start=computed.append):
        found = value_and_grad(function, wrt)(*map(chunked, arguments))
    assert not computed, "the derivative computed where f does not"
    same(found, expected)


def test_what_loops_record_of_chunks_is_not_put_into_an_array() -> None:
    def model(u: Any, n: int) -> Any:
        y = u * 1.0
        for _ in range(n):
            z = np.sin(y + 0.5 * np.cos(y))
            y = y + z * z
        return np.sum(y * y)

    given = np.array([0.3, 0.8, -0.5, 0.6])
    same(grad(model)(chunked(given), 3), grad(model)(given, 3))
    listed = grad(lambda rows, n: model(rows[0] * rows[1], n))
    same(listed([chunked(given)] * 2, 3)[0], listed([given] * 2, 3)[0])


def test_directions_in_chunks() -> None:
    arguments = MODELS[0].arguments
    direction = np.array([0.5, -1.0, 0.25])
    lazy = [chunked(value) for value in (*arguments, direction)]
    same(jvp(logistic)(*lazy), jvp(logistic)(*arguments, direction))
    same(hvp(logistic)(*lazy)[1], hvp(logistic)(*arguments, direction)[1])


def test_more_than_one_chunk_of_every_operand() -> None:
    dask_array = pytest.importorskip("dask.array")
    random = np.random.default_rng(2)
    points, labels = random.random((1000, 20)), (random.random(1000) > 0.5).astype(float)
    weights = random.random(20)
    lazy = dask_array.from_array(points, chunks=(100, 5))
    found = grad(logistic)(chunked(weights), lazy, dask_array.from_array(labels, chunks=100))
    assert lazy.npartitions == 40
    same(found, grad(logistic)(weights, points, labels))


# --- kinds of NumPy's own arrays -------------------------------------------------------------


class Tagged(np.ndarray):
    """A subclass that adds nothing."""


def test_subclasses_and_mapped_memory_are_arrays(tmp_path: Path) -> None:
    x = np.linspace(0.5, 1.5, 6)
    mapped = np.memmap(tmp_path / "x.bin", dtype=float, mode="w+", shape=(6,))
    mapped[:] = x
    expected = grad(rosenbrock_slices)(x)
    for other in (x.view(Tagged), mapped):
        assert grad(rosenbrock_slices)(other).tolist() == expected.tolist()


class Summed(np.ndarray):
    """A subclass whose operators mean something else."""

    def __mul__(self, other: Any) -> Any:
        return np.add(self, other)


class Tripled(np.ndarray):
    """A subclass whose methods do."""

    def sum(self, *args: Any, **keywords: Any) -> Any:
        return 3.0 * np.asarray(self).sum(*args, **keywords)


class Wrapped(np.ndarray):
    """A subclass that takes part in what NumPy's functions do."""

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **keywords: Any) -> Any:
        return 2.0 * getattr(ufunc, method)(*map(np.asarray, args), **keywords)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Summed, "__mul__"), (Tripled, "sum"), (Wrapped, "__array_ufunc__")],
)
def test_subclasses_that_compute_in_a_way_of_their_own_are_refused(kind: Any, name: str) -> None:
    def f(x: Any) -> Any:
        return (x * x).sum()

    x = np.array([1.0, 2.0])
    assert float(f(x.view(kind))) != f(x)
    with pytest.raises(ArgumentError, match=f"defines `{name}` in a way of its own"):
        grad(f)(x.view(kind))


class Measured(np.ndarray):
    """A subclass with a method that arrays have not."""

    def length(self) -> float:
        return float(np.sqrt((self**2).sum()))


def test_what_a_subclass_has_beside_is_refused_where_it_is_used() -> None:
    x = np.array([3.0, 4.0]).view(Measured)
    with pytest.raises(UnsupportedError, match="`length`, which arrays of the class Measured"):
        grad(lambda x: x.length())(x)
    assert grad(lambda x: (x * x).sum())(x).tolist() == [6.0, 8.0]


def cubes(x: Any) -> Any:
    return np.sum(x**3)


@pytest.mark.parametrize("x", [np.float64(2.0), np.array(2.0), 2.0, 2])
def test_arrays_without_axes_and_numbers_of_numpy(x: Any) -> None:
    assert float(grad(cubes)(x)) == 12.0


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda: np.matrix([[1.0, 2.0]]), "np.asarray"),
        (lambda: np.ma.masked_array([1.0, 2.0], [True, False]), "the mask as an array"),
        (lambda: pytest.importorskip("pandas").Series([1.0, 2.0]), "to_numpy"),
        (lambda: pytest.importorskip("pandas").DataFrame({"a": [1.0]}), "to_numpy"),
    ],
    ids=["matrix", "masked", "Series", "DataFrame"],
)
def test_what_only_looks_like_an_array_is_refused(make: Callable[[], Any], remedy: str) -> None:
    with pytest.raises(ArgumentError, match=f"argument `x` is a (?s:.*){remedy}"):
        grad(cubes)(make())


def test_text_is_the_same_for_all_of_them() -> None:
    derivative = value_and_grad(two_layers, (0, 1, 2))
    arguments = MODELS[1].arguments
    derivative(*arguments)
    plain = derivative.source  # type: ignore[attr-defined]
    derivative(*map(chunked, arguments))
    assert derivative.source == plain  # type: ignore[attr-defined]


def test_tables_of_pandas_are_refused_where_the_function_uses_them() -> None:
    pandas = pytest.importorskip("pandas")
    known = pandas.Series([1.0, 2.0])

    def made(x):
        return pandas.DataFrame({"a": [x, 2.0]})["a"].sum()

    def used(x):
        return x * known.mean()

    for f in (made, used):
        with pytest.raises(UnsupportedError, match=r"test_duck_arrays.*a table of pandas"):
            grad(f)(1.0)


def test_functions_of_pandas_are_asked_of_arrays_and_numbers() -> None:
    pandas = pytest.importorskip("pandas")
    is_list_like = pandas.api.types.is_list_like

    def mean_of_known(x, y):
        """As packages write that take series, too."""
        if pandas.api.types.is_scalar(y) and not is_list_like(y) and pandas.isnull(y):
            return x[0]
        known = ~(pd_isnull(x) | pd_isnull(x * y))
        return np.mean(x[known] ** 2) if is_list_like(x) else x

    pd_isnull = pandas.isnull
    x = np.array([1.0, np.nan, 3.0])
    for y in (2.0, np.float64(2.0), np.array([2.0, 1.0, np.nan])):
        value, slope = value_and_grad(mean_of_known)(x, y)
        assert value == mean_of_known(x, y)
        count = np.isfinite(x * y).sum()
        assert list(slope) == list(np.where(np.isfinite(x * y), 2.0 * np.nan_to_num(x) / count, 0))
    assert list(grad(mean_of_known)(x, np.nan)) == [1.0, 0.0, 0.0]
