"""``collections.deque`` spelled out on a list, as a class that is lifted like one of the user's."""

from __future__ import annotations

import collections

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,attr-defined"


class Queue:
    """A deque of the function's own: its entries in a list, the left end first."""

    def __init__(self, iterable=None, maxlen=None):
        self.maxlen = maxlen
        if iterable is None:
            self.items = []
        elif maxlen is None:
            self.items = list(iterable)
        else:
            items = list(iterable)
            self.items = items[max(len(items) - maxlen, 0) :]

    def __len__(self):
        return len(self.items)

    def __bool__(self):
        return len(self.items) > 0

    def __eq__(self, other):
        return isinstance(other, collections.deque) and self.items == other.items

    def __iter__(self):
        return iter(self.items)

    def __getitem__(self, position):
        return self.items[position]

    def __setitem__(self, position, item):
        self.items[position] = item

    def __contains__(self, item):
        return item in self.items

    def append(self, item):
        """At the right end."""
        self.items.append(item)
        if self.maxlen is not None and len(self.items) > self.maxlen:
            self.items.pop(0)

    def appendleft(self, item):
        """At the left end."""
        self.items.insert(0, item)
        if self.maxlen is not None and len(self.items) > self.maxlen:
            self.items.pop()

    def pop(self):
        """From the right end."""
        if len(self.items) > 0:
            return self.items.pop()
        raise IndexError("pop from an empty deque")

    def popleft(self):
        """From the left end."""
        if len(self.items) > 0:
            return self.items.pop(0)
        raise IndexError("pop from an empty deque")

    def insert(self, position, item):
        """Before the entry at ``position``."""
        if self.maxlen is not None and len(self.items) >= self.maxlen:
            raise IndexError("deque already at its maximum size")
        self.items.insert(position, item)

    def remove(self, item):
        """The first such entry is taken out."""
        if item not in self.items:
            raise ValueError("deque.remove(x): x not in deque")
        self.items.remove(item)

    def extend(self, iterable):
        """At the right end, one after the other."""
        for item in iterable:
            self.append(item)

    def extendleft(self, iterable):
        """At the left end, one after the other."""
        for item in iterable:
            self.appendleft(item)

    def rotate(self, n=1):
        """To the right by ``n``."""
        count = len(self.items)
        if count > 0:
            shift = n % count
            self.items = self.items[count - shift :] + self.items[: count - shift]

    def clear(self):
        """Without entries."""
        self.items = []

    def reverse(self):
        """The right end first."""
        self.items.reverse()

    def copy(self):
        """Another one of the same entries."""
        return Queue(self.items, self.maxlen)

    def count(self, item):
        """How often there is such an entry."""
        return self.items.count(item)
