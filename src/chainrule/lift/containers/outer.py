"""Lists and dicts outside of the function that it writes into: counts, logs, memos.

Such a container is lifted as one that is given as an argument is: what it holds is read when the
function begins, and left in it when the function is over::

    def f(x):                        def grad_f(x):
        CALLS["f"] += 1                  CALLS["f"] = CALLS["f"] + 1
        return x * x                     return 2.0 * x

Reading is another thing where nothing is written: what is in a table is a constant.  So lifting
begins anew when the first write is met (:class:`WrittenInto`).
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.errors import ArgumentError, UnsupportedError
from chainrule.graph.block import CONSTANT, REFERENCE, Graph
from chainrule.graph.guard import (
    ItemKinds,
    Route,
    TableLayout,
    is_of_argument,
    item_kinds,
    table_layout,
)
from chainrule.graph.node import Node
from chainrule.graph.reach import are_apart, parts
from chainrule.graph.types import BOOL, INT, OPAQUE, Type
from chainrule.lift.calls.foreign import CHANGING
from chainrule.lift.calls.remembered import remembered
from chainrule.lift.containers.leaving import Leaving
from chainrule.lift.objects.holders import Container, WrittenInto
from chainrule.lift.parameters import example_type
from chainrule.lift.state import Frame, State, same_value
from chainrule.lift.values import DictBox, ListBox, ObjectBox, Poison, Static, TableBox, Value
from chainrule.primitives import sequence
from chainrule.primitives.effect import ORDERED, STATEMENT, VERBATIM

PLAIN = (bool, int, float, str, type(None))


class Outer(Leaving):
    """Lifts what is written into lists and dicts that exist outside."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # The containers that are written into, by identity, and those that kept calls change.
        self.written_into: dict[int, Container] = {}
        self.changed_outside: list[Container] = []
        # Those that hold values of earlier calls whose slopes count, with what is said of it.
        self.memos: dict[int, UnsupportedError] = {}
        # Their values, and what there was in them and in what they hold.
        self._begun: dict[int, tuple[Value, State]] = {}
        # Those with keys of run time: each as a whole, and what was in it.
        self._tables_begun: dict[TableBox, tuple[Node, Value]] = {}

    def wrap(
        self,
        value: Any,
        node: Callable[[], Node] | None = None,
        route: Route | None = None,
        name: str = "",
    ) -> Value:
        if id(value) not in self.written_into:
            if self.written_into and type(value) in (list, dict, tuple):
                self._check_parts(value)
            return super().wrap(value, node, route, name)
        if route is not None:
            self.watch_object(route, value)
        if id(value) not in self._begun:
            self._begun[id(value)] = self._begin(value, node, name)
        box, began = self._begun[id(value)]
        for key, content in began.items():
            self.begin_with(key, content)
        return box

    def _check_parts(self, container: Any) -> None:
        """What holds a container that is written into is written into by that."""
        held = parts((container,))
        if any(id(part) in self.written_into for part in held) and is_plain_data(container):
            refusal = self.unsupported(
                "a list or dict that holds another which is written into",
                "Write into a list of the function's own.",
            )
            raise WrittenInto(container, refusal)

    def _begin(
        self, container: Container, node: Callable[[], Node] | None, name: str
    ) -> tuple[Value, State]:
        """A container as a value, and what there is in it when the function begins."""
        with self.graph.inside(self.graph.body):
            if node is None:
                whole = self.graph.reference(self.reference_key(container), container)
            else:
                whole = node()

            def read(type: Type) -> Node:
                if type == OPAQUE:
                    return whole
                content = self.verbatim("_0_", whole, type=type, pure=True)
                if name.isidentifier():
                    self.graph.names[content] = name.lower()
                return content

            outer, self.state = self.state, dict(self.state)
            if id(container) in self.tables:
                value: Value = self._begin_table(container, whole, name)
            else:
                value = self.example_value(name, container, read, Route(container))
            began = {key: content for key, content in self.state.items() if key not in outer}
            self.state = outer
        if isinstance(value, DictBox):
            value.site = id(container)
        if id(container) in self.memos:
            began[value] = dict.fromkeys(container, Poison(self.memos[id(container)]))
        content = began.get(value)
        alike = isinstance(content, Node) or isinstance(value, TableBox)
        for box, held in began.items():
            if isinstance(box, ListBox) and box.parameter and isinstance(held, Node):
                self.outside[box] = held
        seen = ItemKinds(item_kinds(container)) if alike else TableLayout(table_layout(container))
        self.graph.guard(Route(container), "layout", seen)
        return value, began

    def _begin_table(self, container: Container, whole: Node, name: str) -> TableBox:
        """A dict that is written into with keys of run time."""
        assert isinstance(container, dict)
        if id(container) in self.memos and container:
            raise self.memos[id(container)]
        kind = example_type(list(container.values()))
        if kind is None:
            raise self.unsupported(
                f"`{name}` gets keys that are known at run time only, and holds several kinds of "
                "things",
                "Use keys that are constants, or a list.",
            )
        table = self.new_table(None, ast.Pass())
        if container:
            text = "{key: place for place, key in enumerate(_0_)}"
            places = self.verbatim(text, whole)
            table = TableBox(places, ListBox(), None)
            self.views[table.values] = table
            values = self.verbatim("list(_0_.values())", whole, type=kind)
            self.state[table.values] = values
            if name.isidentifier():
                self.graph.names[values] = f"{name.lower()}_values"
                self.graph.names[places] = f"{name.lower()}_places"
        self._tables_begun[table] = whole, self.state[table.values]
        table.key_type = INT if {*map(type, container)} <= {int} else OPAQUE
        table.layouts.seen.add(())
        return table

    def leave_written(self, given: Mapping[ListBox, Node]) -> None:
        super().leave_written(given)
        for table, (whole, before) in self._tables_begun.items():
            after = self.state.get(table.values, before)
            if not same_value(after, before):
                written = (whole, table.places, self.node(table.values))
                self.block.add(STATEMENT, written, ("_0_.update(zip(_1_, _2_))",))

    # --- writing --------------------------------------------------------------------------

    def check_writable(self, box: Any, node: ast.AST | None = None) -> None:
        content = self.state.get(box) if type(box) is ListBox else None
        begun = any(box in began for _, began in self._begun.values())
        if isinstance(content, Node) and box not in self.outside and not begun:
            found = _root_of(content, self.graph)
            if found is not None:
                refusal = self.unsupported(
                    "writing into a row that the function did not make",
                    "Write into a list of the function's own.",
                    node,
                )
                raise self.written_into_by(Static(found), refusal)
        super().check_writable(box, node)

    def give_up(self, state: State, mark: int) -> None:
        super().give_up(state, mark)
        # What was begun in the attempt was read in it.
        self._begun = {
            key: (value, began)
            for key, (value, began) in self._begun.items()
            if all(each in self.state for each in began)
        }
        begun = [value for value, _ in self._begun.values()]
        self._tables_begun = {k: v for k, v in self._tables_begun.items() if k in begun}

    def written_into_by(self, owner: Value, refusal: UnsupportedError) -> UnsupportedError:
        found = owner.value if isinstance(owner, Static) else None
        if not isinstance(found, (list, dict)) or id(found) in self.written_into:
            return refusal
        return WrittenInto(found, refusal) if is_plain_data(found) else refusal

    def _check_method(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> None:
        super()._check_method(owner, name, args, node)
        self._note_change(owner, name)

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        self._note_change(owner, name)
        return super().container_method(owner, name)

    def _note_change(self, owner: Value, name: str) -> None:
        """Where this is refused, or what it changes is read, it is lifted in the other way."""
        found = owner.value if isinstance(owner, Static) else None
        if name in CHANGING and isinstance(found, (list, dict)) and is_plain_data(found):
            self.changed_outside.append(found)

    # --- memos ----------------------------------------------------------------------------

    def run_function(
        self, tree: ast.FunctionDef | ast.Lambda, frame: Frame, bound: dict[str, Value]
    ) -> Value:
        around: list[str] = []
        parent = frame.parent
        while parent is not None:
            around += parent.local_names
            parent = parent.parent
        given = {name for name, value in bound.items() if _may_have_slope(value)}
        if len(self.calls) < 2 and self.wanted:
            given &= {*self.wanted}
        for text in remembered(tree, (*given, *around)):
            found, box = self._memo_of(text, frame, bound)
            if found is None and isinstance(box, (DictBox, ListBox)):
                self._spoil_given(box, text, tree)
            if not isinstance(found, dict) or not found or not is_plain_data(found):
                continue
            refusal = self.unsupported(
                f"what `{text}` holds already is of an earlier call, and its slope is not known",
                f"Empty it before the derivative is called: `{text}.clear()`.",
                tree,
            )
            self.memos[id(found)] = refusal
            begun, began = self._begun.get(id(found), (box, {}))
            if begun is not None:
                self._spoil(begun, began, refusal)
            elif id(found) not in self.written_into:
                raise WrittenInto(found, refusal)
        return super().run_function(tree, frame, bound)

    def _memo_of(self, text: str, frame: Frame, bound: dict[str, Value]) -> tuple[object, Value]:
        """The dict that a name, or a path of attributes, leads to; and its value if it is given.

        There is None where it is an argument, and not the default.
        """
        first, *names = text.split(".")
        value = self.read(bound.get(first))
        if isinstance(value, ObjectBox) and value.instance is not None and names:
            found = value.instance
            for name in names:
                found, value = getattr(found, name, None), self.attribute(value, name, ast.Pass())
            return found, value if isinstance(value, DictBox) else None
        if isinstance(value, Static):
            return value.value, None
        if isinstance(value, ListBox):
            return None, value
        if isinstance(value, DictBox) and frame.source is not None:
            # A signature that a decorator tells may be that of another function.
            parameter = inspect.signature(frame.source.function).parameters.get(first)
            default = getattr(parameter, "default", None)
            if not isinstance(default, dict):
                return None, value
            self.graph.guard(Route(default), "keys", list(default))
            return default if list(default) == list(self.entries(value)) else None, value
        return _outside(text, frame), None

    def _spoil_given(self, memo: DictBox | ListBox, text: str, tree: ast.AST) -> None:
        """Refuse to read the numbers that the caller's memo holds when the function begins."""
        given: Any = self._entries_given.get(memo)
        now: Any = self.state.get(memo)
        route = self.reached[memo][0] if memo in self.reached else None
        named = self.calls[0][0].tree.args.kwarg if self.calls else None
        # Keywords are in a dict that is made for the call.
        fresh = (*self.wanted, named.arg) if named is not None else self.wanted
        if is_of_argument(route) and route.root.name in fresh:
            return
        refusal = self.unsupported(
            f"`{text}` may hold values of an earlier call, whose slopes are not known",
            "Pass an empty one to each call of the derivative.",
            tree,
        )
        if isinstance(memo, ListBox) and isinstance(now, Node):
            # There are numbers in all of its places.
            if now is not self._content_given.get(memo):
                return
            raise refusal
        if given is None or type(given) is not type(now):
            return
        before = dict(given) if isinstance(given, dict) else dict(enumerate(given))
        spoilt = dict(now) if isinstance(now, dict) else dict(enumerate(now))
        for key, value in before.items():
            if key in spoilt and _may_have_slope(value) and same_value(value, spoilt[key]):
                before[key] = spoilt[key] = Poison(refusal)
        self._set_spoilt(memo, _like(given, before), _like(given, spoilt))

    def _spoil(self, memo: Value, began: State, refusal: UnsupportedError) -> None:
        """Refuse to read what there is in a memo when the function begins."""
        if not isinstance(memo, DictBox):
            raise refusal
        spoilt = began[memo] = dict.fromkeys(self.entries(memo), Poison(refusal))
        self._set_spoilt(memo, spoilt, spoilt)

    def _set_spoilt(self, memo: DictBox | ListBox, before: Any, now: Any) -> None:
        """From now on a container holds this, and is taken to have held what was ``before``."""
        for state in (*self.enclosing, self.state):
            if memo in state:
                state[memo] = now
        if memo in self._entries_given:
            self._entries_given[memo] = before

    def watch_sharing(self, arguments: Mapping[str, Any]) -> None:
        super().watch_sharing(arguments)
        began = [held.items() for _, held in self._begun.values()]
        if all(same_value(self.state.get(key, old), old) for held in began for key, old in held):
            return
        containers = tuple(self.written_into[key] for key in self._begun)
        if not are_apart(containers, *arguments.values()):
            raise ArgumentError(
                "a list or dict outside of the function is written into, and reached by another "
                "way, too",
                remedy="Pass a copy, or write into a copy in the function.",
            )
        self.graph.guard(Route(containers).beside(arguments), "apart", are_apart)


def _root_of(content: Node, graph: Graph) -> Container | None:
    """The list or dict outside of which this is a row; None of what is no such row."""
    node = content
    while node.op is sequence.index or (
        node.op in (VERBATIM, ORDERED) and str(node.params[0]).startswith("_0_[")
    ):
        node = node.args[0]
    if node.op is VERBATIM and node.params[0] == "_0_":
        node = node.args[0]
    found = graph.references[node.params[0]] if node.op is REFERENCE else None
    return found if isinstance(found, (list, dict)) else None


def _like(container: Any, entries: dict[Any, Value]) -> Any:
    """The entries as those of a dict or a list."""
    return entries if isinstance(container, dict) else list(entries.values())


def _may_have_slope(value: Value) -> bool:
    """Whether an argument is, or holds, what a derivative may flow through."""
    if isinstance(value, Node):
        return value.type not in (INT, BOOL, OPAQUE) and value.op is not CONSTANT
    return not isinstance(value, Static)


def _outside(text: str, frame: Frame) -> object:
    """What a name, or a path of attributes, leads to outside of the function."""
    first, *names = text.split(".")
    cell = frame.cells.get(first)
    found = frame.globals.get(first) if cell is None else getattr(cell, "cell_contents", None)
    for name in names:
        found = getattr(found, name, None)
    return None if first in frame.local_names else found


def is_plain_data(value: Any, depth: int = 4) -> bool:
    """Whether there is nothing in a container but numbers, words, and such lists and dicts."""
    if type(value) in PLAIN:
        return True
    if depth == 0:
        return False
    if type(value) is dict:
        return all(is_plain_data(entry, depth - 1) for entry in value.values())
    return type(value) in (list, tuple) and all(is_plain_data(entry, depth - 1) for entry in value)
