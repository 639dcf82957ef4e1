"""The lifter's engine room: state, blocks, positions, values as nodes, branching.

The other files of this room add one syntax class each; :class:`Core` knows none.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chainrule.errors import ChainruleError, Position, UnsupportedError
from chainrule.graph.block import CONSTANT, Block, Graph
from chainrule.graph.node import Node, Origin
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, OPAQUE, Type, array_of, is_complex
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.sharing import Loans
from chainrule.lift.source import Source
from chainrule.lift.state import Frame, Joiner, Key, State, resolve_slots
from chainrule.lift.values import (
    UNBOUND,
    ArrayBox,
    ComplexResult,
    DictBox,
    ListBox,
    ObjectBox,
    Place,
    Poison,
    Static,
    TupleValue,
    Value,
    View,
)
from chainrule.primitives import sequence
from chainrule.primitives.control import IF
from chainrule.primitives.declare import TABLE, Primitive
from chainrule.primitives.effect import DOMAIN, ORDERED, VERBATIM


class Completion(enum.Enum):
    """How a run of statements ends."""

    FALLS = "falls through"
    MAYBE = "falls through on some paths; flags in the state tell which"
    EXITS = "always leaves by return, break or continue"
    RAISES = "always raises"


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

    @property
    def leaving(self) -> tuple[Flag, ...]:
        """The flags that a step of the loop may set when it is the last."""
        return (self.broke, *self.ways.values())


class Path:
    """One arm of a branch after it was run."""

    def __init__(self, block: Block, state: State, completion: Completion) -> None:
        self.block = block
        self.state = state
        self.completion = completion

    @property
    def alive(self) -> bool:
        return self.completion is not Completion.RAISES


class Core:
    """State shared by all parts of the lifter."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.state: State = {}
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
        # Results of functions of NumPy of which it is not known whether they are arrays.
        self.unshaped: dict[Node, str] = {}
        # Syntax nodes that are the function of a call, and objects met, by identity.
        self.called: set[ast.AST] = set()
        self.objects: dict[int, ObjectBox | ArrayBox] = {}
        # What was in objects and arrays that exist outside when the function began.
        self.attributes: dict[ObjectBox, dict[str, Value]] = {}
        self.outside: dict[ArrayBox, Node] = {}
        # Whether a function was called that takes arrays for numbers.
        self.calls_numpy = False
        # The Python types that numbers may have.
        self.number_types: dict[Node, tuple[type, ...]] = {}
        self.object_nodes: dict[ObjectBox, Callable[[], Node]] = {}
        # How often whole rows of nested lists were replaced.
        self.row_writes: dict[ListBox, int] = {}
        # The first names of lists.
        self.box_names: dict[ListBox, str] = {}
        # Lists that were copied into another container and must not be written to.
        self.frozen: set[ListBox] = set()
        self.loans = Loans()
        self.untyped: dict[Node, Any] = {}  # Lists that a run of a loop knows no entry of.

    # --- positions and refusals -----------------------------------------------------------

    @contextmanager
    def at(self, node: ast.AST) -> Iterator[None]:
        """New nodes come from the place of ``node``."""
        if self.frame.source is None or not hasattr(node, "lineno"):
            yield
            return
        before, origin = self.here, self.graph.origin
        self.here = self.frame.source.position(node)
        self.graph.origin = Origin(self.here, managers=self.managers)
        try:
            yield
        finally:
            self.here, self.graph.origin = before, origin

    def unsupported(self, found: str, remedy: str, node: ast.AST | None = None) -> UnsupportedError:
        """A refusal at ``node``, or at the current place."""
        position = self.here
        if node is not None and self.frame.source is not None and hasattr(node, "lineno"):
            position = self.frame.source.position(node)
        chain = tuple(
            f"{source.name} ({source.file}:{at.line})"
            for source, at in self.calls
            if at is not None
        )
        return UnsupportedError(found, remedy=remedy, position=position, chain=chain)

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
            return TABLE["modulus"], ()
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

    def read(self, value: Value) -> Value:
        """``value`` itself, unless it cannot be used."""
        if isinstance(value, Poison):
            raise value.refusal
        return value

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
            return self.display(items, "tuple")
        if isinstance(value, DictBox):
            content = self.state[value]
            items = tuple(self.node(item, what) for item in content.values())
            text = ", ".join(f"{key!r}: _{position}_" for position, key in enumerate(content))
            return self.verbatim("{" + text + "}", *items)
        if isinstance(value, ObjectBox) and value.node is not None:
            return value.node
        if isinstance(value, ComplexResult):
            raise self.unsupported("complex numbers are not supported", f"Take {value.part} of it.")
        raise self.unsupported(
            f"{what} is a {type(value).__name__.lower()}, which cannot be kept as a run-time value",
            "Use it where it is made, or write the computation with numbers and lists.",
        )

    def static_node(self, value: Static) -> Node:
        """The node that reads a static object when the derivative runs."""
        if value.node is not None:
            return value.node()
        known = value.value
        if known is None or known is Ellipsis or isinstance(known, (str, bytes, bool, int, float)):
            return self.graph.constant(known)
        return self.graph.reference(self.reference_key(known), known)

    def reference_key(self, known: Any) -> Hashable:
        """``(module, qualified name)`` under which an object can be imported, or its identity."""
        module = getattr(known, "__module__", None)
        name = getattr(known, "__qualname__", None)
        if isinstance(module, str) and isinstance(name, str) and "<" not in name:
            return (module, name)
        if type(known).__name__ == "module":
            return (known.__name__, "")
        return ("", f"{type(known).__name__}_{len(self.graph.references)}")

    def display(self, items: tuple[Node, ...], kind: str) -> Node:
        """A run-time list or tuple of ``items``."""
        return self.block.add(sequence.display, items, (kind,))

    def sequence_node(self, box: ListBox) -> Node:
        """The content of a list as one node; its layout is given up from here on."""
        content = self.content(box)
        if isinstance(content, Node):
            return content
        items = tuple(self.node(item, "an entry of this list") for item in content)
        return self.display(items, "list")

    def content(self, box: ListBox) -> Value:
        """What a list or an array holds now."""
        content = self.read(self.state[box])
        if self.loans.is_stale(box, self.state):
            raise self.unsupported(
                "what this name shares its memory with was written to since, under another name",
                "Bind a copy to one of the names: `x.copy()` or `list(x)`.",
            )
        return content

    def check_row(self, place: Place, node: ast.AST | None = None) -> None:
        """Refuse a row that may have been moved since it was named."""
        if place.version != self.row_writes.get(place.box, 0):
            raise self.unsupported(
                "a row is used after rows of its list were replaced",
                "Read the row from the list again where it is used.",
                node,
            )

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

    # --- branching ------------------------------------------------------------------------

    def run_path(
        self, start: State, action: Callable[[], Completion], parent: Block | None = None
    ) -> Path:
        """Run ``action`` in a block of its own on a copy of ``start``."""
        block = Block(self.graph, parent or self.block)
        before = self.state
        self.state = dict(start)
        self.enclosing.append(start)
        try:
            with self.graph.inside(block):
                try:
                    completion = action()
                except AlwaysRaises:
                    completion = Completion.RAISES
            block.completes = completion is not Completion.RAISES
            return Path(block, self.state, completion)
        finally:
            self.enclosing.pop()
            self.state = before

    def _explain(self, name: str) -> UnsupportedError:
        return self.unsupported(
            f"{name} is of different kinds on different paths",
            "Give it the same kind of value (number, tuple of the same length, same function) "
            "on every path.",
        )

    def unify_lists(self, start: State, paths: Sequence[Path], keys: Sequence[Key]) -> None:
        """Lists whose layout differs between paths become run-time lists on each."""
        for key in keys:
            if not isinstance(key, ListBox):
                self._unify_made_lists(paths, [path.state.get(key, UNBOUND) for path in paths])
                continue
            contents = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
            layouts = {
                len(content) if isinstance(content, list) else -1
                for content in contents
                if content is not UNBOUND
            }
            if len(layouts) > 1:
                for path in paths:
                    if isinstance(path.state.get(key), list):
                        before, self.state = self.state, path.state
                        with self.graph.inside(path.block):
                            self.make_dynamic(key)
                        self.state = before

    def _unify_made_lists(self, paths: Sequence[Path], values: Sequence[Value]) -> None:
        """The same for lists that the paths have made themselves, and for tables."""
        self._materialise_views(paths, values)
        values = self._read_tables(paths, values)
        pairs = [
            (path, value) for path, value in zip(paths, values, strict=True) if value is not UNBOUND
        ]
        if not all(isinstance(value, ListBox) for _, value in pairs):
            return
        contents = [path.state.get(value) for path, value in pairs]
        layouts = {len(content) if isinstance(content, list) else -1 for content in contents}
        if len(layouts) < 2:
            return
        for path, value in pairs:
            before, self.state = self.state, path.state
            with self.graph.inside(path.block):
                self.make_dynamic(value)
            self.state = before

    def _read_tables(self, paths: Sequence[Path], values: Sequence[Value]) -> list[Value]:
        """Lists of numbers that exist at run time anyway, where each path has another."""
        types = [table_type(value) for value in values]
        lists = [
            value is UNBOUND or type_ is not None or isinstance(value, ListBox)
            for value, type_ in zip(values, types, strict=True)
        ]
        tables = {id(value.value) for value in values if isinstance(value, Static)}
        if not all(lists) or not tables or len(tables) == 1 == len(set(map(id, values))):
            return list(values)
        found: list[Value] = []
        for path, value, type_ in zip(paths, values, types, strict=True):
            if type_ is None:
                found.append(value)
                continue
            before, self.state = self.state, path.state
            with self.graph.inside(path.block):
                box = ListBox()
                table = self.static_node(value)
                self.state[box] = self.verbatim("_0_", table, type=type_, pure=True)
                self.frozen.add(box)
            self.state = before
            for key, held in path.state.items():
                if held is value:
                    path.state[key] = box
            found.append(box)
        return found

    def _materialise_views(self, paths: Sequence[Path], values: Sequence[Value]) -> None:
        """Views that differ between paths become what they see, in a box of their own."""
        for path, value in zip(paths, values, strict=True):
            if not isinstance(value, View):
                continue
            before, self.state = self.state, path.state
            with self.graph.inside(path.block):
                box = ArrayBox()
                self.state[box] = self.node(value)
                self.frozen.add(box)
                self.loans.lend(box, self.loans.lenders(value), self.state)
            self.state = before
            for key, held in path.state.items():
                if held is value:
                    path.state[key] = box

    def changed_keys(self, start: State, paths: Sequence[Path]) -> list[Key]:
        """Keys that some path bound anew, in the order of the states."""
        found: dict[Key, None] = {}
        for path in paths:
            for key, value in path.state.items():
                if value is not start.get(key, UNBOUND):
                    found[key] = None
        return list(found)

    def join_paths(
        self,
        start: State,
        paths: Sequence[Path],
        build: Callable[[], Node],
        first_result: int = 0,
        extra: Callable[[Joiner], None] | None = None,
    ) -> Node | None:
        """Join living ``paths`` into the current state through the node that ``build`` makes.

        Sets the results of every path's block; result ``first_result + k`` is slot k.
        """
        alive = [path for path in paths if path.alive]
        keys = self.changed_keys(start, alive)
        self.unify_lists(start, alive, keys)
        keys = self.changed_keys(start, alive)
        joiner = Joiner(self.graph, len(alive), self._explain)
        joined: dict[Key, Value] = {}
        states = [path.state for path in alive]
        for key in keys:
            values = [state.get(key, start.get(key, UNBOUND)) for state in states]
            name = f"`{key[1]}`" if isinstance(key, tuple) else "a value"
            joined[key] = joiner.join(values, states, name)
        undefined = self.graph.undefined()
        columns = joiner.columns
        if len(alive) == 1:
            # Only one path goes on: its own values are the values afterwards.
            columns = []
        position = {id(path): index for index, path in enumerate(alive)}
        for path in paths:
            if path.alive:
                path.block.results += tuple(column[position[id(path)]] for column in columns)
            else:
                path.block.results += tuple(undefined for _ in columns)
        if not columns and all(not path.block.steps for path in paths) and first_result == 0:
            node = None
        else:
            node = build()
        self.state = dict(start)
        for key, value in joined.items():
            self.state[key] = resolve_slots(
                value, lambda k: self._slot_node(node, first_result + k), self.state
            )
        self._freeze_shared(joiner, states)
        return node

    def _freeze_shared(self, joiner: Joiner, states: Sequence[State]) -> None:
        """Refuse later writes to lists that were joined, where another name would see them."""
        shared = joiner.shared_boxes(states)
        for joined in joiner.boxes.values():
            boxes = (joined.box, *joined.sources)
            if joined in shared or not self.frozen.isdisjoint(joined.sources):
                self.frozen.update(box for box in boxes if isinstance(box, ListBox))
            if joined.box is not None:
                lent = [box for one in joined.sources for box in self.loans.lenders(one)[1:]]
                self.loans.lend(joined.box, lent, self.state)

    def _slot_node(self, node: Node | None, index: int) -> Node:
        assert node is not None
        return self.block.item(node, index)

    def branch(
        self,
        predicate: Node,
        then: Callable[[], Completion],
        orelse: Callable[[], Completion],
        style: str,
    ) -> Completion:
        """Run both arms and join them; the completion of the whole."""
        start = self.state
        paths = [self.run_path(start, then), self.run_path(start, orelse)]
        return self.finish_branch(predicate, start, paths, style)

    def finish_branch(
        self, predicate: Node, start: State, paths: list[Path], style: str
    ) -> Completion:
        """Join the two arms of a branch that were run from ``start``."""
        then, orelse = paths

        def build() -> Node:
            return self.block.add(IF, (predicate,), (then.block, orelse.block, style))

        if not any(path.alive for path in paths):
            build()
            return Completion.RAISES
        self.join_paths(start, paths, build)
        kinds = {path.completion for path in paths if path.alive}
        if kinds == {Completion.EXITS}:
            return Completion.EXITS
        if kinds == {Completion.FALLS}:
            return Completion.FALLS
        return Completion.MAYBE

    # --- kinds ----------------------------------------------------------------------------

    def static_type(self, value: Any) -> Type:
        """Graph type of a Python object read at run time."""
        if isinstance(value, bool):
            return BOOL
        if isinstance(value, int):
            return INT
        if isinstance(value, float):
            return FLOAT
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


def table_type(value: Value) -> SequenceType | None:
    """The type of a list of numbers, or of such lists, that is known while lifting."""
    if not isinstance(value, Static) or not isinstance(value.value, list):
        return None
    return _entries_type(value.value)


def _entries_type(table: list[Any]) -> SequenceType | None:
    kinds = {type(entry) for entry in table}
    if not kinds:
        return None
    if kinds <= {float, int}:
        return SequenceType(INT if kinds == {int} else FLOAT)
    rows = {_entries_type(entry) if isinstance(entry, list) else None for entry in table}
    row = rows.pop()
    return SequenceType(row) if row is not None and not rows else None
