"""Bounds between which SciPy looks for a solution."""

from __future__ import annotations

import ast
import math
from typing import Any

from chainrule.lift.scipy.apart import static_option
from chainrule.lift.values import Value
from chainrule.primitives.solutions import Bound

Bounds = tuple[Bound, Bound]


def bounds_of(lifter: Any, name: str, value: Value | None, node: ast.AST) -> Bounds | None:
    """The bounds; None for those that are nowhere.

    ``minimize`` takes a pair for each unknown, the others a row of all that are below and one of
    those above.
    """
    if value is None or lifter.static_value(value) == (True, None):
        return None
    rows = static_option(lifter, "bounds", value, node)
    if name == "minimize" and _is_table(rows):
        below, above = zip(*rows, strict=True)
        rows = below, above
    if not isinstance(rows, tuple) or len(rows) != 2:
        raise lifter.unsupported(
            f"`{name}` with bounds like these",
            "Write the numbers there: pairs for `minimize`, else (low, high).",
            node,
        )
    low, high = _filled(rows[0], -math.inf), _filled(rows[1], math.inf)
    flat = [each for row in (low, high) for each in (row if isinstance(row, tuple) else (row,))]
    return (low, high) if any(map(math.isfinite, flat)) else None


def _is_table(rows: Any) -> bool:
    return isinstance(rows, tuple) and all(isinstance(e, tuple) and len(e) == 2 for e in rows)


def _filled(row: Any, nowhere: float) -> Bound:
    if isinstance(row, tuple):
        return tuple(nowhere if each is None else float(each) for each in row)
    return nowhere if row is None else float(row)
