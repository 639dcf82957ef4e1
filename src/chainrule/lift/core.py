"""The lifter's engine room: state, blocks, positions, values as nodes, branching.

The other files of this room add one syntax class each; :class:`Core` knows none.
"""

from __future__ import annotations

import ast
import contextlib
import enum
import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

from chainrule.errors import ChainruleError, Position, UnsupportedError
from chainrule.graph.block import CONSTANT, Block, Graph
from chainrule.graph.guard import Route
from chainrule.graph.node import Node, Origin
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, OPAQUE, Type, array_of, is_complex
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.containers.sharing import Box, Loans
from chainrule.lift.containers.shown import ShownLists
from chainrule.lift.places import told_outside
from chainrule.lift.source import Source
from chainrule.lift.spelling import name_in_module, public_home
from chainrule.lift.state import Frame, Key, State
from chainrule.lift.values import (
    ArrayBox,
    ComplexResult,
    DictBox,
    DictItems,
    ListBox,
    ObjectBox,
    Place,
    Poison,
    Slice,
    Static,
    TableBox,
    TupleValue,
    Value,
)
from chainrule.primitives import sequence
from chainrule.primitives.declare import TABLE, Primitive
from chainrule.primitives.effect import DOMAIN, ORDERED, VERBATIM

# Where chainrule's own files lie.
OWN = os.path.dirname(__file__) + os.sep


class Completion(enum.Enum):
    """How a run of statements ends."""

    FALLS = "falls through"
    MAYBE = "falls through on some paths; flags in the state tell which"
    EXITS = "always leaves by return, break or continue"
    RAISES = "always raises"


def is_box(key: Any) -> bool:
    """Whether a key of the state stands for a list, an array, a dict or an object."""
    return isinstance(key, (ListBox, DictBox, ObjectBox))


# What stands in an expression for one of its arguments.
PLACE = re.compile(r"_\d+_")


class AlwaysRaises(Exception):
    """A function that never returns was called; what follows the call never runs."""


class Flag:
    """Key of the state for one way of leaving: returned, broke, continued."""

    def __init__(self, name: str) -> None:
        self.name = name


class LoopExits:
    """The flags of one loop; those of ``ways`` tell which of several breaks was taken."""

    def __init__(self, breaks: Sequence[tuple[ast.Break, object]] = ()) -> None:
        self.broke = Flag("broke")
        self.continued = Flag("continued")
        several = len(breaks) > 1
        self.ways = {leave: Flag("left") for leave, _ in breaks if several}
        # Lengths of iterables that must be the same where the loop comes to its end.
        self.uneven: list[list[Node]] = []

    @property
    def leaving(self) -> tuple[Flag, ...]:
        """The flags that a step of the loop may set when it is the last."""
        return (self.broke, *self.ways.values())


class _At:
    """The context in which what is lifted stands at one place of the text."""

    __slots__ = ("_before", "_core", "_node", "_origin")

    def __init__(self, core: Core, node: ast.AST) -> None:
        self._core = core
        self._node = node

    def __enter__(self) -> None:
        core = self._core
        graph, source = core.graph, core.frame.source
        self._before, self._origin = core.here, graph.origin
        if source is None or not hasattr(self._node, "lineno"):
            return
        # What chainrule spells out itself comes from the user's call of it.
        if not source.file.startswith(OWN):
            core.here = source.position(self._node)
            graph.origin = Origin(core.here, managers=core.managers)

    def __exit__(self, *error: object) -> None:
        self._core.here, self._core.graph.origin = self._before, self._origin


