"""What Python refuses of values of the kinds that they have: it raises there, and so does f.

None is no number, and a list has no sine.  Of such an operation the gradient may need no result;
it raises all the same, where f does, and the handlers of f catch it.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import NoReturn

from chainrule.graph.block import PARAMETER, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, FLOAT, OPAQUE
from chainrule.lift.arrays.subscripts import Subscripts
from chainrule.lift.containers.items import PLAIN_NUMBERS, SYMBOLS
from chainrule.lift.untold import untold_kind
from chainrule.lift.values import DictBox, ObjectBox, Static, Value
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import STATEMENT

BINARY_METHODS: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
# These take strings, of which they may make numbers.
READ_TEXT = ("to_float", "to_int")


class Refusing(Subscripts):
    """Raises what Python raises of operands that have no such operation."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Whether kinds of numbers are those of arguments, not what most functions are given.
        self.kinds_are_given = False
        # What stands for None, and for strings, of which numbers can be made.
        self.nones: set[Node] = set()
        self.strings: set[Node] = set()

    def raises_itself(self, text: str, *args: Node) -> NoReturn:
        if self.untold and (text.startswith("raise TypeError") or not text.startswith("raise ")):
            raise untold_kind(self)
        super().raises_itself(text, *args)

    def static_node(self, value: Static) -> Node:
        node = super().static_node(value)
        if value.value is None:
            self.nones.add(node)
        elif isinstance(value.value, (str, bytes)):
            self.strings.add(node)
        return node

    def primitive(self, op: Primitive, *args: Node, params: tuple[Hashable, ...] = ()) -> Node:
        made = super().primitive(op, *args, params=params)
        reads_text = op.name in READ_TEXT
        if (op.broadcasts or reads_text) and self._are_no_numbers(args):
            if not reads_text or not self.nones.isdisjoint(args):
                self.raises_itself("_0_", made)
            self.block.add(STATEMENT, (made,), ("_0_",))
        return made

    def _are_no_numbers(self, args: tuple[Node, ...]) -> bool:
        """Whether one is no number, and not a string beside what may be one as well."""
        found = [arg for arg in args if self._is_no_number(arg)]
        open_kinds = any(arg.type == DYNAMIC and not self.python_types(arg) for arg in args)
        return bool(found) and not (open_kinds and self.nones.isdisjoint(found))

    def _is_no_number(self, node: Node) -> bool:
        return node.type == OPAQUE and (node in self.nones or node in self.strings)

    def is_refused(self, operator: type, left: Value, right: Value) -> bool:
        """Whether one is a float, and the other something that has no such operator."""
        name = BINARY_METHODS.get(operator)
        for number, other, prefix in ((left, right, "r"), (right, left, "")):
            if not (name and isinstance(number, Node)) or number.type not in PLAIN_NUMBERS:
                continue
            meant = operator is ast.Mult or self.attempts
            if meant and self.is_container(other) and self.are_rows(other):
                kinds = self.python_types(number)
                if operator is ast.Mult:
                    return bool(kinds) and all(issubclass(kind, float) for kind in kinds)
                return bool(kinds) and all(kind in (float, int, bool) for kind in kinds)
            if number.type != FLOAT:
                continue
            kind = type(other.value) if isinstance(other, Static) else None
            kind = other.type if isinstance(other, ObjectBox) else kind
            kind = dict if isinstance(other, DictBox) else kind
            if kind in (str, bytes) and (operator is not ast.Mod or prefix):
                return True  # `text % number` alone has a meaning.
            if not (kind is None or hasattr(kind, f"__{prefix}{name}__")):
                return True
        return False

    def is_none_beside_array(self, left: Value, right: Value) -> bool:
        """Whether one is None, which no operator of arrays knows, nor of None itself."""
        nones = [isinstance(each, Static) and each.value is None for each in (left, right)]
        return any(nones) and (all(nones) or any(map(self.is_array, (left, right))))

    def is_certainly_float(self, value: Value) -> bool:
        """Whether a number is no int, which is why it counts nothing.

        Other arguments that are taken for floats before a call may be ints then.
        """
        if not isinstance(value, Node) or value.type != FLOAT:
            return False
        kinds = self.python_types(value)
        floats = bool(kinds) and all(issubclass(kind, float) for kind in kinds)
        if floats and not self.kinds_are_given and not self._is_other_argument(value):
            self.graph.raises_by_kind = True
        return floats and self.kinds_are_given

    def _is_other_argument(self, number: Node) -> bool:
        """Whether a number is an argument that is not differentiated by."""
        return number.op is PARAMETER and number.params[0] not in self.wanted

    def are_rows(self, *values: Value) -> bool:
        """Whether all are lists or tuples of no class written for more."""
        kinds = [kind for value in values for kind in self.python_types(value) or (object,)]
        return all(kind in (list, tuple) for kind in kinds)

    def refused(self, operator: type, left: Value, right: Value) -> Value:
        """What Python raises here, the gradient raises too though it need not read the result."""
        text = f"_0_ {SYMBOLS[operator]} _1_"
        self.raises_here()
        self.block.add(STATEMENT, (self.node(left), self.node(right)), (text,))
        return self.graph.constant(0.0)

    def raises_always(self, operator: type, left: Value, right: Value) -> NoReturn:
        """What Python raises on the path at hand, of which nothing is left."""
        self.raises_itself(f"_0_ {SYMBOLS[operator]} _1_", self.node(left), self.node(right))

    def check_order(self, text: str, left: Node, right: Node) -> None:
        """What is compared may have no order; None, a string, or a list, and a number have none."""
        sides = (left, right)
        if all(side.type in PLAIN_NUMBERS for side in sides):
            return
        for number, other in (sides, sides[::-1]):
            if number.type not in PLAIN_NUMBERS:
                continue
            kinds = self.python_types(number)
            plain = kinds and all(kind in (float, int, bool) for kind in kinds)
            if self._is_no_number(other) or (plain and self.are_rows(other)):
                self.raises_itself(text, left, right)
        self.raises_here()

    # Given by the other parts of the lifter.

    def raises_here(self) -> None:
        """Note that the statement at hand may raise here: handlers start from what is known now."""
        raise NotImplementedError
