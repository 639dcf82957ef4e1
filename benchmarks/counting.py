"""Arithmetic operations of straight-line Python, counted on its syntax tree.

Each of ``+ - * / // % **``, each negation and each call of a function counts one, in what the
function executes: the body of a helper counts once for every call of it, and of two branches
the dearer one.  Comparisons, questions of kind, reads and writes count nothing, and neither does
arithmetic among literals.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

FREE_CALLS = {"float", "len", "tuple", "list", "isinstance"}


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
        if isinstance(node, ast.IfExp):
            return cost(node.test) + max(cost(node.body), cost(node.orelse))
        if isinstance(node, ast.If):
            arms = (sum(map(cost, node.body)), sum(map(cost, node.orelse)))
            return cost(node.test) + max(arms)
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
    if isinstance(node, ast.Name):
        return node.id == "pi"
    if isinstance(node, ast.UnaryOp):
        return literal(node.operand)
    if isinstance(node, ast.BinOp):
        return literal(node.left) and literal(node.right)
    return isinstance(node, ast.Call) and bool(node.args) and all(map(literal, node.args))
