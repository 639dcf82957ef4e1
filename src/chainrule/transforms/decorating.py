"""Derivatives that stand in the place of their functions: those of ``@grad`` and its kin."""

from __future__ import annotations

import ast
import types
from typing import Any

from chainrule.lift.source import Source
from chainrule.transforms import public

TRANSFORMS = (
    public.grad,
    public.value_and_grad,
    public.jacobian,
    public.hessian,
    public.jvp,
    public.vjp,
    public.hvp,
)


def named_in_place(made: Any, source: Source) -> None:
    """Let a derivative that a decorator makes be found where its function would be.

    Its name is the one that it is bound to: so it can be pickled, and sent to another process.
    """
    if isinstance(made, types.FunctionType) and _is_decorated(source):
        made.__name__, made.__qualname__ = source.function.__name__, source.function.__qualname__


def _is_decorated(source: Source) -> bool:
    """Whether a transform of ours stands above the function."""
    decorators: list[ast.expr] = getattr(source.tree, "decorator_list", [])
    found = [_named(each, source.function.__globals__) for each in decorators]
    return any(one is other for one in found for other in TRANSFORMS)


def _named(decorator: ast.expr, names: dict[str, Any]) -> Any:
    """What a decorator, or the function that it calls, is called by; None where that is unknown."""
    match decorator:
        case ast.Call(func):
            return _named(func, names)
        case ast.Name(name):
            return names.get(name)
        case ast.Attribute(owner, name):
            return getattr(_named(owner, names), name, None)
    return None
