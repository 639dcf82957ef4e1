"""What a test asks of a gradient: f's own value, and the slopes that the oracle finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chainrule import value_and_grad
from tests import oracle


def check_slopes(f: Callable[..., Any], point: Sequence[float], mode: str) -> None:
    """Compare value and gradient of a function of numbers with its own and the oracle's."""
    value, gradient = value_and_grad(f, wrt=tuple(range(len(point))), mode=mode)(*point)
    assert value == f(*point)
    for position, slope in enumerate(gradient):
        verdict = oracle.derivative(f, point, wrt=position)
        assert verdict.decided, verdict.reason
        assert slope == pytest.approx(verdict.value, rel=1e-8)
