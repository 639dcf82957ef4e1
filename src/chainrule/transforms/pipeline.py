"""The list of passes: from a lifted function to the graph of its derivative.

    lift ─▶ activity ─▶ forward: copy with tangents
                    └─▶ reverse: pull back ─▶ record ─▶ results

Every function here takes and gives a :class:`~chainrule.lift.lifter.Lifted`, so derivatives of
derivatives are taken by applying one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.continued import with_continued
from chainrule.differentiate.forward import ForwardWalker
from chainrule.differentiate.found import with_notices
from chainrule.differentiate.record import record
from chainrule.differentiate.reverse import ReverseWalker
from chainrule.differentiate.truths import with_truths
from chainrule.errors import ArgumentError, ForwardRefused, NotDifferentiableError
from chainrule.graph.block import PARAMETER, Graph
from chainrule.graph.large import large_programs
from chainrule.graph.node import Node, Origin
from chainrule.graph.structure import Structure
from chainrule.graph.types import BOOL, Array, is_complex, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.lifted import Lifted, assemble
from chainrule.primitives.broadcasting import in_full
from chainrule.primitives.control import LOOP
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import operations
from chainrule.primitives.owned import is_argument, own_copy
from chainrule.primitives.sequence import zero_of
from chainrule.records import dataclass, replace
from chainrule.simplify.additions import added_in_place
from chainrule.simplify.recognised import recognise
from chainrule.simplify.walks import TooLong, simplify, through
from chainrule.simplify.written_out import written_out
from chainrule.transforms.bracketed import with_roots
from chainrule.transforms.narrowed import with_places

# With a loop, up to this many scalars are differentiated forward: no tape at all, unless the
# way back takes less than this part of the operations, which pays for its tape.
FORWARD_WITH_LOOP = 4
WORTH_A_TAPE = 2 / 3
# The first of the walks that simplify leaves fewer than so many times the operations in the end.
SHRINKS = 1.25
# Both modes are tried with up to so many inputs, of functions of up to so many operations: of
# others the forward one is shorter by a few in a hundred at most, and rarely.
MOST_DIRECTIONS = 12
TRIED = 40


@dataclass(frozen=True)
class Tangents:
    """A program with tangents: per direction the tangents of the result's leaves."""

    lifted: Lifted
    result: tuple[tuple[Node, ...], ...]


Change = Callable[[Node], Node]
# For every direction the states of loops, with the states that are their tangents.
Beside = list[dict[Node, Node]]
# A parameter named alone, or several: the gradient is then a tuple.
Wrt = str | tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """The parameters that are differentiated by: their layouts."""

    structures: tuple[Structure, ...]
    single: bool

    @property
    def inputs(self) -> list[Node]:
        """Their leaves, in order."""
        return [leaf for structure in self.structures for leaf in structure.leaves()]

    def map(self, change: Change, keep: Change | None = None) -> Wanted:
        """The same layouts with every leaf changed, and by ``keep`` what is no leaf."""
        found = tuple(structure.map(change, keep) for structure in self.structures)
        return Wanted(found, self.single)

    def layout(self, change: Change, keep: Change | None = None) -> Structure:
        """The gradient: for one parameter named alone its layout, else a tuple of layouts."""
        found = self.map(change, keep).structures
        return found[0] if self.single else Structure("tuple", None, found)


def names_of(wrt: Wrt) -> tuple[str, ...]:
    """The names that ``wrt`` lists."""
    return (wrt,) if isinstance(wrt, str) else wrt


def wanted(lifted: Lifted, wrt: Wrt) -> Wanted:
    """Layouts of the parameters that are differentiated by.

    Raises
    ------
    ArgumentError
        When one of them holds no number.
    """
    found = []
    for name in names_of(wrt):
        structure = lifted.parameters[name]
        if not any(True for _ in structure.leaves()):
            raise ArgumentError(
                f"parameter `{name}` holds no number to differentiate by",
                remedy="Name a parameter that is a float or a container of floats in `wrt`; "
                "`*args` is empty before it is called.",
            )
        if any(is_complex(leaf.type) for leaf in structure.leaves()):
            raise NotDifferentiableError(
                f"parameter `{name}` is or holds a complex number",
                remedy="Differentiate by its real and its imaginary part.",
            )
        found.append(structure)
    return Wanted(tuple(found), isinstance(wrt, str))


