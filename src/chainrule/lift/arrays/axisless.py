"""Writing into arrays without axes: ``y = np.zeros_like(x); y[x > 0.0] = v`` of a number ``x``.

A mask without axes writes all or nothing: it is a branch.  Such an array is one node, as a number
is; what is written becomes the name's next value, so that no other name may lead to the array.
"""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Callable, Collection
from typing import NoReturn

from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, Sequence, unit_axes_of
from chainrule.lift.containers.list_parts import ListParts
from chainrule.lift.core import Completion
from chainrule.lift.state import Key, State
from chainrule.lift.values import UNBOUND, ArrayBox, Either, Static, TupleValue, Value, View
from chainrule.primitives import sequence
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.control import IF, item_sources
from chainrule.primitives.declare import Primitive
from chainrule.primitives.namespaces import primitive_of

# Expressions that give of numbers what they give of arrays, entry by entry.
ENTRYWISE = (
    ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Attribute, ast.Call,
    ast.operator, ast.unaryop, ast.expr_context,
)  # fmt: skip


class Axisless(ListParts):
    """Writes into arrays without axes that the function has made."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Those that loops carry, and where a step writes into them.
        self.written_in_steps: dict[Node, ast.AST] = {}

    def write_masked(self, node: ast.Assign | ast.AugAssign, target: ast.expr) -> bool:
        """``name[mask] = ...`` and ``name[mask] += ...``; False if it is something else."""
        if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
            return False
        name = target.value.id
        base = self.state.get((self.frame, name), UNBOUND)
        if not isinstance(base, Node) or base.type not in (FLOAT, INT, BOOL):
            return False
        entrywise = self._is_entrywise(node.value)
        kinds = self.python_types(base)
        if base.op is not ITEM and not self._may_be_array(base):
            if not entrywise:
                self.expression(node.value)
            self._raise_frozen(kinds[-1])
        if not self._is_own(base):
            return False
        key = self.expression(target.slice)
        known, found = self.static_value(key)
        whole = (known and found in ((), Ellipsis)) or key == TupleValue(())
        if not whole and not (isinstance(key, Node) and key.type == BOOL):
            return False
        self._check_alone(name, base, target)
        if whole:
            self._renew(name, base, self._written(base, node), target)
            return True
        assert isinstance(key, Node)
        value = None if entrywise else self._written(self.number_item(base, key), node)

        def write() -> Completion:
            outer, self.mask = self.mask, key
            try:
                written = self._written(base, node) if value is None else value
            finally:
                self.mask = outer
            self._renew(name, base, self._entry(written, target), target)
            return Completion.FALLS

        self.branch(key, write, lambda: Completion.FALLS, "statement")
        self._note_array(name)
        return True

    def write_out(
        self, base: Node, where: Value, compute: Callable[[], Value], node: ast.AST
    ) -> Value | None:
        """What a call gives that writes into the array ``base``; None where that is not alone."""
        key = next((key for key, value in self.state.items() if value is base), None)
        if key is None and self._is_own(base) and self._is_new(base):
            return self._write_new(base, where, compute, node)
        if not isinstance(key, tuple) or key[0] is not self.frame or not self._is_own(base):
            return None
        name = str(key[1])
        self._check_alone(name, base, node)

        def write() -> Completion:
            self._renew(name, base, self.node(compute()), node)
            return Completion.FALLS

        if self.static_value(where) == (True, True):
            write()
        elif isinstance(where, Node) and where.type == BOOL:
            self.branch(where, write, lambda: Completion.FALLS, "statement")
            self._note_array(name)
        else:
            return None
        found: Value = self.state[key]
        return found

    def _write_new(
        self, base: Node, where: Value, compute: Callable[[], Value], node: ast.AST
    ) -> Value | None:
        """``np.log(x, out=np.zeros_like(x), where=x > 0)``: either the one or the other."""

        def written() -> Value:
            return self._renewed(base, self.node(compute()), node)

        if self.static_value(where) == (True, True):
            found = written()
        elif isinstance(where, Node) and where.type == BOOL:
            found = self.choose(where, written, lambda: base, "expression")
        else:
            return None
        assert isinstance(found, Node)
        self._note(found)
        return found

    def _written(self, old: Value, node: ast.Assign | ast.AugAssign) -> Node:
        """What is written where ``old`` stands."""
        value = self.expression(node.value)
        if isinstance(node, ast.AugAssign):
            value = self.binary(type(node.op), old, value, node)
        self.note_evaluated()
        return self.array_node(value)

    def _is_entrywise(self, value: ast.expr) -> bool:
        """Whether an expression may be evaluated on numbers, and only where a mask holds."""
        for part in ast.walk(value):
            if not isinstance(part, ENTRYWISE):
                return False
            if isinstance(part, ast.Call):
                plain = isinstance(part.func, (ast.Name, ast.Attribute)) and not part.keywords
                called = self.expression(part.func) if plain else None
                if not isinstance(called, Static):
                    return False
                primitive = primitive_of(called.value, len(part.args))
                if primitive is None or not primitive.broadcasts:
                    return False
        return True

    def _raise_frozen(self, kind: type) -> NoReturn:
        home = "numpy." if kind.__module__ == "numpy" else ""
        text = f"'{home}{kind.__name__}' object does not support item assignment"
        self.always_raises(f"TypeError({text!r})")

    def add_to_number(self, name: str, base: Value, value: Value, node: ast.AST) -> bool:
        """``name += ...`` of an array without axes, where ``value`` is the result."""
        if not isinstance(base, Node):
            return False
        begun = self.held_before(base)[-1]
        kinds = self.python_types(base) or self.python_types(begun)
        array = next((kind for kind in kinds if hasattr(kind, "__setitem__")), None)
        if array is None:
            return False
        if begun is not base and not self._is_own(base) and self._is_array(begun):
            # A loop carries it, and may carry numbers of Python's otherwise.
            self._check_alone(name, base, node)
            if base.type not in (FLOAT, INT, BOOL):
                # What is written into short floats is rounded.
                self._refuse_in_place(node)
            self.written_in_steps[base] = node
            value = self.node(value)
            self.number_types[value] = tuple(dict.fromkeys((*self.python_types(value), array)))
            self.bind(name, value)
            return True
        if not self._is_own(base):
            given = base.op is array_copy or base in self.graph.body.parameters
            if given or self._is_seen_elsewhere(base):
                self._refuse_in_place(node)
            if kinds != (array,):
                if isinstance(value, Node):
                    found = self.python_types(value)
                    self.number_types[value] = tuple(dict.fromkeys((*found, array)))
                return False
        self._check_alone(name, base, node)
        self._renew(name, base, self.node(value), node)
        return True

    def check_in_place(self, old: Value, node: ast.AST) -> None:
        """Refuse to write into an array without axes that an entry or an attribute leads to."""
        kinds = self.python_types(old) if isinstance(old, Node) else ()
        if kinds and all(hasattr(kind, "__setitem__") for kind in kinds):
            self._refuse_in_place(node)

    def _refuse_in_place(self, node: ast.AST) -> NoReturn:
        target = ast.unparse(node.target) if isinstance(node, ast.AugAssign) else "y"
        raise self.unsupported(
            "an array without axes is written to in place",
            f"Write `{target} = {target} ...`, or give it an axis.",
            node,
        )

    def _renew(self, name: str, base: Node, written: Node, node: ast.AST) -> None:
        """The array that ``name`` leads to holds another number."""
        self.bind(name, self._renewed(base, written, node))
        self._note_array(name)

    def _renewed(self, base: Node, written: Node, node: ast.AST) -> Node:
        """The array ``base`` with another number in it."""
        if unit_axes_of(written.type) or written.type not in (FLOAT, INT, BOOL):
            raise self.unsupported(
                "what is written into an array without axes", "Write a number into it.", node
            )
        if base.type != FLOAT and written.type != base.type:
            raise self.unsupported(
                "assignment of a float into an integer array, which cuts off its fraction",
                "Make the array with dtype=float.",
                node,
            )
        dtype = None
        if base.type != written.type and written.op is CONSTANT:
            written = self.graph.constant(float(str(written.params[0])))
        elif base.type != written.type:
            dtype = "float64"
        return self.call_array(array_copy, (written,), (dtype,))

    def _entry(self, value: Node, node: ast.AST) -> Node:
        """The number in what is written under a mask: of one entry where the mask holds."""
        units = unit_axes_of(value.type)
        if units == (True,):
            return self.primitive(sequence.index, value, self.graph.constant(0))
        if len(units) != 1:
            return value
        # It raises a ValueError, too, where there is not one entry.
        return self.node(
            self.call(
                Static(sys.modules["numpy"].reshape), [self.boxed(value), TupleValue(())], {}, node
            )
        )

    def _is_own(self, base: Node) -> bool:
        """Whether a node is an array without axes in memory that the function has made."""
        if base in self.axisless:
            return True
        op = base.op
        if op is ITEM and base.args[0].op is IF:
            return all(self._is_own(source) for source in item_sources(base))
        made = isinstance(op, Primitive) and op.boxes_numbers and not unit_axes_of(base.type)
        # ``np.asarray`` of an array is that array.
        return made and not (op is array_copy and self._may_be_array(base.args[0]))

    def _is_new(self, base: Node) -> bool:
        """Whether an array has been made right for the call: nothing else has read it."""
        return not any(
            _holds(value, each)
            for each in (base, *_chosen_from(base))
            for value in self.state.values()
        ) and not any(base in step.args for block in self.block.around() for step in block.steps)

    def _is_seen_elsewhere(self, base: Node) -> bool:
        """Whether a node looks into an array that has a name of its own."""
        named = [value for key, value in self.state.items() if isinstance(key, tuple)]
        boxes = [value.box if isinstance(value, View) else value for value in named]
        held = {id(self.state.get(box)) if isinstance(box, ArrayBox) else id(box) for box in boxes}
        while base.op is section or base.op is sequence.index or _keeps(base):
            if base.op is sequence.index and not base.params:
                return False
            base = base.args[0]
            if id(base) in held or base in self.graph.body.parameters:
                return bool(unit_axes_of(base.type)) or self._may_be_array(base)
        return False

    def _may_be_array(self, node: Node) -> bool:
        kinds = self.python_types(node)
        return not kinds or any(hasattr(kind, "__setitem__") for kind in kinds)

    def _is_array(self, node: Node) -> bool:
        return self._is_own(node) or self.python_types(node) == (sys.modules["numpy"].ndarray,)

    def _note_array(self, name: str) -> None:
        found = self.state.get((self.frame, name))
        if isinstance(found, Node):
            self._note(found)

    def _note(self, array: Node) -> None:
        self.axisless.add(array)
        self.number_types[array] = (sys.modules["numpy"].ndarray,)

    def _check_alone(self, name: str, base: Node, node: ast.AST) -> None:
        """Refuse a write that another name of the same array would not see."""
        own: Key = (self.frame, name)
        for each in (*self.held_before(base), *_chosen_from(base)):
            if _is_listed(each, self.block):
                self._refuse_other_name(node)
            if any(_holds(value, each) for key, value in self.state.items() if key != own):
                self._refuse_other_name(node)

    def check_next_step(self, parameters: Collection[Node], entered: State, left: State) -> None:
        """Refuse what a step hands on under two names if the next one writes into it."""
        for key, value in left.items():
            begun = entered.get(key)
            if not isinstance(begun, Node) or not isinstance(value, Node):
                continue
            node = self.written_in_steps.get(begun)
            if node is None or begun not in parameters:
                continue
            others = (other for name, other in left.items() if name != key)
            if _is_listed(value, self.block) or any(_holds(other, value) for other in others):
                self._refuse_other_name(node)

    def held_before(self, base: Node) -> list[Node]:
        """``base`` and, where a loop carries it, what it is before the first step."""
        found = [base]
        for entered, before in itertools.pairwise(reversed(self.enclosing)):
            if found[-1].op is not PARAMETER or found[-1] in before.values():
                continue
            for key, value in entered.items():
                if value is found[-1] and isinstance(before.get(key), Node):
                    found.append(before[key])
                    break
        return found

    def _refuse_other_name(self, node: ast.AST) -> NoReturn:
        raise self.unsupported(
            "an array without axes is written to that has another name, too",
            "Write into a copy, or give it an axis.",
            node,
        )

    # Given by the other parts of the lifter.

    def note_evaluated(self) -> None:
        raise NotImplementedError


def _chosen_from(base: Node) -> list[Node]:
    """The arrays of which branches have chosen one."""
    found: list[Node] = []
    stack = [base]
    while stack:
        node = stack.pop()
        if node.op is ITEM and node.args[0].op is IF:
            sources = item_sources(node)
            found += sources
            stack += sources
    return found


def _keeps(node: Node) -> bool:
    return isinstance(node.op, Primitive) and node.op.keeps_boxes


def _is_listed(node: Node, block: Block) -> bool:
    """Whether a list that the run knows the length of was given ``node`` as an entry."""
    return any(
        node in step.args and isinstance(step.type, Sequence)
        for each in block.around()
        for step in each.steps
    )


def _holds(value: Value, node: Node) -> bool:
    """Whether a value is or contains a node."""
    stack = [value]
    while stack:
        current = stack.pop()
        if current is node:
            return True
        if isinstance(current, TupleValue):
            stack += current.items
        elif isinstance(current, Either):
            stack += (current.then, current.orelse)
        elif isinstance(current, list):
            stack += current
        elif isinstance(current, dict):
            stack += current.values()
    return False
