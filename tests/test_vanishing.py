"""What is zero by an identity is left out of derivatives, and nothing else is."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from math import erf, exp, log, sqrt
from typing import Any

import pytest

from chainrule import grad, hessian
from chainrule.graph.node import Node
from chainrule.simplify.signatures import Drawn


def call_price(S, K, T, r, sigma):
    spread = sigma * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / spread
    d2 = d1 - spread
    below = 0.5 * (1.0 + erf(d1 / sqrt(2.0)))
    return S * below - K * exp(-r * T) * 0.5 * (1.0 + erf(d2 / sqrt(2.0)))


def exponentials(source: str) -> int:
    """How often a text calls exp."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return sum(isinstance(call, ast.Name) and call.id == "exp" for call in calls)


def test_the_two_densities_of_an_option_are_seen_to_be_one() -> None:
    delta = grad(call_price, wrt=("S", "sigma"))
    price = (100.0, 95.0, 0.75, 0.03, 0.2)
    d1 = (log(100.0 / 95.0) + 0.05 * 0.75) / (0.2 * sqrt(0.75))
    vega = 100.0 * sqrt(0.75 / (2.0 * math.pi)) * exp(-0.5 * d1 * d1)
    assert delta(*price) == pytest.approx((0.5 + 0.5 * erf(d1 / sqrt(2.0)), vega), rel=1e-14)
    assert exponentials(delta.source) == 2
    gamma = hessian(call_price, wrt="S")
    expected = vega / (100.0**2 * 0.2 * 0.75)
    assert gamma(*price) == pytest.approx(expected, rel=1e-13)


ROOT = sqrt(2.0)


def price_over_global(S, K, T, r, sigma):
    spread = sigma * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / spread
    d2 = d1 - spread
    below = 0.5 * (1.0 + erf(d1 / ROOT))
    return S * below - K * exp(-r * T) * 0.5 * (1.0 + erf(d2 / ROOT))


def test_an_identity_that_rests_on_a_global_is_given_up_when_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delta = grad(price_over_global, wrt="S", mode="reverse")
    price = (100.0, 95.0, 0.75, 0.03, 0.2)
    assert delta(*price) == grad(call_price, wrt="S")(*price)
    assert exponentials(delta.source) == 0
    # The number itself is watched, and so its class is not asked for.
    assert [guard.form for guard in delta.watch.guards if "ROOT" in guard.text] == ["is"]
    monkeypatch.setitem(globals(), "ROOT", 1.5)
    step = 1e-4
    above = price_over_global(100.0 + step, *price[1:])
    slope = (above - price_over_global(100.0 - step, *price[1:])) / (2.0 * step)
    assert delta(*price) == pytest.approx(slope, rel=1e-8)


def through_the_square(x):
    return exp(0.5 * log(x * x)) * exp(x) - x * exp(x)


def root_of_the_square(x):
    return sqrt(x * x) * exp(-x) - x * exp(-x) + exp(x)


def rounded_root(x):
    return exp(1.414 * x) * exp(-x * sqrt(2.0)) - exp(0.5 * x)


def power_of_the_square(x):
    return exp(x) * (x * x) ** 0.5 - exp(x) * x


@pytest.mark.parametrize(
    "function", [through_the_square, root_of_the_square, rounded_root, power_of_the_square]
)
@pytest.mark.parametrize("x", [-0.7, 0.9])
def test_what_vanishes_on_one_side_only_is_kept(function: Callable[[Any], Any], x: float) -> None:
    step = 1e-6
    slope = (function(x + step) - function(x - step)) / (2.0 * step)
    assert grad(function)(x) == pytest.approx(slope, abs=1e-8)


def test_sums_that_vanish_at_every_argument_are_zero() -> None:
    def one(x):
        return exp(x) / (1.0 + exp(x)) + 1.0 / (1.0 + exp(x))

    slope = grad(one)
    assert slope(30.0) == 0.0
    assert exponentials(slope.source) == 0


def discounted(a, b, c, d, e, f, g, x):
    total = exp(-x) * exp(a * x)
    if x > 0.1:
        logs = log(a) + log(b) + log(c) + log(d) + log(e) + log(f) + log(g)
        total = total + exp(logs * x) * exp(-x * a * x)
    return total


def test_no_draws_are_tried_where_hardly_any_would_have_logarithms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draws: list[Drawn] = []
    run = Drawn.run

    def noted(drawn: Drawn, nodes: Sequence[Node]) -> None:
        draws.append(drawn)
        run(drawn, nodes)

    monkeypatch.setattr(Drawn, "run", noted)
    point = (1.1, 0.9, 1.3, 0.8, 1.2, 0.7, 1.4, 0.6)
    slope = grad(discounted, wrt="x", mode="forward")(*point)
    step = 1e-5
    above, below = (discounted(*point[:-1], point[-1] + side * step) for side in (1, -1))
    assert slope == pytest.approx((above - below) / (2.0 * step), rel=1e-8)
    assert not draws