def is_scalar(node: Node) -> bool:
    """Whether a value is one number, not a list."""
    return not isinstance(node.type, SequenceType) and not unit_axes_of(node.type)


def scalar_result(lifted: Lifted, transform: str) -> Node | None:
    """The one number that the function returns; None when it is a constant.

    Raises
    ------
    ArgumentError
        When the function returns something else.
    """
    structure = lifted.result
    if structure.kind == "leaf" and structure.node is not None and is_scalar(structure.node):
        if is_complex(structure.node.type):
            raise ArgumentError(
                f"`{lifted.graph.name}` returns a complex number, and {transform} needs a real one",
                remedy="Return its real or imaginary part, or its magnitude.",
            )
        return structure.node
    if structure.kind == "static" and lifted.graph.body.completes is False:
        return None
    if structure.kind == "static" and structure.node is not None and structure.node.type == BOOL:
        return None
    raise ArgumentError(
        f"`{lifted.graph.name}` returns {_named(structure)}, and {transform} needs one number",
        remedy="Use jacobian for several results, or return the number that is meant.",
    )


def _named(structure: Structure) -> str:
    """What a result that is not one number is called."""
    if structure.node is not None and isinstance(structure.node.type, Array):
        return "an array"
    return "a container" if structure.parts or structure.kind == "leaf" else "no number"


def forward(
    lifted: Lifted,
    inputs: Sequence[Node],
    suffixes: Sequence[str],
    seeds: Sequence[dict[Node, Callable[[], Node]]] | None = None,
    known: Beside | None = None,
) -> tuple[ForwardWalker, Structure]:
    """The program with tangents along one direction for each input, or along ``seeds``.

    ``known`` are those that the program computes already.
    """
    results = list(lifted.result.leaves())
    walker = ForwardWalker(lifted.graph, inputs, results, suffixes)
    if not walker.is_partial:
        walker.known = known or walker.known
    if seeds is None:
        one: Callable[[], Node] = lambda: walker.graph.constant(1.0)  # noqa: E731
        walker.seeds = [{node: one} for node in inputs]
    else:
        walker.seeds = list(seeds)
    walker.run()
    return walker, lifted.result.map(walker.mapped, walker.mapped)


def tangent_of(walker: ForwardWalker, node: Node, direction: int) -> Node:
    """Tangent of an old node, zero where it does not vary."""
    dot = walker.dot(node, direction)
    with walker.graph.inside(walker.graph.body):
        return whole(dot, walker.mapped(node))


def whole(value: Node | None, node: Node) -> Node:
    """A tangent or adjoint of ``node`` as it is handed out: of its shape and dtype."""
    if isinstance(node.type, Array):
        return own_copy(in_full(value, node))
    return zero_of(node) if value is None else value


def finish(
    lifted: Lifted,
    graph_of: Copier | None,
    result: Structure,
    graph: object = None,
    beside: Beside | None = None,
    most: float = math.inf,
) -> Lifted:
    """A lifted function whose result is ``result``, simplified as by :func:`simplified`.

    Of a forward walk it is written to ``beside`` which tangents its loops carry.
    """
    new = graph_of.graph if graph_of is not None else graph
    assert new is not None
    assert isinstance(new, Graph)
    with new.inside(new.body):
        new.body.results = (assemble(new, result),)
    parameters = lifted.parameters
    if graph_of is not None:
        parameters = {name: _mapped(structure, graph_of) for name, structure in parameters.items()}
    made = replace(lifted, graph=new, parameters=parameters, result=result)
    if not isinstance(graph_of, ForwardWalker):
        return supplied(made, {})
    if beside is not None:
        beside[:] = [] if graph_of.is_partial else graph_of.beside
    return supplied(made, graph_of.pairs, beside, most)


