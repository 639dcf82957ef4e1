"""Arrays of lists into which arrays are spread: ``np.array([*velocity, *acceleration])``.

Their entries are those of the arrays one behind the other, and need not be told one by one.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, Array, dtype_of, unit_axes_of
from chainrule.primitives import sequence
from chainrule.primitives.arrays import creation
from chainrule.primitives.arrays.shaping import concatenate


def joined(lifter: Any, listed: Node) -> Node | None:
    """The array of a list that is made of arrays and numbers; None of any other list."""
    parts = _parts(listed)
    if parts is None or sum(isinstance(part.type, Array) for part in parts) < 2:
        return None
    if any(part in lifter.of_objects for part in parts):
        return None
    arrays: list[Node] = []
    numbers: list[Node] = []
    for part in (*parts, None):
        if part is not None and part.type in (FLOAT, INT):
            numbers.append(part)
            continue
        if numbers:
            literal = ((len(numbers),), "float64" if _all_ints(numbers) else None)
            arrays.append(lifter.block.add(creation.literal, tuple(numbers), literal))
            numbers = []
        if part is not None:
            arrays.append(part)
    found: Node = lifter.call_array(concatenate, tuple(arrays), (0,))
    return found


def _all_ints(numbers: list[Node]) -> bool:
    return all(number.type is INT for number in numbers)


def _parts(listed: Node) -> list[Node] | None:
    """The arrays with one axis, and the numbers, whose entries a list holds, in order."""
    found: list[Node] = []
    stack = [listed]
    while stack:
        node = stack.pop()
        if node.op is sequence.copy:
            stack.append(node.args[0])
        elif node.op is sequence.concatenate:
            stack += reversed(node.args)
        elif node.op is sequence.append:
            stack += (node.args[1], node.args[0])
        elif node.op in (creation.rows_of, creation.to_list):
            array = node.args[0]
            if len(unit_axes_of(array.type)) != 1 or dtype_of(array.type) != "float64":
                return None
            found.append(array)
        elif node.type in (FLOAT, INT):
            found.append(node)
        else:
            return None
    return found
