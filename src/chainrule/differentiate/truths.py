"""What a branch asks for is its truth then: a list may be longer when that is asked again.

    if runs and runs[-1] > x:
        runs[-1] += x
    else:
        runs.append(x)

Where ``runs`` is empty it is the answer itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chainrule.differentiate.activity import all_steps
from chainrule.graph.block import ITEM, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, Sequence
from chainrule.primitives.control import IF, item_sources, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.effect import VERBATIM

TRUTH = "bool(_0_)"


class Truths(Copier):
    """A copy in which ``branches`` ask for truths, in the place of lists."""

    def __init__(self, source: Graph, branches: Collection[Node]) -> None:
        super().__init__(source)
        self.branches = branches

    def predicate(self, branch: Node) -> Node:
        """What decides about the copy of a branch."""
        predicate = super().predicate(branch)
        if branch not in self.branches:
            return predicate
        return self.graph.cursor.add(VERBATIM, (predicate,), (TRUTH, BOOL, None), BOOL)


def with_truths(graph: Graph, inputs: Iterable[Node]) -> Truths | None:
    """A copy whose branches ask for truths; None where all of them do."""
    branches = {step for step in all_steps(graph.body) if step.op is IF and _asks_for_list(step)}
    if not branches:
        return None
    copier = Truths(graph, branches)
    copier.run()
    return copier


def _asks_for_list(branch: Node) -> bool:
    """Whether the answer may be a list, which is written to before it is asked for again."""
    joins = branch.params[-1] in ("and", "or")
    return not joins and _hands_on(branch) and _may_be_list(branch.args[0])


def _hands_on(branch: Node) -> bool:
    """Whether a branch gives something through which a derivative may flow."""
    arms = owned_blocks(branch)
    results = (branch.block.item(branch, k) for k in range(len(arms[0].results)))
    return any(each.type.differentiable for each in results)


def _may_be_list(predicate: Node) -> bool:
    """Whether a list is asked for its truth, or may be the answer of ``and`` and ``or``."""
    found, waiting = {predicate}, [predicate]
    while waiting:
        node = waiting.pop()
        if isinstance(node.type, Sequence):
            return True
        if node.type in (BOOL, INT, FLOAT) or node.op is not ITEM or node.args[0].op is not IF:
            continue
        fresh = [each for each in item_sources(node) if each not in found]
        found.update(fresh)
        waiting += fresh
    return False
