"""What is handed from turn to turn: the states of a loop, the arguments of a recursive function."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.bisections import step_blocks
from chainrule.graph.block import ITEM, PARAMETER, Block, Graph, inside
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    item_sources,
    loop_parts,
    next_states,
    owned_blocks,
    state_sources,
)
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT
from chainrule.records import dataclass

CALLS = (INVOKE, INVOKE_EFFECT)


@dataclass(frozen=True)
class Turns:
    """States, what each of them may be in the next turn, and which of them are used in the end.

    ``at`` is the loop, or the call of the function; ``asked`` decides which of several calls it
    is that goes on.
    """

    at: Node
    body: Block
    states: tuple[Node, ...]
    following: tuple[tuple[Node, ...], ...]
    asked: tuple[Node, ...]
    used: tuple[int, ...]


def turns_of_loop(loop: Node, needed: Collection[Node]) -> Turns:
    """The turns of a loop whose results among ``needed`` are used."""
    states = loop_parts(loop)[2]
    used = tuple(k for k in range(len(states)) if loop.block.item(loop, k) in needed)
    following = tuple((each,) for each in next_states(loop))
    return Turns(loop, step_blocks(loop)[0], states, following, (), used)


def turns_of_function(call: Node, function: Function) -> Turns | None:
    """The turns of a function that goes on by calling itself; None of another."""
    graph: Graph = function.lifted.graph
    own = [step for step in all_steps(graph.body) if is_call(step, function)]
    if not own or not all(_exclude(*pair) for pair in itertools.combinations(own, 2)):
        return None
    states = graph.body.parameters
    following = tuple(
        tuple(dict.fromkeys(args)) for args in zip(*(c.args for c in own), strict=True)
    )
    asked = dict.fromkeys(
        owner.args[0] for each in own for owner in each.block.owners() if owner.op is IF
    )
    results = [node for node in function.lifted.result.leaves() if node.op not in CALLS]
    made = made_of(results, graph.body)
    used = tuple(k for k, state in enumerate(states) if state in made)
    return Turns(call, graph.body, states, following, tuple(asked), used)


def _exclude(first: Node, second: Node) -> bool:
    """Whether only one of two steps is run: they stand in two arms of a branch."""
    blocks = dict.fromkeys(second.block.around())
    owners = (block.owner for block in first.block.around() if block not in blocks)
    return any(
        owner is not None and owner.op is IF and any(arm in blocks for arm in owned_blocks(owner))
        for owner in owners
    )


def is_call(step: Node, function: Function) -> bool:
    """Whether a step calls a function that is kept apart."""
    return step.op in CALLS and step.params[0] == function.key


def recursions(graph: Graph, needed: Collection[Node]) -> Iterator[tuple[Node, Function]]:
    """The needed calls of functions that are kept apart."""
    for step in all_steps(graph.body):
        if step.op in CALLS and step in needed:
            function = graph.functions[step.params[0]]
            if function.lifted is not None and not function.kind:
                yield step, function


def made_of(values: Iterable[Node], body: Block, ends: Collection[Node] = ()) -> frozenset[Node]:
    """What values in a body are computed of there down to ``ends``, and from outside."""
    found: set[Node] = set()
    stack = list(values)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(_before(node, body) if inside(node, body) and node not in ends else ())
    return frozenset(found)


def over_turns(found: frozenset[Node], turns: Turns) -> frozenset[Node]:
    """The same, and what the states among them were made of in the turns before."""
    met: set[Node] = set()
    while met != {*turns.states} & found:
        for k, state in enumerate(turns.states):
            if state in found and state not in met:
                met.add(state)
                found |= made_of(turns.following[k], turns.body)
    return found


def _before(node: Node, body: Block) -> Sequence[Node]:
    if node.op is ITEM and node.args[0].op in (IF, LOOP, TRY):
        owner = node.args[0]
        return [*item_sources(node), *(owner.args if owner.op is IF else ()), *goes_on(owner)]
    if node.op is PARAMETER:
        return outer_sources(node, body)
    return node.args


def goes_on(owner: Node) -> Sequence[Node]:
    """What a loop asks before each step."""
    return owned_blocks(owner)[0].results if owner.op is LOOP and owner.params[0] == "while" else ()


def outer_sources(node: Node, body: Block) -> Sequence[Node]:
    """What a parameter of a loop inside of the body may be."""
    owner = node.block.owner
    if owner is None or owner.op is not LOOP or step_blocks(owner)[0].encloses(body):
        return ()
    return state_sources(node, owner)
