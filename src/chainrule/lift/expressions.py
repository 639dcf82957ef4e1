"""Expressions: one method per syntax class; what is not listed is refused."""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chainrule.graph.block import GLOBAL, PARAMETER
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    FLOAT,
    INT,
)
from chainrule.lift.arrays.boxes import is_numeric
from chainrule.lift.arrays.positions import grid_item
from chainrule.lift.branches.deciding import is_always
from chainrule.lift.branches.hoisting import TwoKinds
from chainrule.lift.library.contents import container_of
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.library.one_shot import OneShot
from chainrule.lift.spelling import constant_text
from chainrule.lift.state import Frame
from chainrule.lift.texts import Texts
from chainrule.lift.values import (
    UNBOUND,
    Closure,
    DictBox,
    Either,
    Generator,
    ListBox,
    ObjectBox,
    ObjectEntry,
    Place,
    RecordsBox,
    Slice,
    Static,
    TableBox,
    TupleValue,
    Value,
    View,
    is_made,
)
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays import creation, indexing, masks


def _is_container(kind: type) -> bool:
    """Whether objects of a class are lists, sets or dicts to Python."""
    return kind in IN_PLACE_OF or container_of(kind) is not None


class Expressions(Texts, OneShot):
    """Lifts expressions to values."""

    def expression(self, node: ast.expr) -> Value:
        """The value of an expression, evaluated here and now in f's own order."""
        value = self.decided(self.alternatives(node))
        if isinstance(value, Either) and not isinstance(node, ast.Name):
            raise TwoKinds(node, value, self.frame, self.block)
        return self.read(value)

    def condition(self, node: ast.expr) -> Value:
        """The value of a test: of what ``and`` and ``or`` join there only the truth matters."""
        stack = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.BoolOp):
                self.tests.add(part)
                stack += part.values
            elif isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not):
                stack.append(part.operand)
        return self.expression(node)

    def alternatives(self, node: ast.expr) -> Value:
        """As :meth:`expression`; the value may be of either of two kinds."""
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
            return self.graph.constant(value)
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
                value = self.bound((frame, name), value, node)
                self.read_once(value, frame, name, node)
                return value
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

    def _is_global_already(self, name: str, value: Value) -> bool:
        """Whether a global is known to be what is assigned to it; it is watched that it stays."""
        if name not in self.frame.globals:
            return False
        known, found = self.static_value(value)
        was_known, was = self.static_value(self.global_value(self.frame, name))
        same = type(found) is type(was) and isinstance(was, (str, bool, type(None)))
        return known and was_known and same and bool(found == was)

    def global_value(self, frame: Frame, name: str) -> Value:
        """A module-level name, read when the derivative is called."""
        key = (frame.module, name, "global")
        if key in self.state:
            return self.state[key]
        found = frame.globals[name]
        self.graph.scopes[frame.module] = frame.globals

        def node() -> Node:
            if type(found) in (int, float, complex) or is_numeric(found):
                return self.graph.global_name(frame.module, name, found, self.static_type(found))
            return self.graph.reference((frame.module, name), found)

        return self.adopt(found, node, Route(frame.globals).item(name), name)

    def outer_value(self, found: Any, name: str, frame: Frame) -> Value:
        """The content of a closure cell of the user's function."""
        cell = frame.cells[name]
        known, number = name, 1
        while self.graph.cells.setdefault(known, cell) is not cell:
            number += 1
            known = f"{name}_{number}"

        def node() -> Node:
            if type(found) in (int, float, complex) or is_numeric(found):
                return self.graph.global_name("", known, found, self.static_type(found))
            return self.graph.reference(("", known), found)

        return self.adopt(found, node, Route(cell).attribute("cell_contents"), name)

    def adopt(
        self,
        found: Any,
        node: Callable[[], Node] | None,
        route: Route | None = None,
        name: str = "",
    ) -> Value:
        """A Python object met while lifting, as a value."""
        return self.wrap(found, node, route, name)

    def _tuple(self, node: ast.Tuple) -> Value:
        # A row in a tuple is the row as it is now: `a[i], a[j] = a[j], a[i]` swaps.
        if not any(isinstance(entry, ast.Starred) for entry in node.elts):
            items = self.elements(node.elts)
            return TupleValue(tuple(self.node(e) if isinstance(e, Place) else e for e in items))
        box = ListBox()
        self.state[box] = []
        self.lay_out(box, node.elts)
        items = self.state[box]
        if isinstance(items, list):
            return TupleValue(tuple(items))
        return self.call(Static(tuple), [box], {}, node)

    def _list(self, node: ast.List) -> Value:
        box = self.new_list(node)
        if isinstance(box, RecordsBox):
            self.lay_out(box, node.elts)
        elif not any(isinstance(entry, ast.Starred) for entry in node.elts):
            self.state[box] = self.elements(node.elts)
        else:
            self.lay_out(box, node.elts)
        return box

    def lay_out(self, box: ListBox, entries: list[ast.expr]) -> None:
        """Append the entries of a display, stars spread, to the list that it is to be."""
        for entry in entries:
            if isinstance(entry, ast.Starred):
                self.extend(box, self.as_list(self.expression(entry.value), entry), entry)
                continue
            value = self.keep(self.expression(entry))
            self.append(box, self.node(value) if isinstance(value, Place) else value, entry)

    def elements(self, nodes: list[ast.expr]) -> list[Value]:
        """Values of the entries of a display or of positional arguments, stars spread."""
        found: list[Value] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found.extend(self.spread(self.expression(node.value), node))
            else:
                found.append(self.keep(self.expression(node)))
        return found

    def _dict(self, node: ast.Dict) -> Value:
        pairs: list[tuple[Value, Value]] = []
        for key, item in zip(node.keys, node.values, strict=True):
            if key is None:
                inner = self.expression(item)
                if isinstance(inner, Static) and isinstance(inner.value, dict):
                    pairs += [(self.wrap(k), self.static_item(inner, k)) for k in inner.value]
                    continue
                if isinstance(inner, TableBox):
                    pairs.append((inner, inner))
                    continue
                if not isinstance(inner, DictBox):
                    raise self.unsupported("`**` of this value in a dict", "Name the keys.", node)
                pairs += [(self.wrap(k), held) for k, held in self.entries(inner).items()]
                continue
            pairs.append((self.expression(key), self.keep(self.expression(item))))
        return self.made_dict(pairs, node)

    def _set(self, node: ast.Set) -> Value:
        return self.set_of([self.expression(item) for item in node.elts], node)

    def set_of(self, items: Sequence[Value], node: ast.AST) -> Value:
        """A set of numbers and words."""
        nodes = tuple(map(self.node, items))
        text = "{" + ", ".join(f"_{k}_" for k in range(len(nodes))) + "}"
        made = self.verbatim(text, *nodes)
        self.kept_kinds[made] = set
        return made

    # --- operators ------------------------------------------------------------------------

    def _binary(self, node: ast.BinOp) -> Value:
        # A sum of a thousand terms is a tree as deep: the left spine is walked, not recursed.
        spine: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            spine.append(left)
            left = left.left
        value = self.expression(left)
        constant = True
        for step in reversed(spine):
            with self.at(step):
                value = self.binary(type(step.op), value, self.expression(step.right), step)
            if constant:
                constant = self._spells_constant(step)
        return value

    def _spells_constant(self, node: ast.BinOp) -> bool:
        """Note how the user writes a number, if it is one that ``node`` gives."""
        found = constant_text(node, self._is_of_math)
        if found is not None:
            self.graph.spellings.setdefault(*found)
        return found is not None

    def _is_of_math(self, node: ast.expr, name: str) -> bool:
        value = self.expression(node)
        if not isinstance(value, Node) or value.op is not GLOBAL:
            return False
        module, own = map(str, value.params)
        return bool(self.graph.globals[module, own] == getattr(math, name))

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.negate(self.expression(node.operand))
        value = self.expression(node.operand)
        asked = self.unary(type(node.op), value, node)
        if asked is not None:
            return asked
        number = self.static_int(value)
        if isinstance(node.op, (ast.USub, ast.UAdd)):
            sign = -1 if isinstance(node.op, ast.USub) else 1
            if number is not None:
                return self.graph.constant(sign * number)
            known, found = self.static_value(value)
            if known and isinstance(found, float):
                return self.graph.constant(sign * found)
        if isinstance(node.op, ast.USub):
            return self.boxed(self.primitive(arithmetic.negative, self.node(value)))
        if isinstance(node.op, ast.UAdd):
            return self.boxed(self.primitive(arithmetic.positive, self.node(value)))
        if self.is_array(value) or self._is_numpy_truth(value):
            return self.boxed(self.primitive(masks.invert, self.node(value)))
        if number is not None:
            return self.graph.constant(~number)
        return self.verbatim("~_0_", self.node(value), type=INT)

    def _is_numpy_truth(self, value: Value) -> bool:
        """Whether ``~value`` is the other truth: that of one of Python's is a number."""
        if not isinstance(value, Node) or value.type != BOOL:
            return False
        kinds = self.python_types(value)
        return bool(kinds) and not any(issubclass(kind, int) for kind in kinds)

    def _boolean(self, node: ast.BoolOp) -> Value:
        return self._boolean_from(node, 0)

    def _boolean_from(self, node: ast.BoolOp, position: int) -> Value:
        """``and`` / ``or`` from operand ``position`` on, with Python's short circuit and values."""
        value = self.expression(node.values[position])
        if node in self.tests and not isinstance(value, (Node, Static)):
            known, truth = self.truth(value)
            value = self.graph.constant(truth) if known else self.predicate(value)
        if position == len(node.values) - 1:
            return value
        conjunction = isinstance(node.op, ast.And)
        known, truth = self.truth(value)
        if known:
            return value if truth != conjunction else self._boolean_from(node, position + 1)
        found = self.choose(
            self.predicate(value),
            (lambda: self._boolean_from(node, position + 1)) if conjunction else (lambda: value),
            (lambda: value) if conjunction else (lambda: self._boolean_from(node, position + 1)),
            "and" if conjunction else "or",
        )
        # After `x == 0.0 or True` the first says nothing.
        certain = is_always(found, not conjunction)
        return self.graph.constant(not conjunction) if certain else found

    def _conditional(self, node: ast.IfExp) -> Value:
        test = self.condition(node.test)
        known, truth = self.truth(test)
        if known:
            return self.alternatives(node.body if truth else node.orelse)
        return self.choose_kind(
            self.predicate(test),
            lambda: self.alternatives(node.body),
            lambda: self.alternatives(node.orelse),
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

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.expression(node.value)
        self.bind(node.target.id, value)
        return value

    def write_outside(self, frame: Frame, name: str, value: Value) -> None:
        """Bind a global, or a variable of the function around the user's."""
        raise NotImplementedError

    def frame_of(self, name: str) -> Frame:
        """The call to which a name that is bound here belongs."""
        frame = self.frame
        while name in frame.outer_names and frame.parent is not None:
            frame = frame.parent
        return frame

    def bind(self, name: str, value: Value) -> None:
        """Bind a local name; the first name of a node is kept for the emitted code."""
        frame = self.frame_of(name)
        if name in self.frame.global_names:
            if self._is_global_already(name, value):
                return
            if self.in_manager and self.static_value(value)[0]:
                self.state[self.frame.module, name, "global"] = value
                return
        if name in self.frame.global_names or name in frame.outer_names:
            self.write_outside(frame, name, value)
            return
        self.state[frame, name] = value = self.begun(name, value, frame)
        if isinstance(value, RecordsBox) and isinstance(value.places, ListBox):
            value = value.places
        elif isinstance(value, ObjectEntry) and value.records.is_arena:
            value = value.place
        if isinstance(value, Node) and value not in self.graph.names:
            self.graph.names[value] = name
        elif isinstance(value, TableBox):
            self.graph.names.setdefault(value.places, f"{name}_places")
            self.box_names.setdefault(value.values, f"{name}_values")
        elif isinstance(value, View):
            self.graph.names.setdefault(self.node(value), name)
        elif isinstance(value, ObjectBox) and value in self.curves and value.node is not None:
            self.graph.names.setdefault(value.node, name)
        elif isinstance(value, Place) and value.path[-1].op is PARAMETER:
            self.graph.rows.setdefault(value.path[-1], name)
        elif is_made(value) and isinstance(value, ObjectBox) and _is_container(value.type):
            for part in self.read(self.state[value]).values():
                if isinstance(part, ListBox):
                    self.box_names[part] = name
        elif is_made(value) and isinstance(value, ObjectBox):
            self._name_attributes(name, value)
        elif isinstance(value, ListBox):
            self.box_names.setdefault(value, name)
            content = self.state[value]
            if isinstance(content, Node) and content not in self.graph.names:
                self.graph.names[content] = name

    def _name_attributes(self, name: str, made: ObjectBox) -> None:
        """What is in an object that the function has made bears the object's name, too."""
        content = self.read(self.state.get(made, UNBOUND))
        if made in self.box_names or not isinstance(content, dict):
            return
        self.box_names[made] = name
        for attribute, part in content.items():
            if isinstance(part, Node) and attribute.isidentifier():
                self.graph.names.setdefault(part, f"{name}_{attribute}")

    # --- reading containers ---------------------------------------------------------------

    def _subscript(self, node: ast.Subscript) -> Value:
        return self._subscripted(self.alternatives(node.value), node)

    def _subscripted(self, base: Value, node: ast.Subscript) -> Value:
        base = self.decided(base)
        if isinstance(base, Either) and base.orelse is not UNBOUND:
            then, orelse = base.then, base.orelse
            return self.choose_kind(
                base.tag,
                lambda: self._subscripted(then, node),
                lambda: self._subscripted(orelse, node),
                "expression",
            )
        base = self.read(base)
        if self.is_array(base):
            return self.array_item(base, *self.subscript_parts(node.slice))
        number = isinstance(base, Node) and base.type in (FLOAT, INT, BOOL)
        if number and self._names_axes(node.slice):
            return self.number_part(base, self.subscript_parts(node.slice)[0])
        if isinstance(base, Static):
            grid = grid_item(self, base.value, node.slice)
            if grid is not None:
                return grid
        key = self.expression(node.slice)
        part = self.slice_of(key)
        if part is not None and not isinstance(base, ObjectBox):
            return self.slice(base, part)
        masked = isinstance(key, Node) and key.type == BOOL
        if masked and isinstance(base, Node) and base.type == FLOAT:
            return base if key is self.mask else self.number_item(base, key)
        return self.item(base, key, node)

    def _names_axes(self, key: ast.expr) -> bool:
        """Whether a number of NumPy takes a subscript: ``[None]``, ``[..., np.newaxis]``."""
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        if not all(isinstance(part, (ast.Constant, ast.Attribute, ast.Name)) for part in parts):
            return False
        found = [self.static_value(self.expression(part)) for part in parts]
        return all(known and (part is None or part is ...) for known, part in found)

    def _slice(self, node: ast.Slice) -> Value:
        """``start:stop:step`` of a subscript."""
        start, stop, step = (
            Static(None) if bound is None else self.expression(bound)
            for bound in (node.lower, node.upper, node.step)
        )
        return Slice(start, stop, step)

    def number_item(self, base: Node, mask: Node) -> Value:
        """``number[mask]`` of a number of NumPy: an array of one entry, or of none."""
        entry = self.block.add(creation.literal, (base,), ((1,), None))
        kept = self.block.add(creation.literal, (mask,), ((1,), None))
        return self.boxed(self.block.add(indexing.section, (entry, kept), ("m",)))

    # --- functions ------------------------------------------------------------------------

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.closure(node, node.args)

    def closure(self, node: ast.Lambda | ast.FunctionDef, arguments: ast.arguments) -> Closure:
        """A function defined here; its defaults are evaluated now."""
        self.outlive()
        defaults = tuple(self.expression(default) for default in arguments.defaults)
        keywords = {
            argument.arg: self.expression(default)
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        }
        return Closure(node, self.frame, defaults, keywords, self.block)

    def _generator(self, node: ast.GeneratorExp) -> Value:
        return Generator(node, self.frame)

    def _attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.expression(node.value), node.attr, node)

    # Given by the other parts of the lifter.

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        raise NotImplementedError

    def call_method(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> Value:
        raise NotImplementedError

    def check_resizing(self, box: ListBox) -> None:
        raise NotImplementedError

    def unary(self, operator: type, value: Value, node: ast.AST) -> Value | None:
        raise NotImplementedError

    def call_expression(self, node: ast.Call) -> Value:
        raise NotImplementedError

    def comprehension(self, node: ast.ListComp) -> Value:
        raise NotImplementedError

    def append(self, box: ListBox, value: Value, node: ast.AST) -> None:
        raise NotImplementedError

    def made_dict(self, pairs: Iterable[tuple[Value, Value]], node: ast.AST) -> Value:
        raise NotImplementedError

    def extend(self, box: ListBox, value: Value, node: ast.AST) -> None:
        raise NotImplementedError

    def as_list(self, value: Value, node: ast.AST) -> Value:
        raise NotImplementedError

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        raise NotImplementedError

    def dict_comprehension(self, node: ast.DictComp) -> Value:
        raise NotImplementedError


def _refused(found: str, remedy: str) -> Callable[[Expressions, ast.AST], Value]:
    def refuse(self: Expressions, node: ast.AST) -> Value:
        raise self.unsupported(found, remedy, node)

    return refuse


EXPRESSIONS: dict[type, Callable[[Any, Any], Value]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Tuple: Expressions._tuple,
    ast.List: Expressions._list,
    ast.Dict: Expressions._dict,
    ast.Set: lambda self, node: self._set(node),
    ast.JoinedStr: Expressions.joined_string,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._boolean,
    ast.IfExp: Expressions._conditional,
    ast.Compare: Expressions._compare,
    ast.NamedExpr: Expressions._walrus,
    ast.Subscript: Expressions._subscript,
    ast.Slice: Expressions._slice,
    ast.Lambda: Expressions._lambda,
    ast.GeneratorExp: lambda self, node: self._generator(node),
    ast.Attribute: Expressions._attribute,
    ast.Call: lambda self, node: self.call_expression(node),
    ast.ListComp: lambda self, node: self.comprehension(node),
    ast.DictComp: lambda self, node: self.dict_comprehension(node),
    ast.SetComp: lambda self, node: self.set_comprehension(node),
    ast.Await: _refused(
        "`await` is not supported", "Differentiate the plain function that does the arithmetic."
    ),
    ast.Yield: _refused("`yield` is not supported", "Return a list of the values."),
    ast.YieldFrom: _refused("`yield from` is not supported", "Return a list of the values."),
}
