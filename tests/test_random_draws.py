"""What a generator with a seed draws is a sample like any other: slopes are those of the sample."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, hessian, jacobian, value_and_grad

GLOBAL = np.random.default_rng(7)


def asian(S0: float, sigma: float, steps: int = 4, paths: int = 50, seed: int = 42) -> Any:
    """A price by simulation, with a seed."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((paths, steps))
    walks = S0 * np.exp(np.cumsum(-0.5 * sigma**2 + sigma * noise, axis=1))
    return np.mean(np.maximum(walks.mean(axis=1) - 100.0, 0.0))


def legacy(S0: float, sigma: float) -> Any:
    """The same in a loop, from the generator that NumPy hides."""
    np.random.seed(1234)
    total = 0.0
    for _ in range(20):
        walk = S0
        for z in np.random.randn(3):
            walk *= np.exp(sigma * z)
        total += walk + np.random.normal(S0, sigma)
    return total / 20


def plain(x: float, y: float) -> float:
    """Python's own generator, with a seed."""
    chance = random.Random(3)
    total = 0.0
    for _ in range(5):
        if chance.random() < 0.5:
            total += x * chance.gauss(y, x)
        else:
            total += chance.uniform(x, y) ** 2 + chance.expovariate(y)
        total += chance.randint(1, 6) * x * y
    return total


def hidden(x: float, y: float) -> float:
    """The generator that Python hides, with a seed."""
    random.seed("a word")
    return x * random.gauss(0.0, 1.0) + y * y * random.normalvariate(x, y)


def state(x: float, y: float) -> Any:
    """A generator of the older kind: what is drawn first shifts what is drawn then."""
    rng = np.random.RandomState(5)
    rng.rand(3)
    picked = np.array([x, y, x * y])[rng.randint(0, 3, size=6)]
    return np.sum(picked**2) + rng.uniform(x, 2.0 * y) + rng.exponential(x)


def resampled(x: float, y: float) -> Any:
    """A bootstrap."""
    rng = np.random.Generator(np.random.PCG64(11))
    data = np.array([x, x * y, y * y, 1.0])
    total = 0.0
    for _ in range(3):
        total += np.mean(data[rng.integers(0, len(data), size=len(data))]) ** 2
    return total + data[rng.integers(4)] + np.sum(data[rng.permutation(4)][:2])


def scaled(x: float, y: float) -> Any:
    """Samples that are moved and stretched by what is differentiated."""
    rng = np.random.default_rng(1)
    drawn = rng.normal(x, y, size=8) * rng.uniform(0.0, x, 8) + rng.exponential(y, (8,))
    return np.mean(drawn**2)


class Walker:
    """A simulator that keeps its generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def step(self, x: Any, scale: float) -> Any:
        """One step."""
        return x + scale * self.rng.normal()


def made_inside(x: float, y: float, rng: Any = None) -> Any:
    """A simulator that the function makes, and a generator that it falls back on."""
    if rng is None:
        rng = np.random.default_rng(2)
    walker = Walker(4)
    for _ in range(5):
        x = walker.step(x, y) * (1.0 + 0.1 * rng.standard_normal())
    return x


PROGRAMS = [asian, legacy, plain, hidden, state, resampled, scaled, made_inside]
POINT = {"asian": (100.0, 0.2)}


def differences(f: Any, x: float, y: float) -> list[float]:
    """Central differences, extrapolated once."""
    found = []
    for moves in ((1.0, 0.0), (0.0, 1.0)):
        slopes = []
        for step in (2e-4, 1e-4):
            dx, dy = moves[0] * step, moves[1] * step
            slopes.append((f(x + dx, y + dy) - f(x - dx, y - dy)) / (2.0 * step))
        found.append((4.0 * slopes[1] - slopes[0]) / 3.0)
    return found


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_slope_is_that_of_the_sample(f: Any, mode: Any) -> None:
    point = POINT.get(f.__name__, (1.3, 0.7))
    value, slopes = value_and_grad(f, (0, 1), mode=mode)(*point)
    assert value == f(*point)
    np.testing.assert_allclose(slopes, differences(f, *point), rtol=1e-7)
    slopes = grad(f, (0, 1), mode=mode)(*point)
    np.testing.assert_allclose(slopes, differences(f, *point), rtol=1e-7)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_second_derivatives_are_those_of_the_sample(f: Any) -> None:
    point = POINT.get(f.__name__, (1.3, 0.7))
    slopes = grad(f, (0, 1))
    rows = hessian(f, (0, 1))(*point)
    for k in (0, 1):
        wanted = differences(lambda x, y, k=k: slopes(x, y)[k], *point)
        np.testing.assert_allclose([rows[k][0], rows[k][1]], wanted, rtol=1e-6, atol=1e-6)


def given(x: Any, rng: Any, n: int) -> Any:
    """A sample from the caller's generator, in a loop."""
    total = 0.0
    for _ in range(n):
        total += np.sum(x * rng.normal(size=len(x))) ** 2
    return total


