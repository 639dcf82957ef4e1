"""Objects that are kept as they are and may change: what is read of one is what it holds by then.

    seen = set()
    for k in range(n):
        t += w[len(seen)]           # is another number in each step
        seen.add(k % 5)

What is read of a list is a value of its own, as each write makes another one in the graph; such an
object stays one value, so that each look at it is a step that keeps its place among f's.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from chainrule.errors import ChainruleError
from chainrule.graph.block import ITEM, PARAMETER
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, INT, OPAQUE, Type
from chainrule.lift.calls.foreign import Foreign
from chainrule.lift.calls.outside import TRUTH
from chainrule.lift.values import Value
from chainrule.primitives.control import item_sources
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import CALL, FACT
from chainrule.primitives.sequence import length

# Classes of objects that stay as they are.
FIXED = (frozenset, str, bytes, tuple, range, complex, bool, int, float, type(None))
# What is read of an object as a whole, by the names of the primitives.
READS = {
    "length": "len(_0_)",
    "total": "sum(_0_)",
    "sequence_max": "max(_0_)",
    "sequence_min": "min(_0_)",
    "equal": "_0_ == _1_",
    "not_equal": "_0_ != _1_",
    "less": "_0_ < _1_",
    "less_equal": "_0_ <= _1_",
    "greater": "_0_ > _1_",
    "greater_equal": "_0_ >= _1_",
}


class Changing(Foreign):
    """Reads objects that may change."""

    def may_change(self, value: Value) -> bool:
        """Whether a value is an object that is kept as it is, and may hold something else later."""
        waiting, seen = [value], {value}
        while waiting:
            node = waiting.pop()
            if isinstance(node, Node) and self._may_change_itself(node):
                return True
            sources = item_sources(node) if isinstance(node, Node) and node.op is ITEM else []
            waiting += [source for source in sources if source not in seen]
            seen.update(sources)
        return False

    def _may_change_itself(self, value: Node) -> bool:
        kind = self.kept_kinds.get(value)
        if kind is not None:
            return not issubclass(kind, FIXED)
        if value.type != DYNAMIC or value in self.unshaped:
            return False
        # What a loop hands from step to step may be anything.
        return value.op is CALL or (value.op is PARAMETER and value.block is not self.graph.body)

    def primitive(self, op: Primitive, *args: Node, params: tuple[Hashable, ...] = ()) -> Node:
        text = READS.get(op.name)
        kept = text is not None and any(map(self.may_change, args))
        if text is not None and kept and ("_1_" not in text or self._are_of_classes(args)):
            if op is length:
                # How many there are depends on no number.
                return self.block.add(FACT, args, (text, INT, None), INT)
            return self.verbatim(text, *args, type=op.infer(args, params))
        return super().primitive(op, *args, params=params)

    def _are_of_classes(self, values: tuple[Node, ...]) -> bool:
        """Whether one of these is an object of a class that the code makes: it is no number."""
        return any(value in self.kept_kinds for value in values)

    def verbatim(
        self,
        template: str,
        *args: Node,
        type: Type = OPAQUE,
        refusal: ChainruleError | None = None,
        pure: bool = False,
        carries: bool = True,
    ) -> Node:
        pure = pure and not any(map(self.may_change, args))
        return super().verbatim(
            template, *args, type=type, refusal=refusal, pure=pure, carries=carries
        )

    def predicate(self, value: Value) -> Any:
        found = super().predicate(value)
        if not self.may_change(found):
            return found
        if found.op is CALL and found not in self.kept_kinds and not self._has_name(found):
            # Nobody can change what nobody has.
            return found
        return self.verbatim(TRUTH, found, type=BOOL)

    def _has_name(self, value: Node) -> bool:
        return any(held is value for held in self.state.values())
