"""Results of branches of which it is told which arm has run, by a branch around or by a flag.

An early return sets a flag, and what follows asks for it: there the results are those of one
arm, and where that gives a number, or a value from before the branch, they are this.

    done, slope = (True, 0.1) if x < a else (False, 0.0)        done = x < a
    if not done:                                           =>   if not done:
        slope = slope + 0.2                                         slope = 0.2
"""

from __future__ import annotations

from chainrule.graph.block import CONSTANT, ITEM, UNDEFINED, Block, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, Type
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.simplify.facts import Facts


class Flagged:
    """Branches with a result that is True, or False, in one of two arms."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        # The columns of flags.
        self._flags: dict[Node, tuple[int, ...]] = {}

    def learn(self, branch: Node) -> None:
        """Take in a branch that was made."""
        arms = owned_blocks(branch)
        if all(arm.completes for arm in arms):
            columns = zip(*(arm.results for arm in arms), strict=True)
            flags = [k for k, results in enumerate(columns) if any(map(_is_truth, results))]
            if flags:
                self._flags[branch] = tuple(flags)

    def settled(self, item: Node, block: Block) -> Node:
        """What a result is in ``block``; the result itself where that is not told."""
        result = self._followed(item, block, FLOAT)
        if result.type != FLOAT or result.op is UNDEFINED:
            return item
        return result if result.op is CONSTANT or result.block.encloses(block) else item

    def truth(self, flag: Node, block: Block) -> bool | None:
        """What a flag is in ``block``, where another one tells: a name is bound, as f goes on."""
        result = self._followed(flag, block, BOOL)
        return bool(constant_value(result)) if _is_truth(result) else None

    def _followed(self, item: Node, block: Block, kind: Type) -> Node:
        """What a result is in the arms that have certainly run."""
        told: dict[Node, bool] = {}
        result = item
        while result.op is ITEM and result.args[0].op is IF and result.type == kind:
            branch = result.args[0]
            taken = self._taken(branch, told, block)
            if taken is None:
                break
            result = taken.results[result_number(result)]
        return result

    def _taken(self, branch: Node, told: dict[Node, bool], block: Block) -> Block | None:
        """The arm that has run, if it is told; ``told`` are flags that earlier arms have told."""
        arms = owned_blocks(branch)
        assumed = self._facts.assumed(branch.args[0], block)
        if assumed is not None:
            arm = arms[0 if assumed else 1]
            return arm if arm.completes else None
        for column in self._flags.get(branch, ()):
            flag = branch.block.item(branch, column)
            truth = told[flag] if flag in told else self._facts.decide(flag, block)
            if truth is None:
                continue
            for arm, other in (arms, arms[::-1]):
                if is_constant(other.results[column], not truth):
                    told[arm.results[column]] = truth
                    return arm
        return None


def _is_truth(result: Node) -> bool:
    return result.op is CONSTANT and result.type == BOOL
