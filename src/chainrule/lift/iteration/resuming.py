"""Generators that do not end, as functions that give one item after the other.

What is asked by ``next`` is taken for the list of its items where it has an end.  One that has none
is written anew as a function which goes on where the last item was given::

    def draws(seed):                         def draws(seed):
        while True:                              def step():
            seed = 16807 * seed % M                  nonlocal seed
            yield seed / M                           seed = 16807 * seed % M
                                                     return seed / M
                                                 return step

What comes after a ``yield`` is done when the next item is asked for, which a flag tells from the
first time.  One that is sent something, ``error = yield output``, is a function of that.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from chainrule.graph.naming import free_name
from chainrule.lift.state import assigned_names

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
LOOPS = (ast.For, ast.While)
# Items of one turn of the loop; what follows each is written again.
MOST_ITEMS = 4
# What of the beginning may be done before the first item is asked for.
SETTLED = (
    *(ast.Assign, ast.AnnAssign, ast.Name, ast.Constant, ast.Tuple, ast.BinOp, ast.UnaryOp),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.Pass, ast.Nonlocal, ast.Global),
)


@functools.lru_cache(maxsize=1024)
def stepping(
    tree: ast.FunctionDef, around: ast.FunctionDef | ast.Lambda | None = None
) -> ast.FunctionDef | None:
    """A function that returns what gives the items of a generator one by one.

    The generator may be defined in the function ``around``.  None of a generator that may end, or
    whose items are given within ``try``, ``with`` or a loop in its loop.
    """
    body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
    *beginning, last = body
    turn = _turn_of(last)
    if turn is None or any(map(is_yield, own_parts(beginning))) or not _is_plain(turn):
        return None
    names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    names |= {part.arg for part in ast.walk(tree) if isinstance(part, ast.arg)}
    stage, step = free_name("given", names), free_name("step", names)
    sent = free_name("sent", names) if receives(tree) else None
    made = _Steps(stage, turn, sent)
    fixed = [*_own_names(tree), *_bound_once(around)]
    outside = beginning if _is_settled(beginning, fixed) else []
    inside = beginning[len(outside) :]
    resumed = made.resumed(inside)
    own = _own_names(tree)
    kept = [*own, stage] if resumed else own
    again = [*_declarations(tree), *resumed, *made.turn()]
    if kept:
        again.insert(0, ast.Nonlocal(kept))
    start: list[ast.stmt] = []
    if resumed:
        start = [ast.Assign([ast.Name(stage, ast.Store())], ast.Constant(0))]
    function = ast.FunctionDef(step, _arguments(sent), again, [])
    # They belong to the generator from the beginning on.
    bound = {*_parameters(tree), *assigned_names(outside)}
    start += [_declared(name) for name in own if name not in bound]
    found = copy.copy(tree)
    found.body = [*outside, *start, function, ast.Return(ast.Name(step, ast.Load()))]
    for part in (function, *start, found.body[-1]):
        ast.copy_location(part, last)
    return ast.fix_missing_locations(found)


class _Steps:
    """The turns of the loop of a generator, as statements that return its items."""

    def __init__(self, stage: str, body: list[ast.stmt], sent: str | None) -> None:
        self.stage = stage
        self.body = body
        self.sent = sent
        self.yields = [part for part in own_parts(body) if _is_given(part)]
        self.rests = [[*self._received(each), *(_after(body, each) or [])] for each in self.yields]
        # Nothing has to be told apart where every step is a whole turn.
        self.told = any(self.rests)

    def _received(self, given: ast.AST) -> list[ast.stmt]:
        """What is done with what a generator is sent when it is asked for the next item."""
        if not isinstance(given, ast.Assign) or self.sent is None:
            return []
        found = ast.Assign(given.targets, ast.Name(self.sent, ast.Load()))
        return [ast.copy_location(found, given)]

    def resumed(self, first: list[ast.stmt]) -> list[ast.stmt]:
        """What is to be done before the next turn begins: ``first`` before the first one."""
        if not self.told and not first:
            return []
        self.told = True
        ways = [(k + 1, self._given(rest)) for k, rest in enumerate(self.rests) if rest]
        found: list[ast.stmt] = []
        for k, rest in reversed(ways):
            found = [ast.If(self._is_at(k), rest, found)]
        if not first:
            return found
        return [ast.If(self._is_at(0), first, found)]

    def turn(self) -> list[ast.stmt]:
        """Turns of the loop up to the next item."""
        for k, statement in enumerate(self.body):
            if _is_given(statement):
                # Every turn comes to here.
                return self._given(self.body[: k + 1])
        return [ast.While(ast.Constant(True), self._given(self.body), [])]

    def _is_at(self, k: int) -> ast.expr:
        return ast.Compare(ast.Name(self.stage, ast.Load()), [ast.Eq()], [ast.Constant(k)])

    def _given(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Statements with a return of the item in the place of each ``yield``."""
        found: list[ast.stmt] = []
        for statement in body:
            if _is_given(statement):
                found += self._returned(statement)
            elif isinstance(statement, ast.If):
                inner = copy.copy(statement)
                inner.body = self._given(statement.body)
                inner.orelse = self._given(statement.orelse)
                found.append(inner)
            else:
                found.append(statement)
        return found

    def _returned(self, statement: ast.stmt) -> list[ast.stmt]:
        assert isinstance(statement, (ast.Expr, ast.Assign))
        assert isinstance(statement.value, ast.Yield)
        value = statement.value.value or ast.Constant(None)
        found: list[ast.stmt] = [ast.Return(value)]
        if self.told:
            place = ast.Constant(self.yields.index(statement) + 1)
            found.insert(0, ast.Assign([ast.Name(self.stage, ast.Store())], place))
        return [ast.copy_location(each, statement) for each in found]


