"""Tapes that both arms of a branch begin are begun before it.

    if k:                                   x_tape = []
        x_tape = []                         if k:
        while x > 0.5:                          while x > 0.5:
            x_tape.append(x)                        x_tape.append(x)
            x = x * x                               x = x * x
    else:
        x_tape = []

An arm without the loop leaves an empty tape: one of the tapes of all steps, which are measured.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, MutableMapping

from chainrule.emit.printing import Answer
from chainrule.records import replace


def begin_before(
    body: list[ast.stmt], tapes: Collection[str], answers: MutableMapping[ast.stmt, Answer]
) -> None:
    """Move what both arms of a branch begin with to its front, inner branches first."""
    for k in reversed(range(len(body))):
        statement = body[k]
        for block in _blocks(statement):
            begin_before(block, tapes, answers)
        if isinstance(statement, ast.If) and statement.orelse:
            begun = _begun(statement, tapes)
            body[k:k] = begun
            # The way forth has no comments.
            answers.update((each, replace(answers[each], plain=True)) for each in begun)


def _begun(branch: ast.If, tapes: Collection[str]) -> list[ast.stmt]:
    """The empty tapes that are begun in both arms, which are taken out there."""
    tested = set(_named(branch.test))
    first = _beginnings(branch.body, tapes)
    second = _beginnings(branch.orelse, tapes)
    shared = [name for name in first if name in second and name not in tested]
    if len(shared) == len(branch.body):
        return []
    for name in shared:
        branch.body.remove(first[name])
        branch.orelse.remove(second[name])
    return [first[name] for name in shared]


def _beginnings(arm: list[ast.stmt], tapes: Collection[str]) -> dict[str, ast.stmt]:
    """The statements that give names an empty list which an arm does not know before."""
    met: set[str] = set()
    found: dict[str, ast.stmt] = {}
    for statement in arm:
        match statement:
            case ast.Assign([ast.Name(name)], ast.List([])) if name in tapes and name not in met:
                found[name] = statement
        met.update(_named(statement))
    return found


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for handler in getattr(statement, "handlers", ()):
        yield handler.body


def _named(node: ast.AST) -> Iterator[str]:
    """The names that are read or assigned in a piece of code."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
