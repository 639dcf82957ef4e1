"""What is said to the namespace of the standard: calls, kinds of numbers, shapes."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Form, Spelling
from chainrule.emit.wording.unit_axes import statics
from chainrule.graph.types import FLOATING, Array, is_complex, unit_axes_of

XP = "xp"


def call(name: str, *args: ast.expr, **words: ast.expr) -> ast.expr:
    """A call of the namespace's."""
    function: ast.expr = ast.Name(XP, ast.Load())
    for part in name.split("."):
        function = ast.Attribute(function, part, ast.Load())
    return ast.Call(function, list(args), [ast.keyword(key, word) for key, word in words.items()])


def as_array(speller: Spelling, value: Value, written: ast.expr) -> ast.expr:
    """A value as an array: a number that may be Python's becomes one."""
    if isinstance(value.type, Array) and value.type.unit_axes:
        return written
    return call("asarray", written)


def as_float(value: Value, written: ast.expr) -> ast.expr:
    """An array of whole numbers or truth values as floats: the standard does not mix kinds."""
    kind = value.type
    if not isinstance(kind, Array) or is_complex(kind) or kind.dtype in FLOATING:
        return written
    return call("astype", written, dtype_of("float64"))


def rank_of(value: Value) -> int:
    """The number of axes of a value."""
    return len(unit_axes_of(value.type))


def dtype_of(name: str) -> ast.expr:
    """``xp.float64``."""
    return ast.Attribute(ast.Name(XP, ast.Load()), name, ast.Load())


def shape_of(sizes: list[ast.expr]) -> ast.expr:
    """A shape of lengths."""
    return sizes[0] if len(sizes) == 1 else ast.Tuple(sizes, ast.Load())


def plain(name: str, *keywords: str) -> Form:
    """A function that the standard has under a name, with some of its arguments by name."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        known = statics(value)
        words = {
            word: speller.constant(known[word]) for word in keywords if known[word] is not None
        }
        return call(name, *args, **words)

    return form
