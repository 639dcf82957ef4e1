"""Sections: loops that narrow an interval to where a function of one variable is least or most.

    while b - a > tol:
        c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
        if f(c, p) < f(d, p):
            b = d
        else:
            a = c

Golden section, ternary and Fibonacci searches are such.  What they find is a root of the slope of
what they compare, here of the derivative of ``f(x, p)`` by ``x``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.bisections import (
    ORDERED,
    Searching,
    carried,
    closure,
    is_of_branch,
    leaves,
    step_blocks,
)
from chainrule.differentiate.origins import EXTREMES
from chainrule.graph.block import ITEM, Block, inside, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives import arithmetic
from chainrule.primitives.control import LOOP, loop_body, loop_parts, next_states, owned_blocks
from chainrule.primitives.declare import is_constant
from chainrule.records import dataclass

# The predicate of a branch, what takes the place of one end, and of the other.
Split = tuple[Node, Node, Node]


@dataclass(frozen=True)
class Section:
    """A loop that encloses a place where ``compared`` is least or most.

    ``compared`` are one or two times the same function of a number: the values that decide.
    ``ends`` are the numbers of the results that enclose the place, and ``found`` those of all that
    are there in the end; ``values`` those of what is compared, and ``widths`` those of distances of
    what is found.
    """

    loop: Node
    compared: tuple[Searching, ...]
    ends: tuple[int, int]
    found: tuple[int, ...]
    values: tuple[int, ...]
    widths: tuple[int, ...]


def sections(steps: Sequence[Node]) -> Iterator[Section]:
    """The loops among some steps that are sections."""
    for step in steps:
        if step.op is LOOP:
            found = _section(step)
            if found is not None:
                yield found


def _section(loop: Node) -> Section | None:
    states, following = loop_parts(loop)[2], next_states(loop)
    numbers = [
        k for k, state in enumerate(states) if state.type == FLOAT and is_of_branch(following[k])
    ]
    for i in numbers:
        for j in numbers:
            found = _between(loop, i, j) if i < j else None
            if found is not None:
                return found
    return None


def _between(loop: Node, i: int, j: int) -> Section | None:
    """The section whose ends are the states i and j."""
    states, following, body = loop_parts(loop)[2], next_states(loop), loop_body(loop)
    split = _split(following[i], following[j], states[i], states[j])
    if split is None:
        return None
    predicate, *tried = split
    while predicate.op is arithmetic.logical_not:
        predicate = predicate.args[0]
    if predicate.op not in ORDERED or any(arg.type != FLOAT for arg in predicate.args):
        return None
    compared = _compared(loop, predicate.args, tried)
    if not compared:
        return None
    found = carried(loop, {i, j}, set(tried), _is_one_of)
    values = carried(loop, set(), set(predicate.args), _is_one_of)
    ends = {*tried, *(node for k in found for node in (states[k], *leaves(following[k])))}
    ends.update(following[k] for k in found)
    distances = {node for node in all_steps(body) if _is_width(node, ends)}
    widths = carried(loop, set(), distances, _is_one_of)
    return Section(loop, compared, (i, j), found, values, widths)


def _is_width(node: Node, ends: set[Node]) -> bool:
    """Whether a value is a distance of two ends, or a magnitude or a multiple of one."""
    while True:
        scaled = node.op is arithmetic.multiply and any(map(is_constant, node.args))
        if not scaled and node.op is not arithmetic.absolute:
            break
        node = node.args[-1] if is_constant(node.args[0]) else node.args[0]
    return node.op is arithmetic.subtract and ends.issuperset(node.args)


def _split(first: Node, second: Node, old_first: Node, old_second: Node) -> Split | None:
    """What decides which of two ends moves, and where either of them goes."""
    if not is_of_branch(first) or second.op is not ITEM or first.args[0] is not second.args[0]:
        return None
    branch = first.args[0]
    arms = [
        (arm.results[result_number(first)], arm.results[result_number(second)])
        for arm in owned_blocks(branch)
        if arm.completes
    ]
    moved = [a for a, b in arms if b is old_second and a is not old_first]
    others = [b for a, b in arms if a is old_first and b is not old_second]
    if len(arms) == 2 and len(moved) == len(others) == 1 and moved[0] is not others[0]:
        return branch.args[0], moved[0], others[0]
    # Other ways leave the ends as they are.
    inner = [(a, b) for a, b in arms if not (a is old_first and b is old_second)]
    return _split(*inner[0], old_first, old_second) if len(inner) == 1 else None


def _compared(loop: Node, values: Sequence[Node], tried: Sequence[Node]) -> tuple[Searching, ...]:
    """The values that decide, each as computed of what is tried; () where that is not known."""
    for places in (tried, tried[::-1]):
        found = [_of_place(loop, *pair) for pair in zip(values, places, strict=True)]
        first, second = found
        if first is not None and second is not None and _are_alike(first, second):
            return first, second
    # They may be values of the step before, of which one is computed anew.
    states, following = loop_parts(loop)[2], next_states(loop)
    if not {*values, *tried} <= {*states}:
        return ()
    fresh, places = (
        [leaf for each in group for leaf in leaves(following[states.index(each)])]
        for group in (values, tried)
    )
    for value in fresh:
        for place in places:
            searching = _of_place(loop, value, place)
            if searching is not None:
                return (searching,)
    return ()


def _of_place(loop: Node, value: Node, place: Node) -> Searching | None:
    """A value as a function of a place; None where other states take part."""
    body: Block = step_blocks(loop)[0]
    if not inside(place, body) or value is place:
        return None
    needed = closure(value, body, frozenset({place}))
    own = set(loop_body(loop).parameters)
    if place not in needed or not needed.isdisjoint(own - {place}):
        return None
    return Searching(loop, place, value, None, frozenset(needed))


def _are_alike(one: Searching, other: Searching) -> bool:
    """Whether two values are the same function, each of its place."""
    same = {one.middle: other.middle}
    stack = [(one.first, other.first)]
    while stack:
        first, second = stack.pop()
        if (first is second and first is not one.middle) or same.get(first) is second:
            continue
        shapes = [
            (node.op, len(node.args), [p for p in node.params if not isinstance(p, Block)])
            for node in (first, second)
        ]
        if first in same or shapes[0] != shapes[1]:
            return False
        same[first] = second
        stack.extend(zip(first.args, second.args, strict=True))
        for block, twin in zip(owned_blocks(first), owned_blocks(second), strict=True):
            same.update(zip(block.parameters, twin.parameters, strict=True))
            if len(block.results) != len(twin.results) or block.completes != twin.completes:
                return False
            stack.extend(zip(block.results, twin.results, strict=True))
    return True


def _is_one_of(following: Node, state: Node, known: set[Node]) -> bool:
    """Whether a state stays or becomes a known value, or the least or greatest of such."""
    changed, stack = set[Node](), list(leaves(following))
    while stack:
        node = stack.pop()
        if node.op in EXTREMES and node not in known:
            stack.extend(node.args)
        elif node is not state:
            changed.add(node)
    return bool(changed) and changed <= known
