"""Calls of functions that stand in the module beside the one that is written."""

from __future__ import annotations

import ast
from typing import Any

from chainrule.emit.plan import Value

# What SciPy's functions give besides the number that is wanted.
PARTS = {
    "scipy.integrate.quad": "_0_[0]",
    "scipy.optimize.root_scalar": "_0_.root",
    "scipy.optimize.fsolve": "_0_[0]",
}
# The keyword for the two ends, where these are no arguments of their own.
ENDS = {"scipy.optimize.root_scalar": "bracket"}


def call_function(speller: Any, value: Value, args: list[ast.expr]) -> ast.expr:
    """``function(...)``."""
    return ast.Call(speller.name(speller.functions[value.params[0]]), args, [])


def call_functional(speller: Any, value: Value, args: list[ast.expr]) -> ast.expr:
    """``quad(function, low, high, args=(...))[0]`` and its like."""
    key, dotted, count, options, *layouts = value.params
    if speller.target.decorator is not None or speller.target.namespace is not None:
        raise speller.refusal(value, f"`{dotted}`")
    keywords = []
    if args[count:]:
        keywords.append(ast.keyword("args", ast.Tuple(args[count:], ast.Load())))
    keywords += [ast.keyword(name, _option(speller, known)) for name, known in options]
    own = args[:count]
    function = speller.name(speller.functions[key])
    for layout in layouts:
        solved: ast.Call = speller.template(f"call({layout})", [function, *own])
        solved.func, solved.keywords = speller.callable(dotted), solved.keywords + keywords
        return solved
    if dotted in ENDS:
        keywords.insert(0, ast.keyword(ENDS[dotted], ast.Tuple(own, ast.Load())))
        own = []
    call = ast.Call(speller.callable(dotted), [function, *own], keywords)
    written: ast.expr = speller.template(PARTS.get(dotted, "_0_"), [call])
    return written


def _option(speller: Any, known: Any) -> ast.expr:
    """An option as it is written; a dict of options is the tuple of its pairs."""
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
