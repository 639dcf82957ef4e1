"""Complex numbers as they are written: parts, conjugates, functions of :mod:`cmath`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from chainrule.emit.plan import Value
from chainrule.emit.wording.lists import comprehension
from chainrule.graph.types import Sequence, Type, unit_axes_of
from chainrule.primitives.complex_functions import COMPLEX_FUNCTIONS

if TYPE_CHECKING:
    from chainrule.emit.wording.expressions import Speller

Form = Callable[["Speller", Value, list[ast.expr]], ast.expr]


def _part(attribute: str) -> Form:
    return lambda speller, value, args: ast.Attribute(args[0], attribute, ast.Load())


def _conjugate(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    """Of one number by its method, which Python's own have as well."""
    if unit_axes_of(value.type) or not (value.derivative or value.params):
        return ast.Call(speller.callable("numpy.conj"), args, [])
    return ast.Call(ast.Attribute(args[0], "conjugate", ast.Load()), [], [])


def _function(dotted: str) -> Form:
    """A function of :mod:`cmath`, which takes real numbers as they are."""

    def write(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
        return ast.Call(speller.callable(dotted), [_real_argument(args[0])], [])

    return write


def _real_argument(arg: ast.expr) -> ast.expr:
    """``x`` for ``complex(x, 0.0)``."""
    match arg:
        case ast.Call(ast.Name("complex"), [real, ast.Constant(0.0)]):
            return real
    return arg


def _real_parts(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return _parts_within(args[0], value.type, "z")


def _parts_within(numbers: ast.expr, type: Type, name: str) -> ast.expr:
    each: ast.expr = ast.Name(name, ast.Load())
    part: ast.expr = ast.Attribute(each, "real", ast.Load())
    if isinstance(type, Sequence) and isinstance(type.item, Sequence):
        part = _parts_within(each, type.item, name + "_")
    return comprehension(part, ast.Name(name, ast.Store()), numbers)


COMPLEX: dict[str, Form] = {
    "real_parts": _real_parts,
    "real_part": _part("real"),
    "imaginary_part": _part("imag"),
    "conjugate": _conjugate,
    **{op.name: _function(op.callables[0]) for op in COMPLEX_FUNCTIONS.values()},
}
