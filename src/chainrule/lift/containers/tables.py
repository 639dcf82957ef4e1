"""Dicts whose keys are known at run time only.

Such a dict is two things: a list of its values, in the order in which the keys came, and a dict
from each key to its place in that list.  The places never change, as nothing is taken out, and no
derivative flows through them; the values are a list like any other, so that what is known of lists
(adjoints in place, records of loops, second order) holds for them::

    d[key] = value              place = d_places.setdefault(key, len(d_values))
                                if place == len(d_values):
                    means           d_values.append(value)
                                else:
                                    d_values[place] = value
    d[key]                      d_values[d_places[key]]

A dict that is written with such a key is one from its beginning: where that is found out later,
lifting begins anew, knowing it (:class:`RunTimeKeys`).
"""

from __future__ import annotations

import ast
import collections
import types
from collections.abc import Callable, Hashable, Iterable, Sequence

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE, is_complex, join, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.anew import Anew
from chainrule.lift.branches.branching import Path
from chainrule.lift.core import Completion
from chainrule.lift.library.builtins import BUILTINS, Arguments, Keywords
from chainrule.lift.library.counts import Counts
from chainrule.lift.library.filled import Filled, inner_factory, makes_containers
from chainrule.lift.library.namespaces import Namespace
from chainrule.lift.library.queues import Queue
from chainrule.lift.library.selectors import Selectors
from chainrule.lift.state import Key, State
from chainrule.lift.values import (
    Closure,
    DictBox,
    Enumerate,
    ListBox,
    PartialCall,
    Place,
    RecordsBox,
    Reversed,
    Static,
    TableBox,
    TupleValue,
    Value,
    Zip,
)
from chainrule.primitives.declare import TABLE
from chainrule.primitives.effect import CALL, KEY
from chainrule.primitives.sequence import display

REMEDY = "Use keys that are constants, or a list."


class RunTimeKeys(Anew):
    """A dict made at ``site`` was lifted as one of known keys, and has others."""

    def __init__(self, site: object) -> None:
        super().__init__(site)
        self.site = site


