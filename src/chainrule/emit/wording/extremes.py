"""Python's ``max`` and ``min`` of more than two numbers."""

from __future__ import annotations

import ast

EXTREMES = ("builtins.max", "builtins.min")


def of_several(call: ast.Call) -> ast.Call:
    """``max(a, b, c)`` for ``max(max(a, b), c)``, which compares the same in the same order."""
    match call.args[0]:
        case ast.Call(func=func, args=[_, _, *_] as args, keywords=[]) if ast.dump(
            func
        ) == ast.dump(call.func):
            return ast.Call(func, [*args, *call.args[1:]], [])
    return call
