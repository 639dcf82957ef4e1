"""Whether a loop over known items is better written out: how long a text is, and what it saves.

Written out, what is known of each item is used up: zeros and branches are gone, and a step costs
no reading.  Few steps, or such as save much, are written out; the others stay a loop.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.cost import counts, nodes_of
from chainrule.primitives.sequence import display

# A text of so few operations is read at a glance.
SHORT = 30
# One of so many is not read at all, whatever it saves.
LONG = 100
# A loop is worth it where it is that much shorter and does not do that much more.
SHORTER = 3
MORE = 2


def size_of(steps: Sequence[Node]) -> int:
    """The number of operations, branches and entries of tuples in a text."""
    inner = [node for step in steps for block in owned_blocks(step) for node in nodes_of(block)]
    return sum(map(_size, (*steps, *inner)))


def _size(node: Node) -> int:
    if node.op is display and node.params == ("tuple",):
        # Known values that become those of a tuple, to be read where only the run tells.
        return sum(arg.op is not CONSTANT for arg in node.args)
    return counts(node) or node.op is IF


def is_better_as_loop(written: int, looped: int, count: int) -> bool:
    """Whether ``count`` steps of the size ``written`` are better one loop of size ``looped``."""
    saves = count * looped > MORE * written
    shorter = min(SHORTER, count - 1) * looped <= written
    return shorter and (written > LONG or not saves)