def simplified(
    lifted: Lifted,
    pairs: dict[Node, Node] | None = None,
    beside: Beside | None = None,
    most: float = math.inf,
) -> Lifted:
    """The same function with simpler derivative code; ``pairs`` and ``beside`` are renewed.

    Raises
    ------
    TooLong
        When more than ``most`` operations are left at first.
    """
    graph = lifted.graph
    # What was asked of unfinished loops is not what is known now.
    graph.lengths.clear()
    count = len(graph.body.results)
    # What parameters and results hold are followed through the walks as further results.
    inputs = [node for structure in lifted.parameters.values() for node in structure.nodes()]
    graph.body.results = (*graph.body.results, *inputs, *lifted.result.nodes())
    walks = simplify(graph, most)
    recognise(graph, walks)
    new = walks[-1].graph if walks else graph
    new.body.results = new.body.results[:count]

    def follow(node: Node) -> Node:
        found = through(walks, node)
        assert found is not None
        return found

    for known in (pairs or {}, *(beside or ())):
        _renew(known, walks)
    for states in beside or []:
        # What was a state may be a plain value now, and the tangents of a list their running sum.
        for state, dot in list(states.items()):
            lists = {isinstance(each.type, SequenceType) for each in (state, dot)}
            apart = not state.op is dot.op is PARAMETER or state.block is not dot.block
            if apart or len(lists) > 1:
                del states[state]
    parameters = {n: structure.map(follow, follow) for n, structure in lifted.parameters.items()}
    result = lifted.result.map(follow, follow)
    owned = _owned(lifted.result, follow)
    if owned and count == 1:

        def kept(node: Node) -> Node:
            return owned.get(node, node)

        result = result.map(kept, kept)
        with new.inside(new.body):
            new.body.results = (assemble(new, result),)
    for walk in walks[:-1]:
        walk.graph.dissolve()
    return replace(lifted, graph=new, parameters=parameters, result=result)


def _renew(pairs: dict[Node, Node], walks: Sequence[Copier]) -> None:
    """Pairs of nodes as they are after the walks; those of which one is gone are gone."""
    renewed = {}
    for first, second in pairs.items():
        new_first, new_second = through(walks, first), through(walks, second)
        if new_first is not None and new_second is not None:
            renewed[new_first] = new_second
    pairs.clear()
    pairs.update(renewed)


def _owned(result: Structure, follow: Callable[[Node], Node]) -> dict[Node, Node]:
    """Copies of those derivatives that simplification has made arrays of the caller's."""
    copies: dict[Node, Node] = {}
    for node in result.nodes():
        if node.origin.derivative and isinstance(node.type, Array):
            found = follow(node)
            if is_argument(found):
                with found.graph.inside(found.graph.body):
                    made = own_copy(found)
                if made is not found:
                    copies[found] = made
    return copies


def _mapped(structure: Structure, copier: Copier) -> Structure:
    """A parameter's layout in the copied graph; leaves that nothing reads are gone."""
    if structure.node is not None:
        try:
            return Structure(structure.kind, copier.mapped(structure.node))
        except KeyError:
            return Structure("static", None)
    parts = tuple(_mapped(part, copier) for part in structure.parts)
    return Structure(structure.kind, None, parts, structure.keys)


def forward_gradient(
    lifted: Lifted,
    wrt: Wanted,
    output: Node,
    with_value: bool,
    beside: Beside | None = None,
    most: float = math.inf,
) -> Lifted:
    """Gradient of a number, one direction for every scalar input.

    Raises
    ------
    TooLong
        When it certainly takes more than ``most`` operations.
    """
    inputs = wrt.inputs
    suffixes = direction_suffixes(lifted, inputs)
    walker, value = forward(lifted, inputs, suffixes)
    dots = {node: tangent_of(walker, output, k) for k, node in enumerate(inputs)}
    gradient = wrt.layout(dots.__getitem__, walker.mapped)
    result = Structure("tuple", None, (value, gradient)) if with_value else gradient
    return finish(lifted, walker, result, beside=beside, most=most * SHRINKS)


