"""Numbers in the place of iterables: what is given them raises at once, before any item is read."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Hashable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import is_complex
from chainrule.lift.containers.items import PLAIN_NUMBERS
from chainrule.lift.iteration.range_parts import RangeParts
from chainrule.lift.values import Static, Value

# Which of their arguments functions run over, or ask whether they can.
ITERATED: dict[Any, slice] = {
    builtins.iter: slice(0, 1),
    builtins.enumerate: slice(0, 1),
    builtins.reversed: slice(0, 1),
    builtins.zip: slice(0, None),
    builtins.map: slice(1, None),
    builtins.filter: slice(1, 2),
    builtins.vars: slice(0, 1),
    itertools.accumulate: slice(0, 1),
    itertools.cycle: slice(0, 1),
    itertools.islice: slice(0, 1),
    itertools.product: slice(0, None),
}


class NoIterables(RangeParts):
    """Raises where a number is to be run over, as Python does when it is asked for its items."""

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        found = function.value
        if isinstance(found, Hashable) and found in ITERATED and not (found is iter and args[1:]):
            for value in args[ITERATED[found]]:
                number = self._number(value)
                if number is not None:
                    before = "lambda *_: _, " if found in (map, filter) else ""
                    self.raises_itself(f"{function.value.__name__}({before}_0_)", number)
        return super()._call_object(function, args, keywords, node)

    def as_list(self, value: Value, node: ast.AST) -> Value:
        """Any iterable as a list or tuple; unpacking it into names says what it misses itself."""
        number = self._number(value) if isinstance(node, ast.Starred) else None
        if number is not None:
            self.raises_itself("[*_0_]", number)
        return super().as_list(value, node)

    def _generator(self, node: ast.GeneratorExp) -> Value:
        first = node.generators[0].iter
        if isinstance(first, ast.Name):
            number = self._number(self.expression(first))
            if number is not None:
                self.raises_itself("iter(_0_)", number)
        return super()._generator(node)

    def _number(self, value: Value) -> Node | None:
        """A number, or None, where the body of a ``try`` may mean what it raises."""
        value = self.read(value)
        if self.attempts and isinstance(value, Static) and value.value is None:
            return self.node(value)
        if not self.attempts or not isinstance(value, Node):
            return None
        is_one = value.type in PLAIN_NUMBERS or (
            is_complex(value.type) and not self.is_array(value)
        )
        return value if is_one else None
