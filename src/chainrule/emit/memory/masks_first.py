"""What derivative code asks of the entries of an array is asked before f goes on with them.

Then nothing needs the array itself, and what f computes of it is written over it::

    raised = np.maximum(z, 0.0)             z_mask = z > 0.0
    ...                                     np.maximum(z, 0.0, out=z)
    z_bar = np.where(z > 0.0, bar, 0.0)     ...
                                            z_bar = np.where(above, bar, 0.0)

A mask takes an eighth of the memory of the array.
"""

from __future__ import annotations

import dataclasses

from chainrule.emit.memory.made import is_worth
from chainrule.emit.memory.reuse import OPERATORS, RAISING, SharedMemory
from chainrule.emit.memory.views import ask_newer, reads_of_entries
from chainrule.emit.plan import Define, Plan, Statement, Value, captives, walk
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import Array
from chainrule.primitives.bounds import COMPARISONS

NOUNS = {
    "less": "below", "less_equal": "below", "greater": "above", "greater_equal": "above",
    "equal": "tied", "not_equal": "apart",
}  # fmt: skip


def ask_first(plan: Plan) -> bool:
    """Move such masks in front of the last step of f that needs the array; whether any."""
    moved = False
    memory: SharedMemory | None = None
    made: set[Value] = set()
    position = 0
    while position < len(plan.body):
        statement = plan.body[position]
        if isinstance(statement, Define):
            array = _written_over(statement.value)
            later = plan.body[position + 1 :]
            masks = _masks(array, later) if array is not None and array in made else []
            if array is not None and masks:
                memory = memory or SharedMemory(plan)
                if _is_alone(array, masks, later, memory):
                    ask_newer(later, array, statement.value)
                    position += _ask(masks, plan.body, position)
                    moved = True
            made.add(statement.value)
        position += 1
    return moved


def _written_over(value: Value) -> Value | None:
    """The array over which a step of f without a name of the user's may be written."""
    if value.derivative or value.user_name is not None or 0 not in value.whole:
        return None
    array = value.args[0]
    fits = (value.op in OPERATORS or value.op.name in RAISING) and not array.captive
    return array if fits and is_worth(array) and value.args.count(array) == 1 else None


def _masks(array: Value, later: list[Statement]) -> list[Value]:
    """Comparisons of an array with numbers that derivative code makes, in order."""
    return [
        value
        for statement in later
        for value in _computed(statement)
        if value.op.name in COMPARISONS
        and value.derivative
        and isinstance(value.type, Array)
        and array in value.args
        and all(arg is array or arg.op is CONSTANT for arg in value.args)
        and not value.repeated
    ]


def _computed(statement: Statement) -> list[Value]:
    """What the line of a statement computes."""
    line = [statement.value] if isinstance(statement, Define) else statement.reads()
    found = []
    for root in line:
        found += [root] if root.captive or isinstance(statement, Define) else []
        found += captives(root)
    return found


def _is_alone(
    array: Value, masks: list[Value], later: list[Statement], memory: SharedMemory
) -> bool:
    """Whether nothing but the masks needs the memory of an array later on."""
    members = memory.of(array)
    if members is None:
        return False
    reads = sum(
        value in members for statement in walk(later) for value in reads_of_entries(statement)
    )
    return reads == len(masks)


def _ask(masks: list[Value], body: list[Statement], position: int) -> int:
    """Make a statement before ``position`` of each mask; how many there are."""
    for mask in masks:
        body[:] = [s for s in body if not (isinstance(s, Define) and s.value is mask)]
        mask.captive, mask.hint = False, NOUNS[mask.op.name]
        mask.origin = dataclasses.replace(mask.origin, derivative=False)
    body[position:position] = [Define(mask) for mask in masks]
    return len(masks)
