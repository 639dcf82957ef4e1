"""Which parameters must be floats for the results of a derivative to be floats, and right.

What reaches a result through sums and products alone leaves it an int where all of it are ints:
one float among them is enough.  Python's ints are exact, but those of NumPy wrap around: f may
multiply them by a float, and its derivative with each other.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Iterator

from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, Graph, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.primitives.arithmetic import add, divide, multiply, negative, power, subtract
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import Primitive
from chainrule.primitives.sequence import display, record

# A float among the operands makes the result one; ints alone leave an int.
MIXING = (add, subtract, multiply, negative)
KEEPING = (*MIXING, power)


def kept_ints(graph: Graph, names: Collection[str]) -> list[str]:
    """Parameters among ``names`` of which each result has one, or needs none to be a float."""
    order = list(names)
    kept = _Kept(graph, order)
    chosen, open_sets = 0, []
    for result in _results(graph):
        mask, one_is_enough = kept.of(result)
        if one_is_enough:
            open_sets.append(mask)
        else:
            chosen |= mask
    for mask in open_sets:
        if not mask & chosen:
            # The first of them.
            chosen |= mask & -mask
    return [name for k, name in enumerate(order) if chosen >> k & 1]


def wrapping(graph: Graph, names: Collection[str]) -> list[str]:
    """Parameters among ``names`` that derivative code computes with as f does not: in ints."""
    bits = {name: 1 << k for k, name in enumerate(names)}
    # The parameters on which it depends whether a value is an int, for those that may be one.
    masks: dict[Node, int] = {
        node: bits[str(node.params[0])]
        for node in graph.body.parameters
        if str(node.params[0]) in bits
    }
    chosen = 0
    for node in nodes_of(graph.body):
        op = node.op
        if op not in KEEPING and not (isinstance(op, Primitive) and op.keeps_integers):
            continue
        if all(arg in masks or arg.type in (INT, BOOL) for arg in node.args):
            mask = masks[node] = functools.reduce(
                operator.or_, (masks.get(arg, 0) for arg in node.args)
            )
            if node.origin.derivative:
                chosen |= mask
    return [name for name, bit in bits.items() if chosen & bit]


def _results(graph: Graph) -> Iterator[Node]:
    """The numbers that are returned, whatever they are put into."""
    stack = list(graph.body.results)
    while stack:
        node = stack.pop()
        if node.op in (display, record):
            stack.extend(node.args)
        else:
            yield node


class _Kept:
    """Which parameters, a bit each, decide whether a value is an int.

    Beside them stands whether one float among them makes the value a float.
    """

    def __init__(self, graph: Graph, names: list[str]) -> None:
        self.body = graph.body
        self.bits = {name: 1 << k for k, name in enumerate(names)}
        self.certain = _Certain()
        self.known: dict[Node, tuple[int, bool]] = {}

    def of(self, node: Node) -> tuple[int, bool]:
        """The parameters on which it depends whether the value is an int."""
        pending = [node]
        while pending:
            last = pending[-1]
            parts = self._parts(last)
            if fresh := [part for part in parts if part not in self.known]:
                pending.extend(fresh)
                continue
            pending.pop()
            if parts:
                mask, enough = 0, last.op in KEEPING
                for part in parts:
                    mask |= self.known[part][0]
                    enough = enough and self.known[part][1]
                self.known[last] = mask, enough
            elif last not in self.known:
                self.known[last] = (0, True) if self.certain.of(last) else self._leaf(last)
        return self.known[node]

    def _parts(self, node: Node) -> tuple[Node, ...]:
        if node in self.known or self.certain.of(node):
            return ()
        if node.op in KEEPING or node.op in (display, record):
            return node.args
        return _chosen_from(node)

    def _leaf(self, node: Node) -> tuple[int, bool]:
        if node.op is PARAMETER and node.block is self.body:
            return self.bits.get(str(node.params[0]), 0), True
        if node.op is CONSTANT or isinstance(node.op, Primitive):
            return 0, True
        # What loops and attempts hand out may be any of what goes into them.
        return (1 << len(self.bits)) - 1, False


class _Certain:
    """Which values are floats whatever kind of number the parameters are."""

    def __init__(self) -> None:
        self.known: dict[Node, bool] = {}

    def of(self, node: Node) -> bool:
        """Whether a value is: a float among the operands of a sum or a product makes it one."""
        pending = [node]
        while pending:
            last = pending[-1]
            parts = last.args if last.op in MIXING else _chosen_from(last)
            if last in self.known:
                pending.pop()
            elif not parts:
                self.known[pending.pop()] = _begins(last)
            elif fresh := [part for part in parts if part not in self.known]:
                pending.extend(fresh)
            else:
                enough = any if last.op in MIXING else all
                self.known[pending.pop()] = enough(self.known[part] for part in parts)
        return self.known[node]


def _chosen_from(node: Node) -> tuple[Node, ...]:
    """The values of which a branch gives one, if this is what it gives."""
    if node.op is not ITEM or node.args[0].op is not IF:
        return ()
    k = result_number(node)
    return tuple(block.results[k] for block in owned_blocks(node.args[0]))


def _begins(node: Node) -> bool:
    if node.op is CONSTANT:
        return node.type == FLOAT
    return node.op is divide or (
        isinstance(node.op, Primitive) and any(n.startswith("math.") for n in node.op.callables)
    )
