"""Writes to the real and the imaginary part of complex arrays."""

from __future__ import annotations

import ast

from chainrule.graph.types import dtype_of, is_complex, unit_axes_of
from chainrule.lift.arrays.sparse import SparseMatrices
from chainrule.lift.values import Value
from chainrule.primitives.arrays.complex_parts import PARTS


class ComplexParts(SparseMatrices):
    """Lifts ``z.real = x``."""

    def write_attribute(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        if not (self.is_array(owner) and is_complex(self.node(owner).type) and name in PARTS):
            super().write_attribute(owner, name, value, node)
            return
        part, new = self.attribute(owner, name, node), self.array_node(value)
        if is_complex(new.type) or dtype_of(self.node(owner).type) != "complex128":
            raise self.unsupported(
                f"`{name}` of complex numbers of another precision, or set to complex numbers",
                "Set it to real numbers, of an array of complex128.",
                node,
            )
        if unit_axes_of(new.type) == unit_axes_of(self.node(part).type):
            self.write_whole(part, new, node)
        else:
            self.write_array(part, "e", (), value, node)
