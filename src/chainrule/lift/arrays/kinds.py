"""Functions that look at no more than the class of what they are given, and at dtypes.

They are asked of an example of each class that a value may be of.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, OPAQUE, Type, dtype_of, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, bound
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import Static, Value

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

PANDAS = ("is_scalar", "is_list_like", "is_iterator", "is_float", "is_integer", "is_bool")


def _examples(self: NumpyCalls, value: Value) -> Iterator[Any]:
    """An object of each class that a value may be of; none where they are not known."""
    import numpy

    known, found = self.static_value(value)
    if known:
        yield found
        return
    rank = len(unit_axes_of(self.node(value).type)) if self.is_array(value) else 0
    dtype = getattr(self.node(value).type, "dtype", "float64") if rank else "float64"
    for kind in self.python_types(value):
        if kind is numpy.ndarray:
            yield numpy.zeros((1,) * rank, dtype)
        elif isinstance(value, Node) or kind in (list, tuple, dict):
            yield kind()


def _asked(home: str, name: str) -> SpecialForm:
    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        function = getattr(sys.modules[home], name)
        value = self.read(args[0])
        answers = {function(example) for example in _examples(self, value)}
        if len(answers) == 1 and len(args) == 1 and not keywords:
            return Static(answers.pop())
        return _at_run_time(self, function, args, keywords, BOOL)

    return lift


def _at_run_time(
    self: NumpyCalls, function: Any, args: Arguments, keywords: Keywords, type: Type = OPAQUE
) -> Node:
    nodes = [self.static_node(Static(function)), *map(self.node, (*args, *keywords.values()))]
    text = f"_0_({', '.join(argument_places(len(args), keywords))})"
    return self.verbatim(text, *nodes, type=type, pure=True)


def _common_type(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """The class of numbers that holds the entries of all arrays; it follows from their dtypes."""
    import numpy

    dtypes = [dtype_of(self.array_node(arg).type) for arg in args]
    return Static(numpy.common_type(*(numpy.zeros(1, dtype) for dtype in dtypes)))


def _dtype(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """A kind of entries, told from others before anything runs."""
    import numpy

    known, given = self.static_value(args[0]) if len(args) == 1 and not keywords else (False, None)
    if known and isinstance(given, (type, str, numpy.dtype)):
        with contextlib.suppress(TypeError):
            return Static(numpy.dtype(given))
    return _at_run_time(self, numpy.dtype, args, keywords)


def _axis_index(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """An axis counted from the front."""
    given = bound(("axis", "ndim"), args, keywords)
    axis, count = (self.static_int(given[name]) for name in ("axis", "ndim"))
    if axis is None or count is None or not -count <= axis < count:
        raise self.unsupported(
            "an axis that is known at run time only", "Give it as a constant.", node
        )
    return self.graph.constant(axis % count)


def _object(module: str, name: str) -> SpecialForm:
    """An object of NumPy's as one of a class of the library that is lifted."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        kind = getattr(importlib.import_module(f"chainrule.lift.library.{module}"), name)
        try:
            inspect.signature(kind).bind(*args, **keywords)
        except TypeError:
            # NumPy may take what the class does not.
            raise self.unsupported(
                "this call of NumPy", "Give it the array alone, without options.", node
            ) from None
        return self.call(Static(kind), args, keywords, node)

    return lift


FORMS: dict[str, SpecialForm] = {
    **{f"pandas._libs.lib.{name}": _asked("pandas._libs.lib", name) for name in PANDAS},
    "numpy.poly1d": _object("polynomials", "Descending"),
    "numpy.polynomial.Polynomial": _object("polynomials", "series"),
    "numpy.polynomial.polyutils._fit": _object("polynomials", "fit"),
    "numpy.broadcast": _object("broadcasts", "Broadcast"),
    "numpy.isscalar": _asked("numpy", "isscalar"),
    "numpy.common_type": _common_type,
    "numpy.dtype": _dtype,
    "numpy.lib.array_utils.normalize_axis_index": _axis_index,
}
