"""Derivatives along a line by extrapolated differences, with the noise that was measured.

They serve where what is differenced has been proved by other means: a gradient, on the way to
second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

STEP = 1e-4


def along(curve: Callable[[float], Any], step: float = STEP) -> tuple[Any, float]:
    """The derivative of ``curve`` at 0 by Richardson's extrapolation, and its noise.

    ``curve`` gives a number or an array; the noise is how far the differences of the two steps
    are apart, which a kink within them makes large.
    """

    def difference(h: float) -> Any:
        return (np.asarray(curve(h)) - np.asarray(curve(-h))) / (2.0 * h)

    coarse, fine = difference(step), difference(step / 2.0)
    noise = float(np.abs(coarse - fine).max(initial=0.0))
    return (4.0 * fine - coarse) / 3.0, noise


def partials(f: Callable[..., Any], point: Sequence[float]) -> list[tuple[Any, float]]:
    """The derivative of ``f`` by each of the numbers that it is given, and its noise."""
    return [
        along(lambda h, k=k: f(*point[:k], point[k] + h, *point[k + 1 :]))
        for k in range(len(point))
    ]
