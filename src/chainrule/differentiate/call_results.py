"""On which arguments of a call each of its results depends.

    keys, weights = insert(keys, weights, key, weight)

Only ``weights`` has a slope by ``weight``: no tangent and no adjoint of ``keys`` is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from chainrule.differentiate.carrying import carrying_args
from chainrule.graph.block import Graph
from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.primitives.arrays.records import component
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.invoke import INVOKE, INVOKE_EFFECT

CALLS = (INVOKE, INVOKE_EFFECT)
# What varies with some inputs, by way of what the last argument gives.
Varied = Callable[[Graph, Sequence[Node], Callable[[Node], Sequence[Node]]], Collection[Node]]


def is_unfelt(step: Node, found: Collection[Node], varied: Varied) -> bool:
    """Whether it is a result of a call that depends on none of the values ``found``."""
    if step.op is not component or step.args[0].op not in CALLS:
        return False
    return not any(arg in found for arg in _felt(step, varied))


def _felt(step: Node, varied: Varied) -> list[Node]:
    """The arguments of a call on which one of its results depends."""
    call = step.args[0]
    function = call.graph.functions[call.params[0]]
    if function.depends is None:
        _find(function, varied)
    assert function.depends is not None
    return [call.args[j] for j in sorted(function.depends[int(str(step.params[0]))])]


def _find(function: Function, varied: Varied) -> None:
    """Fill in on what results depend: at first on nothing, then on more, until it stays so.

    Functions that call one another are asked together.
    """
    together = _called(function)
    for each in together:
        each.depends = tuple(frozenset() for _ in each.lifted.result.nodes())

    def carrying(step: Node) -> Sequence[Node]:
        if step.op is component and step.args[0].op in CALLS:
            return _felt(step, varied)
        return carrying_args(step)

    while any(_grows(each, varied, carrying) for each in together):
        pass


def _grows(function: Function, varied: Varied, carrying: Callable[[Node], Sequence[Node]]) -> bool:
    """Whether results depend on more than was known."""
    graph, results = function.lifted.graph, list(function.lifted.result.nodes())
    moved = [varied(graph, [parameter], carrying) for parameter in graph.body.parameters]
    found = tuple(
        frozenset(j for j, values in enumerate(moved) if result in values) for result in results
    )
    before, function.depends = function.depends, found
    return found != before


def _called(function: Function) -> list[Function]:
    """``function`` and those that it comes to call, of which nothing is known yet."""
    found = [function]
    for each in found:
        graph = each.lifted.graph
        calls = (step for step in nodes_of(graph.body) if step.op in CALLS)
        keys = dict.fromkeys(step.params[0] for step in calls)
        others = [graph.functions[key] for key in keys]
        found += [o for o in others if o.lifted and o.depends is None and o not in found]
    return found
