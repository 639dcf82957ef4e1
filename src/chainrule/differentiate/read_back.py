"""Numbers that are read out of texts of what is differentiated by: their slope would be lost.

    sum(float(v) for v in f"{x},{2 * x}".split(","))

A text carries no derivative, and neither do its parts, what it is written into, and what of an
exception is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from chainrule.differentiate.activity import all_steps, useful, varied
from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, OPAQUE, Array
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
from chainrule.primitives.effect import CALL, FACT, RAISE, Verbatim

# What makes a number, or numbers, of a text.
READING = ("to_float", "array_literal")
NUMBERS = (BOOL, INT, FLOAT)


def refuse_texts(graph: Graph, inputs: Iterable[Node], results: Sequence[Node]) -> None:
    """Refuse a derivative that would flow through texts of numbers.

    Raises
    ------
    UnsupportedError
        Where a result is computed of a number that is read out of such a text.
    """
    steps = list(all_steps(graph.body))
    if not any(map(_reads, steps)):
        return
    used = useful(graph, results)
    reading = [step for step in steps if step in used and _reads(step)]
    for given in inputs if reading else ():
        shown = _shown(steps, varied(graph, [given]))
        for step in reading:
            if any(arg in shown for arg in step.args):
                raise UnsupportedError(
                    "a derivative would have to flow through a text that is read back",
                    remedy="Use the number itself, or round(x, n) of it.",
                    position=step.origin.position,
                )


def _reads(step: Node) -> bool:
    if step.op.name in READING:
        return any(arg.type in (OPAQUE, DYNAMIC) for arg in step.args)
    return isinstance(step.op, Verbatim) and str(step.params[0]).startswith("float(")


def _shown(steps: Sequence[Node], felt: Collection[Node]) -> set[Node]:
    """What holds texts of what is felt."""
    shown: set[Node] = set()
    size = -1
    while size != len(shown):
        size = len(shown)
        for step in steps:
            shown.update(_holders(step, felt, shown))
    return shown


def _holders(step: Node, felt: Collection[Node], shown: set[Node]) -> Iterator[Node]:
    """What holds a text where a step has made, copied or written one."""
    if isinstance(step.op, Verbatim):
        holds = any(arg in shown or (arg in felt and step.type == OPAQUE) for arg in step.args)
        if holds and step.op is not FACT and step.type not in NUMBERS:
            yield step
            if step.op is CALL and str(step.params[0]).startswith("_0_."):
                yield step.args[0]
    elif step.op is LOOP:
        _, initial, states = loop_parts(step)
        for k, pair in enumerate(zip(initial, next_states(step), strict=True)):
            if not shown.isdisjoint(pair):
                yield from (states[k], step.block.item(step, k))
    elif step.op in (IF, TRY):
        first = 1 if step.op is TRY else 0
        for k in range(len(owned_blocks(step)[0].results)):
            item = step.block.item(step, first + k)
            if not shown.isdisjoint(item_sources(item)):
                yield item
        if step.op is TRY:
            yield from _exceptions(step, felt, shown)
    elif step.type in NUMBERS or isinstance(step.type, Array):
        return
    elif not shown.isdisjoint(step.args):
        yield step


def _exceptions(attempt: Node, felt: Collection[Node], shown: set[Node]) -> Iterator[Node]:
    """What handlers call the exceptions that were raised with something that is felt."""
    body = try_blocks(attempt.params)[0]
    carried = (arg for step in all_steps(body) if step.op is RAISE for arg in step.args)
    if any(arg in felt or arg in shown for arg in carried):
        handlers = attempt.params[1]
        assert isinstance(handlers, tuple)
        for _, name, block in handlers:
            for step in all_steps(block):
                if isinstance(step.op, Verbatim) and not step.args and step.params[0] == name:
                    yield step
