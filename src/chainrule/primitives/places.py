"""The place of a value in a list: flat in all that it is found from."""

from __future__ import annotations

from chainrule.graph.types import INT
from chainrule.primitives import bounds
from chainrule.primitives.declare import Cost, register
from chainrule.primitives.sequence import FlatSequenceOp


def _place(name: str) -> FlatSequenceOp:
    return register(
        FlatSequenceOp(
            name,
            (f"bisect.{name}",),
            cost=Cost.ROOT,
            result=lambda types: INT,
            bounds=bounds.always(bounds.NONNEGATIVE),
        )
    )


bisect_left = _place("bisect_left")
bisect_right = _place("bisect_right")

# x.index(value, start, stop): it raises where the value is not there.
found_at = register(
    FlatSequenceOp(
        "found_at",
        (),
        cost=Cost.ADD,
        result=lambda types: INT,
        bounds=bounds.always(bounds.NONNEGATIVE),
    )
)
