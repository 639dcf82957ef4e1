"""Attributes that an object is given in a step of a loop, as by ``cached_property``.

Before the loop they are missing: each step asks whether an earlier one has given them.
"""

from __future__ import annotations

from chainrule.lift.iteration.shapes import KEEP, Layout, Shape
from chainrule.lift.state import Key
from chainrule.lift.values import UNBOUND, ObjectBox, Value


def with_missing(key: Key, before: Value, value: Value) -> Value:
    """What an object holds before a loop, with a place for each attribute that a step gives it."""
    if not isinstance(key, ObjectBox) or not isinstance(value, dict):
        return before
    # Of an object from outside nothing is noted before it is first looked at.
    held = {} if before is UNBOUND and key.instance is not None else before
    if not isinstance(held, dict) or not held.keys() < value.keys():
        return before
    return {name: held.get(name, UNBOUND) for name in value}


def with_places(shape: Shape, before: Value) -> Shape:
    """The shape of an object with a place for each of the attributes."""
    if not isinstance(shape, Layout) or shape.kind != "dict" or not isinstance(before, dict):
        return shape
    if not set(shape.keys) < before.keys():
        return shape
    known = dict(zip(shape.keys, shape.parts, strict=True))
    return Layout("dict", tuple(known.get(name, KEEP) for name in before), tuple(before))
