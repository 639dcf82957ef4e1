"""Where the function of a solver or an integral may jump, and whether what moves moves the jump.

A jump that moves adds to a derivative what no slope of the function tells: the rules for integrals
and for differential equations hold without.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from chainrule.graph.block import Block
from chainrule.graph.function import Function
from chainrule.graph.node import Node, Op
from chainrule.graph.types import BOOL
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import Flat, constant_value, is_constant
from chainrule.primitives.invoke import Invoke
from chainrule.primitives.singular_points import tells_where

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


# What is made of a function, under the key that is the first of their parameters.
FUNCTIONALS = ("integral", "integral_effect", "root", "root_effect")

# What is a kink itself, at 0 or where two numbers meet.
HINGES = ("absolute", "maximum", "minimum", "python_max", "python_min")


def own_function(functions: Mapping[Hashable, Function], function: Function) -> Function:
    """The user's function behind a derivative of it."""
    while function.base is not None:
        function = functions[function.base]
    return function


def moving_jump(body: Block, marks: Mapping[Node, set[str]]) -> Node | None:
    """A step that may jump at a point that moves, by what its parameters are marked with."""
    return moving_kink(body, marks, 0)


def order_of(functions: Mapping[Hashable, Function], function: Function) -> int:
    """How often the user's own function has been differentiated."""
    order = 0
    while function.base is not None:
        function, order = functions[function.base], order + 1
    return order


def moving_kink(body: Block, marks: Mapping[Node, set[str]], order: int) -> Node | None:
    """The first of :func:`moving_kinks`."""
    return next(moving_kinks(body, marks, order), None)


def moving_kinks(body: Block, marks: Mapping[Node, set[str]], order: int) -> Iterator[Node]:
    """The steps of which the derivative of an order may jump at a point that moves.

    Of order 0 that is what jumps itself.
    """
    users: dict[Node, list[Node]] = {}
    for step in every_step(body):
        for arg in step.args:
            users.setdefault(arg, []).append(step)
    escaping = {*body.results}
    for step in every_step(body):
        escaping.update(_handed_out(owned_blocks(step)))

    def counts(step: Node) -> bool:
        if isinstance(step.op, (Flat, Invoke)):
            # What is made of truths jumps where these do.
            return not step.args or any(arg.type != BOOL for arg in step.args)
        if tells_where(step, order) is not None:
            return True
        if order == 0 or not _bends(step.op):
            return False
        uses = [] if step in escaping else users.get(step, [])
        return not uses or any(_smoothness(step, use) < order for use in uses)

    return _those(body, marks, counts, order)


def _bends(op: Op) -> bool:
    return getattr(op, "chooses", False) or op.name in BENDING


def _smoothness(hinge: Node, use: Node) -> float:
    """How often what is made of a kink can be differentiated there: ``max(x, 0)**2`` once."""
    if hinge.op.name not in HINGES:
        return 0
    zero = hinge.op.name == "absolute" or any(is_constant(arg, 0) for arg in hinge.args)
    if not zero:
        return 0
    if use.op.name == "square":
        return 1
    if use.op.name == "power" and use.args[0] is hinge and is_constant(use.args[1]):
        exponent = constant_value(use.args[1])
        return exponent - 1 if isinstance(exponent, (int, float)) else 0
    if use.op.name == "multiply":
        others = [arg for arg in use.args if arg is not hinge]
        if not others or any(_vanishes_with(arg, hinge.args) for arg in others):
            return 1
    return 0


def _vanishes_with(factor: Node, zeros: Sequence[Node]) -> bool:
    """Whether a factor is 0 where what bends is: ``-k * v`` of ``abs(v)``."""
    if factor in zeros and not is_constant(factor):
        return True
    if factor.op.name in ("multiply", "negative"):
        return any(_vanishes_with(arg, zeros) for arg in factor.args)
    return factor.op.name == "divide" and _vanishes_with(factor.args[0], zeros)


def kink_by(body: Block, parameter: Node) -> Node | None:
    """A step whose slope may jump as a parameter varies."""

    def bends(step: Node) -> bool:
        return isinstance(step.op, (Flat, Invoke)) or _bends(step.op)

    return next(_those(body, {parameter: set(BOTH)}, bends), None)


def _those(
    body: Block,
    marks: Mapping[Node, set[str]],
    counts: Callable[[Node], bool],
    order: int = 0,
) -> Iterator[Node]:
    """The steps that count and depend on both of what parameters are marked with.

    Of some steps only those arguments count that tell where they jump.
    """
    depends: dict[Node, frozenset[str]] = {node: frozenset(found) for node, found in marks.items()}
    steps = list(every_step(body))
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
        where = tells_where(step, order)
        known = (
            depends[step]
            if where is None
            else frozenset[str]().union(*(depends.get(arg, frozenset()) for arg in where))
        )
        if step in checks or step.op.name == "stopped":
            continue
        # What is made of a function may depend on more than its jumps do.
        inner = _inner_function(step) if known >= BOTH else None
        if (known == BOTH and counts(step)) or _jumps(inner, step, depends, order):
            yield step


def _inner_function(step: Node) -> Function | None:
    """The function that a step integrates, or of which it finds a root."""
    key = step.params[0] if step.params and step.op.name in FUNCTIONALS else None
    function = step.block.graph.functions.get(key)
    return None if function is None else own_function(step.block.graph.functions, function)


def _jumps(
    function: Function | None, step: Node, depends: Mapping[Node, frozenset[str]], order: int
) -> bool:
    """Whether what is made of a function may jump as this does, by what it takes besides."""
    if function is None:
        return False
    count = step.params[2]
    assert isinstance(count, int)
    body, values = function.lifted.graph.body, step.args[count:]
    parameters = body.parameters[len(body.parameters) - len(values) :]
    marks = {
        parameter: set(depends.get(value, ()))
        for parameter, value in zip(parameters, values, strict=True)
    }
    if not order:
        # A jump that the function's own variable meets is no jump of the integral.
        own = body.parameters[: len(body.parameters) - len(values)]
        marks.update((parameter, {"inside"}) for parameter in own)
    return any(True for _ in moving_kinks(body, marks, order))


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


def every_step(body: Block) -> Iterator[Node]:
    """The steps of a function, those of its branches and loops behind the others."""
    pending = [body]
    while pending:
        for step in pending.pop().steps:
            yield step
            pending.extend(owned_blocks(step))
