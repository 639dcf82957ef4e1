"""How the user spells constant expressions, ``2 * math.pi``, and where a name is public."""

from __future__ import annotations

import ast
import enum
import math
import sys
from collections.abc import Callable, Iterable
from typing import Any

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
NAMED = ("pi", "e", "tau")


def constant_text(
    node: ast.BinOp, is_constant_of_math: Callable[[ast.expr, str], bool]
) -> tuple[float, str] | None:
    """Value and text of an expression of numbers alone; ``pi`` in it is that of ``math``."""
    tree = _plain(node, is_constant_of_math)
    if tree is None:
        return None
    text = ast.unparse(tree)
    code = compile(ast.fix_missing_locations(ast.Expression(tree)), "<constant>", "eval")
    try:
        value = eval(code, {name: getattr(math, name) for name in NAMED})
    except ArithmeticError:
        return None
    return (value, text) if isinstance(value, float) else None


def _plain(node: ast.expr, is_constant_of_math: Callable[[ast.expr, str], bool]) -> ast.expr | None:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return node
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in NAMED:
            return ast.Name(name, ast.Load()) if is_constant_of_math(node, name) else None
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, OPERATORS):
            first = _plain(left, is_constant_of_math)
            second = None if first is None else _plain(right, is_constant_of_math)
            if first is None or second is None:
                return None
            return ast.BinOp(first, op, second)
    return None


def argument_places(count: int, names: Iterable[str] = (), first: int = 1) -> list[str]:
    """Arguments of a call that is kept, by place and by name, as templates write them: ``_1_``."""
    named = [f"{name}=_{k}_" for k, name in enumerate(names, first + count)]
    return [*(f"_{k}_" for k in range(first, first + count)), *named]


def name_in_module(known: Any) -> str | None:
    """The qualified name by which its module reaches an object; None where there is none."""
    name = getattr(known, "__qualname__", None)
    if isinstance(known, enum.Enum) and (known.name or "").isidentifier():
        name = f"{type(known).__qualname__}.{known.name}"
    return name if isinstance(name, str) and "<" not in name else None


def public_home(module: str, name: str, known: Any) -> str:
    """The module from which users import what lives in a private one: ``scipy.signal``."""
    parts = module.split(".")
    for count in range(len(parts), 0, -1):
        home = ".".join(parts[:count])
        public = not any(part.startswith("_") for part in parts[:count])
        if public and getattr(sys.modules.get(home), name, None) is known:
            return home
    return module
