"""Numbers of a whole list: of :mod:`statistics`, and lengths of any number of coordinates.

The value is Python's own; the derivative is that of NumPy's definition of the same.
"""

from __future__ import annotations

from collections.abc import Callable

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Type
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.creation import array_of_list
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.norms import norm
from chainrule.primitives.arrays.products import vdot
from chainrule.primitives.arrays.reductions import array_sum, mean, std, var
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.elementary import exp, log, sqrt


def _number(*types: Type) -> Type:
    return FLOAT


def _of_sample(name: str, definition: Callable[[Node], Node]) -> ArrayCall:
    @array_defined(f"sample_{name}", spelled=f"statistics.{name}", signature="data", typed=_number)
    def primitive(data: Node) -> Node:
        return definition(data if isinstance(data.type, Array) else array_of_list(data))

    primitive.__doc__ = f"`statistics.{name}` of a list, or of an array with one axis."
    return primitive


SAMPLES: dict[str, ArrayCall] = {
    name: _of_sample(name, definition)
    for name, definition in (
        ("fmean", mean),
        ("geometric_mean", lambda x: exp(mean(log(x)))),
        ("harmonic_mean", lambda x: 1.0 / mean(1.0 / x)),
        ("mean", mean),
        ("pstdev", std),
        ("pvariance", var),
        ("stdev", lambda x: std(x, ddof=1)),
        ("variance", lambda x: var(x, ddof=1)),
    )
}


def _about(name: str, definition: Callable[[Node, Node], Node]) -> ArrayCall:
    @array_defined(
        f"{name}_about", spelled=f"statistics.{name}", signature="data, center", arrays=2,
        typed=_number,
    )  # fmt: skip
    def primitive(data: Node, center: Node) -> Node:
        values = array_of_list(data)
        return definition(values - center, 1.0 * dimension(values, axis=0))

    primitive.__doc__ = f"`statistics.{name}` of a list, about a number that is given as its mean."
    return primitive


# By the deviations and their number.
ABOUT: dict[str, ArrayCall] = {
    name: _about(name, definition)
    for name, definition in (
        ("pstdev", lambda d, n: norm(d) / sqrt(n)),
        ("pvariance", lambda d, n: vdot(d, d) / n),
        ("stdev", lambda d, n: norm(d) / sqrt(n - 1.0)),
        ("variance", lambda d, n: vdot(d, d) / (n - 1.0)),
    )
}


@array_defined(
    "weighted_fmean", spelled="statistics.fmean", signature="data, weights", arrays=2,
    typed=_number,
)  # fmt: skip
def weighted_fmean(data: Node, weights: Node) -> Node:
    """`statistics.fmean` of a list with weights."""
    values, parts = array_of_list(data), array_of_list(weights)
    return vdot(parts, values) / array_sum(parts)


@array_defined("length_of_list", signature="x", typed=_number, written="math.hypot(*_0_)")
def length_of_list(x: Node) -> Node:
    """`math.hypot` of all entries of a list."""
    return norm(array_of_list(x))


@array_defined("distance", spelled="math.dist", signature="p, q", arrays=2, typed=_number)
def distance(p: Node, q: Node) -> Node:
    """`math.dist` of two lists."""
    return norm(array_of_list(p) - array_of_list(q))
