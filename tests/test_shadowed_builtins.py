"""A module may have a `sum`, a `len` of its own: code that is generated for it means Python's."""

from __future__ import annotations

from typing import Any

import pytest

from chainrule import grad, jacobian, value_and_grad
from tests import oracle, shadowing

MODES = ("forward", "reverse")
CALLS: list[tuple[Any, tuple[Any, ...]]] = [
    (shadowing.of_others, (1.3,)),
    (shadowing.of_both, (1.3,)),
    (shadowing.in_loops, (1.3,)),
    (shadowing.over_a_list, (0.3, [1.0, 2.0, 0.5])),
    (shadowing.while_small, (1.3, 4.0)),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "args"), CALLS, ids=lambda v: getattr(v, "__name__", ""))
def test_names_of_pythons_own_functions_mean_these_in_helpers(f: Any, args: Any, mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(*args)
    assert value == f(*args)
    verdict = oracle.derivative(f, args, {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope)


def test_what_the_derivative_itself_calls_is_pythons() -> None:
    slopes = grad(shadowing.over_a_list, "values")(0.5, [1.0, 2.0])
    assert slopes == [0.0, 0.25]


def test_functions_of_the_module_are_still_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = jacobian(shadowing.of_both)
    before = slope(1.3)
    monkeypatch.setattr(shadowing, "sum", lambda values: values[0])
    verdict = oracle.derivative(shadowing.of_both, (1.3,), {}, "x")
    assert slope(1.3) != before
    assert verdict.decided and oracle.agrees(verdict, slope(1.3))
