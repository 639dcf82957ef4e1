"""Containers that no compiler has a type for are left to Python, around a compiled function.

    @njit
    def grad_f_compiled(a, w, x):          of numbers and arrays, in a row
        ...
        return a_bar, w_bar


    def grad_f(p, x):                      takes the caller's containers apart, and makes others
        a_bar, w_bar = grad_f_compiled(p["a"], p["w"], x)
        return {"a": a_bar, "w": w_bar}

What is read of containers is read first, and what is written to them is written last.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.emit.dead import Needed, needed
from chainrule.graph.block import CONSTANT, PARAMETER, Block, Graph, SignatureParameter
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, OPAQUE, Record, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.control import LOOP, loop_parts
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.effect import FACT, LEAVE, LEAVE_FIELDS, STORE, VERBATIM, Verbatim
from chainrule.primitives.invoke import CALL_FUNCTION, CALL_FUNCTION_EFFECT
from chainrule.primitives.nouns import called
from chainrule.primitives.sequence import as_tuple, display, index, record

READS = (VERBATIM, FACT)
WRITES = (STORE, LEAVE, LEAVE_FIELDS)
# A list of lists, made of all the numbers in it and of how many stand in each.
ROWS = Verbatim("lists_of")
# The key of the compiled function among those that the one around it calls.
COMPILED = ("compiled",)
# The head of a call with names for its results.
WIDEST = 70


def with_shell(graph: Graph) -> Graph:
    """A function of plain Python around a compiled one; ``graph`` itself where none is wanted.

    None can be where a loop or a branch does something with such a container.
    """
    parts = _Parts(graph)
    if not parts.wanted() or parts.tangled:
        return graph
    core = _Core(graph, parts)
    compiled = core.run()
    shell = _Shell(graph, parts, compiled, core.inputs).run()
    shell.callees = {COMPILED: compiled}
    return shell


class _Parts:
    """What of a function stays outside of the compiled part.

    Attributes
    ----------
    outside:
        Containers of the caller's, and objects in them.
    entries:
        What is read of these, in order: numbers, arrays, lists of numbers.
    writes:
        What is written to them.
    assembled:
        The containers that are returned, and those in them.
    tangled:
        Whether something else is done with a container.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.needed: Needed = needed(graph)
        left = (step.args[0] for step in graph.body.steps if step.op is LEAVE)
        self.left = [node for node in left if _is_list(node.type)]
        self.outside: dict[Node, None] = {}
        self.entries: dict[Node, None] = {}
        self.writes: dict[Node, None] = {}
        self.assembled = dict.fromkeys(self._assembly())
        # Lists of lists are made anew.
        self.tangled = any(is_nested(node) for node in self.left)
        for entry in graph.signature:
            if entry.node is not None and self._is_container(entry.node):
                self.outside[entry.node] = None
        for step in graph.body.steps:
            if step in self.needed.nodes and step not in self.assembled:
                self._sort(step)
        inner = (node for node in nodes_of(graph.body) if node.block is not graph.body)
        read = {arg for node in inner if node in self.needed.nodes for arg in node.args}
        self.tangled = self.tangled or not read.isdisjoint(self.outside)

    def _sort(self, step: Node) -> None:
        if self.outside.keys().isdisjoint(step.args):
            return
        reads = step.op in READS or step.op is index
        if reads and all(map(self.is_at_hand, step.args)):
            (self.outside if self._is_container(step) else self.entries)[step] = None
        elif step.op in WRITES:
            self.writes[step] = None
        else:
            self.tangled = True

    def is_at_hand(self, node: Node) -> bool:
        """Whether the function around the compiled one has a value itself."""
        parameter = node.op is PARAMETER and node.block is self.graph.body
        return parameter or not node.args or node in self.outside or node in self.entries

    def _assembly(self) -> Iterator[Node]:
        """The records that are returned, and those in them."""
        stack = list(reversed(self.graph.body.results))
        while stack:
            node = stack.pop()
            if node.op in (record, as_tuple) and node.block is self.graph.body:
                yield node
                stack.extend(reversed(node.args))

    def _is_container(self, node: Node) -> bool:
        """Whether a value is an object that is no tuple of what can be compiled."""
        given = self.graph.given.get(node)
        is_tuple = given is not None and given.kind is not None and issubclass(given.kind, tuple)
        if not is_tuple:
            return node.type == OPAQUE
        # Lists in tuples are copied on their way: what is put into them would be lost.
        held = [step for step in self.graph.body.steps if node in step.args]
        return any(step in self.left or self._is_container(step) for step in held)

    def wanted(self) -> bool:
        """Whether anything is outside, or returned, that cannot be compiled."""
        signature = self.graph.signature
        nested = any(entry.node is not None and is_nested(entry.node) for entry in signature)
        called = any(entry.called for entry in signature)
        strange = any(not self._is_compiled(node) for node in self.assembled)
        return bool(self.outside) or nested or called or strange

    def _is_compiled(self, made: Node) -> bool:
        """Whether a compiler makes such a container."""
        if made.op is as_tuple:
            return False
        kind, keys = made.params[0], made.params[1]
        if kind == "list":
            alike = len({str(arg.type) for arg in made.args}) <= 1
            return alike and not any(isinstance(arg.type, SequenceType) for arg in made.args)
        if kind == "object" and isinstance(keys, tuple):
            return issubclass(self.graph.references[keys[0]], tuple)
        return kind in ("tuple", "tuples")

    def results(self) -> list[Node]:
        """What is computed for the function around, in order."""
        stack = list(reversed(self.graph.body.results))
        found: dict[Node, None] = {}
        while stack:
            node = stack.pop()
            if node in self.assembled:
                stack.extend(reversed(node.args))
            elif not self.is_at_hand(node):
                found[node] = None
        written = (arg for step in self.writes for arg in step.args)
        found.update((node, None) for node in written if not self.is_at_hand(node))
        return list(found)

    def whole(self) -> Node | None:
        """The tuple that is returned, where it is as it was computed."""
        for result in self.graph.body.results:
            several = result in self.assembled and result.op is record and len(result.args) > 1
            if several and result.params[0] == "tuple" and list(result.args) == self.results():
                return result
        return None

    def stays(self, step: Node) -> bool:
        """Whether a step is one of the compiled function's."""
        parts = (self.outside, self.entries, self.writes, self.assembled)
        return step in self.needed.nodes and not any(step in part for part in parts)

    def holder(self, entry: Node) -> str:
        """The parameter that an entry is read of."""
        while entry.op is not PARAMETER and entry.args:
            entry = entry.args[0]
        return str(entry.params[0])


