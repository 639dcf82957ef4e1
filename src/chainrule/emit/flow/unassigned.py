"""Variables that a tape records at the end of a step, where some paths have not assigned them.

    for x in row:                           for x in row:
        y = x * a                               y = x * a
        if y > 1.0:                             if y > 1.0:
            found = True                            found = True
            break                                   break
    y_tape.append(y)                        y_tape.append(locals().get("y"))

Of an empty row there is no y, and the way back reads none: f reads it on other paths only.  A
variable that gets a value of its own before would hide the error of a function that does read it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from chainrule.emit.names import Names
from chainrule.emit.plan import Define, Plan, Value, walk
from chainrule.emit.printing import Answer
from chainrule.graph.types import Sequence
from chainrule.primitives.sequence import append, index_set
from chainrule.records import dataclass

# What is assigned where control gets; None where it never does.
Assigned = frozenset[str] | None
ASKED = "locals"
TAPE = re.compile(r"_tapes?(_dot)*(_?\d+)?$")


def tapes_of(plan: Plan, names: Names) -> dict[str, bool]:
    """The tapes by their names, and whether they hold lists."""
    filled = [
        step.value.args[0]
        for step in walk(plan.body)
        if isinstance(step, Define) and step.value.op in (append, index_set)
    ]
    return {
        names[tape]: _holds_lists(tape)
        for tape in filled
        if tape.user_name is None and names.has(tape) and TAPE.search(names[tape])
    }


def record_what_is_there(
    body: list[ast.stmt],
    plan: Plan,
    tapes: Mapping[str, bool],
    answers: dict[ast.stmt, Answer],
) -> None:
    """Let tapes record None for variables that may have no value."""
    if tapes and ASKED not in plan.parameters:
        given = frozenset(plan.parameters)
        own = {name for statement in body for name in _stored(statement)}
        outer = {name for each in body for name in _named(each)} - own
        _Walk(tapes, answers, [], []).block(body, given | outer)


@dataclass(frozen=True)
class _Walk:
    """Follows what is assigned, statement by statement."""

    # By their names, whether they hold lists, of which the way back asks the length.
    tapes: Mapping[str, bool]
    answers: dict[ast.stmt, Answer]
    # What is assigned at each `break` and `continue` of the innermost loop.
    broken: list[Assigned]
    continued: list[Assigned]

    def block(self, statements: list[ast.stmt], assigned: Assigned) -> Assigned:
        """What is assigned behind a block."""
        for k, statement in enumerate(statements):
            if assigned is None:
                break
            missing = self._missing(statement, assigned, statements[k + 1 :])
            if missing:
                statements[k] = self._guarded(statement, missing)
                continue
            assigned = self._behind(statement, assigned)
        return assigned

    def _missing(
        self, statement: ast.stmt, assigned: Collection[str], rest: list[ast.stmt]
    ) -> list[str]:
        """What may have no value of what a statement records."""
        recorded = self._recorded(statement)
        if recorded is None:
            return []
        rest = [each for each in rest if self._recorded(each) is None]
        read = dict.fromkeys(_read_by(recorded))
        return [name for name in read if name not in assigned and not _is_read_next(name, rest)]

    def _recorded(self, statement: ast.stmt) -> ast.expr | None:
        """What a statement puts on a tape."""
        match statement:
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(tape), "append"), [entry], [])):
                return entry if tape in self.tapes else None
            case ast.Assign([ast.Subscript(ast.Name(tape))], entry):
                return entry if tape in self.tapes else None
        return None

    def _guarded(self, statement: ast.stmt, missing: list[str]) -> ast.stmt:
        """The statement for variables that may have no value."""
        there = [
            ast.Compare(ast.Constant(name), [ast.In()], [_local_variables()]) for name in missing
        ]
        test = there[0] if len(there) == 1 else ast.BoolOp(ast.And(), list(there))
        if not isinstance(statement, ast.Expr):
            guarded = ast.If(test, [statement], [])
            if statement in self.answers:
                self.answers[guarded] = self.answers[statement]
            return guarded
        call = statement.value
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        tape = call.func.value
        lists = isinstance(tape, ast.Name) and self.tapes[tape.id]
        entry, empty = call.args[0], [ast.List([], ast.Load())] if lists else []
        if isinstance(entry, ast.Name):
            get = ast.Attribute(_local_variables(), "get", ast.Load())
            call.args[0] = ast.Call(get, [ast.Constant(entry.id), *empty], [])
        else:
            call.args[0] = ast.IfExp(test, entry, empty[0] if empty else ast.Constant(None))
        return statement

    def _behind(self, statement: ast.stmt, assigned: frozenset[str]) -> Assigned:
        """What is assigned behind a statement."""
        known = assigned.union(*map(_read_by, _line_of(statement)))
        match statement:
            case ast.Return() | ast.Raise():
                return None
            case ast.Break():
                self.broken.append(known)
                return None
            case ast.Continue():
                self.continued.append(known)
                return None
            case ast.If(_, then, orelse):
                return _joined([self.block(then, known), self.block(orelse, known)])
            case ast.For(target, _, body, orelse):
                runs = _runs(statement)
                return self._loop(body, orelse, known | set(_stored(target)), known, runs)
            case ast.While(test, body, orelse):
                forever = isinstance(test, ast.Constant) and bool(test.value)
                return self._loop(body, orelse, known, None if forever else known, False)
            case ast.Try(body, handlers, orelse, final):
                after = self.block(orelse, self.block(body, known))
                caught = [self.block(handler.body, known) for handler in handlers]
                ended = self.block(final, known)
                joined = _joined([after, *caught])
                return None if ended is None or joined is None else joined | ended
            case ast.With(items, body):
                return self.block(body, known | {n for each in items for n in _stored(each)})
            case ast.FunctionDef(name):
                return known | {name}
            case ast.Delete(targets):
                return known - {each.id for each in targets if isinstance(each, ast.Name)}
        return known | set(_stored(statement))

    def _loop(
        self,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        inside: frozenset[str],
        before: Assigned,
        runs: bool,
    ) -> Assigned:
        inner = _Walk(self.tapes, self.answers, [], [])
        step = _joined([inner.block(body, inside), *inner.continued])
        ended = self.block(orelse, step if runs else before)
        return _joined([ended, *inner.broken])


def _holds_lists(tape: Value) -> bool:
    return isinstance(tape.type, Sequence) and isinstance(tape.type.item, Sequence)


def _joined(ways: list[Assigned]) -> Assigned:
    """What is assigned on all of these ways."""
    taken = [way for way in ways if way is not None]
    return frozenset.intersection(*taken) if taken else None


def _runs(loop: ast.For) -> bool:
    """Whether a loop certainly has a step."""
    match loop.iter:
        case ast.Call(ast.Name("range"), [ast.Constant(int(stop))]):
            return stop > 0
    return False


def _local_variables() -> ast.expr:
    return ast.Call(ast.Name(ASKED, ast.Load()), [], [])


def _line_of(statement: ast.stmt) -> list[ast.expr]:
    """The expressions that a statement's own line evaluates, in any case."""
    match statement:
        case ast.If(test) | ast.While(test):
            return [test]
        case ast.For(_, iterable):
            return [iterable]
        case ast.With(items):
            return [each.context_expr for each in items]
        case ast.Try() | ast.FunctionDef() | ast.Delete():
            return []
    return [each for each in ast.iter_child_nodes(statement) if isinstance(each, ast.expr)]


def _read_by(expression: ast.expr) -> Iterator[str]:
    """The variables that an expression certainly reads."""
    stack: list[ast.AST] = [expression]
    while stack:
        node = stack.pop()
        match node:
            case ast.Name(name, ast.Load()):
                yield name
            case ast.BoolOp(_, [first, *_]):
                stack.append(first)
            case ast.IfExp(test):
                stack.append(test)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                stack.append(node.generators[0].iter)
            case ast.Lambda():
                pass
            case _:
                stack.extend(ast.iter_child_nodes(node))


def _stored(node: ast.AST) -> Iterator[str]:
    """The variables that a statement or a target assigns."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id


def _named(statement: ast.stmt) -> Iterator[str]:
    """The names that stand in a statement."""
    for each in ast.walk(statement):
        if isinstance(each, ast.Name):
            yield each.id


def _is_read_next(name: str, rest: list[ast.stmt]) -> bool:
    """Whether statements that certainly follow read a variable, which then has a value."""
    for statement in rest:
        if any(name in _read_by(each) for each in _line_of(statement)):
            return True
        if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr)):
            return False
        if name in _stored(statement):
            return False
    return False
