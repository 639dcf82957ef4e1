"""What a loop goes on with is handed over before an array of the same name is made for it.

The way back of ``v = u.copy()`` and a loop that fills ``v`` from ``u`` begins with the adjoint of
``v``, which was that of ``u``, and a new one of ``u``::

    u_bar_1 = np.zeros_like(u0)             v_bar = u_bar
    v_bar = u_bar                           u_bar = np.zeros_like(u0)
    for i in range(1, n - 1):               for i in range(1, n - 1):
        ...                                     ...
    u_bar = u_bar_1 + v_bar                 u_bar += v_bar
"""

from __future__ import annotations

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.plan import (
    VARIABLE,
    Define,
    Move,
    Plan,
    Statement,
    Value,
    blocks_of,
    reads_deep,
)
from chainrule.graph.types import Array


def hand_over(plan: Plan) -> None:
    """Assign what had a name before another array takes it."""
    liveness: Liveness | None = None
    for block in blocks_of(plan.body):
        for move in [one for one in block if isinstance(one, Move)]:
            for target, source in list(zip(move.targets, move.sources, strict=True)):
                made = _namesake(target, source, move, block, plan)
                if made is None:
                    continue
                liveness = liveness or Liveness(plan)
                if not liveness.after(move, source):
                    _take_out(target, source, move)
                    block.insert(block.index(made), Move([target], [source]))


def _namesake(
    target: Value, source: Value, move: Move, block: list[Statement], plan: Plan
) -> Statement | None:
    """What makes a new array before ``move`` that had better be called as ``source`` is."""
    if target not in plan.states or source.op is not VARIABLE or source.hint is None:
        return None
    if not isinstance(source.type, Array) or target.hint == source.hint:
        return None
    if move.sources.count(source) > 1 or target in reads_deep(move):
        return None
    found: Statement | None = None
    for before in reversed(block[: block.index(move)]):
        # What the target has held so far is read before it holds another array.
        read = reads_deep(before)
        if not isinstance(before, Define) or source in read or target in read:
            break
        if before.value in move.sources:
            other = move.targets[move.sources.index(before.value)]
            if other.hint == source.hint and before.value.derivative:
                found = before
    return found


def _take_out(target: Value, source: Value, move: Move) -> None:
    """Leave one of its assignments to another statement."""
    at = move.targets.index(target)
    del move.targets[at], move.sources[at]
