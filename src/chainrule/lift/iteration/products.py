"""Loops over ``itertools.product`` of ranges as the nested loops that they stand for.

``for i, j in product(range(n), range(m))`` gathers nothing: its steps are those of a loop in a
loop, as long as no step leaves both, and the ranges are the same in every step.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chainrule.lift.iteration.exits import breaks_out

MOST_PLACES = 6
# Of what a step calls, these change no list and no name.
HARMLESS = {"abs", "bool", "float", "int", "len", "max", "min", "pow", "range", "round", "sum"}
MODULES = {"cmath", "math", "np", "numpy"}

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def nest_products(tree: ast.AST, names: Mapping[str, Any]) -> None:
    """Write loops over products as nested ones; ``names`` are the function's globals."""
    if any(isinstance(part, (ast.Nonlocal, ast.Global)) for part in ast.walk(tree)):
        return
    bound = _bound([tree])
    known = {name: value for name, value in names.items() if name not in bound}
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.For):
            if node.orelse or breaks_out(node) or _is_read_behind(node, tree):
                continue
            clauses = _clauses(node.target, node.iter, node.body, known)
            for target, iterable in reversed(clauses[1:]):
                inner = ast.For(target, iterable, node.body, [])
                node.body = [ast.copy_location(inner, node)]
            if clauses:
                node.target, node.iter = clauses[0]
        elif isinstance(node, Comprehension):
            node.generators = list(_nested(node, known))


def _nested(node: Comprehension, known: Mapping[str, Any]) -> Iterator[ast.comprehension]:
    body = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.comprehension)]
    body += [test for clause in node.generators for test in clause.ifs]
    for clause in node.generators:
        clauses = [] if clause.is_async else _clauses(clause.target, clause.iter, body, known)
        if not clauses:
            yield clause
            continue
        for target, iterable in clauses[:-1]:
            yield ast.comprehension(target, iterable, [], 0)
        yield ast.comprehension(*clauses[-1], clause.ifs, 0)


def _clauses(
    target: ast.expr, iterable: ast.expr, body: Iterable[ast.AST], known: Mapping[str, Any]
) -> list[tuple[ast.expr, ast.expr]]:
    """What each of the nested loops binds and runs over; none where this is no such product."""
    if not isinstance(iterable, ast.Call) or not isinstance(target, (ast.Tuple, ast.List)):
        return []
    if _named(iterable.func, known) is not itertools.product:
        return []
    repeat = 1
    for keyword in iterable.keywords:
        value = getattr(keyword.value, "value", None)
        if keyword.arg != "repeat" or type(value) is not int:
            return []
        repeat = value
    places = iterable.args * repeat
    if not 0 < len(places) <= MOST_PLACES or len(places) != len(target.elts):
        return []
    steps = [*body, target]
    changed = _bound(steps)
    lasting = all(map(_keeps_lists, steps))
    if not all(_is_same_each_time(place, changed, lasting) for place in places):
        return []
    return [(one, copy.deepcopy(place)) for one, place in zip(target.elts, places, strict=True)]


def _is_same_each_time(place: ast.expr, changed: set[str], lasting: bool) -> bool:
    if isinstance(place, (ast.Tuple, ast.List)):
        return all(isinstance(part, ast.Constant) for part in place.elts)
    match place:
        case ast.Call(func=ast.Name(id="range"), args=bounds, keywords=[]):
            return all(_is_plain(one, changed, lasting) for one in bounds)
    return False


def _is_plain(bound: ast.expr, changed: set[str], lasting: bool) -> bool:
    """Whether the bound of a range is the same number in every step."""
    match bound:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name not in changed
        case ast.BinOp(left=left, right=right):
            return _is_plain(left, changed, lasting) and _is_plain(right, changed, lasting)
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
            return lasting and name not in changed
    return False


def _keeps_lists(step: ast.AST) -> bool:
    """Whether a step leaves every list as long as it is."""
    for part in ast.walk(step):
        if isinstance(part, ast.Slice) and _is_written(step):
            return False
        if isinstance(part, ast.Delete):
            return False
        if isinstance(part, ast.Call):
            match part.func:
                case ast.Name(id=name) if name in HARMLESS:
                    pass
                case ast.Attribute(value=ast.Name(id=name)) if name in MODULES:
                    pass
                case _:
                    return False
    return True


def _is_read_behind(loop: ast.For, tree: ast.AST) -> bool:
    """Whether what the loop binds is read outside of it: without a step it is not bound."""
    bound = _bound([loop.target])
    return _reads(tree, bound) > _reads(loop, bound)


def _reads(tree: ast.AST, names: set[str]) -> int:
    found = (part for part in ast.walk(tree) if isinstance(part, ast.Name) and part.id in names)
    return sum(isinstance(part.ctx, ast.Load) for part in found)


def _is_written(step: ast.AST) -> bool:
    parts = (part for part in ast.walk(step) if isinstance(part, ast.Subscript))
    return any(not isinstance(part.ctx, ast.Load) for part in parts)


def _bound(trees: Iterable[ast.AST]) -> set[str]:
    """Every name that is bound anywhere in ``trees``, in whatever scope."""
    found: set[str] = set()
    for part in itertools.chain.from_iterable(map(ast.walk, trees)):
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.split(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
    return found


def _named(function: ast.expr, known: Mapping[str, Any]) -> Any:
    match function:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr="product"):
            return itertools.product if known.get(name) is itertools else None
    return None
