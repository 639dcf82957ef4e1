"""Arrays that are entries of a list, and may be held elsewhere too.

``a[i] += e`` writes into the array itself, which may stand in the list twice, or in another one::

    x_bar = [2.0 * sum(x)] * len(x)         x_bar = [2.0 * sum(x)] * len(x)
    x_bar[0] += y_bar                       x_bar[0] = x_bar[0] + y_bar
"""

from __future__ import annotations

from chainrule.emit.plan import Value
from chainrule.graph.types import DYNAMIC, Sequence, Varying, unit_axes_of


def writes_array(update: Value) -> bool:
    """Whether the entry that is written or added to may be an array that stands in a list."""
    kind = update.args[0].type
    for _ in update.args[1:-1]:
        if not isinstance(kind, Sequence):
            return False
        kind = kind.item
    return kind == DYNAMIC or isinstance(kind, Varying) or bool(unit_axes_of(kind))
