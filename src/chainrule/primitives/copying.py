"""A walk that copies a graph into a new one; the base of every pass that rebuilds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from chainrule.graph.answer import Answer
from chainrule.graph.block import (
    CONSTANT,
    GLOBAL,
    ITEM,
    PARAMETER,
    REFERENCE,
    UNDEFINED,
    Block,
    Graph,
    SignatureParameter,
    Told,
)
from chainrule.graph.node import Node
from chainrule.graph.types import Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.arrays.lengths import Lengths
from chainrule.primitives.arrays.measured import as_in
from chainrule.primitives.control import IF, LOOP, TRY
from chainrule.primitives.declare import Structured
from chainrule.records import replace


class Copier:
    """Copies blocks node by node; ``mapped`` tells what an old node has become."""

    def __init__(self, source: Graph, name: str | None = None) -> None:
        self.source = source
        self.graph = Graph(name or source.name)
        self.map: dict[Node, Node] = {}
        # Results of structured nodes that were asked for: they change with their owners.
        self._items: dict[Node, dict[Node, None]] = {}
        # Of those loops of which the copies are not complete, the number of the first state and
        # the lengths of the states.
        self._open: dict[Node, tuple[int, dict[Node, Lengths]]] = {}
        # From this number on lengths are uncertain: a loop is open of whose states none are known.
        self._unsure = math.inf
        graph = self.graph
        graph.module = source.module
        graph.globals = source.globals
        graph.references = source.references
        graph.spellings = source.spellings
        graph.scopes = source.scopes
        graph.cells = source.cells
        graph.guards = source.guards
        graph.functions = source.functions
        graph.callees = source.callees
        graph.docstring = source.docstring
        graph.keeps, graph.overwrites = source.keeps, source.overwrites
        graph.attributes = source.attributes
        graph.reals = source.reals
        graph.cheap_tapes = source.cheap_tapes
        graph.by_fields = source.by_fields
        graph.mixed_result = source.mixed_result
        graph.raises_by_kind = source.raises_by_kind
        graph.keeps_calls = source.keeps_calls
        graph.sources = source.sources

    def run(self) -> Graph:
        """The whole graph, copied."""
        self.parameters()
        self.walk(self.source.body, self.graph.body)
        self.finish(self.source.body, self.graph.body)
        self.graph.body.completes = self.source.body.completes
        for choice, told in self.source.found.items():
            if choice in self.map:
                self.graph.found[self.map[choice]] = self.told(told)
        self.graph.continued.update(
            self.map[branch] for branch in self.source.continued if branch in self.map
        )
        return self.graph

    def told(self, told: Told | None) -> Told | None:
        """What a copied choice is told."""
        return None if told is None else told.map(self.mapped)

    def parameters(self) -> None:
        """Copy the function's own parameters."""
        for parameter in self.source.body.parameters:
            new = self.graph.body.parameter(str(parameter.params[0]), parameter.type)
            self.map[parameter] = new
            self.named(parameter, new)
        self.graph.signature = tuple(
            entry if entry.node is None else _with_node(entry, self.map[entry.node])
            for entry in self.source.signature
        )

    def named(self, old: Node, new: Node) -> None:
        """The copy has the old one's name, unless it has one; it comes from where that came."""
        source = self.source
        if old in source.given:
            self.graph.given.setdefault(new, source.given[old])
        if old in source.rows:
            self.graph.rows.setdefault(new, source.rows[old])
        if old in source.arguments:
            self.graph.arguments.setdefault(new, source.arguments[old])
        if old in source.answers and new.op is not CONSTANT:
            self.graph.answers.setdefault(new, tuple(map(self._answer, source.answers[old])))
        name = source.names.get(old)
        if name is not None and new.op not in (CONSTANT, GLOBAL):
            self.graph.names.setdefault(new, name)

    def _answer(self, answer: Answer) -> Answer:
        """The same answer of a copy."""
        return answer if answer.value is None else replace(answer, value=self.map.get(answer.value))

    def mapped(self, node: Node) -> Node:
        """What ``node`` has become."""
        known = self.map.get(node)
        if known is not None:
            return known
        if node.op is ITEM:
            owner = self.mapped(node.args[0])
            index = node.params[0]
            assert isinstance(index, int)
            new = owner.block.item(owner, index)
            self.named(node, new)
            self.map[node] = new
            self._items.setdefault(node.args[0], {})[node] = None
            return new
        return self.leaf(node)

    def leaf(self, node: Node) -> Node:
        graph = self.graph
        if node.op is CONSTANT:
            return graph.constant(node.params[0])
        if node.op is GLOBAL:
            module, name = node.params
            new = graph.global_name(
                str(module), str(name), graph.globals[str(module), str(name)], node.type
            )
            self.named(node, new)
            return new
        if node.op is REFERENCE:
            return graph.reference(node.params[0], graph.references[node.params[0]])
        if node.op is UNDEFINED:
            return graph.undefined()
        where = "parameter" if node.op is PARAMETER else "value"
        raise KeyError(f"{where} {node!r} was not copied")

    def walk(self, old: Block, new: Block) -> None:
        """Copy every step of ``old`` to the end of ``new``."""
        graph = self.graph
        with graph.inside(new), graph.answering(graph.origin):
            for step in old.steps:
                graph.origin = step.origin
                self.step(step)
        # What became of an inner branch may always raise.
        new.completes = new.completes and old.completes

    def step(self, step: Node) -> None:
        if isinstance(step.op, Structured):
            self.structured(step)
        else:
            self.copy(step)

    def copy(self, step: Node) -> Node:
        """Copy one step without blocks."""
        args = tuple(map(self.mapped, self.arguments(step)))
        new = self.graph.cursor.add(step.op, args, step.params, step.type)
        self.map[step] = new
        self.named(step, new)
        return new

    def arguments(self, step: Node) -> tuple[Node, ...]:
        """What a step without blocks reads."""
        return step.args

    def structured(self, node: Node) -> None:
        """Copy a step with blocks; results keep their positions."""
        if node.op is IF:
            then, orelse, style = node.params
            assert isinstance(then, Block) and isinstance(orelse, Block)
            blocks = self.arms(node, (then, orelse))
            self.replace(node, (self.predicate(node),), (*blocks, style))
        elif node.op is TRY:
            body, handlers = node.params
            assert isinstance(body, Block) and isinstance(handlers, tuple)
            blocks = self.arms(node, (body, *(block for _, _, block in handlers)))
            renewed = tuple(
                (text, name, new) for (text, name, _), new in zip(handlers, blocks[1:], strict=True)
            )
            self.replace(node, (), (blocks[0], renewed))
        elif node.op is LOOP:
            self.loop_copy(node)

    def predicate(self, branch: Node) -> Node:
        """What decides about the copy of a branch."""
        return self.mapped(branch.args[0])

    def arms(
        self, node: Node, olds: Sequence[Block], finish: Callable[[int, Block], None] | None = None
    ) -> list[Block]:
        """Copies of alternative blocks; ``finish`` may add to each."""
        news = []
        for position, old in enumerate(olds):
            new = Block(self.graph, self.graph.cursor)
            self.walk(old, new)
            self.finish(old, new)
            if finish is not None:
                with self.graph.inside(new):
                    finish(position, new)
            news.append(new)
        return news

    def replace(self, node: Node, args: tuple[Node, ...], params: tuple[object, ...]) -> Node:
        new = self.graph.cursor.add(node.op, args, params)
        # A block may be copied a second time; what follows then uses the second copy.
        for item in self._items.get(node, ()):
            self.map.pop(item, None)
        self.map[node] = new
        first, states = self._open.pop(node, (0, {}))
        if states:
            # What was not known of an unfinished loop can be found now.
            outer = (number for number, _ in self._open.values())
            self._forget_since(min(first, self._unsure, *outer))
        return new

    def _forget_since(self, first: float) -> None:
        """Forget the lengths of what was made from this number on, but for open loops."""
        known = self.graph.lengths
        for node in [node for node in known if node.serial >= first]:
            del known[node]
        for _, outer in self._open.values():
            known.update(outer)

    def open_loop(
        self, node: Node, parameters: Iterable[Node] | None = None
    ) -> tuple[Block | None, Block]:
        """Blocks for the copies of a loop's condition, if it has one, and of its body.

        That of the body has copies of all of its parameters, or of those given.
        """
        _, condition, old, _ = node.params
        assert isinstance(old, Block)
        parent = self.graph.cursor
        first = self.graph.last_serial + 1
        new_condition = None
        if isinstance(condition, Block):
            new_condition = parent = Block(self.graph, parent)
        body = Block(self.graph, parent)
        for parameter in old.parameters if parameters is None else parameters:
            type = self.parameter_type(parameter)
            self.map[parameter] = body.parameter(str(parameter.params[0]), type)
            self.named(parameter, self.map[parameter])
        states = [each for each in old.parameters if isinstance(each.type, Array)]
        lengths = self._lengths_of_copies(states)
        if lengths:
            self._open[node] = first, lengths
            self.graph.lengths.update(lengths)
        elif any(isinstance(each.type, (Array, SequenceType)) for each in old.parameters):
            self._unsure = min(first, self._unsure)
        return new_condition, body

    def _lengths_of_copies(self, states: Sequence[Node]) -> dict[Node, Lengths]:
        """While a loop is copied, the lengths of its states are those of the complete one."""
        alike = [each for each in states if each in self.map and self.map[each].type == each.type]
        found = {self.map[each]: as_in(each, self._copied_serial) for each in alike}
        return {state: lengths for state, lengths in found.items() if lengths}

    def _copied_serial(self, serial: int) -> int | None:
        """The number of the copy of a value, by its own: mostly that of an array that is given."""
        for copied in (self.source.given, self.map):
            for old in copied:
                if old.serial == serial and old in self.map:
                    return self.map[old].serial
        return None

    def copy_condition(self, node: Node, new: Block | None) -> None:
        """Copy the condition of a loop into the block that was opened for it."""
        condition = node.params[1]
        if isinstance(condition, Block) and new is not None:
            self.walk(condition, new)
            self.finish(condition, new)

    def parameter_type(self, parameter: Node) -> Type:
        """The type of a loop's parameter in the copy."""
        return parameter.type

    def loop_copy(self, node: Node) -> Node:
        """Copy a loop as it is."""
        kind, _, old, breaks = node.params
        assert isinstance(old, Block)
        args = tuple(map(self.mapped, node.args))
        new_condition, body = self.open_loop(node)
        self.copy_condition(node, new_condition)
        self.walk(old, body)
        self.finish(old, body)
        return self.replace(node, args, (kind, new_condition, body, breaks))

    def finish(self, old: Block, new: Block) -> None:
        """Give the copy of a block its results: what they are made of last stands in it."""
        with self.graph.inside(new):
            new.results = tuple(map(self.mapped, old.results))


def _with_node(entry: SignatureParameter, node: Node) -> SignatureParameter:
    return replace(entry, node=node)
