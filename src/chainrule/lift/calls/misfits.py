"""Calls that Python itself refuses: too many arguments, too few, or one of another name."""

from __future__ import annotations

import ast
import copy
import types
from typing import Any

from chainrule.lift.source import Source


def complaint(source: Source, count: int, keywords: list[str]) -> str | None:
    """What Python says of a call of a function with so many arguments; None if it takes them."""
    arguments = copy.deepcopy(source.tree.args)
    for parameter in ast.walk(arguments):
        if isinstance(parameter, ast.arg):
            parameter.annotation = None
    nothing = ast.Constant(None)
    arguments.defaults = [nothing for _ in arguments.defaults]
    arguments.kw_defaults = [each and nothing for each in arguments.kw_defaults]
    # It has the same parameters and does nothing.
    module = ast.Expression(ast.Lambda(arguments, nothing))
    code = compile(ast.fix_missing_locations(module), "<parameters>", "eval")
    stand_in: types.FunctionType = eval(code)
    stand_in.__qualname__ = source.function.__qualname__
    named: dict[str, Any] = dict.fromkeys(keywords)
    try:
        stand_in(*[None] * count, **named)
    except TypeError as error:
        return str(error)
    return None
