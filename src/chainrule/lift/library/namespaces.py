"""``types.SimpleNamespace`` as a class that is lifted like one of the user's."""

from __future__ import annotations

import types

from chainrule.lift.library.object_sets import IN_PLACE_OF

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Namespace:
    """An object of the function's own with the attributes that it is given."""

    def __init__(self, **attributes):
        for name, value in attributes.items():
            setattr(self, name, value)

    def __eq__(self, other):
        return isinstance(other, types.SimpleNamespace) and vars(self) == vars(other)


IN_PLACE_OF[Namespace] = types.SimpleNamespace
