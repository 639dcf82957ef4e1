"""``functools.reduce``: a function applied to what it gave before and the next item; ``sum``."""

from __future__ import annotations

import ast
import builtins
import functools

from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.library.definitions import DEFINITIONS, total_from, total_of_objects
from chainrule.lift.values import Generator, RecordsBox, Static, Value
from chainrule.primitives import sequence
from chainrule.primitives.declare import TABLE


def reduced(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``functools.reduce(function, items[, initial])``."""
    self.positional(args, keywords, node, 2, 3, "functools.reduce")
    function = self.read(args[0])
    items = self.known_iteration(args[1])
    if items is not None:
        rest = [*args[2:], *items]
        if not rest:
            raise self.unsupported(
                "functools.reduce of no items and no initial value", "Give an initial value.", node
            )
        total = rest[0]
        for item in rest[1:]:
            total = self.call(function, [total, item], {}, node)
        return total
    if len(args) < 3:
        return self.call(Static(DEFINITIONS[functools.reduce]), args, {}, node)
    return self.running(
        "total", args[2], args[1], lambda a, b: self.call(function, [a, b], {}, node), node
    )


def summed(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``sum(items, start)``."""
    if set(keywords) - {"start"} or not args:
        raise self.unsupported("this call of `sum`", "Call it as sum(items, start).", node)
    start = args[1] if len(args) > 1 else keywords.get("start")
    items = self.known_iteration(args[0])
    if items is not None and not all(isinstance(self.read(item), Node) for item in items):
        result: Value = start if start is not None else self.graph.constant(0)
        for item in items:
            result = self.binary(ast.Add, result, item, node)
        return result
    if items is None and _gives_records(self, args[0]):
        return _total_of_objects(self, args[0], start, node)
    listed = args[0] if self.is_array(args[0]) else self.as_list(args[0], node)
    if items is not None:
        if not items:
            return start if start is not None else self.graph.constant(0)
        base = self.display(tuple(self.node(item) for item in items), "tuple")
    elif isinstance(listed, RecordsBox):
        return _total_of_objects(self, listed, start, node)
    else:
        base = self.node(listed)
    return _total_of_numbers(self, base, start)


def _total_of_numbers(self: Builtins, base: Node, start: Value | None) -> Value:
    if not isinstance(base.type, SequenceType) and not self.is_array(base):
        return self.verbatim("sum(_0_)", base, type=DYNAMIC)
    if start is None:
        return self.boxed(self.primitive(sequence.total, base))
    if self.static_int(start) == 0:
        return self.primitive(sequence.total, base)
    return self.primitive(TABLE["total_from"], base, self.node(start))


def _gives_records(self: Builtins, items: Value) -> bool:
    """Whether a generator was found to give objects when they were put into a list."""
    items = self.read(items)
    return isinstance(items, Generator) and self.site_of(items.tree) in self.record_sites


def _total_of_objects(self: Builtins, items: Value, start: Value | None, node: ast.AST) -> Value:
    """The sum of as many objects as the run tells, as their class adds them."""
    if start is None:
        return self.call(Static(total_of_objects), [items], {}, node)
    return self.call(Static(total_from), [items, start], {}, node)


BUILTINS[functools.reduce] = reduced
BUILTINS[builtins.sum] = summed
