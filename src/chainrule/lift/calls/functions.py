"""Functions that are kept apart: recursive ones, and large ones that are called several times.

Such a function is lifted once for every combination of kinds of its arguments, as a graph of its
own; what is known of an argument while lifting (a string, a function) is taken into it.  Kinds of
results are found by lifting again: at first a call of itself is taken never to return, so that
the results are those of the paths that do not recurse.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import types
from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import REFERENCE, Graph
from chainrule.graph.function import Function, Left
from chainrule.graph.guard import is_of_argument
from chainrule.graph.identity import Identity
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.lift.calls.changed_lists import ChangedLists, Handed, results_of, value_beside
from chainrule.lift.calls.repeated import Repeated, is_narrow
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.core import AlwaysRaises
from chainrule.lift.lifted import Lifted
from chainrule.lift.objects.holders import WrittenInto, WrittenOutside
from chainrule.lift.source import Source, unwrap
from chainrule.lift.state import Frame, assigned_names, is_literal
from chainrule.lift.values import (
    UNBOUND,
    Closure,
    DictBox,
    Either,
    ListBox,
    ObjectBox,
    Poison,
    Static,
    TupleValue,
    Value,
    View,
)
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.effect import DOMAIN, RAISE
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT
from chainrule.records import dataclass

# A frame around the function, a name in it, and its value.
Captured = tuple[Frame, str, Value]
# Kinds of results settle at once; more rounds mean that they never do.
MOST_ROUNDS = 5
# A function calls itself in so many forms, by the kinds of its arguments; more come to no end.
MOST_FORMS = 48


@dataclass(frozen=True, eq=False)
class Callee:
    """A function at the moment of its call.

    ``identity`` is the function itself, or the syntax tree of one that is defined inside another;
    ``frame`` is where its body runs when it is inlined.
    """

    identity: Any
    name: str
    source: Source
    tree: ast.FunctionDef | ast.Lambda
    frame: Frame
    closure: Closure | None = None


@dataclass(frozen=True, eq=False)
class Written:
    """An argument that is one constant in all calls: the function has it inside."""

    constant: Node


class Functions(ChangedLists):
    """Lifts functions that are kept apart, and their calls."""

    # Where sets are made that the function changes.
    changed_sets: set[Hashable]
    # Whether objects may be linked, and those of which classes.
    linking = False
    linkable: dict[type, bool]

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # What is being inlined.
        self.under_way: list[Any] = []
        # What is kept apart by its size.
        self.repeated = Repeated()
        # Whether this is the code of a function that is kept apart.
        self.is_apart = False
        self.handed: list[Value] = []
        # Objects that are handed on by their attributes, with those of the caller.
        self.objects_like: dict[ObjectBox, ObjectBox] = {}
        # What cannot be kept apart, and why.
        self.not_apart: dict[Any, UnsupportedError] = {}

    def invoke(
        self,
        callee: Callee,
        bound: dict[str, Value],
        node: ast.AST,
        written: frozenset[int] | None = None,
        most_inputs: int | None = None,
    ) -> Value:
        """A call of ``callee`` with these arguments, as a call.

        Those at the places ``written`` are constants of the function.  What could be inlined may
        have ``most_inputs``: it is refused where its derivative is dearer than that of its code.
        """
        captured = self._captured(callee, bound, node)
        bound, captured = _written_inside(bound, captured, written or frozenset())
        kinds: list[Any] = []
        handed: list[Handed] = []
        for name, value in (*bound.items(), *((name, value) for _, name, value in captured)):
            kinds.append((name, self._key_part(value, handed, callee, node)))
        args = [node for _, node in handed]
        key = (callee.identity, tuple(kinds))
        function = self.graph.functions.get(key)
        if function is None:
            met = [each for each in self.graph.functions.values() if each.lifting]
            if sum(each.source is callee.identity for each in met) > MOST_FORMS:
                raise self._cannot(callee, node, "it is called with another function each time")
            function = self.graph.functions[key] = Function(
                key,
                callee.name,
                callee.identity,
                keeps=results_kept(callee.identity),
                lifting=True,
            )
            try:
                self._lift_apart(function, callee, bound, captured, node)
            except BaseException:
                del self.graph.functions[key]
                raise
        if most_inputs is not None and not is_narrow(args, function.types, most_inputs):
            del self.graph.functions[key]
            raise self._cannot(callee, node, "it takes or returns too much")
        if function.lifting:
            function.met = True
            if not function.types:
                # What this path returns is not known yet.
                raise AlwaysRaises
        self.check_changes(function, handed, node)
        op = INVOKE_EFFECT if function.raises else INVOKE
        results = results_of(self.block, op, args, function)
        layout: Structure = function.lifted.result
        if function.left.changed:
            layout = layout.parts[0]
            self.take_over(function, handed, results[-len(function.left.changed) :])
            beside = value_beside(function, handed, layout)
            if beside is not None:
                return beside
        leaves = iter(results)
        lifter: Any = self
        made: Value = lifter.value_of(_laid_out(layout, leaves))
        if function.left.linked is not None:
            return self.linked_result(function.left.linked, made)
        # What is returned may be an argument, or a part of one.
        self.freeze(made)
        given = [box for value in bound.values() for box in self.loans.lenders(value)]
        for box in boxes_in(made):
            self.loans.lend(box, given, self.state)
        return made

    def _key_part(self, value: Value, args: list[Handed], callee: Callee, node: ast.AST) -> Any:
        """What the function depends on of an argument; run-time values go to ``args``."""
        if isinstance(value, Poison):
            return ("unusable",)
        if isinstance(value, Written):
            return ("written", value.constant.type, repr(value.constant.params[0]))
        value = self.read(value)
        if isinstance(value, Closure):
            defaults = (*value.defaults, *value.keyword_defaults.values())
            if not any(
                isinstance(default, (Node, ListBox)) and not is_literal(default)
                for default in defaults
            ):
                return ("closure", value.tree)
        if isinstance(value, Static):
            return ("is", value.value if is_plain(value.value) else Identity(value.value))
        if isinstance(value, TupleValue):
            parts = tuple(self._key_part(item, args, callee, node) for item in value.items)
            return ("tuple", value.named, parts)
        if isinstance(value, DictBox):
            content = self.entries(value).items()
            parts = tuple((k, self._key_part(item, args, callee, node)) for k, item in content)
            return ("dict", parts)
        if isinstance(value, ObjectBox):
            parts = tuple(
                (name, self._key_part(item, args, callee, node))
                for name, item in self.taken_apart(value).items()
            )
            if parts:
                return ("made", value.type, parts)
            args.append((value, self.object_node(value)))
            return ("object", Identity(value.instance))
        if self._holds_objects(value):
            items = self.state[value]
            return ("list", *(self._key_part(item, args, callee, node) for item in items))
        if isinstance(value, (Node, ListBox, View)):
            made = self.node(value)
            args.append((value, made))
            return made.type
        raise self._cannot(callee, node, "it is called with a container")

    def _holds_objects(self, value: Value) -> bool:
        """Whether it is a list of known length of what is handed on by its parts."""
        items = self.state.get(value) if isinstance(value, ListBox) else None
        by_parts = (ObjectBox, DictBox, TupleValue)
        return isinstance(items, list) and any(
            isinstance(self.read(item), by_parts) for item in items
        )

    def _cannot(self, callee: Callee, node: ast.AST, why: str) -> Exception:
        return self.unsupported(
            f"`{callee.name}` calls itself to a depth known at run time only, and {why}",
            "Write the recursion as a loop, or hand on numbers only.",
            node,
        )

    def _lift_apart(
        self,
        function: Function,
        callee: Callee,
        bound: dict[str, Value],
        captured: list[Captured],
        node: ast.AST,
    ) -> None:
        """Fill in ``function``: lift until the kinds of its results do not change."""
        functions = self.graph.functions
        known = len(functions)
        for _ in range(MOST_ROUNDS):
            # What was lifted meanwhile may rest on kinds that have changed.
            for key in list(functions)[known:]:
                del functions[key]
            lifted, left = self._round(function, callee, bound, captured, node)
            types = tuple(leaf.type for leaf in _all_leaves(lifted.result))
            before, function.lifted = function.lifted, lifted
            same = before is not None and _shape(before.result) == _shape(lifted.result)
            if left.changed and not function.met:
                # Where it is inlined nothing is copied.
                raise self._cannot(callee, node, "it changes a list, a dict or an object")
            same = same and left == function.left
            function.left = left
            if not function.met or (same and types == function.types):
                function.types, function.lifting = types, False
                self.sources.update(
                    {(used.file, used.tree.lineno): used for used in lifted.sources}
                )
                return
            function.types = types
            if not types:
                break
        raise self._cannot(callee, node, "the kind of its result cannot be found")

    def _round(
        self,
        function: Function,
        callee: Callee,
        bound: dict[str, Value],
        captured: list[Captured],
        node: ast.AST,
    ) -> tuple[Lifted, Left]:
        source, frame = callee.source, callee.frame
        graph = Graph(callee.name)
        outer = self.graph
        graph.module = frame.module
        graph.globals, graph.references = outer.globals, outer.references
        graph.scopes, graph.cells = outer.scopes, outer.cells
        graph.guards, graph.functions = outer.guards, outer.functions
        graph.spellings = outer.spellings
        inner: Any = type(self)(graph)
        inner.transform = getattr(self, "transform", None)
        inner.tables, inner.record_lists = self.tables, []
        inner.object_sets = self.object_sets
        inner.changed_sets = self.changed_sets
        inner.repeated, inner.not_apart = self.repeated, self.not_apart
        inner.is_apart, inner.linking, inner.linkable = True, self.linking, self.linkable
        inner.record_sites, inner.written = self.record_sites, self.written
        inner.rows, inner.known_ints = self.rows, self.known_ints
        inner.ints_read, inner.some_keys = self.ints_read, self.some_keys
        inner.known_zeros, inner.zeros_read = self.known_zeros, self.zeros_read
        inner.calls = [(source, self.here)]
        inner.under_way = [callee.identity]
        inner.sources = {(source.file, source.tree.lineno): source}
        inner.called, inner.read_text = self.called, self.read_text
        handed = [*bound.values(), *(value for _, _, value in captured)]
        closures = [value.frame for value in handed if isinstance(value, Closure)]
        frames = _mirrored([frame.parent, *closures])
        own = Frame(source, frames.get(frame.parent), frame.globals)
        own.cells, own.owner = frame.cells, frame.owner
        inner.frame, inner.made_in = own, [own.parent]
        with inner.at(callee.tree):
            values = {
                name: inner.closure_like(value, frames[value.frame])
                if isinstance(value, Closure)
                else inner.parameter_like(self, name, value)
                for name, value in bound.items()
            }
            for where, name, value in captured:
                key = (frames[where], name)
                if isinstance(value, Poison):
                    inner.state[key] = value
                elif isinstance(value, Closure):
                    inner.state[key] = inner.closure_like(value, frames[value.frame])
                else:
                    inner.state[key] = inner.parameter_like(self, name, value)
        kept = (ListBox, DictBox, ObjectBox)
        boxes = {box: inner.state[box] for box in list(inner.state) if isinstance(box, kept)}
        parameters = {name: inner.parameter_structure(value) for name, value in values.items()}
        try:
            result = inner.run_function(callee.tree, own, values)
        except AlwaysRaises:
            raise self._cannot(callee, node, "no path through it ends") from None
        except (WrittenInto, WrittenOutside):
            raise self._cannot(callee, node, "it writes to what is outside of it") from None
        changed = inner.changed_places(boxes)
        if changed is None:
            self.refuse_changes(inner, boxes)
            raise self._cannot(callee, node, "it changes a dict or an object")
        structure, left = inner.with_changed(result, changed, callee.tree)
        self._check_effects(graph, callee, node)
        function.raises = any(step.op in (RAISE, INVOKE_EFFECT) for step in nodes_of(graph.body))
        lifted = Lifted(graph, parameters, structure, tuple(inner.sources.values()))
        return lifted, left

    def _check_effects(self, graph: Graph, callee: Callee, node: ast.AST) -> None:
        for step in nodes_of(graph.body):
            if step.op.effect and step.op not in (RAISE, DOMAIN, INVOKE_EFFECT):
                raise self._cannot(callee, node, "it prints, writes or calls unknown code")

    def parameter_like(self, outer: Functions, name: str, value: Value) -> Value:
        """A parameter of this graph that is like an argument of the other."""
        if isinstance(value, Written):
            return self.graph.constant(value.constant.params[0])
        value = outer.read(value)
        if isinstance(value, Static):
            return self._static_like(outer, value)
        if isinstance(value, TupleValue):
            parts = tuple(
                self.parameter_like(outer, f"{name}_{k}", item)
                for k, item in enumerate(value.items)
            )
            return TupleValue(parts, value.named)
        if isinstance(value, DictBox):
            table = DictBox()
            self.state[table] = {
                key: self.parameter_like(outer, f"{name}_{k}", item)
                for k, (key, item) in enumerate(outer.entries(value).items())
            }
            return table
        if outer._holds_objects(value):
            items = ListBox()
            self.state[items] = [
                self.parameter_like(outer, f"{name}_{k}", item)
                for k, item in enumerate(outer.state[value])
            ]
            return items
        if isinstance(value, ObjectBox) and (content := outer.taken_apart(value)):
            made = ObjectBox(None, value.type, None)
            self.objects_like[made] = value
            self.state[made] = {
                key: self.parameter_like(outer, f"{name}_{key}", item)
                for key, item in content.items()
            }
            return made
        if isinstance(value, ObjectBox):
            node = outer.object_node(value)
            box = ObjectBox(value.instance, value.type, self._parameter(name, node))
            box.route = value.route
            self.state[box] = {}
            self.objects[id(value.instance)] = box
            self.handed.append(box)
            return box
        made = self.boxed(self._parameter(name, outer.node(value)))
        self.handed.append(made)
        return made

    def parameter_structure(self, value: Value) -> Structure:
        """The layout of what is handed on to a function that is kept apart."""
        if isinstance(value, Closure):
            return Structure("tuple", None, ())
        if isinstance(value, TupleValue):
            return Structure("tuple", None, tuple(map(self.parameter_structure, value.items)))
        if isinstance(value, ObjectBox) and value.instance is None:
            content = self.taken_apart(value).values()
            return Structure("tuple", None, tuple(map(self.parameter_structure, content)))
        return self.structure(value)

    def taken_apart(self, box: ObjectBox) -> dict[str, Value]:
        """The attributes of an object that is handed on by them; none if it is by itself."""
        content = self.given_to(box)
        if box.instance is None:
            return content
        from_argument = is_of_argument(box.route) and dataclasses.is_dataclass(box.type)
        return self.attributes_of(box) if content or from_argument else {}

    def closure_like(self, value: Closure, frame: Frame) -> Closure:
        """The same function with ``frame`` of this lifter around it."""

        def default_like(default: Value) -> Value:
            return self.graph.constant(default.params[0]) if is_literal(default) else default

        return Closure(
            value.tree,
            frame,
            tuple(map(default_like, value.defaults)),
            {name: default_like(default) for name, default in value.keyword_defaults.items()},
            attributes=value.attributes,
        )

    def _static_like(self, outer: Functions, value: Static) -> Static:
        """An object known while lifting, read by the code of this graph."""
        leaf = outer.static_node(value) if value.node is not None else None
        if leaf is None or leaf.op is not REFERENCE:
            return Static(value.value)
        key = leaf.params[0]
        return Static(value.value, lambda: self.graph.reference(key, value.value))

    def _captured(self, callee: Callee, bound: dict[str, Value], node: ast.AST) -> list[Captured]:
        """What a function that is defined inside another uses of the variables around it.

        So do the functions that it is called with.
        """
        found: list[Captured] = []
        seen: set[Any] = set()
        functions = [
            (value.tree, value.frame) for value in bound.values() if isinstance(value, Closure)
        ]
        if callee.closure is not None:
            functions.append((callee.tree, callee.frame.parent))
        while functions:
            tree, around = functions.pop()
            names, nonlocals = _names_read(tree)
            if nonlocals:
                raise self._cannot(callee, node, "it assigns a variable of the function around it")
            for name in names:
                frame = around
                while frame is not None and (frame, name) not in self.state:
                    frame = frame.parent
                if frame is None or (frame, name) in seen:
                    continue
                seen.add((frame, name))
                value = self.decided(self.state[frame, name])
                if isinstance(value, Either) and value.orelse is UNBOUND:
                    value = value.then
                if value is UNBOUND:
                    continue
                found.append((frame, name, value))
                if isinstance(value, Closure):
                    functions.append((value.tree, value.frame))
        return found

    def _parameter(self, name: str, like: Node) -> Node:
        # Variables of one name may come from several functions around this one.
        taken = {parameter.params[0] for parameter in self.graph.body.parameters}
        name = free_name(name, taken)
        node = self.graph.body.parameter(name, like.type)
        self.graph.names[node] = name
        return node


def _written_inside(
    bound: dict[str, Value], captured: list[Captured], places: frozenset[int]
) -> tuple[dict[str, Value], list[Captured]]:
    """Arguments and captured values, those at some places marked as written inside."""

    def marked(place: int, value: Value) -> Value:
        return Written(value) if place in places and is_literal(value) else value

    count = len(bound)
    return (
        {name: marked(k, value) for k, (name, value) in enumerate(bound.items())},
        [(frame, n, marked(count + k, value)) for k, (frame, n, value) in enumerate(captured)],
    )


@functools.lru_cache(maxsize=4096)
def _names_read(tree: ast.FunctionDef | ast.Lambda) -> tuple[tuple[str, ...], bool]:
    """The names that a function's text reads or calls and are not its own, in order.

    And whether it assigns some that are not.
    """
    arguments = tree.args
    own = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
    if isinstance(tree, ast.FunctionDef):
        own |= set(assigned_names(tree.body))
    found: dict[str, None] = {}
    nonlocals = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found[node.id] = None
        elif isinstance(node, ast.Nonlocal):
            nonlocals = True
    return tuple(name for name in found if name not in own), nonlocals


def _mirrored(innermost: Sequence[Frame | None]) -> dict[Frame | None, Frame]:
    """Frames that stand for these, and for those around them, in a lifter of its own."""
    chain: dict[Frame, None] = {}
    for frame in innermost:
        inside: list[Frame] = []
        while frame is not None and frame not in chain:
            inside.append(frame)
            frame = frame.parent
        chain.update(dict.fromkeys(reversed(inside)))
    made: dict[Frame | None, Frame] = {}
    for old in chain:
        new = Frame(old.source, made.get(old.parent), old.globals)
        new.local_names, new.outer_names = old.local_names, old.outer_names
        new.global_names, new.cells, new.owner = old.global_names, old.cells, old.owner
        made[old] = new
    return made


def is_plain(value: Any) -> bool:
    """Whether a value known while lifting is told by what it equals, not by which object it is."""
    return value is None or isinstance(value, (str, bytes, bool))


def _all_leaves(structure: Structure) -> list[Node]:
    """Every value of a layout, those that no derivative flows through included."""
    if structure.node is not None:
        return [structure.node]
    return [leaf for part in structure.parts for leaf in _all_leaves(part)]


def _shape(structure: Structure) -> Any:
    return (structure.kind, structure.keys, tuple(map(_shape, structure.parts)))


def _laid_out(layout: Structure, leaves: Any) -> Structure:
    """The same layout with other values."""
    if layout.node is not None:
        return Structure(layout.kind, next(leaves))
    parts = tuple(_laid_out(part, leaves) for part in layout.parts)
    return Structure(layout.kind, None, parts, layout.keys)


def results_kept(function: Any) -> str | None:
    """For how many calls ``lru_cache`` keeps what a function of a module gives; None: it does not.

    A function that calls itself is called by its name, which is that of the wrapper.
    """
    if not isinstance(function, types.FunctionType):
        return None
    wrapper = function.__globals__.get(function.__name__)
    if not isinstance(wrapper, functools._lru_cache_wrapper) or unwrap(wrapper) is not function:
        return None
    return str(wrapper.cache_parameters()["maxsize"])
