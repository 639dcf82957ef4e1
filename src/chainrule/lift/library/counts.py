"""``collections.Counter`` of numbers on a dict, spelled out as a class that is lifted as any is.

Its sums and differences keep what is above zero only: which keys these have, the run tells.
"""

from __future__ import annotations

import collections

from chainrule.lift.library.object_sets import IN_PLACE_OF

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,attr-defined"


class Counts:
    """A Counter of the function's own: its numbers in a dict."""

    def __init__(self, counted=None, /, **numbers):
        self.held = {}
        if counted is not None:
            for key, number in counted.items():
                self.held[key] = number
        for key, number in numbers.items():
            self.held[key] = number

    def __len__(self):
        return len(self.held)

    def __bool__(self):
        return len(self.held) > 0

    def __iter__(self):
        return iter(self.held)

    def __contains__(self, key):
        return key in self.held

    def __getitem__(self, key):
        return self.held.get(key, 0)

    def __setitem__(self, key, number):
        self.held[key] = number

    def get(self, key, default=None):
        """The number, or what is given where there is none."""
        return self.held.get(key, default)

    def keys(self):
        """What is counted."""
        return self.held.keys()

    def values(self):
        """The numbers."""
        return self.held.values()

    def items(self):
        """What is counted, with the numbers."""
        return self.held.items()

    def copy(self):
        """Another one of the same numbers."""
        return Counts(self.held)

    def total(self):
        """What the numbers add up to."""
        return sum(self.held.values())

    def most_common(self, n=None):
        """The largest first."""
        pairs = sorted(self.held.items(), key=lambda pair: pair[1], reverse=True)
        return pairs if n is None else pairs[:n]

    def update(self, counted=None, /, **numbers):
        """Add numbers."""
        if counted is not None:
            for key, number in counted.items():
                self.held[key] = number + self.held.get(key, 0)
        for key, number in numbers.items():
            self.held[key] = number + self.held.get(key, 0)

    def subtract(self, counted=None, /, **numbers):
        """Take numbers away."""
        if counted is not None:
            for key, number in counted.items():
                self.held[key] = self.held.get(key, 0) - number
        for key, number in numbers.items():
            self.held[key] = self.held.get(key, 0) - number

    def __add__(self, other):
        made = Counts()
        for key, number in self.held.items():
            found = number + other[key]
            if found > 0:
                made.held[key] = found
        for key, number in other.items():
            if key not in self.held and number > 0:
                made.held[key] = number
        return made

    def __sub__(self, other):
        made = Counts()
        for key, number in self.held.items():
            found = number - other[key]
            if found > 0:
                made.held[key] = found
        for key, number in other.items():
            if key not in self.held and number < 0:
                made.held[key] = 0 - number
        return made

    def __or__(self, other):
        made = Counts()
        for key, number in self.held.items():
            more = other[key]
            found = more if number < more else number
            if found > 0:
                made.held[key] = found
        for key, number in other.items():
            if key not in self.held and number > 0:
                made.held[key] = number
        return made

    def __and__(self, other):
        made = Counts()
        for key, number in self.held.items():
            less = other[key]
            found = number if number < less else less
            if found > 0:
                made.held[key] = found
        return made


IN_PLACE_OF[Counts] = collections.Counter
