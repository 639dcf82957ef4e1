"""Copies and parts of lists of records that are changed afterwards.

    order = list(bodies)                order = list(range(len(mass)))
    order.sort(key=mass_of)             order = sorted(order, key=mass.__getitem__)

A part is where it begins and ends in its list.  One that grows, shrinks or is sorted is a list of
places from its beginning: lifting begins anew, knowing it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from typing import Any

from chainrule.lift.records.growth import RecordGrowth, RecordsMade
from chainrule.lift.values import ListBox, RecordsBox, Slice, Value

CHANGES = ("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort")


class RecordParts(RecordGrowth):
    """Tells the parts of lists of records that change from those that do not."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # Where parts were made that are told by their ends.
        self._told_by_ends: dict[RecordsBox, Hashable] = {}

    def copied_records(self, box: RecordsBox, node: ast.AST) -> RecordsBox:
        """Another list of the same records."""
        return self._kept_part(super().copied_records(box, node), self.site_of(node))

    def slice(self, base: Value, part: Slice) -> Value:
        found = super().slice(base, part)
        return self._kept_part(found, self.here) if isinstance(found, RecordsBox) else found

    def _kept_part(self, made: RecordsBox, site: Hashable) -> RecordsBox:
        if not isinstance(made.places, tuple):
            return made
        if ("part", site) in self.record_sites:
            return self.view_of(made, self.all_places(made))
        self._told_by_ends[made] = ("part", site)
        return made

    def _check_kept(self, box: Value, node: ast.AST | None) -> None:
        """Begin anew where a part changes that is told by its ends."""
        if not isinstance(box, RecordsBox) or not isinstance(box.places, tuple):
            return
        if box in self._told_by_ends:
            raise RecordsMade(self._told_by_ends[box], None)
        raise self.unsupported(
            "a part of a list of records that grows, shrinks or is sorted",
            "Make a list of it first: `part = list(part)`.",
            node,
        )

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        if name in CHANGES:
            self._check_kept(owner, None)
        return super().container_method(owner, name)

    def check_writable(self, box: Any, node: ast.AST | None = None) -> None:
        self._check_kept(box, node)
        super().check_writable(box, node)

    def append(self, box: ListBox, value: Value, node: ast.AST) -> None:
        self._check_kept(box, node)
        super().append(box, value, node)

    def extend(self, box: ListBox, value: Value, node: ast.AST) -> None:
        self._check_kept(box, node)
        super().extend(box, value, node)

    def take_out(self, box: ListBox, position: Value) -> Value:
        self._check_kept(box, None)
        return super().take_out(box, position)

    def write_item(self, base: Value, key: Value, value: Value, node: ast.AST) -> None:
        self._check_kept(self.read(base), node)
        super().write_item(base, key, value, node)
