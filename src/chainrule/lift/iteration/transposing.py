"""``zip(*rows)``: the columns of a list of rows.

Of rows whose number is known at run time only every column is gathered when it is read::

    for column in zip(*rows):           for j in range(min(map(len, rows), default=0)):
                                            column = tuple([rows[i][j] for i in range(len(rows))])

The columns of a list of records are the lists of their fields.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from chainrule.graph.node import Node
from chainrule.graph.types import INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.iteration.comprehensions import Comprehensions
from chainrule.lift.values import Indexed, RecordsBox, TupleValue, Value
from chainrule.primitives import sequence
from chainrule.primitives.declare import TABLE


class Transposing(Comprehensions):
    """Reads lists of rows column by column."""

    def columns_of(self, rows: Value, node: ast.AST) -> Value | None:
        """What ``zip(*rows)`` gives; None of rows that are not known to be lists of numbers."""
        rows = self.as_list(rows, node)
        if isinstance(rows, RecordsBox):
            return self._fields(rows, node)
        if self.is_array(rows):
            return None
        base = self.node(rows)
        row = sequence.item_type(base.type)
        if not isinstance(row, SequenceType) or isinstance(row.item, SequenceType):
            return None
        count = self.primitive(sequence.length, base)

        def column(position: Node) -> Value:
            entries = self.gathered(
                count, lambda index: self.primitive(sequence.index, base, index, position), node
            )
            return self.primitive(sequence.as_tuple, self.node(entries))

        return Indexed(self._shortest_row(base), column)

    def _shortest_row(self, rows: Node) -> Node:
        return self.verbatim("min(map(len, _0_), default=0)", rows, type=INT, pure=True)

    def _fields(self, rows: RecordsBox, node: ast.AST) -> Value | None:
        """The fields of tuples, each as the tuple of its values."""
        if rows.layout.kind != "tuple" or any(isinstance(c, RecordsBox) for c in rows.columns):
            return None
        count = self.length_of(rows)

        def field(position: int) -> Value:
            values = self.gathered(
                count,
                lambda index: self.item(
                    self.item(rows, index, node), self.graph.constant(position), node
                ),
                node,
            )
            return self.primitive(sequence.as_tuple, self.node(values))

        if rows.route is None or rows.places is not None:
            # Python finds no columns there.
            self.raise_if(
                self.primitive(TABLE["equal"], count, self.graph.constant(0)),
                'ValueError("not enough values to unpack: zip(*rows) of no rows")',
            )
        return TupleValue(tuple(map(field, range(len(rows.columns)))))

    # Given by the other parts of the lifter.

    def as_list(self, value: Value, node: ast.AST) -> Value:
        """Any iterable as a list or tuple."""
        raise NotImplementedError

    def gathered(
        self,
        count: Node,
        item: Callable[[Node], Value],
        node: ast.AST,
        kind: str = "range",
        bounds: tuple[Node, ...] = (),
    ) -> Value:
        """A list made by a loop: ``item`` of every index."""
        raise NotImplementedError
