"""Operators and builtins on objects: the methods that their classes define for them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import math
import types
from collections.abc import Sequence
from typing import Any

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT
from chainrule.lift.library.contents import spelled_out
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.objects.derived import Derived
from chainrule.lift.refusing import BINARY_METHODS
from chainrule.lift.values import ListBox, ObjectBox, Static, TupleValue, Value, is_made

UNARY_METHODS: dict[type, str] = {
    ast.USub: "__neg__",
    ast.UAdd: "__pos__",
    ast.Invert: "__invert__",
}
# Each with what is asked of the other side where this one has no answer.
COMPARISONS: dict[type, tuple[str, str]] = {
    ast.Lt: ("__lt__", "__gt__"),
    ast.LtE: ("__le__", "__ge__"),
    ast.Gt: ("__gt__", "__lt__"),
    ast.GtE: ("__ge__", "__le__"),
    ast.Eq: ("__eq__", "__eq__"),
    ast.NotEq: ("__ne__", "__ne__"),
}
FUNCTIONS: dict[Any, str] = {
    abs: "__abs__",
    bool: "__bool__",
    float: "__float__",
    int: "__int__",
    iter: "__iter__",
    len: "__len__",
    next: "__next__",
    repr: "__repr__",
    reversed: "__reversed__",
    round: "__round__",
    str: "__str__",
    math.ceil: "__ceil__",
    math.floor: "__floor__",
    math.trunc: "__trunc__",
}


def has_method(owner: Value, name: str) -> bool:
    """Whether the class of an object, or of a tuple with names, defines a method in Python."""
    if isinstance(owner, ObjectBox) and owner.instance is None:
        found = inspect.getattr_static(owner.type, name, None)
        return is_written(spelled_out(owner.type, found))
    kind = owner.type if isinstance(owner, ObjectBox) else None
    kind = owner.named if isinstance(owner, TupleValue) else kind
    return kind is not None and is_written(inspect.getattr_static(kind, name, None))


def is_written(found: Any) -> bool:
    """Whether a method is the user's own, and none that a dataclass was given."""
    return isinstance(found, types.FunctionType) and found.__code__.co_filename != "<string>"


def _is_asked(kind: type) -> bool:
    """Whether the truth of objects of a class is what compiled code says: that of a deque."""
    return any(hasattr(kind, name) for name in ("__bool__", "__len__"))


