"""Attributes of functions that are defined inside of the function: ``hit.terminal = True``."""

from __future__ import annotations

import ast

from chainrule.lift.core import Core
from chainrule.lift.values import Closure, Static, Value


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


def _name(owner: Closure) -> str:
    return owner.tree.name if isinstance(owner.tree, ast.FunctionDef) else "<lambda>"
