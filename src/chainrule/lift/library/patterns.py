"""``re``: patterns that are looked for in texts that are known, as where a formula is read."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.values import Static, Value

SEARCHES = (re.findall, re.finditer, re.fullmatch, re.match, re.search, re.split, re.sub)


def searching(found: Callable[..., Any]) -> Callable[..., Value]:
    """How a call of this function of ``re`` is lifted."""

    def search(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = [self.static_value(value) for value in (*args, *keywords.values())]
        words = all(known and isinstance(part, (str, int, re.Pattern)) for known, part in given)
        if not words:
            called = self.static_node(Static(found))
            return self.opaque_call(called, args, keywords, node, None)
        values = [part for _, part in given]
        named = dict(zip(keywords, values[len(args) :], strict=True))
        return self.told(found(*values[: len(args)], **named), node)

    return search


BUILTINS.update({found: searching(found) for found in SEARCHES})
