"""What a name can be bound to while a function is lifted.

A value is a graph node (known at run time only), a :class:`Static` object known now, or a
container whose layout is known now.  Mutable containers are *boxes*: their identity is fixed,
their content is part of the lifter's state, so that aliases see each other's writes and the
content can differ between the arms of a branch.
"""

from __future__ import annotations

import ast
import collections
import enum
import types
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import field
from typing import Any, TypeGuard

from chainrule.errors import ChainruleError
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, Type, unit_axes_of
from chainrule.lift.records.layout import RecordLayout
from chainrule.records import dataclass

Value = Any


@dataclass(frozen=True, eq=False)
class Static:
    """A Python object known while lifting: None, a string, a function, a module, a table.

    ``node`` gives the node that reads the object when the derivative runs.
    """

    value: Any
    node: Callable[[], Node] | None = None

    def node_of(self, found: Any) -> Callable[[], Node] | None:
        """``node`` where ``found`` is this object: a class method belongs to its class."""
        return self.node if found is self.value else None


@dataclass(frozen=True, eq=False)
class TupleValue:
    """A tuple of known length; ``kind`` is the class for a NamedTuple."""

    items: tuple[Value, ...]
    named: type | None = None


@dataclass(frozen=True, eq=False)
class DictItems(TupleValue):
    """What ``items()``, ``keys()`` or ``values()`` of a dict show, which is what it holds now."""

    owner: Any = None
    method: str = ""


class ListBox:
    """A list.  Its content is a Python list of values, or one node of a sequence type."""

    noun = "list"
    # What it is at run time, if it is the caller's and known entry by entry.
    whole: Node | None = None
    # Where the function makes it, if it can be made a list of records there.
    site: Hashable = None

    def __init__(self, *, parameter: bool = False) -> None:
        # Content that came from the caller: writing to it is an effect of f.
        self.parameter = parameter


class RecordsBox(ListBox):
    """A list of records of one layout: for every field a list of its values.

    ``entry`` is what one of them is called; ``route`` leads to the list,
    ``example`` is it in the call for which the code is made.

    A list of some of the records of another, its ``home``, has the home's columns, and
    ``places`` tells which: a list of positions there, or their beginning and end.
    ``by_value`` are lists whose records are not written to.
    """

    def __init__(self, layout: RecordLayout, entry: str, columns: Sequence[ListBox]) -> None:
        super().__init__()
        self.layout = layout
        self.entry = entry
        self.columns = columns
        self.route: Route | None = None
        self.example: list[Any] = []
        self.home: RecordsBox = self
        self.places: ListBox | tuple[Node, Node] | None = None
        self.by_value = False
        # Whether it is a tuple of them to Python.
        self.is_tuple = False
        # Where the function makes it, if others may be put into it than are known by then.
        self.made_at: Hashable = None
        # Whether all objects of its class are in it, so that none of them moves.
        self.is_arena = False
        # Whether it is such an arena, and what is at the place -1 of it None.
        self.is_linked = False
        # The fields that its records get after they were made: what tells whether all have them.
        self.late: dict[Hashable, Hashable] = {}

    def at(self, places: ListBox | tuple[Node, Node]) -> RecordsBox:
        """A list of the records at these places of the home."""
        made = RecordsBox(self.layout, self.entry, self.columns)
        made.home, made.places, made.by_value = self.home, places, self.by_value
        return made


@dataclass(frozen=True)
class Layout:
    """The orders, of C and Fortran, in which an array lies in memory without a gap.

    It is known to lie in no other if ``orders`` holds one.  ``assumed`` are flags of arrays of
    the caller on which it rests.
    """

    orders: str = ""
    assumed: tuple[Route, ...] = ()


UNKNOWN = Layout()


class ArrayBox(ListBox):
    """A NumPy array of so many axes; its content is one node of an array type."""

    noun = "array"

    def __init__(self, rank: int, *, parameter: bool = False) -> None:
        super().__init__(parameter=parameter)
        self.rank = rank
        self.layout = UNKNOWN
        # NumPy lets nobody write to it.
        self.read_only = False
        # The number of which it is made, where that may be an array without axes: it looks into it.
        self.number: Node | None = None


def held_in(type: Type) -> ListBox:
    """A new box for what has this type: an array, or a list."""
    rank = len(unit_axes_of(type))
    return ArrayBox(rank) if rank else ListBox()


@dataclass(frozen=True, eq=False)
class Step:
    """How a view looks into an array: an operation and its further arguments."""

    op: Any
    args: tuple[Node, ...]
    params: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class View:
    """A part of an array that shares its memory, or the array in another shape.

    That it does rests on flags of the caller's arrays, and matters once the array holds something
    else than it ``began`` with.
    """

    box: ArrayBox
    steps: tuple[Step, ...]
    type: Type
    layout: Layout = UNKNOWN
    rests: tuple[Route, ...] = ()
    began: Node | None = None


