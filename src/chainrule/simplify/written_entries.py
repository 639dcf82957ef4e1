"""Entries of adjoints that have just been written are what was written; the others are 0.

An adjoint that begins as zeros is read where f has made an array of numbers::

    buffer = np.zeros(4)                           y_bar = W
    buffer[2] = 1.0
    y_bar = buffer[2] * W - buffer[3] * X
"""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array
from chainrule.primitives.arithmetic import add
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.sequence import index_add, index_set

# So many writes are looked through: those into a matrix of positions in space.
MOST_WRITES = 16
ZEROS = ("array_zeros_like", "zeros")


def entry_written(base: Node, place: list[Node]) -> Node | None:
    """What stands at a place of an adjoint that begins as zeros, where writes tell that."""
    if not all(map(is_constant, place)) or not _is_of_numbers(base, place):
        return None
    added: list[Node] = []
    found = False
    for _ in range(MOST_WRITES):
        if base.op not in (index_set, index_add) or not base.origin.derivative:
            break
        *path, value = base.args[1:]
        if not _is_of_numbers(base, path) or value.type != FLOAT or len(path) != len(place):
            return None
        if path != place and not _differ(path, place):
            return None
        if path == place and not found:
            added.append(value)
            found = base.op is index_set
        base = base.args[0]
    if base.op.name not in ZEROS or not base.origin.derivative:
        return None
    return _sum(added) if added else base.graph.constant(0.0)


def _differ(path: list[Node], place: list[Node]) -> bool:
    """Whether two places are certainly not the same: what counts from the end may be."""
    for one, other in zip(path, place, strict=True):
        numbers = (constant_value(one), constant_value(other)) if is_constant(one) else (0, 0)
        if min(numbers) >= 0 and numbers[0] != numbers[1]:
            return True
    return False


def _is_of_numbers(base: Node, path: list[Node]) -> bool:
    """Whether one number of Python's own is read, and not rounded."""
    type = base.type
    return isinstance(type, Array) and type.dtype == "float64" and len(path) == type.rank


def _sum(added: list[Node]) -> Node:
    total, *more = reversed(added)
    for value in more:
        total = add.build(total, value)
    return total
