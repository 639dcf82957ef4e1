"""Lists whose entries are all of one kind, for targets that know no other lists.

    x = [0] * n                  x = [0.0] * n
    x[0] = a                     x[0] = a

A compiler would cut off ``a``: a list of ints stays one.  Where floats are put into a list, and
into what is made of it or what it is made of, the ints that are put in are floats, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chainrule.emit.containers.shells import ROWS
from chainrule.errors import UnsupportedError
from chainrule.graph.block import ITEM, PARAMETER, Graph
from chainrule.graph.classes import Classes
from chainrule.graph.node import Node, Op
from chainrule.graph.types import BOOL, FLOAT, INT, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.control import LOOP, loop_parts
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.left_end import prepend
from chainrule.primitives.rounding import to_float
from chainrule.primitives.sequence import append, display, filled, index, index_add, index_set
from chainrule.primitives.updates import UPDATES, sources_of

# What puts entries into a list, with the position of the first of these among its arguments.
PUTTING: dict[Op, int] = {display: 0, filled: 1, append: 1, prepend: 1}
WRITING = (index_set, index_add)
WHOLE = (INT, BOOL)


def with_float_entries(graph: Graph) -> Graph:
    """The graph with floats in the lists that get some; itself where there are no such lists.

    Raises
    ------
    UnsupportedError
        When floats are put into a list of ints that is the caller's, who has it in the end.
    """
    nodes = list(nodes_of(graph.body))
    putting = [node for node in nodes if node.op in PUTTING and _puts(node, WHOLE)]
    given = {
        entry.node: entry.name
        for entry in graph.signature
        if entry.node is not None and _is_list(entry.node.type) and _kind(entry.node.type) in WHOLE
    }
    if not putting and not given:
        return graph
    classes = _classes(nodes, _kin)
    floats = {classes.find(node) for node in _with_floats(nodes)}
    widened = {node for node in putting if classes.find(node) in floats}
    reals = {node: name for node, name in given.items() if classes.find(node) in floats}
    for node, step in written(graph).items() if reals else ():
        if node in reals:
            raise UnsupportedError(
                f"floats are put into `{reals[node]}`, a list of ints: compiled, it can hold no "
                "others",
                remedy="Give it floats, or use target='math'.",
                position=step.origin.position,
            )
    if not widened and not reals:
        return graph
    made = _Widened(graph, widened).run()
    made.reals = (*made.reals, *reals.values())
    return made


def _puts(node: Node, kinds: tuple[Type, ...]) -> bool:
    return any(arg.type in kinds for arg in node.args[PUTTING[node.op] :])


def _with_floats(nodes: list[Node]) -> Iterator[Node]:
    """Lists that hold floats by their types, or into which one is put."""
    for node in nodes:
        for one in (node, *node.args):
            if _is_list(one.type) and _kind(one.type) == FLOAT:
                yield one
        if (node.op in PUTTING and _puts(node, (FLOAT,))) or (
            node.op in WRITING and node.args[-1].type == FLOAT
        ):
            yield node


def written(graph: Graph) -> dict[Node, Node]:
    """The lists of the caller's that are written to, each with a step that does so."""
    nodes = list(nodes_of(graph.body))
    versions = _classes(nodes, sources_of)
    steps = {versions.find(step): step for step in nodes if step.op in UPDATES}
    given = (entry.node for entry in graph.signature if entry.node is not None)
    return {node: steps[root] for node in given if (root := versions.find(node)) in steps}


def _classes(nodes: list[Node], kin: Callable[[Node], Sequence[Node]]) -> Classes[Node]:
    """Lists that are one at different times, or ``kin``."""
    classes: Classes[Node] = Classes()
    read = dict.fromkeys(arg for node in nodes for arg in node.args if arg.op is ITEM)
    states = [state for node in nodes if node.op is LOOP for state in loop_parts(node)[2]]
    for node in (*nodes, *read, *states):
        for other in kin(node):
            if _is_list(node.type) and _is_list(other.type):
                classes.join(node, other)
    return classes


def _kin(node: Node) -> Sequence[Node]:
    """Lists that have, or are, entries of ``node``, or the same entries."""
    if node.op is ROWS:
        return node.args[:1]
    known = node.op not in (ITEM, PARAMETER) and (node.op is index or _is_list(node.type))
    return node.args if known else sources_of(node)


def _is_list(type: Type) -> bool:
    return isinstance(type, SequenceType) and type.kind == "list"


def _kind(type: Type) -> Type:
    while isinstance(type, SequenceType):
        type = type.item
    return type


class _Widened(Copier):
    """A copy in which ints that are put into these lists are floats."""

    def __init__(self, source: Graph, widened: set[Node]) -> None:
        super().__init__(source)
        self.widened = widened

    def copy(self, step: Node) -> Node:
        if step not in self.widened:
            return super().copy(step)
        first = PUTTING[step.op]
        args = [self.mapped(arg) for arg in step.args]
        args[first:] = [self._float(arg) if arg.type in WHOLE else arg for arg in args[first:]]
        new = self.graph.cursor.add(step.op, tuple(args), step.params)
        self.map[step] = new
        self.named(step, new)
        return new

    def _float(self, number: Node) -> Node:
        if is_constant(number):
            return self.graph.constant(float(constant_value(number)))
        return self.graph.cursor.add(to_float, (number,))
