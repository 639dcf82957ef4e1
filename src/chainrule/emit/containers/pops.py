"""Reading the entry at an end of a list, or of a row, and dropping it are one ``pop``."""

from __future__ import annotations

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.plan import (
    POP,
    VARIABLE,
    Define,
    Move,
    Plan,
    Unpack,
    Value,
    blocks_of,
    reads_deep,
    walk,
)
from chainrule.graph.block import CONSTANT, PARAMETER
from chainrule.primitives.effect import ORDERED, VERBATIM
from chainrule.primitives.invoke import CALL_FUNCTION, CALL_FUNCTION_EFFECT
from chainrule.primitives.left_end import drop_first
from chainrule.primitives.rows import drop_last_in
from chainrule.primitives.sequence import drop_last, index

DROPS = (drop_last, drop_first, drop_last_in)
HANDED = (PARAMETER, CALL_FUNCTION, CALL_FUNCTION_EFFECT, VERBATIM, ORDERED)


def fuse_pops(plan: Plan) -> None:
    """Reading the last entry and dropping it become one ``pop``."""
    if not any(isinstance(s, Define) and s.value.op in DROPS for s in walk(plan.body)):
        return
    liveness = Liveness(plan)
    given = {
        target for each in walk(plan.body) if isinstance(each, Unpack) for target in each.targets
    }
    for block in blocks_of(plan.body):
        reads: dict[Value, Define] = {}
        for position, statement in enumerate(block):
            if isinstance(statement, Define):
                value = statement.value
                base = value.args[0] if value.args else value
                if value.op is index and _is_end(value.args[-1]):
                    reads[base] = statement
                    continue
                drops = value.op in DROPS and not liveness.after(statement, base)
                # A list that was handed in, or out, may be somebody else's.
                drops = drops and not (value.derivative and (base.op in HANDED or base in given))
                if drops and base in reads and _drops_what_is_read(value, reads[base].value):
                    popped = reads.pop(base).value
                    popped.op, popped.args = POP, value.args
                    popped.params = ("first",) if value.op is drop_first else ()
                    value.op, value.args = VARIABLE, []
                    block[position] = Move([value], [base])
            for inner in walk([statement]):
                for read in reads_deep(inner):
                    reads.pop(read, None)


def _is_end(value: Value) -> bool:
    return value.op is CONSTANT and value.params[0] in (0, -1)


def _drops_what_is_read(dropped: Value, read: Value) -> bool:
    wanted = 0 if dropped.op is drop_first else -1
    return read.args[:-1] == dropped.args and read.args[-1].params[0] == wanted
