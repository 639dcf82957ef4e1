"""What follows from conditions is known on its path, and nothing of it behind a loop."""

from __future__ import annotations

import math

import pytest

from chainrule import value_and_grad
from tests.differences import along


def halved(u, v=0.7):
    return 0.5 * u * v


def left_in_a_loop(x, y, n, xs, option):
    match n:
        case 1 | 2:
            try:
                1.0 / ((option if option is not None else x) and 2)
            except (ArithmeticError, ValueError, TypeError):
                x = x * 1.0
    k = 0
    while k < n + 2 and (
        math.log(1.3 + (x if y > 0.0 else sum(xs)) ** 2) < x
        and (halved(xs[-1], 0.1) if x > 0.0 else math.prod([0.5 + abs(e) for e in xs[:3]]))
        < (xs[0] if y > 0.0 else option if option is not None else y)
    ):
        k += 1
        try:
            if halved(y, x) < sum(a * b for a, b in zip(xs, [0.9, 0.4], strict=False)) < y:
                return halved(xs[1], option if option is not None else x) * x
            y *= 0.9
        finally:
            held = {0: sum([math.atan2(max(xs), 2.0) * e for e in xs])}
            for j in range(n + 1):
                held[j + 1] = held[j] * 0.5 + math.log(
                    1.3 + (y if y < sum(xs) < x else option if option is not None else x) ** 2
                )
    return x * x + y


@pytest.mark.parametrize("at", [0.7, 1.3, -0.4])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_loop_that_is_left_behind_an_attempt_is_understood(at: float, mode: str) -> None:
    rest = (1.1, 1, [1.4, -0.3, 0.6], None)
    value, slope = value_and_grad(left_in_a_loop, mode=mode)(at, *rest)
    expected, noise = along(lambda h: left_in_a_loop(at + h, *rest))
    assert value == left_in_a_loop(at, *rest)
    assert slope == pytest.approx(float(expected), rel=1e-8, abs=1e-9 + noise)
