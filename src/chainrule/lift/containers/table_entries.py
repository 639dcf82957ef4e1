"""Of which type the entries of a table of the user's are, whichever of them is read.

COEFFICIENTS = {"N2": [[1.0, 2.0], [3.0, 4.0]], "O2": [[0.5, 1.0], [2.0, 7.0]]}
COEFFICIENTS[gas]
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from chainrule.graph.types import DYNAMIC, FLOAT, INT, OPAQUE, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.values import Static, Value


def type_of_entry(table: Any, static_type: Callable[[Any], Type]) -> Type:
    """The type of whatever entry of a list, a tuple or a dict; OPAQUE where they have several."""
    if isinstance(table, (list, tuple)) and table:
        kinds = {static_type(entry) for entry in table}
        if kinds <= {FLOAT, INT} and any(type(entry).__name__ == "ndarray" for entry in table):
            # Arrays without axes may be written into.
            return DYNAMIC
        if kinds <= {FLOAT, INT}:
            return kinds.pop() if len(kinds) == 1 else FLOAT
        return kinds.pop() if len(kinds) == 1 and OPAQUE not in kinds else _rows_of_rows(table)
    if isinstance(table, dict) and table:
        entries = table.values()
        if all(isinstance(entry, (int, float)) for entry in entries):
            return FLOAT
        rows = {static_type(entry) for entry in entries}
        if len(rows) == 1 and all(isinstance(row, (Array, SequenceType)) for row in rows):
            return rows.pop()
        return _rows_of_rows(entries)
    return OPAQUE


def _rows_of_rows(entries: Collection[Any]) -> Type:
    """The type of lists of lists of numbers, where all are of one."""
    from chainrule.lift.parameters import example_type

    kinds = {example_type(entry) for entry in entries}
    found = kinds.pop() if len(kinds) == 1 else None
    return found if isinstance(found, SequenceType) and all(entries) else OPAQUE


def table_type(value: Value) -> SequenceType | None:
    """The type of a list of numbers, or of such lists, that is known while lifting."""
    if not isinstance(value, Static) or not isinstance(value.value, list):
        return None
    return _entries_type(value.value)


def _entries_type(table: list[Any]) -> SequenceType | None:
    kinds = {type(entry) for entry in table}
    if not kinds:
        return None
    if kinds <= {float, int}:
        return SequenceType(INT if kinds == {int} else FLOAT)
    rows = {_entries_type(entry) if isinstance(entry, list) else None for entry in table}
    row = rows.pop()
    return SequenceType(row) if row is not None and not rows else None
