"""Views of an array that are read while it is written over: ``a[1:] += a[:-1]``.

NumPy reads all of them first.  Compiled loops read what they have written: a copy is read there.
"""

from __future__ import annotations

import ast

from chainrule.emit.names import Names
from chainrule.emit.plan import Value
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arithmetic import negative

VIEWS = frozenset({
    "section", "index", "transpose", "swapaxes", "moveaxis", "reshape", "reshaped", "ravel", "flip",
    "fliplr", "flipud", "expand_dims", "squeeze", "diagonal", "broadcast_to",
})  # fmt: skip


def overlaps(read: Value, written: Value, names: Names) -> bool:
    """Whether what is read may be a view of the array that is written over."""
    seen = read.args[0] if read.op is negative else read
    if not unit_axes_of(read.type) or seen.op.name not in VIEWS:
        return False
    while seen.op.name in VIEWS:
        seen = seen.args[0]
    return any(names.same(seen, each) for each in (written, *written.args[:1]))


def copied(tree: ast.expr) -> ast.expr:
    """A copy of what is read."""
    if isinstance(tree, ast.UnaryOp):
        return ast.UnaryOp(tree.op, copied(tree.operand))
    return ast.Call(ast.Attribute(tree, "copy", ast.Load()), [], [])
