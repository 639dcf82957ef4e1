"""Arms that read what nothing assigns any more: no way leads there.

A test that is decided leaves one of its arms behind; what reads the results of the other stands
where flags of the other say so, which they never do.
"""

from __future__ import annotations

from chainrule.emit.plan import (
    Branch,
    Define,
    Plan,
    Statement,
    Value,
    blocks_of,
    defined_by,
    reads_deep,
    walk,
)
from chainrule.graph.types import OPAQUE
from chainrule.primitives.effect import RAISE

NEVER = 'raise AssertionError("this way is never taken")'


def assigned_in(plan: Plan) -> set[Value]:
    """What statements give a value."""
    return {value for statement in walk(plan.body) for value in defined_by(statement)}


def close_never_run(plan: Plan, before: set[Value]) -> None:
    """Have an arm that is never run say so, in one line.

    ``before`` is what was assigned before tests were decided.
    """
    while gone := before - assigned_in(plan):
        if not any(_closed_one(block, gone) for block in blocks_of(plan.body)):
            return


def _closed_one(block: list[Statement], gone: set[Value]) -> bool:
    """Whether a branch of a block had an arm that is never run, which was closed."""
    for branch in block:
        for arm in branch.blocks() if isinstance(branch, Branch) else ():
            if any(value in gone for each in arm for value in reads_deep(each)):
                arm[:] = [Define(Value(RAISE, [], (NEVER,), OPAQUE))]
                return True
    return False
