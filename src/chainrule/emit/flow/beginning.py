"""Which loops are certain to begin a step."""

from __future__ import annotations

from chainrule.emit.plan import RANGE, REVERSED, For, While, truth
from chainrule.graph.block import CONSTANT


def surely_runs(loop: For | While) -> bool:
    """Whether a loop certainly begins at least one step."""
    if isinstance(loop, While):
        return truth(loop.test) is True
    header = loop.iterable.args[0] if loop.iterable.op is REVERSED else loop.iterable
    if header.op is not RANGE or any(bound.op is not CONSTANT for bound in header.args):
        return False
    return len(range(*(bound.params[0] for bound in header.args))) > 0
