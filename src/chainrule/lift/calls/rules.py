"""Functions with a derivative rule given by the user, and ``stop_gradient``."""

from __future__ import annotations

import ast
from typing import Any

from chainrule.graph.node import Node
from chainrule.lift.iteration.advancing import Advancing
from chainrule.lift.values import ListBox, TupleValue, Value
from chainrule.markers import stop_gradient
from chainrule.primitives.custom import custom_rule, stopped


class Rules(Advancing):
    """Recognises functions whose derivative the user has defined."""

    def is_rule(self, found: Any) -> bool:
        return found is stop_gradient or custom_rule(found) is not None

    def apply_rule(
        self, found: Any, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        if found is stop_gradient:
            return self._stopped(args[0])
        primitive = custom_rule(found)
        assert primitive is not None
        if keywords or len(args) != primitive.arity:
            raise self.unsupported(
                f"`{primitive.name}` has a derivative for {primitive.arity} positional arguments",
                "Call it with these.",
                node,
            )
        return self.primitive(
            primitive, *(self.node(arg) for arg in args), params=primitive.callables
        )

    def _stopped(self, value: Value) -> Value:
        """``value`` as a constant for every derivative."""
        value = self.read(value)
        if isinstance(value, Node):
            return self.primitive(stopped, value)
        if isinstance(value, TupleValue):
            return TupleValue(tuple(map(self._stopped, value.items)), value.named)
        if self.is_array(value):
            return self.boxed(self.primitive(stopped, self.node(value)))
        if isinstance(value, ListBox):
            box = ListBox()
            content = self.content(value)
            self.state[box] = (
                self.primitive(stopped, content)
                if isinstance(content, Node)
                else [self._stopped(v) for v in content]
            )
            return box
        return value
