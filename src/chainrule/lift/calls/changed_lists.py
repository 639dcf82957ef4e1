"""Lists and arrays that a function which is kept apart changes.

    def qsort(a, lo, hi):               a = qsort(a, lo, hi)
        ...

The function returns what they are left with, and its caller goes on with that.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.graph.block import Block
from chainrule.graph.function import Function, Left
from chainrule.graph.node import Node, Op
from chainrule.graph.structure import Structure
from chainrule.graph.types import Array, Record
from chainrule.lift.calls.calling import Calls
from chainrule.lift.containers.sharing import Box, boxes_in
from chainrule.lift.values import ENTRIES, ListBox, Place, Static, Value, View
from chainrule.primitives.arrays.records import component, counted_component
from chainrule.primitives.invoke import WHOLE

# An argument that is handed on at run time, with its node.
Handed = tuple[Value, Node]


class ChangedLists(Calls):
    """Returns what lists and arrays are left with, and takes it over."""

    # The parameters at run time of a function that is kept apart, in order.
    handed: list[Value]

    def changed_places(self, before: Mapping[Box, Value]) -> tuple[int, ...] | None:
        """Which parameters have changed; None where it is more than lists and arrays."""
        apart = [box for box in before if box not in self.handed and not self.is_by_columns(box)]
        if any(self.state.get(box) is not before[box] for box in apart):
            return None
        return tuple(
            k
            for k, box in enumerate(self.handed)
            if isinstance(box, ListBox) and self.state.get(box) is not before[box]
        )

    def is_by_columns(self, box: Box) -> bool:
        """Whether the lists that a box consists of are handed on instead."""
        return False

    def with_changed(
        self, result: Value, places: tuple[int, ...], tree: ast.AST
    ) -> tuple[Structure, Left]:
        """The layout of what is returned besides changed lists, and what is told of these."""
        lifter: Any = self
        result, linked = self.place_of_result(result)
        if not places:
            return lifter.structure(result), Left(linked=linked)
        own = [k for k in places if self.handed[k] is result]
        left = tuple(Structure("leaf", self.node(self.handed[k])) for k in places)
        nothing = bool(own) or _gives_none(tree)
        first = NOTHING if nothing else lifter.structure(result)
        count = len(list(first.nodes()))
        flat = [count + j for j, k in enumerate(places) if self.holds_places(self.handed[k])]
        if linked is not None:
            flat.insert(0, 0)
        found = Left(places, own[0] if own else None, linked, tuple(flat))
        return Structure("tuple", None, (first, *left)), found

    def holds_places(self, box: Value) -> bool:
        """Whether a list holds places of linked objects."""
        return False

    def place_of_result(self, result: Value) -> tuple[Value, Any]:
        """What is returned for a linked object, and its class."""
        return result, None

    def linked_result(self, kind: Any, place: Value) -> Value:
        """The linked object at a place that a call has returned."""
        raise NotImplementedError

    def refuse_changes(self, inner: ChangedLists, before: Mapping[Box, Value]) -> None:
        """Begin anew with linked objects where a function changes one."""

    def check_changes(self, function: Function, args: Sequence[Handed], node: ast.AST) -> None:
        """Refuse changes that the caller would not see, or would see under two names."""
        for k in function.left.changed:
            box = args[k][0]
            if not isinstance(box, ListBox):
                raise self.unsupported(
                    f"`{function.name}` calls itself and changes a part of a list or an array",
                    "Hand on the whole of it, and the places where it changes.",
                    node,
                )
            self.check_writable(box, node)
            own = set(self.loans.lenders(box))
            others = [value for j, (value, _) in enumerate(args) if j != k]
            if any(not own.isdisjoint(self._shown_by(other)) for other in others):
                raise self.unsupported(
                    f"`{function.name}` calls itself and changes what it is given twice",
                    "Hand on a copy.",
                    node,
                )

    def _shown_by(self, value: Value) -> list[Box]:
        if isinstance(value, ENTRIES):
            # The lists that its class is in are among the arguments themselves.
            return []
        boxes = [value.box] if isinstance(value, (View, Place)) else list(boxes_in(value))
        return [lender for box in boxes for lender in self.loans.lenders(box)]

    def take_over(self, function: Function, args: Sequence[Handed], left: Sequence[Node]) -> None:
        """Let the caller's lists hold what the function has left in them."""
        for k, new in zip(function.left.changed, left, strict=True):
            box, old = args[k]
            assert isinstance(box, ListBox)
            if not isinstance(new.type, Array):
                self.check_resizing(box)
                self.rows_moved(box)
            self.rename(old, new)
            self.state[box] = new


def _gives_none(tree: ast.AST) -> bool:
    """Whether a function returns no value on any path."""
    if not isinstance(tree, ast.FunctionDef):
        return False
    stack: list[ast.AST] = [*tree.body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return) and not _is_none(node.value):
            return False
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))
    return True


def _is_none(value: ast.AST | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


NOTHING = Structure("tuple", None, ())


def results_of(block: Block, op: Op, args: Sequence[Node], function: Function) -> list[Node]:
    """The results of a call: parts of a record where several have slopes together."""
    types = function.types
    if not function.left.changed or len(types) == 1:
        return [block.add(op, tuple(args), (function.key, k), type) for k, type in enumerate(types)]
    whole = block.add(op, tuple(args), (function.key, WHOLE), Record(types))
    return [
        block.add(
            component
            if type.differentiable and k not in function.left.places
            else counted_component,
            (whole,),
            (k,),
            type,
        )
        for k, type in enumerate(types)
    ]


def value_beside(function: Function, args: Sequence[Handed], layout: Structure) -> Value | None:
    """What a call gives that is no value of its own: a list that was handed on, or None."""
    if function.left.hands_back is not None:
        return args[function.left.hands_back][0]
    return Static(None) if layout is NOTHING else None
