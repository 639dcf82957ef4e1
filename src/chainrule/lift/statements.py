"""Simple statements: assignment, unpacking, mutation, raise, assert, imports."""

from __future__ import annotations

import ast
import collections
import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.arrays.augmented import AugmentedArrays
from chainrule.lift.core import Completion, Flag
from chainrule.lift.messages import opaque_text
from chainrule.lift.values import (
    BOXES,
    UNBOUND,
    DictBox,
    DictEntry,
    Either,
    ListBox,
    ObjectBox,
    Place,
    Slice,
    Static,
    TableBox,
    TupleValue,
    Value,
    View,
    is_made,
)
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import RAISE, STATEMENT


class Statements(AugmentedArrays):
    """Lifts statements that do not branch."""

    def statement(self, node: ast.stmt) -> Completion:
        """Run one statement."""
        method = STATEMENTS.get(type(node))
        if method is None:
            name = type(node).__name__.lower().removesuffix("def")
            raise self.unsupported(
                f"`{name}` statements are not supported",
                "Write the computation with assignments, if, for, while, try and return.",
                node,
            )
        with self.at(node):
            result: Completion = method(self, node)
            return result

    # --- assignment -----------------------------------------------------------------------

    def _assign(self, node: ast.Assign) -> Completion:
        if len(node.targets) == 1 and self.write_masked(node, node.targets[0]):
            return Completion.FALLS
        value = self.alternatives(node.value)
        self.note_evaluated()
        for target in node.targets:
            self.assign(target, value)
        return Completion.FALLS

    def _annotated(self, node: ast.AnnAssign) -> Completion:
        if node.value is not None:
            self.assign(node.target, self.expression(node.value))
        return Completion.FALLS

    def note_evaluated(self) -> None:
        """Nothing but the writing of a statement is still to be done."""
        if self.attempts:
            self.evaluated = dict(self.state)

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind or write ``target``."""
        with self.at(target):
            if isinstance(target, ast.Name):
                self.bind(target.id, value)
                return
            found = self.decided(value)
            if isinstance(found, Either) and found.orelse is not UNBOUND:
                # Once for each kind.
                self.branch(
                    found.tag,
                    lambda: self._assigned(target, found.then),
                    lambda: self._assigned(target, found.orelse),
                    "statement",
                )
                return
            value = self.read(value)
            if isinstance(target, (ast.Tuple, ast.List)):
                self.unpack(target, value)
            elif isinstance(target, ast.Subscript):
                self._write_item(target, value)
            elif isinstance(target, ast.Attribute):
                self.write_attribute(self.expression(target.value), target.attr, value, target)
            else:
                raise self.unsupported("this assignment target", "Assign to a name.", target)

    def _assigned(self, target: ast.expr, value: Value) -> Completion:
        self.assign(target, value)
        return Completion.FALLS

    def raise_if(self, predicate: Node, text: str, *args: Node) -> None:
        """``if predicate: raise text``: what Python itself checks."""

        def refuse() -> Completion:
            self.leave_before_raise()
            self.block.add(RAISE, args, (f"raise {text}",))
            return Completion.RAISES

        self.branch(predicate, refuse, lambda: Completion.FALLS, "statement")

    def _augmented(self, node: ast.AugAssign) -> Completion:
        target = node.target
        if self.write_masked(node, target):
            return Completion.FALLS
        if isinstance(target, ast.Name):
            old = self.lookup(target.id, target)
            key = (self.frame_of(target.id), target.id)
            before, operand = self.state.get(key), self.expression(node.value)
            self.note_evaluated()
            if self._changed_itself(old, node, operand):
                if self.state.get(key) is not before:
                    self.bind(target.id, old)
                return Completion.FALLS
            value = self._combined(node, old, operand)
            if self.add_to_number(target.id, old, value, node):
                return Completion.FALLS
            self.bind(target.id, value)
        elif isinstance(target, ast.Subscript):
            base = self.expression(target.value)
            if self.is_array(base):
                self.update_array_item(base, target, node)
                return Completion.FALLS
            key = self.expression(target.slice)
            if self.slice_of(key) is not None and not isinstance(base, ObjectBox):
                raise self.unsupported(
                    "augmented assignment to a slice", "Loop over the entries.", node
                )
            if isinstance(base, TableBox):
                self.update_entry(base, key, functools.partial(self._updated, node), target)
                return Completion.FALLS
            old, before = self.item(base, key, target), self._content_now(base)
            operand = self.expression(node.value)
            moved = isinstance(old, BOXES) and self._content_now(base) is not before
            if not isinstance(base, TupleValue) and self._changed_itself(old, node, operand):
                if moved:
                    self.write_item(base, key, old, target)
                return Completion.FALLS
            self.check_in_place(old, node)
            value = self._combined(node, old, operand)
            self.note_evaluated()
            self.write_item(base, key, value, target)
        else:
            owner = self.expression(target.value)
            old, before = self.attribute(owner, target.attr, target), self._content_now(owner)
            operand = self.expression(node.value)
            moved = isinstance(old, BOXES) and self._content_now(owner) is not before
            if self._changed_itself(old, node, operand):
                if moved:
                    self.write_attribute(owner, target.attr, old, target)
                return Completion.FALLS
            self.check_in_place(old, node)
            value = self._combined(node, old, operand)
            self.note_evaluated()
            self.write_attribute(owner, target.attr, value, target)
        return Completion.FALLS

    def _content_now(self, container: Value) -> Value | None:
        """What a container holds now: another one where something in it was replaced."""
        return self.state.get(container) if isinstance(container, BOXES) else None

    def _combined(self, node: ast.AugAssign, old: Value, operand: Value) -> Value:
        """What an augmented assignment binds its target to."""
        found = self.in_place(type(node.op), old, operand, node)
        return self.binary(type(node.op), old, operand, node) if found is None else found

    def _updated(self, node: ast.AugAssign, old: Value) -> Value:
        """What an augmented assignment makes of ``old``."""
        value = self._combined(node, old, self.expression(node.value))
        self.note_evaluated()
        return value

    def _changed_itself(self, old: Value, node: ast.AugAssign, operand: Value) -> bool:
        """Whether ``old`` was changed in place, as arrays and lists are."""
        if self.is_array(old):
            if not isinstance(old, View) or not self.add_through(old, node, operand):
                value = self.binary(type(node.op), old, operand, node)
                self.write_whole(old, self.node(value), node)
            return True
        is_dict = isinstance(old, DictBox) or (isinstance(old, TableBox) and not old.counts)
        if is_dict and isinstance(node.op, ast.BitOr):
            self.call_method(old, "update", [operand], node)
            return True
        if isinstance(old, ListBox) and isinstance(node.op, ast.Add):
            self.extend(old, operand, node)
            return True
        if isinstance(old, ListBox) and isinstance(node.op, ast.Mult):
            repeated, whole = self.binary(ast.Mult, old, operand, node), Static(None)
            self._write_slice(old, Slice(whole, whole, whole), repeated, node)
            return True
        return False

    # --- writing --------------------------------------------------------------------------

    def _write_item(self, target: ast.Subscript, value: Value) -> None:
        base = self.expression(target.value)
        if self.is_array(base):
            self.write_array(base, *self.subscript_parts(target.slice), value, target)
            return
        key = self.expression(target.slice)
        if isinstance(key, Slice) and not isinstance(base, ObjectBox):
            if not isinstance(target.slice, ast.Slice):
                raise self.unsupported(
                    "assignment to a part of a list that a slice object stands for",
                    "Write the bounds into the subscript, `xs[start:stop] = ...`.",
                    target,
                )
            self._write_slice(base, key, value, target)
        else:
            self.write_item(base, key, value, target)

    def write_item(self, base: Value, key: Value, value: Value, node: ast.AST) -> None:
        """``base[key] = value``."""
        base = self.read(base)
        known, found = self.static_value(key)
        if isinstance(base, TableBox):
            self.write_entry(base, key, value, node)
            return
        if isinstance(base, DictBox):
            if not known:
                raise self.needs_table(base, node)
            self.check_writable(base, node)
            self.state[base] = {**self.read(self.state[base]), found: value}
            return
        if isinstance(base, ListBox):
            self.check_writable(base, node)
            items = self.known_items(base)
            if (
                items is not None
                and known
                and isinstance(found, int)
                and -len(items) <= found < len(items)
            ):
                items[found] = value
                self.state[base] = items
                return
            self._set_path(base, (self.node(key),), value, node)
        elif isinstance(base, Place):
            self.check_writable(base.box, node)
            self.check_row(base, node)
            self._set_path(base.box, (*base.path, self.node(key)), value, node)
        elif isinstance(base, ObjectBox):
            self.call_method(base, "__setitem__", [key, value], node)
        else:
            self.check_chosen(base, node)
            self.check_item_of_number(base, key, value)
            refusal = self.unsupported(
                "writing into an object that the function did not make",
                "Return the values instead, or write into a list of the function's own.",
                node,
            )
            raise self.written_into_by(base, refusal)

    def written_into_by(self, owner: Value, refusal: UnsupportedError) -> UnsupportedError:
        """The refusal to write into ``owner``, or what has it lifted in another way."""
        raise NotImplementedError

    def _set_path(self, box: ListBox, path: tuple[Node, ...], value: Value, node: ast.AST) -> None:
        old = self.make_dynamic(box)
        self.freeze(value)
        written = self.node(value)
        if isinstance(written.type, SequenceType):
            self.row_writes[box] = self.row_writes.get(box, 0) + 1
        new = self.primitive(sequence.index_set, old, *path, written)
        self.rename(old, new)
        self.state[box] = new

    def freeze(self, value: Value) -> None:
        """A list stored inside another by value must not change any more."""
        value = value.box if isinstance(value, View) else value
        if isinstance(value, BOXES):
            self.frozen.add(value)
        elif isinstance(value, TupleValue):
            for item in value.items:
                self.freeze(item)

    def _write_slice(self, base: Value, part: Slice, value: Value, node: ast.AST) -> None:
        known = [self.static_value(bound) for bound in part.bounds]
        items = self.known_items(base)
        replacement = self.known_items(value)
        if isinstance(base, ListBox):
            self.check_writable(base, node)
            if items is not None and replacement is not None and all(found for found, _ in known):
                items[slice(*(bound for _, bound in known))] = replacement
                self.state[base] = items
                return
            self._replace_slice(base, part, value)
            return
        refusal = self.unsupported(
            "assignment to a slice of this value", "Loop over the entries.", node
        )
        raise self.written_into_by(base, refusal)

    def set_entries(self, owner: DictBox, content: dict[Any, Value], node: ast.AST) -> None:
        """A dict of known keys holds ``content`` from now on."""
        self.check_writable(owner, node)
        if not isinstance(owner, DictEntry):
            self.state[owner] = content
            return
        before = self.entries(owner)
        if not content.keys() >= before.keys():
            raise self.unsupported(
                "an entry that a dict in a list loses", "Give each of them all keys.", node
            )
        for key, value in content.items():
            if value is not before.get(key):
                self.write_item(owner, Static(key), value, node)

    def empty(self, owner: Value, node: ast.AST) -> None:
        """Take everything out of a list or dict."""
        if isinstance(owner, DictBox):
            self.set_entries(owner, {}, node)
            return
        nothing, whole = ListBox(), Static(None)
        self.state[nothing] = []
        self._write_slice(owner, Slice(whole, whole, whole), nothing, node)

    def _replace_slice(self, box: ListBox, part: Slice, values: Value) -> None:
        """``box[start:stop:step] = values`` of a run-time list."""
        known, step = self.static_value(part.step)
        if known and step in (None, 1):
            self.replace_part(box, *self.ordered_bounds(box, part.start, part.stop), values)
            return
        old = self.make_dynamic(box)
        bounds = [self.node(bound) for bound in part.bounds]
        given = self.node(values)
        if not known:
            replaced = self.primitive(sequence.slice_of, old, *bounds)
            counts = [self.primitive(sequence.length, each) for each in (replaced, given)]
            self.raise_if(
                self.primitive(arithmetic.not_equal, *counts),
                'ValueError(f"the derivative is not known where a slice of {_0_} entries '
                'gets {_1_}")',
                *counts,
            )
        new = self.primitive(sequence.slice_set, old, *bounds, given)
        self.rename(old, new)
        self.state[box] = new

    def extend(self, box: ListBox, value: Value, node: ast.AST) -> None:
        """``box.extend(value)`` and ``box += value``."""
        self.check_writable(box, node)
        items, more = self.known_items(box), self.known_items(value)
        if items is not None and more is not None:
            self.state[box] = items + more
            return
        entries = self.node(value)
        if items == [] and isinstance(entries.type, SequenceType):
            self.check_resizing(box)
            self.state[box] = self.primitive(sequence.copy, entries)
            return
        old = self.make_dynamic(box)
        self.check_resizing(box)
        if getattr(entries.type, "kind", "list") == "tuple":
            # Python adds no tuple to a list.
            entries = self.primitive(sequence.copy, entries)
        new = self.primitive(sequence.concatenate, old, entries)
        self.rename(old, new)
        self.state[box] = new

    # --- the rest -------------------------------------------------------------------------

    def _return(self, node: ast.Return) -> Completion:
        value = self.returned(node.value) if node.value is not None else Static(None)
        self.note_evaluated()
        self.state[self.frame, "return"] = value
        self.state[self.returned_flag()] = self.graph.constant(True)
        return Completion.EXITS

    def returned_flag(self) -> Flag:
        """Flag of the frame that tells whether it has returned."""
        if self.frame not in self.flags:
            self.flags[self.frame] = Flag("returned")
        flag: Flag = self.flags[self.frame]
        return flag

    def _raise(self, node: ast.Raise) -> Completion:
        arguments: list[Node] = []
        text = "raise"
        if node.exc is not None:
            text += " " + opaque_text(self, node.exc, arguments)
        if node.cause is not None:
            text += " from " + opaque_text(self, node.cause, arguments)
        self.leave_before_raise()
        self.block.add(RAISE, tuple(arguments), (text,))
        return Completion.RAISES

    def _assert(self, node: ast.Assert) -> Completion:
        test = self.condition(node.test)
        known, truth = self.truth(test)
        if known and truth:
            return Completion.FALLS
        if self.is_written_outside():
            raised = ast.Call(
                ast.Name("AssertionError", ast.Load()), [node.msg] if node.msg else [], []
            )
            error = ast.fix_missing_locations(ast.copy_location(ast.Raise(raised), node))
            failed = functools.partial(self._raise, error)
            return self.branch(self.predicate(test), lambda: Completion.FALLS, failed, "statement")
        arguments = [self.predicate(test)]
        text = "assert _0_"
        if node.msg is not None:
            text += ", " + opaque_text(self, node.msg, arguments)
        self.block.add(STATEMENT, tuple(arguments), (text,))
        return Completion.FALLS

    def _expression_statement(self, node: ast.Expr) -> Completion:
        if isinstance(node.value, ast.Constant):
            return Completion.FALLS
        completion = self.yielded(node)
        if completion is not None:
            return completion
        value = self.expression(node.value)
        called = isinstance(node.value, ast.Call)
        if not called:
            self.note_evaluated()
        op = value.op if isinstance(value, Node) else None
        if isinstance(op, Primitive) and op.raises and (op.callables or not called):
            # It is asked for nothing else.
            self.block.add(STATEMENT, (value,), ("_0_",))
        return Completion.FALLS

    def yielded(self, node: ast.Expr) -> Completion | None:
        """What becomes of a ``yield`` that somebody waits for; None of anything else."""
        return None

    def _pass(self, node: ast.stmt) -> Completion:
        return Completion.FALLS

    def _delete(self, node: ast.Delete) -> Completion:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.state[self.frame, target.id] = UNBOUND
            elif isinstance(target, ast.Subscript):
                self._delete_entry(self.expression(target.value), target.slice, node)
            elif isinstance(target, ast.Attribute):
                self._delete_attribute(self.expression(target.value), target.attr, node)
            else:
                raise self.unsupported("`del` of this target", "Leave it out.", node)
        return Completion.FALLS

    def _delete_attribute(self, owner: Value, name: str, node: ast.Delete) -> None:
        """``del owner.name`` of an object that the function has made."""
        content = self.state.get(owner) if is_made(owner) else None
        held = content.get(name, UNBOUND) if isinstance(content, dict) else UNBOUND
        kind: Any = owner.type if isinstance(owner, ObjectBox) else None
        plain = kind is not None and kind.__delattr__ is object.__delattr__
        if not plain or held is UNBOUND or isinstance(held, Either):
            raise self.unsupported("`del` of this attribute", "Give it None.", node)
        self.check_writable(owner, node)
        assert isinstance(content, dict)
        self.state[owner] = {key: value for key, value in content.items() if key != name}

    def _delete_entry(self, base: Value, subscript: ast.expr, node: ast.Delete) -> None:
        position = self.expression(subscript)
        if isinstance(position, Slice):
            if self.static_value(position.step) not in ((True, None), (True, 1)):
                raise self.unsupported(
                    "`del` of a slice with a step", "Build a new list without the entries.", node
                )
            empty = ListBox()
            self.state[empty] = []
            self._write_slice(base, position, empty, node)
            return
        known, key = self.static_value(position)
        content = self.state.get(base) if isinstance(base, (DictBox, ListBox)) else None
        if known and isinstance(content, (dict, list)):
            self.check_writable(base, node)
            copied = content.copy()
            try:
                del copied[key]
            except KeyError:
                if isinstance(base, DictBox) and issubclass(base.kind, collections.Counter):
                    return  # A Counter loses what it does not hold in silence.
                self.always_raises("KeyError(_0_)", self.node(position))
            except IndexError as error:
                self.always_raises(f"IndexError({str(error)!r})")
            self.state[base] = copied
        elif isinstance(base, ListBox):
            self.check_writable(base, node)
            self.check_in_range(base, position, "list assignment index out of range")
            self.take_out(base, position)
        else:
            refusal = self.unsupported("`del` of this entry", "Build a new list without it.", node)
            raise self.written_into_by(base, refusal)

    def _global(self, node: ast.Global) -> Completion:
        return Completion.FALLS

    def _function(self, node: ast.FunctionDef) -> Completion:
        value: Value = self.closure(node, node.args)
        for decorator in reversed(node.decorator_list):
            value = self.call(self.expression(decorator), [value], {}, node)
        self.bind(node.name, value)
        return Completion.FALLS

    def _import(self, node: ast.Import | ast.ImportFrom) -> Completion:
        try:
            if isinstance(node, ast.Import):
                self._import_modules(node)
            else:
                self._import_names(node)
        except ImportError as error:
            text = f"raise {type(error).__name__}({str(error)!r})"
            self.block.add(RAISE, (), (text,))
            return Completion.RAISES
        return Completion.FALLS

    def _import_modules(self, node: ast.Import) -> None:
        for alias in node.names:
            module = importlib.import_module(alias.name)
            if alias.asname is None:
                module = importlib.import_module(alias.name.split(".")[0])
            self.bind(alias.asname or alias.name.split(".")[0], Static(module))

    def _import_names(self, node: ast.ImportFrom) -> None:
        package = self.frame.globals.get("__package__") or None
        module = importlib.import_module("." * node.level + (node.module or ""), package)
        for alias in node.names:
            if alias.name == "*":
                raise self.unsupported(
                    "`import *` inside a function", "Name what is imported.", node
                )
            if not hasattr(module, alias.name):
                importlib.import_module(f"{module.__name__}.{alias.name}")
            self.bind(alias.asname or alias.name, self.module_value(module, alias.name))

    # Given by the other parts of the lifter.

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        raise NotImplementedError

    def in_place(self, operator: type, old: Value, operand: Value, node: ast.AST) -> Value | None:
        raise NotImplementedError

    def is_written_outside(self) -> bool:
        raise NotImplementedError

    def module_value(self, module: Any, name: str) -> Value:
        raise NotImplementedError

    def unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        raise NotImplementedError

    def write_attribute(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        raise NotImplementedError

    def statements(self, nodes: Sequence[ast.stmt]) -> Completion:
        raise NotImplementedError


STATEMENTS: dict[type, Callable[[Any, Any], Completion]] = {
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augmented,
    ast.Return: Statements._return,
    ast.Raise: Statements._raise,
    ast.Assert: Statements._assert,
    ast.Expr: Statements._expression_statement,
    ast.Pass: Statements._pass,
    ast.Delete: Statements._delete,
    ast.Global: Statements._global,
    ast.Nonlocal: Statements._global,
    ast.FunctionDef: Statements._function,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import,
}
