"""Samples of all distributions move with the parameters that locate, scale and bound them."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from chainrule import (
    UnsupportedError,
    grad,
    hessian,
)
from tests.slopes import check_against_oracle, check_product

POINT = (0.7, 1.3)


def sized(x, y):
    rng = np.random.default_rng(0)
    return np.sum(rng.normal(x, y, size=6) ** 2) + np.mean(
        np.exp(rng.normal(loc=x * y, scale=y, size=(3, 2)))
    )


def in_a_loop(x, y):
    rng = np.random.default_rng(seed=1)
    s = x
    for _ in range(5):
        s = s + 0.1 * s + y * rng.normal() * s
    return s


def of_python(x, y):
    r = random.Random(4)
    return (
        r.gauss(x, y) ** 2
        + r.uniform(x, 3 * y) * r.expovariate(y)
        + r.random() * x
        + r.paretovariate(y)
        + r.weibullvariate(x, y)
        + r.lognormvariate(x, y)
        + r.gammavariate(2.0, x)
        + r.betavariate(1.0, 2.0) * y
    )


def hidden(x, y):
    np.random.seed(0)
    z = np.random.randn(4, 2)
    u = np.random.uniform(0.0, x, size=4)
    return (z @ np.array([x, y])).sum() * u.sum() + np.random.rand()


def hidden_in_python(x, y):
    random.seed(3)
    return sum(random.normalvariate(x, y) ** 2 for _ in range(4))


def distributions(x, y):
    g = np.random.RandomState(5)
    return (
        g.lognormal(x, y) * g.weibull(y)
        + g.pareto(2 * x)
        + g.exponential(y)
        + g.gamma(2.0, x)
        + g.laplace(x, y)
        + g.gumbel(x, y)
        + g.logistic(x, y)
        + g.rayleigh(x)
        + g.power(y)
    )


def of_arrays(x, y):
    g = np.random.default_rng(5)
    v = np.array([x, y, x * y])
    located = (g.normal(v, 0.5) ** 2).sum() + g.lognormal(v, y, size=(4, 3)).mean()
    return located + g.weibull(v).sum() + g.uniform(v, v + y).prod()


def bootstrapped(x, y):
    rng = np.random.default_rng(2)
    d = np.array([x, y, x * y, 0.3])
    means = [np.mean(rng.choice(d, size=4)) for _ in range(5)]
    return np.std(means) + rng.permutation(d)[0]


def priced(x, y):
    rng = np.random.default_rng(42)
    z = rng.standard_normal(20)
    s = 100.0 * x * np.exp((0.02 - 0.5 * y**2) + y * z)
    return math.exp(-0.02) * np.maximum(s - 70.0, 0.0).mean()


def of_unknown_length(x, y):
    rng = np.random.default_rng(7)
    t, n = 0.0, 0
    while t < 3.0 and n < 50:
        t += rng.exponential(y)
        n += 1
    return t * x + n


def of_vectors(x, y):
    rng = np.random.default_rng(1)
    return (rng.multivariate_normal([x, y], np.eye(2), size=5) ** 2).sum()


def whole(x, y):
    rng = np.random.default_rng(1)
    w = np.array([x, y, x * y])
    counts = rng.poisson(3.0, size=3)
    return w[rng.integers(0, 3)] * x + (counts * w).sum() + rng.binomial(5, 0.4) * y


def chosen(x, y):
    r = random.Random(0)
    xs = [x, y, x * y]
    return sum(r.choice(xs) * k for k in range(4)) + r.randint(1, 4) * x + xs[r.randrange(3)]


def chosen_by_weights(x, y):
    rng = np.random.default_rng(0)
    n = rng.choice([1, 2, 3], p=[0.2, 0.3, 0.5])
    w = rng.choice(np.array([x, y, 1.0]), size=(2, 2), replace=True)
    return n * x + w.sum() * y + rng.choice(5, size=3, replace=False).sum() * x


def in_batches(x, y):
    rng = np.random.default_rng(0)
    inputs = np.linspace(0.0, 1.0, 12)
    outputs = 2.0 * inputs + 1.0
    w, b = x, y
    for _ in range(2):
        order = rng.permutation(12)
        for k in range(0, 12, 4):
            batch = order[k : k + 4]
            r = w * inputs[batch] + b - outputs[batch]
            w = w - 0.1 * (r * inputs[batch]).mean()
            b = b - 0.1 * r.mean()
    return (w - 2.0) ** 2 + (b - 1.0) ** 2


def step(s, v, rng):
    a = math.sin(s) * v
    b = math.cos(a) * s
    d = a * b + math.exp(-b * b) * rng.normal()
    e = math.tanh(d) * v + math.sqrt(1.0 + d * d)
    g = math.atan(e * a - d * b) + math.log(1.0 + e * e)
    k = math.sin(g * e - d) + math.cos(g) * a
    return math.tanh(k * g + rng.normal(0.0, v)) * k + 0.1 * s


def handed_to_helpers(x, y):
    rng = np.random.default_rng(0)
    p = step(x, y, rng)
    p = step(p, x, rng) + step(p * y, y, rng)
    for _ in range(3):
        p = step(p, y, rng)
    return p * step(x * y, x, rng)


@dataclass
class Noise:
    sigma: float
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))

    def sample(self, n: int) -> Any:
        return self.rng.normal(0.0, self.sigma, n)


def held_by_an_object(x, y):
    noise = Noise(x)
    return (noise.sample(3) * y + noise.sample(3)[::-1]).prod()


def of_a_source_of_bits(x, y):
    rng = np.random.Generator(np.random.PCG64(7))
    a = rng.normal(size=(2, 2))
    return np.linalg.solve(a + x * np.eye(2), np.array([1.0, y])).sum()


def the_same_for_both(x, y):
    rng = np.random.default_rng(3)
    return rng.normal(x, x) * rng.uniform(-y, y) + rng.normal(loc=y, scale=y)


CASES = (
    sized,
    the_same_for_both,
    in_a_loop,
    of_python,
    hidden,
    hidden_in_python,
    distributions,
    of_arrays,
    bootstrapped,
    priced,
    of_unknown_length,
    of_vectors,
    whole,
    chosen,
    chosen_by_weights,
    in_batches,
    handed_to_helpers,
    held_by_an_object,
    of_a_source_of_bits,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_samples_move_with_the_parameters_of_their_distribution(
    f: Callable[..., Any], mode: str
) -> None:
    check_against_oracle(f, POINT, ("x", "y"), mode)


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_second_derivatives_take_chance_as_given(f: Callable[..., Any]) -> None:
    check_product(f, POINT, ("x", "y"), (0.3, -0.8), rel=1e-7, slack=1e-8)


def given_or_made(x, rng=None):
    rng = np.random.default_rng(0) if rng is None else rng
    return x * rng.normal()


def test_a_generator_may_be_left_out() -> None:
    slope = grad(given_or_made)
    assert slope(2.0) == np.random.default_rng(0).normal()
    assert slope(2.0, np.random.default_rng(3)) == np.random.default_rng(3).normal()


def by_shape(x):
    return np.random.default_rng(0).gamma(x, 2.0)


def by_shape_and_scale(x):
    return np.random.default_rng(0).gamma(x, x)


def by_shape_in_python(x):
    return random.Random(0).gammavariate(x, 2.0)


def by_rate(x):
    return np.random.default_rng(0).poisson(x) * x


@pytest.mark.parametrize(
    "f", [by_shape, by_shape_and_scale, by_shape_in_python, by_rate], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_parameters_without_a_pathwise_slope_are_refused(f: Callable[..., Any], mode: str) -> None:
    with pytest.raises(UnsupportedError, match="by this parameter is not known"):
        grad(f, mode=mode)(2.0)


def test_a_call_of_a_generator_that_python_refuses_is_refused() -> None:
    def misspelled(x):
        return x * np.random.default_rng(0).normal(sise=3)

    with pytest.raises(UnsupportedError, match="this call of `normal`"):
        grad(misspelled)(2.0)


def test_the_text_draws_as_the_function_does() -> None:
    text = grad(hidden, wrt=("x", "y"))
    text(*POINT)
    assert "    np.random.seed(0)\n" in text.source
    for f in (priced, bootstrapped, chosen):
        for transform in (grad, hessian):
            derivative = transform(f, wrt=("x", "y"))
            derivative(*POINT)
            calls = [
                node.func.attr
                for node in ast.walk(ast.parse(derivative.source))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            ]
            assert calls.count("standard_normal") == (f is priced)
            assert calls.count("permutation") == (f is bootstrapped)
