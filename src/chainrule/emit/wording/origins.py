"""Which numbers come out of arrays: in other libraries than NumPy they are arrays without axes."""

from __future__ import annotations

from chainrule.emit.plan import VARIABLE, Move, Plan, Value, walk
from chainrule.graph.types import Array

# What these give are Python's ints.
LENGTHS = ("dimension", "size_of", "length", "to_float", "to_int", "to_bool")


class Origins:
    """Tells, for the values of one function, whether they may be arrays without axes."""

    def __init__(self, plan: Plan) -> None:
        self.variables: set[Value] = set()
        moves = [statement for statement in walk(plan.body) if isinstance(statement, Move)]
        size = -1
        while size != (size := len(self.variables)):
            for move in moves:
                for target, source in zip(move.targets, move.sources, strict=True):
                    if self.is_array(source):
                        self.variables.add(target)

    def is_array(self, value: Value) -> bool:
        """Whether a value is an array, with axes or without."""
        seen: set[Value] = set()
        stack = [value]
        while stack:
            found = stack.pop()
            if found in seen or found.op.name in LENGTHS:
                continue
            seen.add(found)
            if isinstance(found.type, Array) or found in self.variables:
                return True
            if found.op is not VARIABLE:
                stack.extend(found.args)
        return False
