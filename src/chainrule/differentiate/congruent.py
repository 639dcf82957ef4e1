"""Values that are computed alike at two places: equal for certain.

low = min(row[0] for row in rows)
high = max(row[0] for row in rows)

Each of the two loops makes a list of its own, of the same numbers.
"""

from __future__ import annotations

from chainrule.graph.block import ITEM, Block
from chainrule.graph.node import Node
from chainrule.primitives import sequence
from chainrule.primitives.control import IF, LOOP, owned_blocks
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import Verbatim

# What takes more steps is not compared.
MOST_STEPS = 500


def are_congruent(one: Node, other: Node) -> bool:
    """Whether two values are one function of the same, with no effect in between."""
    same: dict[Node, Node] = {}
    met: set[tuple[Node, Node]] = set()
    stack = [(one, other)]
    while stack and len(met) < MOST_STEPS:
        first, second = stack.pop()
        if first is second or same.get(first) is second or (first, second) in met:
            continue
        met.add((first, second))
        if not _is_computed(first) or first.op is not second.op or first.type != second.type:
            return False
        plain = [[p for p in each.params if not isinstance(p, Block)] for each in (first, second)]
        blocks = [owned_blocks(each) for each in (first, second)]
        counts = [(len(n.args), len(b)) for n, b in zip((first, second), blocks, strict=True)]
        if plain[0] != plain[1] or counts[0] != counts[1]:
            return False
        stack += zip(first.args, second.args, strict=True)
        for block, twin in zip(*blocks, strict=True):
            if not _have_one_layout(block, twin):
                return False
            same.update(zip(block.parameters, twin.parameters, strict=True))
            stack += zip(block.results, twin.results, strict=True)
    return not stack


def _is_computed(node: Node) -> bool:
    pure = isinstance(node.op, (Primitive, Verbatim)) and node.op.pure
    # A list that is made anew holds the same, and is not asked for who it is.
    return pure or node.op in (ITEM, IF, LOOP, sequence.display)


def _have_one_layout(block: Block, twin: Block) -> bool:
    both = (block, twin)
    counts = [(len(each.parameters), len(each.results), each.completes) for each in both]
    return counts[0] == counts[1]
