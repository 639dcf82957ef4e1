"""What derivative code asks of the entries of an array is asked before f goes on with them.

Then nothing needs the array itself, and what f computes of it is written over it::

    raised = np.maximum(z, 0.0)             z_mask = z > 0.0
    ...                                     np.maximum(z, 0.0, out=z)
    z_bar = np.where(z > 0.0, bar, 0.0)     ...
                                            z_bar = np.where(above, bar, 0.0)

A mask takes an eighth of the memory of the array.
"""

from __future__ import annotations

from collections import Counter

from chainrule.emit.memory.made import is_worth
from chainrule.emit.memory.reuse import OPERATORS, RAISING, SharedMemory
from chainrule.emit.memory.views import ask_newer, reads_of_entries
from chainrule.emit.plan import Define, Plan, Statement, Value, captives, reads_deep, walk
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import Array
from chainrule.primitives.bounds import COMPARISONS
from chainrule.records import replace

NOUNS = {
    "less": "below", "less_equal": "below", "greater": "above", "greater_equal": "above",
    "equal": "tied", "not_equal": "apart",
}  # fmt: skip


def ask_first(plan: Plan) -> bool:
    """Move such masks in front of the last step of f that needs the array; whether any."""
    found = _Reads(plan.body)
    if not found.masks:
        return False
    memory = SharedMemory(plan)
    ahead: dict[Statement, list[Value]] = {}
    made: set[Value] = set()
    for position, statement in enumerate(plan.body):
        if isinstance(statement, Define):
            array = _written_over(statement.value)
            if array in made and array is not None and array in found.masks:
                masks = found.masks[array]
                if found.alone(array, masks, position, memory):
                    if found.asked_later(array, position):
                        ask_newer(plan.body[position + 1 :], array, statement.value)
                    ahead[statement] = masks
            made.add(statement.value)
    _move(ahead, plan)
    return bool(ahead)


class _Reads:
    """Where the values of a function are read, and the masks that derivative code makes."""

    def __init__(self, body: list[Statement]) -> None:
        self.masks: dict[Value, list[Value]] = {}
        self.first: dict[Value, int] = {}
        self.entries: dict[Value, list[int]] = {}
        self.shapes: dict[Value, int] = {}
        for position, statement in enumerate(body):
            for mask in _masks_of(statement):
                self.first.setdefault(mask.args[0], position)
                self.masks.setdefault(mask.args[0], []).append(mask)
        for position, statement in enumerate(body if self.masks else []):
            for inner in walk([statement]):
                looked_at = reads_of_entries(inner)
                for value in looked_at:
                    self.entries.setdefault(value, []).append(position)
                for value in Counter(reads_deep(inner)) - Counter(looked_at):
                    self.shapes[value] = position

    def alone(self, array: Value, masks: list[Value], position: int, memory: SharedMemory) -> bool:
        """Whether behind ``position`` nothing but the masks needs the memory of an array."""
        members = memory.of(array)
        if members is None or self.first[array] <= position:
            return False
        reads = (at for member in members for at in self.entries.get(member, ()))
        return sum(at > position for at in reads) == len(masks)

    def asked_later(self, array: Value, position: int) -> bool:
        """Whether the shape of the array is asked for behind ``position``."""
        return self.shapes.get(array, -1) > position


def _move(ahead: dict[Statement, list[Value]], plan: Plan) -> None:
    """Make a statement of each mask before the one that it belongs to."""
    moved = dict.fromkeys(mask for masks in ahead.values() for mask in masks)
    body: list[Statement] = []
    for statement in plan.body:
        body += [Define(mask) for mask in ahead.get(statement, ())]
        if not (isinstance(statement, Define) and statement.value in moved):
            body.append(statement)
    for mask in moved:
        mask.captive, mask.hint = False, NOUNS[mask.op.name]
        mask.origin = replace(mask.origin, derivative=False)
    plan.body = body


def _written_over(value: Value) -> Value | None:
    """The array over which a step of f without a name of the user's may be written."""
    if value.derivative or value.user_name is not None or 0 not in value.whole:
        return None
    array = value.args[0]
    fits = (value.op in OPERATORS or value.op.name in RAISING) and not array.captive
    return array if fits and is_worth(array) and value.args.count(array) == 1 else None


def _masks_of(statement: Statement) -> list[Value]:
    """Comparisons of arrays with numbers that derivative code makes in a line, in order."""
    return [
        value
        for value in _computed(statement)
        if value.op.name in COMPARISONS
        and value.derivative
        and isinstance(value.type, Array)
        and isinstance(value.args[0].type, Array)
        and value.args[1].op is CONSTANT
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
