"""``Rotation`` of :mod:`scipy.spatial.transform`, in whose place a class of Python's is lifted."""

from __future__ import annotations

import ast
import sys
from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, array_of
from chainrule.lift.calls.callees import home_of
from chainrule.lift.objects.registries import Registries
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.primitives.custom import spoken, stopped

HOME = "scipy.spatial.transform"


class Rotations(Registries):
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

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        if home_of(function.value) == f"{_PACKAGE}.turns":
            turns = _turns()
            if function.value is turns.made:
                return self._as_scipy_does(args, node, OPAQUE)
            if function.value is turns.asked:
                single = self.static_value(args[0])[1]
                type = array_of("float64", (False,) if single else (False, False))
                return self.boxed(self._as_scipy_does(args[1:], node, type))
            if function.value is turns.told:
                own = self.array_node(args[0])
                given = self._as_scipy_does(args[1:], node, own.type)
                return self.boxed(self.primitive(spoken, given, own))
        return super()._call_object(function, args, keywords, node)

    def _as_scipy_does(self, args: list[Value], node: ast.AST, type: Any) -> Any:
        """What SciPy itself makes of it."""
        known, text = self.static_value(args[0])
        assert known
        kind = self.static_node(Static(sys.modules[HOME].Rotation))
        given = map(self.node, args[1:])
        # Slopes are those of the formula.
        nodes = [kind, *(self.primitive(stopped, n) if has_slope(n) else n for n in given)]
        return self.verbatim(text, *nodes, type=type, pure=True, carries=False)


_PACKAGE = "chainrule.lift.library"


def has_slope(node: Node) -> bool:
    """Whether a derivative may flow through a value."""
    return node.op is not CONSTANT and node.type.differentiable


def _turns() -> Any:
    import importlib

    return importlib.import_module(f"{_PACKAGE}.turns")


def _is_class(found: Any) -> bool:
    module = sys.modules.get(HOME)
    return module is not None and found is module.Rotation
