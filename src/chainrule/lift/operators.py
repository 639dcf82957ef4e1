"""Operators: arithmetic, comparisons, truth, and the choice between two values."""

from __future__ import annotations

import ast
import contextlib
import operator as python_operator
import sys
import types
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from chainrule.graph.guard import is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    DYNAMIC,
    FLOAT,
    INT,
    OPAQUE,
)
from chainrule.graph.types import (
    Sequence as SequenceType,
)
from chainrule.lift.arrays.boxes import is_ndarray
from chainrule.lift.containers.items import NUMBERS, PLAIN_NUMBERS, SYMBOLS
from chainrule.lift.core import AlwaysRaises, Completion
from chainrule.lift.known_texts import is_text
from chainrule.lift.library.dates import are_days
from chainrule.lift.refusing import Refusing
from chainrule.lift.untold import check_told
from chainrule.lift.values import (
    Closure,
    DictBox,
    ListBox,
    Method,
    ObjectBox,
    PartialCall,
    Place,
    Range,
    RecordsBox,
    Static,
    TableBox,
    TupleValue,
    Value,
)
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.masks import bitwise_and, bitwise_or, bitwise_xor
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import CALL, ORDERED, VERBATIM
from chainrule.primitives.literals import number_of_literals

BINARY: dict[type, Primitive] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.subtract,
    ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide,
    ast.FloorDiv: arithmetic.floor_divide,
    ast.Mod: arithmetic.remainder,
    ast.Pow: arithmetic.power,
}


# On ints and bools only: no derivative flows through them.
BITWISE: dict[type, Callable[[Any, Any], Any]] = {
    ast.BitAnd: python_operator.and_,
    ast.BitOr: python_operator.or_,
    ast.BitXor: python_operator.xor,
    ast.LShift: python_operator.lshift,
    ast.RShift: python_operator.rshift,
}


# On masks and integer arrays.
BITWISE_ARRAYS: dict[type, Primitive] = {
    ast.BitAnd: bitwise_and,
    ast.BitOr: bitwise_or,
    ast.BitXor: bitwise_xor,
}


COMPARE: dict[type, Primitive] = {
    ast.Lt: arithmetic.less,
    ast.LtE: arithmetic.less_equal,
    ast.Gt: arithmetic.greater,
    ast.GtE: arithmetic.greater_equal,
    ast.Eq: arithmetic.equal,
    ast.NotEq: arithmetic.not_equal,
}


STATIC_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    kind: op.evaluate for kind, op in COMPARE.items() if op.evaluate is not None
}

# Of what classes objects are that nothing made in the function is.
CERTAIN = (bool, type, types.FunctionType, types.BuiltinFunctionType)

TELL_APART = "Compare numbers or strings that tell them apart."
# Kinds of values that no operator of another kind knows.
PLAIN = (int, float, bool, str, types.NoneType)
# Powers of ints that are known are computed up to 2 to this.
MOST_BITS = 16


def _is_float_of_numpy(kind: type) -> bool:
    return "numpy" in sys.modules and issubclass(kind, sys.modules["numpy"].floating)


