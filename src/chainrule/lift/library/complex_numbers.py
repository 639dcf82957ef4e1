"""``complex`` and the functions of :mod:`cmath`: complex numbers between real ones."""

from __future__ import annotations

import ast
import builtins
import cmath
import math
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, is_complex
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import Value
from chainrule.primitives.arrays.complex_numbers import angle, joined
from chainrule.primitives.complex_functions import COMPLEX_FUNCTIONS
from chainrule.primitives.declare import TABLE, Elementwise

if TYPE_CHECKING:
    from chainrule.lift.library.builtins import Builtins

Arguments = list[Value]
Keywords = dict[str, Value]
Form = Callable[["Builtins", Arguments, Keywords, ast.AST], Value]

# The functions of `OF_PARTS` are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def _complex_of(self: Builtins, arg: Value, node: ast.AST) -> Node:
    """A number as a complex one: a real one has no imaginary part."""
    number = self.node(arg)
    if is_complex(number.type):
        return number
    if number.type not in (FLOAT, INT, BOOL):
        raise self.unsupported(
            "a complex number of what is no number", "Give it its real and imaginary part.", node
        )
    self.raise_if_complex(number)
    return self.block.add(joined, (number, self.graph.constant(0.0)))


def _complex(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``complex(x, y)`` of real numbers, ``complex(z)``."""
    known = [self.static_value(arg) for arg in args]
    if not keywords and known and all(each for each, _ in known):
        try:
            return self.graph.constant(complex(*(value for _, value in known)))
        except (TypeError, ValueError):
            given_parts = ", ".join(argument_places(len(args), first=0))
            self.raises_itself(f"complex({given_parts})", *map(self.node, args))
    given = {**dict(zip(("real", "imag"), args, strict=False)), **keywords}
    self.positional([*given.values()], {}, node, 1, 2, "complex")
    if len(given) == 1 and "real" in given:
        return _complex_of(self, given["real"], node)
    zero: Value = self.graph.constant(0.0)
    parts = [self.node(given.get(name, zero)) for name in ("real", "imag")]
    if any(part.type not in (FLOAT, INT, BOOL) for part in parts):
        raise self.unsupported(
            "`complex` of what is no real number", "Give it its real and imaginary part.", node
        )
    return self.block.add(joined, tuple(parts))


def _function(op: Elementwise) -> Form:
    """A function of one complex number."""

    def lift(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 1, 1, op.callables[0])
        return self.primitive(op, _complex_of(self, args[0], node))

    return lift


def _logarithm(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``cmath.log(z)`` and ``cmath.log(z, base)``, which is a quotient."""
    self.positional(args, keywords, node, 1, 2, "cmath.log")
    logs = [self.primitive(COMPLEX_FUNCTIONS["log"], _complex_of(self, arg, node)) for arg in args]
    return logs[0] if len(logs) == 1 else self.primitive(TABLE["divide"], *logs)


def _phase(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``cmath.phase(z)``."""
    self.positional(args, keywords, node, 1, 1, "cmath.phase")
    return self.primitive(angle, _complex_of(self, args[0], node), params=("cmath.phase",))


def polar(z):
    """``cmath.polar``."""
    return abs(z), cmath.phase(z)


def rect(r, phi):
    """``cmath.rect``."""
    return complex(r * math.cos(phi), r * math.sin(phi))


def isnan(z):
    """``cmath.isnan``."""
    return math.isnan(z.real) or math.isnan(z.imag)


def isinf(z):
    """``cmath.isinf``."""
    return math.isinf(z.real) or math.isinf(z.imag)


def isfinite(z):
    """``cmath.isfinite``."""
    return math.isfinite(z.real) and math.isfinite(z.imag)


def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    """``cmath.isclose`` of finite numbers."""
    return a == b or abs(a - b) <= max(rel_tol * max(abs(a), abs(b)), abs_tol)


OF_PARTS: dict[Hashable, Callable[..., Any]] = {
    getattr(cmath, definition.__name__): definition
    for definition in (polar, rect, isnan, isinf, isfinite, isclose)
}
COMPLEX_CALLS: dict[Any, Form] = {
    builtins.complex: _complex,
    **{getattr(cmath, name): _function(op) for name, op in COMPLEX_FUNCTIONS.items()},
    cmath.log: _logarithm,
    cmath.phase: _phase,
}
