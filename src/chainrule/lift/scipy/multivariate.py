"""The normal distribution of vectors in :mod:`scipy.stats`."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from chainrule.lift.arrays.updates import Arguments, Keywords, bound, rank
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.primitives.arrays.descriptive import normal_logpdf, normal_pdf

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

DENSITIES = {"logpdf": normal_logpdf, "pdf": normal_pdf}
# `allow_singular` matters to singular covariances only, which have no slope.
PARAMETERS = ("mean", "cov", "allow_singular")


def multivariate_normal(
    self: NumpyCalls,
    owner: ObjectBox,
    method: str,
    args: Arguments,
    keywords: Keywords,
    node: ast.AST,
) -> Value | None:
    """A density at a point or at rows of points, or a distribution with its parameters."""
    if owner.type.__name__ == "multivariate_normal_gen" and method == "__call__":
        frozen = sys.modules["scipy.stats._multivariate"].multivariate_normal_frozen
        made = ObjectBox(None, frozen, None)
        self.distributions[made] = bound((*PARAMETERS, "seed"), args, keywords)
        return made
    if method not in DENSITIES:
        return None
    given = bound(("x", *PARAMETERS), args, keywords)
    if owner in self.distributions:
        given |= self.distributions[owner]
    elif owner.type.__name__ == "multivariate_normal_frozen":
        given |= {name: self.attribute(owner, name, node) for name in ("mean", "cov")}
    return _density(self, method, given, node)


def _density(self: NumpyCalls, method: str, given: Keywords, node: ast.AST) -> Value:
    """SciPy takes numbers and vectors for the covariance: those of independent components."""
    import numpy

    mean, cov = (given.get(name, Static(None)) for name in ("mean", "cov"))
    known = [name for name in ("mean", "cov") if not _is_none(given.get(name, Static(None)))]
    ranks = {name: rank(self, given[name]) for name in ("x", *known)}
    if ranks["x"] not in (1, 2) or ranks.get("mean", 1) != 1:
        raise _unusual(self, method, node)
    if ranks.get("cov", 0) == 2 and "mean" not in known:
        size = self.length_along(self.array_node(cov), 0)
        mean = self.call(Static(numpy.zeros), [size], {}, node)
    elif "mean" not in known:
        raise _unusual(self, method, node)
    if ranks.get("cov", 0) == 1:
        cov = self.call(Static(numpy.diag), [cov], {}, node)
    elif ranks.get("cov", 0) == 0:
        size = self.length_along(self.array_node(mean), 0)
        one = self.call(Static(numpy.eye), [size], {}, node)
        cov = one if "cov" not in known else self.binary(ast.Mult, cov, one, node)
    full = {"x": given["x"], "mean": mean, "cov": cov}
    return self.bound_call(DENSITIES[method], [], full, node, "function")


def _is_none(value: Value) -> bool:
    return isinstance(value, Static) and value.value is None


def _unusual(self: NumpyCalls, method: str, node: ast.AST) -> Exception:
    return self.unsupported(
        f"`multivariate_normal.{method}` of these arrays",
        "Give it a point or rows of points, a vector as mean and a matrix as cov.",
        node,
    )
