"""Functions of NumPy for complex numbers; a real number is one without an imaginary part."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chainrule.graph.types import is_complex, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm
from chainrule.lift.values import Static, Value
from chainrule.primitives.arrays import complex_numbers, creation
from chainrule.primitives.declare import TABLE, Primitive

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def _part(name: str) -> SpecialForm:
    """``np.real`` and ``np.imag``."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        array = self.array_node(args[0])
        if is_complex(array.type):
            return self.boxed(self.complex_part(array, name))
        if name == "real":
            return args[0]
        if not unit_axes_of(array.type):
            return self.graph.constant(0.0)
        return self.boxed(self.call_array(creation.zeros_like, (array,), (None,)))

    return lift


def _either(complex_op: Primitive, real_op: str | None) -> SpecialForm:
    """A function that means another operation of real numbers, or none."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        array = self.array_node(args[0])
        if len(args) > 1 or keywords:
            raise self.unsupported("this call", "Call it with one argument.", node)
        if is_complex(array.type):
            return self.boxed(self.block.add(complex_op, (array,)))
        if real_op is not None:
            return self.boxed(self.primitive(TABLE[real_op], array))
        return args[0]

    return lift


def _angle(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = self.array_node(args[0])
    if not is_complex(array.type) or len(args) > 1 or keywords:
        raise self.unsupported(
            "`np.angle` of real numbers or in degrees", "Use np.where(x < 0, np.pi, 0.0).", node
        )
    return self.boxed(self.block.add(complex_numbers.angle, (array,)))


def _is_complex(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return Static(is_complex(self.array_node(args[0]).type))


def _is_real(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return Static(not is_complex(self.array_node(args[0]).type))


def _conjugate_method(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return FORMS["numpy.conj"](self, [owner], {}, node)


FORMS: dict[str, SpecialForm] = {
    "numpy.real": _part("real"),
    "numpy.imag": _part("imag"),
    "numpy.conj": _either(complex_numbers.conjugate, None),
    "numpy.angle": _angle,
    "numpy.iscomplexobj": _is_complex,
    "numpy.isrealobj": _is_real,
}
METHODS = {"conj": _conjugate_method, "conjugate": _conjugate_method}
