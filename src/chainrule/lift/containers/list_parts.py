"""Parts of run-time lists that are replaced: ``del a[i]``, ``a.insert(i, v)``, ``a[i:j] = values``.

The list is put together anew from what stands before the part and after it.
"""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.types import INT
from chainrule.lift.branches.each_kind import EachKind
from chainrule.lift.state import same_value
from chainrule.lift.values import ArrayBox, ListBox, Value, View
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.left_end import drop_first, prepend


class ListParts(EachKind):
    """Changes the length of lists in their middle."""

    def make_dynamic(self, box: ListBox) -> Node:
        items = self.known_items(box) or ()
        made = super().make_dynamic(box)
        for item in items:
            # The slopes in the list would not change with the array.
            if isinstance(item, (ArrayBox, View)):
                self.freeze(item)
        return made

    def take_out(self, box: ListBox, position: Value) -> Value:
        """The entry at ``position``, which the list has no more."""
        base = self.make_dynamic(box)
        self.check_resizing(box)
        taken = self.primitive(sequence.index, base, self.node(position))
        first = self.static_int(position)
        start = self.node(position)
        if first == -1:
            self._changed(box, base, self.primitive(sequence.drop_last, base))
            return self.boxed(taken)
        if first == 0:
            self._changed(box, base, self.primitive(drop_first, base))
            return self.boxed(taken)
        if first is None:
            # A negative position counts from the end.
            count = self.primitive(sequence.length, base)
            start = self.primitive(arithmetic.remainder, start, count)
            following = self.primitive(arithmetic.add, start, self.graph.constant(1))
        else:
            following = self.graph.constant(first + 1)
        empty = ListBox()
        self.state[empty] = []
        self.replace_part(box, start, following, empty)
        return self.boxed(taken)

    def check_in_range(self, box: ListBox, position: Value, error: str) -> None:
        """Raise where the list has no entry at ``position``, which nothing else may read."""
        place = self.static_int(position)
        if place in (0, -1):
            return  # What drops the first or the last entry raises by itself.
        count, at = self.length_of(box), self.node(position)
        if place is not None and place < 0:
            beyond = self.primitive(arithmetic.less, count, self.graph.constant(-place))
        else:
            beyond = self.primitive(arithmetic.less_equal, count, at)
        if place is None and not self.is_natural(at):
            before = self.primitive(arithmetic.less, at, self.primitive(arithmetic.negative, count))
            yes = self.graph.constant(True)
            beyond = self.node(self.choose(beyond, lambda: yes, lambda: before, "or"))
        known, truth = self.truth(beyond)
        if known and truth:
            self.always_raises(f"IndexError({error!r})")
        if not known:
            self.raise_if(beyond, f"IndexError({error!r})")

    def put_first(self, box: ListBox, value: Node) -> None:
        """The list with one more entry before the others."""
        base = self.make_dynamic(box)
        self.check_resizing(box)
        self._changed(box, base, self.primitive(prepend, base, value))

    def _changed(self, box: ListBox, old: Node, new: Node) -> None:
        self.rows_moved(box)
        self.rename(old, new)
        self.state[box] = new

    def replace_part(self, box: ListBox, start: Value, stop: Value, values: Value) -> None:
        """Put ``values`` in the place of what stands from ``start`` up to ``stop``."""
        base = self.make_dynamic(box)
        self.check_resizing(box)
        parts = [] if self.static_int(start) == 0 else [self._part(base, None, start)]
        if self.known_items(values) != []:
            parts.append(self.node(values))
        if parts and self.static_int(stop) == 0:
            parts.append(base)
        elif self.static_value(stop) != (True, None):
            parts.append(self._part(base, stop, None))
        elif not parts:
            parts.append(self._part(base, None, self.graph.constant(0)))
        new = parts[0]
        for part in parts[1:]:
            new = self.primitive(sequence.concatenate, new, part)
        self.rows_moved(box)
        self.rename(base, new)
        self.state[box] = new

    def ordered_bounds(self, box: ListBox, start: Value, stop: Value) -> tuple[Value, Value]:
        """Bounds of a slice of which the second does not come before the first."""
        (known, low), (ends, high) = self.static_value(start), self.static_value(stop)
        if known and low in (None, 0):
            return self.graph.constant(0), stop
        if (ends and high is None) or same_value(start, stop):
            return start, stop
        if known and ends:
            if low <= high and (low >= 0) == (high >= 0):
                return start, stop
        elif all(map(self._is_from_start, (start, stop))):
            return start, self._latest(start, stop)
        # Negative ones count from the end.
        count = self.length_of(box)
        text = "slice(_0_, _1_).indices(_2_)"
        bounds = self.verbatim(text, self.node(start), self.node(stop), count, pure=True)
        first, second = (self.verbatim(f"_0_[{k}]", bounds, type=INT, pure=True) for k in (0, 1))
        return first, self._latest(first, second)

    def _is_from_start(self, bound: Value) -> bool:
        known, found = self.static_value(bound)
        return found >= 0 if known else isinstance(bound, Node) and self.is_natural(bound)

    def _latest(self, start: Value, stop: Value) -> Node:
        """The second of two numbers from 0 on, or the first if that is greater."""
        first, second = self.node(start), self.node(stop)
        added = [arg for arg in second.args if arg is not first]
        if second.op is arithmetic.add and first in second.args and self.is_natural(*added):
            return second
        return self.verbatim("max(_0_, _1_)", first, second, type=INT, pure=True)

    def _part(self, base: Node, start: Value | None, stop: Value | None) -> Node:
        none = self.graph.constant(None)
        bounds = [none if part is None else self.node(part) for part in (start, stop)]
        return self.primitive(sequence.slice_of, base, *bounds, none)

    def is_natural(self, *numbers: Node) -> bool:
        """Whether ints are certainly not negative."""
        raise NotImplementedError
