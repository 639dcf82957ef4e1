"""Keywords that say in which manner NumPy computes, and not what: dtype, casting, order, subok.

A call is lifted without those that its declaration lacks.  They are accepted where what it gives
is then what they ask for, and refused by their names where it is not.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.graph.types import FLOATING, Array, dtype_of
from chainrule.lift.values import ArrayBox, Value

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

MANNERS = ("dtype", "casting", "order", "subok", "copy", "like")
# What may be left out where it has NumPy's own default.
IGNORED: dict[str, Any] = {
    "out": None, "where": True, "dtype": None, "casting": "same_kind", "order": "K",
    "copy": True, "initial": None, "keepdims": False, "like": None,
    "overwrite_input": False,
}  # fmt: skip
REMEDIES = {
    "dtype": "Leave it out, and convert what is given or what comes out with .astype(...).",
    "casting": "Leave it out.",
    "order": "Leave it out.",
    "copy": "Leave it out.",
}


def is_default(name: str, found: Any) -> bool:
    """Whether a keyword has the value that NumPy takes where it is not given."""
    if name == "subok":
        # Of NumPy's own class there is nothing else to keep.
        return isinstance(found, bool)
    # NumPy holds the dtype of doubles for equal to None.
    default = IGNORED.get(name, IGNORED)
    return found is default or (type(found) is type(default) and bool(found == default))


def check_manner(
    self: NumpyCalls,
    manner: dict[str, Value],
    given: Sequence[Value],
    value: Value,
    ufunc: bool,
    node: ast.AST,
) -> Value:
    """What a call gives, if it is what keywords ask for that it was lifted without."""
    for name, keyword in manner.items():
        known, found = self.static_value(keyword)
        if known and is_default(name, found):
            continue
        if not known or not _holds(self, name, found, given, value, ufunc, node):
            text = ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
            remedy = REMEDIES.get(name, "Leave it out.")
            raise self.unsupported(f"`{name}` of `{text}`", remedy, node)
    return value


def _holds(
    self: NumpyCalls,
    name: str,
    found: Any,
    given: Sequence[Value],
    value: Value,
    ufunc: bool,
    node: ast.AST,
) -> bool:
    if name == "order":
        if found == "K" or not isinstance(value, ArrayBox):
            return True
        # Sums of what lies otherwise are rounded otherwise.
        self.rely_on(value.layout.assumed)
        return (value.layout.orders[:1] if found == "A" else found) in value.layout.orders
    if name == "casting" and (found == "unsafe" or (ufunc and found == "same_kind")):
        # No loop of another type is chosen for these.
        return True
    import numpy

    own, sources = _dtypes(self, value), {each for part in given for each in _dtypes(self, part)}
    if len(own) != 1 or "" in (*own, *sources):
        return False
    (own_dtype,) = own
    if name == "dtype":
        if own_dtype in FLOATING and not sources.isdisjoint(set(FLOATING) - {own_dtype}):
            return False
        # Means of half precision are taken in single where no dtype is asked for.
        return own_dtype != "float16" and self.dtype_name(found, node) == own_dtype
    if name == "casting" and found in ("no", "equiv", "safe", "same_kind"):
        return all(numpy.can_cast(each, own_dtype, found) for each in sources)
    return False


def _dtypes(self: NumpyCalls, value: Value) -> set[str]:
    """The dtypes of arrays, or those which numbers become; no text where one is not known."""
    items = None if self.is_array(value) else self.known_items(value)
    if items is not None:
        return {each for item in items for each in _dtypes(self, item)}
    array = self.array_node(value)
    if isinstance(array.type, Array):
        return {array.type.dtype}
    kinds = {kind.__name__ for kind in self.python_types(value)}
    usual = {"float", "int", "bool", "float64", "int64", "bool_", "ndarray"}
    return {dtype_of(array.type) if kinds and kinds <= usual else ""}
