"""Conditional expressions that are too much for one line, as if statements."""

from __future__ import annotations

from chainrule.emit.plan import (
    CONDITIONAL,
    VARIABLE,
    Branch,
    Define,
    Move,
    Return,
    Statement,
    Value,
    captives,
)


def conditional_of(statement: Statement) -> Value | None:
    """The conditional expression that a statement assigns or returns, if it does nothing else."""
    if isinstance(statement, Define):
        return statement.value if statement.value.op is CONDITIONAL else None
    if isinstance(statement, (Move, Return)) and len(statement.reads()) == 1:
        (source,) = statement.reads()
        return source if source.captive and source.op is CONDITIONAL else None
    return None


def is_heavy(value: Value) -> bool:
    """Whether a conditional expression nests more than a person would put on one line."""
    if not value.derivative:
        return False
    _, then, orelse = value.args
    if any(inner.op is CONDITIONAL for inner in (then, *captives(then)) if inner.captive):
        return True
    return (
        orelse.captive
        and orelse.op is CONDITIONAL
        and any(inner.op is CONDITIONAL for inner in captives(orelse))
    )


def as_branches(statement: Statement, conditional: Value) -> list[Statement]:
    """What a statement does with a conditional expression as if statements."""
    if not isinstance(statement, Return):
        return [_as_branch(statement, conditional)]
    test, then, orelse = conditional.args
    chosen = Branch(test, [Return(then)], [], conditional.origin)
    otherwise = Return(orelse)
    if orelse.captive and orelse.op is CONDITIONAL:
        return [chosen, *as_branches(otherwise, orelse)]
    return [chosen, otherwise]


def _as_branch(statement: Statement, conditional: Value) -> Branch:
    """The assignment of a conditional expression as an if statement."""
    test, then, orelse = conditional.args
    target = conditional if isinstance(statement, Define) else getattr(statement, "targets")[0]  # noqa: B009
    otherwise = Move([target], [orelse])
    arms: list[list[Statement]] = [[Move([target], [then])], [otherwise]]
    if orelse.captive and orelse.op is CONDITIONAL:
        arms[1] = [_as_branch(otherwise, orelse)]
    if target is conditional:
        target.op, target.args = VARIABLE, []
    return Branch(test, arms[0], arms[1], conditional.origin)
