"""Parts of ranges: `range(1, n)[::2]` are the numbers of another range."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.lift.records.chosen import ChosenEntries
from chainrule.lift.values import Range, Slice, Value
from chainrule.primitives.declare import TABLE


class RangeParts(ChosenEntries):
    """Takes slices of ranges."""

    def slice(self, base: Value, part: Slice) -> Value:
        """``base[part]``."""
        found = self._part_of_range(base, part) if isinstance(base, Range) else None
        return super().slice(base, part) if found is None else found

    def _part_of_range(self, whole: Range, key: Slice) -> Range | None:
        """The numbers of a slice; None where they are not those of a range that is known."""
        bounds = [self.static_value(each) for each in (key.start, key.stop, key.step)]
        numbers = [found for known, found in bounds if known]
        if len(numbers) < 3 or any(type(each) not in (int, type(None)) for each in numbers):
            return None
        start, stop, step = numbers
        first, last, pace = (self.static_int(x) for x in (whole.start, whole.stop, whole.step))
        if first is not None and last is not None and pace:
            known = range(first, last, pace)[:: -1 if whole.backwards else 1][start:stop:step]
            number = self.graph.constant
            return Range(number(known.start), number(known.stop), number(known.step))
        if stop is not None:
            return None
        if start is None and step == -1:
            return Range(whole.start, whole.stop, whole.step, not whole.backwards)
        forwards = (start or 0) >= 0 and (step is None or step > 0) and not whole.backwards
        if not forwards:
            return None
        begin = whole.start
        if start:
            begin = self._sum(begin, self._times(whole.step, start))
        return Range(begin, whole.stop, self._times(whole.step, step or 1))

    def _times(self, number: Node, factor: int) -> Node:
        known = self.static_int(number)
        if known is not None:
            return self.graph.constant(known * factor)
        if factor == 1:
            return number
        return self.primitive(TABLE["multiply"], number, self.graph.constant(factor))

    def _sum(self, a: Node, b: Node) -> Node:
        known = self.static_int(a), self.static_int(b)
        if known[0] is not None and known[1] is not None:
            return self.graph.constant(known[0] + known[1])
        return self.primitive(TABLE["add"], a, b)
