"""Constants outside: handed out by a module's `__getattr__`, or telling NumPy what to do."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad

TEXT = """
KNOWN = 2.0
values = {"mu": 1.5, "c": 3.0}

def __getattr__(name):
    if name in values:
        return values[name]
    raise AttributeError(name)
"""


@pytest.fixture
def constants() -> Iterator[Any]:
    module: Any = types.ModuleType("module_that_hands_out")
    exec(TEXT, vars(module))
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def test_what_a_module_hands_out_is_read_and_watched(constants: Any) -> None:
    def f(x):
        return constants.mu * x * x + constants.KNOWN * x * constants.c

    slope = value_and_grad(f)
    assert slope(2.0) == (f(2.0), 2 * 1.5 * 2.0 + 2.0 * 3.0)
    constants.values["mu"] = 4.0
    assert slope(2.0) == (f(2.0), 2 * 4.0 * 2.0 + 2.0 * 3.0)
    constants.KNOWN = 5.0
    assert slope(2.0) == (f(2.0), 2 * 4.0 * 2.0 + 5.0 * 3.0)


def test_a_number_that_is_made_anew_each_time_is_the_same(constants: Any) -> None:
    constants.values = type("Anew", (dict,), {"__getitem__": lambda self, key: float("1.25")})(mu=1)

    def f(x):
        return constants.mu * x

    assert grad(f)(2.0) == grad(f)(3.0) == 1.25


def test_names_of_the_function_are_told_from_those_of_the_module(constants: Any) -> None:
    mu = 10.0

    def f(x):
        return constants.mu * x * x + mu * x

    assert grad(f)(1.0) == 2 * 1.5 + 10.0


FILLING = -100
DEGREES = 1


def filled(x):
    return np.sum(np.nan_to_num(np.log(x), nan=FILLING, neginf=-FILLING) * x)


def spread(x):
    return np.var(x, ddof=DEGREES)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_outside_may_tell_numpy_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.array([0.5, 1.5, 2.0])
    slope, other = value_and_grad(filled), value_and_grad(spread)
    for _ in range(2):
        value, found = slope(x)
        assert value == filled(x)
        np.testing.assert_allclose(found, np.log(x) + 1.0, rtol=1e-14)
        assert slope(np.array([-1.0, 1.0]))[1].tolist() == [FILLING, 1.0]
        value, found = other(x)
        assert value == spread(x)
        np.testing.assert_allclose(found, 2 * (x - x.mean()) / (3 - DEGREES), rtol=1e-14)
        monkeypatch.setitem(globals(), "FILLING", 7.5)
        monkeypatch.setitem(globals(), "DEGREES", 0)


BACKENDS = {"numpy": "numpy", "math": "math", "none": "no_such_module"}
active = "numpy"


class Backend:
    """Hands on to the module that is active."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(BACKENDS[active]), name)


backend = Backend()


def test_functions_of_a_module_that_is_imported_by_name_are_understood_and_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def f(x):
        return backend.sin(x) * backend.expm1(x)

    slope = value_and_grad(f)
    value, found = slope(0.7)
    assert type(value) is np.float64
    assert value == f(0.7)
    assert found == pytest.approx(np.cos(0.7) * np.expm1(0.7) + np.sin(0.7) * np.exp(0.7))
    monkeypatch.setitem(globals(), "active", "math")
    value, found = slope(0.7)
    assert type(value) is float
    assert value == f(0.7)
    monkeypatch.setitem(BACKENDS, "math", "cmath")
    with pytest.raises(UnsupportedError, match="does not exist"):
        slope(0.7)


def test_a_module_that_cannot_be_imported_by_its_name_raises_in_its_branch_only() -> None:
    def f(x):
        try:
            fast = importlib.import_module("no_such_module")
        except ImportError:
            return x * x
        return fast.square(x)

    assert value_and_grad(f)(3.0) == (9.0, 6.0)


def test_what_a_module_does_not_have_raises_on_its_path_only() -> None:
    def f(x):
        return np.NoSuchNumber if x < 0.0 else x * x

    def g(x):
        return np.NoSuchNumber * x

    slope = grad(f)
    assert slope(3.0) == 6.0
    with pytest.raises(AttributeError, match="module 'numpy' has no attribute 'NoSuchNumber'"):
        slope(-1.0)
    with pytest.raises(UnsupportedError, match=r"`np\.NoSuchNumber` does not exist"):
        grad(g)(3.0)
