"""What ``list``, ``tuple`` and ``dict`` do for objects of classes that are derived from them.

Such an object holds a container in one attribute, and does with it what Python's own class does.
"""

from __future__ import annotations

import types
from typing import Any

from chainrule.lift.watching import WRITTEN

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,attr-defined"

# The attribute that holds the container.
CONTENT = "content_"


class InContainer:
    """What lists, tuples and dicts have in common."""

    def __len__(self):
        return len(self.content_)

    def __iter__(self):
        return iter(self.content_)

    def __contains__(self, item):
        return item in self.content_

    def __getitem__(self, place):
        return self.content_[place]

    def __setitem__(self, place, item):
        self.content_[place] = item

    def __delitem__(self, place):
        del self.content_[place]


class InSequence(InContainer):
    """What lists and tuples have in common."""

    def __mul__(self, count):
        return self.content_ * count

    __rmul__ = __mul__

    def index(self, item):
        """Where such an entry is."""
        return self.content_.index(item)

    def count(self, item):
        """How many such entries there are."""
        return self.content_.count(item)


class InList(InSequence):
    """A list that has a class of the user's."""

    def __init__(self, iterable=()):
        self.content_.extend(iterable)

    def __reversed__(self):
        return reversed(self.content_)

    def __add__(self, other):
        return self.content_ + list(other) if isinstance(other, list) else NotImplemented

    def __eq__(self, other):
        return self.content_ == list(other) if isinstance(other, list) else NotImplemented

    def append(self, item):
        """At the end."""
        self.content_.append(item)

    def extend(self, iterable):
        """One entry after the other."""
        self.content_.extend(iterable)

    def insert(self, position, item):
        """Before the entry at ``position``."""
        self.content_.insert(position, item)

    def pop(self, position=-1):
        """From ``position``."""
        return self.content_.pop(position)

    def remove(self, item):
        """The first such entry is taken out."""
        self.content_.remove(item)

    def clear(self):
        """Without entries."""
        self.content_.clear()

    def reverse(self):
        """In the opposite order."""
        self.content_.reverse()

    def sort(self, *, key=None, reverse=False):
        """In order."""
        self.content_.sort(key=key, reverse=reverse)

    def copy(self):
        """A list of the same entries."""
        return list(self.content_)


class InTuple(InSequence):
    """A tuple that has a class of the user's."""

    def __add__(self, other):
        return self.content_ + tuple(other) if isinstance(other, tuple) else NotImplemented

    def __eq__(self, other):
        return self.content_ == tuple(other) if isinstance(other, tuple) else NotImplemented


class InDict(InContainer):
    """A dict that has a class of the user's."""

    def __init__(self, *given, **named):
        self.content_.update(*given, **named)

    def get(self, key, default=None):
        """What stands under a key, or the default."""
        return self.content_.get(key, default)

    def keys(self):
        """The keys."""
        return self.content_.keys()

    def values(self):
        """What stands under the keys."""
        return self.content_.values()

    def items(self):
        """Both."""
        return self.content_.items()

    def pop(self, *given):
        """What stands under a key is taken out."""
        return self.content_.pop(*given)

    def setdefault(self, key, default=None):
        """What stands under a key, which is the default where nothing does."""
        return self.content_.setdefault(key, default)

    def update(self, *given, **named):
        """More entries."""
        self.content_.update(*given, **named)

    def clear(self):
        """Without entries."""
        self.content_.clear()

    def copy(self):
        """A dict of the same entries."""
        return dict(self.content_)


SPELLED: dict[type, type] = {list: InList, tuple: InTuple, dict: InDict}
COMPILED = (types.WrapperDescriptorType, types.MethodDescriptorType)


def is_of_python(kind: type) -> bool:
    """Whether nothing of a class is compiled but what ``object``, or a container, gives it."""
    known = (object, container_of(kind))
    return all(each.__flags__ & WRITTEN or each in known for each in kind.__mro__)


def container_of(kind: Any) -> type | None:
    """The one of list, tuple and dict from which a class of the user's is derived."""
    if not isinstance(kind, type) or kind.__module__ in ("builtins", "collections"):
        return None
    compiled = [each for each in kind.__mro__ if each.__module__ in ("builtins", "collections")]
    own = [each for each in compiled if each is not object]
    named = hasattr(kind, "_fields") or hasattr(kind, "__missing__")
    return own[0] if len(own) == 1 and own[0] in SPELLED and not named else None


def spelled_out(kind: Any, found: Any) -> Any:
    """What a class of the user's has from list, tuple or dict, as it is spelled out here."""
    base = container_of(kind)
    if base is None or not isinstance(found, COMPILED) or found.__objclass__ is not base:
        return found
    spelled = (vars(each) for each in SPELLED[base].__mro__ if each is not object)
    return next((held[found.__name__] for held in spelled if found.__name__ in held), found)
