"""Functions that are kept apart: those that call themselves to a depth known at run time only.

Such a function is lifted once for every combination of kinds of its arguments, as a graph of its
own; what is known of an argument while lifting (a string, a function) is taken into it.  Kinds of
results are found by lifting again: at first a call of itself is taken never to return, so that
the results are those of the paths that do not recurse.
"""

from __future__ import annotations

import ast
from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.calls import DEEPEST_CALL, Calls, Given
from chainrule.lift.core import AlwaysRaises
from chainrule.lift.lifted import Lifted
from chainrule.lift.source import Source, unwrap
from chainrule.lift.state import Frame
from chainrule.lift.values import ListBox, ObjectBox, Static, TupleValue, Value
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.effect import DOMAIN, RAISE
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT

# Kinds of results settle at once; more rounds mean that they never do.
MOST_ROUNDS = 5
# A recursion whose end is seen while lifting is inlined up to so many calls.
MOST_UNROLLED = 200
# From so many places a function's code is repeated before it is called instead.
MOST_INLINED = 32


class EndlessRecursion(Exception):
    """Inlining the calls of ``function`` by itself does not come to an end."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self.function = function


class Functions(Calls):
    """Decides which calls are inlined, and lifts those of functions that are kept apart."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Functions whose calls of themselves are being inlined, with how many were.
        self.unrolling: dict[Any, int] = {}
        # The chains of calls in which a function was met.
        self.chains: dict[Any, set[Any]] = {}

    def run_callee(self, source: Source, frame: Frame, given: Given, node: ast.AST) -> Value:
        function = source.function
        met = any(known.function is function for known, _ in self.calls)
        shrinks = any(map(self._is_known, (*given[0], *given[1].values())))
        if function in self.unrolling:
            self.unrolling[function] += 1
            endless = self.unrolling[function] > MOST_UNROLLED or len(self.calls) > DEEPEST_CALL
            if endless:
                raise EndlessRecursion(function)
        elif shrinks and (met or calls_itself(source)):
            return self._inlined_whole(source, frame, given, node)
        elif met or calls_itself(source):
            return self._called(source, frame, given, node)
        elif len(self.calls) > DEEPEST_CALL:
            raise self.unsupported("calls are nested too deep", "Write it as a loop.", node)
        elif self._is_met_often(source, node) and self._is_simple(given):
            return self._called(source, frame, given, node)
        args, keywords, defaults, keyword_defaults = given
        return self._inline(
            source.tree, source, frame, args, keywords, defaults, keyword_defaults, node
        )

    def _is_known(self, value: Value) -> bool:
        """Whether a recursion on ``value`` may end while lifting."""
        if self.static_int(value) is not None:
            return True
        if isinstance(value, TupleValue):
            return True
        return isinstance(value, ListBox) and isinstance(self.state[value], list)

    def _inlined_whole(self, source: Source, frame: Frame, given: Given, node: ast.AST) -> Value:
        """Inline all calls of the function by itself, if that comes to an end."""
        function = source.function
        state, mark = dict(self.state), len(self.block.steps)
        args, keywords, defaults, keyword_defaults = given
        self.unrolling[function] = 0
        try:
            return self._inline(
                source.tree, source, frame, args, keywords, defaults, keyword_defaults, node
            )
        except EndlessRecursion as endless:
            if endless.function is not function:
                raise
            self.state = state
            self.block.forget(mark)
        finally:
            self.unrolling.pop(function, None)
        return self._called(source, frame, given, node)

    def _called(self, source: Source, frame: Frame, given: Given, node: ast.AST) -> Value:
        args, keywords, defaults, keyword_defaults = given
        bound = self.bind_arguments(source.tree, args, keywords, defaults, keyword_defaults, node)
        return self.invoke(source, frame, bound, node)

    def _is_met_often(self, source: Source, node: ast.AST) -> bool:
        """Whether a function is called from so many places that its code is not to be repeated."""
        if any(entry.source is source.function for entry in self.graph.functions.values()):
            return True
        place = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        chain = (place, *((at.line, at.column) for _, at in self.calls if at is not None))
        chains = self.chains.setdefault(source.function, set())
        chains.add(chain)
        return len(chains) > MOST_INLINED

    def _is_simple(self, given: Given) -> bool:
        """Whether all arguments are numbers."""
        return all(
            isinstance(value, Node) and value.type in (FLOAT, INT, BOOL)
            for value in (*given[0], *given[1].values())
        )

    def invoke(self, source: Source, frame: Frame, bound: dict[str, Value], node: ast.AST) -> Value:
        """A call of ``source`` with these arguments, as a call."""
        kinds: list[Any] = []
        args: list[Node] = []
        for name, value in bound.items():
            kinds.append((name, self._key_part(value, args, source, node)))
        key = (source.function, tuple(kinds))
        function = self.graph.functions.get(key)
        if function is None:
            function = self.graph.functions[key] = Function(
                key, source.name, source.function, lifting=True
            )
            try:
                self._lift_apart(function, source, frame, bound, node)
            except BaseException:
                del self.graph.functions[key]
                raise
        if function.lifting:
            function.met = True
            if not function.types:
                # What this path returns is not known yet.
                raise AlwaysRaises
        op = INVOKE_EFFECT if function.raises else INVOKE
        results = [
            self.block.add(op, tuple(args), (key, k), type) for k, type in enumerate(function.types)
        ]
        layout: Structure = function.lifted.result
        leaves = iter(results)
        lifter: Any = self
        made: Value = lifter.value_of(_laid_out(layout, leaves))
        return made

    def _key_part(self, value: Value, args: list[Node], source: Source, node: ast.AST) -> Any:
        """What the function depends on of an argument; run-time values go to ``args``."""
        value = self.read(value)
        if isinstance(value, Static):
            return ("is", value.value if _is_plain(value.value) else _Same(value.value))
        if isinstance(value, TupleValue):
            parts = tuple(self._key_part(item, args, source, node) for item in value.items)
            return ("tuple", value.named, parts)
        if isinstance(value, ObjectBox) and value.instance is not None:
            args.append(self.object_node(value))
            return ("object", _Same(value.instance))
        if isinstance(value, (Node, ListBox)):
            made = self.node(value)
            args.append(made)
            return made.type
        raise self._cannot(source, node, "it is called with a container")

    def _cannot(self, source: Source, node: ast.AST, why: str) -> Exception:
        return self.unsupported(
            f"`{source.name}` calls itself to a depth known at run time only, and {why}",
            "Write the recursion as a loop, or hand on numbers only.",
            node,
        )

    def _lift_apart(
        self,
        function: Function,
        source: Source,
        frame: Frame,
        bound: dict[str, Value],
        node: ast.AST,
    ) -> None:
        """Fill in ``function``: lift until the kinds of its results do not change."""
        functions = self.graph.functions
        known = len(functions)
        for _ in range(MOST_ROUNDS):
            # What was lifted meanwhile may rest on kinds that have changed.
            for key in list(functions)[known:]:
                del functions[key]
            lifted = self._round(function, source, frame, bound, node)
            types = tuple(leaf.type for leaf in _all_leaves(lifted.result))
            before, function.lifted = function.lifted, lifted
            same = before is not None and _shape(before.result) == _shape(lifted.result)
            if not function.met or (same and types == function.types):
                function.types, function.lifting = types, False
                self.sources.update(
                    {(used.file, used.tree.lineno): used for used in lifted.sources}
                )
                return
            function.types = types
            if not types:
                break
        raise self._cannot(source, node, "the kind of its result cannot be found")

    def _round(
        self,
        function: Function,
        source: Source,
        frame: Frame,
        bound: dict[str, Value],
        node: ast.AST,
    ) -> Lifted:
        graph = Graph(source.name)
        outer = self.graph
        graph.module = frame.module
        graph.globals, graph.references = outer.globals, outer.references
        graph.scopes, graph.cells = outer.scopes, outer.cells
        graph.guards, graph.functions = outer.guards, outer.functions
        inner: Any = type(self)(graph)
        inner.transform = getattr(self, "transform", None)
        inner.calls = [(source, self.here)]
        inner.sources = {(source.file, source.tree.lineno): source}
        inner.called = self.called
        own = Frame(source, None, frame.globals)
        own.cells = frame.cells
        inner.frame = own
        with inner.at(source.tree):
            values = {
                name: inner.parameter_like(self, name, value) for name, value in bound.items()
            }
        boxes = {box: inner.state[box] for box in list(inner.state) if isinstance(box, ListBox)}
        parameters = {name: inner.structure(value) for name, value in values.items()}
        try:
            result = inner.run_function(source.tree, own, values)
        except AlwaysRaises:
            raise self._cannot(source, node, "no path through it ends") from None
        structure = inner.structure(result)
        self._check_effects(graph, source, node)
        if any(inner.state.get(box) is not content for box, content in boxes.items()):
            raise self._cannot(source, node, "it changes a list")
        function.raises = any(step.op in (RAISE, INVOKE_EFFECT) for step in nodes_of(graph.body))
        return Lifted(graph, parameters, structure, tuple(inner.sources.values()))

    def _check_effects(self, graph: Graph, source: Source, node: ast.AST) -> None:
        for step in nodes_of(graph.body):
            if step.op.effect and step.op not in (RAISE, DOMAIN, INVOKE_EFFECT):
                raise self._cannot(source, node, "it prints, writes or calls unknown code")

    def parameter_like(self, outer: Functions, name: str, value: Value) -> Value:
        """A parameter of this graph that is like an argument of the other."""
        value = outer.read(value)
        if isinstance(value, Static):
            return value
        if isinstance(value, TupleValue):
            parts = tuple(
                self.parameter_like(outer, f"{name}_{k}", item)
                for k, item in enumerate(value.items)
            )
            return TupleValue(parts, value.named)
        if isinstance(value, ObjectBox):
            box = ObjectBox(value.instance, value.type, self._parameter(name, outer.node(value)))
            box.route = value.route
            self.state[box] = {}
            self.objects[id(value.instance)] = box
            return box
        made = self._parameter(name, outer.node(value))
        return self.boxed(made) if isinstance(made.type, SequenceType) else made

    def _parameter(self, name: str, like: Node) -> Node:
        node = self.graph.body.parameter(name, like.type)
        self.graph.names[node] = name
        return node


class _Same:
    """A key that is equal for the same object only."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def calls_itself(source: Source) -> bool:
    """Whether a function's text calls what is the function itself."""
    function = source.function
    for call in ast.walk(source.tree):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Name) and call.func.id == function.__name__:
            cells = dict(
                zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
            )
            cell = cells.get(function.__name__)
            found = cell.cell_contents if cell is not None else None
            found = function.__globals__.get(function.__name__) if cell is None else found
            if unwrap(found) is function:
                return True
        elif isinstance(call.func, ast.Attribute) and call.func.attr == function.__name__:
            owner = call.func.value
            if isinstance(owner, ast.Name) and owner.id in ("self", "cls"):
                return True
    return False


def _is_plain(value: Any) -> bool:
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
