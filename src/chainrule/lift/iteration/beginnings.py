"""Sums of arrays that begin as a number: ``s = 0.0`` before a loop with ``s += x``.

Where the loop has at least one step and nothing but the sum itself reads ``s`` in it, an array of
that number begins the same sum, to the last bit, and ``s`` is an array in every step.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.lift.iteration.shapes import Alternatives, Shape
from chainrule.lift.iteration.widening import Widening
from chainrule.lift.state import Key, State
from chainrule.lift.values import UNBOUND, ArrayBox, Static, Value
from chainrule.primitives.arrays.measured import has_steps, like_given

# Syntax whose names are read at another time than when it is met.
LATER = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.GeneratorExp)
ENTRYWISE = (ast.Add, ast.Sub, ast.Mult, ast.Div)


class Beginnings(Widening):
    """Finds the arrays that sums in a loop begin as."""

    # The statements of the loop over something that is to be run.
    looped: Sequence[ast.stmt] = ()

    def begin_as_arrays(
        self,
        shapes: Mapping[Key, Shape],
        after: State,
        bounds: Sequence[Node],
        body: Sequence[ast.stmt],
    ) -> list[Key]:
        """The names in ``body`` that lead to an array of their number from now on."""
        found: list[Key] = []
        for key, shape in shapes.items():
            if not isinstance(shape, Alternatives) or not isinstance(key, tuple):
                continue
            before, value = self.state.get(key, UNBOUND), after.get(key, UNBOUND)
            source = self.frame.source
            if not isinstance(value, ArrayBox) or key[0] is not self.frame or source is None:
                continue
            name, summed = str(key[1]), after[value]
            if _is_read_later(name, source.tree):
                continue
            if _is_plain(before) and isinstance(summed, Node) and _adds_up(name, body):
                like = like_given(summed)
                if like is not None and like.type.differentiable and has_steps(bounds):
                    self.bind(name, self._filled(like, before))
                    found.append(key)
        return found

    def _filled(self, like: Node, number: Node) -> Value:
        import numpy

        if str(number.params[0]) in ("0", "0.0"):
            return self.call(Static(numpy.zeros_like), [self.boxed(like)], {}, ast.Pass())
        return self.call(Static(numpy.full_like), [self.boxed(like), number], {}, ast.Pass())


def _is_plain(value: Value) -> TypeGuard[Node]:
    """Whether this is one of Python's numbers, as the code has them."""
    constant = isinstance(value, Node) and value.op is CONSTANT
    return constant and type(value.params[0]) in (int, float)


def _adds_up(name: str, body: Sequence[ast.stmt]) -> bool:
    """Whether a name is read in statements ``name = name + ...`` and ``name += ...`` alone."""
    if not body:
        return False
    own: set[ast.AST] = set()
    reads = []
    for statement in body:
        for part in ast.walk(statement):
            match part:
                case ast.Assign([ast.Name(target)], value) if target == name:
                    own.update(_operands(value))
                case ast.AugAssign(ast.Name(target), operator) if target == name:
                    if not isinstance(operator, ENTRYWISE):
                        return False
                case ast.Name(read, ast.Load()) if read == name:
                    reads.append(part)
                case ast.Global() | ast.Nonlocal() | ast.Delete():
                    return False
    return own.issuperset(reads)


def _is_read_later(name: str, function: ast.AST) -> bool:
    """Whether a function inside of this one reads the name, whenever it is called."""
    return any(
        isinstance(inner, ast.Name) and inner.id == name
        for part in ast.walk(function)
        if isinstance(part, LATER) and part is not function
        for inner in ast.walk(part)
    )


def _operands(value: ast.expr) -> list[ast.expr]:
    """The operands of sums and products of sums and products."""
    found, stack = [], [value]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.BinOp) and isinstance(part.op, ENTRYWISE):
            stack += (part.left, part.right)
        elif part is not value:
            found.append(part)
    return found
