"""Which dicts outside a function keeps values in that may have slopes: its memos, by the text.

A memo is asked whether it has a key, is read and is written to::

    if n in CACHE:
        return CACHE[n]
    CACHE[n] = value

What an earlier call has left there is a number whose slope nobody knows, where ``value`` is
computed from what has slopes.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator


@functools.lru_cache(maxsize=256)
def _asked(tree: ast.AST) -> frozenset[str]:
    """The containers, as texts, that are asked for a key."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[container]):
                found.add(ast.unparse(container))
            case ast.Call(func=ast.Attribute(value=container, attr="get" | "setdefault")):
                found.add(ast.unparse(container))
            case ast.Try(body=body):
                subscripts = (each for part in body for each in ast.walk(part))
                found |= {
                    ast.unparse(each.value)
                    for each in subscripts
                    if isinstance(each, ast.Subscript)
                }
    return frozenset(found)


@functools.lru_cache(maxsize=256)
def _stored(tree: ast.AST) -> tuple[tuple[str, ast.expr], ...]:
    """What is written into containers, with these as texts."""
    found: list[tuple[str, ast.expr]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                found += [
                    (ast.unparse(target.value), value)
                    for target in targets
                    if isinstance(target, ast.Subscript)
                ]
            case ast.Call(func=ast.Attribute(value=owner, attr="setdefault"), args=[_, value]):
                found.append((ast.unparse(owner), value))
    return tuple(found)


def remembered(tree: ast.AST, with_slopes: Iterable[str]) -> list[str]:
    """The containers, as texts, in which values are kept that depend on these names."""
    stored = [(text, value) for text, value in _stored(tree) if text in _asked(tree)]
    if not stored:
        return []
    names = _dependent(tree, set(with_slopes))
    return list(dict.fromkeys(text for text, value in stored if _mentions(value, names)))


def _dependent(tree: ast.AST, names: set[str]) -> set[str]:
    """The names, and those that are computed from them in whatever order."""
    pairs = list(_bindings(tree))
    while True:
        new = {
            name for targets, value in pairs if _mentions(value, names) for name in _names(targets)
        }
        if new <= names:
            return names
        names = names | new


def _bindings(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case (
                ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
            ):
                yield target, value
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield target, value
            case ast.FunctionDef(name=name) if node is not tree:
                yield ast.Name(name), node


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _mentions(tree: ast.AST, names: set[str]) -> bool:
    return not names.isdisjoint(_names(tree))