class DictBox:
    """A dict with known keys; its content is a dict from key to value."""

    noun = "dict"
    # Where it is made, if a dict of run-time keys can be made there instead.
    site: Hashable = None
    # Whether it came from the caller, and what it is at run time then.
    parameter = False
    whole: Node | None = None
    # Its class: that of the caller's dict, or of the one of which it is a copy.
    kind: type[dict[Any, Any]] = dict

    @property
    def filled_by(self) -> type[dict[Any, Any]] | None:
        """The class that gives an entry which is missing; None where that raises."""
        filling = (collections.Counter, collections.defaultdict)
        return next((kind for kind in filling if issubclass(self.kind, kind)), None)


class KeyLayouts:
    """Of what types the entries of a dict's keys are: none of a key that is no tuple.

    What is ``told`` holds for every key: one of another layout is refused from then on.
    """

    def __init__(self) -> None:
        self.seen: set[tuple[Type, ...]] = set()
        self.told: tuple[Type, ...] | None = None

    def tell(self, count: int) -> tuple[Type, ...] | None:
        """The layout of all keys, where each is a tuple of ``count`` entries."""
        if len(self.seen) != 1:
            return None
        (layout,) = self.seen
        if not layout or len(layout) != count:
            return None
        self.told = layout
        return layout


class TableBox:
    """A dict whose keys are known at run time only.

    ``places`` is the dict from each key to its place in the list ``values``; ``default`` makes
    the value of a key that is missing.
    """

    def __init__(self, places: Node, values: ListBox, default: Value) -> None:
        self.places = places
        self.values = values
        self.default = default
        # Whether it counts: what is missing is 0, and stays so when it is read.
        self.counts = False
        # The type of the keys that were seen.
        self.key_type: Type | None = None
        self.layouts = KeyLayouts()
        # Of keys: the bool that tells whether there was an entry, and what the values were then.
        self.asked: dict[Node, tuple[Node, Value]] = {}

    def is_like(self, other: TableBox) -> bool:
        """Whether both hold values of one kind, and do the same where a key is missing."""
        kinds = [isinstance(table.values, RecordsBox) for table in (self, other)]
        factories = [getattr(table.default, "value", table.default) for table in (self, other)]
        return kinds[0] == kinds[1] and self.counts == other.counts and factories[0] is factories[1]


class ObjectBox:
    """An object whose attributes are read and written; content is the attributes seen so far.

    ``route`` tells how an object that exists at run time is reached.
    """

    noun = "object"

    def __init__(self, instance: Any, type: type, node: Node | None) -> None:
        self.instance = instance
        self.type = type
        self.node = node
        self.route: Route | None = None

    @property
    def parameter(self) -> bool:
        """Whether it exists outside of the function."""
        return self.instance is not None


class ObjectEntry(ObjectBox):
    """An object in a list of records: its attributes are entries of the list's columns."""

    def __init__(self, records: RecordsBox, place: Node) -> None:
        super().__init__(None, records.layout.type, None)
        self.records = records
        self.place = place
        # What the list held when a place was asked for that may count from its end.
        self.held: Node | None = None


class DictEntry(DictBox):
    """A dict in a list of records."""

    def __init__(self, records: RecordsBox, place: Node) -> None:
        self.records = records
        self.place = place
        self.held: Node | None = None


class AttributesDict(DictBox):
    """``owner.__dict__`` of an object: what it holds are the attributes at that moment."""

    def __init__(self, owner: ObjectBox) -> None:
        self.owner = owner


ENTRIES = (ObjectEntry, DictEntry)
BOXES = (ListBox, DictBox, ObjectBox)
# What is read as dicts are, of what exists outside.
MAPPINGS = (dict, types.MappingProxyType)


def entry_of(records: RecordsBox, place: Any) -> ObjectEntry | DictEntry:
    """The record at a place of a list."""
    dicts = records.layout.kind == "dict"
    return DictEntry(records, place) if dicts else ObjectEntry(records, place)


def is_told_apart(type: Any) -> bool:
    """Whether objects of a class are equal where they are the same."""
    return getattr(type, "__eq__", None) is object.__eq__


def is_made(value: Value) -> TypeGuard[DictBox | ObjectBox]:
    """Whether a value is a dict of known keys or an object that the function has made."""
    if isinstance(value, (*ENTRIES, AttributesDict)):
        return False
    if isinstance(value, ObjectBox):
        return value.instance is None and value.node is None
    return isinstance(value, DictBox)


def another(box: DictBox | ObjectBox) -> DictBox | ObjectBox:
    """A new dict, or object of the same class."""
    return another_dict(box) if isinstance(box, DictBox) else ObjectBox(None, box.type, None)


def another_dict(box: DictBox) -> DictBox:
    """A new dict of the class of ``box``."""
    made = DictBox()
    made.kind = box.kind
    return made


@dataclass(frozen=True, eq=False)
class Place:
    """A row of a nested run-time list: ``box[path[0]][path[1]]...``."""

    box: ListBox
    path: tuple[Node, ...]
    # How often rows of the box had been replaced when this one was found.
    version: int = 0


