"""On which branches a value is computed at all: elsewhere its adjoint is not even a zero."""

from __future__ import annotations

from chainrule.graph.block import ITEM, UNDEFINED, Block
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, owned_blocks


def arms_not_run(node: Node, block: Block) -> list[Block]:
    """The arms, outer ones first, without which ``node`` is not computed before ``block``."""
    ran = {each for b in block.around() for each in (b, b.mirrored)}
    found: list[Block] = []
    arm: Block | None = node.block
    while arm is not None and arm not in ran:
        owner = arm.owner
        chosen = owner is not None and owner.op is IF and _both_complete(owner)
        if chosen and not is_taken(arm, block):
            found.append(arm)
        arm = arm.parent
    return found[::-1]


def _both_complete(owner: Node) -> bool:
    return all(arm.completes for arm in owned_blocks(owner))


def only_arm_with(node: Node) -> Block | None:
    """The only arm of an IF that gives ``node``, its item, a value; None if each arm does."""
    if node.op is not ITEM or node.args[0].op is not IF:
        return None
    arms = [arm for arm in owned_blocks(node.args[0]) if arm.completes]
    with_value = [arm for arm in arms if arm.results[int(str(node.params[0]))].op is not UNDEFINED]
    return with_value[0] if len(with_value) == 1 < len(arms) else None


def is_taken(arm: Block, block: Block) -> bool | None:
    """Whether ``arm`` runs wherever ``block`` does, by the predicates of the arms around that."""
    wanted = _choice(arm)
    for around in block.around():
        for each in (around, around.mirrored):
            made = None if each is None else _choice(each)
            if made is not None and wanted is not None and made[0] is wanted[0]:
                return made[1] == wanted[1]
    return None


def _choice(arm: Block) -> tuple[Node, int] | None:
    """The predicate on which an arm is run, and which of the arms it is."""
    owner = arm.owner
    if owner is None or owner.op is not IF:
        return None
    return owner.args[0], owned_blocks(owner).index(arm)