class Operators(Refusing):
    """Applies operators to values."""

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """``left operator right``."""
        left, right = self.read(left), self.read(right)
        number = self._static_arithmetic(operator, left, right)
        if number is not None:
            return number
        if operator is ast.BitOr and _are_kinds(left, right):
            return self._union(left, right)
        text = is_text(left)
        if self.is_none_beside_array(left, right):
            self.raises_always(operator, left, right)
        if self.is_refused(operator, left, right):
            return self.refused(operator, left, right)
        if not text and (
            any(map(self._is_of_array, (left, right)))
            or self._makes_array_of_list(operator, left, right)
        ):
            return self._array_operator(operator, left, right, node)
        if not text and (self.is_container(left) or self.is_container(right)):
            if self.enclosing and operator is not ast.Add and self.are_rows(left, right):
                # A way that is taken for numbers: for rows it is not, or raises.
                self.raises_always(operator, left, right)
            return self.container_operator(operator, left, right, node)
        if text:
            return self.text_operator(operator, left, right)
        op = BINARY.get(operator)
        a, b = self.node(left), self.node(right)
        if operator in BITWISE_ARRAYS and a.type == b.type == BOOL:
            return self.primitive(BITWISE_ARRAYS[operator], a, b)
        if operator in BITWISE and not (a.type == FLOAT or b.type == FLOAT):
            # Of two that are no numbers to the graph it may be anything: a set, a flag.
            type_ = INT if a.type in PLAIN_NUMBERS or b.type in PLAIN_NUMBERS else DYNAMIC
            return self.verbatim(f"_0_ {SYMBOLS[operator]} _1_", a, b, type=type_)
        if op is None or not (a.type in NUMBERS or b.type in NUMBERS or a.type == b.type == OPAQUE):
            symbol = SYMBOLS.get(operator, operator.__name__)
            if operator is ast.MatMult:
                check_told(self, symbol, (a, b))
            raise self.unsupported(
                f"`{symbol}` on {a.type} and {b.type}",
                "Only arithmetic on numbers and concatenation of lists are understood.",
                node,
            )
        plain = not (a.type.differentiable or b.type.differentiable)
        if (OPAQUE in (a.type, b.type) and plain) or (self.is_kept(a) and self.is_kept(b)):
            symbol = SYMBOLS[operator]
            return self.verbatim(f"_0_ {symbol} _1_", a, b, type=DYNAMIC)
        result = self.primitive(op, a, b)
        if any(
            side in self.of_objects or (side.type == DYNAMIC and not self.python_types(side))
            for side in (a, b)
        ):
            self.of_objects.add(result)
        return result

    def is_kept(self, value: Node) -> bool:
        """Whether a value is what a call gives that is kept as it is: any object, a date."""
        of_calls = value.op in (CALL, VERBATIM, ORDERED) or value in self.of_objects
        kept = value.type == DYNAMIC and of_calls
        return kept and value not in self.unshaped

    def _is_of_array(self, value: Value) -> bool:
        return self.is_array(value) or self.is_array_entry(value)

    def _makes_array_of_list(self, operator: type, left: Value, right: Value) -> bool:
        """Whether one is a list or a tuple and the other a float of NumPy's, which takes entries.

        A product of the two is taken for a repetition, and raises.
        """
        for rows, number in ((left, right), (right, left)):
            if self.is_container(rows) and isinstance(number, Node) and number.type == FLOAT:
                kinds = self.python_types(number)
                floats = bool(kinds) and all(map(_is_float_of_numpy, kinds))
                return floats and operator is not ast.Mult and self.are_rows(rows)
        return False

    def _array_operator(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """``left operator right`` entry by entry, or a product of matrices."""
        a, b = self.array_node(left), self.array_node(right)
        unknown = OPAQUE in (a.type, b.type)
        numbers = [each for each in (a, b) if each.type in (FLOAT, INT, BOOL)]
        if operator is ast.MatMult and numbers:
            raise self.unsupported(
                "`@` on an array and a number", "Multiply by a number with `*`.", node
            )
        if operator is ast.MatMult and not unknown and DYNAMIC not in (a.type, b.type):
            return self.boxed(self.call_array(matmul, (a, b), ()))
        op = BINARY.get(operator) or BITWISE_ARRAYS.get(operator)
        if op is None or unknown:
            symbol = SYMBOLS.get(operator, operator.__name__)
            raise self.unsupported(
                f"`{symbol}` on {a.type} and {b.type}", "Use arithmetic on arrays.", node
            )
        return self.boxed(self.primitive(op, a, b))

    def _static_arithmetic(self, operator: type, left: Value, right: Value) -> Node | Static | None:
        """Index arithmetic on ints that are known is done now."""
        a, b = self.static_int(left), self.static_int(right)
        if a is None or b is None:
            return None
        if operator is ast.Add:
            return self.graph.constant(a + b)
        if operator is ast.Sub:
            return self.graph.constant(a - b)
        if operator is ast.Mult:
            return self.graph.constant(a * b)
        if operator is ast.FloorDiv and b:
            return self.graph.constant(a // b)
        if operator is ast.Mod and b:
            return self.graph.constant(a % b)
        if operator is ast.Pow and 0 <= b <= MOST_BITS and abs(a) ** b <= 2**MOST_BITS:
            # One that is not negative leaves an int; larger ones are read better as powers.
            return self.graph.constant(a**b)
        if operator in BITWISE and (type(a), type(b)) != (int, int):
            # Flags, which stay flags.
            return Static(BITWISE[operator](a, b))
        if operator in BITWISE and (operator not in (ast.LShift, ast.RShift) or 0 <= b < 64):
            return self.graph.constant(BITWISE[operator](a, b))
        return None

    def _union(self, left: Value, right: Value) -> Static:
        """``int | float``, as ``isinstance`` may ask for it."""
        union = self.static_value(left)[1] | self.static_value(right)[1]
        return Static(union, lambda: self.verbatim("_0_ | _1_", self.node(left), self.node(right)))

    def text_operator(self, operator: type, left: Value, right: Value) -> Value:
        known_left, a = self.static_value(left)
        known_right, b = self.static_value(right)
        if operator not in (ast.Add, ast.Mult, ast.Mod) and known_right and type(b) in PLAIN:
            self.raises_always(operator, left, right)
        if known_left and known_right and operator in (ast.Add, ast.Mult, ast.Mod):
            try:
                return Static(
                    a + b if operator is ast.Add else a * b if operator is ast.Mult else a % b
                )
            except (TypeError, ValueError):
                self.raises_always(operator, left, right)
        return self.verbatim(
            f"_0_ {SYMBOLS[operator]} _1_", self.node(left), self.node(right), carries=False
        )

    def negate(self, value: Value) -> Value:
        known, truth = self.truth(value)
        if known:
            return Static(not truth)
        return self.primitive(arithmetic.logical_not, self.predicate(value))

    def truth(self, value: Value) -> tuple[bool, bool]:
        """``(known, truth)`` of a value while lifting."""
        value = self.read(value)
        if isinstance(value, Static):
            self.watch_layout(value)
            return True, bool(value.value)
        known, found = self.static_value(value)
        if known:
            return True, bool(found)
        if isinstance(value, TupleValue):
            return True, bool(value.items)
        if isinstance(value, ListBox) and isinstance(self.state[value], list):
            return True, bool(self.state[value])
        if isinstance(value, DictBox):
            return True, bool(self.entries(value))
        if isinstance(value, TableBox):
            return self.truth(value.values)
        if isinstance(value, (Closure, Method, ObjectBox)):
            return True, True
        return False, False

    def predicate(self, value: Value) -> Node:
        """``value`` as the condition of a branch."""
        if isinstance(value, TableBox):
            return self.primitive(arithmetic.greater, self.length_of(value), self.graph.constant(0))
        return self.node(value, "this condition")

    def choose(
        self, predicate: Node, then: Callable[[], Value], orelse: Callable[[], Value], style: str
    ) -> Value:
        """The value of one of two expressions."""
        return self.read(self.choose_kind(predicate, then, orelse, style))

    def choose_kind(
        self, predicate: Node, then: Callable[[], Value], orelse: Callable[[], Value], style: str
    ) -> Value:
        """As :meth:`choose`; the value may be of either of two kinds."""
        key = object()

        def arm(action: Callable[[], Value]) -> Callable[[], Completion]:
            def run() -> Completion:
                self.state[key] = action()
                return Completion.FALLS

            return run

        if self.branch(predicate, arm(then), arm(orelse), style) is Completion.RAISES:
            raise AlwaysRaises
        return self.state.pop(key)

    def compare(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """One comparison."""
        left, right = self.read(left), self.read(right)
        if operator in (ast.Is, ast.IsNot):
            return self._identity(operator, left, right)
        if operator in (ast.In, ast.NotIn):
            return self._membership(operator, left, right)
        if any(self.is_array(side) or self.is_array_entry(side) for side in (left, right)):
            nodes = self.array_node(left), self.array_node(right)
            return self.boxed(self.primitive(COMPARE[operator], *nodes))
        known_left, a = self._compared_value(left)
        known_right, b = self._compared_value(right)
        if known_left and known_right:
            self.watch_content(left)
            self.watch_content(right)
            return self._known_comparison(operator, left, right, a, b)
        if self.is_container(left) and self.is_container(right):
            if operator in (ast.Eq, ast.NotEq) and self._lengths_differ(left, right):
                return Static(operator is ast.NotEq)
            sides = self._as_compared(left, right), self._as_compared(right, left)
            return self.verbatim(f"_0_ {SYMBOLS[operator]} _1_", *map(self.node, sides), type=BOOL)
        if self._never_equal(left, right) and operator in (ast.Eq, ast.NotEq):
            return Static(operator is ast.NotEq)
        if isinstance(left, Method) and isinstance(right, Method):
            return self._methods_compared(operator, left, right, node)
        a_node, b_node = self.node(left), self.node(right)
        text = f"_0_ {SYMBOLS[operator]} _1_"
        ordered = operator not in (ast.Eq, ast.NotEq)
        if ordered:
            self.check_order(text, a_node, b_node)
        types = (a_node.type, b_node.type)
        # What may be None has no order, which handlers are there for.
        if OPAQUE in types or (ordered and self.attempts and DYNAMIC in types):
            pure = all(map(self.is_word, (left, right)))
            pure = pure or are_days(*map(self.known_classes.get, (a_node, b_node)))
            return self.verbatim(text, a_node, b_node, type=BOOL, pure=pure)
        return self.primitive(COMPARE[operator], a_node, b_node)

    def _known_comparison(self, operator: type, left: Value, right: Value, a: Any, b: Any) -> Value:
        """The comparison of ``a`` and ``b``, which Python may refuse on the path at hand."""
        with contextlib.suppress(TypeError):
            return Static(STATIC_COMPARE[operator](a, b))
        self.raises_always(operator, left, right)

    def _compared_value(self, value: Value) -> tuple[bool, Any]:
        """As ``static_value``; also of a number that follows from literals."""
        known, found = self.static_value(value)
        if not known and isinstance(value, Node):
            found = number_of_literals(value)
            known = found is not None
        return known, found

    def is_word(self, value: Value) -> bool:
        """Whether a value is certainly a string."""
        if isinstance(value, Static):
            return type(value.value) is str
        return value in self.words

    def _methods_compared(
        self, operator: type, left: Method, right: Method, node: ast.AST
    ) -> Value:
        """Methods are equal that are the same function of the same object."""
        functions = left.function, right.function
        known = all(isinstance(function, Static) for function in functions)
        if operator not in (ast.Eq, ast.NotEq) or not known:
            raise self.unsupported("this comparison of methods", "Compare their names.", node)
        same = self._identity(ast.Is, *functions)
        if isinstance(same, Static) and same.value:
            same = self._identity(ast.Is, left.owner, right.owner)
        return same if operator is ast.Eq else self.negate(same)

    def _as_compared(self, value: Value, other: Value) -> Value:
        """A tuple with names as a tuple, a dict as a dict: a class may ask more than these do."""
        if isinstance(value, TupleValue):
            return TupleValue(value.items)
        if not isinstance(value, DictBox) or not isinstance(other, DictBox):
            return value
        kinds = [value.kind, other.kind]
        ordered = all(issubclass(kind, OrderedDict) for kind in kinds)
        if value.kind is dict or ordered or any(issubclass(kind, Counter) for kind in kinds):
            return value
        as_dict = DictBox()
        self.state[as_dict] = self.entries(value)
        return as_dict

    def _lengths_differ(self, left: Value, right: Value) -> bool:
        items = self.known_items(left), self.known_items(right)
        return items[0] is not None and items[1] is not None and len(items[0]) != len(items[1])

    def _never_equal(self, left: Value, right: Value) -> bool:
        """A number is never equal to a string, None or a container, nor a function to a number."""
        for a, b in ((left, right), (right, left)):
            plain = isinstance(b, Node) or (
                isinstance(b, Static) and isinstance(b.value, (bool, int, float, str, type(None)))
            )
            if plain and isinstance(a, (Closure, Method, PartialCall)):
                return True
            number = isinstance(a, Node) and a.type in (FLOAT, INT)
            other = isinstance(b, Static) and (
                b.value is None or isinstance(b.value, (str, tuple, list, dict))
            )
            if number and (other or isinstance(b, (TupleValue, ListBox, DictBox))):
                self.must_be_told(b)
                self.watch_type(a)
                return True
        return False

    def _identity(self, operator: type, left: Value, right: Value) -> Value:
        positive = operator is ast.Is
        if isinstance(left, Static) and isinstance(right, Static):
            return Static((left.value is right.value) is positive)
        for a, b in ((left, right), (right, left)):
            if isinstance(a, Static) and (a.value is None or isinstance(a.value, CERTAIN)):
                if not isinstance(b, Node):
                    return Static(not positive)
                self.watch_type(b)
                if b.type in (FLOAT, INT) or isinstance(b.type, SequenceType):
                    return Static(not positive)
                if a.value is None and (b.type == BOOL or b in self.known_classes):
                    return Static(not positive)
        word = "is" if positive else "is not"
        if all(map(is_fixed, (left, right))):
            return Static((left is right) is positive)
        if left is not right and all(map(_exists, (left, right))):
            return self.verbatim(f"_0_ {word} _1_", self.node(left), self.node(right), type=BOOL)
        if isinstance(left, (Node, Static)) and isinstance(right, (Node, Static)):
            return self.verbatim(f"_0_ {word} _1_", self.node(left), self.node(right), type=BOOL)
        if left is right:
            return Static(positive)
        if not self.loans.stand_ins.isdisjoint((left, right)):
            raise self.unsupported(
                "`is` of a list, dict or object that stands for one of several", TELL_APART
            )
        return self._are_one(positive, left, right)

    def _are_one(self, positive: bool, left: Value, right: Value) -> Value:
        """Whether two lists, dicts or arrays that were reached in two ways are one."""
        sorts = _sort_of(left), _sort_of(right)
        if "" not in sorts and sorts[0] != sorts[1]:
            return Static(not positive)
        one, other = self._outside_object(left), self._outside_object(right)
        if one is not None and other is not None:
            return self.verbatim(f"_0_ {'is' if positive else 'is not'} _1_", one, other, type=BOOL)
        known = (
            (one is not None or self._is_made_here(left)),
            (other is not None or self._is_made_here(right)),
        )
        if all(known):
            return Static(not positive)
        noun = sorts[0] or sorts[1]
        raise self.unsupported(f"`is` of two {noun}s that may be one and the same", TELL_APART)

    def _outside_object(self, value: Value) -> Node | None:
        """What a value that exists outside of the function is at run time; None of others."""
        if _exists(value) or isinstance(value, (Node, Static)):
            return self.node(value)
        box, path = (value.box, value.path) if isinstance(value, Place) else (value, ())
        if not isinstance(box, (ListBox, DictBox)) or not box.parameter:
            return None
        content = self.reached[box][1] if box in self.reached else None
        found = content if box.whole is None and isinstance(content, Node) else box.whole
        if found is None or (path and self.state[box] is not found):
            return None
        for index in path:
            found = self.primitive(sequence.index, found, index)
        return found

    def _is_made_here(self, value: Value) -> bool:
        """Whether a value is an object of its own, made by the function."""
        if isinstance(value, ObjectBox):
            return value.node is None and not value.parameter
        if isinstance(value, (ListBox, DictBox)) and not isinstance(value, RecordsBox):
            content = self.state.get(value)
            read = isinstance(content, Node) and content.op is sequence.index
            return not value.parameter and not read
        return not isinstance(value, (Place, TupleValue, RecordsBox))

    def _membership(self, operator: type, left: Value, right: Value) -> Value:
        positive = operator is ast.In
        known, a = self.static_value(left)
        if isinstance(right, TableBox):
            found = self.has_entry(right, left, ast.Pass())
            return found if positive else self.primitive(arithmetic.logical_not, found)
        if known and isinstance(right, DictBox):
            return Static((a in self.entries(right)) is positive)
        if known and isinstance(right, Static):
            self.watch_membership(a, right)
            return Static((a in right.value) is positive)
        if isinstance(right, Range):
            word = "in" if positive else "not in"
            bounds = [right.start, right.stop, right.step]
            if self.static_int(right.step) == 1:
                bounds.pop()
            places = ", ".join(f"_{k + 1}_" for k in range(len(bounds)))
            text = f"_0_ {word} range({places})"
            return self.verbatim(text, self.node(left), *bounds, type=BOOL)
        items = self.known_items(right)
        if known and items is not None:
            parts = [self.static_value(item) for item in items]
            if all(found for found, _ in parts):
                return Static((a in [part for _, part in parts]) is positive)
        word = "in" if positive else "not in"
        with self.one_by_one():
            items_node = self.places_of(right) if isinstance(right, DictBox) else self.node(right)
        return self.verbatim(f"_0_ {word} _1_", self.node(left), items_node, type=BOOL)


def is_fixed(value: Value) -> bool:
    """Whether a value is one certain object in every call: it is watched where it is found."""
    if not isinstance(value, ObjectBox) or value.route is None:
        return False
    return value.parameter and not is_of_argument(value.route)


def _sort_of(value: Value) -> str:
    """Which sort of object a value is, as two sorts are never one; empty where it may be any."""
    if isinstance(value, Static):
        sorts = {tuple: "tuple", list: "list", dict: "dict"}
        found = next((sorts[kind] for kind in sorts if isinstance(value.value, kind)), "constant")
        return "array" if is_ndarray(value.value) else found
    if isinstance(value, Node):
        return "" if value.type in (OPAQUE, DYNAMIC) else "value"
    if isinstance(value, (TupleValue, ObjectBox)):
        return "tuple" if isinstance(value, TupleValue) else "object"
    if isinstance(value, Place):
        return "list"
    return getattr(value, "noun", type(value).__name__)


def _exists(value: Value) -> bool:
    """Whether a value is, or may be, an object that exists outside of the function."""
    if isinstance(value, Node):
        return value.type in (OPAQUE, DYNAMIC)
    return isinstance(value, Static) or (isinstance(value, ObjectBox) and value.parameter)


def _are_kinds(*values: Value) -> bool:
    """Whether ``|`` makes a union of these: classes, unions and None."""
    found = [value.value for value in values if isinstance(value, Static)]
    return (
        len(found) == len(values)
        and found.count(None) < len(found)
        and all(
            kind is None
            or isinstance(kind, types.UnionType)
            or (isinstance(kind, type) and type(kind).__or__ is type.__or__)
            for kind in found
        )
    )


def is_object(value: Value) -> bool:
    """Whether a value may be an object that something else holds, too: None is none."""
    if isinstance(value, Static):
        return not (value.value is None or isinstance(value.value, (bool, int, float, str, type)))
    return isinstance(value, (ObjectBox, DictBox, ListBox)) and value.parameter
