"""``collections.defaultdict`` of dicts and objects, as a class that is lifted like the user's.

Its keys are known while lifting.  One of numbers and lists is a dict of run-time keys instead.
"""

from __future__ import annotations

import ast
import collections

from chainrule.lift.library.held import Held
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.values import Closure, Static, Value

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

# What makes dicts, and arrays.
OF_DICTS = (dict, collections.defaultdict, collections.OrderedDict)
NAMES = ("dict", "defaultdict", "OrderedDict", "zeros", "ones", "full", "zeros_like")


class Filled(Held):
    """A dict of the function's own that makes what is missing."""

    def __init__(self, default_factory):
        self.default_factory = default_factory
        self.held = {}

    def __getitem__(self, key):
        if key not in self.held:
            self.held[key] = self.default_factory()
        return self.held[key]

    def __delitem__(self, key):
        del self.held[key]


def makes_containers(factory: Value) -> bool:
    """Whether a factory makes dicts or arrays: a class of such, or a lambda that calls one."""
    if isinstance(factory, Static):
        return any(factory.value is each for each in OF_DICTS)
    called = _called(factory)
    name = getattr(called.func, "id", getattr(called.func, "attr", "")) if called else ""
    return name in NAMES


def inner_factory(factory: Value) -> ast.expr | None:
    """What makes the entries of the entries: ``float`` of ``lambda: defaultdict(float)``."""
    called = _called(factory)
    if called is None or len(called.args) != 1 or called.keywords:
        return None
    name = getattr(called.func, "id", getattr(called.func, "attr", ""))
    return called.args[0] if name == "defaultdict" else None


def _called(factory: Value) -> ast.Call | None:
    """The call that is the body of a lambda."""
    body = factory.tree.body if isinstance(factory, Closure) else None
    return body if isinstance(body, ast.Call) else None


IN_PLACE_OF[Filled] = collections.defaultdict
