"""Arrays that nobody may write to any more: ``a.setflags(write=False)``.

What keeps an array from being changed changes no number.  A later write, which NumPy answers with a
ValueError, is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.lift.arrays.updates import Arguments, Keywords
from chainrule.lift.values import ArrayBox, Static, Value

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def _set_flags(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    write = args[0] if len(args) == 1 else keywords.get("write", Static(None))
    closes = len(args) + len(keywords) == 1 and self.static_value(write) == (True, False)
    box = self.read(owner)
    own = isinstance(box, ArrayBox) and not box.parameter and not self.loans.lenders(box)[1:]
    if not closes or not own:
        raise self.unsupported(
            "the method `setflags` of an array",
            "Close an array of the function's own to writing only: `a.setflags(write=False)`.",
            node,
        )
    self.frozen.add(box)
    return Static(None)


METHODS: dict[str, Callable[..., Any]] = {"setflags": _set_flags}
