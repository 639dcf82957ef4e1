"""Calls of functions that stand in the module beside the one that is written."""

from __future__ import annotations

import ast
from typing import Any

from chainrule.emit.plan import Value
from chainrule.graph.naming import free_name


def call_function(speller: Any, value: Value, args: list[ast.expr]) -> ast.expr:
    """``function(...)``."""
    return ast.Call(speller.name(speller.functions[value.params[0]]), args, [])


def call_functional(speller: Any, value: Value, args: list[ast.expr]) -> ast.expr:
    """``quad(function, low, high, args=(...))[0]`` and its like."""
    key, dotted, count, options, layout, part, *more = value.params
    if speller.target.decorator is not None or speller.target.namespace is not None:
        raise speller.refusal(value, f"`{dotted}`")
    handed: dict[str | None, list[ast.expr]] = {}
    for each in more[0] if more else ():
        handed.setdefault(each[0], []).append(_handed(speller, each, args))
    (function,) = handed.pop(None, None) or [speller.name(speller.functions[key])]
    call: ast.Call = speller.template(f"call({layout})", [function, *args[:count]])
    call.func = speller.callable(dotted)
    if args[count:]:
        call.keywords.append(ast.keyword("args", ast.Tuple(args[count:], ast.Load())))
    call.keywords += [
        ast.keyword(name, given[0] if len(given) == 1 else ast.List(given, ast.Load()))
        for name, given in handed.items()
    ]
    call.keywords += [ast.keyword(name, _option(speller, known)) for name, known in options]
    written: ast.expr = speller.template(part, [call])
    return written


def _handed(speller: Any, handed: Any, args: list[ast.expr]) -> ast.expr:
    """A function that SciPy is given, ``lambda t, a: model(t, a, shift)`` where it needs more."""
    _, key, names, places = handed
    function: ast.expr = speller.name(speller.functions[key])
    if not places:
        return function
    values = [args[place] for place in places]
    walked = (node for value in (function, *values) for node in ast.walk(value))
    taken = {node.id for node in walked if isinstance(node, ast.Name)}
    own: list[str] = []
    for name in names:
        own.append(free_name(name, taken.union(own)))
    given = [ast.Name(name, ast.Load()) for name in own]
    parameters = ast.arguments([], [ast.arg(name) for name in own], None, [], [], None, [])
    return ast.Lambda(parameters, ast.Call(function, [*given, *values], []))


def _option(speller: Any, known: Any) -> ast.expr:
    """An option as it is written; a dict of options is the tuple of its pairs."""
    if isinstance(known, tuple) and hasattr(known, "key"):
        name: ast.expr = speller.name(speller.functions[known.key])
        return name
    if isinstance(known, tuple) and hasattr(known, "entries"):
        keys = [speller.constant(key) for key, _ in known.entries]
        return ast.Dict(keys, [speller.constant(value) for _, value in known.entries])
    found: ast.expr = speller.constant(known)
    return found


def read_curve(speller: Any, value: Value, args: list[ast.expr]) -> ast.expr:
    """``curve(t)``, or with the order of the derivative that is asked for."""
    if not speller.target.has("scipy.interpolate.CubicSpline"):
        raise speller.refusal(value, "a curve of scipy.interpolate")
    if value.op.name.endswith("integral"):
        return ast.Call(ast.Attribute(args[0], "integrate", ast.Load()), args[1:3], [])
    order = value.params[0]
    return ast.Call(args[0], [args[1], *([ast.Constant(order)] if order else [])], [])