class Tables(Selectors):
    """Lifts what is done with dicts of run-time keys."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Where counters were made that are kept as they are.
        self._counters: dict[Node, Hashable] = {}
        # The values of the dict whose keys a list is that stands for a view of them.
        self._keys_shown: dict[Value, Value] = {}

    def made_dict(self, pairs: Iterable[tuple[Value, Value]], node: ast.AST) -> Value:
        """A dict of these keys and values, made at ``node``."""
        pairs = list(pairs)
        keys = [self.static_value(key) for key, _ in pairs]
        site = self.place_of(node)
        if site not in self.tables and all(known for known, _ in keys):
            box = DictBox()
            box.site = site
            self.state[box] = {key: value for (_, key), (_, value) in zip(keys, pairs, strict=True)}
            return box
        if pairs and all(known for known, _ in keys):
            return self._filled_table(dict(zip((k for _, k in keys), pairs, strict=True)), node)
        table = self.new_table(None, node)
        for key, value in pairs:
            self.write_entry(table, key, value, node)
        return table

    def unify_lists(self, start: State, paths: Sequence[Path], keys: Sequence[Key]) -> None:
        for key in keys if self.some_keys else ():
            if isinstance(key, DictBox) and key.site is not None and key.site not in self.tables:
                held = [path.state.get(key, start.get(key)) for path in paths]
                if len({tuple(each) for each in held if isinstance(each, dict)}) > 1:
                    raise RunTimeKeys(key.site)
        super().unify_lists(start, paths, keys)

    def _filled_table(self, pairs: dict[Hashable, tuple[Value, Value]], node: ast.AST) -> TableBox:
        """A dict that has entries under known keys, and is to get others."""
        values = self._list_of_values(node)
        named = [self.static_node(Static(key)) for key in pairs]
        text = ", ".join(f"_{place}_: {place}" for place in range(len(named)))
        table = TableBox(self.verbatim(f"{{{text}}}", *named, carries=False), values, None)
        for key, _ in pairs.values():
            self._key(table, key, node)
        self.views[values] = table
        for _, value in pairs.values():
            self.append(values, self._held(table, value, "a dict of run-time keys", node), node)
        return table

    def _list_of_values(self, node: ast.AST) -> ListBox:
        """The list, empty as yet, of what a dict holds that is made at ``node``."""
        return self.list_at(("values", self.place_of(node)) if hasattr(node, "lineno") else None)

    def table_like(self, table: TableBox, places: Node, values: ListBox) -> TableBox:
        """A dict like another, with entries of its own."""
        made = TableBox(places, values, table.default)
        made.counts, made.key_type = table.counts, table.key_type
        made.layouts = table.layouts
        self.views[values] = made
        return made

    def place_of(self, node: ast.AST) -> Hashable:
        """Where ``node`` stands, whatever calls lead there."""
        file = self.frame.source.file if self.frame.source is not None else ""
        return (file, getattr(node, "lineno", 0), getattr(node, "col_offset", 0))

    def new_table(self, default: Value, node: ast.AST) -> TableBox:
        """A dict without entries; ``default`` makes the value of a key that is missing."""
        values = self._list_of_values(node)
        table = TableBox(self.verbatim("{}"), values, default)
        self.views[values] = table
        return table

    def new_counter(self, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        """A ``Counter``, which is kept as it is unless the function writes into it by keys."""
        site = self.place_of(node)
        if site in self.tables:
            table = self.new_table(Static(int), node)
            table.counts = True
            return table
        held = list(keywords.values())
        for arg in map(self.read, args):
            held += self.entries(arg).values() if isinstance(arg, DictBox) else ()
        if any(isinstance(each, Node) and each.type.differentiable for each in held):
            return self.call(Static(Counts), args, keywords, node)
        made = self.opaque_call(
            self.static_node(Static(collections.Counter)), args, keywords, node, None
        )
        if isinstance(made, Node) and not args and not keywords:
            self._counters[made] = site
        return made

    def check_chosen(self, chosen: Value, node: ast.AST) -> None:
        super().check_chosen(chosen, node)
        if isinstance(chosen, Node) and chosen in self._counters:
            raise RunTimeKeys(self._counters[chosen])

    def needs_table(self, box: Value, node: ast.AST) -> Exception:
        """What is raised where a dict of known keys is given one that is not known."""
        if isinstance(box, DictBox) and box.site is not None:
            return RunTimeKeys(box.site)
        return self.unsupported("a dict key that is known at run time only", REMEDY, node)

    # --- entries --------------------------------------------------------------------------

    def read_entry(self, table: TableBox, key: Value, node: ast.AST) -> Value:
        """``table[key]``."""
        self._check_made_here(table, node)
        if table.counts:
            return self.entry_or(table, key, self.graph.constant(0), node)
        return self.item(table.values, self._place(table, key, node), node)

    def _check_made_here(self, table: TableBox, node: ast.AST) -> None:
        """Refuse a dict that another step of a loop has made."""
        if table.values not in self.state:
            raise self.unsupported(
                "a dict with keys known at run time only, which an earlier step of a loop has "
                "made in the place of another",
                "Make it before the loop, of the same keys, and write to its entries.",
                node,
            )

    def write_entry(self, table: TableBox, key: Value, value: Value, node: ast.AST) -> None:
        """``table[key] = value``."""
        self._check_made_here(table, node)
        number = self._held(table, value, "a dict of run-time keys", node)
        if table in self.read_tables:
            place = self.verbatim(
                "_0_.get(_1_, -1)", table.places, self._key(table, key, node), type=INT
            )
            missing = self.primitive(TABLE["less"], place, self.graph.constant(0))
            self.raise_if(missing, 'RuntimeError("dictionary changed size during iteration")')
            self.write_item(table.values, place, number, node)
            return
        self._inserted(
            table,
            key,
            lambda place: self.write_item(table.values, place, number, node),
            number,
            node,
        )

    def _held(self, table: TableBox, value: Value, holder: str, node: ast.AST) -> Value:
        """What is put into a dict: a number, a list or tuple of such, or a record."""
        written = self.read(value)
        if isinstance(table.values, RecordsBox):
            return written
        self.look_for_records(table.values, [written])
        found = None
        if isinstance(written, (Node, Static, ListBox, TupleValue, Place)):
            found = self.node(written)
        kind = None if found is None else found.type
        while isinstance(kind, SequenceType):
            kind = None if kind.item == OPAQUE and not _is_empty(found) else kind.item
        if found is None or kind not in (FLOAT, INT, BOOL, OPAQUE):
            raise self.unsupported(
                f"{holder} that holds something else than numbers and lists of numbers",
                REMEDY,
                node,
            )
        self.freeze(written)
        return found

    def update_entry(
        self, table: TableBox, key: Value, change: Callable[[Value], Value], node: ast.AST
    ) -> None:
        """``table[key] = change(table[key])``, the key being looked up once."""
        self._check_made_here(table, node)
        place = self._place(table, key, node)
        value = change(self.item(table.values, place, node))
        self.write_item(table.values, place, value, node)

    def has_entry(self, table: TableBox, key: Value, node: ast.AST) -> Node:
        """``key in table``."""
        self._check_made_here(table, node)
        name = self._key(table, key, node)
        found = self.verbatim("_1_ in _0_", table.places, name, type=BOOL)
        table.asked[name] = found, self._held_now(table)
        return found

    def entry_or(self, table: TableBox, key: Value, default: Value, node: ast.AST) -> Value:
        """``table.get(key, default)``."""
        found = self.has_entry(table, key, node)
        place = self._key(table, key, node)

        def held() -> Value:
            at = self._named(
                self._natural(self.verbatim("_0_[_1_]", table.places, place, type=INT))
            )
            return self.item(table.values, at, node)

        return self.choose_kind(found, held, lambda: default, "expression")

    def set_default(self, table: TableBox, key: Value, default: Value, node: ast.AST) -> Value:
        """``table.setdefault(key, default)``."""
        default = self._held(table, default, "a dict of run-time keys", node)
        place = self._inserted(table, key, None, default, node)
        return self.item(table.values, place, node)

    def _place(self, table: TableBox, key: Value, node: ast.AST) -> Node:
        """The place of a key, which Python raises for where it is missing and has no default."""
        if table.default is None:
            name = self._key(table, key, node)
            return self._named(
                self._natural(self.verbatim("_0_[_1_]", table.places, name, type=INT))
            )
        factory = table.default
        plain = isinstance(factory, Static) and factory.value in (float, int)
        made = self._held(
            table,
            self.graph.constant(factory.value()) if plain else self.call(factory, [], {}, node),
            "a defaultdict",
            node,
        )
        return self._inserted(table, key, None, made, node)

    def _inserted(
        self,
        table: TableBox,
        key: Value,
        write: Callable[[Node], None] | None,
        value: Value,
        node: ast.AST,
    ) -> Node:
        """The place of a key that gets ``value`` if it is new; else ``write`` is done there."""
        if table in self.read_tables:
            raise self.unsupported(
                "a dict that may grow while it is looped over", "Loop over `list(...)` of it.", node
            )
        count = self.length_of(table.values)
        name = self._key(table, key, node)
        known = self._is_there(table, name)
        if known and write is not None:
            place = self._named(self.verbatim("_0_[_1_]", table.places, name, type=INT))
            write(place)
            return place
        self._check_no_view(table, node)
        args = (table.places, name, count)
        place = self.block.add(CALL, args, ("_0_.setdefault(_1_, _2_)", INT, None), INT)
        self._named(place)
        if self.known_items(table.values) == [] or known is False:
            self.append(table.values, value, node)
            return place

        def new() -> Completion:
            self.append(table.values, value, node)
            return Completion.FALLS

        def old() -> Completion:
            if write is not None:
                write(place)
            return Completion.FALLS

        self.branch(self.primitive(TABLE["equal"], place, count), new, old, "statement")
        return place

    def _check_no_view(self, table: TableBox, node: ast.AST) -> None:
        """Refuse a new key of a dict where a name has its keys as they were."""
        for value in self.state.values():
            shown = value.parts[0] if isinstance(value, Zip) and value.parts else value
            if isinstance(shown, ListBox) and self._keys_shown.get(shown) is table.values:
                raise self.unsupported(
                    "a new key in a dict while a name has its `keys()` or `items()`",
                    "Ask the dict again where they are needed.",
                    node,
                )

    def _held_now(self, table: TableBox) -> Value:
        """What tells whether a dict holds what it held: its values, or one field of them."""
        box = table.values
        while isinstance(box, RecordsBox):
            box = box.places if isinstance(box.places, ListBox) else box.columns[0]
        return self.state[box]

    def _named(self, place: Node) -> Node:
        self.graph.names.setdefault(place, "place")
        return self._natural(place)

    def _natural(self, place: Node) -> Node:
        """A place, which does not count from the end of the values."""
        self.naturals.add(place)
        return place

    def _is_there(self, table: TableBox, key: Node) -> bool | None:
        """Whether a key has an entry, where ``key in table`` has just told."""
        found, content = table.asked.get(key, (None, None))
        if found is None or content is not self._held_now(table):
            return None
        return self.fact(found)

    def _key(self, table: TableBox, key: Value, node: ast.AST) -> Node:
        """A key as one value through which no derivative can flow; its layout is remembered."""
        key = self.read(key)
        made = self._made_key(table, key, node)
        parts = made.args if isinstance(key, TupleValue) else ()
        layout = tuple(part.type for part in parts)
        table.layouts.seen.add(layout)
        if table.layouts.told not in (None, layout):
            raise self.unsupported(
                "a key that is not laid out as the other keys of its dict, which are unpacked",
                "Use two dicts.",
                node,
            )
        return made

    def _made_key(self, table: TableBox, key: Value, node: ast.AST) -> Node:
        key = self.read(key)
        if isinstance(key, TupleValue):
            parts = [self._made_key(table, part, node) for part in key.items]
            text = ", ".join(f"_{position}_" for position in range(len(parts)))
            table.key_type = OPAQUE
            return self.verbatim(
                f"({text},)" if len(parts) == 1 else f"({text})", *parts, pure=True, carries=False
            )
        made = self.node(key)
        known, kind = table.key_type, made.type if made.type in (INT, BOOL) else OPAQUE
        if made.type not in (INT, BOOL, OPAQUE):
            if unit_axes_of(made.type) or not made.type.differentiable or is_complex(made.type):
                raise self.unsupported(
                    "a dict key that is no number", "Use numbers, strings or tuples of them.", node
                )
            kind = FLOAT if known in (None, FLOAT) else OPAQUE
            made = self.block.add(KEY, (made,), ("_0_", OPAQUE, None), OPAQUE)
        elif known == FLOAT:
            kind = OPAQUE
        table.key_type = kind if known is None or kind == FLOAT else join(known, kind)
        return made

    # --- all of it ------------------------------------------------------------------------

    def keys_of(self, table: TableBox) -> ListBox:
        """The list of its keys as they are now."""
        keys = ListBox()
        type = SequenceType(table.key_type or OPAQUE)
        shown = self.verbatim("list(_0_)", table.places, type=type)
        self.state[keys], self.key_layouts[shown] = shown, table.layouts
        return keys

    def view_of_keys(self, table: TableBox) -> ListBox:
        """The list of its keys in the place of a view, which a new key would show in."""
        keys = self.keys_of(table)
        self._keys_shown[keys] = table.values
        return keys

    def tables_in(self, iterable: Value) -> list[TableBox]:
        """The dicts of run-time keys that a loop over ``iterable`` reads."""
        found: list[TableBox] = []
        stack = [iterable]
        while stack:
            value = stack.pop()
            if isinstance(value, TableBox):
                found.append(value)
            elif isinstance(value, ListBox) and value in self.views:
                found.append(self.views[value])
            elif isinstance(value, Zip):
                stack.extend(value.parts)
            elif isinstance(value, (Enumerate, Reversed)):
                stack.append(value.items)
        return found


def _default_dict(self: Tables, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if len(args) > 1 or keywords:
        raise self.unsupported("`defaultdict` of entries", "Add the entries one by one.", node)
    factory = self.read(args[0]) if args else Static(None)
    without = isinstance(factory, Static) and factory.value is None
    if makes_containers(factory):
        inner = inner_factory(factory)
        if isinstance(inner, ast.Name) and isinstance(factory, Closure):
            before, self.frame = self.frame, factory.frame
            try:
                factory = PartialCall(Static(Filled), (self.expression(inner),), {})
            finally:
                self.frame = before
        return self.call(Static(Filled), [factory], {}, node)
    return self.new_table(None if without else factory, node)


def _is_empty(node: Node | None) -> bool:
    """Whether this makes a list without entries, which have no type yet."""
    return node is not None and node.op is display and not node.args


def _ordered_dict(self: Tables, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    made = self.call(Static(dict), args, keywords, node)
    if isinstance(made, DictBox):
        made.kind = collections.OrderedDict
    return made


BUILTINS[collections.OrderedDict] = _ordered_dict
BUILTINS[collections.defaultdict] = _default_dict
BUILTINS[collections.Counter] = lambda self, args, keywords, node: self.new_counter(
    args, keywords, node
)
BUILTINS[types.SimpleNamespace] = lambda self, args, keywords, node: self.call(
    Static(Namespace), args, keywords, node
)
BUILTINS[collections.deque] = lambda self, args, keywords, node: self.call(
    Static(Queue), args, keywords, node
)
