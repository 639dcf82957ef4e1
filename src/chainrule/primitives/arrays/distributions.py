"""Densities and distribution functions of SciPy's normal distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, broadcast_axes, promoted
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.declare import TABLE

LOG_ROOT = 0.5 * math.log(2.0 * math.pi)


def _typed(*types: Type) -> Type:
    return array_of(promoted(types), broadcast_axes(types))


def _log_density(z: Node, scale: Node) -> Node:
    return -0.5 * (z * z) - (TABLE["log"](scale) + LOG_ROOT)  # type: ignore[no-any-return]


def _normal(name: str, doc: str, of: Callable[[Node, Node], Any]) -> ArrayCall:
    @array_defined(
        f"norm_{name}", spelled=f"scipy.stats.norm.{name}", signature="x, loc, scale", arrays=3,
        typed=_typed,
    )  # fmt: skip
    def primitive(x: Node, loc: Node, scale: Node) -> Node:
        found: Node = of((x - loc) / scale, scale)
        return found

    primitive.__doc__ = doc
    return primitive


# By the name of the distribution and of its method; all are of (x, loc, scale).
DISTRIBUTIONS: dict[tuple[str, str], ArrayCall] = {
    ("norm", "pdf"): _normal(
        "pdf", "The normal density.", lambda z, scale: TABLE["exp"](_log_density(z, scale))
    ),
    ("norm", "logpdf"): _normal("logpdf", "The logarithm of the normal density.", _log_density),
    ("norm", "cdf"): _normal(
        "cdf", "The normal distribution function.", lambda z, scale: TABLE["ndtr"](z)
    ),
    ("norm", "sf"): _normal(
        "sf", "One minus the normal distribution function.", lambda z, scale: TABLE["ndtr"](-z)
    ),
    ("norm", "logcdf"): _normal(
        "logcdf", "The logarithm of the normal distribution function.",
        lambda z, scale: TABLE["log_ndtr"](z),
    ),
}  # fmt: skip