def is_nested(parameter: Node) -> bool:
    """Whether a parameter is a list of lists."""
    return _is_list(parameter.type) and _is_list(_item(parameter.type))


def _is_list(held: Type) -> bool:
    return isinstance(held, SequenceType) and held.kind == "list"


def _item(held: Type) -> Type:
    return held.item if isinstance(held, SequenceType) else held


def flattened(held: Type) -> list[tuple[str, str, Type]]:
    """How the numbers in a list of lists are handed in, and how many stand in each list.

    Each of these has an ending for its name, is read by a template, and is of a type.
    """
    loops, rows, parts = "", "_0_", []
    while _is_list(_item(held)):
        inner = f"{rows}_row" if rows != "_0_" else "row"
        loops += f" for {inner} in {rows}"
        parts.append(("counts", f"[len({inner}){loops}]", SequenceType(INT)))
        rows, held = inner, _item(held)
    number = "float(each)" if _item(held) == FLOAT else "each"
    entries = f"[{number}{loops} for each in {rows}]"
    return [("entries", entries, SequenceType(_item(held))), *reversed(parts)]


class _Core(Copier):
    """The compiled function: entries are its parameters, it returns numbers and arrays."""

    def __init__(self, source: Graph, parts: _Parts) -> None:
        super().__init__(source, f"{source.name}_compiled")
        self.parts = parts
        # What the function around hands in, in order.
        self.inputs: list[Node] = []
        self.graph.guards = {}
        self.graph.docstring = f"What `{source.name}` computes of its numbers."

    def parameters(self) -> None:
        read = _read_in(self.source, self.parts)
        own_names = {entry.name for entry in self.source.signature}
        taken: set[str] = set()
        signature: list[SignatureParameter] = []
        reals: list[str] = []
        for entry in self.source.signature:
            held = [node for node in self.parts.entries if self.parts.holder(node) == entry.name]
            own = [entry.node] if entry.node is not None else []
            for node in (*own, *held):
                if node not in read or node in self.parts.outside:
                    continue
                noun, number = called(node) or "entry", 1
                if node is not entry.node and noun in own_names:
                    noun = f"{entry.name}_{noun}"
                name = noun = entry.name if node is entry.node else noun
                while name in taken:
                    # Not `x_2`, which a compiler might take for a version of `x`.
                    number += 1
                    name = f"{noun}{number}"
                taken.add(name)
                self.inputs.append(node)
                if is_nested(node):
                    signature += self._rows(node, name, taken)
                    continue
                self.map[node] = new = self.graph.body.parameter(name, node.type)
                self.named(node, new)
                signature.append(SignatureParameter(name, node=new))
                if entry.name in self.source.reals and not _counts(node, self.source):
                    reals.append(name)
        self.graph.signature, self.graph.reals = tuple(signature), tuple(reals)

    def _rows(self, node: Node, name: str, taken: set[str]) -> Iterator[SignatureParameter]:
        """The parameters out of which a list of lists is made again."""
        made: Node | None = None
        with self.graph.inside(self.graph.body):
            parts = flattened(node.type)
            for ending, _, type_ in parts:
                stem = part = f"{name}_{ending}"
                while part in taken:
                    part = f"{part}_inner"
                taken.add(part)
                given = self.graph.body.parameter(part, type_)
                yield SignatureParameter(part, node=given)
                if made is None:
                    made = given
                else:
                    held = SequenceType(made.type)
                    made = self.graph.cursor.add(ROWS, (made, given), (stem, held, None), held)
        assert made is not None
        self.map[node] = made
        self.named(node, made)

    def step(self, step: Node) -> None:
        if step.block is not self.source.body or self.parts.stays(step):
            super().step(step)

    def mapped(self, node: Node) -> Node:
        if node not in self.map and node not in self.parts.needed.nodes and node.op is not CONSTANT:
            return self.graph.undefined()
        return super().mapped(node)

    def finish(self, old: Block, new: Block) -> None:
        if old is not self.source.body:
            super().finish(old, new)
            return
        found = tuple(map(self.mapped, self.parts.results()))
        with self.graph.inside(new):
            several = len(found) > 1
            new.results = (
                (self.graph.cursor.add(record, found, ("tuple", ())),) if several else found
            )


