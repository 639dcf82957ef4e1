"""Loops that stop at convergence: where an iterate of theirs is equal to something.

    for _ in range(50):
        f = x * x - a
        if f == 0.0:
            break
        x -= f / (2.0 * x)

What they give is differentiated as the steps that were run.  Where none was, because the loop
began at the solution, that would be the slope of where it began.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from chainrule.differentiate.origins import are_kin, sources
from chainrule.graph.block import ITEM, PARAMETER, Block, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives import arithmetic
from chainrule.primitives.control import IF, LOOP, loop_body, loop_parts, owned_blocks
from chainrule.primitives.declare import is_constant

# An iterate, and what it is before the first step.
Iterate = tuple[Node, Node]


def converged(
    arm: Block,
    compared: Sequence[tuple[Node, ...]],
    owners: Mapping[Block, Node],
    varied: Container[Node],
) -> list[Iterate] | None:
    """The iterates that are numbers of a loop that ``arm`` ends; None where it ends none.

    That is one whose own iterates are among what is ``compared``, each time.
    """
    taken: dict[Node, Block] = {}
    block: Block | None = arm
    while block is not None and block in owners:
        owner = owners[block]
        if owner.op is LOOP:
            if not owner.params[3] or truth_in(loop_body(owner).results[-1], taken) is not True:
                return None
            return _iterates(owner, compared, varied)
        taken[owner] = block
        block = block.parent
    return None


def are_iterates(predicate: Node, truth: bool, iterates: Sequence[Iterate]) -> bool:
    """Whether an iterate is equal to the one after it: not where it may stay as it is."""
    equal = arithmetic.equal if truth else arithmetic.not_equal
    if predicate.op is not equal or predicate.origin.derivative:
        return False
    return not are_kin(predicate.args, [state for state, _ in iterates])


def _iterates(
    loop: Node, compared: Sequence[tuple[Node, ...]], varied: Container[Node]
) -> list[Iterate] | None:
    """What the compared values are made of, of the states of a loop."""
    _, initial, states = loop_parts(loop)
    found: dict[Node, None] = {}
    for nodes in compared:
        made_of = sources(nodes, lambda node: node.op is PARAMETER)
        moving = [each for each in made_of if each in states and each in varied]
        if not moving:
            return None
        found.update(dict.fromkeys(moving))
    begun = dict(zip(states, initial, strict=True))
    return [(each, begun[each]) for each in found if each.type == FLOAT == begun[each].type]


def truth_in(flag: Node, taken: Mapping[Node, Block]) -> bool | None:
    """The truth of a flag on the path through the arms ``taken``; None where it is open."""
    return _truth(flag, taken, {})


def _truth(flag: Node, taken: Mapping[Node, Block], told: dict[Node, bool | None]) -> bool | None:
    """The same; ``told`` are those that were asked for along another way."""
    if flag not in told:
        told[flag] = _truth_of(flag, taken, told)
    return told[flag]


def _truth_of(
    flag: Node, taken: Mapping[Node, Block], told: dict[Node, bool | None]
) -> bool | None:
    if is_constant(flag):
        return bool(flag.params[0])
    if flag.op is arithmetic.logical_not:
        inner = _truth(flag.args[0], taken, told)
        return None if inner is None else not inner
    if flag.op is not ITEM or flag.args[0].op is not IF:
        return None
    branch, k = flag.args[0], result_number(flag)
    if branch in taken:
        return _truth(taken[branch].results[k], taken, told)
    known = _truth(branch.args[0], taken, told)
    arms = owned_blocks(branch)
    if known is not None:
        return _truth(arms[0 if known else 1].results[k], taken, told)
    then, orelse = (_truth(arm.results[k], taken, told) for arm in arms)
    then = True if arms[0].results[k] is branch.args[0] else then
    return then if then == orelse else None
