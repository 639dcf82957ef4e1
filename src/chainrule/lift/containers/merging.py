"""Dicts of run-time keys that are made of others, entry by entry."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from chainrule.lift.containers.tables import RunTimeKeys, Tables
from chainrule.lift.library.builtins import Arguments, Keywords
from chainrule.lift.values import DictBox, Static, TableBox, TupleValue, Value

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def put_in(held, given):
    """Give a dict the entries of another."""
    for key, number in given.items():
        held[key] = number


def count_in(held, given):
    """Add what another dict holds to a Counter."""
    for key, number in given.items():
        held[key] = number + held[key]


class Merging(Tables):
    """Makes dicts of run-time keys of others."""

    def made_dict(self, pairs: Iterable[tuple[Value, Value]], node: ast.AST) -> Value:
        pairs = list(pairs)
        if not any(isinstance(key, TableBox) for key, _ in pairs):
            return super().made_dict(pairs, node)
        return self.merged(
            [
                key if isinstance(key, TableBox) else TupleValue((key, value))
                for key, value in pairs
            ],
            node,
        )

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        sides = (self.read(left), self.read(right))
        tables = [side for side in sides if isinstance(side, TableBox)]
        if operator is ast.BitOr and tables:
            if any(table.counts for table in tables):
                raise self.unsupported(
                    "`|` of a Counter of run-time keys", "Loop over its items.", node
                )
            defaults = [table.default for table in tables if table.default is not None]
            return self.merged(sides, node, defaults[0] if defaults else None)
        return super().binary(operator, left, right, node)

    def merged(
        self, parts: Sequence[Value], node: ast.AST, default: Value | None = None
    ) -> TableBox:
        """A dict with the entries of others: dicts, and pairs of a key and a value."""
        site = self.place_of(node)
        if site not in self.tables:
            raise RunTimeKeys(site)
        made = self.new_table(default, node)
        for part in parts:
            self.add_entries(made, part, node)
        return made

    def add_entries(self, made: TableBox, part: Value, node: ast.AST) -> None:
        """Give a dict of run-time keys what another holds, or one entry."""
        if isinstance(part, TableBox):
            self.call(Static(put_in), [made, part], {}, node)
        elif isinstance(part, DictBox):
            for key, value in self.entries(part).items():
                self.write_entry(made, self.wrap(key), value, node)
        elif isinstance(part, TupleValue):
            self.write_entry(made, part.items[0], part.items[1], node)
        else:
            raise self.unsupported(
                "entries of this value in a dict of run-time keys", "Loop over its items.", node
            )


def update(
    self: Merging, owner: TableBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``table.update(...)``."""
    for part in map(self.read, args):
        if not isinstance(part, (DictBox, TableBox)):
            raise self.unsupported(
                "`update` of a dict of run-time keys by this value", "Loop over its items.", node
            )
        if owner.counts:
            self.call(Static(count_in), [owner, part], {}, node)
        else:
            self.add_entries(owner, part, node)
    for name, value in keywords.items():
        if owner.counts:
            held = self.read_entry(owner, Static(name), node)
            value = self.binary(ast.Add, value, held, node)
        self.write_entry(owner, Static(name), value, node)
    return Static(None)


def copied(
    self: Merging, owner: TableBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``table.copy()``."""
    made = self.merged([owner], node, owner.default)
    made.counts = owner.counts
    return made
