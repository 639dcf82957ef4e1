"""Branches that stand in an arm of another branch on the same test: it is decided there."""

from __future__ import annotations

from chainrule.emit.plan import VARIABLE, Branch, Plan, Statement, Value, assigns
from chainrule.primitives.arithmetic import logical_not

# Of every test that is decided, its truth and the arm that is run for it.
Decided = dict[Value, tuple[bool, list[Statement]]]


def take_decided(plan: Plan) -> None:
    """Have the arms that are run take the place of branches on tests that are decided."""
    plan.body = _taken(plan.body, {})


def _taken(statements: list[Statement], decided: Decided) -> list[Statement]:
    found: list[Statement] = []
    for statement in statements:
        side = _side(statement.test, decided) if isinstance(statement, Branch) else None
        if isinstance(statement, Branch) and side is not None:
            found += _taken(statement.then if side else statement.orelse, decided)
            continue
        if isinstance(statement, Branch) and statement.test not in decided:
            for arm, truth in ((statement.then, True), (statement.orelse, False)):
                decided[statement.test] = truth, list(arm)
                arm[:] = _taken(arm, decided)
                del decided[statement.test]
        else:
            for block in statement.blocks():
                block[:] = _taken(block, decided)
        found.append(statement)
    return found


def _side(test: Value, decided: Decided) -> bool | None:
    """The truth of a test in the arm around; None where it is not known, or may be another."""
    if test.op is logical_not:
        side = _side(test.args[0], decided)
        return None if side is None else not side
    side, arm = decided.get(test, (None, []))
    if side is None or (test.op is VARIABLE and assigns(arm, test)):
        return None
    return side
