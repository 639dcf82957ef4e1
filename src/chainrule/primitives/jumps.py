"""Where the function of a solver or an integral may jump, and whether what moves moves the jump.

A jump that moves adds to a derivative what no slope of the function tells: the rules for integrals
and for differential equations hold without.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from chainrule.graph.block import Block
from chainrule.graph.function import Function
from chainrule.graph.node import Node, Op
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import Flat
from chainrule.primitives.invoke import Invoke

# What a point of the domain and what moves are marked by: a jump that depends on both moves.
BOTH = frozenset(("where", "moves"))
AT_A_KINK = (
    "At a kink the gradient is not zero, and the rule does not hold: write it without comparisons, "
    "abs, max and min of what is looked for."
)
# Of an array these tell the shape only.
SHAPES = ("dimension", "size_of", "length", "array_zeros_like", "array_ones_like", "empty_like")

# These have kinks where their arguments, or the entries of one, meet.
BENDING = (
    "absolute", "array_max", "array_min", "sequence_max", "sequence_min", "ptp", "sort",
    "partition", "partition_at", "median", "quantile", "percentile", "nanmedian", "nanquantile",
    "nanpercentile", "nanmax", "nanmin", "norm_of_order",
)  # fmt: skip


def own_function(functions: Mapping[Hashable, Function], function: Function) -> Function:
    """The user's function behind a derivative of it."""
    while function.base is not None:
        function = functions[function.base]
    return function


def moving_jump(body: Block, marks: Mapping[Node, set[str]]) -> Node | None:
    """A step that may jump at a point that moves, by what its parameters are marked with."""
    return _first(body, marks, lambda op: isinstance(op, (Flat, Invoke)))


def kink_by(body: Block, parameter: Node) -> Node | None:
    """A step whose slope may jump as a parameter varies."""

    def bends(op: Op) -> bool:
        known = getattr(op, "chooses", False) or op.name in BENDING
        return isinstance(op, (Flat, Invoke)) or known

    return _first(body, {parameter: set(BOTH)}, bends)


def _first(
    body: Block, marks: Mapping[Node, set[str]], counts: Callable[[Op], bool]
) -> Node | None:
    """The first step that counts and depends on both of what parameters are marked with."""
    depends: dict[Node, frozenset[str]] = {node: frozenset(found) for node, found in marks.items()}
    steps = list(_all_steps(body))
    size = -1
    while size != (size := sum(map(len, depends.values()))):
        for step in steps:
            blocks = owned_blocks(step)
            found = frozenset[str]().union(
                *(depends.get(arg, frozenset()) for arg in (*step.args, *_handed_out(blocks)))
            )
            depends[step] = frozenset() if step.op.name in SHAPES else found
            for block in blocks:
                depends.update(dict.fromkeys(block.parameters, found))
    checks = _checks(steps)
    used = {*body.results}
    for step in steps:
        used.update(step.args, _handed_out(owned_blocks(step)))
    for step in steps:
        if step not in used and not owned_blocks(step):
            continue
        counted = counts(step.op) and step.op.name != "stopped"
        if counted and depends[step] == BOTH and step not in checks:
            return step
    return None


def _checks(steps: Sequence[Node]) -> set[Node]:
    """Conditions that tell only whether something is raised."""
    found = {
        step.args[0]
        for step in steps
        if step.op is IF and not all(block.completes for block in owned_blocks(step))
    }
    for step in steps:
        blocks = owned_blocks(step)
        going = all(block.completes for block in blocks)
        used = (*(step.args if step.op is not IF or going else ()), *_handed_out(blocks))
        found.difference_update(used)
    return found


def _handed_out(blocks: Sequence[Block]) -> list[Node]:
    return [result for block in blocks for result in block.results]


def _all_steps(body: Block) -> Iterator[Node]:
    pending = [body]
    while pending:
        for step in pending.pop().steps:
            yield step
            pending.extend(owned_blocks(step))
