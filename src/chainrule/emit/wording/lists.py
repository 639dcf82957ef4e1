"""Lists as they are written."""

from __future__ import annotations

import ast


def comprehension(
    element: ast.expr, target: ast.expr, iterable: ast.expr, tests: list[ast.expr] | None = None
) -> ast.ListComp:
    """``[element for target in iterable if ...]``."""
    return ast.ListComp(element, [ast.comprehension(target, iterable, tests or [], 0)])


def place_found(speller: object, value: object, args: list[ast.expr]) -> ast.expr:
    """``x.index(wanted)``, and where it is looked for."""
    return ast.Call(ast.Attribute(args[0], "index", ast.Load()), args[1:], [])


def uncopied(text: ast.expr) -> ast.expr:
    """What is written of a list that is read at once: its copy is not needed."""
    match text:
        case ast.Call(ast.Name("list"), [entries], []):
            return entries
    return text


def is_new_list(text: ast.expr) -> bool:
    """Whether what is written gives a list of its own."""
    if isinstance(text, ast.Call):
        return isinstance(text.func, ast.Attribute) and text.func.attr == "tolist"
    return isinstance(text, (ast.List, ast.ListComp))
