"""A mask that is needed anyway is asked for its shape, in the place of the array that it is of.

The array is then needed no longer than its entries are, and can be let go::

    above = out >= 0.0                          above = out >= 0.0
    np.maximum(out, 0.0, out=out)               np.maximum(out, 0.0, out=out)
    at_max = out == top                         at_max = out == top
                                                del out
    chosen = np.where(at_max, bar, 0.0)         chosen = np.where(at_max, bar, 0.0)
    out_bar = chosen.reshape(out.shape)         out_bar = chosen.reshape(above.shape)
    out_bar[above] *= 0.5                       out_bar[above] *= 0.5
"""

from __future__ import annotations

from chainrule.emit.memory.made import is_entrywise
from chainrule.emit.memory.reuse import SharedMemory
from chainrule.emit.memory.views import asking, reads_of_entries
from chainrule.emit.plan import Define, Plan, Value, walk
from chainrule.graph.classes import Classes
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.bounds import COMPARISONS

# They want numbers that a mask has as well; what is made like an array has its dtype.
LENGTHS = ("dimension", "size_of", "shape", "reshaped")


def ask_masks(plan: Plan) -> bool:
    """Ask masks where arrays of the function's own are dead; whether any is asked."""
    masks = _masks(plan)
    if not masks:
        return False
    alike, needed = _alike(plan), _needed(plan)
    memory = SharedMemory(plan)
    changed = False
    for position, statement in enumerate(plan.body):
        for value, asked in asking([statement]):
            for array in asked if value.op.name in LENGTHS else ():
                members = memory.of(array)
                if members is None or any(needed.get(one, -1) >= position for one in members):
                    continue
                for mask, made in masks.items():
                    there = made < position <= needed.get(mask, -1)
                    if there and _has_shape(mask, array, alike):
                        value.args = [mask if arg is array else arg for arg in value.args]
                        changed = True
                        break
    return changed


def _masks(plan: Plan) -> dict[Value, int]:
    """Comparisons of arrays with numbers that have names, with where they stand."""
    return {
        statement.value: position
        for position, statement in enumerate(plan.body)
        if isinstance(statement, Define)
        and statement.value.op.name in COMPARISONS
        and statement.value.user_name is None
        and unit_axes_of(statement.value.args[0].type)
        and not unit_axes_of(statement.value.args[1].type)
    }


def _alike(plan: Plan) -> Classes[Value]:
    """Classes of arrays of one shape."""
    found: Classes[Value] = Classes()
    for statement in walk(plan.body):
        value = statement.value if isinstance(statement, Define) else None
        for position in value.whole if value is not None and is_entrywise(value) else ():
            if value is not None and not value.args[position].captive:
                found.join(value, value.args[position])
    return found


def _needed(plan: Plan) -> dict[Value, int]:
    """Where the entries of each array are needed last."""
    return {
        value: position
        for position, statement in enumerate(plan.body)
        for inner in walk([statement])
        for value in reads_of_entries(inner)
    }


def _has_shape(mask: Value, array: Value, alike: Classes[Value]) -> bool:
    looked_at = mask.args[0]
    same = unit_axes_of(mask.type) == unit_axes_of(array.type)
    return same and alike.find(looked_at) is alike.find(array)
