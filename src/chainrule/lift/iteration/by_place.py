"""Items of objects whose class has a ``__getitem__`` and no ``__iter__``.

Python asks them for what is at 0, 1, 2, ... until an IndexError is raised.  Where that is known
here, they are such items in order.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.lift.branches.unreached import raised_by
from chainrule.lift.core import AlwaysRaises, Completion
from chainrule.lift.iteration.yielding import Yielding
from chainrule.lift.values import ObjectBox, Static, TupleValue, Value

# Objects with more items than this are not spread out.
MOST = 64


class ByPlace(Yielding):
    """Lists the items of objects that are asked for them by their places."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Steps that raise an IndexError, since they ask a list for more than it has.
        self.beyond: set[Node] = set()

    def out_of_range(self, base: Value, key: Value) -> NoReturn:
        try:
            super().out_of_range(base, key)
        except AlwaysRaises:
            self.beyond.add(self.block.steps[-1])
            raise

    def known_items(self, value: Value) -> list[Value] | None:
        value = self.read(value)
        if isinstance(value, ObjectBox) and _is_asked_by_place(value.type):
            return self._items_by_place(value)
        return super().known_items(value)

    def opened(self, value: Value, node: ast.AST) -> Value:
        value = self.read(value)
        if isinstance(value, ObjectBox) and _is_asked_by_place(value.type):
            items = self._items_by_place(value)
            return value if items is None else TupleValue(tuple(items))
        return super().opened(value, node)

    def _items_by_place(self, value: ObjectBox) -> list[Value] | None:
        """What ``__getitem__`` gives before it raises; None where only the run tells its end."""
        items: list[Value] = []
        for place in range(MOST):
            ask = partial(self._item_at_place, value, place)
            try:
                path = self.run_path(self.state, partial(_is_done, ask))
            except UnsupportedError:
                # It is asked by something else than places.
                return None
            before, self.state = self.state, path.state
            changed = self.is_changed(before)
            self.state = before
            steps = path.block.steps
            over = path.completion is Completion.RAISES
            if over and (steps[-1] in self.beyond or raised_by(steps[-1]) is IndexError):
                steps = steps[:-1]
            elif over:
                return None
            if changed or any(getattr(step.op, "raises", True) for step in steps):
                return None
            if over:
                return items
            items.append(ask())
        return None

    def _item_at_place(self, value: ObjectBox, place: int) -> Value:
        return self.call_method(value, "__getitem__", [Static(place)], ast.Pass())


def _is_done(ask: Callable[[], Value]) -> Completion:
    ask()
    return Completion.FALLS


def _is_asked_by_place(kind: type) -> bool:
    asked = inspect.getattr_static(kind, "__getitem__", None)
    return isinstance(asked, types.FunctionType) and not hasattr(kind, "__iter__")