def direction_suffixes(lifted: Lifted, inputs: Sequence[Node]) -> list[str]:
    """What is put behind a name to name its tangent in each direction."""
    if len(inputs) == 1:
        return ["_dot"]
    names = [lifted.graph.names.get(node, f"d{k}") for k, node in enumerate(inputs)]
    return [f"_d{name}" for name in names]


def reverse_gradient(lifted: Lifted, wrt: Wanted, output: Node, with_value: bool) -> Lifted:
    """Gradient of a number by one walk back."""
    bars, copied, walker = pulled_back(lifted, wrt, [(output, None)])
    gradient = bars
    result = Structure("tuple", None, (copied.result, gradient)) if with_value else gradient
    return recorded(copied, walker, result)


def pulled_back(
    lifted: Lifted, wrt: Wanted, seeds: Sequence[tuple[Node, Node | None]]
) -> tuple[Structure, Lifted, ReverseWalker]:
    """Adjoints of the inputs, in a copy of the program; a seed of None is 1."""
    copied, copier = copy_of(lifted)
    graph = copied.graph
    new_wrt = wrt.map(copier.mapped, copier.mapped)
    inputs = new_wrt.inputs
    outputs = [copier.mapped(node) for node, _ in seeds]
    walker = ReverseWalker(graph, inputs, outputs)
    steps = list(graph.body.steps)
    position = outputs[0].origin.position
    with graph.inside(graph.body), graph.answering(Origin(position, derivative=True)):
        for output, (_, seed) in zip(outputs, seeds, strict=True):
            walker.accumulate(output, graph.constant(1.0) if seed is None else copier.mapped(seed))
        walker.pull(steps)

        def bar(node: Node) -> Node:
            found = walker.bar(node)
            if found is not None:
                walker.answered(node, found)
            return whole(found, node)

        bars = new_wrt.layout(bar)
    return bars, copied, walker


def completed(lifted: Lifted) -> Lifted:
    """The same program, as its loops and writes read now that all of it is known."""
    for change in (written_out, added_in_place):
        copier = change(lifted.graph)
        if copier is not None:
            lifted = _copied(lifted, copier)
    if any(step.origin.derivative for step in all_steps(lifted.graph.body)):
        # Derivatives that the function itself takes, as derivatives of derivatives begin with them.
        lifted = simplified(lifted)
    return lifted


def continued(lifted: Lifted, wrt: Wrt) -> Lifted:
    """The same program, whose arms for single points have the slopes of what they skip."""
    copier = with_continued(lifted.graph, wanted(lifted, wrt).inputs)
    return lifted if copier is None else _copied(lifted, copier)


def noticed(lifted: Lifted, inputs: Sequence[Node]) -> Lifted:
    """The same program, with choices that ask for truths and are told what was found equal."""
    for change in (with_continued, with_truths, with_notices):
        copier = change(lifted.graph, inputs)
        if copier is not None:
            lifted = _copied(lifted, copier)
            inputs = [copier.mapped(each) for each in inputs]
    return lifted


def solved(lifted: Lifted, inputs: Sequence[Node]) -> Lifted:
    """The same program, in which what bisections and sections find has its slope."""
    while True:
        results = list(lifted.result.leaves())
        copier = with_roots(lifted.graph, inputs, results)
        copier = copier or with_places(lifted.graph, inputs, results)
        if copier is None:
            return lifted
        lifted = _copied(lifted, copier)
        inputs = [copier.mapped(each) for each in inputs]


def copy_of(lifted: Lifted) -> tuple[Lifted, Copier]:
    """An independent copy, to which adjoints can be appended."""
    copier = Copier(lifted.graph)
    copier.run()
    return _copied(lifted, copier), copier


def _copied(lifted: Lifted, copier: Copier) -> Lifted:
    """The function whose graph a copier has made."""
    parameters = {name: _mapped(structure, copier) for name, structure in lifted.parameters.items()}
    return replace(
        lifted,
        graph=copier.graph,
        parameters=parameters,
        result=lifted.result.map(copier.mapped, copier.mapped),
    )


