"""Constants that a module hands out by a `__getattr__` of its own."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from chainrule import grad, value_and_grad

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
