"""Lists whose entries are numbers of their own, however these have been rearranged.

v = [x, y, z]
for i in range(len(v)):
    for j in range(len(v) - 1):
        if v[j] > v[j + 1]:
            v[j], v[j + 1] = v[j + 1], v[j]

Each of the given numbers stands in one place: entries of two places are equal at single points.
"""

from __future__ import annotations

from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, UNDEFINED, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives import sequence
from chainrule.primitives.control import (
    IF,
    LOOP,
    item_sources,
    loop_body,
    loop_parts,
    next_states,
    state_sources,
)
from chainrule.primitives.declare import is_constant
from chainrule.primitives.effect import Verbatim
from chainrule.records import dataclass

# Whether what these texts put in order descends.
ORDERS = {
    "sorted(range(_1_), key=_0_.__getitem__)": False,
    "sorted(range(_1_), key=_0_.__getitem__, reverse=True)": True,
}
# What leaves each entry of its first argument in one place at most.
KEPT = ("backwards", "copy", "as_tuple", "slice", "sort", "flip", "array_copy")


@dataclass(frozen=True)
class Gathered:
    """A list of ``base[i, *inner]`` for each place i, or for each i of ``order``."""

    base: Node
    inner: tuple[Node, ...]
    order: Node | None


def are_own(numbers: Node) -> bool:
    """Whether the entries of a list are all given, or constants, none of them twice."""
    seen = {numbers}
    stack = [numbers]
    while stack:
        node = stack.pop()
        if node.op is sequence.display or node.op.name == "array_literal":
            given = all(arg.op is CONSTANT or is_given(arg) for arg in node.args)
            if not given or len(dict.fromkeys(node.args)) < len(node.args):
                return False
            continue
        of = rearranged(node)
        if not of and not is_given(node):
            return False
        stack += [each for each in of if each not in seen]
        seen.update(of)
    return True


def is_given(node: Node) -> bool:
    """Whether a value is an argument of the function, or an entry of one."""
    if node.op is sequence.index and all(arg.op is CONSTANT for arg in node.args[1:]):
        node = node.args[0]
    return node.op is PARAMETER and node.block.owner is None


def rearranged(node: Node) -> tuple[Node, ...]:
    """The lists of one of which this holds the entries, each in one place at most."""
    if node.op is ITEM and node.args[0].op in (IF, LOOP):
        gathered = gathered_by(node)
        # What is picked out of rows of numbers that are given is given, too.
        if gathered is not None:
            return (gathered.base,)
        return tuple(each for each in item_sources(node) if each.op is not UNDEFINED)
    if node.op is PARAMETER and node.block.owner is not None and node.block.owner.op is LOOP:
        return state_sources(node, node.block.owner)
    if node.op.name in KEPT:
        flat = not isinstance(node.type, Array) or len(unit_axes_of(node.type)) == 1
        return node.args[:1] if flat else ()
    if node.op.name == "section" and len(unit_axes_of(node.args[0].type)) == 1:
        by_order = node.params == ("a",) and node.args[1].op.name == "argsort"
        return node.args[:1] if by_order or node.params == ("s",) else ()
    return _swapped(node)


def _swapped(node: Node) -> tuple[Node, ...]:
    """The list in which ``v[i], v[j] = v[j], v[i]`` has made two entries change places."""
    first = node.args[0] if node.args else node
    if not (node.op is first.op is sequence.index_set and len(node.args) == len(first.args) == 3):
        return ()
    held, i, one = first.args
    _, j, other = node.args
    changed = all(entry.op is sequence.index for entry in (one, other))
    return (held,) if changed and one.args == (held, j) and other.args == (held, i) else ()


def gathered_by(node: Node) -> Gathered | None:
    """What a loop has picked out of a list, or out of each of its rows, place by place."""
    if node.op is not ITEM or node.args[0].op is not LOOP:
        return None
    loop, k = node.args[0], result_number(node)
    if loop.params[0] != "range" or loop.params[1] is not None or loop.params[3]:
        return None
    made, (first, _, step) = next_states(loop)[k], loop.args[:3]
    if made.op is not sequence.append or made.args[0] is not loop_parts(loop)[2][k]:
        return None
    begun = loop_parts(loop)[1][k]
    empty = begun.op is sequence.display and not begun.args
    entry = made.args[1]
    if entry.op is not sequence.index or not (
        empty and is_constant(first, 0) and is_constant(step, 1)
    ):
        return None
    base, at, *inner = entry.args
    index, order = loop_body(loop).parameters[0], None
    if at.op is sequence.index and at.args[1:] == (index,) and _is_order(at.args[0]):
        at, order = index, at.args[0]
    outside = not any(each.op is not CONSTANT for each in inner)
    return Gathered(base, tuple(inner), order) if at is index and outside else None


def _is_order(places: Node) -> bool:
    return isinstance(places.op, Verbatim) and str(places.params[0]) in ORDERS


def is_copy_of(listed: Node, base: Node) -> bool:
    """Whether a list holds the entries of another in their order."""
    gathered = gathered_by(listed)
    whole = gathered is not None and not gathered.inner and gathered.order is None
    return listed is base or (gathered is not None and whole and gathered.base is base)
