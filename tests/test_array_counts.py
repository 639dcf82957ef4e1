"""Passes over arrays, counted beside those of the gradients that were written by hand."""

from __future__ import annotations

import importlib.util
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
# Of gradients over those by hand: entries that operations give, entries of new arrays, and
# entries of exponentials and the like.  By hand the slope of tanh is 1 - t * t, which cancels.
MOST = {
    "lse": (1.0, 1.0, 1.0),
    "logistic": (1.0, 2.0, 1.0),
    "kmeans": (1.25, 1.3, 1.0),
    "gmm": (1.0, 1.25, 1.0),
    "total_square": (1.1, 1.15, 1.0),
    "lstm": (1.15, 1.6, 1.4),
    "mean_field": (1.1, 1.3, 2.0),
    "convolution_loss": (1.1, 1.25, 1.0),
    "heat_misfit": (1.0, 6.0, 1.0),
}


# The most that is allocated at once, over that by hand.
MEMORY = {
    "gmm": 1.05,
    "total_square": 1.05,
    "gaussian_process": 0.9,
    "perceptron_loss": 1.11,
    "convolution_loss": 0.95,
}


# The same of short arrays, which take more than their entries.
MEMORY_OF_SHORT = {"ode": 1.2, "heat_misfit": 1.1, "kalman": 1.0, "mean_field": 1.05}


def benchmark(name: str) -> ModuleType:
    """A module of benchmarks/, which imports its neighbours by their names."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


WORKLOADS = {each.name: each for each in benchmark("array_workloads").ARRAY_WORKLOADS}


@pytest.mark.parametrize("name", MOST)
def test_gradients_touch_and_make_about_as_many_entries_as_by_hand(name: str) -> None:
    counting, workload = benchmark("array_counting"), WORKLOADS[name]
    size = workload.small
    own = counting.counts_of(counting.generated(workload, size), workload.arguments(*size))
    hand = counting.counts_of(workload.hand, workload.arguments(*size))
    pairs = (
        (own.entries(own.touched), hand.entries(hand.touched)),
        (own.entries(own.made), hand.entries(hand.made)),
        (own.entries(own.touched, counting.DEAR), hand.entries(hand.touched, counting.DEAR)),
    )
    for most, (found, wanted) in zip(MOST[name], pairs, strict=True):
        assert found <= most * wanted, (name, pairs)


def peak(function: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
    """The largest size of what one call has allocated."""
    tracemalloc.start()
    function(*arguments)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("name", MEMORY)
def test_gradients_need_about_as_much_memory_at_once_as_by_hand(name: str) -> None:
    workload = WORKLOADS[name]
    arguments = workload.arguments(*workload.large)
    own = benchmark("array_counting").generated(workload, workload.small)
    assert peak(own, arguments) <= MEMORY[name] * peak(workload.hand, arguments)


@pytest.mark.parametrize("name", MEMORY_OF_SHORT)
def test_loops_over_short_arrays_record_about_as_much_as_by_hand(name: str) -> None:
    workload = WORKLOADS[name]
    arguments = workload.arguments(*workload.small)
    own = benchmark("array_counting").generated(workload, workload.small)
    assert peak(own, arguments) <= MEMORY_OF_SHORT[name] * peak(workload.hand, arguments)


def test_operations_on_arrays_are_counted_by_name_and_size() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(4)
        y += x * 2.0
        np.exp(y, out=y)
        y[1:] = x[:-1]
        return y[[0, 1]].sum() + np.einsum("i,i->", x, x)

    counts = benchmark("array_counting").counts_of(f, (np.ones(4),))
    assert counts.made == {("zeros", 4): 1, ("multiply", 4): 1, ("[...]", 2): 1}
    once = {("add", 4): 1, ("exp", 4): 1, ("[...] =", 3): 1}
    assert counts.touched == {**counts.made, **once}
