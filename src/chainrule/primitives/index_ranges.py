"""What the indices of loops run through, and positions that are apart because of it."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.block import PARAMETER, Block, inside
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, LOOP, loop_body, loop_parts, step_of
from chainrule.primitives.linear_forms import ONE, LinearForm, linear_form


def loop_of(node: Node) -> Node | None:
    """The loop over a range of which a value is the index."""
    loop = node.block.owner if node.op is PARAMETER else None
    if loop is None or loop.op is not LOOP or loop.params[0] == "while":
        return None
    return loop if loop_body(loop).parameters[:1] == (node,) else None


def speed(form: LinearForm, loop: Node) -> int | None:
    """How much ``form`` grows from one step of the loop to the next."""
    if loop.params[0] == "while":
        return 0
    step = step_of(loop)
    factor = form.terms.get(loop_body(loop).parameters[0], 0)
    if step is None:
        return None if factor else 0
    return factor * (-step if loop.params[0] == "reversed" else step)


def is_natural(form: LinearForm) -> bool:
    """Whether the number is certainly not negative."""
    least = bound(form, -1, None)
    return least is not None and not least.terms and least.constant >= 0


def bound(form: LinearForm, sign: int, loop: Node | None) -> LinearForm | None:
    """The largest (sign 1) or smallest (-1) number in a step of ``loop``, or at any time.

    None where it depends on something else that changes during the step, or that may.
    """
    while True:
        varying = [node for node in form.terms if _varies(node, loop)]
        if not varying:
            break
        # The innermost first: its limits may depend on the others.
        index = max(varying, key=lambda node: node.serial)
        around = loop_of(index)
        limit = None if around is None else _limit(around, sign * form.terms[index])
        if limit is None:
            return None
        form = form.replaced(index, limit)
    if loop is not None:
        body = loop_body(loop)
        own = body.parameters[0] if loop.params[0] != "while" else None
        if any(node is not own and inside(node, body) for node in form.terms):
            return None
    return form


def differ(one: Sequence[Node], other: Sequence[Node]) -> bool:
    """Whether two entries, each by its position along every axis, are certainly not the same."""
    for left, right in zip(one, other, strict=False):
        a, b = linear_form(left), linear_form(right)
        apart = any(_is_positive(gap) for gap in (a - b, b - a))
        # What counts from the end may be the same entry.
        if apart and is_natural(a) and is_natural(b):
            return True
    return False


def _is_positive(form: LinearForm) -> bool:
    least = bound(form, -1, None)
    return least is not None and not least.terms and least.constant >= 1


def branches_around(node: Node) -> dict[Node, Block]:
    """The branches in which a step stands, and in which arm of each."""
    found: dict[Node, Block] = {}
    block: Block | None = node.block
    while block is not None:
        if block.owner is not None and block.owner.op is IF:
            found[block.owner] = block
        block = block.parent
    return found


def _varies(node: Node, loop: Node | None) -> bool:
    """Whether ``node`` is the index of a loop inside ``loop``."""
    around = loop_of(node)
    return around is not None and (
        loop is None or (around is not loop and inside(around, loop_body(loop)))
    )


def _limit(loop: Node, sign: int) -> LinearForm | None:
    """The last number that an index may be (sign 1), or the first (-1)."""
    start, stop, _ = (linear_form(each) for each in loop_parts(loop)[0])
    step = step_of(loop)
    if not step:
        return None
    if (step > 0) == (sign > 0):
        return stop.plus(ONE, -1 if step > 0 else 1)
    return start
