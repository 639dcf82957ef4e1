"""Places that loops of the user's find to be least or most, with the slopes that they have.

Behind the loop stands what it compares, as a function of its own: its slope is zero at such a
place.  It is checked that it is; at an end of what the search began with the place stays there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chainrule.differentiate.activity import all_steps, varied
from chainrule.differentiate.sections import Section, sections
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import absolute, greater, less, logical_not
from chainrule.primitives.control import both, loop_parts, raise_where, raised, select
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live
from chainrule.primitives.declare import TABLE
from chainrule.primitives.functionals import BESIDE_ROOT, FOUND_ROOT, called, slope_of
from chainrule.primitives.invoke import INVOKE
from chainrule.transforms.bracketed import NEAR, check_distances, refuse_others
from chainrule.transforms.equations import Equation

# A place is at an end where it is nearer to it than this part of what the search began with.
AT_END = 1e-6
NO_PLACE = "what is found is neither least nor most: no slope is known"


def with_places(graph: Graph, inputs: Sequence[Node], results: Sequence[Node]) -> Copier | None:
    """A copy in which what sections find has its slope; None where there are none."""
    steps = list(all_steps(graph.body))
    if any(step.origin.derivative for step in steps):
        return None
    solved = {step.args[0].args[0] for step in steps if step.op is FOUND_ROOT}
    searches = [each for each in sections(steps) if each.loop not in solved]
    if not searches:
        return None
    felt = varied(graph, list(inputs))
    live = Live(graph, results).nodes
    objectives: dict[Node, tuple[Section, Equation]] = {}
    for search in searches:
        loop = search.loop
        kept = (*search.found, *search.values)
        used = any(loop.block.item(loop, k) in live for k in kept)
        objective = Equation(graph, search.compared[0], "objective")
        # Ends that vary move no place between them.
        begun = [loop_parts(loop)[1][k] for k in search.ends]
        if used and not felt.isdisjoint((*begun, *objective.outer[1:])):
            tried = {each.middle for each in search.compared}
            refuse_others(loop, tried, search.found, (*kept, *search.widths), live, "place")
            objectives[loop] = search, objective
    if not objectives:
        return None
    copier = _Placed(graph, objectives, felt, live)
    copier.run()
    return copier


class _Placed(Copier):
    """A copy with slopes of places behind the loops that find them."""

    def __init__(
        self,
        source: Graph,
        objectives: dict[Node, tuple[Section, Equation]],
        felt: Collection[Node],
        live: Collection[Node],
    ) -> None:
        super().__init__(source)
        self.objectives = objectives
        self.felt = felt
        self.live = live

    def loop_copy(self, node: Node) -> Node:
        new, graph = super().loop_copy(node), self.graph
        if node not in self.objectives:
            return new
        search, objective = self.objectives[node]
        check_distances(self, search, self.felt, self.live)
        values = [self.mapped(each) for each in objective.outer[1:]]
        places, compared = (
            [k for k in kept if node.block.item(node, k) in self.live]
            for kept in (search.found, search.values)
        )
        at = (*search.ends, *places)[-1]
        place = self._place(node, graph.cursor.item(new, at), search, objective, values)
        slopes = dict.fromkeys(places, place)
        if compared:
            value = called(graph, objective.function.key, 0, place, *values)
            slopes.update(dict.fromkeys(compared, value))
        for k, slope in slopes.items():
            old = node.block.item(node, k)
            self.map[old] = graph.cursor.add(BESIDE_ROOT, (graph.cursor.item(new, k), slope))
            self.named(old, self.map[old])
        return new

    def _place(
        self,
        loop: Node,
        found: Node,
        search: Section,
        objective: Equation,
        values: Sequence[Node],
    ) -> Node:
        """What has the slope of a place that a loop has found."""
        graph = self.graph
        marked = tuple(each in self.felt for each in objective.outer[1:])
        slope = slope_of(graph.functions, objective.function, 0)
        first, last = (self.mapped(loop_parts(loop)[1][end]) for end in search.ends)
        width = absolute(last - first)
        near = less(
            TABLE["python_min"](absolute(found - first), absolute(found - last)), AT_END * width
        )
        graph.names.setdefault(near, "at_end")
        params = (slope.key, "section", 1, marked)
        root = graph.cursor.add(FOUND_ROOT, (found, *values), params, FLOAT)
        zero = called(graph, slope.key, 0, root, *values)
        numbers = (taken and each.type == FLOAT for taken, each in zip(marked, values, strict=True))
        by_root, *_ = INVOKE.slopes(zero, zero.args, (True, *numbers), graph.cursor)
        far = greater(absolute(zero), NEAR * width * absolute(by_root))
        raise_where(both(far, lambda: logical_not(near)), raised(graph, NO_PLACE))
        return graph.cursor.add(BESIDE_ROOT, (found, select(near, lambda: found, lambda: root)))
