"""Functions of NumPy for complex numbers; a real number is one without an imaginary part."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from chainrule.graph.types import is_complex, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, bound
from chainrule.lift.values import Static, Value
from chainrule.primitives.arrays import complex_numbers, creation
from chainrule.primitives.declare import TABLE
from chainrule.primitives.rounding import angle_of_real

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def _part(name: str) -> SpecialForm:
    """``np.real`` and ``np.imag``."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        array = self.array_node(args[0])
        if is_complex(array.type):
            return self.attribute(args[0], name, node)
        if not unit_axes_of(array.type):
            return self.attribute(array, name, node)
        if name == "real":
            return args[0]
        return self.boxed(self.call_array(creation.zeros_like, (array,), (None,)))

    return lift


def _conjugate(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.conj``: of real numbers it gives these anew."""
    array = self.array_node(args[0])
    if len(args) > 1 or keywords:
        raise self.unsupported("this call", "Call it with one argument.", node)
    if is_complex(array.type):
        return self.boxed(self.block.add(complex_numbers.conjugate, (array,)))
    found = self.primitive(TABLE["positive"], array, params=("numpy.conj",))
    return self.boxed(found)


def _angle(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("z", "deg"), args, keywords)
    array = self.array_node(given["z"])
    known, degrees = self.static_value(given.get("deg", Static(False)))
    if not known:
        raise self.unsupported(
            "`deg` of `np.angle` that is known at run time only", "Give it as a constant.", node
        )
    if is_complex(array.type):
        angle = self.block.add(complex_numbers.angle, (array,))
    else:
        angle = self.primitive(angle_of_real, array)
    if degrees:
        angle = self.primitive(TABLE["multiply"], angle, self.graph.constant(180 / math.pi))
    return self.boxed(angle)


def _real_if_close(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = self.array_node(args[0])
    if is_complex(array.type):
        raise self.unsupported(
            "`np.real_if_close`, whose result is real or complex as the numbers are",
            "Take np.real of them.",
            node,
        )
    return self.boxed(array)


def _is_complex(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return Static(is_complex(self.array_node(args[0]).type))


def _is_real(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return Static(not is_complex(self.array_node(args[0]).type))


def _conjugate_method(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``x.conj()``: of real numbers it gives these themselves."""
    base = self.node(owner)
    if is_complex(base.type) and not unit_axes_of(base.type):
        return self.boxed(self.block.add(complex_numbers.conjugate, (base,), ("method",)))
    return _conjugate(self, [owner], {}, node) if is_complex(base.type) else owner


FORMS: dict[str, SpecialForm] = {
    "numpy.real": _part("real"),
    "numpy.imag": _part("imag"),
    "numpy.conj": _conjugate,
    "numpy.angle": _angle,
    "numpy.real_if_close": _real_if_close,
    "numpy.iscomplexobj": _is_complex,
    "numpy.isrealobj": _is_real,
}
METHODS = {"conj": _conjugate_method, "conjugate": _conjugate_method}
