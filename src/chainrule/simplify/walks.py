"""The driver of simplification: walks, until nothing changes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.graph.block import UNDEFINED, Graph
from chainrule.graph.node import Node
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, operations
from chainrule.simplify.absorbing import absorbing
from chainrule.simplify.accumulating import accumulating
from chainrule.simplify.again import Again
from chainrule.simplify.cleared_together import cleared_together
from chainrule.simplify.entries import entries
from chainrule.simplify.forgotten import forgotten
from chainrule.simplify.handed_back import handed_back
from chainrule.simplify.handed_out import handed_out
from chainrule.simplify.inverses import several_systems
from chainrule.simplify.inward import inward
from chainrule.simplify.multiples import multiples_of
from chainrule.simplify.owned_starts import owned_starts
from chainrule.simplify.plain_values import plain_values
from chainrule.simplify.reciprocals import reciprocals
from chainrule.simplify.rewrite import Simplifier
from chainrule.simplify.saturated import saturated
from chainrule.simplify.shapes import Shapes, knows_lengths, reads_shapes
from chainrule.simplify.shared_sums import SharedSums
from chainrule.simplify.sharing import Sharing
from chainrule.simplify.twins import twins
from chainrule.simplify.vanishing import vanishing

# Every walk can open the way for another; more than this many do not pay.
WALKS = 4
# What takes so many operations more at first is not followed further.
GROWS = 3


class TooLong(Exception):
    """What is simplified will take more operations than it may."""


def simplify(graph: Graph, most: float = math.inf) -> list[Copier]:
    """The walks that simplify a graph; the last one's ``graph`` is the simplest.

    Raises
    ------
    TooLong
        When a first walk leaves more than ``most`` operations.
    """
    walks: list[Copier] = []
    if (plain := plain_values(graph)) is not None:
        plain.run()
        walks.append(plain)
        graph = plain.graph
    if reads_shapes(graph):
        walks.append(Shapes(graph))
        walks[-1].run()
        graph = walks[-1].graph
    if (single := entries(graph)) is not None:
        single.run()
        walks.append(single)
        graph = single.graph
    last = _walked(graph, walks, most=most)
    if (merged := twins(last.graph)) is not None:
        merged.run()
        walks.append(merged)
        last = _walked(merged.graph, walks)
    for _ in range(WALKS):
        # Branches on lengths that are gone have told those of what they gave.
        if not knows_lengths(last.graph):
            break
        walks.append(Shapes(last.graph))
        walks[-1].run()
        last = _walked(walks[-1].graph, walks)
    if (inverses := several_systems(last.graph)) is not None:
        inverses.run()
        walks.append(inverses)
        last = _walked(inverses.graph, walks)
    if (zeros := vanishing(last.graph, last.left)) is not None:
        zeros.run()
        walks.append(zeros)
        last = _walked(zeros.graph, walks)
    if (absorbed := absorbing(last.graph)) is not None:
        absorbed.run()
        walks.append(absorbed)
        last = _walked(absorbed.graph, walks)
    if (last.meets_shared or not last.idle) and last.opens("shared"):
        last = _tried(Again(last, shared=True), last, walks)
    if last.meets_quotient and last.opens("over_line"):
        last = _tried(Again(last, over_line=True), last, walks)
    if last.opens("rescaled") and multiples_of(last.left.nodes, elsewhere=True):
        scaled = Again(last, rescaled=True)
        scaled.run()
        if scaled.left.operations < last.left.operations:
            walks.append(scaled)
            last = scaled
        else:
            scaled.graph.dissolve()
    sums = SharedSums(last.graph, last.left)
    if sums.finds:
        sums.run()
        if operations(sums.graph) < last.left.operations:
            walks.append(sums)
            last = _walked(sums.graph, walks)
    sharing = Sharing(last.graph, last.left)
    if sharing.finds:
        sharing.run()
        if operations(sharing.graph) < last.left.operations:
            walks.append(sharing)
    simplest = walks[-1].graph
    walks += inward(simplest, last.left if simplest is last.graph else Live(simplest))
    if (added := accumulating(walks[-1].graph)) is not None:
        added.run()
        walks.append(added)
    if (back := handed_back(walks[-1].graph)) is not None:
        back.run()
        walks.append(back)
    if (shorter := forgotten(walks[-1].graph)) is not None:
        shorter.run()
        walks.append(shorter)
    if (cleared := cleared_together(walks[-1].graph)) is not None:
        cleared.run()
        walks.append(cleared)
    if (owned := owned_starts(walks[-1].graph)) is not None:
        owned.run()
        walks.append(owned)
    if (handed := handed_out(walks[-1].graph)) is not None:
        handed.run()
        walks.append(handed)
    if (inverted := reciprocals(walks[-1].graph)) is not None:
        inverted.run()
        walks.append(inverted)
    if (bent := saturated(walks[-1].graph)) is not None:
        bent.run()
        walks.append(bent)
    return walks


def _tried(other: Simplifier, last: Simplifier, walks: list[Copier]) -> Simplifier:
    """The last walk, where another leads on to fewer operations: its walks are put behind."""
    other.run()
    further: list[Copier] = [other]
    rewrites = not (other.idle and last.idle)
    if rewrites and other.left.operations <= last.left.operations + GROWS:
        final = _walked(other.graph, further, other, size=len(other.left.nodes))
        if final.left.operations < last.left.operations:
            walks += further
            return final
    for walk in further:
        walk.graph.dissolve()
    return last


def _walked(
    graph: Graph,
    walks: list[Copier],
    before: Simplifier | None = None,
    size: int = -1,
    most: float = math.inf,
) -> Simplifier:
    """Walk until nothing changes, each walk put behind ``walks``; the last of them.

    ``before`` is the walk that has made the graph, if one has; ``size`` is how many values
    another walk of this kind has left before.
    """
    for _ in range(WALKS):
        walk = Simplifier(graph) if before is None else Again(before)
        walk.run()
        walks.append(walk)
        before = walk
        if walk.left.operations > most:
            raise TooLong
        now = len(walk.left.nodes)
        if now == size or walk.idle:
            break
        size = now
    return walk


def through(walks: Sequence[Copier], node: Node) -> Node | None:
    """What an old node has become; None when it is gone."""
    for walk in walks:
        try:
            node = walk.mapped(node)
        except KeyError:
            return None
        if node.op is UNDEFINED:
            return None
    return node
