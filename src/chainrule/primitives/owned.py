"""Arrays that are handed out, for their receiver to keep and to write to.

A derivative may be one of the arrays that the function was given, as that of ``x @ y`` by x is y,
or look into one, and NumPy lets nobody write to some of what it gives.  Such are copied, each
in the branch that gives it.
"""

from __future__ import annotations

from chainrule.graph.block import ITEM, PARAMETER, UNDEFINED, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.arrays.linear_algebra import diag, diagonal
from chainrule.primitives.arrays.shaping import broadcast_to
from chainrule.primitives.broadcasting import LOOKING
from chainrule.primitives.control import IF, LOOP, TRY, item_sources, loop_parts, owned_blocks
from chainrule.primitives.effect import LEAVE


def own_copy(value: Node) -> Node:
    """``value``, copied where it looks into an array that the function was given."""
    if not unit_axes_of(value.type) or value.op is UNDEFINED:
        return value
    if value.op is ITEM and value.args[0].op in (IF, TRY) and not _is_left(value):
        _own_in_branches(value)
        return value
    return array_copy(value) if _is_locked(value) or may_be_given(value) else value


def _is_left(value: Node) -> bool:
    """Whether the function leaves a value in what it was given."""
    return any(step.op is LEAVE and value in step.args for step in value.graph.body.steps)


def is_argument(value: Node) -> bool:
    """Whether an array is one that the function was given, or is so on some path."""
    if value.op is ITEM and value.args[0].op in (IF, TRY):
        return any(map(is_argument, item_sources(value)))
    return value in value.graph.body.parameters or value in value.graph.given


def may_be_given(value: Node) -> bool:
    """Whether an array may lie in memory that others know of."""
    seen, stack = set(), [value]
    while stack:
        base = stack.pop()
        while base.op.name in LOOKING and not _is_made(base):
            base = base.args[0]
        if base in seen or base.op is UNDEFINED:
            continue
        seen.add(base)
        if base.op is ITEM and base.args[0].op is LOOP:
            first, then = item_sources(base)
            # What a loop begins with is given if an argument is; else it is made for the loop.
            stack += [then, first] if is_argument(first) else [then]
        elif base.op is ITEM and base.args[0].op in (IF, TRY):
            stack += item_sources(base)
        elif _is_state(base):
            continue
        elif base.op is PARAMETER or not base.origin.derivative:
            return True
    return False


def _is_state(value: Node) -> bool:
    """Whether a loop hands a value on from step to step."""
    owner = value.block.owner if value.op is PARAMETER else None
    return owner is not None and owner.op is LOOP and value in loop_parts(owner)[2]


def _own_in_branches(item: Node) -> None:
    owner, k = item.args[0], result_number(item)
    position = k - 1 if owner.op is TRY else k
    for block in owned_blocks(owner):
        found = block.results[position]
        with item.graph.inside(block):
            own = own_copy(found)
        if own is not found:
            block.results = (*block.results[:position], own, *block.results[position + 1 :])


def _is_made(value: Node) -> bool:
    """Whether it is a matrix with a vector on its diagonal."""
    return value.op is diag and len(unit_axes_of(value.args[0].type)) == 1


def _is_locked(value: Node) -> bool:
    """Whether NumPy may let nobody write to what an operation gives, or a loop ends with."""
    seen, stack = set(), [value]
    while stack:
        base = stack.pop()
        while base.op.name in LOOKING and not _is_made(base):
            if base.op in (broadcast_to, diagonal, diag):
                return True
            base = base.args[0]
        if base not in seen and base.op is ITEM and base.args[0].op in (LOOP, IF, TRY):
            stack += item_sources(base)
        seen.add(base)
    return False