@pytest.mark.parametrize("transform", [grad, value_and_grad])
def test_the_callers_generator_goes_on_as_the_function_would_leave_it(transform: Any) -> None:
    x = np.array([1.0, 2.0, 3.0])
    theirs, ours, again = (np.random.default_rng(3) for _ in range(3))
    samples = [again.normal(size=3) for _ in range(4)]
    wanted = sum(2.0 * (x @ z) * z for z in samples)
    given(x, theirs, 4)
    found = transform(given)(x, ours, 4)
    slope = found if transform is grad else found[1]
    np.testing.assert_allclose(slope, wanted, rtol=1e-13)
    assert ours.random() == theirs.random()


def test_a_jacobian_draws_once() -> None:
    def noisy(x: Any, rng: Any) -> Any:
        return x**2 * rng.standard_normal(3)

    x = np.array([1.0, 2.0, 3.0])
    for mode in ("auto", "forward", "reverse"):
        ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
        found = jacobian(noisy, mode=mode)(x, ours)
        np.testing.assert_allclose(found, np.diag(2.0 * x * theirs.standard_normal(3)))
        assert ours.random() == theirs.random()


def test_generators_outside_are_read_when_the_derivative_is_called() -> None:
    def of_global(x: float) -> Any:
        return x * GLOBAL.normal() + x * x * GLOBAL.normal(size=2).sum()

    slope = grad(of_global)
    again = np.random.default_rng(7)
    for x in (1.0, 2.0):
        first, rest = again.normal(), again.normal(size=2)
        assert slope(x) == pytest.approx(first + 2.0 * x * rest.sum(), rel=1e-14)


@dataclass
class Settings:
    """Settings with a generator among them."""

    drift: float
    rng: random.Random


def test_a_generator_in_an_argument_stays_what_it_is_in_the_gradient() -> None:
    def noisy(s: Settings) -> float:
        return s.drift * s.rng.gauss(0.0, 1.0)

    settings = Settings(2.0, random.Random(1))
    found = grad(noisy)(settings)
    assert found.drift == random.Random(1).gauss(0.0, 1.0)
    assert found.rng is settings.rng


def test_what_a_scaled_draw_raises_is_raised() -> None:
    def spread(x: float, scale: float) -> Any:
        return np.random.default_rng(1).normal(x, scale)

    with pytest.raises(ValueError, match="scale < 0"):
        grad(spread)(1.0, -1.0)


def late(x: float) -> float:
    """The seed comes too late."""
    drawn = x * random.gauss(0.0, 1.0)
    random.seed(1)
    return drawn


def on_one_path(x: float) -> float:
    """The seed is given on one path only."""
    if x > 1.0:
        random.seed(1)
    return x * random.gauss(0.0, 1.0)


def without_seed(x: float) -> Any:
    """A generator of its own each time."""
    return x * np.random.default_rng().normal()


def without_any(x: float, seed: Any = None) -> Any:
    """A seed that is None is no seed."""
    np.random.seed(seed)
    return x * np.random.normal()


@pytest.mark.parametrize("f", [late, on_one_path, without_seed, without_any])
def test_what_has_no_seed_is_refused(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="draw it from a generator with a seed"):
        grad(f)(2.0)


def test_a_draw_of_which_the_shape_is_differentiated_is_refused() -> None:
    def shaped(x: float) -> Any:
        return np.random.default_rng(1).gamma(x, 1.0)

    with pytest.raises(UnsupportedError, match=r"(?s)`np.*gamma`.*draw a standard sample"):
        grad(shaped)(2.0)


def annotated(x: float, rng: np.random.Generator, chance: random.Random) -> Any:
    """Annotations tell what a parameter is."""
    return np.sum(x * rng.normal(size=2)) * chance.random()


def test_an_annotation_tells_of_a_generator() -> None:
    slope = grad(annotated)
    assert "rng.normal(size=2)" in slope.source
    again, chance = np.random.default_rng(3), random.Random(3)
    wanted = again.normal(size=2).sum() * chance.random()
    found = slope(2.0, np.random.default_rng(3), random.Random(3))
    assert found == pytest.approx(wanted, rel=1e-14)


def test_numba_is_told_to_be_given_the_sample() -> None:
    with pytest.raises(UnsupportedError, match="draw from a generator of random numbers"):
        grad(asian, target="numba")(100.0, 0.2)


def test_shuffling_is_refused() -> None:
    def shuffled(x: Any) -> Any:
        np.random.default_rng(1).shuffle(x)
        return x[0]

    with pytest.raises(UnsupportedError, match="`shuffle` of a Generator"):
        grad(shuffled)(np.ones(3))