class Core:
    """State shared by all parts of the lifter."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.state: State = {}
        # Whether anything has been of two kinds, or bound on some paths only.
        self.has_kinds = False
        # The states outside the arms and loops that are being run.
        self.enclosing: list[State] = []
        self.frame: Frame = Frame(None, None, {})
        self.calls: list[tuple[Source, Position | None]] = []
        self.sources: dict[tuple[str, int], Source] = {}
        self.here: Position | None = None
        # The context managers around it that are kept.
        self.managers: tuple[str, ...] = ()
        self.flags: dict[Frame, Flag] = {}
        self.loops: list[LoopExits] = []
        # The bodies of tries around the current place.
        self.attempts: list[Any] = []
        # Inside of them: the state when everything but the last act of a statement was evaluated.
        self.evaluated: State = {}
        # Lists that may be read once, by where the state holds what they are made of.
        self.once: dict[ListBox, list[tuple[Key, list[Any]]]] = {}
        # Exceptions that handlers have named.
        self.caught: set[Node] = set()
        # Results of functions of NumPy of which it is not known whether they are arrays.
        self.unshaped: dict[Node, str] = {}
        # Syntax nodes that are the function of a call, and objects met, by identity.
        self.called: set[ast.AST] = set()
        self.objects: dict[int, ObjectBox | ArrayBox] = {}
        # What was in objects and arrays that exist outside when the function began.
        self.attributes: dict[ObjectBox, dict[str, Value]] = {}
        self.outside: dict[ListBox, Node] = {}
        # Arrays without axes into which the function has written.
        self.axisless: set[Node] = set()
        # The mask under which entries are computed that go into one of them.
        self.mask: Node | None = None
        # The caller's lists, where they are found, and their lengths in the call for which the code
        # is made.
        self.given_lists: dict[Node, tuple[Route, int]] = {}
        # What joins conditions by `and` or `or`, of which only the truth matters.
        self.tests: set[ast.BoolOp] = set()
        # Loops whose conditions change something, with these in their bodies.
        self.tested_within: dict[ast.While, ast.While] = {}
        # The items of iterators that the builtin around has read, None where a loop is to tell.
        self.items_read: dict[Value, list[Value] | None] | None = None
        # How many readers around make items one by one.
        self.readers_in_turn = 0
        # Lists that loops at run time around are reading.
        self.read_lists: list[Any] = []
        self.beginnings: dict[tuple[ObjectBox, str], State] = {}
        # Whether a function was called that takes arrays for numbers.
        self.calls_numpy = False
        # The Python types that numbers may have.
        self.number_types: dict[Node, tuple[type, ...]] = {}
        # The classes of objects that calls which are kept as they are have made.
        self.kept_kinds: dict[Node, type] = {}
        # What operators make of what need not be a number.
        self.of_objects: set[Node] = set()
        self.object_nodes: dict[ObjectBox, Callable[[], Node]] = {}
        # What is known of curves of SciPy.
        self.curves: dict[ObjectBox, Any] = {}
        # Frozen distributions: the name, and the parameters by place and by name.
        self.distributions: dict[ObjectBox, Any] = {}
        # How often whole rows of nested lists were replaced.
        self.row_writes: dict[ListBox, int] = {}
        # The first names of lists.
        self.box_names: dict[ListBox | ObjectBox, str] = {}
        # Lists that were copied into another container and must not be written to.
        self.frozen: set[Box] = set()
        self.shown = ShownLists()
        # Copies of what is known at run time only which it is, with what holds these.
        self.picked: dict[Node, Value] = {}
        # Whether a context manager is entered or left, which may write to globals.
        self.in_manager = False
        # Entries of tables that have them: reading these does not raise.
        self.sure: set[Node] = set()
        self.loans = Loans()
        # Where dicts with run-time keys are made, their lists, and those that loops are reading.
        self.tables: set[Hashable] = set()
        self.object_sets: set[Hashable] = set()
        self.views: dict[ListBox, TableBox] = {}
        self.read_tables: list[TableBox] = []
        # Records that were read out of lists, with the list and the place in it.
        self.positions: dict[Any, tuple[Any, Node]] = {}
        # Counters of loops that begin at 0 or beyond, and lists of such numbers.
        self.naturals: set[Node] = set()
        # Where lists are made that hold records, with their layouts.
        self.record_sites: dict[Hashable, Any] = {}
        # Whether functions of the user's that are called have to be understood.
        self.lifts_calls = False
        # Whether the records of the caller's lists are places in the lists of their fields.
        self.written = False
        self.untyped: dict[Node, Any] = {}  # Lists that a run of a loop knows no entry of.

    # --- positions and refusals -----------------------------------------------------------

    def at(self, node: ast.AST) -> _At:
        """New nodes come from the place of ``node`` within this context."""
        return _At(self, node)

    def unsupported(self, found: str, remedy: str, node: ast.AST | None = None) -> UnsupportedError:
        """A refusal at ``node``, or at the current place."""
        position = self.here
        if node is not None and self.frame.source is not None and hasattr(node, "lineno"):
            position = self.frame.source.position(node)
        position, chain = told_outside(position, self.calls)
        return UnsupportedError(found, remedy=remedy, position=position, chain=chain)

    def site_of(self, node: ast.AST) -> Hashable:
        """Where ``node`` stands, and the calls that lead there; None of what stands nowhere."""
        source = self.frame.source
        if source is None or not hasattr(node, "lineno"):
            return None
        calls = tuple((at.line, at.column) for _, at in self.calls if at is not None)
        return (source.file, node.lineno, getattr(node, "col_offset", 0), calls)

    def new_list(self, node: ast.AST) -> ListBox:
        """An empty list that is made at ``node``."""
        return self.list_at(self.site_of(node))

    def list_at(self, site: Hashable) -> ListBox:
        """An empty list that is made at this place."""
        box = ListBox()
        box.site = site
        self.state[box] = []
        return box

    # --- building -------------------------------------------------------------------------

    @property
    def block(self) -> Block:
        return self.graph.cursor

    def primitive(self, op: Primitive, *args: Node, params: tuple[Hashable, ...] = ()) -> Node:
        """A node of f's own value: never simplified."""
        if self.unshaped and op.broadcasts:
            self._check_shapes(args)
        if any(is_complex(arg.type) for arg in args):
            op, params = self._complex_form(op, params)
        elif op.quiet and not params:
            self.block.add(DOMAIN, args, (op.name,))
        return self.block.add(op, args, params)

    def _check_shapes(self, args: tuple[Node, ...]) -> None:
        """Refuse arithmetic of what varies with something that may be an array or a number."""
        for arg in args:
            source = arg
            while source.op in (VERBATIM, ORDERED) and source.type == DYNAMIC and source.args:
                source = source.args[0]
            text = self.unshaped.get(source)
            varying = any(other.op is not CONSTANT for other in args if other is not arg)
            if text is not None and varying:
                given = [other for other in source.args[1:] if other.op is not CONSTANT]
                refusal = source.params[2]
                if isinstance(refusal, ChainruleError) and any(
                    other.type.differentiable for other in given
                ):
                    raise refusal
                raise self.unsupported(
                    f"arithmetic with the result of `{text}`, which may be a number or an array",
                    "Pass it in as a parameter, or compute it with functions that are understood.",
                )

    def _complex_form(
        self, op: Primitive, params: tuple[Hashable, ...]
    ) -> tuple[Primitive, tuple[Hashable, ...]]:
        """The operation as it is on complex numbers; most are not understood there."""
        if op.name == "absolute":
            return TABLE["modulus"], params or ("builtins.abs",)
        if not op.takes_complex:
            text = op.callables[0].removeprefix("builtins.") if op.callables else op.name
            raise self.unsupported(
                f"`{op.symbol or text}` of complex numbers",
                "Split the computation into its real and imaginary part.",
            )
        return op, params

    def verbatim(
        self,
        template: str,
        *args: Node,
        type: Type = OPAQUE,
        refusal: ChainruleError | None = None,
        pure: bool = False,
        carries: bool = True,
    ) -> Node:
        """An expression kept in the user's words, with ``_0_`` ... for the arguments.

        What is made of numbers may hold numbers, unless it is known that it ``carries`` none.
        """
        op = VERBATIM if pure else ORDERED
        if type == OPAQUE and carries and any(arg.type.differentiable for arg in args):
            type = DYNAMIC
        return self.block.add(op, args, (template, type, refusal), type)

    def give_up(self, state: State, mark: int) -> None:
        """Be as before an attempt, when the state was this and the block had so many steps."""
        self.state = state
        self.block.forget(mark)
        if self.items_read:
            self.items_read.clear()
        if self.block is self.graph.body:
            # What was read where the function begins may have been read in the attempt.
            self.outside = {box: held for box, held in self.outside.items() if box in state}
        elif self.enclosing:
            # What was found in objects meanwhile is known from the beginning.
            begun = self.enclosing[-1].items()
            self.state.update({k: v for k, v in begun if k not in state and is_box(k)})

    def read(self, value: Value) -> Value:
        """``value`` itself, unless it cannot be used."""
        if isinstance(value, Poison):
            raise value.refusal
        if isinstance(value, DictItems):
            return self.shown_now(value)
        return value

    @contextlib.contextmanager
    def one_by_one(self) -> Iterator[None]:
        """Inside, items are made for something that need not read them all, or not at once."""
        self.readers_in_turn += 1
        try:
            yield
        finally:
            self.readers_in_turn -= 1

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, items of an iterator that are asked for again are those that were made."""
        outer, self.items_read = self.items_read, {}
        try:
            yield
        finally:
            self.items_read = outer

    def shown_now(self, value: DictItems) -> Value:
        """What a dict shows at this moment."""
        content = self.content_now(value.owner)
        if content is None:
            return value
        pairs = [
            (self.graph.constant(key) if type(key) in (int, float) else Static(key), entry)
            for key, entry in content.items()
        ]
        column = {"keys": 0, "values": 1}.get(value.method)
        shown: list[Value] = [
            TupleValue(pair) if column is None else pair[column] for pair in pairs
        ]
        return DictItems(tuple(shown), None, value.owner, value.method)

    def content_now(self, box: Any) -> dict[Any, Value] | None:
        """The entries of a dict at this moment; None where its keys are not known."""
        content = self.state.get(box)
        return content if isinstance(content, dict) else None

    def entries(self, box: DictBox) -> dict[Any, Value]:
        """The entries of a dict whose keys are known."""
        found = self.read(self.state[box])
        assert isinstance(found, dict)
        self.check_fresh(box)
        return found

    def node(self, value: Value, what: str = "this value") -> Node:
        """``value`` as one node that the emitted code can name."""
        value = self.read(value)
        if isinstance(value, Node):
            return value
        if isinstance(value, Static):
            return self.static_node(value)
        if isinstance(value, ListBox):
            return self.sequence_node(value)
        if isinstance(value, Place):
            self.check_row(value)
            return self.primitive(sequence.index, self.sequence_node(value.box), *value.path)
        if isinstance(value, TupleValue):
            items = tuple(self.node(item, what) for item in value.items)
            if value.named is not None:
                text = f"_0_({', '.join(f'_{k + 1}_' for k in range(len(items)))})"
                return self.verbatim(text, self.static_node(Static(value.named)), *items)
            return self.display(items, "tuple")
        if isinstance(value, DictBox):
            content = self.entries(value)
            if value.kind is not dict:
                raise self.unsupported(
                    f"{what} is a dict of class {value.kind.__name__}, which is handed on whole",
                    "Read its entries one by one, or pass a plain dict.",
                )
            return self.dict_node(content, [self.node(v, what) for v in content.values()])
        if isinstance(value, ObjectBox) and value.node is not None:
            return value.node
        if isinstance(value, ComplexResult):
            raise self.unsupported("complex numbers are not supported", f"Take {value.part} of it.")
        said = {"Closure": "function", "Mapped": "map", "TableBox": "dict of run-time keys"}
        kind = said.get(type(value).__name__, type(value).__name__.lower())
        raise self.unsupported(
            f"{what} is a {kind}, which cannot be kept as a run-time value",
            "Use it where it is made, or write the computation with numbers and lists.",
        )

    def static_node(self, value: Static) -> Node:
        """The node that reads a static object when the derivative runs."""
        if value.node is not None:
            return value.node()
        known = value.value
        plain = known is None or known is Ellipsis or isinstance(known, (str, bytes, int, float))
        if plain and not isinstance(known, enum.Enum):
            return self.graph.constant(known)
        return self.graph.reference(self.reference_key(known), known)

    def reference_key(self, known: Any) -> Hashable:
        """``(module, qualified name)`` under which an object can be imported, or its identity."""
        module, name = getattr(known, "__module__", None), name_in_module(known)
        if isinstance(module, str) and name is not None:
            return (public_home(module, name, known), name)
        is_module = type(known).__name__ == "module"
        return (known.__name__, "") if is_module else self.graph.key_of(known, self.frame.globals)

    def dict_node(self, keys: Iterable[Any], items: Sequence[Node]) -> Node:
        """A run-time dict of ``items``, one for each of the keys, which are known."""
        named = list(items)
        texts = []
        for position, key in enumerate(keys):
            text = repr(key)
            if type(key) not in (str, int) or PLACE.search(text):
                text = f"_{len(named)}_"
                named.append(self.static_node(Static(key)))
            texts.append(f"{text}: _{position}_")
        return self.verbatim("{" + ", ".join(texts) + "}", *named)

    def display(self, items: tuple[Node, ...], kind: str) -> Node:
        """A run-time list or tuple of ``items``; of equal tuples there is one."""
        add = self.block.shared if kind == "tuple" else self.block.add
        return add(sequence.display, items, (kind,))

    def sequence_node(self, box: ListBox) -> Node:
        """The content of a list as one node; its layout is given up from here on."""
        content = self.content(box)
        if isinstance(content, Node):
            self.shown.nodes.setdefault(box, {})[content] = None
            return content
        items = tuple(self.node(item, "an entry of this list") for item in content)
        made = self.display(items, "list")
        self.shown.note(box, made, content)
        return made

    def content(self, box: ListBox) -> Value:
        """What a list or an array holds now."""
        content = self.read(self.state[box])
        self.check_fresh(box)
        self.shown.touch(box, self.block, writes=False)
        return content

    def check_fresh(self, box: Box) -> None:
        """Refuse to read what was written to under another name since it was bound to this one."""
        if self.loans.is_stale(box, self.state):
            copied = "`x.copy()` or `list(x)`" if isinstance(box, ListBox) else "`copy.copy(x)`"
            raise self.unsupported(
                "what this name shares its memory with was written to since, under another name",
                f"Bind a copy to one of the names: {copied}.",
            )

    def check_row(self, place: Place, node: ast.AST | None = None) -> None:
        """Refuse a row that may have been moved since it was named."""
        if place.version != self.row_writes.get(place.box, 0):
            raise self.unsupported(
                "a row is used after rows of its list were replaced",
                "Read the row from the list again where it is used.",
                node,
            )

    def rows_moved(self, box: ListBox) -> None:
        """Rows of ``box`` that were named are no longer where they were."""
        self.row_writes[box] = self.row_writes.get(box, 0) + 1

    def make_dynamic(self, box: ListBox) -> Node:
        """Turn the list's content into a run-time sequence, for good."""
        node = self.sequence_node(box)
        self.state[box] = node
        if box in self.box_names:
            self.graph.names.setdefault(node, self.box_names[box])
        return node

    def static_value(self, value: Value) -> tuple[bool, Any]:
        """``(known, object)`` of a value that is known while lifting."""
        if isinstance(value, Static):
            return True, value.value
        if isinstance(value, Node) and value.op is CONSTANT:
            return True, value.params[0]
        if isinstance(value, TupleValue) and value.named is None:
            parts = [self.static_value(item) for item in value.items]
            if all(known for known, _ in parts):
                return True, tuple(part for _, part in parts)
        return False, None

    def slice_of(self, value: Value) -> Slice | None:
        """The part of a list or of an axis that a value stands for, where it is a slice."""
        if isinstance(value, Slice):
            return value
        known, found = self.static_value(value)
        if not known or not isinstance(found, slice):
            return None
        start, stop, step = map(self.graph.constant, (found.start, found.stop, found.step))
        return Slice(start, stop, step)

    def static_int(self, value: Value) -> int | None:
        """The int that a value certainly is."""
        known, found = self.static_value(value)
        return found if known and isinstance(found, int) and not isinstance(found, bool) else None

    def begin_with(self, key: Key, value: Value) -> None:
        """``key`` has held ``value`` from the beginning, on every path."""
        for state in (*self.enclosing, self.state):
            state.setdefault(key, value)

    def leave(self, frame: Frame) -> None:
        """Forget the names of a call that has ended."""
        if not frame.captured:
            for key in [key for key in self.state if isinstance(key, tuple) and key[0] is frame]:
                del self.state[key]

    # --- kinds ----------------------------------------------------------------------------

    def static_type(self, value: Any) -> Type:
        """Graph type of a Python object read at run time."""
        if isinstance(value, bool):
            return BOOL
        if isinstance(value, int):
            return INT
        if isinstance(value, float):
            return FLOAT
        if type(value) is complex:
            return array_of("complex128", ())
        if type(value).__module__ == "numpy" and hasattr(value, "dtype"):
            return array_of(str(value.dtype), tuple(length == 1 for length in value.shape))
        if (
            isinstance(value, (list, tuple))
            and value
            and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value)
        ):
            item = INT if all(isinstance(v, int) for v in value) else FLOAT
            return SequenceType(item, "tuple" if isinstance(value, tuple) else "list")
        return OPAQUE

    # Given by :class:`~chainrule.lift.containers.tables.Tables` and the files of lists of records.

    def new_table(self, default: Value, node: ast.AST) -> TableBox:
        raise NotImplementedError

    def table_like(self, table: TableBox, places: Node, values: ListBox) -> TableBox:
        raise NotImplementedError

    def needs_table(self, box: Value, node: ast.AST) -> Exception:
        raise NotImplementedError

    def read_entry(self, table: TableBox, key: Value, node: ast.AST) -> Value:
        raise NotImplementedError

    def write_entry(self, table: TableBox, key: Value, value: Value, node: ast.AST) -> None:
        raise NotImplementedError

    def update_entry(
        self, table: TableBox, key: Value, change: Callable[[Value], Value], node: ast.AST
    ) -> None:
        raise NotImplementedError

    def has_entry(self, table: TableBox, key: Value, node: ast.AST) -> Node:
        raise NotImplementedError

    def look_for_records(self, box: ListBox, content: Any) -> None:
        """Begin anew where a list that is one at run time holds records."""
        raise NotImplementedError

    def keys_of(self, table: TableBox) -> ListBox:
        raise NotImplementedError

    def tables_in(self, iterable: Value) -> list[TableBox]:
        raise NotImplementedError
