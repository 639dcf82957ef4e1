"""What arrays are made of: numbers, lists and tuples of them.

NumPy takes more, texts, dicts, ranges and buffers; what comes of it may have axes that are not
known here, or hold objects, and a slope would be of another shape.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.lift.values import DictBox, ObjectBox, Static, Value, is_made


def check_numbers(lifter: Any, items: Iterable[Value]) -> None:
    """Refuse to make an array of what NumPy makes one of objects of."""
    for item in map(lifter.read, items):
        found = item.value if isinstance(item, Static) else None
        if isinstance(item, DictBox) or isinstance(found, (str, bytes, dict)):
            raise lifter.unsupported("an array of texts or dicts", "Make it of numbers.")


def check_no_axes(lifter: Any, node: Node) -> None:
    """Refuse an array where a number is meant: NumPy converts those without axes alone.

    Within a ``try`` it may stand to find out whether it is one: it raises there what NumPy raises.
    """
    axes = unit_axes_of(node.type)
    if axes:
        said = _said_of(axes) if lifter.attempts else None
        if said is not None:
            lifter.always_raises(f"TypeError({said!r})")
        raise lifter.unsupported(
            "an array where Python takes a number",
            "Use the function of NumPy, or take the entry that is meant, as in `x[0]`.",
        )


def _said_of(axes: tuple[bool, ...]) -> str | None:
    """What NumPy says when an array is to be a number; None where it makes one of it."""
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            float(np.zeros([1 if single else 2 for single in axes]))
        except TypeError as error:
            return str(error)
    return None


def check_even(lifter: Any, leaves: Iterable[Value]) -> None:
    """Refuse to make an array of rows of several lengths, unless their entries are arrays."""
    if not any(map(lifter.is_array, leaves)):
        raise lifter.unsupported(
            "an array of rows of several lengths", "Loop over the rows, or fill them up."
        )


def check_known_axes(lifter: Any, value: Value) -> None:
    """Refuse what NumPy makes an array of, and whose axes are not known: a range, a deque."""
    value = lifter.read(value)
    kind: type | None = None
    if isinstance(value, Static):
        kind = type(value.value)
    elif isinstance(value, ObjectBox):
        kind = None if is_made(value) else value.type
    elif isinstance(value, Node):
        kind = lifter.kept_kinds.get(value)
    has_rows = any(hasattr(kind, name) for name in ("__iter__", "__array__"))
    if kind is None or not has_rows or issubclass(kind, (str, bytes, list, tuple, dict)):
        return
    raise lifter.unsupported(
        f"an object of class {kind.__name__} of which NumPy makes an array",
        "Make it a list before: `list(...)`.",
    )
