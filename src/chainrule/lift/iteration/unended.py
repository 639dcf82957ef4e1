"""What ``itertools`` gives without end, and what is made of it: an item at every place.

Counted with such, ``zip`` of several, ``enumerate`` of one and a generator expression over one have
no end either.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.lift.iteration.by_place import ByPlace
from chainrule.lift.iteration.yielding import is_endless
from chainrule.lift.library import cursors
from chainrule.lift.values import UNBOUND, Closure, Endless, Range, Static, TupleValue, Value
from chainrule.primitives import arithmetic

ENDLESS = (*cursors.ENDLESS, itertools.repeat)


class Unended(ByPlace):
    """Makes values of what has no end."""

    def without_end(
        self, found: Any, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value | None:
        """What a call of a function of the library gives, if it has no end; None of others."""
        if found is itertools.repeat:
            return self._same_forever(args, node) if len(args) == 1 and not keywords else None
        if found in cursors.ENDLESS and not keywords:
            return (
                self._counting(args, node)
                if found is itertools.count
                else self._cycling(args, node)
            )
        if (found is zip or found is enumerate) and args:
            return self._unended_rows(found, args, keywords, node)
        return None

    def _made_without_end(
        self, item: Callable[[Node], Value], kind: Any, args: list[Value], node: ast.AST
    ) -> Endless:
        made = Static(kind)
        stream = self.left_of(self.call(made, args, {}, node), node)
        return Endless(item, stream, made, tuple(args))

    def _same_forever(self, args: list[Value], node: ast.AST) -> Value:
        return self._made_without_end(lambda index: args[0], cursors.Repeated, args, node)

    def _counting(self, args: list[Value], node: ast.AST) -> Value:
        """``count(start, step)`` of whole numbers."""
        constants = (self.graph.constant(0), self.graph.constant(1))
        start, step = (*map(self.node, args), *constants[len(args) :])
        if any(self.python_types(number) != (int,) for number in (start, step)):
            # Sums are not what products are.
            return self.call(Static(cursors.Counted), args, {}, node)
        item = self.indexed(Range(start, start, step), node)[1]
        return self._made_without_end(item, cursors.Counted, args, node)

    def _cycling(self, args: list[Value], node: ast.AST) -> Value:
        """``cycle(items)``."""
        items = self.as_list(args[0], node)
        count = self.length_of(items)

        def item(index: Node) -> Value:
            at, length = self.static_int(index), self.static_int(count)
            if at is not None and length:
                return self.item(items, self.graph.constant(at % length), node)
            place = self.primitive(arithmetic.remainder, index, count)
            return self.item(items, place, node)

        return self._made_without_end(item, cursors.Cycled, [items], node)

    def _unended_rows(
        self, found: Any, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value | None:
        """``zip`` of what has no end alone, and ``enumerate`` of it."""
        parts = list(map(self.read, args if found is zip else args[:1]))
        endless = [part for part in parts if isinstance(part, Endless)]
        if len(endless) < len(parts):
            return None
        if found is zip:
            return self._made_without_end(
                lambda index: TupleValue(tuple(part.item(index) for part in endless)),
                cursors.zipped,
                args,
                node,
            )
        first = args[1] if len(args) > 1 else keywords.get("start", self.graph.constant(0))
        start = self.node(first)

        def numbered(index: Node) -> Value:
            number = self.primitive(arithmetic.add, start, index)
            return TupleValue((number, endless[0].item(index)))

        return self._made_without_end(numbered, cursors.Numbered, [args[0], first], node)

    def _generator(self, node: ast.GeneratorExp) -> Value:
        """A generator expression over what has no end is a generator function that has none."""
        clause = node.generators[0]
        if any(isinstance(part, ast.NamedExpr) for part in ast.walk(node)):
            return super()._generator(node)
        if not self._has_no_end(clause.iter):
            return super()._generator(node)
        body: ast.stmt = ast.Expr(ast.Yield(node.elt))
        for each in reversed(node.generators):
            for test in reversed(each.ifs):
                body = ast.If(test, [body], [])
            body = ast.For(each.target, each.iter, [body], [])
        nothing = ast.arguments(
            posonlyargs=[],
            args=[],
            vararg=None,
            kwonlyargs=[],
            kw_defaults=[],
            kwarg=None,
            defaults=[],
        )
        tree = ast.FunctionDef("items", nothing, [body], [])
        for part in ast.walk(tree):
            if isinstance(part, (ast.stmt, ast.expr)) and not hasattr(part, "lineno"):
                ast.copy_location(part, node)
        return self.call(Closure(tree, self.frame, (), {}), [], {}, node)

    def _has_no_end(self, iterated: ast.expr) -> bool:
        if isinstance(iterated, ast.Name):
            known = self.state.get((self.frame, iterated.id), UNBOUND)
            return isinstance(known, Endless) or is_endless(known)
        if not isinstance(iterated, ast.Call):
            return False
        function = self.expression(iterated.func)
        known = function.value if isinstance(function, Static) else None
        return any(known is each for each in ENDLESS)

    def left_of(self, reader: Value, node: ast.AST) -> Value:
        """The items that an iterator has still to give."""
        raise NotImplementedError
