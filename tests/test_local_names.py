"""``locals()`` is a dict of what the names of a function stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad
from tests.slopes import check_against_oracle


def checked(x: float, y: float, z: float = 2.0) -> float:
    if not all(isinstance(value, (float, int)) for value in locals().values()):
        raise TypeError(f"numbers are needed: {list(locals().values())}")
    return x * y * z


def without_one(x: float, y: float) -> float:
    scale = x * y
    named = locals()
    del named["y"]
    return sum(named.values()) * x * len(named) + scale


def by_name(x: float, y: float) -> float:
    return x * locals()["y"]


def handed_on(x: float, y: float) -> float:
    return by_keyword(**locals())


def by_keyword(**given: float) -> float:
    return given["x"] * given["y"] * given["x"]


def written_to(x: float, y: float) -> float:
    named = locals()
    named["x"] = 5.0
    return x * named["x"] * y


PROGRAMS = [checked, without_one, by_name, handed_on, written_to]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_names_are_entries(f: Callable[..., Any], mode: str) -> None:
    check_against_oracle(f, (1.5, 0.5), mode=mode)


def test_a_check_of_all_names_raises_what_it_raises() -> None:
    with pytest.raises(TypeError, match=r"numbers are needed: \[1.5, '2', 2.0\]"):
        grad(checked)(1.5, "2")  # type: ignore[arg-type]