def _turn_of(last: ast.stmt) -> list[ast.stmt] | None:
    """The body of a loop that never ends, None of any other statement."""
    if not isinstance(last, ast.While) or last.orelse:
        return None
    if not isinstance(last.test, ast.Constant) or not last.test.value:
        return None
    return last.body


def _is_plain(turn: list[ast.stmt]) -> bool:
    """Whether a turn is left at its end only, and its items are given where it can be gone on."""
    given = [part for part in own_parts(turn) if _is_given(part)]
    asked = [part for part in own_parts(turn) if is_yield(part)]
    leaves = (ast.Return, ast.Break, ast.Continue)
    loops = [part for part in own_parts(turn) if isinstance(part, LOOPS)]
    inner = list(own_parts(loops))
    return (
        0 < len(given) == len(asked) <= MOST_ITEMS
        and all(_after(turn, each) is not None for each in given)
        and not any(isinstance(part, leaves) and part not in inner for part in own_parts(turn))
        and not any(isinstance(part, ast.Return) for part in own_parts(turn))
    )


def _after(body: Sequence[ast.stmt], given: ast.AST) -> list[ast.stmt] | None:
    """What is left of a turn after an item; None where that is not known beforehand."""
    for k, statement in enumerate(body):
        if statement is given:
            return list(body[k + 1 :])
        if isinstance(statement, ast.If):
            for arm in (statement.body, statement.orelse):
                inside = _after(arm, given)
                if inside is not None:
                    return [*inside, *body[k + 1 :]]
    return None


def _own_names(tree: ast.FunctionDef) -> list[str]:
    """Names that the generator binds, and its parameters."""
    declared = {name for part in _declarations(tree) for name in part.names}
    found = dict.fromkeys([*_parameters(tree), *assigned_names(tree.body)])
    return [name for name in found if name not in declared]


def _declarations(tree: ast.FunctionDef) -> list[ast.Nonlocal | ast.Global]:
    """What says that names belong to the functions or the module around."""
    return [part for part in own_parts(tree.body) if isinstance(part, (ast.Nonlocal, ast.Global))]


def _parameters(tree: ast.FunctionDef) -> list[str]:
    arguments = tree.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    others = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [each.arg for each in (*given, *others)]


def _bound_once(around: ast.FunctionDef | ast.Lambda | None) -> list[str]:
    """Names of a function that stand for one value: parameters, and what it assigns once."""
    if not isinstance(around, ast.FunctionDef):
        return []
    bound = [part.id for part in ast.walk(around) if _is_bound(part)]
    declared = [part for part in ast.walk(around) if isinstance(part, ast.Nonlocal)]
    again = {name for name in bound if bound.count(name) > 1}
    again |= {name for part in declared for name in part.names}
    given = {*_parameters(around)}
    first = {*_parameters(around), *assigned_names(_simple(around.body))}
    return [name for name in first if name not in again and not (name in given and name in bound)]


def _simple(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [statement for statement in body if isinstance(statement, (ast.Assign, ast.AnnAssign))]


def _is_settled(beginning: Sequence[ast.stmt], fixed: Sequence[str]) -> bool:
    """Whether the beginning gives the same whenever it is run, and neither raises nor is felt."""
    return all(
        isinstance(part, SETTLED)
        and not isinstance(part, (ast.Div, ast.FloorDiv, ast.Mod, ast.Pow))
        and not (isinstance(part, ast.Name) and part.id not in fixed)
        for part in own_parts(beginning)
    )


def _declared(name: str) -> ast.stmt:
    return ast.AnnAssign(ast.Name(name, ast.Store()), ast.Constant(None), None, 1)


def _arguments(name: str | None) -> ast.arguments:
    given = [] if name is None else [ast.arg(name)]
    return ast.arguments([], given, None, [], [], None, [])


def _is_bound(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)


def is_yield(node: ast.AST) -> bool:
    """Whether a value is given there, or those of another generator."""
    return isinstance(node, (ast.Yield, ast.YieldFrom))


def _is_given(node: ast.AST) -> bool:
    return isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Yield)


@functools.lru_cache(maxsize=1024)
def receives(tree: ast.FunctionDef) -> bool:
    """Whether a generator does something with what it is sent."""
    return any(_is_given(part) and isinstance(part, ast.Assign) for part in own_parts(tree.body))


def own_parts(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """What stands in statements, without the functions in them."""
    stack = list(body)[::-1]
    while stack:
        part = stack.pop()
        yield part
        if not isinstance(part, SCOPES):
            stack.extend(list(ast.iter_child_nodes(part))[::-1])
