"""The points of ``chainrule verify``: given by ``--at``, drawn from ``--range``."""

from __future__ import annotations

import ast
import inspect
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.report.leaves import is_array, is_number, leaves, replaced

Arguments = dict[str, Any]
NAMED_VALUES = {"inf": math.inf, "nan": math.nan, "pi": math.pi}
# What of NumPy may make an array in --at.
ARRAYS = ("arange", "array", "eye", "full", "linspace", "ones", "zeros")


def parse_arguments(text: str) -> Arguments:
    """``"S=100, K=95"`` as a dictionary; values are Python literals."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args
        found = {str(item.arg): literal(item.value) for item in call.keywords if item.arg}
        assert len(found) == len(call.keywords), "unpacked, or given twice"
        return found
    except (SyntaxError, ValueError, TypeError, AssertionError):
        raise ArgumentError(
            f'--at "{text}" cannot be read',
            remedy="Write it as NAME=VALUE pairs: --at \"K=95, kind='call', x=array([1.0])\".",
        ) from None


def literal(node: ast.expr) -> Any:
    """The value of a literal; inf, nan and pi are known by name, and ways to make an array."""
    match node:
        case ast.Name(id=name) if name in NAMED_VALUES:
            return NAMED_VALUES[name]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Name()):
            return -literal(node.operand)
        case ast.List(elts=items):
            return [literal(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(literal(item) for item in items)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return {ast.literal_eval(key): literal(value) for key, value in pairs if key}
        case (
            ast.Call(func=ast.Name(id=name), args=args, keywords=[])
            | ast.Call(
                func=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name),
                args=args,
                keywords=[],
            )
        ) if name in ARRAYS:
            import numpy as np

            return getattr(np, name)(*(literal(arg) for arg in args))
    return ast.literal_eval(node)


def written(value: Any) -> str:
    """A value as it is written for ``--at``."""
    if is_array(value):
        return f"array({value.tolist()!r})"
    return repr(value.item() if is_number(value) and hasattr(value, "item") else value)


def parse_range(text: str) -> tuple[str, float, float]:
    """``S=50:150`` as name, low and high end."""
    name, _, ends = text.partition("=")
    low, colon, high = ends.partition(":")
    try:
        ends_ = float(low), float(high)
        if colon and name.strip().isidentifier() and -math.inf < ends_[0] <= ends_[1] < math.inf:
            return name.strip(), *ends_
    except ValueError:
        pass
    raise ArgumentError(f'--range "{text}" cannot be read', remedy="Write it as S=50:150.")


def points(
    function: Callable[..., Any],
    at: Sequence[str],
    ranges: Sequence[str],
    samples: int,
    seed: int,
) -> list[Arguments]:
    """The arguments to verify at, each complete; defaults fill what is not given."""
    given = [parse_arguments(text) for text in at]
    drawn = [parse_range(text) for text in ranges]
    if not drawn:
        return [complete(function, arguments) for arguments in given or [{}]]
    if len(given) > 1:
        raise ArgumentError(
            "--range with several --at", remedy="Give the fixed parameters in one --at."
        )
    generator = random.Random(seed)
    fixed = given[0] if given else {}

    def draw(name: str, low: float, high: float) -> Any:
        """A number, or as many as what --at gives holds."""
        value = fixed.get(name, 0.0)
        for path, _ in list(leaves(value)):
            value = replaced(value, path, generator.uniform(low, high))
        return value

    return [
        complete(function, {**fixed, **{name: draw(name, low, high) for name, low, high in drawn}})
        for _ in range(samples)
    ]


def complete(function: Callable[..., Any], arguments: Arguments) -> Arguments:
    """The arguments with the function's defaults; what is missing or unknown is refused."""
    parameters = inspect.signature(function).parameters
    for name in arguments:
        if name not in parameters:
            raise ArgumentError(
                f"the function has no parameter `{name}`",
                remedy=f"Its parameters are {', '.join(parameters)}.",
            )
    full: Arguments = {}
    for name, parameter in parameters.items():
        if name in arguments:
            full[name] = arguments[name]
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        elif parameter.default is not parameter.empty:
            full[name] = parameter.default
        elif name == "self":
            raise ArgumentError(
                "the method needs an object",
                remedy="Name a function that makes the object and calls the method.",
            )
        else:
            raise ArgumentError(
                f"no value for the parameter `{name}`",
                remedy=f'Give it by --at "{name}=1.0" or draw it by --range {name}=0:1.',
            )
    return full
