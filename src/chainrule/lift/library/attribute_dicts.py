"""What ``vars(obj)`` and ``obj.__dict__`` are, as a class that is lifted like the user's own.

What is written into it are attributes of the object, past what its class says of them.
"""

from __future__ import annotations

from typing import Any

from chainrule.lift.library.object_sets import IN_PLACE_OF

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def held_by(owner: Any) -> dict[str, Any]:
    """The attributes of an object itself, without those of its class; the lifter answers."""
    raise NotImplementedError


def plain(value: Any) -> Any:
    """What ``vars`` gave as a dict, and anything else as it is; the lifter answers."""
    raise NotImplementedError


class AttributeNames:
    """The names of an object's attributes, as they are when they are read."""

    def __init__(self, owner):
        self.owner = owner

    def __iter__(self):
        return iter(held_by(self.owner).keys())

    def __len__(self):
        return len(held_by(self.owner))

    def __contains__(self, name):
        return name in held_by(self.owner)


class AttributeValues:
    """What an object's attributes are when they are read."""

    def __init__(self, owner):
        self.owner = owner

    def __iter__(self):
        return iter(held_by(self.owner).values())

    def __len__(self):
        return len(held_by(self.owner))


class AttributeItems:
    """Names and values of an object's attributes, as they are when they are read."""

    def __init__(self, owner):
        self.owner = owner

    def __iter__(self):
        return iter(held_by(self.owner).items())

    def __len__(self):
        return len(held_by(self.owner))


class AttributeDict:
    """The attributes of an object by their names."""

    def __init__(self, owner):
        self.owner = owner

    def __getitem__(self, name):
        return held_by(self.owner)[name]

    def __setitem__(self, name, value):
        object.__setattr__(self.owner, name, value)

    def __contains__(self, name):
        return name in held_by(self.owner)

    def __iter__(self):
        return iter(held_by(self.owner).keys())

    def __len__(self):
        return len(held_by(self.owner))

    def __eq__(self, other):
        return held_by(self.owner) == plain(other)

    def get(self, name, default=None):
        return held_by(self.owner).get(name, default)

    def keys(self):
        return AttributeNames(self.owner)

    def values(self):
        return AttributeValues(self.owner)

    def items(self):
        return AttributeItems(self.owner)

    def copy(self):
        return dict(held_by(self.owner))

    def update(self, others=(), /, **named):
        for name, value in {**dict(others), **named}.items():
            object.__setattr__(self.owner, name, value)


# What looks at the attributes of an object, and has no more methods than it is given here.
LOOKING = (AttributeDict, AttributeNames, AttributeValues, AttributeItems)

IN_PLACE_OF[AttributeDict] = dict
