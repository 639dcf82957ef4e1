"""Short values that are written again rather than named: ``len(x)``, ``-x``, ``x.T``, ``x > 0``."""

from __future__ import annotations

from collections import Counter

from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import (
    VARIABLE,
    Define,
    For,
    Move,
    Plan,
    Value,
    blocks_of,
    defined_by,
    targets_of,
    walk,
)
from chainrule.graph.block import CONSTANT, PARAMETER, REFERENCE
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.primitives.arithmetic import (
    add,
    divide,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_not,
    multiply,
    negative,
    not_equal,
    power,
    subtract,
)
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.sequence import length

CHEAP = (length, negative)
QUESTIONS = (equal, greater, greater_equal, less, less_equal, logical_not, not_equal)
# These stand where they are used, also where that is inside a loop.
ALWAYS = ("transpose", "verbatim")
# Of constants alone Python computes them once, when it compiles the text.
OPERATORS = (add, subtract, multiply, divide, power)
# So often `t - 1` is written before it gets a name.
FEW = 3
# A longer text has a name where it is read several times.
LONGEST_WORD = 20


def repeat_cheap(plan: Plan, webs: Webs, uses: Counter[Value]) -> None:
    """Write short values in place, however often they are used."""
    indices = {
        each
        for loop in walk(plan.body)
        if isinstance(loop, For)
        for each in targets_of(loop.target)
    }
    lasting = _lasting(plan)
    for block in blocks_of(plan.body):
        kept = []
        here = Counter(read for statement in block for read in statement.reads())
        for statement in block:
            if (
                isinstance(statement, Define)
                and (
                    uses[statement.value] > 1
                    or statement.value.op.name in ("transpose", "verbatim")
                )
                and (
                    _is_cheap(statement.value, webs)
                    or _is_question(statement.value, lasting)
                    or (
                        _is_neighbour(statement.value, indices)
                        and uses[statement.value] == here[statement.value] <= FEW
                    )
                )
            ):
                statement.value.captive = statement.value.repeated = True
            else:
                kept.append(statement)
        block[:] = kept


def _is_neighbour(value: Value, indices: set[Value]) -> bool:
    """Whether a number is a few steps from a loop's index: ``t - 1``."""
    return (
        value.user_name is None
        and value.op in (add, subtract)
        and value.args[0] in indices
        and value.args[1].op is CONSTANT
        and value.type == INT
    )


def _lasting(plan: Plan) -> set[Value]:
    """The parameters whose names nothing else will bear."""
    bound: set[str | None] = set()
    copied: set[Value] = set()
    for statement in walk(plan.body):
        bound.update(value.user_name for value in defined_by(statement))
        if isinstance(statement, Move):
            copied.update(statement.sources)
    parameters = plan.parameters.items()
    return {each for name, each in parameters if name not in bound and each not in copied}


def _is_question(value: Value, lasting: set[Value]) -> bool:
    """Whether numbers are compared that are the caller's to the end, or constants."""
    return (
        value.user_name is None
        and value.op in QUESTIONS
        and all(each.op is CONSTANT or each in lasting for each in value.args)
        and all(each.type in (BOOL, FLOAT, INT) for each in value.args)
    )


def _is_cheap(value: Value, webs: Webs) -> bool:
    if value.user_name is not None:
        return False
    if value.op is VERBATIM and value.params[0] == "_0_":
        # A table of the user's by its own name, or a short word.
        table = value.args[0]
        return table.op is REFERENCE or (
            table.op is CONSTANT and len(repr(table.params[0])) <= LONGEST_WORD
        )
    if value.op.name == "transpose" and value.params[0] is None:
        # A view of what is not written to costs nothing.
        return value.args[0].op is not VARIABLE and not webs.is_updated(value.args[0])
    if value.op.name == "dimension":
        return value.args[0].op is PARAMETER and value.params[-1] == "len"
    if value.op in OPERATORS:
        return bool(value.args) and all(each.op is CONSTANT for each in value.args)
    if value.op not in CHEAP:
        return False
    return value.args[0].op is PARAMETER and not webs.is_updated(value.args[0])
