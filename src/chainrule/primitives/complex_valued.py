"""Functions of real numbers in :mod:`scipy.special` whose values are complex."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, broadcast_axes
from chainrule.primitives.declare import Elementwise, fitted
from chainrule.primitives.inverses import unproved
from chainrule.primitives.partials import Refusal, scaled
from chainrule.primitives.special import unknown


class ComplexValued(Elementwise):
    """A function of real numbers: the adjoint of each is a real part."""

    def infer(self, args: tuple[Node, ...], params: tuple[Any, ...]) -> Type:
        return array_of("complex128", broadcast_axes(tuple(arg.type for arg in args)))

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        from chainrule.primitives.arrays.complex_numbers import conjugated, real_of

        for arg, partial in zip(node.args, self.cases(node.args, node), strict=True):
            if walker.active(arg):
                known = partial if isinstance(partial, Refusal) else conjugated(partial)
                bar = real_of(scaled(node, out_bar, known))
                walker.accumulate(arg, fitted(bar, node, arg))


def _hankel(kind: int) -> None:
    """Hankel's functions, plain and without their oscillation (DLMF 10.6.1)."""
    name, turned = f"hankel{kind}", 1j if kind == 1 else -1j

    @unproved(name, 2, ComplexValued)
    def hankel(x: Any, y: Any, out: Any) -> Any:
        """Hankel's function of order x."""
        return unknown(name, "order"), 0.5 * (hankel(x - 1.0, y) - hankel(x + 1.0, y))

    @unproved(f"{name}e", 2, ComplexValued)
    def still(x: Any, y: Any, out: Any) -> Any:
        """Hankel's function of order x without its oscillation."""
        beside = 0.5 * (still(x - 1.0, y) - still(x + 1.0, y))
        return unknown(f"{name}e", "order"), beside - turned * out


_hankel(1)
_hankel(2)
