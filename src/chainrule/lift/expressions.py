"""Expressions: one method per syntax class; what is not listed is refused."""

from __future__ import annotations

import ast
import builtins
import operator as python_operator
import types
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    DYNAMIC,
    FLOAT,
    INT,
    OPAQUE,
    Type,
)
from chainrule.graph.types import (
    Sequence as SequenceType,
)
from chainrule.lift.core import Completion, Core
from chainrule.lift.state import Frame
from chainrule.lift.values import (
    UNBOUND,
    Closure,
    DictBox,
    Generator,
    ListBox,
    Method,
    ObjectBox,
    Place,
    Range,
    Static,
    TupleValue,
    Value,
)
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.declare import Primitive

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
COMPARE: dict[type, Primitive] = {
    ast.Lt: arithmetic.less,
    ast.LtE: arithmetic.less_equal,
    ast.Gt: arithmetic.greater,
    ast.GtE: arithmetic.greater_equal,
    ast.Eq: arithmetic.equal,
    ast.NotEq: arithmetic.not_equal,
}
NUMBERS = (FLOAT, INT, BOOL, DYNAMIC)


class Expressions(Core):
    """Lifts expressions to values."""

    def expression(self, node: ast.expr) -> Value:
        """The value of an expression, evaluated here and now in f's own order."""
        method = EXPRESSIONS.get(type(node))
        if method is None:
            name = type(node).__name__.lower()
            raise self.unsupported(
                f"`{name}` expressions are not supported",
                "Write the computation with ordinary expressions and statements.",
                node,
            )
        with self.at(node):
            result: Value = method(self, node)
            return result

    def scalar(self, node: ast.expr) -> Node:
        """The value of an expression that must be one run-time value."""
        with self.at(node):
            return self.node(self.expression(node))

    # --- atoms ----------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        if isinstance(value, complex):
            raise self.unsupported(
                "complex numbers are not supported",
                "Split the computation into its real and imaginary part.",
                node,
            )
        return self.wrap(value)

    def _name(self, node: ast.Name) -> Value:
        return self.lookup(node.id, node)

    def lookup(self, name: str, node: ast.AST) -> Value:
        """What ``name`` means here: local, enclosing, global, builtin."""
        frame: Frame | None = self.frame
        if name in self.frame.global_names:
            frame = None
        while frame is not None:
            if name in frame.local_names and name not in frame.outer_names:
                value = self.state.get((frame, name), UNBOUND)
                if value is UNBOUND:
                    raise self.unsupported(
                        f"`{name}` is used before it has a value",
                        "Assign it on every path that leads here.",
                        node,
                    )
                return self.read(value)
            if name in frame.cells:
                return self.outer_value(frame.cells[name].cell_contents, name, frame)
            if frame.parent is None:
                break
            frame = frame.parent
        home = self.frame
        if name in home.globals:
            return self.global_value(home, name)
        if hasattr(builtins, name):
            return Static(getattr(builtins, name))
        raise self.unsupported(
            f"the name `{name}` is not defined", "Define or import it before the call.", node
        )

    def global_value(self, frame: Frame, name: str) -> Value:
        """A module-level name, read when the derivative is called."""
        key = (frame.module, name, "global")
        if key in self.state:
            return self.state[key]
        found = frame.globals[name]
        if type(found) in (int, float):
            return self.graph.global_name(frame.module, name, found, self.static_type(found))
        return self.adopt(found, lambda: self.graph.reference((frame.module, name), found))

    def outer_value(self, found: Any, name: str, frame: Frame) -> Value:
        """The content of a closure cell of the user's function."""
        if type(found) in (int, float):
            self.graph.cells[name] = frame.cells[name]
            return self.graph.global_name("", name, found, self.static_type(found))
        return self.adopt(found, lambda: self.graph.reference(("", name), found))

    def adopt(self, found: Any, node: Callable[[], Node] | None) -> Value:
        """A Python object met while lifting, as a value."""
        return self.wrap(found, node)

    def _tuple(self, node: ast.Tuple) -> Value:
        # A row in a tuple is the row as it is now: `a[i], a[j] = a[j], a[i]` swaps.
        items = self.elements(node.elts)
        return TupleValue(tuple(self.node(e) if isinstance(e, Place) else e for e in items))

    def _list(self, node: ast.List) -> Value:
        box = ListBox()
        self.state[box] = list(self.elements(node.elts))
        return box

    def elements(self, nodes: list[ast.expr]) -> list[Value]:
        """Values of the entries of a display or of positional arguments, stars spread."""
        found: list[Value] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found.extend(self.spread(self.expression(node.value), node))
            else:
                found.append(self.expression(node))
        return found

    def spread(self, value: Value, node: ast.AST) -> list[Value]:
        """The entries of a container of known length."""
        items = self.known_items(value)
        if items is None:
            raise self.unsupported(
                "a list whose length is known at run time only cannot be unpacked with `*` here",
                "Index it, or loop over it.",
                node,
            )
        return items

    def known_items(self, value: Value) -> list[Value] | None:
        """The entries of a container whose layout is known, else None."""
        value = self.read(value)
        if isinstance(value, TupleValue):
            return list(value.items)
        if isinstance(value, ListBox):
            content = self.read(self.state[value])
            return list(content) if isinstance(content, list) else None
        if isinstance(value, DictBox):
            return [self.wrap(key) for key in self.state[value]]
        if isinstance(value, Static) and isinstance(
            value.value, (str, list, tuple, dict, set, frozenset)
        ):
            if isinstance(value.value, (set, frozenset)):
                return None
            if isinstance(value.value, (list, tuple)):
                return [self.static_item(value, position) for position in range(len(value.value))]
            return [self.wrap(item) for item in value.value]
        return None

    def static_item(self, value: Static, key: Any) -> Value:
        """``value[key]`` of an object known while lifting; numbers are read at run time."""
        found = value.value[key]

        def node() -> Node:
            base = self.static_node(value)
            return self.verbatim(f"_0_[{key!r}]", base, type=self.static_type(found), pure=True)

        return self.wrap(found, node)

    def _dict(self, node: ast.Dict) -> Value:
        content: dict[Any, Value] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            if key is None:
                inner = self.expression(item)
                if isinstance(inner, Static) and isinstance(inner.value, dict):
                    content.update({k: self.static_item(inner, k) for k in inner.value})
                    continue
                if not isinstance(inner, DictBox):
                    raise self.unsupported("`**` of this value in a dict", "Name the keys.", node)
                content.update(self.state[inner])
                continue
            known, name = self.static_value(self.expression(key))
            if not known:
                raise self.unsupported(
                    "a dict key that is known at run time only",
                    "Use keys that are constants, or a list.",
                    key,
                )
            content[name] = self.expression(item)
        box = DictBox()
        self.state[box] = content
        return box

    def _set(self, node: ast.Set) -> Value:
        parts = [self.static_value(self.expression(item)) for item in node.elts]
        if all(known for known, _ in parts):
            return Static({found for _, found in parts})
        nodes = tuple(self.scalar(item) for item in node.elts)
        return self.verbatim("{" + ", ".join(f"_{k}_" for k in range(len(nodes))) + "}", *nodes)

    def _joined_string(self, node: ast.JoinedStr) -> Value:
        arguments: list[Node] = []
        copy = self._string_template(node, arguments)
        return self.verbatim(ast.unparse(copy), *arguments)

    def _string_template(self, node: ast.JoinedStr, arguments: list[Node]) -> ast.JoinedStr:
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                arguments.append(self.scalar(part.value))
                spec = part.format_spec
                if isinstance(spec, ast.JoinedStr):
                    spec = self._string_template(spec, arguments)
                name = ast.Name(f"_{len(arguments) - 1}_", ast.Load())
                parts.append(ast.FormattedValue(name, part.conversion, spec))
            else:
                parts.append(part)
        return ast.JoinedStr(parts)

    # --- operators ------------------------------------------------------------------------

    def _binary(self, node: ast.BinOp) -> Value:
        # A sum of a thousand terms is a tree as deep: the left spine is walked, not recursed.
        spine: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            spine.append(left)
            left = left.left
        value = self.expression(left)
        for step in reversed(spine):
            with self.at(step):
                value = self.binary(type(step.op), value, self.expression(step.right), step)
        return value

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """``left operator right``."""
        left, right = self.read(left), self.read(right)
        number = self._static_arithmetic(operator, left, right)
        if number is not None:
            return number
        if self.is_container(left) or self.is_container(right):
            return self.container_operator(operator, left, right, node)
        if isinstance(left, Static) and isinstance(left.value, str):
            return self.text_operator(operator, left, right)
        op = BINARY.get(operator)
        a, b = self.node(left), self.node(right)
        if operator in BITWISE and not (a.type == FLOAT or b.type == FLOAT):
            return self.verbatim(f"_0_ {SYMBOLS[operator]} _1_", a, b, type=INT)
        if op is None or not (a.type in NUMBERS or b.type in NUMBERS or a.type == b.type == OPAQUE):
            symbol = SYMBOLS.get(operator, operator.__name__)
            raise self.unsupported(
                f"`{symbol}` on {a.type} and {b.type}",
                "Only arithmetic on numbers and concatenation of lists are understood.",
                node,
            )
        if OPAQUE in (a.type, b.type) and not (a.type.differentiable or b.type.differentiable):
            symbol = SYMBOLS[operator]
            return self.verbatim(f"_0_ {symbol} _1_", a, b, type=DYNAMIC)
        return self.primitive(op, a, b)

    def _static_arithmetic(self, operator: type, left: Value, right: Value) -> Node | None:
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
        if operator in BITWISE and (operator not in (ast.LShift, ast.RShift) or 0 <= b < 64):
            return self.graph.constant(BITWISE[operator](a, b))
        return None

    def text_operator(self, operator: type, left: Value, right: Value) -> Value:
        known_left, a = self.static_value(left)
        known_right, b = self.static_value(right)
        if known_left and known_right and operator in (ast.Add, ast.Mult, ast.Mod):
            return Static(
                a + b if operator is ast.Add else a * b if operator is ast.Mult else a % b
            )
        return self.verbatim(f"_0_ {SYMBOLS[operator]} _1_", self.node(left), self.node(right))

    def is_container(self, value: Value) -> bool:
        """Whether a value is a list or a tuple."""
        if isinstance(value, (ListBox, TupleValue, Place, DictBox)):
            return True
        if isinstance(value, Static):
            return isinstance(value.value, (list, tuple))
        return isinstance(value, Node) and isinstance(value.type, SequenceType)

    def container_operator(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """``+`` and ``*`` on lists and tuples."""
        if operator is ast.Mult:
            if not self.is_container(left):
                left, right = right, left
            count = self.static_int(right)
            items = self.known_items(left)
            if (
                items is not None
                and count is not None
                and len(items) * count <= 64
                and not any(isinstance(item, ListBox) for item in items)
            ):
                return self.like(left, items * max(count, 0))
            if items is not None and len(items) == 1 and not isinstance(left, TupleValue):
                box = ListBox()
                self.state[box] = self.primitive(
                    sequence.filled, self.node(right), self.node(items[0])
                )
                return box
        if operator is ast.Add and self.is_container(left) and self.is_container(right):
            a, b = self.known_items(left), self.known_items(right)
            if a is not None and b is not None:
                return self.like(left, a + b)
            joined = self.primitive(sequence.concatenate, self.node(left), self.node(right))
            return self.boxed(joined)
        raise self.unsupported(
            f"`{SYMBOLS.get(operator, '?')}` on a list",
            "Lists can be concatenated and repeated; for arithmetic loop over their entries.",
            node,
        )

    def like(self, container: Value, items: list[Value]) -> Value:
        """A new container of the kind of ``container``."""
        if isinstance(container, TupleValue) or (
            isinstance(container, Static) and isinstance(container.value, tuple)
        ):
            return TupleValue(tuple(items))
        box = ListBox()
        self.state[box] = items
        return box

    def boxed(self, node: Node) -> Value:
        """A fresh run-time list; tuples and scalars need no box."""
        if isinstance(node.type, SequenceType) and node.type.kind == "list":
            box = ListBox()
            self.state[box] = node
            return box
        return node

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.negate(self.expression(node.operand))
        value = self.expression(node.operand)
        number = self.static_int(value)
        if isinstance(node.op, ast.USub):
            if number is not None:
                return self.graph.constant(-number)
            known, found = self.static_value(value)
            if known and isinstance(found, float):
                return self.graph.constant(-found)
            return self.primitive(arithmetic.negative, self.node(value))
        if isinstance(node.op, ast.UAdd):
            return self.primitive(arithmetic.positive, self.node(value))
        if number is not None:
            return self.graph.constant(~number)
        return self.verbatim("~_0_", self.node(value), type=INT)

    def negate(self, value: Value) -> Value:
        known, truth = self.truth(value)
        if known:
            return Static(not truth)
        return self.primitive(arithmetic.logical_not, self.predicate(value))

    def truth(self, value: Value) -> tuple[bool, bool]:
        """``(known, truth)`` of a value while lifting."""
        value = self.read(value)
        if isinstance(value, Static):
            return True, bool(value.value)
        known, found = self.static_value(value)
        if known:
            return True, bool(found)
        if isinstance(value, TupleValue):
            return True, bool(value.items)
        if isinstance(value, ListBox) and isinstance(self.state[value], list):
            return True, bool(self.state[value])
        if isinstance(value, DictBox):
            return True, bool(self.state[value])
        if isinstance(value, (Closure, Method, ObjectBox)):
            return True, True
        return False, False

    def predicate(self, value: Value) -> Node:
        """``value`` as the condition of a branch."""
        return self.node(value, "this condition")

    def _boolean(self, node: ast.BoolOp) -> Value:
        return self._boolean_from(node, 0)

    def _boolean_from(self, node: ast.BoolOp, position: int) -> Value:
        """``and`` / ``or`` from operand ``position`` on, with Python's short circuit and values."""
        value = self.expression(node.values[position])
        if position == len(node.values) - 1:
            return value
        conjunction = isinstance(node.op, ast.And)
        known, truth = self.truth(value)
        if known:
            return value if truth != conjunction else self._boolean_from(node, position + 1)
        return self.choose(
            self.predicate(value),
            (lambda: self._boolean_from(node, position + 1)) if conjunction else (lambda: value),
            (lambda: value) if conjunction else (lambda: self._boolean_from(node, position + 1)),
            "and" if conjunction else "or",
        )

    def choose(
        self, predicate: Node, then: Callable[[], Value], orelse: Callable[[], Value], style: str
    ) -> Value:
        """The value of one of two expressions."""
        key = object()

        def arm(action: Callable[[], Value]) -> Callable[[], Completion]:
            def run() -> Completion:
                self.state[key] = action()
                return Completion.FALLS

            return run

        self.branch(predicate, arm(then), arm(orelse), style)
        return self.read(self.state.pop(key))

    def _conditional(self, node: ast.IfExp) -> Value:
        test = self.expression(node.test)
        known, truth = self.truth(test)
        if known:
            return self.expression(node.body if truth else node.orelse)
        return self.choose(
            self.predicate(test),
            lambda: self.expression(node.body),
            lambda: self.expression(node.orelse),
            "expression",
        )

    def _compare(self, node: ast.Compare) -> Value:
        left = self.expression(node.left)
        return self._compare_from(node, left, 0)

    def _compare_from(self, node: ast.Compare, left: Value, position: int) -> Value:
        right = self.expression(node.comparators[position])
        value = self.compare(type(node.ops[position]), left, right, node)
        if position == len(node.ops) - 1:
            return value
        known, truth = self.truth(value)
        if known:
            return self._compare_from(node, right, position + 1) if truth else value
        return self.choose(
            self.predicate(value),
            lambda: self._compare_from(node, right, position + 1),
            lambda: value,
            "and",
        )

    def compare(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """One comparison."""
        left, right = self.read(left), self.read(right)
        if operator in (ast.Is, ast.IsNot):
            return self._identity(operator, left, right)
        if operator in (ast.In, ast.NotIn):
            return self._membership(operator, left, right)
        known_left, a = self.static_value(left)
        known_right, b = self.static_value(right)
        if known_left and known_right:
            return Static(STATIC_COMPARE[operator](a, b))
        if self.is_container(left) and self.is_container(right):
            return self.verbatim(
                f"_0_ {SYMBOLS[operator]} _1_", self.node(left), self.node(right), type=BOOL
            )
        if self._never_equal(left, right) and operator in (ast.Eq, ast.NotEq):
            return Static(operator is ast.NotEq)
        a_node, b_node = self.node(left), self.node(right)
        if a_node.type == OPAQUE or b_node.type == OPAQUE:
            return self.verbatim(f"_0_ {SYMBOLS[operator]} _1_", a_node, b_node, type=BOOL)
        return self.primitive(COMPARE[operator], a_node, b_node)

    def _never_equal(self, left: Value, right: Value) -> bool:
        """A number is never equal to a string, None or a container."""
        for a, b in ((left, right), (right, left)):
            number = isinstance(a, Node) and a.type in (FLOAT, INT)
            other = isinstance(b, Static) and (
                b.value is None or isinstance(b.value, (str, tuple, list, dict))
            )
            if number and (other or isinstance(b, (TupleValue, ListBox, DictBox))):
                return True
        return False

    def _identity(self, operator: type, left: Value, right: Value) -> Value:
        positive = operator is ast.Is
        if isinstance(left, Static) and isinstance(right, Static):
            return Static((left.value is right.value) is positive)
        for a, b in ((left, right), (right, left)):
            if isinstance(a, Static) and (
                a.value is None or isinstance(a.value, (bool, type, types.FunctionType))
            ):
                if not isinstance(b, Node):
                    return Static(not positive)
                if b.type in (FLOAT, INT) or isinstance(b.type, SequenceType):
                    return Static(not positive)
                if b.type == BOOL and a.value is None:
                    return Static(not positive)
        if not isinstance(left, (Node, Static)) or not isinstance(right, (Node, Static)):
            return Static((left is right) is positive)
        word = "is" if positive else "is not"
        return self.verbatim(f"_0_ {word} _1_", self.node(left), self.node(right), type=BOOL)

    def _membership(self, operator: type, left: Value, right: Value) -> Value:
        positive = operator is ast.In
        known, a = self.static_value(left)
        if known and isinstance(right, DictBox):
            return Static((a in self.state[right]) is positive)
        if known and isinstance(right, Static):
            return Static((a in right.value) is positive)
        items = self.known_items(right)
        if known and items is not None:
            parts = [self.static_value(item) for item in items]
            if all(found for found, _ in parts):
                return Static((a in [part for _, part in parts]) is positive)
        word = "in" if positive else "not in"
        return self.verbatim(f"_0_ {word} _1_", self.node(left), self.node(right), type=BOOL)

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.expression(node.value)
        self.bind(node.target.id, value)
        return value

    def bind(self, name: str, value: Value) -> None:
        """Bind a local name; the first name of a node is kept for the emitted code."""
        frame = self.frame
        while name in frame.outer_names and frame.parent is not None:
            frame = frame.parent
        if name in self.frame.global_names:
            raise self.unsupported(
                f"assignment to the global `{name}`",
                "Return the value instead: a derivative must not change module state.",
            )
        self.state[frame, name] = value
        if isinstance(value, Node) and value not in self.graph.names:
            self.graph.names[value] = name
        elif isinstance(value, ListBox):
            self.box_names.setdefault(value, name)
            content = self.state[value]
            if isinstance(content, Node) and content not in self.graph.names:
                self.graph.names[content] = name

    # --- reading containers ---------------------------------------------------------------

    def _subscript(self, node: ast.Subscript) -> Value:
        base = self.expression(node.value)
        if isinstance(node.slice, ast.Slice):
            return self.slice(base, node.slice)
        return self.item(base, self.expression(node.slice), node)

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        """``base[key]``."""
        base, key = self.read(base), self.read(key)
        known, found = self.static_value(key)
        if isinstance(base, ObjectBox):
            return self.call_method(base, "__getitem__", [key], node)
        if isinstance(base, Static):
            return self._item_of_static(base, key, known, found)
        if isinstance(base, DictBox):
            content = self.state[base]
            if known and found in content:
                return self.read(content[found])
            if known:
                raise self.unsupported(f"key {found!r} is not in this dict", "Add it first.", node)
            return self._item_of_items(list(content.values()), base, key)
        if isinstance(base, (TupleValue, ListBox)):
            items = self.known_items(base)
            if items is not None and known and isinstance(found, int):
                if not -len(items) <= found < len(items):
                    return self._out_of_range(base, key)
                return self.read(items[found])
            if isinstance(base, TupleValue) or (items is not None and not self._uniform(items)):
                return self._item_of_items(items or [], base, key)
            return self.place(base, (self.node(key),))
        if isinstance(base, Place):
            self.check_row(base, node)
            return self.place(base.box, (*base.path, self.node(key)))
        base_node = self.node(base)
        if isinstance(base_node.type, SequenceType):
            return self.boxed_item(self.primitive(sequence.index, base_node, self.node(key)))
        return self.verbatim("_0_[_1_]", base_node, self.node(key), type=DYNAMIC)

    def _out_of_range(self, base: Value, key: Value) -> Value:
        return self.verbatim("_0_[_1_]", self.node(base), self.node(key), type=FLOAT)

    def _uniform(self, items: list[Value]) -> bool:
        return all(isinstance(item, Node) for item in items) or all(
            isinstance(item, ListBox) for item in items
        )

    def _item_of_items(self, items: list[Value], base: Value, key: Value) -> Value:
        if all(isinstance(item, Node) and item.type in NUMBERS for item in items):
            return self.primitive(sequence.index, self.node(base), self.node(key))
        return self.verbatim("_0_[_1_]", self.node(base), self.node(key), type=OPAQUE)

    def boxed_item(self, node: Node) -> Value:
        return node

    def _item_of_static(self, base: Static, key: Value, known: bool, found: Any) -> Value:
        if known:
            try:
                base.value[found]
            except (LookupError, TypeError):
                return self.verbatim("_0_[_1_]", self.node(base), self.node(key), type=FLOAT)
            return self.static_item(base, found)
        type: Type = OPAQUE
        table = base.value
        if isinstance(table, (list, tuple)) and table:
            kinds = {self.static_type(entry) for entry in table}
            type = kinds.pop() if len(kinds) == 1 else FLOAT if kinds <= {FLOAT, INT} else OPAQUE
        elif (
            isinstance(table, dict)
            and table
            and all(isinstance(v, (int, float)) for v in table.values())
        ):
            type = FLOAT
        result = self.verbatim("_0_[_1_]", self.node(base), self.node(key), type=type)
        return self.boxed(result)

    def place(self, box: ListBox, path: tuple[Node, ...]) -> Value:
        """An entry of a run-time list: a scalar is read now, a row stays a place."""
        base = self.sequence_node(box)
        if isinstance(self.state[box], list):
            # A display indexed at run time: its entries are still what they were.
            base = self.make_dynamic(box)
        type = sequence.item_type(base.type, len(path))
        if isinstance(type, SequenceType) and type.kind == "list":
            return Place(box, path, self.row_writes.get(box, 0))
        return self.primitive(sequence.index, base, *path)

    def slice(self, base: Value, bounds: ast.Slice) -> Value:
        """``base[start:stop:step]``: a new list, or a tuple."""
        parts = [
            self.expression(part) if part is not None else Static(None)
            for part in (bounds.lower, bounds.upper, bounds.step)
        ]
        known = [self.static_value(part) for part in parts]
        items = self.known_items(base)
        if isinstance(base, Static) and all(found for found, _ in known):
            key = slice(*(part for _, part in known))
            text = ast.unparse(bounds) if all(found for found, _ in known) else ""
            found = base.value[key]
            return (
                self.wrap(
                    found,
                    lambda: self.verbatim(
                        f"_0_[{text}]",
                        self.static_node(base),
                        type=self.static_type(found),
                        pure=True,
                    ),
                )
                if not isinstance(found, str)
                else Static(found)
            )
        if items is not None and all(found for found, _ in known):
            return self.like(base, items[slice(*(part for _, part in known))])
        node = self.node(base)
        if not isinstance(node.type, SequenceType):
            return self.verbatim("_0_[_1_:_2_:_3_]", node, *(self.node(part) for part in parts))
        if known[0] == known[1] == (True, None) and known[2] == (True, -1):
            return self.boxed(self.primitive(sequence.backwards, node))
        if all(part == (True, None) for part in known):
            return self.boxed(self.primitive(sequence.copy, node))
        return self.boxed(
            self.primitive(sequence.slice_of, node, *(self.node(part) for part in parts))
        )

    # --- functions ------------------------------------------------------------------------

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.closure(node, node.args)

    def closure(self, node: ast.Lambda | ast.FunctionDef, arguments: ast.arguments) -> Closure:
        """A function defined here; its defaults are evaluated now."""
        frame: Frame | None = self.frame
        while frame is not None:
            frame.captured = True
            frame = frame.parent
        defaults = tuple(self.expression(default) for default in arguments.defaults)
        keywords = {
            argument.arg: self.expression(default)
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        }
        return Closure(node, self.frame, defaults, keywords)

    def _generator(self, node: ast.GeneratorExp) -> Value:
        return Generator(node, self.frame)

    def _attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.expression(node.value), node.attr, node)

    # Given by the other parts of the lifter.

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        raise NotImplementedError

    def call_method(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> Value:
        raise NotImplementedError

    def call_expression(self, node: ast.Call) -> Value:
        raise NotImplementedError

    def comprehension(self, node: ast.ListComp) -> Value:
        raise NotImplementedError

    def dict_comprehension(self, node: ast.DictComp) -> Value:
        raise NotImplementedError

    def length_of(self, value: Value) -> Node:
        """``len(value)``."""
        items = self.known_items(value)
        if items is not None:
            return self.graph.constant(len(items))
        if isinstance(value, Static):
            return self.graph.constant(len(value.value))
        if isinstance(value, Range):
            if self.static_int(value.start) == 0 and self.static_int(value.step) == 1:
                return value.stop
            return self.verbatim(
                "len(range(_0_, _1_, _2_))",
                value.start,
                value.stop,
                value.step,
                type=INT,
                pure=True,
            )
        node = self.node(value)
        if isinstance(node.type, SequenceType):
            return self.primitive(sequence.length, node)
        return self.verbatim("len(_0_)", node, type=INT)


def _refused(found: str, remedy: str) -> Callable[[Expressions, ast.AST], Value]:
    def refuse(self: Expressions, node: ast.AST) -> Value:
        raise self.unsupported(found, remedy, node)

    return refuse


SYMBOLS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
STATIC_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    kind: op.evaluate for kind, op in COMPARE.items() if op.evaluate is not None
}
EXPRESSIONS: dict[type, Callable[[Any, Any], Value]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Tuple: Expressions._tuple,
    ast.List: Expressions._list,
    ast.Dict: Expressions._dict,
    ast.Set: Expressions._set,
    ast.JoinedStr: Expressions._joined_string,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._boolean,
    ast.IfExp: Expressions._conditional,
    ast.Compare: Expressions._compare,
    ast.NamedExpr: Expressions._walrus,
    ast.Subscript: Expressions._subscript,
    ast.Lambda: Expressions._lambda,
    ast.GeneratorExp: Expressions._generator,
    ast.Attribute: Expressions._attribute,
    ast.Call: lambda self, node: self.call_expression(node),
    ast.ListComp: lambda self, node: self.comprehension(node),
    ast.DictComp: lambda self, node: self.dict_comprehension(node),
    ast.SetComp: _refused("set comprehensions are not supported", "Use a list."),
    ast.Await: _refused(
        "`await` is not supported", "Differentiate the plain function that does the arithmetic."
    ),
    ast.Yield: _refused("`yield` is not supported", "Return a list of the values."),
    ast.YieldFrom: _refused("`yield from` is not supported", "Return a list of the values."),
}