class SpecialMethods(Derived):
    """Lifts what is done with an object as its class says."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # The object whose truth was asked for last, what it said, and where that was.
        self._answer: tuple[Value, Value, Block, int] | None = None

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """An operator on an object is the method that its class defines."""
        name = BINARY_METHODS.get(operator)
        sides = [(left, right, f"__{name}__"), (right, left, f"__r{name}__")]
        if _is_derived(right, left) and has_method(right, f"__r{name}__"):
            sides.reverse()
        elif self._is_answered(left, right):
            sides.pop()
        found = self._asked(sides, node)
        return super().binary(operator, left, right, node) if found is None else found

    def _is_answered(self, left: Value, right: Value) -> bool:
        """Whether a float on the left has an answer itself: the right is derived from int."""
        whole = isinstance(right, ObjectBox) and issubclass(right.type, int)
        return whole and isinstance(left, Node) and left.type in (FLOAT, BOOL)

    def _asked(self, sides: list[tuple[Value, Value, str]], node: ast.AST) -> Value | None:
        """What the first side gives that has an answer; None where none has."""
        for owner, other, method in sides:
            if has_method(owner, method):
                found = self._own(owner, method, [other], node)
                if not (isinstance(found, Static) and found.value is NotImplemented):
                    return found
        return None

    def in_place(self, operator: type, old: Value, operand: Value, node: ast.AST) -> Value | None:
        """What ``old += operand`` and the like bind; None where the operator itself is applied."""
        method = f"__i{BINARY_METHODS.get(operator)}__"
        self._check_spelled_out(old, method, node)
        return self._asked([(old, operand, method)], node)

    def _check_spelled_out(self, owner: Value, method: str, node: ast.AST) -> None:
        """Refuse what a class of Python's has a method for, and the one in its place has none."""
        kind = IN_PLACE_OF.get(owner.type) if isinstance(owner, ObjectBox) else None
        answers = getattr(kind, method, None) is not getattr(object, method, None)
        if kind is not None and answers and not has_method(owner, method):
            raise self.unsupported(
                f"`{method}` of a {kind.__name__} that the function makes",
                "Use what else it has, or a class of your own.",
                node,
            )

    def unary(self, operator: type, value: Value, node: ast.AST) -> Value | None:
        """``-value`` and the like of an object; None of anything else."""
        name = UNARY_METHODS.get(operator, "")
        return self._own(value, name, [], node) if has_method(value, name) else None

    def applied(self, function: Any, value: Value, node: ast.AST) -> Value | None:
        """``abs(value)`` and the like of an object; None of anything else."""
        try:
            name = FUNCTIONS.get(function, "")
        except TypeError:
            return None
        if function in (str, repr):
            return self.text_of(value, name, node)
        return self._own(value, name, [], node) if has_method(value, name) else None

    def text_of(self, value: Value, name: str, node: ast.AST) -> Value | None:
        """The text of an object that the function makes; None of anything else."""
        if not isinstance(value, ObjectBox) or value.instance is not None:
            return None
        names = dict.fromkeys((name, "__repr__"))
        found = next((each for each in names if has_method(value, each)), None)
        return None if found is None else self._own(value, found, [], node)

    def truth(self, value: Value) -> tuple[bool, bool]:
        asked = self._asked_truth(value)
        if asked is None:
            return super().truth(value)
        found: tuple[bool, bool] = super().truth(asked)
        self._answer = value, asked, self.block, len(self.block.steps)
        return found

    def predicate(self, value: Value) -> Any:
        answer, self._answer = self._answer, None
        if answer is not None and answer[0] is value:
            # Python asks once.
            _, asked, block, count = answer
            if block is self.block and count == len(block.steps):
                return super().predicate(asked)
        found = self._asked_truth(value)
        return super().predicate(value if found is None else found)

    def _asked_truth(self, value: Value) -> Value | None:
        for name in ("__bool__", "__len__"):
            if has_method(value, name):
                return self._own(value, name, [], ast.Pass())
        if isinstance(value, ObjectBox) and _is_asked(value.type):
            return self.verbatim("bool(_0_)", self.node(value), type=BOOL)
        return None

    def _own(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> Value:
        return self.call(self.attribute(self.read(owner), name, node), args, {}, node)

    def compare(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        left, right = self.read(left), self.read(right)
        if operator in (ast.In, ast.NotIn) and has_method(right, "__contains__"):
            held = self._own(right, "__contains__", [left], node)
            known, truth = self.truth(held)
            if known:
                return Static(truth is (operator is ast.In))
            return self.predicate(held) if operator is ast.In else self.negate(held)
        if operator in (ast.In, ast.NotIn) and is_made(left) and isinstance(left, ObjectBox):
            items = self.known_items(right) if isinstance(right, (TupleValue, ListBox)) else None
            if items is not None:
                held = self._is_one_of(left, items, node)
                return held if operator is ast.In else self.negate(held)
        objects = [side for side in (left, right) if isinstance(side, ObjectBox)]
        if not objects or operator not in COMPARISONS:
            return super().compare(operator, left, right, node)
        same = len(objects) == 2 and left.type is right.type
        if same and dataclasses.is_dataclass(left.type) and self._is_generated(left, operator):
            rows = [
                TupleValue(tuple(self.attribute(side, field.name, node) for field in compared))
                for side in (left, right)
                for compared in [
                    [field for field in dataclasses.fields(side.type) if field.compare]
                ]
            ]
            return self._rows_compared(operator, rows[0].items, rows[1].items, node)
        own, reflected = COMPARISONS[operator]
        sides = [(left, right, own), (right, left, reflected)]
        if _is_derived(right, left):
            sides.reverse()
        found = self._asked(sides, node)
        if found is not None:
            return found
        if operator is ast.NotEq:
            equal = self.compare(ast.Eq, left, right, node)
            return self.negate(equal)
        for side in objects:
            self._check_spelled_out(side, own, node)
        if operator is ast.Eq and all(map(_is_equal_to_itself_only, objects)):
            return super().compare(ast.Is, left, right, node)
        return super().compare(operator, left, right, node)

    def _is_one_of(self, value: ObjectBox, items: Sequence[Value], node: ast.AST) -> Value:
        """Whether an object that the function makes is, or equals, an entry of a list."""
        for k, item in enumerate(map(self.read, items)):
            if item is value:
                return Static(True)
            equal = self.compare(ast.Eq, item, value, node)
            known, truth = self.truth(equal)
            if not known:
                return self.choose(
                    self.predicate(equal),
                    lambda: Static(True),
                    lambda rest=items[k + 1 :]: self._is_one_of(value, rest, node),  # type: ignore[misc]
                    "expression",
                )
            if truth:
                return Static(True)
        return Static(False)

    def _is_generated(self, owner: ObjectBox, operator: type) -> bool:
        """Whether a comparison is the one that dataclasses make: of the fields, as tuples."""
        name = COMPARISONS[ast.Eq if operator is ast.NotEq else operator][0]
        found = inspect.getattr_static(owner.type, name, None)
        made = isinstance(found, types.FunctionType) and not is_written(found)
        return made and not has_method(owner, "__ne__")

    def _rows_compared(
        self, operator: type, left: tuple[Value, ...], right: tuple[Value, ...], node: ast.AST
    ) -> Value:
        """Tuples of one length compared: the first entries that differ decide."""
        if not left:
            return Static(operator in (ast.Eq, ast.LtE, ast.GtE))
        if len(left) == 1 and operator is not ast.NotEq:
            return self.compare(operator, left[0], right[0], node)
        equal = self.compare(ast.Eq, left[0], right[0], node)
        if operator is ast.NotEq:
            return self.negate(self._rows_compared(ast.Eq, left, right, node))
        known, truth = self.truth(equal)
        if known and not truth:
            if operator is ast.Eq:
                return Static(False)
            return self.compare(operator, left[0], right[0], node)
        if known:
            return self._rows_compared(operator, left[1:], right[1:], node)
        return self.choose(
            self.predicate(equal),
            lambda: self._rows_compared(operator, left[1:], right[1:], node),
            lambda: (
                Static(False)
                if operator is ast.Eq
                else self.compare(operator, left[0], right[0], node)
            ),
            "expression",
        )


def _is_equal_to_itself_only(owner: ObjectBox) -> bool:
    """Whether ``==`` asks which object it is; of dataclasses of two classes, too."""
    found = inspect.getattr_static(owner.type, "__eq__", None)
    return found is object.__eq__ or isinstance(found, types.FunctionType)


def _is_derived(value: Value, base: Value) -> bool:
    """Whether an object is of a class derived from that of another, and is asked first."""
    return (
        isinstance(value, ObjectBox)
        and isinstance(base, ObjectBox)
        and value.type is not base.type
        and issubclass(value.type, base.type)
    )
