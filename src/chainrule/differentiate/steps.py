"""``int(x)`` where a derivative would have to flow through it, and through nothing else.

Its slope is 0.  In ``x - int(x)`` that is all there is to say; in ``2.0 * int(10.0 * x)`` the whole
derivative by ``x`` is hidden, which nobody wants silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.differentiate.activity import all_steps, varied
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.primitives.declare import Flat


def refuse_steps(graph: Graph, inputs: Iterable[Node], results: Sequence[Node]) -> None:
    """Refuse a derivative that is 0 because it would flow through steps alone.

    Raises
    ------
    NotDifferentiableError
        Where results depend on an input through nothing but ``int`` of it.
    """
    steps = [node for node in all_steps(graph.body) if _hides(node)]
    for given in inputs if steps else ():
        felt = varied(graph, [given])
        if any(result in felt for result in results):
            continue
        behind = [step for step in steps if step.args[0] in felt]
        first, reached = behind, felt
        while behind:
            reached = varied(graph, [given, *behind])
            if any(result in reached for result in results):
                raise _refusal(first[0])
            more = [step for step in steps if step.args[0] in reached]
            behind = more if len(more) > len(behind) else []


def _hides(node: Node) -> bool:
    return isinstance(node.op, Flat) and node.op.refuses


def _refusal(step: Node) -> NotDifferentiableError:
    return NotDifferentiableError(
        f"a derivative would have to flow through `{step.op.name.removeprefix('to_')}(...)`, "
        "where it is zero",
        remedy="Use the result as an index, a count or a condition only, or wrap its argument "
        "in stop_gradient(...) to say that zero is meant.",
        position=step.origin.position,
    )
