"""Parts of ranges: `range(1, n)[::2]` are the numbers of another range, `range(n)[k]` is one."""

from __future__ import annotations

import ast

from chainrule.graph.node import Node
from chainrule.graph.types import INT
from chainrule.lift.records.among import Among
from chainrule.lift.values import Range, Slice, Value
from chainrule.primitives.declare import TABLE


class RangeParts(Among):
    """Takes slices and numbers of ranges."""

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        """``base[key]``."""
        whole = self.read(base)
        if not isinstance(whole, Range) or self.static_value(whole)[0]:
            return super().item(base, key, node)
        bounds: tuple[Node, ...] = (whole.start, whole.stop, whole.step)
        if self.static_int(whole.start) == 0 and self.static_int(whole.step) == 1:
            bounds = (whole.stop,)
        listed = ", ".join(f"_{k}_" for k in range(len(bounds)))
        turned = "[::-1]" if whole.backwards else ""
        text = f"range({listed}){turned}[_{len(bounds)}_]"
        return self.verbatim(text, *bounds, self.node(key), type=INT)

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
        if start is None and stop is None and step == -1:
            return Range(whole.start, whole.stop, whole.step, not whole.backwards)
        if pace == 1 and not whole.backwards:
            return self._part_of_numbers_in_turn(whole, start, stop, step or 1)
        if stop is not None:
            return None
        forwards = (start or 0) >= 0 and (step is None or step > 0) and not whole.backwards
        if not forwards:
            return None
        begin = whole.start
        if start:
            begin = self._sum(begin, self._times(whole.step, start))
        return Range(begin, whole.stop, self._times(whole.step, step or 1))

    def _part_of_numbers_in_turn(
        self, whole: Range, start: int | None, stop: int | None, step: int
    ) -> Range | None:
        """A slice onwards, or back from so many numbers before the end to the beginning."""
        plus = self.graph.constant
        if step > 0 and (start or 0) >= 0:
            begin = self._sum(whole.start, plus(start)) if start else whole.start
            end = whole.stop
            if stop is not None and stop < 0:
                end = self._sum(whole.stop, plus(stop))
            elif stop is not None:
                ends = (self._sum(whole.start, plus(stop)), whole.stop)
                end = self.verbatim("min(_0_, _1_)", *ends, type=INT, pure=True)
            return Range(begin, end, plus(step))
        if step < 0 and stop is None and (start is None or start < 0):
            begin = self._sum(whole.stop, plus(-1 if start is None else start))
            return Range(begin, self._sum(whole.start, plus(-1)), plus(step))
        return None

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
