"""Which dicts outside a function keeps values in that may have slopes: its memos, by the text.

A memo is asked whether it has a key, is read and is written to::

    if n in CACHE:
        return CACHE[n]
    CACHE[n] = value

What an earlier call has left there is a number whose slope nobody knows, where ``value`` is
computed from what has slopes.  A list is asked by ``MEMO[n] is None``.  A memo may have another
name (``known = self.known``), but what is copied from it is a dict of the function's own.
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
            case (
                ast.Compare(
                    ops=[ast.In() | ast.NotIn()],
                    comparators=[ast.Call(func=ast.Attribute(value=container, attr="keys"))],
                )
                | ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[container])
                | ast.Compare(
                    left=ast.Subscript(value=container),
                    ops=[ast.Is() | ast.IsNot()],
                    comparators=[ast.Constant(None)],
                )
            ):
                found.add(ast.unparse(container))
            case ast.Call(func=ast.Attribute(value=container, attr="get" | "setdefault")):
                found.add(ast.unparse(container))
            case ast.Try(body=body):
                found |= {ast.unparse(each.value) for part in body for each in _read(part)}
    return frozenset(found)


def _read(tree: ast.AST) -> Iterator[ast.Subscript]:
    """The entries that are read."""
    for node in ast.walk(tree):
        match node:
            case ast.AugAssign(target=ast.Subscript() as target):
                yield target
            case ast.Subscript(ctx=ast.Load()):
                yield node


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
            case ast.Call(
                func=ast.Attribute(value=owner, attr="update"), args=given, keywords=named
            ):
                values = (*given, *(each.value for each in named))
                found += [(ast.unparse(owner), value) for value in values]
    return tuple(found)


def _other_names(tree: ast.AST) -> dict[str, list[str]]:
    """Of each name that is assigned to, the containers, as texts, for which it may stand."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                found.setdefault(name, []).extend(map(ast.unparse, _may_be(value)))
            case ast.Name(name, ast.Store()):
                found.setdefault(name, [])
    return found


def _may_be(value: ast.expr) -> Iterator[ast.expr]:
    """The names and attributes of which an expression gives one as it is."""
    match value:
        case ast.Name() | ast.Attribute():
            yield value
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*_may_be(body), *_may_be(orelse))
        case ast.BoolOp(values=values):
            yield from (part for each in values for part in _may_be(each))


def _known_as(text: str, others: dict[str, list[str]]) -> Iterator[str]:
    """The containers, as texts that no assignment explains, for which a text may stand."""
    waiting, seen = [text], {text}
    while waiting:
        name = waiting.pop(0)
        meant = others.get(name)
        if meant is None or name in meant:
            yield name
        fresh = [each for each in dict.fromkeys(meant or ()) if each not in seen]
        waiting += fresh
        seen.update(fresh)


def remembered(tree: ast.AST, with_slopes: Iterable[str]) -> list[str]:
    """The containers, as texts, in which values are kept that depend on these names."""
    asked = _asked(tree)
    stored = [(text, value) for text, value in _stored(tree) if text in asked]
    if not stored:
        return []
    names = _dependent(tree, set(with_slopes))
    others = _other_names(tree)
    texts = (text for text, value in stored if _mentions(value, names))
    return list(dict.fromkeys(meant for text in texts for meant in _known_as(text, others)))


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
