"""Bisections: loops that halve an interval until they know where a comparison changes.

    while hi - lo > tol:
        mid = 0.5 * (lo + hi)
        if f(mid, p) > 0.0:
            hi = mid
        else:
            lo = mid

Where the comparison is one of continuous numbers, what they enclose is a root of their difference,
here of ``f(x, p)``, and its derivative follows from the implicit function theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.graph.block import (
    CONSTANT,
    GLOBAL,
    ITEM,
    REFERENCE,
    UNDEFINED,
    Block,
    inside,
    result_number,
)
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives import arithmetic
from chainrule.primitives.control import IF, LOOP, loop_body, loop_parts, next_states, owned_blocks
from chainrule.primitives.declare import is_constant
from chainrule.records import dataclass

ORDERED = (
    *(arithmetic.less, arithmetic.less_equal),
    *(arithmetic.greater, arithmetic.greater_equal),
)
SAME = (arithmetic.equal, arithmetic.not_equal)
NOTHING: Mapping[Node, Node] = {}
LEAVES = (CONSTANT, GLOBAL, REFERENCE, UNDEFINED)


@dataclass(frozen=True)
class Searching:
    """What a loop computes of ``middle``, a number that it tries: ``first - second``.

    ``second`` is None where that is ``first`` alone.  ``needed`` are the steps of the body that the
    two are made of, from ``middle`` on.
    """

    loop: Node
    middle: Node
    first: Node
    second: Node | None
    needed: frozenset[Node]


@dataclass(frozen=True)
class Bisection:
    """A loop that encloses the root of a function of what it tries.

    ``ends`` are the numbers of the results that enclose the root, and ``found`` those of all that
    are at the root in the end; ``between`` makes what is tried of the ends.
    """

    tried: Searching
    ends: tuple[int, int]
    found: tuple[int, ...]
    between: frozenset[Node]

    @property
    def loop(self) -> Node:
        """The loop."""
        return self.tried.loop


def step_blocks(loop: Node) -> tuple[Block, ...]:
    """What a loop runs in each step: its condition, if it has one, and its body inside of that."""
    condition = loop.params[1]
    body = loop_body(loop)
    return (condition, body) if isinstance(condition, Block) else (body,)


def bisections(steps: Sequence[Node]) -> Iterator[Bisection]:
    """The loops among some steps that are bisections."""
    for step in steps:
        if step.op is LOOP:
            found = _bisection(step)
            if found is not None:
                yield found


def made_from(loop: Node, tried: Collection[Node], found: Collection[int], k: int) -> bool:
    """Whether a loop computes result ``k`` of what it tries, or of results ``found``."""
    states = loop_parts(loop)[2]
    made = closure(next_states(loop)[k], step_blocks(loop)[0], frozenset())
    return not made.isdisjoint({*tried, *(states[each] for each in found)})


def moves_by_itself(search: Bisection, felt: Container[Node]) -> bool:
    """Whether what is tried follows more that is ``felt`` than the ends, as in a false position.

    Its steps have slopes of their own, and are differentiated as they were run.
    """
    body = step_blocks(search.loop)[0]
    return any(
        arg in felt and not inside(arg, body) for step in search.between for arg in step.args
    )


def _bisection(loop: Node) -> Bisection | None:
    states, following = loop_parts(loop)[2], next_states(loop)
    numbers = [
        k for k, state in enumerate(states) if state.type == FLOAT and is_of_branch(following[k])
    ]
    for i in numbers:
        for j in numbers:
            if i < j:
                found = _between(loop, i, j, states, following)
                if found is not None:
                    return found
    return None


def _between(
    loop: Node, i: int, j: int, states: Sequence[Node], following: Sequence[Node]
) -> Bisection | None:
    """The bisection whose ends are the states i and j."""
    body = step_blocks(loop)[0]
    split = _split(following[i], following[j], states[i], states[j])
    if split is None:
        return None
    middle, predicate, *new = split
    own = set(loop_body(loop).parameters)
    between = _between_ends(middle, (i, j), new, loop) if inside(middle, body) else None
    if not between:
        return None
    tried, compared = _tried(loop, middle, predicate)
    if compared is None or any(each is not None and each.type != FLOAT for each in compared):
        return None
    needed: set[Node] = set()
    for side in (each for each in compared if each is not None):
        parts = closure(side, body, frozenset({tried}))
        if not parts.isdisjoint(own - {tried}):
            return None
        needed |= parts
    if tried not in needed:
        return None
    found = _found(loop, (i, j), middle)
    searching = Searching(loop, tried, *compared, frozenset(needed))
    return Bisection(searching, (i, j), found, between)


def _tried(
    loop: Node, middle: Node, predicate: Node
) -> tuple[Node, tuple[Node, Node | None] | None]:
    """What is tried, and the two numbers computed of it whose order decides."""
    states, following, body = loop_parts(loop)[2], next_states(loop), step_blocks(loop)[0]
    compared = _compared(predicate, middle, body)
    if middle not in states:
        return middle, compared
    # What is compared may have been computed of the middle where that was found, a step ago.
    later = following[states.index(middle)]
    again = {
        state: new
        for state, new in zip(states, following, strict=True)
        if state is not middle and _depends(new, later, body)
    }
    if compared is not None and again.keys().isdisjoint(compared):
        return middle, compared
    return later, _compared(predicate, later, body, again)


def _between_ends(
    middle: Node, ends: tuple[int, int], new: Sequence[Node], loop: Node
) -> frozenset[Node] | None:
    """What makes the middle of the ends: in this step, or of the ``new`` ones behind it.

    None where it is not made of both of them, and of no other state.
    """
    states, body = loop_parts(loop)[2], step_blocks(loop)[0]
    own = set(loop_body(loop).parameters)
    if middle not in states:
        steps = closure(middle, body, frozenset())
        return frozenset(steps - own) if own & steps == {states[k] for k in ends} else None
    later = set(leaves(next_states(loop)[states.index(middle)])) - {middle}
    made = [closure(each, body, frozenset(new)) for each in later]
    if not all(each.issuperset(new) and each.isdisjoint(own) for each in made):
        return None
    return frozenset().union(*made).difference(new)


def is_of_branch(node: Node) -> bool:
    """Whether a branch gives a value."""
    return node.op is ITEM and node.args[0].op is IF


def _split(lo: Node, hi: Node, old_lo: Node, old_hi: Node) -> tuple[Node, Node, Node, Node] | None:
    """What takes the place of one end or the other, the condition that decides, and new ends."""
    if not (is_of_branch(lo) and is_of_branch(hi)):
        return None
    branch, other = lo.args[0], hi.args[0]
    if branch.args[0] is not other.args[0]:
        return None
    arms = [
        (first.results[result_number(lo)], second.results[result_number(hi)])
        for first, second in zip(owned_blocks(branch), owned_blocks(other), strict=True)
        if first.completes and second.completes
    ]
    lows = [_other(first, old_lo) for first, second in arms if second is old_hi]
    highs = [_other(second, old_hi) for first, second in arms if first is old_lo]
    taken = {*lows, *highs} - {None}
    if len(arms) == 2 and len(lows) == len(highs) == len(taken) == 1:
        return taken.pop(), branch.args[0], lo, hi  # type: ignore[return-value]
    # Other ways leave the ends as they are, or both at what has been found.
    inner = [
        (first, second)
        for first, second in arms
        if first is not second and not (first is old_lo and second is old_hi)
    ]
    return _split(*inner[0], old_lo, old_hi) if len(inner) == 1 else None


def _other(end: Node, old: Node) -> Node | None:
    """What an end becomes where it does not stay what it was; None if that is not one value."""
    found = dict.fromkeys(leaf for leaf in leaves(end) if leaf is not old)
    return next(iter(found)) if len(found) == 1 else None


def leaves(value: Node) -> Iterator[Node]:
    """What a value may be that branches choose."""
    stack, met = [value], set[Node]()
    while stack:
        node = stack.pop()
        if node in met or node.op is UNDEFINED:
            continue
        met.add(node)
        if node.op is ITEM and node.args[0].op is IF:
            arms = (arm for arm in owned_blocks(node.args[0]) if arm.completes)
            stack.extend(arm.results[result_number(node)] for arm in arms)
        else:
            yield node


def _compared(
    predicate: Node, middle: Node, body: Block, again: Mapping[Node, Node] = NOTHING
) -> tuple[Node, Node | None] | None:
    """The two numbers whose order decides; None of a condition of another kind.

    ``again`` are the next values of states, which are compared in their place.
    """
    while predicate.op is arithmetic.logical_not:
        predicate = predicate.args[0]
    if predicate.op in SAME:
        signs = [_signed(side, again) for side in predicate.args]
        moving = [side for side in signs if side is not None and _depends(side, middle, body)]
        return (moving[0], None) if None not in signs and len(moving) == 1 else None
    if predicate.op not in ORDERED:
        return None
    first, second = (again.get(side, side) for side in predicate.args)
    if is_constant(first, 0):
        first, second = second, first
    if not is_constant(second, 0):
        return first, second
    if first.op is arithmetic.multiply:
        # Of a product of two values the one at the end that was kept has a sign of its own.
        sides = (again.get(side, side) for side in first.args)
        moving = [side for side in sides if _depends(side, middle, body)]
        return (moving[0], None) if len(moving) == 1 else None
    return first, None


def _signed(side: Node, again: Mapping[Node, Node]) -> Node | None:
    """The number whose sign is asked for; None of anything else."""
    if side.op.name == "sign" or (side.op in ORDERED and is_constant(side.args[1], 0)):
        return again.get(side.args[0], side.args[0])
    return None


def _depends(node: Node, middle: Node, body: Block) -> bool:
    return middle in closure(node, body, frozenset({middle}))


def _found(loop: Node, ends: tuple[int, int], middle: Node) -> tuple[int, ...]:
    """The results that are at the root in the end: the ends, and what is the middle or an end."""
    return carried(loop, {*ends}, {middle}, _is_one_of)


def carried(
    loop: Node,
    found: set[int],
    known: set[Node],
    is_one_of: Callable[[Node, Node, set[Node]], bool],
) -> tuple[int, ...]:
    """The states that become known values, or one another, whenever they change.

    ``is_one_of`` tells whether the next value of a state, and that state, come to one of some.
    """
    states, following = loop_parts(loop)[2], next_states(loop)
    found |= {k for k, state in enumerate(states) if state in known}
    while True:
        every = known.union(*({states[k], *leaves(following[k])} for k in found))
        fresh = [
            k
            for k, state in enumerate(states)
            if k not in found and is_one_of(following[k], state, every)
        ]
        if not fresh:
            return tuple(sorted(found))
        found.update(fresh)


def _is_one_of(following: Node, state: Node, known: set[Node]) -> bool:
    """Whether a state becomes one of these values on every path on which it changes."""
    changed = [leaf for leaf in leaves(following) if leaf is not state]
    return bool(changed) and all(leaf in known for leaf in changed)


def closure(node: Node, body: Block, ends: frozenset[Node]) -> set[Node]:
    """What a value is made of inside of a block, down to ``ends``."""
    made: set[Node] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if current in made or current.op in LEAVES or not inside(current, body):
            continue
        made.add(current)
        if current in ends:
            continue
        stack.extend(current.args)
        for block in owned_blocks(current):
            stack.extend((*block.results, *block.parameters))
            for step in all_steps(block):
                stack.extend((step, *step.args))
    return made
