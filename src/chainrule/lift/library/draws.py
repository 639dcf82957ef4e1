"""Generators of random numbers, and what their methods draw.

A generator that was made from a seed is a function of it: what is drawn is the same whenever the
function is called, and the derivative is that of the sample.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

# Modules of which the functions draw from a generator that nobody sees, or make one.
MODULES = {"random", "secrets", "numpy.random", "numpy.random.mtrand"}
# Where the classes of generators are, by the module that shows them.
CLASSES = {"numpy.random": ("Generator", "RandomState"), "random": ("Random",)}
# What makes a generator, or what it draws its bits from, of a seed.
MAKERS = {
    "numpy.random": (
        "Generator", "MT19937", "PCG64", "PCG64DXSM", "Philox", "RandomState", "SFC64",
        "SeedSequence", "default_rng",
    ),
    "random": ("Random",),
}  # fmt: skip
# Methods by which each number is drawn for itself, and what they are given before `size`.
NUMBERS = {
    "beta": "a b", "chisquare": "df", "exponential": "scale", "f": "dfnum dfden",
    "gamma": "shape scale", "gumbel": "loc scale", "laplace": "loc scale",
    "logistic": "loc scale", "lognormal": "mean sigma", "noncentral_chisquare": "df nonc",
    "normal": "loc scale", "pareto": "a", "power": "a", "random": "", "random_sample": "",
    "rayleigh": "scale", "standard_cauchy": "", "standard_exponential": "",
    "standard_gamma": "shape", "standard_normal": "", "standard_t": "df",
    "triangular": "left mode right", "uniform": "low high", "vonmises": "mu kappa",
    "wald": "mean scale", "weibull": "a",
}  # fmt: skip
COUNTS = {
    "binomial": "n p", "geometric": "p", "hypergeometric": "ngood nbad nsample",
    "integers": "low high", "logseries": "p", "negative_binomial": "n p", "poisson": "lam",
    "randint": "low high", "zipf": "a",
}  # fmt: skip
# Methods of RandomState that are given the lengths of the axes one by one.
BY_AXES = ("rand", "randn")
# Methods of Python's own generator.
PLAIN_NUMBERS = (
    "betavariate", "expovariate", "gammavariate", "gauss", "lognormvariate", "normalvariate",
    "paretovariate", "random", "triangular", "uniform", "vonmisesvariate", "weibullvariate",
)  # fmt: skip
PLAIN_COUNTS = ("randint", "randrange", "getrandbits")


def _shown(names: dict[str, tuple[str, ...]]) -> list[Any]:
    """The objects of these names, of the modules that are loaded."""
    loaded = [(sys.modules.get(module), found) for module, found in names.items()]
    return [getattr(module, name) for module, found in loaded if module for name in found]


def is_generator(value: Any) -> bool:
    """Whether it is one of NumPy's or Python's own generators of random numbers."""
    home = type(value).__module__.partition(".")[0]
    return home in ("numpy", "random") and type(value) in _shown(CLASSES)


def is_generator_class(kind: type | None) -> bool:
    """Whether it is the class of such generators."""
    return kind is not None and kind in _shown(CLASSES)


def generator_of(kind: type) -> Any:
    """A generator of this class."""
    return sys.modules["numpy.random"].default_rng(0) if kind.__name__ == "Generator" else kind(0)


def makes_generator(found: Any) -> bool:
    """Whether it makes a generator, or what one is made of."""
    return any(found is each for each in _shown(MAKERS))


def hidden_generator(found: Any) -> Any:
    """The module of whose hidden generator this function is a method; None of others."""
    owner = getattr(found, "__self__", None)
    for name, function in (("numpy.random", "random_sample"), ("random", "random")):
        module = sys.modules.get(name)
        if module and owner is getattr(module, function).__self__:
            return module
    return None


def class_hidden_in(module: Any) -> type:
    """The class of the generator that a module hides."""
    return type(getattr(module, "random_sample", module.random).__self__)


def seeded_module(found: Any) -> Any:
    """The module whose hidden generator this function gives a seed; None of others."""
    modules = [sys.modules.get(name) for name in CLASSES]
    return next((each for each in modules if each and found == each.seed), None)


# --- what is drawn, of a standard sample ----------------------------------------------------


def normal(rng, loc=0.0, scale=1.0, size=None):
    """``Generator.normal``."""
    if scale < 0.0:
        raise ValueError("scale < 0")
    return loc + scale * rng.standard_normal(size)


def exponential(rng, scale=1.0, size=None):
    """``Generator.exponential``."""
    if scale < 0.0:
        raise ValueError("scale < 0")
    return scale * rng.standard_exponential(size)


def uniform(rng, low=0.0, high=1.0, size=None):
    """``Generator.uniform``."""
    if high < low:
        raise ValueError("high - low < 0")
    return low + (high - low) * rng.random(size)


def uniform_of_state(rng, low=0.0, high=1.0, size=None):
    """``RandomState.uniform``."""
    return low + (high - low) * rng.random_sample(size)


def gauss(rng, mu=0.0, sigma=1.0):
    """``Random.gauss``."""
    return mu + rng.gauss(0.0, 1.0) * sigma


def normalvariate(rng, mu=0.0, sigma=1.0):
    """``Random.normalvariate``."""
    return mu + rng.normalvariate(0.0, 1.0) * sigma


def uniform_of_python(rng, a, b):
    """``Random.uniform``."""
    return a + (b - a) * rng.random()


def expovariate(rng, lambd=1.0):
    """``Random.expovariate``."""
    return rng.expovariate(1.0) / lambd


SCALED: dict[str, dict[str, Callable[..., Any]]] = {
    "Generator": {"normal": normal, "exponential": exponential, "uniform": uniform},
    "RandomState": {"normal": normal, "exponential": exponential, "uniform": uniform_of_state},
    "Random": {
        "gauss": gauss,
        "normalvariate": normalvariate,
        "uniform": uniform_of_python,
        "expovariate": expovariate,
    },
}
