"""Arithmetic operations of straight-line Python, counted on its syntax tree.

Each of ``+ - * / // % **``, each negation and each call of a function counts one, in what the
function executes: the body of a helper counts once for every call of it.  Comparisons, reads
and writes count nothing, and neither does arithmetic among literals.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

FREE_CALLS = {"float", "len", "tuple", "list"}


def operations_of_source(source: str, name: str) -> int:
    """Operations of the function ``name`` of a module's text."""
    definitions = {
        node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
    }
    return count(definitions[name], definitions.get)


def operations_of(function: Callable[..., Any]) -> int:
    """Operations of a function and of the Python functions that it calls."""

    def definition(name: str) -> ast.FunctionDef | None:
        called = function.__globals__.get(name)
        return tree_of(called) if inspect.isfunction(called) else None

    return count(tree_of(function), definition)


def tree_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """The definition of a function."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


def count(tree: ast.FunctionDef, definition: Callable[[str], ast.FunctionDef | None]) -> int:
    """Operations in the body of ``tree``; ``definition`` finds helpers by name."""
    known: dict[str, int] = {}

    def cost(node: ast.AST) -> int:
        below = 0
        for child in ast.iter_child_nodes(node):
            below += cost(child)
        if isinstance(node, ast.BinOp):
            return below + (not literal(node))
        if isinstance(node, ast.AugAssign):
            return below + 1
        if isinstance(node, ast.UnaryOp):
            return below + (isinstance(node.op, ast.USub) and not literal(node))
        if isinstance(node, ast.Call):
            return below + call(node)
        if isinstance(node, (ast.For, ast.While)):
            raise ValueError("operations of loops cannot be counted on the text")
        return below

    def call(node: ast.Call) -> int:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in FREE_CALLS or all(map(literal, node.args)):
            return 0
        helper = definition(name)
        if helper is None:
            return 1
        if name not in known:
            known[name] = sum(map(cost, helper.body))
        return known[name]

    return sum(map(cost, tree.body))


def literal(node: ast.expr) -> bool:
    """Whether the expression has no variable."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp):
        return literal(node.operand)
    if isinstance(node, ast.BinOp):
        return literal(node.left) and literal(node.right)
    return isinstance(node, ast.Call) and bool(node.args) and all(map(literal, node.args))


def sympy_gradient(function: Callable[..., Any], names: tuple[str, ...]) -> Mapping[str, Any]:
    """What SymPy's ``diff`` and ``cse`` make of the gradient.

    Returns a mapping with ``symbols`` (parameters), ``shared`` (the definitions that ``cse``
    found), ``results`` and ``source``, a module text with a function ``gradient``.
    """
    import sympy
    from sympy.printing.pycode import PythonCodePrinter

    symbols = [sympy.Symbol(name, real=True) for name in inspect.signature(function).parameters]
    value = retarget(function, sympy)(*symbols)
    values = value if isinstance(value, (tuple, list)) else [value]
    active = [symbol for symbol in symbols if symbol.name in names]
    partials = [sympy.sympify(item).diff(symbol) for item in values for symbol in active]
    shared, results = sympy.cse(partials)
    printer = PythonCodePrinter({"fully_qualified_modules": False})
    lines = [f"def gradient({', '.join(map(str, symbols))}):"]
    lines += [f"    {name} = {printer.doprint(expression)}" for name, expression in shared]
    lines += [f"    return ({', '.join(map(printer.doprint, results))},)"]
    return {
        "symbols": symbols,
        "shared": shared,
        "results": results,
        "source": "\n".join([*lines, ""]),
    }


def retarget(function: Callable[..., Any], library: Any, names: Mapping[str, str] = {}) -> Any:
    """The same code with the functions of ``math`` taken from another library.

    ``names`` gives the library's names where they differ from those of ``math``.
    """
    import types

    changed = dict(function.__globals__)
    for name, value in function.__globals__.items():
        if getattr(value, "__module__", None) == "math":
            changed[name] = getattr(library, names.get(name, name), value)
        elif inspect.isfunction(value) and value.__globals__ is function.__globals__:
            changed[name] = types.FunctionType(value.__code__, changed, name, value.__defaults__)
    return types.FunctionType(
        function.__code__, changed, function.__name__, function.__defaults__
    )