def recorded(
    lifted: Lifted, walker: ReverseWalker, result: Structure, most: float = math.inf
) -> Lifted:
    """Supply the backward loops, and set the result."""
    graph = lifted.graph
    with graph.inside(graph.body):
        graph.body.results = (assemble(graph, result),)
    return supplied(replace(lifted, result=result), walker.pairs, most=most)


def supplied(
    lifted: Lifted,
    pairs: dict[Node, Node],
    beside: Beside | None = None,
    most: float = math.inf,
) -> Lifted:
    """The same function with simpler derivative code; loops have what they need of others."""
    simple = simplified(lifted, pairs, beside, most)
    copier = record(simple.graph, pairs)
    if copier is None:
        return simple
    for states in beside or []:
        states.clear()
    parameters = {name: _mapped(structure, copier) for name, structure in simple.parameters.items()}
    return simplified(
        replace(
            simple,
            graph=copier.graph,
            parameters=parameters,
            result=simple.result.map(copier.mapped, copier.mapped),
        )
    )


def gradient(
    lifted: Lifted,
    wrt: Wrt,
    mode: str,
    with_value: bool,
    transform: str = "grad",
    beside: Beside | None = None,
) -> Lifted:
    """The gradient by the cheaper mode, or by the one asked for.

    Where that is the forward one, it is written to ``beside`` which tangents loops carry.
    """
    structures = wanted(lifted, wrt)
    output = scalar_result(lifted, transform)
    inputs = structures.inputs
    if output is None:
        lifted, copier = copy_of(lifted)
        structures = structures.map(copier.mapped, copier.mapped)
        zeros = structures.layout(lambda node: lifted.graph.constant(0.0))
        result = Structure("tuple", None, (lifted.result, zeros)) if with_value else zeros
        return finish(lifted, None, result, lifted.graph)
    scalars = all(is_scalar(node) for node in inputs)
    with large_programs():
        if mode == "forward" and not scalars:
            from chainrule.transforms.sweeps import gradient_by_sweeps

            return gradient_by_sweeps(lifted, structures, output, with_value)
        if mode == "reverse" or not scalars:
            return reverse_gradient(lifted, structures, output, with_value)
        if mode == "forward":
            return forward_gradient(lifted, structures, output, with_value, beside=beside)
        try:
            return _by_the_cheaper_mode(lifted, structures, output, with_value, beside)
        except ForwardRefused:
            return reverse_gradient(lifted, structures, output, with_value)


def _by_the_cheaper_mode(
    lifted: Lifted, structures: Wanted, output: Node, with_value: bool, beside: Beside | None
) -> Lifted:
    """The gradient by some numbers, without a tape where that is worth it."""
    inputs = structures.inputs
    if len(inputs) == 1:
        return forward_gradient(lifted, structures, output, with_value, beside=beside)
    if any(step.op is LOOP for step in all_steps(lifted.graph.body)):
        if len(inputs) > FORWARD_WITH_LOOP:
            return reverse_gradient(lifted, structures, output, with_value)
        if len(inputs) == 2:
            return forward_gradient(lifted, structures, output, with_value, beside)
        backward = reverse_gradient(lifted, structures, output, with_value)
        most = operations(backward.graph) / WORTH_A_TAPE
        try:
            onward = forward_gradient(lifted, structures, output, with_value, beside, most)
        except TooLong:
            pass
        else:
            if operations(backward.graph) >= WORTH_A_TAPE * operations(onward.graph):
                return onward
        if beside is not None:
            beside.clear()
        return backward
    backward = reverse_gradient(lifted, structures, output, with_value)
    if len(inputs) > MOST_DIRECTIONS or operations(lifted.graph) > TRIED:
        return backward
    onward = forward_gradient(lifted, structures, output, with_value)
    return onward if operations(onward.graph) < operations(backward.graph) else backward
