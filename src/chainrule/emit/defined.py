"""Calls that a target has no word for are written as what they are defined by.

    np.kron(a, b)       (a[:, None, :, None] * b[None, :, None, :]).reshape(...)

Only those that their definitions give whatever the entries are: a definition that is there for its
derivative may have another value where NumPy's is nan, or none where NumPy raises.
"""

from __future__ import annotations

from chainrule.emit.targets import Target
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.primitives.arrays.defined import ArrayDefined
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.looking_behind import taken_whole

# fmt: off
WHOLE = frozenset({
    "cdist", "circulant", "compress", "corrcoef", "cov", "cov_of_two", "delete", "diagonal_along",
    "diff", "extract", "fliplr", "flipud", "gradient_over", "inner", "insert",
    "kron", "kurtosis", "log_softmax", "logsumexp", "multi_dot", "nanmax", "nanmean", "nanmin",
    "nanprod", "nansum", "outer_of_all", "partition", "pdist", "ptp", "resize", "sem", "skew",
    "softmax", "take", "tensordot", "toeplitz", "toeplitz_of_two", "trace_along", "trapezoid",
    "variation", "vecdot", "zscore",
})
# fmt: on
# Definitions are made of calls with definitions of their own.
DEEPEST = 3


def by_definitions(graph: Graph, target: Target) -> Graph:
    """The graph with such calls written out; itself where there are none."""
    for _ in range(DEEPEST):
        if not any(_is_unknown(step, target) for step in nodes_of(graph.body)):
            break
        graph = _WrittenOut(graph, target).run()
    return graph


def _is_unknown(step: Node, target: Target) -> bool:
    known = target.calls
    name = step.op.name
    own = known is None or name in known or name in target.forms
    return not own and name in WHOLE and isinstance(step.op, ArrayDefined)


class _WrittenOut(Copier):
    """A copy in which definitions stand for the calls."""

    def __init__(self, source: Graph, target: Target) -> None:
        super().__init__(source)
        self.target = target

    def copy(self, step: Node) -> Node:
        op = step.op
        if not isinstance(op, ArrayDefined) or not _is_unknown(step, self.target):
            return super().copy(step)
        block, args = self.graph.cursor, tuple(map(self.mapped, step.args))
        first = len(block.steps)
        with taken_whole(args):
            root = op.definition(*args, **op.statics(step.params))
        if root.type != step.type:
            block.forget(first)
            return super().copy(step)
        self.map[step] = root
        self.named(step, root)
        return root
