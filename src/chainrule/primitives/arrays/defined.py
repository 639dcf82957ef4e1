"""Calls whose derivative is that of a definition in terms of other calls.

The value is NumPy's own; its tangent and its pullback are those of the definition, taken step by
step with the rules that the steps have.  What a derivative does not need of it is never computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.primitives.adjoints import Adjoints
from chainrule.primitives.arrays.call import ArrayCall, declared, made
from chainrule.primitives.arrays.records import results
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.declare import Flat, Primitive, is_constant
from chainrule.primitives.looking_behind import taken_whole
from chainrule.primitives.sequence import record


class ArrayDefined(ArrayCall):
    """Declared by ``definition(*arrays, *sizes, **statics)`` on nodes."""

    definition: Callable[..., Node]

    def _defined(self, node: Node, args: Sequence[Node]) -> Node:
        with taken_whole(args):
            return self.definition(*args, **self.statics(node.params))

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        known = {arg: dot for arg, dot in zip(args, dots, strict=True) if dot is not None}
        root = self._defined(node, args)
        for step in steps_between(args, root):
            op = step.op
            assert isinstance(op, Primitive)
            if op is record:
                continue
            found = [known.get(arg) for arg in step.args]
            if any(dot is not None for dot in found):
                dot = op.tangent(step, step.args, found, step)
                if dot is not None:
                    known[step] = dot
        if root.op is record and root not in known:
            zero = out.graph.constant(0.0)
            return results(
                *(zero if known.get(part) is None else known[part] for part in root.args)
            )
        return known.get(root)

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        root = self._defined(node, node.args)
        inner = _Steps(walker, node.args, root)
        if root.op is record:
            # Several results: each has an adjoint, 0 where nothing depends on it.
            for part, part_bar in zip(root.args, out_bar.args, strict=True):
                if not is_constant(part_bar, 0):
                    inner.accumulate(part, widened(part_bar, part))
        else:
            inner.accumulate(root, self.whole(out_bar, node))
        for step in reversed(inner.steps):
            bar = inner.bar(step)
            if bar is not None:
                op = step.op
                assert isinstance(op, Primitive)
                op.pull(inner, step, bar)


def steps_between(args: Sequence[Node], root: Node) -> list[Node]:
    """The computations that lead from ``args`` to ``root``, in order."""
    given = set(args)
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in seen or node in given or not isinstance(node.op, Primitive):
            continue
        seen.add(node)
        stack.extend(node.args)
    return sorted(seen, key=lambda node: node.serial)


class _Steps(Adjoints):
    """Adjoints of the steps of a definition; those of its arguments go to the walk outside."""

    def __init__(self, walker: Any, args: Sequence[Node], root: Node) -> None:
        self.walker = walker
        self.wanted = {arg for arg in args if walker.active(arg)}
        self.steps = []
        self.varied = set(self.wanted)
        for step in steps_between(args, root):
            flows = not isinstance(step.op, Flat)
            if flows and any(arg in self.varied for arg in step.args):
                self.varied.add(step)
                self.steps.append(step)
        self.bars: dict[Node, Node] = {}
        if root in self.wanted:
            self.varied.add(root)

    def active(self, node: Node) -> bool:
        return node in self.varied

    def bar(self, node: Node) -> Node | None:
        return self.bars.get(node)

    def set_bar(self, node: Node, bar: Node) -> None:
        self.bars[node] = bar

    def accumulate(self, node: Node, value: Node | float) -> None:
        if node in self.wanted:
            self.walker.accumulate(node, value)
        else:
            super().accumulate(node, value)

    def accumulate_at(self, base: Node, path: Sequence[Node], value: Node) -> None:
        if base in self.wanted:
            self.walker.accumulate_at(base, path, value)
        else:
            super().accumulate_at(base, path, value)

    def accumulate_section(self, base: Node, read: Node, value: Node) -> None:
        if base in self.wanted:
            self.walker.accumulate_section(base, read, value)
        else:
            super().accumulate_section(base, read, value)


def array_defined(
    name: str, *callables: str, signature: str, **facts: Any
) -> Callable[[Callable[..., Node]], ArrayDefined]:
    """Declare a call by a definition in terms of others."""

    def declare(definition: Callable[..., Node]) -> ArrayDefined:
        primitive = made(ArrayDefined, name, callables, facts)
        primitive.__doc__ = definition.__doc__
        primitive.definition = definition
        return declared(primitive, signature, facts)

    return declare
