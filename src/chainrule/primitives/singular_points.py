"""Which operations jump or bend, beside those whose slope is 0, and which arguments tell where.

An interpolation bends at its knots, whatever the values there are; a density jumps where the
support of its distribution ends, wherever that is.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from chainrule.graph.node import Node
from chainrule.primitives.declare import constant_value, is_constant

# The positions of the arguments that tell where; None for all.
Places = tuple[int, ...] | None
JUMPING: dict[str, Places] = {
    **dict.fromkeys(("remainder", "fmod", "nearest_remainder", "angle", "unwrap")),
    "copysign": (1,),
    "atan2": (0,),
    "heaviside": (0,),
}
BENDING: dict[str, Places] = {
    **dict.fromkeys(("clip", "fmax", "fmin", "medfilt", "median_filter", "circmean")),
    "interp": (0, 1),
    "interp1d": (1, 2),
}
# A table of several axes is given with its values, which do not tell where.
GRID = "grid_of_"
DENSITIES, PROBABILITIES = ("_pdf", "_logpdf"), ("_cdf", "_sf", "_logcdf", "_logsf")


def tells_where(step: Node, order: int) -> Sequence[Node] | None:
    """The arguments that tell where the derivative of an order of a step may jump.

    None where it jumps nowhere.
    """
    name = step.op.name
    found: Sequence[Node] | None = None
    if name in JUMPING:
        found = _at(step, JUMPING[name])
    elif order and name in BENDING:
        found = _at(step, BENDING[name])
    elif order and name.startswith(GRID):
        found = (step.args[0], *step.args[2:])
    elif order and (name == "verbatim" or _is_root_of_square(step)):
        found = step.args
    elif name.endswith(DENSITIES) or (order and name.endswith(PROBABILITIES)):
        found = _at_ends(step)
    return found


def _is_root_of_square(step: Node) -> bool:
    """Whether this is a way to write the size of a number: ``sqrt(x**2)``."""
    if step.op.name == "hypot":
        return any(is_constant(arg, 0) for arg in step.args)
    if step.op.name == "power" and not _is_below_one(step.args[1]):
        return False
    base = step.args[0] if step.args else step
    even = base.op.name == "power" and is_constant(base.args[1], 2)
    return step.op.name in ("sqrt", "cbrt", "power") and (base.op.name == "square" or even)


def _is_below_one(exponent: Node) -> bool:
    value = constant_value(exponent) if is_constant(exponent) else None
    return isinstance(value, float) and 0.0 < value < 1.0


def _at(step: Node, places: Places) -> Sequence[Node]:
    return step.args if places is None else [step.args[k] for k in places if k < len(step.args)]


def ends_of_support(step: Node) -> list[float]:
    """Of a density: the ends of the support of the distribution with location 0 and scale 1."""
    name = step.op.name.rpartition("_")[0]
    distribution = getattr(sys.modules.get("scipy.stats"), name, None)
    ends = [getattr(distribution, end, math.inf) for end in "ab"]
    return [float(end) for end in ends if math.isfinite(end)]


def _at_ends(step: Node) -> Sequence[Node] | None:
    """Of a density: the variable and what moves the ends of the support; None if it has none."""
    bounded = ends_of_support(step)
    if not bounded or len(step.args) < 3:
        return None
    variable, *_, location, scale = step.args
    # Where the only end is 0, the scale leaves it there.
    return (variable, location) if bounded == [0] else (variable, location, scale)
