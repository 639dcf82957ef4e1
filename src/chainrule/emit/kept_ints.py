"""Which parameters would leave a derivative an int where they are given as one."""

from __future__ import annotations

from collections.abc import Collection

from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, Graph, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, divide, multiply, negative, power, subtract
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import Primitive
from chainrule.primitives.sequence import display, record

# A float among the arguments makes the result one; ints alone leave an int.
MIXING = (add, subtract, multiply, negative)
KEEPING = (*MIXING, power)


def kept_ints(graph: Graph, names: Collection[str]) -> list[str]:
    """The parameters among ``names`` that reach a result through sums and products alone."""
    found: dict[str, None] = {}
    seen: set[Node] = set()
    certain = _Certain()
    stack = list(graph.body.results)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.op is PARAMETER and node.block is graph.body:
            if str(node.params[0]) in names:
                found[str(node.params[0])] = None
        elif node.op is ITEM and node.args[0].op is IF:
            k = result_number(node)
            stack.extend(block.results[k] for block in owned_blocks(node.args[0]))
        elif node.op in KEEPING:
            if not certain.of(node):
                stack.extend(node.args)
        elif node.op in (display, record):
            stack.extend(node.args)
        elif node.op is not CONSTANT and not isinstance(node.op, Primitive):
            # What loops and attempts hand out may be any of what goes into them.
            return list(names)
    return list(found)


class _Certain:
    """Which values are floats whatever kind of number the parameters are."""

    def __init__(self) -> None:
        self.known: dict[Node, bool] = {}

    def of(self, node: Node) -> bool:
        """Whether a value is: a float among the operands of a sum or a product makes it one."""
        pending = [node]
        while pending:
            last = pending[-1]
            if last in self.known:
                pending.pop()
            elif last.op not in MIXING:
                self.known[pending.pop()] = _begins(last)
            elif fresh := [arg for arg in last.args if arg not in self.known]:
                pending.extend(fresh)
            else:
                self.known[pending.pop()] = any(self.known[arg] for arg in last.args)
        return self.known[node]


def _begins(node: Node) -> bool:
    if node.op is CONSTANT:
        return node.type == FLOAT
    return node.op is divide or (
        isinstance(node.op, Primitive) and any(n.startswith("math.") for n in node.op.callables)
    )
