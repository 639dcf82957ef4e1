"""``collections.Counter`` of numbers on a dict, spelled out as a class that is lifted as any is.

Its sums and differences keep what is above zero only: which keys these have, the run tells.
"""

from __future__ import annotations

import collections

from chainrule.lift.library.held import Held
from chainrule.lift.library.object_sets import IN_PLACE_OF

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,attr-defined"


class Counts(Held):
    """A Counter of the function's own: its numbers in a dict."""

    def __init__(self, counted=None, /, **numbers):
        self.held = {}
        if counted is not None:
            for key, number in counted.items():
                self.held[key] = number
        for key, number in numbers.items():
            self.held[key] = number if counted is None else number + self[key]

    def __getitem__(self, key):
        return self.held.get(key, 0)

    def __delitem__(self, key):
        if key in self.held:
            del self.held[key]

    def __eq__(self, other):
        if not isinstance(other, collections.Counter):
            return self.held == other
        here = all(number == other.get(key, 0) for key, number in self.held.items())
        return here and all(number == self[key] for key, number in other.items())

    def __le__(self, other):
        if not isinstance(other, collections.Counter):
            return NotImplemented
        here = all(number <= other.get(key, 0) for key, number in self.held.items())
        return here and all(self[key] <= number for key, number in other.items())

    def __ge__(self, other):
        return other <= self if isinstance(other, collections.Counter) else NotImplemented

    def __lt__(self, other):
        return self <= other and not self == other

    def __gt__(self, other):
        return self >= other and not self == other

    def copy(self):
        """Another one of the same numbers."""
        return Counts(self.held)

    def total(self):
        """What the numbers add up to."""
        return sum(self.held.values())

    def most_common(self, n=None):
        """The largest first."""
        pairs = sorted(self.held.items(), key=lambda pair: pair[1], reverse=True)
        return pairs if n is None else pairs[: max(n, 0)]

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
        return self.joined(other, lambda one, two: one + two)

    def __sub__(self, other):
        return self.joined(other, lambda one, two: one - two)

    def __or__(self, other):
        return self.joined(other, lambda one, two: two if one < two else one)

    def __and__(self, other):
        return self.joined(other, lambda one, two: one if one < two else two)

    def joined(self, other, join):
        """What two numbers of a key give, where that is above zero."""
        if not isinstance(other, collections.Counter):
            return NotImplemented
        made = Counts()
        for key, number in self.held.items():
            given = join(number, other[key])
            if given > 0:
                made.held[key] = given
        for key, number in other.items():
            given = join(0, number)
            if key not in self.held and given > 0:
                made.held[key] = given
        return made

    def __pos__(self):
        made = Counts()
        for key, number in self.held.items():
            if number > 0:
                made.held[key] = number
        return made

    def __neg__(self):
        made = Counts()
        for key, number in self.held.items():
            if number < 0:
                made.held[key] = 0 - number
        return made

    def __iadd__(self, other):
        self.update(other)
        return self.kept()

    def __isub__(self, other):
        self.subtract(other)
        return self.kept()

    def __ior__(self, other):
        for key, number in other.items():
            if number > self[key]:
                self.held[key] = number
        return self.kept()

    def __iand__(self, other):
        for key, number in self.held.items():
            less = other[key]
            if less < number:
                self.held[key] = less
        return self.kept()

    def kept(self):
        """Itself, without what is not above zero."""
        self.held = (+self).held
        return self


IN_PLACE_OF[Counts] = collections.Counter
