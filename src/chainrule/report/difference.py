"""Derivatives of one variable by differences, with a judgement of their own accuracy.

Nothing here knows of chainrule's rules: this is the independent side of ``chainrule verify``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

EPSILON = 2.0**-52
LEVELS = 9
# First steps of the ladders, relative to the size of x: functions vary on different scales.
FIRST_STEPS = (2.0**-2, 2.0**-6, 2.0**-10, 2.0**-15, 2.0**-20, 2.0**-25)


@dataclass(frozen=True)
class Estimate:
    """A derivative and how far it may be off.

    ``scale`` is the size that a derivative has in the neighbourhood: where the derivative
    happens to be zero, accuracy is measured against it.
    """

    value: float
    uncertainty: float
    scale: float
    method: str


def difference(f: Callable[[float], float], x: float) -> Estimate | None:
    """The derivative of ``f`` at ``x`` by Richardson extrapolation; None when undecided.

    Ladders of steps are extrapolated separately; the best two must agree within what they say
    of themselves, and the derivatives from left and right must meet.
    """
    values: dict[float, float | None] = {}

    def at(point: float) -> float | None:
        if point not in values:
            values[point] = finite(f, point)
        return values[point]

    # Near zero f may vary on the scale of x or on that of 1.
    sizes = (abs(x), 1.0) if 0.0 < abs(x) < 1.0 else (abs(x) or 1.0,)
    if at(x) is None or has_kink(at, x, sizes[0]):
        return None
    found = []
    for first in [size * relative for size in sizes for relative in FIRST_STEPS]:
        extrapolated = extrapolate(at, x, [first * 2.0**-level for level in range(LEVELS)])
        if extrapolated is not None:
            found.append(extrapolated)
    if len(set(values.values())) == 1:
        return Estimate(0.0, 0.0, 0.0, "Richardson")
    found.sort(key=lambda estimate: estimate.uncertainty)
    if len(found) < 2:
        return None
    best, second = found[:2]
    distance = abs(best.value - second.value)
    if distance > 10.0 * (best.uncertainty + second.uncertainty):
        return None
    return replace(best, uncertainty=max(best.uncertainty, distance))


def finite(f: Callable[[float], float], x: float) -> float | None:
    """The value, None where there is none."""
    try:
        value = float(f(x))
    except Exception:  # Whatever the user's function raises outside its domain.
        return None
    return value if math.isfinite(value) else None


def extrapolate(
    at: Callable[[float], float | None], x: float, steps: list[float]
) -> Estimate | None:
    """Best entry of the Richardson tableau over halved steps.

    Central differences where f exists on both sides, one-sided ones at the edge of a domain.
    """
    center = at(x)
    assert center is not None
    sides = [(at(x + h), at(x - h)) for h in steps]
    central = all(right is not None and left is not None for right, left in sides[2:])
    ratio = 4.0 if central else 2.0
    known = [value for pair in sides for value in (center, *pair) if value is not None]
    variation = max(known) - min(known)
    if variation == 0.0:
        # No slope to be seen; a larger step may show one.
        return Estimate(0.0, abs(center) * EPSILON / steps[0], 0.0, "Richardson")
    best: Estimate | None = None
    previous: list[float] = []
    for h, (right, left) in zip(steps, sides, strict=True):
        if central and right is not None and left is not None:
            quotient = (right - left) / ((x + h) - (x - h))
            noise = max(abs(right), abs(left)) * EPSILON / h
        elif not central and right is not None:
            quotient = (right - center) / ((x + h) - x)
            noise = 2.0 * max(abs(right), abs(center)) * EPSILON / h
        elif not central and left is not None:
            quotient = (center - left) / (x - (x - h))
            noise = 2.0 * max(abs(left), abs(center)) * EPSILON / h
        else:
            previous = []
            continue
        row = [quotient]
        for column, above in enumerate(previous, start=1):
            finer = row[-1] + (row[-1] - above) / (ratio**column - 1.0)
            uncertainty = max(abs(finer - row[-1]), abs(finer - above), 2.0 * noise)
            if best is None or uncertainty < best.uncertainty:
                best = Estimate(finer, uncertainty, variation / steps[0], "Richardson")
            row.append(finer)
        previous = row
    return best


def has_kink(at: Callable[[float], float | None], x: float, size: float) -> bool:
    """Whether slopes from left and right differ, and do not approach with smaller steps."""
    center = at(x)
    gaps = []
    for h in (size * 2.0**-18, size * 2.0**-22, size * 2.0**-26):
        right, left = at(x + h), at(x - h)
        if center is None or right is None or left is None:
            return False
        gap = abs((right - center) - (center - left)) / h
        noise = 64.0 * EPSILON * max(abs(right), abs(left), abs(center)) / h
        gaps.append(gap if gap > noise else 0.0)
    # Of a smooth function the gap shrinks with the step, here by 16 each time.
    return gaps[0] > 0.0 and gaps[1] > gaps[0] / 4.0 and gaps[2] > gaps[1] / 4.0


def precise_difference(f: Callable[[Any], Any], x: float, context: Any) -> Estimate | None:
    """The derivative by differences in 50 digits; None when f cannot keep them.

    A function that rounds to doubles on the way has no slope over the small step, and two
    steps with a kink or another path between them disagree.
    """
    size = abs(x) or 1.0
    quotients, magnitude = [], 0.0
    for relative in (1e-10, 1e-25):
        h = context.mpf(relative) * size
        try:
            left, center, right = (f(context.mpf(x) + k * h) for k in (-1, 0, 1))
        except Exception:  # Not in this arithmetic: the caller has the other method.
            return None
        if not all(isinstance(v, (context.mpf, int, float)) for v in (left, center, right)):
            return None
        quotients.append((right - left) / (2 * h))
        magnitude = max(magnitude, abs(float(right)), abs(float(left)))
    coarse, fine = quotients
    gap = float(abs((right - center) - (center - left)) / h)
    # What one rounding of f to doubles moves, where f does not vary faster than on the scale of 1.
    rounding = magnitude * EPSILON / max(size, 1.0)
    scale = magnitude / max(size, 1.0)
    size_of_slope = max(abs(float(fine)), scale)
    if not float(abs(coarse - fine)) <= 1e-15 * size_of_slope or gap > 1e-10 * size_of_slope:
        return None
    uncertainty = abs(float(fine)) * EPSILON + 16.0 * rounding
    return Estimate(float(fine), uncertainty, scale, f"{context.dps} digits")
