"""Attributes of functions, which may be defined inside of the function: ``hit.terminal = True``."""

from __future__ import annotations

import ast
import types

from chainrule.lift.core import Core
from chainrule.lift.values import Closure, Method, Static, Value


def write_of_closure(lifter: Core, owner: Closure, name: str, value: Value, node: ast.AST) -> None:
    """``owner.name = value``, of a value that is known where the function is defined."""
    known, found = lifter.static_value(value)
    if not known or owner.block is not lifter.block:
        raise lifter.unsupported(
            f"an attribute of `{_name(owner)}` that the run tells",
            "Set it to a number or a word, right where the function is defined.",
            node,
        )
    owner.attributes[name] = Static(found)


def read_of_closure(lifter: Core, owner: Closure, name: str, node: ast.AST) -> Value:
    """``owner.name``."""
    if name in owner.attributes:
        return owner.attributes[name]
    if name == "__name__":
        return Static(_name(owner))
    raise lifter.unsupported(
        f"`.{name}` of a function that is defined here", "Set it where it is defined.", node
    )


def holder_of_attribute(value: Value, name: str) -> Value:
    """What holds an attribute of a value: of a bound method its function."""
    own = hasattr(types.MethodType, name)
    if isinstance(value, Method) and isinstance(value.function, (Static, Closure)) and not own:
        known = isinstance(value.function, Closure) or callable(value.function.value)
        return value.function if known else value
    return value


def _name(owner: Closure) -> str:
    return owner.tree.name if isinstance(owner.tree, ast.FunctionDef) else "<lambda>"
