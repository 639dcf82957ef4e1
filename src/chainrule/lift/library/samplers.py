"""What the generators of NumPy and of :mod:`random` draw: how each is called, and its slopes."""

from __future__ import annotations

import inspect
from functools import cached_property

from chainrule.primitives import drawn
from chainrule.primitives.drawn import Drawn
from chainrule.records import dataclass

NUMPY, LEGACY, PYTHON = "Generator", "RandomState", "Random"


@dataclass(frozen=True)
class Sampler:
    """A method that draws numbers.

    ``text`` is its signature.  ``moves`` has the slopes ``by`` some of its parameters, the first if
    these are left out; None where there are none.  ``whole`` tells of integers, ``vectors`` that
    each sample has as many entries as this parameter.
    """

    text: str
    moves: Drawn | None = None
    whole: bool = False
    vectors: str | None = None
    by: tuple[str, ...] = ()

    @cached_property
    def signature(self) -> inspect.Signature:
        """How it is called."""
        scope: dict[str, object] = {}
        exec(f"def call({self.text}): pass", scope)
        found = scope["call"]
        assert callable(found)
        return inspect.signature(found)

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The parameters by which there are slopes."""
        if self.by:
            return self.by
        count = self.moves.arity - 1 if self.moves is not None else 0
        return tuple(self.signature.parameters)[:count]

    @cached_property
    def moving_keys(self) -> set[int | str]:
        """The same by their places, too."""
        places = list(self.signature.parameters)
        return {*self.moving, *map(places.index, self.moving)}

    @cached_property
    def shaping(self) -> list[str]:
        """The parameters in whose shape numbers are drawn where no size is given."""
        names = list(self.signature.parameters)
        before = names[: names.index("size")] if "size" in names else []
        return [name for name in before if name not in (self.vectors, "cov")]

    @cached_property
    def moving_defaults(self) -> list[tuple[str, object]]:
        """These with their defaults."""
        return [(each, self.signature.parameters[each].default) for each in self.moving]


_DISTRIBUTIONS = {
    "normal": Sampler("loc=0.0, scale=1.0, size=None", drawn.located),
    "laplace": Sampler("loc=0.0, scale=1.0, size=None", drawn.located),
    "logistic": Sampler("loc=0.0, scale=1.0, size=None", drawn.located),
    "gumbel": Sampler("loc=0.0, scale=1.0, size=None", drawn.located),
    "uniform": Sampler("low=0.0, high=1.0, size=None", drawn.between),
    "exponential": Sampler("scale=1.0, size=None", drawn.scaled),
    "rayleigh": Sampler("scale=1.0, size=None", drawn.scaled),
    "lognormal": Sampler("mean=0.0, sigma=1.0, size=None", drawn.exponential_of_located),
    "weibull": Sampler("a, size=None", drawn.rooted),
    "power": Sampler("a, size=None", drawn.rooted),
    "pareto": Sampler("a, size=None", drawn.rooted_above),
    "gamma": Sampler("shape, scale=1.0, size=None", drawn.scaled, by=("scale",)),
    "multivariate_normal": Sampler(
        "mean, cov, size=None, check_valid='warn', tol=1e-08, *, method='svd'",
        drawn.shifted,
        vectors="mean",
    ),
    "dirichlet": Sampler("alpha, size=None", vectors="alpha"),
    "beta": Sampler("a, b, size=None"),
    "chisquare": Sampler("df, size=None"),
    "f": Sampler("dfnum, dfden, size=None"),
    "noncentral_chisquare": Sampler("df, nonc, size=None"),
    "standard_t": Sampler("df, size=None"),
    "standard_cauchy": Sampler("size=None"),
    "triangular": Sampler("left, mode, right, size=None"),
    "vonmises": Sampler("mu, kappa, size=None"),
    "wald": Sampler("mean, scale, size=None"),
    "binomial": Sampler("n, p, size=None", whole=True),
    "geometric": Sampler("p, size=None", whole=True),
    "hypergeometric": Sampler("ngood, nbad, nsample, size=None", whole=True),
    "multinomial": Sampler("n, pvals, size=None", whole=True, vectors="pvals"),
    "negative_binomial": Sampler("n, p, size=None", whole=True),
    "poisson": Sampler("lam=1.0, size=None", whole=True),
    "choice": Sampler("a, size=None, replace=True, p=None", whole=True),
    "permutation": Sampler("x", whole=True),
}
# By the classes of generators.
SAMPLERS: dict[str, dict[str, Sampler]] = {
    NUMPY: {
        **_DISTRIBUTIONS,
        "choice": Sampler("a, size=None, replace=True, p=None, axis=0, shuffle=True", whole=True),
        "random": Sampler("size=None, dtype=None"),
        "standard_normal": Sampler("size=None, dtype=None"),
        "standard_exponential": Sampler("size=None, dtype=None, method='zig'"),
        "standard_gamma": Sampler("shape, size=None, dtype=None"),
        "integers": Sampler("low, high=None, size=None, dtype=None, endpoint=False", whole=True),
    },
    LEGACY: {
        **_DISTRIBUTIONS,
        "multivariate_normal": Sampler(
            "mean, cov, size=None, check_valid='warn', tol=1e-08", drawn.shifted, vectors="mean"
        ),
        "rand": Sampler("*size"),
        "randn": Sampler("*size"),
        "random": Sampler("size=None"),
        "random_sample": Sampler("size=None"),
        "ranf": Sampler("size=None"),
        "standard_normal": Sampler("size=None"),
        "standard_exponential": Sampler("size=None"),
        "standard_gamma": Sampler("shape, size=None"),
        "randint": Sampler("low, high=None, size=None, dtype=None", whole=True),
    },
    PYTHON: {
        "random": Sampler(""),
        "uniform": Sampler("a, b", drawn.between),
        "gauss": Sampler("mu=0.0, sigma=1.0", drawn.located),
        "normalvariate": Sampler("mu=0.0, sigma=1.0", drawn.located),
        "lognormvariate": Sampler("mu=0.0, sigma=1.0", drawn.exponential_of_located),
        "expovariate": Sampler("lambd=1.0", drawn.rated),
        "gammavariate": Sampler("alpha, beta", drawn.scaled, by=("beta",)),
        "paretovariate": Sampler("alpha", drawn.rooted),
        "weibullvariate": Sampler("alpha, beta", drawn.scaled_and_rooted),
        "betavariate": Sampler("alpha, beta"),
        "triangular": Sampler("low=0.0, high=1.0, mode=None"),
        "vonmisesvariate": Sampler("mu, kappa"),
        "choice": Sampler("seq", whole=True),
        "getrandbits": Sampler("k", whole=True),
        "randint": Sampler("a, b", whole=True),
        "randrange": Sampler("start, stop=None, step=1", whole=True),
    },
}
# What takes the entries of its first argument: they are drawn by their places.
OF_ENTRIES = ("choice", "permutation")
