"""What a class that stands for a dict has of the dict that it holds."""

from __future__ import annotations

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,attr-defined"


class Held:
    """Shows the dict ``held``; nothing is made of a key that is missing there."""

    def __setitem__(self, key, value):
        self.held[key] = value

    def __contains__(self, key):
        return key in self.held

    def __len__(self):
        return len(self.held)

    def __bool__(self):
        return len(self.held) > 0

    def __iter__(self):
        return iter(self.held)

    def keys(self):
        """The keys that there are by now."""
        return self.held.keys()

    def values(self):
        """What there is under them."""
        return self.held.values()

    def items(self):
        """Both."""
        return self.held.items()

    def get(self, key, default=None):
        """What there is, or what is given where there is none."""
        return self.held.get(key, default)

    def pop(self, key, *default):
        """What there is, which is taken out."""
        return self.held.pop(key, *default)

    def setdefault(self, key, default=None):
        """What there is, or what is given, which is put in."""
        return self.held.setdefault(key, default)
