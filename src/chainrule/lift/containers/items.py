"""Lists, tuples and dicts: their items, slices, lengths, sums and multiples."""

from __future__ import annotations

import ast
import collections
import enum
from collections.abc import Iterable
from typing import Any, NoReturn

from chainrule.errors import ChainruleError, UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.guard import Route
from chainrule.graph.keys import key_text
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
from chainrule.lift.containers.table_entries import type_of_entry
from chainrule.lift.core import PLACE, AlwaysRaises
from chainrule.lift.library.queues import Queue
from chainrule.lift.values import (
    DictBox,
    ListBox,
    ObjectBox,
    Place,
    Range,
    RecordsBox,
    Slice,
    Static,
    TableBox,
    TupleValue,
    Value,
    another_dict,
)
from chainrule.lift.watching import Watching, is_plain_sequence
from chainrule.primitives import sequence
from chainrule.primitives.arithmetic import add
from chainrule.primitives.effect import CALL, ORDERED, RAISE, VERBATIM

# What several names can share and one of them change.
MUTABLE = (ListBox, DictBox, ObjectBox, Place)
PLAIN_NUMBERS = (FLOAT, INT, BOOL)
NUMBERS = (*PLAIN_NUMBERS, DYNAMIC)
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


class Containers(Watching):
    """Reads and builds containers."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # What is certainly a string, with all that it may be.
        self.words: dict[Node, frozenset[str]] = {}

    def spread(self, value: Value, node: ast.AST) -> list[Value]:
        """The entries of a container of known length."""
        items = self.known_items(value)
        if items is None:
            raise self.unspreadable(node)
        return items

    def unspreadable(self, node: ast.AST) -> UnsupportedError:
        """The refusal of ``*`` before what has no length before the code runs."""
        return self.unsupported(
            "a list whose length is known at run time only cannot be unpacked with `*` here",
            "Index it, or loop over it.",
            node,
        )

    def known_items(self, value: Value) -> list[Value] | None:
        """The entries of a container whose layout is known, else None."""
        value = self.read(value)
        if isinstance(value, TupleValue):
            return list(value.items)
        if isinstance(value, ListBox):
            content = self.content(value)
            return list(content) if isinstance(content, list) else None
        if isinstance(value, DictBox):
            return [self.wrap(key) for key in self.entries(value)]
        if isinstance(value, Static) and isinstance(
            value.value, (str, list, tuple, dict, set, frozenset)
        ):
            if isinstance(value.value, (set, frozenset)):
                return None
            self.watch_layout(value)
            if isinstance(value.value, (list, tuple)):
                return [self.static_item(value, position) for position in range(len(value.value))]
            return [self.wrap(item) for item in value.value]
        if isinstance(value, Static) and isinstance(value.value, enum.EnumMeta):
            members: list[enum.Enum] = list(value.value)
            return [Static(member) for member in members]
        return None

    def known_words(self, value: Value) -> Value:
        """What a list holds, or the keys of a dict, as a tuple where they are known."""
        items = self.known_items(value) or []
        parts = [self.static_value(item) for item in items]
        known = bool(parts) and all(is_known and isinstance(part, str) for is_known, part in parts)
        return TupleValue(tuple(items)) if known else value

    def entry(self, base: Node, key: Any, type: Type) -> Node:
        """``base[key]`` of a key known while lifting, read when the derivative runs."""
        text = key_text(key)
        if text is not None and not PLACE.search(text):
            return self.verbatim(f"_0_[{text}]", base, type=type, pure=True)
        keyed = self.static_node(Static(key))
        return self.verbatim("_0_[_1_]", base, keyed, type=type, pure=True)

    def static_item(self, value: Static, key: Any) -> Value:
        """``value[key]`` of an object known while lifting; numbers are read at run time."""
        found = value.value[key]

        def node() -> Node:
            base, type_ = self.static_node(value), self.static_type(found)
            item = self.entry(base, key, type_)
            self.sure.add(item)
            return item

        changeable = isinstance(value.value, (list, dict))
        if type(found) is int and self.known_ints and not changeable:
            return self.graph.constant(found)
        return self.wrap(found, node, Route(value.value).item(key) if changeable else None)

    def is_container(self, value: Value) -> bool:
        """Whether a value is a list or a tuple."""
        if isinstance(value, (ListBox, TupleValue, Place, DictBox)):
            return True
        if isinstance(value, Static):
            return is_plain_sequence(type(value.value))
        return isinstance(value, Node) and isinstance(value.type, SequenceType)

    def container_operator(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """``+`` and ``*`` on lists and tuples, ``|`` on dicts."""
        for value in (left, right):
            self.check_counts(value, f"`{SYMBOLS.get(operator, '?')}`", node)
        dicts = [isinstance(value, DictBox) for value in (left, right)]
        if any(dicts) and not (operator is ast.BitOr and all(dicts)):
            symbol = SYMBOLS.get(operator, "?")
            raise self.unsupported(f"`{symbol}` on a dict", "Take a list of its keys.", node)
        if operator is ast.Mult:
            if not self.is_container(left):
                left, right = right, left
            count = self.static_int(right)
            items = self.known_items(left)
            if items is not None and count is not None and len(items) * count <= 64:
                for item in filter(self.is_array, items):
                    # It stands there by value: nobody may write to it any more.
                    self.freeze(item)
                return self.like(left, items * max(count, 0))
            if items and count is None and all(map(self.is_array, items)):
                raise self.unsupported(
                    "an array that stands in a list a number of times known at run time only",
                    "Write the number, or `[x for _ in range(n)]`.",
                    node,
                )
            if items is not None and any(isinstance(self.read(item), MUTABLE) for item in items):
                raise self.unsupported(
                    "a list that holds one and the same list several times",
                    "Make every row anew: `[[...] for _ in range(n)]`.",
                    node,
                )
            if items is not None and len(items) == 1 and not isinstance(left, TupleValue):
                box = ListBox()
                self.state[box] = self.primitive(
                    sequence.filled, self.node(right), self.node(items[0])
                )
                return box
        if operator is ast.BitOr and isinstance(left, DictBox) and isinstance(right, DictBox):
            merged = another_dict(left if left.filled_by is not None else right)
            self.state[merged] = {**self.entries(left), **self.entries(right)}
            return merged
        if operator is ast.Add and self.is_container(left) and self.is_container(right):
            kinds = [self.python_types(value) for value in (left, right)]
            if all(kinds) and issubclass(kinds[0][0], list) != issubclass(kinds[1][0], list):
                self.raises_itself("_0_ + _1_", self.node(left), self.node(right))
            a, b = self.known_items(left), self.known_items(right)
            if a is not None and b is not None:
                return self.like(left, a + b)
            joined = self.primitive(sequence.concatenate, self.node(left), self.node(right))
            return self.boxed(joined)
        self.check_understood(left, right)
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

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        """``base[key]``."""
        base, key = self.read(base), self.read(key)
        known, found = self.static_value(key)
        if isinstance(base, ObjectBox):
            return self.call_method(base, "__getitem__", [key], node)
        if isinstance(base, Static):
            return self._item_of_static(base, key, known, found)
        if isinstance(base, TableBox):
            return self.read_entry(base, key, node)
        if isinstance(base, DictBox):
            content = self.entries(base)
            if known and found in content:
                return self.read(content[found])
            if known:
                return self._missing_entry(base, key, node)
            if base.filled_by is collections.defaultdict and self.attempts:
                entry = "the entry under a run-time key"
                raise self._refused_entry(base.filled_by, entry, "may", node)
            if self.holds_numbers(base):
                return self._entry_of(base, key)
            return self._item_of_items(list(content.values()), base, key)
        if isinstance(base, (TupleValue, ListBox)):
            items = self.known_items(base)
            if items is not None and known and isinstance(found, int):
                if not -len(items) <= found < len(items):
                    self.out_of_range(base, key)
                return self.read(items[found])
            if items == [] and isinstance(base, ListBox) and not base.parameter:
                self.out_of_range(base, key)
            if isinstance(base, TupleValue) or (items is not None and not self._uniform(items)):
                return self._item_of_items(items or [], base, key)
            return self.place(base, (self.node(key),))
        if isinstance(base, Place):
            self.check_row(base, node)
            return self.place(base.box, (*base.path, self.node(key)))
        base_node = self.node(base)
        if isinstance(base_node.type, SequenceType):
            return self.boxed_item(self.primitive(sequence.index, base_node, self.node(key)))
        if any(isinstance(part, Slice) for part in getattr(key, "items", (key,))):
            self.check_understood(base_node, sliced=True)
        key_node = self.node(key)
        if base_node.type in PLAIN_NUMBERS and key_node.type in (FLOAT, INT):
            self.raises_itself("_0_[_1_]", base_node, key_node)
        return self.verbatim("_0_[_1_]", base_node, key_node, type=DYNAMIC)

    def check_understood(self, *values: Value, sliced: bool = False) -> None:
        """Refuse what is made of a call that is not understood, by the name of that."""
        for source in values:
            while isinstance(source, Node) and source.op in (VERBATIM, ORDERED) and source.args:
                source = source.args[0]
            if not isinstance(source, Node) or source.op is not CALL:
                continue
            refusal = source.params[2]
            slopes = sliced or any(arg.type.differentiable for arg in source.args)
            if slopes and isinstance(refusal, ChainruleError):
                raise refusal

    def check_counts(self, box: Value, how: str, node: ast.AST) -> None:
        """Refuse what a counter adds up or compares where other dicts take the last value."""
        if isinstance(box, DictBox) and box.filled_by is collections.Counter:
            raise self.unsupported(
                f"{how} of a Counter from outside", "Count by keys: `found[key] += 1`.", node
            )

    def _missing_entry(self, box: DictBox, key: Value, node: ast.AST) -> Value:
        """What a dict gives for a known key that it does not hold."""
        if box.filled_by is None:
            self.always_raises("KeyError(_0_)", self.node(key))
        if box.filled_by is collections.Counter:
            return Static(0)
        word = self.static_value(key)[1]
        raise self._refused_entry(box.filled_by, f"the entry {word!r}", "does", node)

    def _refused_entry(self, kind: type, entry: str, verb: str, node: ast.AST) -> Exception:
        return self.unsupported(
            f"{entry} of a {kind.__name__} from outside, which {verb} not hold it",
            "Read it with `get`, or pass a dict with all entries that are read.",
            node,
        )

    def out_of_range(self, base: Value, key: Value) -> NoReturn:
        """What Python raises; in a loop that fills the list no step to judge kinds by."""
        self.raises_itself("_0_[_1_]", self.node(base), self.node(key))

    def raises_itself(self, text: str, *args: Node) -> NoReturn:
        """Code that Python cannot run whatever its values are: it raises what f raises.

        Should it run after all, the derivative must not go on without a value.
        """
        if any(arg in self.of_objects for arg in args):
            raise self.unsupported(
                "a use of a value that may be a number or an array, as only the run tells",
                "Keep the rows of a table in lists of one kind, or pass them in as arrays.",
            )
        self.leave_before_raise()
        if not text.startswith("raise ") and " = " not in text:
            text = f"raise TypeError({text})"
        self.graph.raises_by_kind = True
        self.block.add(RAISE, args, (text,))
        raise AlwaysRaises

    def always_raises(self, text: str, *args: Node) -> NoReturn:
        """What Python raises here on the path at hand, whenever it is taken."""
        self.raises_itself(f"raise {text}", *args)

    def _uniform(self, items: list[Value]) -> bool:
        return all(isinstance(item, Node) for item in items) or all(
            isinstance(item, ListBox) for item in items
        )

    def holds_numbers(self, box: DictBox) -> bool:
        """Whether every entry of a dict of known keys is a number."""
        return all(
            isinstance(item, Node) and item.type in NUMBERS
            for item in map(self.read, self.entries(box).values())
        )

    def _entry_of(self, box: DictBox, key: Value) -> Value:
        """The number under a key that is known at run time only.

        The key tells a place among the numbers: a derivative flows through these alone.
        """
        numbers = tuple(map(self.node, self.entries(box).values()))
        places, key_node = self.places_of(box), self.node(key)
        if box.filled_by is collections.Counter:
            missing = self.graph.constant(len(numbers))
            place = self.verbatim("_0_.get(_1_, _2_)", places, key_node, missing, type=INT)
            numbers += (self.graph.constant(0),)
        else:
            place = self.verbatim("_0_[_1_]", places, key_node, type=INT)
        return self.primitive(sequence.index, self.display(numbers, "tuple"), place)

    def places_of(self, box: DictBox) -> Node:
        """The dict from the keys of another to their places in it."""
        keys = self.entries(box)
        return self.dict_node(keys, [self.graph.constant(place) for place in range(len(keys))])

    def _item_of_items(self, items: list[Value], base: Value, key: Value) -> Value:
        if all(isinstance(item, Node) and item.type in NUMBERS for item in items):
            return self.primitive(sequence.index, self.node(base), self.node(key))
        return self.pick(
            self.verbatim("_0_[_1_]", self.node(base), self.node(key), type=OPAQUE), items, base
        )

    def pick(self, found: Node, items: Iterable[Value], base: Value) -> Node:
        """One of the items of ``base``, which must not be written to where it is a list."""
        if any(isinstance(self.read(item), (ListBox, DictBox, ObjectBox)) for item in items):
            self.picked[found] = base
        return found

    def check_chosen(self, chosen: Value, node: ast.AST) -> None:
        """Make a dict of run-time keys of one of known keys, of which a list is written to."""
        owner = self.picked.get(chosen) if isinstance(chosen, Node) else None
        if not isinstance(owner, DictBox) or owner.site is None:
            return
        if all(isinstance(self.read(each), ListBox) for each in self.entries(owner).values()):
            raise self.needs_table(owner, node)

    def boxed_item(self, node: Node) -> Value:
        return node

    def _check_not_none(self, base: Static) -> None:
        if base.value is None:
            self.always_raises("TypeError(\"'NoneType' object is not subscriptable\")")

    def _item_of_static(self, base: Static, key: Value, known: bool, found: Any) -> Value:
        self._check_not_none(base)
        if known:
            try:
                base.value[found]
            except (LookupError, TypeError):
                return self.verbatim("_0_[_1_]", self.node(base), self.node(key), type=FLOAT)
            return self.static_item(base, found)
        table = base.value
        type = self.entry_type(table)
        words = isinstance(table, (list, tuple)) and all(isinstance(v, str) for v in table)
        nodes = self.node(base), self.node(key)
        keys = self.words.get(nodes[1])
        sure = keys is not None and isinstance(table, dict) and keys <= table.keys()
        if sure:
            self.watch_layout(base)
        found = self.verbatim("_0_[_1_]", *nodes, type=type, carries=not words, pure=sure)
        return self.boxed(found)

    def entry_type(self, table: Any) -> Type:
        """The type of whatever entry of a list, a tuple or a dict of the user's."""
        return type_of_entry(table, self.static_type)

    def place(self, box: ListBox, path: tuple[Node, ...]) -> Value:
        """An entry of a run-time list: a scalar is read now, a row stays a place."""
        base = self.sequence_node(box)
        if isinstance(self.state[box], list):
            # A display indexed at run time: its entries are still what they were.
            base = self.make_dynamic(box)
        doubtful = self.untyped.get(base)
        if doubtful is not None:
            # Nothing is in it yet as far as this run of a loop's body knows.
            doubtful.assumed = True
            self.verbatim("_0_[_1_]", base, path[0], type=FLOAT)
            raise AlwaysRaises
        type = sequence.item_type(base.type, len(path))
        if isinstance(type, SequenceType) and type.kind == "list":
            last = self.static_int(path[0])
            if len(path) == 1 and last is not None and last < 0:
                # It stays where it is when the list grows.
                count = self.primitive(sequence.length, base)
                path = (self.primitive(add, count, path[0]),)
            return Place(box, path, self.row_writes.get(box, 0))
        return self.primitive(sequence.index, base, *path)

    def slice(self, base: Value, part: Slice) -> Value:
        """``base[start:stop:step]``: a new list, or a tuple."""
        if isinstance(base, ObjectBox) and base.type is Queue:
            self.always_raises("TypeError(\"sequence index must be integer, not 'slice'\")")
        if isinstance(base, (DictBox, TableBox)):
            raise self.unsupported("a slice of a dict", "Take a slice of a list of its keys.")
        known = [self.static_value(bound) for bound in part.bounds]
        items = self.known_items(base)
        if isinstance(base, Static):
            self._check_not_none(base)
        if isinstance(base, Static) and all(found for found, _ in known):
            key = slice(*(bound for _, bound in known))
            self.watch_content(base)
            start, stop, *step = ("" if bound is None else str(bound) for _, bound in known)
            text = f"{start}:{stop}" + "".join(f":{each}" for each in step if each)
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
            return self.like(base, items[slice(*(bound for _, bound in known))])
        node = self.node(base)
        if not isinstance(node.type, SequenceType):
            return self.verbatim("_0_[_1_:_2_:_3_]", node, *map(self.node, part.bounds))
        if known[0] == known[1] == (True, None) and known[2] == (True, -1):
            return self.boxed(self.primitive(sequence.backwards, node))
        if all(bound == (True, None) for bound in known):
            if node.type.kind == "tuple":
                return node
            return self.boxed(self.primitive(sequence.copy, node))
        return self.boxed(
            self.primitive(sequence.slice_of, node, *(self.node(bound) for bound in part.bounds))
        )

    def length_of(self, value: Value) -> Node:
        """``len(value)``."""
        if isinstance(value, TableBox):
            return self.length_of(value.values)
        # A class derived from str may say how long it is.
        text = isinstance(value, Static) and isinstance(value.value, str)
        items = None if text else self.known_items(value)
        if items is not None:
            return self.graph.constant(len(items))
        if isinstance(value, Static):
            if not hasattr(value.value, "__len__"):
                self.raises_itself("len(_0_)", self.static_node(value))
            self.watch_layout(value)
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
        if isinstance(node.type, SequenceType) or node.type == DYNAMIC:
            return self.primitive(sequence.length, node)
        if node.type in PLAIN_NUMBERS:
            self.raises_itself("len(_0_)", node)
        return self.verbatim("len(_0_)", node, type=INT)

    # Given by the other parts of the lifter.

    def as_list(self, value: Value, node: ast.AST) -> Value:
        raise NotImplementedError

    def python_types(self, value: Value) -> tuple[type, ...]:
        raise NotImplementedError

    def has_other_ways(self) -> bool:
        raise NotImplementedError

    def copied_records(self, box: RecordsBox, node: ast.AST) -> RecordsBox:
        raise NotImplementedError

    def records_in_order(self, box: RecordsBox, order: ListBox) -> RecordsBox:
        raise NotImplementedError

    def record_at(self, box: RecordsBox, place: Node, node: ast.AST) -> Value:
        """The record at a place of a list."""
        raise NotImplementedError

    def place_among(self, box: RecordsBox, value: Value, node: ast.AST) -> Node:
        """Where a record that is put into a list of some of the records of another is there."""
        raise NotImplementedError

    def expression(self, node: ast.expr) -> Value:
        """The value of an expression."""
        raise NotImplementedError

    def needs_table(self, box: Value, node: ast.AST) -> Exception:
        """What is raised where a dict of known keys must be one of run-time keys."""
        raise NotImplementedError

    def call_method(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> Value:
        """``owner.name(*args)``."""
        raise NotImplementedError

    def leave_before_raise(self) -> None:
        """What was written to containers outside is there when an exception leaves f."""
        raise NotImplementedError

    def leave_meanwhile(self) -> None:
        """A statement is over: what was written before it is left before what may raise in it."""
        raise NotImplementedError

    def is_array(self, value: Value) -> bool:
        """Whether a value is an array with axes."""
        raise NotImplementedError

    def freeze(self, value: Value) -> None:
        """What stands inside another container by value must not change any more."""
        raise NotImplementedError
