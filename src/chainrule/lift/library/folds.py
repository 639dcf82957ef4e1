"""``functools.reduce``: a function applied to what it gave before and the next item."""

from __future__ import annotations

import ast
import functools

from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.library.definitions import DEFINITIONS
from chainrule.lift.values import Static, Value


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


BUILTINS[functools.reduce] = reduced
