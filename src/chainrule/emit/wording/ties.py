"""How many entries share an extreme: mostly none does, which takes no sum to know.

    at_max = blocks == features[:, :, None]
    features_ratio = features_bar / ties(at_max, features, 2)

A sum of a mask along an axis takes as long as finding the extremes.  Where as many entries are
chosen as there are groups, and each has one, everything is divided by 1.
"""

from __future__ import annotations

import ast
import copy

from chainrule.emit.plan import Define, Plan, Value, reads_deep, walk
from chainrule.emit.targets import Spelling
from chainrule.graph.types import Array
from chainrule.primitives.arithmetic import divide, equal
from chainrule.primitives.arrays.reductions import array_max, array_min, array_sum
from chainrule.primitives.arrays.shaping import expand_dims

# A sum that is written otherwise.
COUNT = copy.copy(array_sum)
COUNT.name = "ties"
TIES = '''
def ties(chosen, extremes, axis):
    """How many entries are the extreme of each group; 1.0 where each group has one."""
    if {np}.count_nonzero(chosen) == extremes.size and not {np}.isnan(extremes).any():
        return 1.0
    return chosen.sum(axis=axis, keepdims=True)
'''


def ask_for_ties(plan: Plan) -> None:
    """Let counts of ties that only divide know the extremes."""
    users: dict[Value, list[Value | None]] = {}
    for statement in walk(plan.body):
        made = statement.value if isinstance(statement, Define) else None
        for read in reads_deep(statement):
            users.setdefault(read, []).append(made)
    for count, divided in users.items():
        extremes = _extremes_of(count)
        if extremes is not None and all(
            each is not None and each.op is divide and each.args[0] is not count for each in divided
        ):
            count.op, count.args = COUNT, [count.args[0], extremes]


def _extremes_of(count: Value) -> Value | None:
    """The extremes of whose ties ``count`` is the number."""
    if count.op is not array_sum or not count.derivative:
        return None
    mask, (axis, keepdims, *_) = count.args[0], count.params
    if mask.op is not equal or axis is None or not keepdims or not isinstance(mask.type, Array):
        return None
    full = mask.args[1]
    extremes = full.args[0] if full.op is expand_dims else full
    known = extremes.op in (array_max, array_min) and extremes.args[0] is mask.args[0]
    return extremes if known and extremes.params[0] == axis else None


def ties(spelling: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """The number of ties."""
    axis = spelling.constant(value.params[0])
    return ast.Call(spelling.helper("ties", TIES), [*args, axis], [])
