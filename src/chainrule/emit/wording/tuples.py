"""Tuples as they are written."""

from __future__ import annotations

import ast

from chainrule.emit.targets import Spelling


def tuple_of(speller: Spelling, value: object, args: list[ast.expr]) -> ast.expr:
    """``tuple(x)``; of what a comprehension gives no list is made first."""
    given = args[0]
    if isinstance(given, ast.ListComp):
        given = ast.GeneratorExp(given.elt, given.generators)
    return speller.call("tuple", given)
