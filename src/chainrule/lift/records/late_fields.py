"""Fields that a loop gives to all records of a list after they were made.

::

    for order in orders:                    total = [0.0] * len(price)
        order.total = order.price           for k in range(len(price)):
                                                total[k] = price[k]

Lifting begins anew, knowing them.  A field may be read where it is certain that every record has
it, or that this one has.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.lift.anew import Anew
from chainrule.lift.core import Completion, Flag, LoopExits
from chainrule.lift.iteration.iterables import ItemAt
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.records.parts import RecordParts
from chainrule.lift.values import (
    ENTRIES,
    DictEntry,
    Enumerate,
    ListBox,
    ObjectEntry,
    RecordsBox,
    Reversed,
    Static,
    TupleValue,
    Value,
    Zip,
)
from chainrule.primitives import arithmetic

# What stands in the place of a number that is not there yet.
PLACEHOLDERS: dict[Any, Any] = {FLOAT: 0.0, INT: 0, BOOL: False}


class FieldGiven(Anew):
    """A loop gives the field ``key`` to all records of the list that is made at ``site``."""

    def __init__(self, site: Hashable, key: Hashable, placeholder: Any) -> None:
        super().__init__(site, key)
        self.site = site
        self.key = key
        self.placeholder = placeholder


class LateFields(RecordParts):
    """Tells which fields all records of a list have by now."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # The bodies of loops over whole lists, the list and the place of this step, and the fields
        # that it gives to the record there.
        self._bodies: dict[LoopExits, Block] = {}
        self._steps: dict[Block, tuple[RecordsBox, Node]] = {}
        self._given_in: dict[Block, list[Hashable]] = {}
        # How many steps such a loop takes.
        self._counts: dict[Block, Node] = {}

    def list_at(self, site: Hashable) -> ListBox:
        box = super().list_at(site)
        if isinstance(box, RecordsBox):
            box.site = site
        return box

    def empty_records(self, layout: RecordLayout) -> RecordsBox:
        box = super().empty_records(layout)
        box.late = {key: Flag("given") for key, _ in layout.late}
        self.note_missing(box, tuple(box.late))
        return box

    def note_missing(self, box: RecordsBox, keys: Sequence[Hashable]) -> None:
        for key in keys:
            self.state[box.late[key]] = self.graph.constant(False)

    # --- loops over all records -----------------------------------------------------------------

    def iterated(
        self, iterable: Value, exits: LoopExits, node: ast.AST
    ) -> tuple[str, tuple[Node, ...], ItemAt]:
        kind, bounds, item = super().iterated(iterable, exits, node)
        whole = [box for box in _lists_in(iterable) if self._is_whole(box, bounds)]

        def noted(index: Node) -> Value:
            value = item(index)
            for entry in _entries_in(value):
                if entry.records in whole and entry.place is index:
                    self._bodies[exits] = self.block
                    self._steps[self.block] = entry.records, index
                    self._counts[self.block] = bounds[1]
            return value

        return kind, bounds, noted if whole else item

    def _is_whole(self, box: RecordsBox, bounds: Sequence[Node]) -> bool:
        """Whether a loop within these bounds gets to all records of a list, if it is so long."""
        first, _, step = bounds
        own = box.home is box and box.places is None and box.columns and not box.by_value
        ordered = self.static_int(first) == 0 and self.static_int(step) == 1
        return bool(own) and ordered

    def _after_loop(
        self,
        actions: list[list[ast.stmt]],
        orelse: Sequence[ast.stmt],
        rest: Sequence[ast.stmt],
        exits: LoopExits,
        completion: Completion,
    ) -> tuple[Completion, bool]:
        body = self._bodies.pop(exits, None)
        false, true = self.graph.constant(False), self.graph.constant(True)
        if body is not None and self.state.get(exits.broke, false) is false:
            box, _ = self._steps[body]
            given = self._given_in.get(body, ())
            if given:
                self._check_reached(box, given[0], self._counts[body])
            for key in given:
                self.state[box.late[key]] = true
        return super()._after_loop(actions, orelse, rest, exits, completion)

    def _check_reached(self, box: RecordsBox, key: Hashable, count: Node) -> None:
        """Raise what reading a field would where a list beside the records was shorter."""
        length = self.records_length(box)
        if length is count:
            return
        kind = box.layout.type
        missing = f'AttributeError("no `{key}` in some `{kind.__name__}`")' if kind else ""
        short = self.primitive(arithmetic.less, count, length)
        self.raise_if(short, missing or f"KeyError({key!r})")

    # --- fields ---------------------------------------------------------------------------------

    def fields_in(self, entry: ObjectEntry | DictEntry) -> Sequence[Hashable]:
        keys, late = entry.records.layout.keys, entry.records.late
        if not self._is_in_turn(entry):
            return keys
        false = self.graph.constant(False)
        lacks = [key for key in late if self.state.get(late[key]) is false]
        return [key for key in keys if key not in lacks or self._has(entry, key)]

    def field(self, entry: ObjectEntry | DictEntry, key: Any, node: ast.AST) -> Value:
        if not self._has(entry, key):
            raise self._not_given(key, node)
        return super().field(entry, key, node)

    def write_field(
        self, entry: ObjectEntry | DictEntry, key: Any, value: Value, node: ast.AST
    ) -> None:
        if key not in entry.records.layout.keys:
            self._look_for_field(entry, key, self.read(value))
        elif not self._has(entry, key):
            if not self._is_in_turn(entry):
                raise self._not_given(key, node)
            self._given_in.setdefault(self.block, []).append(key)
        super().write_field(entry, key, value, node)

    def _look_for_field(self, entry: ObjectEntry | DictEntry, key: Any, value: Value) -> None:
        """Begin anew where all records get a number or a word as a further field."""
        box = entry.records
        layout = self.record_sites.get(box.site)
        if layout is None or not isinstance(key, str) or not self._is_in_turn(entry):
            return
        if isinstance(value, Node) and value.type in PLACEHOLDERS:
            raise FieldGiven(box.site, key, PLACEHOLDERS[value.type])
        if isinstance(value, Static) and isinstance(value.value, (bool, str)):
            raise FieldGiven(box.site, key, type(value.value)())

    def _is_in_turn(self, entry: ObjectEntry | DictEntry) -> bool:
        """Whether every step of a loop over all records does this to its own."""
        return self._steps.get(self.block) == (entry.records, entry.place)

    def _has(self, entry: ObjectEntry | DictEntry, key: Any) -> bool:
        """Whether it is certain that a record has a field by now."""
        flag = entry.records.late.get(key)
        if flag is None or self.state.get(flag) is self.graph.constant(True):
            return True
        return any(
            key in keys and self._steps[body] == (entry.records, entry.place)
            for body, keys in self._given_in.items()
        )

    def _not_given(self, key: Hashable, node: ast.AST) -> UnsupportedError:
        return self.unsupported(
            f"a field `{key}` that some records of a list may not have yet",
            "Give it to all of them when they are made, or in a loop over all of them.",
            node,
        )

    def structure(self, value: Value) -> Structure:
        if isinstance(value, RecordsBox):
            true = self.graph.constant(True)
            for key, flag in value.home.late.items():
                if self.state.get(flag) is not true:
                    raise self._not_given(key, ast.Pass())
        return super().structure(value)


def _lists_in(iterable: Value) -> Iterator[RecordsBox]:
    """The lists of records that a loop reads record by record."""
    if isinstance(iterable, RecordsBox):
        yield iterable
    elif isinstance(iterable, (Enumerate, Reversed)):
        yield from _lists_in(iterable.items)
    elif isinstance(iterable, Zip):
        for part in iterable.parts:
            yield from _lists_in(part)


def _entries_in(value: Value) -> Iterator[ObjectEntry | DictEntry]:
    """The records that a loop is given in one step."""
    if isinstance(value, ENTRIES):
        yield value
    elif isinstance(value, TupleValue):
        for part in value.items:
            yield from _entries_in(part)