@dataclass(frozen=True, eq=False)
class Closure:
    """A function or lambda defined inside the lifted function."""

    tree: ast.FunctionDef | ast.Lambda
    frame: Any
    defaults: tuple[Value, ...]
    keyword_defaults: dict[str, Value]
    # Where it is defined, and what it is given there as attributes.
    block: Any = None
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Method:
    """A function bound to its first argument."""

    function: Value
    owner: Value


@dataclass(frozen=True, eq=False)
class Super:
    """``super()``: attributes of ``owner`` as the classes behind ``type`` define them."""

    owner: Value
    type: type


@dataclass(frozen=True, eq=False)
class PartialCall:
    """``functools.partial`` of a function."""

    function: Value
    args: tuple[Value, ...]
    keywords: dict[str, Value]


@dataclass(frozen=True, eq=False)
class ComplexResult:
    """A complex number of which one part, ``part``, is understood."""

    number: Node
    part: str


@dataclass(frozen=True, eq=False)
class Poison:
    """A value that cannot be known; using it raises ``refusal``."""

    refusal: ChainruleError


@dataclass(frozen=True, eq=False)
class Either:
    """One of two values of different kinds: ``then`` where ``tag`` holds, else ``orelse``.

    ``orelse`` may be :data:`UNBOUND`.  Using it where it is not known which of the two it is
    raises ``refusal``.
    """

    tag: Any
    then: Value
    orelse: Value
    refusal: ChainruleError


def alternatives_of(value: Value) -> list[Value]:
    """What a value may be."""
    if not isinstance(value, Either):
        return [value]
    return [*alternatives_of(value.then), *alternatives_of(value.orelse)]


def is_member(value: Value) -> bool:
    """Whether a value is a member of an enumeration that the code can name."""
    known = isinstance(value, Static) and value.node is not None
    return known and isinstance(value.value, enum.Enum)


def some_member(values: Iterable[Value]) -> bool:
    """Whether values are members of enumerations that no two kinds tell apart.

    They are more than two, or some are known when the code runs only.
    """
    found = [part for value in values for part in alternatives_of(value)]
    known = [part.value for part in found if is_member(part)]
    nodes = [part for part in found if isinstance(part, Node) and part.type == OPAQUE]
    if len(known) + len(nodes) < len(found):
        return False
    return bool(known) and (bool(nodes) or len(dict.fromkeys(known)) > 2)


@dataclass(frozen=True)
class Fact:
    """Key of the state: what is known of a run-time bool on this path."""

    predicate: Node


@dataclass(frozen=True, eq=False)
class Range:
    """``range(start, stop, step)``; ``backwards`` runs it from its end."""

    start: Node
    stop: Node
    step: Node
    backwards: bool = False


@dataclass(frozen=True, eq=False)
class Slice:
    """``start:stop:step`` in a subscript, or ``slice(start, stop, step)``."""

    start: Value
    stop: Value
    step: Value

    @property
    def bounds(self) -> tuple[Value, Value, Value]:
        """All three, in order."""
        return self.start, self.stop, self.step


@dataclass(frozen=True, eq=False)
class Zip:
    """``zip(...)`` of iterables, which raises where their lengths differ if it is ``strict``."""

    parts: tuple[Value, ...]
    strict: bool = False


@dataclass(frozen=True, eq=False)
class Columns:
    """``*rows`` as the only argument of ``zip``, which then gives ``items``."""

    items: Value


@dataclass(frozen=True, eq=False)
class Rest:
    """The last positional arguments of a call: ``*items``, as many as the run tells."""

    items: Value


@dataclass(frozen=True, eq=False)
class Enumerate:
    """``enumerate(items, start)``."""

    items: Value
    start: Node


@dataclass(frozen=True, eq=False)
class Reversed:
    """``reversed(items)``."""

    items: Value


@dataclass(frozen=True, eq=False)
class Mapped:
    """``map(function, *parts)``."""

    function: Value
    parts: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Generator:
    """A generator expression, run where it is consumed."""

    tree: ast.GeneratorExp
    frame: Any


@dataclass(frozen=True, eq=False)
class Indexed:
    """Items that are computed from their index, such as the positions in a shape."""

    count: Node
    item: Callable[[Node], Value]


@dataclass(frozen=True, eq=False)
class Yields:
    """A call of a generator function of the user's, run where its items are read."""

    callee: Any
    given: Any
    node: ast.AST


@dataclass(frozen=True, eq=False)
class Endless:
    """What has an item at every place: ``count()``, ``cycle(items)``, ``repeat(item)``.

    ``stream`` gives them one by one; a call of the class ``kind`` makes an object that does.
    """

    item: Callable[[Node], Value]
    stream: Value
    kind: Static
    args: tuple[Value, ...]


def itself(value: Any) -> Any:
    """``value``: what some methods and functions give that do more to other kinds of values."""
    return value


ITSELF = Static(itself)
# What gives its items once.
ITERATORS = (Zip, Enumerate, Reversed, Mapped, Generator, Indexed, Yields, Endless)


@dataclass(frozen=True)
class Read:
    """Key of the state: an iterator was read by its name in this frame."""

    iterator: Value
    frame: Any


@dataclass
class Unbound:
    """The value of a name that has not been assigned."""


UNBOUND = Unbound()
