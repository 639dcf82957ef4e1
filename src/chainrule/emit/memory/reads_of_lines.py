"""How often the parts of a line read an array: found in one walk over the line."""

from __future__ import annotations

from collections.abc import Set

from chainrule.emit.plan import Define, Statement, Value


class LineReads:
    """The named values that a statement's own line reads, in the order of a walk through it.

    A part of the line reads what stands between its first and its last read, so that questions
    about all parts of a long sum take no longer than the line itself.
    """

    def __init__(self, statement: Statement) -> None:
        self.spots: dict[Value, list[int]] = {}
        # Where the reads of each part begin and end; None of what stands in several places.  What
        # is inside a part that has got a line of its own is not among them.
        self._spans: dict[Value, tuple[int, int] | None] = {}
        self._count = 0
        if isinstance(statement, Define):
            self._enter(statement.value)
        else:
            for root in statement.reads():
                self._enter(root) if root.captive else self._meet(root)

    def _enter(self, part: Value) -> None:
        stack = [(part, -1)]
        while stack:
            value, first = stack.pop()
            if first >= 0:
                self._spans[value] = None if value in self._spans else (first, self._count)
            elif value.captive or value is part:
                stack.append((value, self._count))
                stack.extend((arg, -1) for arg in value.args)
            else:
                self._meet(value)

    def _meet(self, value: Value) -> None:
        self.spots.setdefault(value, []).append(self._count)
        self._count += 1

    def are_all_inside(self, members: Set[Value], part: Value) -> bool:
        """Whether the line reads values of ``members`` nowhere but inside ``part``."""
        span = self._spans.get(part)
        read = [value for value in members if value in self.spots]
        if span is None:
            everywhere = sum(len(self.spots[value]) for value in read)
            return everywhere == _times_read(part, members)
        first, last = span
        return all(first <= spot < last for value in read for spot in self.spots[value])


def _times_read(part: Value, members: Set[Value]) -> int:
    """In how many places what is inside an expression reads one of ``members``."""
    stack, count = list(part.args), 0
    while stack:
        value = stack.pop()
        if value.captive:
            stack.extend(value.args)
        else:
            count += value in members
    return count
