"""``Rotation`` of :mod:`scipy.spatial.transform`, in whose place a class of Python's is lifted."""

from __future__ import annotations

import ast
import sys
from typing import Any

from chainrule.lift.scipy.formulas import Formulas
from chainrule.lift.values import ObjectBox, Static, Value

HOME = "scipy.spatial.transform"


class Rotations(Formulas):
    """Lifts rotations."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # Rotations that exist outside of the function, as those that it makes.
        self._turns: dict[Value, Value] = {}

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        held = self.read(owner)
        if isinstance(held, Static) and _is_class(held.value):
            if not hasattr(_turns().Turn, name):
                raise self.unsupported(
                    f"`Rotation.{name}`", "Make it of a vector, of angles or of a quaternion.", node
                )
            return super().attribute(Static(_turns().Turn), name, node)
        return super().attribute(self._as_turn(held, node), name, node)

    def call_method(
        self,
        owner: Value,
        name: str,
        args: list[Value],
        node: ast.AST,
        keywords: dict[str, Value] | None = None,
    ) -> Value:
        return super().call_method(self._as_turn(owner, node), name, args, node, keywords)

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        left, right = self._as_turn(left, node), self._as_turn(right, node)
        return super().binary(operator, left, right, node)

    def _as_turn(self, value: Value, node: ast.AST) -> Value:
        """A rotation that is given as one that the function makes; what else it is."""
        held = self.read(value)
        if isinstance(held, ObjectBox):
            found = held.instance
        else:
            found = held.value if isinstance(held, Static) else None
        if found is None or not _is_class(type(found)):
            return value
        if held not in self._turns:
            given = [Static(None, lambda: super(Rotations, self).node(held)), Static(found.single)]
            self._turns[held] = self.call(Static(_turns().given), given, {}, node)
        return self._turns[held]


_PACKAGE = "chainrule.lift.library"


def _turns() -> Any:
    import importlib

    return importlib.import_module(f"{_PACKAGE}.turns")


def _is_class(found: Any) -> bool:
    module = sys.modules.get(HOME)
    return module is not None and found is module.Rotation
