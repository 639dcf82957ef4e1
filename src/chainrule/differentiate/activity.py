"""Which values a derivative flows through: varied by the inputs and useful to the results.

After Hascoet, Naumann, Pascual: "To be recorded" analysis in reverse-mode automatic
differentiation (2005), and Griewank and Walther, Evaluating Derivatives, ch. 6.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from chainrule.differentiate.call_results import is_unfelt
from chainrule.differentiate.carrying import carrying_args
from chainrule.differentiate.invariance import subtracted
from chainrule.differentiate.moving_places import ANYWHERE, Varied
from chainrule.differentiate.zeros import meets_point
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import CONSTANT, ITEM, REFERENCE, UNDEFINED, Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, varies
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    item_sources,
    loop_parts,
    next_states,
    owned_blocks,
    try_blocks,
)
from chainrule.primitives.effect import CALL, Verbatim
from chainrule.records import dataclass


def all_steps(block: Block) -> Iterator[Node]:
    """Every step of a block and of the blocks inside it."""
    stack = [iter(block.steps)]
    while stack:
        for step in stack[-1]:
            yield step
            inner = owned_blocks(step)
            if inner:
                stack.append(inner_step for owned in inner for inner_step in owned.steps)
                break
        else:
            stack.pop()


Carrying = Callable[[Node], Sequence[Node]]


def varied(
    graph: Graph,
    inputs: Iterable[Node],
    carrying: Carrying = carrying_args,
    by_places: bool = False,
) -> set[Node]:
    """Values that depend on ``inputs`` differentiably: by way of what ``carrying`` gives.

    Lists vary as a whole, or ``by_places``.
    """
    found = Varied(inputs, by_places)
    _vary_block(graph.body, found, carrying)
    return found


# The same under a name that no set of values hides.
all_varied = varied


def _vary_block(block: Block, varied: Varied, carrying: Carrying) -> bool:
    """Note what varies in a block; whether that is more than was known."""
    grown = False
    for step in block.steps:
        if step.op is LOOP:
            grown |= _vary_loop(step, varied, carrying)
        elif step.op is IF:
            arms = owned_blocks(step)
            for arm in arms:
                grown |= _vary_block(arm, varied, carrying)
            grown |= _vary_items(step, arms, 0, varied)
            if meets_point(step.args[0], varied):
                grown |= _vary_chosen(step, arms, varied)
        elif step.op is TRY:
            blocks = try_blocks(step.params)
            for owned in blocks:
                grown |= _vary_block(owned, varied, carrying)
            grown |= _vary_items(step, blocks, 1, varied)
        elif any(arg in varied for arg in carrying(step)):
            if step.type.differentiable and not is_unfelt(step, varied, all_varied):
                grown |= varied.vary(step, varied.of_step(step))
            if step.op is CALL:
                for each in _filled(step):
                    grown |= varied.vary(each, ANYWHERE)
    return grown


def _vary_chosen(branch: Node, arms: Sequence[Block], varied: Varied) -> bool:
    """Numbers of which an arm gives another at one point are constant beside it only."""
    grown = False
    for k, results in enumerate(zip(*(arm.results for arm in arms), strict=True)):
        item = branch.block.item(branch, k)
        certain = all(each.op is not UNDEFINED for each in results)
        if certain and item.type == FLOAT and results[0] is not results[1]:
            grown |= varied.vary(item, ANYWHERE)
    return grown


def _filled(call: Node) -> list[Node]:
    """The object whose method has taken what varies: what is read out of it may vary, too.

    It may itself have been read out of another, as in ``groups[key].append(x)``.
    """
    found = []
    owner = call.args[0] if str(call.params[0]).startswith("_0_.") else None
    while owner is not None and owner.op not in (CONSTANT, REFERENCE):
        found.append(owner)
        inside = isinstance(owner.op, Verbatim) and str(owner.params[0]).startswith("_0_")
        owner = owner.args[0] if inside and owner.args else None
    return found


def _vary_items(node: Node, blocks: Sequence[Block], first: int, varied: Varied) -> bool:
    grown = False
    for k in range(len(blocks[0].results)):
        item = node.block.item(node, first + k)
        if item.type.differentiable:
            for block in blocks:
                grown |= varied.vary(item, varied.places(block.results[k]))
    return grown


def _vary_loop(node: Node, varied: Varied, carrying: Carrying) -> bool:
    _, initial, parameters = loop_parts(node)
    nexts = next_states(node)
    grown, changed = False, True
    while changed:
        changed = False
        for start, parameter, following in zip(initial, parameters, nexts, strict=True):
            if parameter.type.differentiable:
                for source in (start, following):
                    changed |= varied.vary(parameter, varied.places(source))
        for block in owned_blocks(node):
            changed |= _vary_block(block, varied, carrying)
        grown |= changed
    for k, parameter in enumerate(parameters):
        if parameter in varied:
            grown |= varied.vary(node.block.item(node, k), varied.places(parameter))
    return grown


@dataclass(frozen=True)
class Active:
    """The values through which a derivative flows.

    It is ``partial`` where it does not flow through some on which no result depends, although it
    is computed from them: what others vary by is then a part of their derivative only.
    """

    values: frozenset[Node]
    partial: bool


def active(graph: Graph, varied: set[Node], results: Sequence[Node]) -> Active:
    """The values through which a derivative flows from what ``varied`` to ``results``.

    Raises
    ------
    NotDifferentiableError
        Where it would have to flow through an array of integers: an int stands for a real
        number, but NumPy's arrays of ints hold no others.  Or through an entry of a list which
        is an array in some places and a number in others.
    """
    needed = useful(graph, results)
    for step in all_steps(graph.body):
        whole = isinstance(step.type, Array) and not step.type.differentiable
        if whole and step in needed and any(map(varied.__contains__, _numbers_in(step))):
            raise NotDifferentiableError(
                "an int that is differentiated by becomes part of an array of integers",
                remedy="Pass a float.",
                position=step.origin.position,
            )
    felt = varied & needed
    refuse_varying(graph, felt, results)
    gone = subtracted(graph, felt, results)
    return Active(frozenset(varied & useful(graph, results, gone) if gone else felt), bool(gone))


def refuse_varying(graph: Graph, felt: set[Node], results: Sequence[Node]) -> None:
    """Refuse what is computed of an entry of which only the run tells whether it has axes."""
    found = [step for step in all_steps(graph.body) if not owned_blocks(step)]
    for step in (*found, *results):
        if step in felt and any(varies(each.type) for each in (step, *step.args)):
            raise NotDifferentiableError(
                "a list that holds arrays in some places, and numbers or arrays of another rank "
                "in others",
                remedy="Fill it with arrays from the start, or keep them in two lists.",
                position=step.origin.position,
            )


def _numbers_in(step: Node) -> list[Node]:
    """The numbers, and lists of numbers, that an array is computed from."""
    return [arg for arg in carrying_args(step) if not isinstance(arg.type, Array)]


def useful(graph: Graph, results: Iterable[Node], without: Collection[Node] = ()) -> set[Node]:
    """Values on which ``results`` depend differentiably, not by way of those ``without``."""
    owners = _state_owners(graph)
    useful: set[Node] = set()
    stack = list(results)
    while stack:
        node = stack.pop()
        if node in useful or node in without:
            continue
        useful.add(node)
        if node.op is ITEM and owned_blocks(node.args[0]):
            stack.extend(item_sources(node))
        elif node in owners:
            loop, k = owners[node]
            stack.append(loop.block.item(loop, k))
        elif node.op is ITEM:
            stack.append(node.args[0])
        else:
            stack.extend(carrying_args(node))
    return useful


def _state_owners(graph: Graph) -> dict[Node, tuple[Node, int]]:
    """The loop and the position of every state parameter."""
    owners: dict[Node, tuple[Node, int]] = {}
    for step in all_steps(graph.body):
        if step.op is LOOP:
            for k, parameter in enumerate(loop_parts(step)[2]):
                owners[parameter] = (step, k)
    return owners
