"""Private names of classes, `__x`, as Python spells them: `_Class__x`."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator

# Where syntax has a name that Python mangles, by the attribute that holds it.
NAMED: dict[type[ast.AST], str] = {
    ast.Attribute: "attr",
    ast.Name: "id",
    ast.arg: "arg",
    ast.FunctionDef: "name",
    ast.ExceptHandler: "name",
}


def mangle(tree: ast.AST, code: types.CodeType) -> None:
    """Spell private names in the tree of a method as its code has them.

    The code tells which class the function was defined in, wherever it is found now.
    """
    nodes = [node for node in ast.walk(tree) if type(node) in NAMED and _is_private(_name(node))]
    if not nodes:
        return
    spelled = list(dict.fromkeys(_names(code)))
    for node in nodes:
        name = _name(node)
        ends = (known for known in spelled if known.endswith(name) and known != name)
        mangled = next((known for known in ends if known[0] == "_" != known[1:2]), None)
        if mangled is not None and name not in spelled:
            setattr(node, NAMED[type(node)], mangled)


def _name(node: ast.AST) -> str:
    return getattr(node, NAMED[type(node)]) or ""


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _names(code: types.CodeType) -> Iterator[str]:
    """The names in a code and in those nested in it."""
    yield from (*code.co_names, *code.co_varnames, *code.co_cellvars, *code.co_freevars)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant.co_name
            yield from _names(constant)
