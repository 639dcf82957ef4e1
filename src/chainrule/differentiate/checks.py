"""What a loop raises, raised on the way back where the loop itself is left out.

A loop over data whose sum nobody asks for runs for its adjoints only; on the way back they are
computed from the same values that a ``raise``, or a logarithm, would have looked at::

    for y in data:                              for y in reversed(data):
        if y <= 0.0:                                if y <= 0.0:
            raise ValueError(y)                         raise ValueError(y)
    for y in reversed(data):                        k_bar += ...
        k_bar += ...
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, LOOP, owned_blocks
from chainrule.primitives.effect import DOMAIN, RAISE

MOVABLE = (RAISE, DOMAIN)
# Behind so many branches at most: further in, all of their conditions would be asked again.
DEEPEST = 2


def answered_loop(
    step: Node, owners: Mapping[Block, Node], answered: Collection[Node]
) -> Node | None:
    """The loop on whose way back an effect may take place instead; None where there is none."""
    if step.op not in MOVABLE:
        return None
    found: Node | None = None
    branches = 0
    for block in step.block.around():
        owner = owners.get(block)
        if owner is None:
            continue
        if owner.op is LOOP and found is None:
            found = owner
        elif owner.op not in (IF, LOOP):
            # A handler may be waiting for it.
            return None
        branches += found is None
    return found if found in answered and branches <= DEEPEST else None


def checks_of(block: Block, branches: int = DEEPEST) -> Iterator[Node]:
    """The steps of a block that may raise in this way: effects, and branches with some inside."""
    for step in block.steps:
        if step.op in MOVABLE:
            yield step
        elif step.op is IF and branches:
            arms = (checks_of(arm, branches - 1) for arm in owned_blocks(step))
            if any(next(arm, None) is not None for arm in arms):
                yield step


def read_by(checks: Iterator[Node]) -> Iterator[Node]:
    """The values that such steps look at."""
    for step in checks:
        yield from step.args
        for arm in owned_blocks(step):
            yield from read_by(checks_of(arm))
