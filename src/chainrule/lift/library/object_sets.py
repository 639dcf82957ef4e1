"""Sets of objects that a function makes, as a class that is lifted like one of the user's.

Objects are told apart by which they are; they are gone through in the order in which they came,
which is one of those that Python may take: it goes by where they lie in memory.
"""

from __future__ import annotations

import collections

from chainrule.lift.library.queues import Queue

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class ObjectSet:
    """A set of the function's own whose entries are objects."""

    def __init__(self, iterable=()):
        self.items = []
        for item in iterable:
            self.add(item)

    def __len__(self):
        return len(self.items)

    def __bool__(self):
        return len(self.items) > 0

    def __iter__(self):
        return iter(self.items)

    def __contains__(self, item):
        found = False
        for each in self.items:
            if each is item:
                found = True
        return found

    def __or__(self, other):
        return self.union(other)

    def __and__(self, other):
        return ObjectSet([item for item in self.items if item in other])

    def __sub__(self, other):
        return ObjectSet([item for item in self.items if item not in other])

    def __le__(self, other):
        return all(item in other for item in self.items)

    def __ge__(self, other):
        return all(item in self for item in other)

    def __eq__(self, other):
        if not isinstance(other, set):
            return NotImplemented
        return len(self) == len(other) and self <= other

    def __lt__(self, other):
        return len(self) < len(other) and self <= other

    def __gt__(self, other):
        return len(self) > len(other) and self >= other

    def __ior__(self, other):
        self.update(other)
        return self

    def __iand__(self, other):
        self.items = [item for item in self.items if item in other]
        return self

    def __isub__(self, other):
        self.items = [item for item in self.items if item not in other]
        return self

    def add(self, item):
        """An entry, unless it is there."""
        if item not in self:
            self.items.append(item)

    def discard(self, item):
        """An entry is taken out if it is there."""
        self.items = [each for each in self.items if each is not item]

    def remove(self, item):
        """An entry is taken out."""
        if item not in self:
            raise KeyError("an object that is not in the set")
        self.discard(item)

    def update(self, iterable):
        """One entry after the other."""
        for item in iterable:
            self.add(item)

    def union(self, iterable):
        """Another one with more entries."""
        made = ObjectSet(self.items)
        made.update(iterable)
        return made

    def clear(self):
        """Without entries."""
        self.items = []

    def copy(self):
        """Another one of the same entries."""
        return ObjectSet(self.items)


# Classes of Python's, by those that are lifted in their place.
IN_PLACE_OF: dict[type, type] = {Queue: collections.deque, ObjectSet: set}
