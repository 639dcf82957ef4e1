"""Which opaque values are texts for certain: what is joined to one is another."""

from __future__ import annotations

import ast
import functools

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE
from chainrule.lift.values import Static, Value
from chainrule.primitives.effect import ORDERED, VERBATIM

# Calls of these give texts.
MAKERS = ("str", "repr", "format", "chr", "hex")
JOINS = ("_0_ + _1_", "_0_ * _1_")


def is_text(value: Value) -> bool:
    """Whether a value is a text, known or not."""
    if isinstance(value, Static):
        return isinstance(value.value, str)
    if not isinstance(value, Node):
        return False
    if value.op is CONSTANT:
        return isinstance(value.params[0], str)
    if value.op not in (VERBATIM, ORDERED) or value.type != OPAQUE:
        return False
    template = str(value.params[0])
    if template == "_0_ % _1_":
        return is_text(value.args[0])
    return _makes_text(template) or (template in JOINS and any(map(is_text, value.args)))


@functools.cache
def _makes_text(template: str) -> bool:
    """Whether a template makes a text of anything."""
    try:
        written = ast.parse(template, mode="eval").body
    except SyntaxError:
        return False
    if isinstance(written, ast.Call) and isinstance(written.func, ast.Name):
        return written.func.id in MAKERS
    return isinstance(written, ast.JoinedStr)