def _read_in(graph: Graph, parts: _Parts) -> set[Node]:
    """What the steps of the compiled function read, and what it returns."""
    found: set[Node] = set()
    for node in nodes_of(graph.body):
        if node in parts.needed.nodes and (node.block is not graph.body or parts.stays(node)):
            found.update(node.args)
            for block in (part for part in node.params if isinstance(part, Block)):
                found.update(block.results)
    return found


def _counts(number: Node, graph: Graph) -> bool:
    """Whether a whole number counts steps or says where something is."""
    if number.type != INT:
        return False
    whole = {number}
    for node in nodes_of(graph.body):
        if whole.isdisjoint(node.args):
            continue
        bounds = loop_parts(node)[0] if node.op is LOOP else node.args[1:]
        if node.op not in (record, display) and node.type == INT:
            whole.add(node)
        if (node.op is LOOP or node.op is index) and not whole.isdisjoint(bounds):
            return True
    return False


class _Shell(Copier):
    """The function of plain Python: it calls the compiled one."""

    def __init__(self, source: Graph, parts: _Parts, core: Graph, inputs: list[Node]) -> None:
        super().__init__(source)
        self.parts = parts
        self.core = core
        self.inputs = inputs

    def step(self, step: Node) -> None:
        if step in self.parts.outside or step in self.parts.entries:
            self.copy(step)

    def finish(self, old: Block, new: Block) -> None:
        with self.graph.inside(new):
            self._call()
            for step in old.steps:
                made = step in self.parts.writes or step in self.parts.assembled
                if made and step not in self.map:
                    self.graph.origin = step.origin
                    self.copy(step)
            new.results = tuple(map(self.mapped, old.results))

    def _call(self) -> None:
        """Call the compiled function, and read its results."""
        results = self.parts.results()
        effects = any(node.op.effect for node in nodes_of(self.core.body))
        if not results and not effects:
            return
        types = tuple(node.type for node in results)
        names = [self._name(node) for node in results]
        # What does not fit on one line is read out of the tuple.
        width = len(self.core.name) + sum(len(name or "t1") + 2 for name in names)
        called = Function(COMPILED, self.core.name, types=types, unpacked=width <= WIDEST)
        self.graph.functions = {**self.graph.functions, COMPILED: called}
        type_ = types[0] if len(types) == 1 else Record(types, "tuple")
        whole = self.parts.whole()
        op = CALL_FUNCTION_EFFECT if effects or not self.core.body.completes else CALL_FUNCTION
        args = tuple(arg for node in self.inputs for arg in self._handed(node))
        call = self.graph.cursor.add(op, args, (COMPILED,), type_)
        if whole is not None:
            self.map[whole] = call
        for k, node in enumerate(results if whole is None else ()):
            found = call
            if len(results) > 1:
                params = (f"_0_[{k}]", node.type, None)
                found = self.graph.cursor.add(VERBATIM, (call,), params, node.type)
            self.map[node] = found
            if (name := names[k]) is not None and called.unpacked:
                self.graph.names.setdefault(found, name)
        if not called.unpacked:
            self.graph.names.setdefault(call, "found")

    def _handed(self, node: Node) -> Iterator[Node]:
        """What the compiled function is given of a value."""
        given = self.mapped(node)
        if not is_nested(node):
            yield given
            return
        for _, text, type_ in flattened(node.type):
            yield self.graph.cursor.add(VERBATIM, (given,), (text, type_, None), type_)

    def _name(self, node: Node) -> str | None:
        """What a result is called in the compiled function, if anything."""
        told = [answer.text for answer in self.source.answers.get(node, ()) if answer.text]
        return self.source.names.get(node) or next(iter(told), None)
