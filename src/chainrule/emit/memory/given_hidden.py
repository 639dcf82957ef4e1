"""The caller's list or array is copied first where what is left of it would be seen in a tape.

What some arms give alone is recorded as that or None, and is not told apart as a list::

    xs_1 = xs                               xs_1 = list(xs)
    while k < n:                            while k < n:
        ...                                     ...
        xs_tape.append(xs_2)                    xs_tape.append(xs_2)
    xs[:] = xs_1                            xs[:] = xs_1
"""

from __future__ import annotations

from collections import Counter

from chainrule.emit.memory.asides import copied
from chainrule.emit.memory.left_at_once import leavings
from chainrule.emit.memory.views import is_held, is_view, root_of
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import Define, Move, Plan, Value, blocks_of, reads_deep, walk
from chainrule.primitives.effect import LEAVE
from chainrule.primitives.sequence import append


def copy_hidden(plan: Plan, webs: Webs) -> bool:
    """Whether a list or an array of the caller's was copied, or a view."""
    found = _copy_views(plan, webs)
    for leaving in leavings(plan):
        given = leaving.value.args[0]
        if is_held(given.type) and _is_hidden(plan, set(webs.together(given))):
            _copy_first(plan, given)
            found = True
    return found


def _is_hidden(plan: Plan, same: set[Value]) -> bool:
    """Whether one of these is handed to a variable that is neither by its type."""
    return any(
        source in same and not is_held(target.type)
        for move in walk(plan.body)
        if isinstance(move, Move)
        for target, source in zip(move.targets, move.sources, strict=True)
    )


def _copy_views(plan: Plan, webs: Webs) -> bool:
    """Copy views of what is written to where they are recorded so; whether there were any."""
    uses = Counter(read for statement in walk(plan.body) for read in reads_deep(statement))
    recorded = {
        statement.value.args[1]
        for statement in walk(plan.body)
        if isinstance(statement, Define) and statement.value.op is append
    }
    found = False
    for block in blocks_of(plan.body):
        for move in [each for each in block if isinstance(each, Move)]:
            for k, (target, source) in enumerate(zip(move.targets, move.sources, strict=True)):
                hidden = target in recorded and uses[target] == 1 and not is_held(target.type)
                if hidden and is_view(source) and webs.is_written(root_of(source)):
                    new = copied(source, source, 1, aside=True)
                    move.sources[k] = new
                    block.insert(block.index(move), Define(new))
                    found = True
    return found


def _copy_first(plan: Plan, given: Value) -> None:
    new = copied(given, given, 1, aside=True)
    position = next(
        k for k, each in enumerate(plan.body) if any(given in reads_deep(s) for s in walk([each]))
    )
    for statement in walk(plan.body):
        if not isinstance(statement, Define) or statement.value.op is not LEAVE:
            statement.replace_reads({given: new})
    plan.body.insert(position, Define(new))
