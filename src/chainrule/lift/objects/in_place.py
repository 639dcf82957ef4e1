"""``s |= t`` of sets, deques, byte arrays and counters, which are kept as they are.

Such an object is changed, and every name of it sees that; of what is no such object the operator
gives a new value.
"""

from __future__ import annotations

import ast
from collections import deque

from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, OPAQUE
from chainrule.lift.containers.items import SYMBOLS
from chainrule.lift.objects.special_methods import SpecialMethods
from chainrule.lift.refusing import BINARY_METHODS
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.primitives.effect import CALL

# Methods that do what an operator does, where both sides are of the class.
METHODS: dict[tuple[type, type], str] = {
    (set, ast.BitOr): "update",
    (set, ast.BitAnd): "intersection_update",
    (set, ast.Sub): "difference_update",
    (set, ast.BitXor): "symmetric_difference_update",
    (deque, ast.Add): "extend",
}


class InPlace(SpecialMethods):
    """Lifts augmented assignments to objects that are kept as they are."""

    def in_place(self, operator: type, old: Value, operand: Value, node: ast.AST) -> Value | None:
        found = super().in_place(operator, old, operand, node)
        name = f"__i{BINARY_METHODS.get(operator)}__"
        if found is not None or not any(hasattr(kind, name) for kind in self._kept_kinds(old)):
            return found
        if isinstance(old, Static):
            if old.node is None and not self._has_other_name(old, node):
                return None
            symbol, noun = SYMBOLS.get(operator, "?"), type(old.value).__name__
            raise self.unsupported(
                f"`{symbol}=` changes a {noun} that is known by another name, or outside",
                f"Make a new one: `b = a {symbol} ...`.",
                node,
            )
        kind = self._kept_kinds(old)[0]
        alike = kind in self._kept_kinds(operand)
        method = METHODS.get((kind, operator), name) if alike else name
        refusal = self.unsupported(
            f"cannot differentiate through the method `{method}`",
            "Only methods of lists, dicts and the user's own classes are understood.",
            node,
        )
        changed = self.object_node(old) if isinstance(old, ObjectBox) else self.node(old)
        text = f"_0_.{method}(_1_)"
        self.block.add(CALL, (changed, self.node(operand)), (text, DYNAMIC, refusal), DYNAMIC)
        return old

    def _kept_kinds(self, value: Value) -> tuple[type, ...]:
        """The classes of an object that is kept as it is; none of anything else."""
        value = self.read(value)
        if isinstance(value, Static):
            kind = type(value.value)
            return () if issubclass(kind, (list, tuple, dict)) else (kind,)
        if isinstance(value, ObjectBox):
            return (value.type,)
        if isinstance(value, Node) and value.type in (OPAQUE, DYNAMIC):
            made = self.kept_kinds.get(self.held_before(value)[-1])
            return () if made is None else (made,)
        return ()

    def _has_other_name(self, old: Static, node: ast.AST) -> bool:
        target = node.target if isinstance(node, ast.AugAssign) else None
        own = target.id if isinstance(target, ast.Name) else None
        return any(
            isinstance(value, Static) and value.value is old.value
            for key, value in self.state.items()
            if key != (self.frame, own)
        )
