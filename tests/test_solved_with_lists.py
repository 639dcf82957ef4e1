"""Roots, minima and solutions of functions that use lists: rates of return, flashes, yields."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from scipy.optimize import brentq, fixed_point, fsolve, minimize_scalar, newton

from chainrule import hessian, jvp, value_and_grad
from tests import oracle

FLOWS = [-100.0, 20.0, 40.0, 60.0, 10.0]
FEED = [0.3, 0.3, 0.4]


def rate_of_return(flows):
    return brentq(lambda r: sum(c / (1 + r) ** t for t, c in enumerate(flows)), -0.5, 1.0)


def halved_rate_of_return(flows):
    low, high = -0.5, 1.0
    for _ in range(80):
        rate = (low + high) / 2
        if sum(c / (1 + rate) ** t for t, c in enumerate(flows)) > 0:
            low = rate
        else:
            high = rate
    return (low + high) / 2


def vapour_fraction(feed):
    ratios = [2.0, feed[2] + 0.1, 1.1]

    def excess(v):
        return sum(z * (k - 1) / (1 + v * (k - 1)) for z, k in zip(feed, ratios, strict=True))

    return newton(excess, 0.5, tol=1e-14) * feed[0]


def least_place(weights):
    return minimize_scalar(
        lambda x: sum(w * (x - k) ** 2 + x**4 for k, w in enumerate(weights)), tol=1e-12
    ).x


def fixed_place(rates):
    return fixed_point(lambda x: math.exp(-sum(x * rate for rate in rates)), 0.5, xtol=1e-14)


def root_over_rows(entries):
    table = [[entries[0], 1.0], [2.0, entries[1] * entries[2]]]
    return brentq(
        lambda y: (
            sum(a * y ** (i + j) for i, row in enumerate(table) for j, a in enumerate(row)) - 3.0
        ),
        0.0,
        2.0,
        xtol=1e-14,
    )


def system(entries):
    found = fsolve(
        lambda x: [sum(p * x[0] for p in entries) + x[1] ** 3 - 1.0, x[0] - x[1] * entries[1]],
        [0.5, 0.5],
        xtol=1e-13,
    )
    return found[0] + found[1] ** 2


class CashFlow(NamedTuple):
    time: float
    amount: float


def yield_of_records(terms):
    coupon, face, price = terms
    flows = [CashFlow(k / 2, coupon / 2 + (face if k == 6 else 0.0)) for k in range(1, 7)]
    return brentq(
        lambda y: sum(flow.amount * math.exp(-y * flow.time) for flow in flows) - price,
        -0.5,
        1.0,
        xtol=1e-14,
    )


CASES = [
    (rate_of_return, FLOWS),
    (halved_rate_of_return, FLOWS),
    (vapour_fraction, FEED),
    (fixed_place, [0.4, 0.7]),
    (root_over_rows, [0.4, 0.7, 0.9]),
    (system, [0.4, 0.7, 0.3]),
    (yield_of_records, [0.05, 1.0, 0.97]),
]


def _differences(function: Callable[..., Any], at: list[float]) -> list[float]:
    found = []
    for k in range(len(at)):

        def moved(step: float, k: int = k) -> Any:
            return function([x + step * (i == k) for i, x in enumerate(at)])

        h = 1e-3 * max(1.0, abs(at[k]))
        near, far = ((moved(s) - moved(-s)) / (2 * s) for s in (h / 2, h))
        found.append((4 * near - far) / 3)
    return found


@pytest.mark.parametrize(("function", "at"), CASES)
def test_what_solves_for_lists_has_the_slopes_of_their_entries(
    function: Callable[..., Any], at: list[float]
) -> None:
    value, slopes = value_and_grad(function)(list(at))
    assert oracle.same_bits(value, function(list(at)))
    assert slopes == pytest.approx(_differences(function, at), rel=2e-6, abs=1e-9)


def test_a_least_place_moves_with_the_weights() -> None:
    weights = [1.0, 2.0, 0.5]
    x = least_place(weights)
    # By hand: there 2 sum w_k (x - k) + 12 x^3 = 0.
    steep = 2 * sum(weights) + 36 * x * x
    wanted = [-2 * (x - k) / steep for k in range(3)]
    _, slopes = value_and_grad(least_place)(weights)
    assert slopes == pytest.approx(wanted, rel=1e-12)


def test_a_tangent_of_the_list_moves_the_root() -> None:
    _, change = jvp(rate_of_return)(FLOWS, [1.0, 0.0, 2.0, 0.0, -1.0])
    slopes = _differences(rate_of_return, FLOWS)
    assert change == pytest.approx(slopes[0] + 2 * slopes[2] - slopes[4], rel=1e-6)


def test_the_second_derivative_of_a_rate_of_return() -> None:
    found = hessian(rate_of_return)(FLOWS)
    for i in range(len(FLOWS)):
        row = _differences(lambda flows, i=i: _slope(flows)[i], FLOWS)
        assert list(found[i]) == pytest.approx(row, rel=1e-6, abs=1e-12)


def _slope(flows: list[float]) -> list[float]:
    """By hand: d(rate)/d(c_t) = -(1 + r)^-t / f'(r)."""
    rate = rate_of_return(flows)
    steep = sum(-t * c / (1 + rate) ** (t + 1) for t, c in enumerate(flows))
    return [-1 / ((1 + rate) ** t * steep) for t in range(len(flows))]
