"""Complex numbers between real ones: parts, magnitudes, angles.

The adjoint of a complex ``z = x + i y`` is ``x_bar + i y_bar``: the pairing of adjoints and
tangents is ``Re(conj(z_bar) z_dot)``.  So an analytic function hands on ``out_bar`` times its
conjugate
derivative, and a real value that became complex gets the real part.  No derivative is taken by a
complex parameter, and none of a complex result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, is_complex, real_promoted, unit_axes_of
from chainrule.primitives.arithmetic import negative
from chainrule.primitives.control import select
from chainrule.primitives.declare import TABLE, Cost, Primitive, register


def real_dtype(type: Type) -> str:
    """The dtype of the parts of a complex value."""
    return "float32" if dtype_of(type) == "complex64" else "float64"


def magnitude_dtype(type: Type) -> str:
    """The dtype of magnitudes of a value, which may be real."""
    return real_dtype(type) if is_complex(type) else real_promoted(type)


class Part(Primitive):
    """A function of one complex number that is linear over the reals, or real.

    ``moves(z, dot, out)`` is its tangent, ``pulls(z, bar, out)`` the adjoint of ``z``.
    """

    door = "array"
    broadcasts = True
    gives_complex = False
    moves: Any
    pulls: Any
    attribute: str | None = None

    def infer(self, args: tuple[Node, ...], params: tuple[Any, ...]) -> Type:
        own = args[0].type
        dtype = real_dtype(own)
        if self.gives_complex:
            dtype = "complex64" if dtype_of(own) == "complex64" else "complex128"
        return array_of(dtype, unit_axes_of(own))

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        (dot,) = dots
        assert dot is not None
        found: Node = self.moves(args[0], dot, out)
        return found

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        walker.accumulate(node.args[0], self.pulls(node.args[0], out_bar, node))


def _part(name: str, doc: str, dotted: str, *, attribute: str | None = None) -> Part:
    primitive = Part(name, (dotted,) if dotted else (), cost=Cost.FREE, raises=False, doc=doc)
    primitive.attribute = attribute
    primitive.takes_complex = True
    return register(primitive)


real_part = _part("real_part", "The real part.", "", attribute="real")
imaginary_part = _part("imaginary_part", "The imaginary part.", "", attribute="imag")
conjugate = _part("conjugate", "The number with the opposite imaginary part.", "numpy.conj")
modulus = _part("modulus", "The magnitude of a complex number.", "")
angle = _part("angle", "The angle of a complex number.", "numpy.angle")
faddeeva = _part("faddeeva", "Faddeeva's function exp(-z**2) erfc(-iz).", "scipy.special.wofz")
modulus.callables = ("numpy.abs",)
conjugate.gives_complex = faddeeva.gives_complex = True


def _of_known(part: Callable[[Any], complex]) -> Callable[[Node], Node | None]:
    """Of a constant it is a constant."""

    def simplify(z: Node) -> Node | None:
        known = z.args[0] if z.op is negative else z
        if known.op is not CONSTANT:
            return None
        value: Any = known.params[0]
        return z.graph.constant(part(value if known is z else -value))

    return simplify


real_part.simplify = _of_known(lambda value: value.real)
imaginary_part.simplify = _of_known(lambda value: value.imag)


def real_of(value: Node) -> Node:
    """The real part; a real value is its own."""
    return real_part.build(value) if is_complex(value.type) else value


def conjugated(value: Node) -> Node:
    """The conjugate; a real value is its own."""
    return conjugate.build(value) if is_complex(value.type) else value


def conjugated_on_the_cut(value: Node) -> Node:
    """The conjugate; of a real number that may be negative it is on the other side of the cut."""
    if is_complex(value.type):
        return conjugated(value)
    if unit_axes_of(value.type):
        return conjugate.build(value + value.graph.constant(0j))
    if value.op is CONSTANT:
        known: Any = value.params[0]
        return value if known >= 0 else value.graph.constant(complex(known, -0.0))
    return conjugate.build(joined.build(value, value.graph.constant(0.0)))


def _imaginary_of(value: Node) -> Node:
    return imaginary_part.build(value) if is_complex(value.type) else value.graph.constant(0.0)


def _per_magnitude(z: Node, size: Node) -> Node:
    """``z / |z|``, and 0 at 0."""
    nowhere = TABLE["equal"](size, 0.0)
    if unit_axes_of(z.type):
        found: Node = z / TABLE["where"](nowhere, 1.0, size)
        return found
    found = select(nowhere, lambda: 0.0j, lambda: z / size)
    return found


real_part.moves = lambda z, dot, out: real_of(dot)
real_part.pulls = lambda z, bar, out: bar
imaginary_part.moves = lambda z, dot, out: _imaginary_of(dot)
imaginary_part.pulls = lambda z, bar, out: z.graph.constant(1j) * bar
conjugate.moves = lambda z, dot, out: conjugated(dot)
conjugate.pulls = lambda z, bar, out: conjugated(bar)
modulus.moves = lambda z, dot, out: real_of(conjugated(_per_magnitude(z, out)) * dot)
modulus.pulls = lambda z, bar, out: bar * _per_magnitude(z, out)
angle.moves = lambda z, dot, out: _imaginary_of(dot / z)
angle.pulls = lambda z, bar, out: z.graph.constant(1j) * bar / conjugated(z)


class Joined(Primitive):
    """``complex(x, y)`` of two real numbers."""

    def infer(self, args: tuple[Node, ...], params: tuple[Any, ...]) -> Type:
        return array_of("complex128", ())

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        parts = [node.graph.constant(0.0) if dot is None else dot for dot in dots]
        found: Node = self.build(*parts)
        return found

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        walker.accumulate(node.args[0], real_of(out_bar))
        walker.accumulate(node.args[1], _imaginary_of(out_bar))


joined = register(
    Joined(
        "joined",
        ("builtins.complex",),
        cost=Cost.FREE,
        raises=False,
        doc="The complex number with these parts.",
    )
)


def _faddeeva_slope(z: Node, out: Node) -> Node:
    """Its derivative (DLMF 7.10.2, 7.5.1)."""
    found: Node = z.graph.constant(2j / math.sqrt(math.pi)) - 2.0 * z * out
    return found


faddeeva.moves = lambda z, dot, out: _faddeeva_slope(z, out) * dot
faddeeva.pulls = lambda z, bar, out: conjugated(_faddeeva_slope(z, out)) * bar

# What is the conjugate of such a value is made of the conjugates of its arguments.
WITHIN = ("matmul", "dot", "outer", "multiply", "transpose", "swapaxes")


def _conjugate_simpler(z: Node) -> Node | None:
    if z.op is conjugate:
        return z.args[0]
    inside = isinstance(z.op, Primitive) and z.op.name in WITHIN
    if inside and any(arg.op is conjugate for arg in z.args):
        return z.graph.cursor.add(z.op, tuple(map(conjugated, z.args)), z.params)
    return _of_known(lambda value: value.conjugate())(z)


conjugate.simplify = _conjugate_simpler
