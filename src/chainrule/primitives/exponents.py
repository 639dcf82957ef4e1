"""The slope of a power in its exponent: ``x**y * log(x)``.

A negative base has real powers for whole exponents alone.  Where the base is a variable the slope
there is 0; a base that is always negative leaves nothing to differentiate.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, is_complex, unit_axes_of
from chainrule.primitives.control import choose, raise_where, raised
from chainrule.primitives.declare import TABLE, constant_value, is_constant
from chainrule.primitives.effect import FACT, IS_COMPLEX
from chainrule.primitives.masking import is_array
from chainrule.primitives.partials import Refusal

COMPLEX = "the power is complex: its slope by the exponent is not known"


def by_exponent(x: Any, out: Any) -> Any:
    """The partial derivative of ``out``, which is ``x**y``, by ``y``."""
    if is_of_complex(x, out):
        return choose(TABLE["equal"](x, 0.0), lambda: 0.0, lambda: out * _complex_log(x))
    base = constant_value(x) if isinstance(x, Node) and is_constant(x) else None
    if isinstance(base, (int, float)) and base < 0:
        return Refusal(
            "cannot differentiate a power of a negative number with respect to its exponent",
            "It is real for whole exponents alone, and complex between them.",
        )
    return choose(TABLE["greater"](x, 0.0), lambda: out * _log(x), lambda: _not_above_zero(out))


def _not_above_zero(out: Any) -> float:
    """The slope by the exponent where the base is not positive; raises where it is complex."""
    from chainrule.primitives.complex_powers import is_complex_below_zero

    if isinstance(out, Node) and is_complex_below_zero(out):
        is_complex = out.graph.cursor.add(FACT, (out,), (IS_COMPLEX, BOOL, None), BOOL)
        raise_where(is_complex, raised(out.graph, COMPLEX))
    return 0.0


def is_of_complex(*parts: Any) -> bool:
    """Whether one of these is an array of complex numbers."""
    return any(is_array(part) and is_complex(part.type) for part in parts)


def _complex_log(x: Any) -> Any:
    if is_array(x) and unit_axes_of(x.type):
        return _log(x if is_complex(x.type) else x + x.graph.constant(0j))
    from chainrule.primitives.arrays.complex_numbers import joined
    from chainrule.primitives.complex_functions import log

    return log(x if is_complex(x.type) else joined.build(x, x.graph.constant(0.0)))


def _log(x: Any) -> Any:
    return TABLE["log"](x) if "log" in TABLE else math.log(x)
