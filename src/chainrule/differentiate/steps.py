"""``int(x)`` where a derivative would have to flow through it, and through nothing else.

Its slope is 0.  In ``x - int(x)`` that is all there is to say; in ``2.0 * int(10.0 * x)`` the whole
derivative by ``x`` is hidden, which nobody wants silently.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

from chainrule.differentiate.activity import all_steps, varied
from chainrule.differentiate.carrying import carrying_args
from chainrule.errors import NotDifferentiableError
from chainrule.graph.block import Graph
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.primitives.arrays.records import rigid_component
from chainrule.primitives.declare import Flat
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT


def refuse_steps(graph: Graph, inputs: Iterable[Node], results: Sequence[Node]) -> None:
    """Refuse a derivative that is 0 because it would flow through steps alone.

    Raises
    ------
    NotDifferentiableError
        Where results depend on an input through nothing but ``int`` of it.
    """
    flows = _Flows(graph.functions.values())
    if not flows.hiding and not any(map(_hides, all_steps(graph.body))):
        return
    for given in inputs:
        felt, hidden = flows.reach(graph, given)
        if any(result in felt for result in results):
            continue
        for result in results:
            if result in hidden:
                raise _refusal(hidden[result])


class _Flows:
    """Which results of functions that are kept apart feel an argument, and which only by a step.

    ``felt`` has the argument, the function and the number of the result; ``hidden`` the same,
    with the step.  Functions call each other: both are least fixed points.
    """

    def __init__(self, functions: Iterable[Function]) -> None:
        known = [function for function in functions if function.lifted is not None]
        self.known = {function.key for function in known}
        self.felt: set[tuple[Hashable, int, int]] = set()
        self.hidden: dict[tuple[Hashable, int, int], Node] = {}
        bodies = [function.lifted.graph.body for function in known]
        self.hiding = any(_hides(step) for body in bodies for step in all_steps(body))
        size = -1
        while self.hiding and size != len(self.felt) + len(self.hidden):
            size = len(self.felt) + len(self.hidden)
            for function in known:
                self._note(function)

    def _note(self, function: Function) -> None:
        graph, results = function.lifted.graph, list(function.lifted.result.nodes())
        for position, parameter in enumerate(graph.body.parameters):
            felt, hidden = self.reach(graph, parameter)
            for k, result in enumerate(results):
                if result in felt:
                    self.felt.add((function.key, position, k))
                elif result in hidden:
                    self.hidden.setdefault((function.key, position, k), hidden[result])

    def reach(self, graph: Graph, given: Node) -> tuple[set[Node], dict[Node, Node]]:
        """What feels ``given``, and what would but for a step, with that."""
        felt = varied(graph, [given], self.carrying)
        hidden: dict[Node, Node] = {}
        steps = list(all_steps(graph.body))
        reached, behind = felt, [given]
        while True:
            more = [
                (step, by) for step in steps if step not in behind for by in self._by(step, reached)
            ]
            if not more:
                return felt, hidden
            for step, by in more:
                if step not in behind:
                    behind.append(step)
                    reached = varied(graph, behind, self.carrying)
                    hidden = {node: hidden.get(node, by) for node in reached if node not in felt}

    def carrying(self, node: Node) -> Sequence[Node]:
        """The arguments through which a derivative may flow into ``node``."""
        if node.op not in (INVOKE, INVOKE_EFFECT) or node.params[0] not in self.known:
            return carrying_args(node)
        key, k = node.params
        return [arg for j, arg in enumerate(node.args) if (key, j, k) in self.felt]

    def _by(self, step: Node, reached: set[Node]) -> Iterator[Node]:
        """The step of ``int`` that ``step`` is, or holds, if it hides what was reached."""
        if _hides(step) and step.args[0] in reached:
            yield step
        elif step.op in (INVOKE, INVOKE_EFFECT):
            key, k = step.params
            assert isinstance(k, int)
            for position, arg in enumerate(step.args):
                if arg in reached and (key, position, k) in self.hidden:
                    yield self.hidden[key, position, k]


def _hides(node: Node) -> bool:
    return isinstance(node.op, Flat) and node.op.refuses


def undetermined(step: Node) -> NotDifferentiableError:
    """The refusal of a derivative by a result that is chosen: the signs of eigenvectors."""
    owner = step.args[0].op
    name = next(reversed(getattr(owner, "callables", ())), owner.name)
    return NotDifferentiableError(
        f"a derivative would have to flow through result {step.params[0]} of `{name}`, "
        "which is not determined by the arguments alone",
        remedy="Use the other results, or what does not depend on how this one is chosen.",
        position=step.origin.position,
    )


def _refusal(step: Node) -> NotDifferentiableError:
    if step.op is rigid_component:
        return undetermined(step)
    return NotDifferentiableError(
        f"a derivative would have to flow through `{step.op.name.removeprefix('to_')}(...)`, "
        "where it is zero",
        remedy="Use the result as an index, a count or a condition only, or wrap its argument "
        "in stop_gradient(...) to say that zero is meant.",
        position=step.origin.position,
    )
