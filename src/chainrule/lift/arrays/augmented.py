"""Augmented assignment to parts of arrays: ``v[i] += x``, ``v[1:] -= w``."""

from __future__ import annotations

import ast

from chainrule.graph.node import Node
from chainrule.lift.arrays.axisless import Axisless
from chainrule.lift.values import Value, View
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays import indexing


class AugmentedArrays(Axisless):
    """Updates arrays in place."""

    def update_array_item(self, base: Value, target: ast.Subscript, node: ast.AugAssign) -> None:
        """``base[...] += value``."""
        parts = self.subscript_parts(target.slice)
        old, before = self.array_item(base, *parts), self.array_node(base)
        operand = self.expression(node.value)
        # An entry is what was read, a part of the array is what it holds by now.
        unchanged = isinstance(old, View) or self.array_node(base) is before
        if unchanged and isinstance(node.op, (ast.Add, ast.Sub)) and "a" not in parts[0]:
            self.write_array(base, *parts, self.added(node, operand), node, adds=True)
            return
        self.write_array(base, *parts, self.binary(type(node.op), old, operand, node), node)

    def added(self, node: ast.AugAssign, operand: Value) -> Node:
        """What ``+=`` adds; ``-=`` adds the negative."""
        found = self.array_node(operand)
        if isinstance(node.op, ast.Add):
            return found
        return self.primitive(arithmetic.negative, found)

    def add_through(self, view: View, node: ast.AugAssign, operand: Value) -> bool:
        """``view += operand`` as an addition to a part of the array; False if it is none."""
        *steps, last = view.steps
        if not isinstance(node.op, (ast.Add, ast.Sub)) or last.op not in (
            sequence.index,
            indexing.section,
        ):
            return False
        pattern = str(last.params[0]) if last.params else "i" * len(last.args)
        base = View(view.box, tuple(steps), view.type) if steps else view.box
        self.write_array(base, pattern, last.args, self.added(node, operand), node, adds=True)
        return True
