"""``StopIteration`` as what ends a loop: raised and caught where both are seen.

``next(it)`` that a ``try`` awaits is asked for what it gives where nothing is left::

    try:                                 item = next(it, Ended)
        total += next(it)                if item is Ended:
    except StopIteration:    means           break
        break                            else:
                                             total += item

and a ``__next__`` for another value in the place of ``raise StopIteration``.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.lift.library.cursors import Ended

Free = Callable[[str], str]
LEAVING = (ast.Break, ast.Continue, ast.Return, ast.Raise)
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)
# Parts of an expression that may be evaluated at another time, or not at all.
APART = (
    *(ast.Lambda, ast.IfExp, ast.BoolOp, ast.Compare, ast.NamedExpr),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
PLAIN = (ast.Name, ast.Constant, ast.Attribute, ast.Tuple, ast.List, ast.UnaryOp, ast.Starred)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def told_apart(node: ast.Try, free: Free) -> list[ast.stmt] | None:
    """What a ``try`` means that awaits the end of an iterator first; None of any other."""
    if node.finalbody or len(node.handlers) != 1 or not _awaits_end(node.handlers[0]):
        return None
    handler, first, rest = node.handlers[0], node.body[0], node.body[1:]
    asked = _asks_first(first)
    if asked is None:
        return None
    name = free("item")
    given = _replaced(first, asked, ast.Name(name, ast.Load()))
    following: list[ast.stmt] = [given, *rest]
    if any(isinstance(part, ast.Call) for stmt in rest for part in ast.walk(stmt)) or (
        _asks_first(given) is not None
    ):
        still = ast.Try(following, [handler], node.orelse, [])
        if not any(isinstance(part, ast.Call) for part in ast.walk(given)):
            still = ast.Try(rest, [handler], node.orelse, [])
            following = [given, still]
        else:
            following = [still]
    else:
        following += node.orelse
    made = [_bound(name, asked), ast.If(_is_end(name), handler.body, following)]
    if isinstance(handler.body[-1], LEAVING):
        made = [made[0], ast.If(_is_end(name), handler.body, []), *following]
    return [ast.fix_missing_locations(ast.copy_location(stmt, first)) for stmt in made]


def giving(tree: ast.FunctionDef, default: str, free: Free) -> ast.FunctionDef:
    """``__next__`` with another parameter, which it returns where it raised ``StopIteration``."""
    arguments = copy.copy(tree.args)
    arguments.args = [*arguments.args, ast.arg(default)]
    arguments.defaults = []
    body = _giving(tree.body, default, free)
    made = ast.FunctionDef(tree.name, arguments, body, [])
    return ast.fix_missing_locations(ast.copy_location(made, tree))


def parted(tree: ast.FunctionDef) -> tuple[ast.FunctionDef, ...] | None:
    """``__next__`` that raises ``StopIteration`` at its beginning only: whether it does, what it
    does before, and the rest; None of any other."""
    body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
    first, rest = body[0], body[1:]
    if not isinstance(first, ast.If) or _is_felt(first.test):
        return None
    *before, inside = first.body
    if not isinstance(inside, ast.Raise) or not _is_stop(inside.exc):
        return None
    if not all(isinstance(part, (ast.Assign, ast.Expr)) for part in before):
        return None
    rest = [*first.orelse, *rest]
    stops = (part for stmt in rest for part in ast.walk(stmt))
    if not rest or any(
        (isinstance(part, ast.Raise) and _is_stop(part.exc))
        or (isinstance(part, ast.Call) and _is_next(part))
        for part in stops
    ):
        return None
    test = ast.copy_location(ast.Return(first.test), first)
    bodies: list[list[ast.stmt]] = [[test], before or [ast.Pass()], rest]
    made = [ast.FunctionDef(tree.name, tree.args, each, []) for each in bodies]
    return tuple(ast.fix_missing_locations(ast.copy_location(each, tree)) for each in made)


def _is_felt(node: ast.expr) -> bool:
    """Whether it may matter how often an expression is evaluated."""
    felt = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
    return any(
        isinstance(part, felt) or (isinstance(part, ast.Call) and not _is_length(part))
        for part in ast.walk(node)
    )


def _is_length(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in ("len", "number_of")


def _giving(body: Sequence[ast.stmt], default: str, free: Free) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for node in body:
        given = ast.copy_location(ast.Return(ast.Name(default, ast.Load())), node)
        asked = _asks_first(node)
        made: list[ast.stmt]
        if isinstance(node, ast.Raise) and _is_stop(node.exc):
            made = [given]
        elif asked is not None:
            name = free("item")
            rest = _replaced(node, asked, ast.Name(name, ast.Load()))
            made = [_bound(name, asked), ast.If(_is_end(name), [given], [])]
            made += _giving([rest], default, free)
        elif isinstance(node, (ast.If, ast.For, ast.While, ast.With)):
            inner = copy.copy(node)
            inner.body = _giving(node.body, default, free)
            if not isinstance(inner, ast.With) and not isinstance(node, ast.With):
                inner.orelse = _giving(node.orelse, default, free)
            made = [inner]
        else:
            made = [node]
        found += [ast.copy_location(stmt, node) for stmt in made]
    return found


def _awaits_end(handler: ast.ExceptHandler) -> bool:
    return _is_stop(handler.type) and handler.name is None


def _is_stop(node: ast.expr | None) -> bool:
    called = node.func if isinstance(node, ast.Call) and not node.args else node
    return isinstance(called, ast.Name) and called.id == "StopIteration"


def _asks_first(node: ast.stmt) -> ast.Call | None:
    """The ``next(it)`` that is evaluated before all else of a statement that may be felt."""
    if not isinstance(node, SIMPLE) or node.value is None:
        return None
    if isinstance(node, ast.AugAssign) and not isinstance(node.target, ast.Name):
        return None
    found = _first_asked(node.value)
    return found if isinstance(found, ast.Call) else None


def _first_asked(node: ast.expr) -> ast.Call | bool | None:
    """As above; False where something else may be felt before, None where nothing may be."""
    if isinstance(node, ast.Call) and _is_next(node):
        return node
    inner = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    if isinstance(node, ast.Call):
        # The function is looked up first, and called last.
        inner = list(node.args) if isinstance(node.func, (ast.Name, ast.Attribute)) else []
    if isinstance(node, APART):
        return False
    for each in inner:
        found = _first_asked(each)
        if found is not None:
            return found
    harmless = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult))
    return None if harmless or isinstance(node, PLAIN) else False


def _is_next(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id == "next"
    plain = len(call.args) == 1 and isinstance(call.args[0], (ast.Name, ast.Attribute))
    return named and plain and not call.keywords


def _end() -> ast.expr:
    # A value that is written into the tree itself has no name that could be another's.
    value: Any = Ended
    return ast.Constant(value)


def _bound(name: str, asked: ast.Call) -> ast.stmt:
    called = ast.Call(asked.func, [*asked.args, _end()], [])
    return ast.Assign([ast.Name(name, ast.Store())], ast.copy_location(called, asked))


def _is_end(name: str) -> ast.expr:
    return ast.Compare(ast.Name(name, ast.Load()), [ast.Is()], [_end()])


def _replaced(node: ast.stmt, old: ast.AST, new: ast.expr) -> ast.stmt:
    """A copy of a statement with one expression in it replaced by another."""
    memo: dict[int, Any] = {id(old): ast.copy_location(new, old)}
    # What is noted of expressions by their identity stays.
    for part in ast.walk(node):
        if isinstance(part, SCOPES):
            memo[id(part)] = part
    return copy.deepcopy(node, memo)
