"""``importlib.import_module`` of a name that is known: what an ``import`` inside f finds."""

from __future__ import annotations

import ast
import importlib

from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.values import Static, Value


def import_module(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """The module itself where its name is known."""
    parts = [self.static_value(arg) for arg in args]
    if keywords or not all(known and isinstance(part, str) for known, part in parts):
        called = self.static_node(Static(importlib.import_module))
        return self.opaque_call(called, args, keywords, node, None)
    try:
        return Static(importlib.import_module(*(part for _, part in parts)))
    except ImportError as error:
        return self.always_raises(f"{type(error).__name__}({str(error)!r})")


BUILTINS[importlib.import_module] = import_module
