"""What is never run: arms that read what nothing assigns, and what is behind a loop without end.

A test that is decided leaves one of its arms behind; what reads the results of the other stands
where flags of the other say so, which they never do.
"""

from __future__ import annotations

from chainrule.emit.flow.beginning import surely_runs
from chainrule.emit.plan import (
    Branch,
    Continue,
    Define,
    For,
    Move,
    Plan,
    Statement,
    Value,
    While,
    blocks_of,
    completes,
    defined_by,
    reads_deep,
    walk,
)
from chainrule.graph.block import UNDEFINED
from chainrule.graph.types import OPAQUE
from chainrule.primitives.effect import RAISE

NEVER = 'raise AssertionError("this way is never taken")'


def assigned_in(plan: Plan) -> set[Value]:
    """What statements give a value: not what has none on the one way that is left."""
    found: set[Value] = set()
    for statement in walk(plan.body):
        if isinstance(statement, Move):
            pairs = zip(statement.targets, statement.sources, strict=True)
            found.update(target for target, source in pairs if source.op is not UNDEFINED)
        else:
            found.update(defined_by(statement))
    return found


def close_never_run(plan: Plan, before: set[Value]) -> None:
    """Have an arm that is never run say so, in one line.

    ``before`` is what was assigned before tests were decided.
    """
    while gone := before - assigned_in(plan):
        if not any(_closed_one(block, gone) for block in blocks_of(plan.body)):
            return


def drop_never_reached(plan: Plan) -> None:
    """Drop what is behind a loop without an end, and the ``else`` of what the first step leaves."""
    for block in reversed(blocks_of(plan.body)):
        ends = (k for k, statement in enumerate(block) if not completes([statement]))
        del block[next(ends, len(block)) + 1 :]
        for loop in block:
            if isinstance(loop, (For, While)) and _first_step_leaves(loop):
                loop.orelse[:] = []


def _first_step_leaves(loop: For | While) -> bool:
    return surely_runs(loop) and not completes(loop.body) and not any(map(_goes_on, loop.body))


def _goes_on(statement: Statement) -> bool:
    """Whether a ``continue`` in a statement of a loop belongs to this loop."""
    if isinstance(statement, Continue):
        return True
    blocks = statement.blocks()
    if isinstance(statement, (For, While)):
        blocks = [statement.orelse]
    return any(_goes_on(inner) for block in blocks for inner in block)


def _closed_one(block: list[Statement], gone: set[Value]) -> bool:
    """Whether a branch of a block had an arm that is never run, which was closed."""
    for branch in block:
        for arm in branch.blocks() if isinstance(branch, Branch) else ():
            # What a variable gets of them is not read either.
            computing = [each for each in arm if not isinstance(each, Move)]
            if any(value in gone for each in computing for value in reads_deep(each)):
                arm[:] = [Define(Value(RAISE, [], (NEVER,), OPAQUE))]
                return True
    return False
