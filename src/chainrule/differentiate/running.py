"""Loops that find the greatest and the least entry of a list, one after the other.

low = high = v[0]
for x in v:
    if x < low:
        low = x
    if x > high:
        high = x
"""

from __future__ import annotations

from chainrule.graph.block import ITEM, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.control import IF, LOOP, loop_body, loop_parts, next_states, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant

BELOW = (arithmetic.less, arithmetic.less_equal)
ABOVE = (arithmetic.greater, arithmetic.greater_equal)
GREATEST = ("python_max", "maximum", "fmax")
LEAST = ("python_min", "minimum", "fmin")


def found_by_loop(greatest: Node, least: Node) -> Node | None:
    """The list of which these are the greatest and the least entry; None if there is none."""
    if greatest.op is not ITEM or least.op is not ITEM or greatest.args[0] is not least.args[0]:
        return None
    loop = greatest.args[0]
    if loop.op is not LOOP or loop.params[0] != "range" or loop.params[1] is not None:
        return None
    high, low = (
        _entry_of(loop, result_number(each), each is greatest) for each in (greatest, least)
    )
    if high is None or high is not low:
        return None
    held = high.args[0]
    first, count, step = loop.args[:3]
    if not (_is_length(count, held) and is_constant(step, 1)):
        return None
    begins = [loop_parts(loop)[1][result_number(each)] for each in (greatest, least)]
    if is_constant(first, 0) and _begins_at_ends(begins):
        return held
    start = begins[0]
    if start is not begins[1] or start.op.name != "index" or not is_constant(start.args[1]):
        return None
    of, at_first = start.args[0], is_constant(start.args[1], 0)
    if of is held:
        return held if is_constant(first, 0) or (at_first and is_constant(first, 1)) else None
    rest = held.op is sequence.slice_of and held.args[0] is of and is_constant(held.args[1], 1)
    return of if rest and at_first and is_constant(first, 0) else None


def _is_length(count: Node, held: Node) -> bool:
    """Whether a number is how many entries a list, or an array of one axis, has."""
    lengths = ("length", "dimension")
    return count.op.name in lengths and count.args[0] is held and len(unit_axes_of(held.type)) < 2


def _begins_at_ends(begins: list[Node]) -> bool:
    """Whether a search begins at -inf and inf."""
    known = all(map(is_constant, begins))
    return known and [constant_value(each) for each in begins] == [-float("inf"), float("inf")]


def _entry_of(loop: Node, k: int, greatest: bool) -> Node | None:
    """The entry that a step of a loop takes for its ``k``-th state where it is the greater one."""
    state = loop_parts(loop)[2][k]
    chosen = next_states(loop)[k]
    index = loop_body(loop).parameters[0]
    entries = [
        node
        for node in loop_body(loop).steps
        if node.op.name == "index" and len(node.args) == 2 and node.args[1] is index
    ]
    found = [entry for entry in entries if _role(chosen, state, entry) is greatest]
    return found[0] if len(found) == 1 else None


def _role(chosen: Node, state: Node, entry: Node) -> bool | None:
    """Whether the greater of two is chosen, or the less; None if it is something else."""
    pair = {state, entry}
    if chosen.op.name in (*GREATEST, *LEAST) and {*chosen.args} == pair:
        return chosen.op.name in GREATEST
    if chosen.op is not ITEM or chosen.args[0].op is not IF:
        return None
    branch, k = chosen.args[0], result_number(chosen)
    predicate = branch.args[0]
    results = [arm.results[k] for arm in owned_blocks(branch)]
    if predicate.op in (*ABOVE, *BELOW) and {*predicate.args} == pair:
        if {*results} == pair:
            return (results[0] is predicate.args[0]) is (predicate.op in ABOVE)
        return None
    # The other branch of an `elif`: this one leaves the state as it is.
    left = [result for result in results if result is not state]
    return _role(left[0], state, entry) if len(left) == 1 else None
