"""Tests that one branch asks are written where it asks them.

Where several branches ask the same, the answer has a name; once they are one branch it needs none::

    branch = y == 0.0
    z = a * b                               z = a * b
    if branch:                              if y == 0.0:
"""

from __future__ import annotations

from chainrule.emit.plan import (
    VARIABLE,
    Branch,
    Define,
    Statement,
    Value,
    blocks_of,
    count_uses,
    defined_by,
    is_effect,
    may_raise,
    walk,
)
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.primitives.declare import Primitive


def ask_in_place(body: list[Statement]) -> bool:
    """Write tests of numbers that are asked once into their branches; whether there were such."""
    uses = count_uses(body)
    found = False
    for block in blocks_of(body):
        defined = {part.value: k for k, part in enumerate(block) if isinstance(part, Define)}
        gone: set[int] = set()
        for position, part in enumerate(block):
            if not isinstance(part, Branch) or uses[part.test] != 1 or part.test not in defined:
                continue
            at = defined[part.test]
            if _moves(part.test, block[at + 1 : position]):
                part.test.captive = True
                gone.add(at)
        block[:] = [part for k, part in enumerate(block) if k not in gone]
        found = found or bool(gone)
    return found


def _moves(test: Value, past: list[Statement]) -> bool:
    """Whether a test gives the same behind other statements: it reads numbers that stay."""
    if test.user_name is not None or not isinstance(test.op, Primitive):
        return False
    if is_effect(test) or may_raise(test):
        return False
    defined = [value for inner in walk(past) for value in defined_by(inner)]
    bound = {value.user_name or value.hint for value in defined} - {None}
    stack = list(test.args)
    while stack:
        arg = stack.pop()
        if arg.op is VARIABLE or arg.type not in (FLOAT, INT, BOOL):
            return False
        if arg.captive:
            stack += arg.args
        elif (arg.user_name or arg.hint) in bound:
            return False
    return True
