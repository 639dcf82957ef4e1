"""``locals()``: a dict of what the names of the function stand for where it is called."""

from __future__ import annotations

import ast
import builtins

from chainrule.lift.core import Core
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.values import UNBOUND, DictBox, Value, alternatives_of

SCOPES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _named_values(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    frame = self.frame
    source = frame.source
    if frame.parent is not None or source is None or not _is_of_function(source.tree, node):
        raise _refused(self, "`locals` of an inner function", node)
    code = source.function.__code__
    if code.co_freevars:
        raise _refused(self, "`locals` of a function with variables of one around it", node)
    if _is_kept(source.tree, node):
        raise _refused(self, "a dict of `locals` that a later call changes", node)
    entries: dict[str, Value] = {}
    for name in dict.fromkeys((*code.co_varnames, *code.co_cellvars)):
        value = self.state.get((frame, name), UNBOUND)
        found = alternatives_of(value)
        if UNBOUND in found and len(found) > 1:
            raise _refused(self, f"`locals` where `{name}` may be unbound", node)
        if value is not UNBOUND:
            entries[name] = value
    box = DictBox()
    self.state[box] = entries
    return box


def _refused(self: Core, what: str, node: ast.AST) -> Exception:
    return self.unsupported(what, "Read the variables by their names.", node)


def _is_of_function(tree: ast.AST, node: ast.AST) -> bool:
    """Whether a call stands in the function itself, not in a comprehension or a lambda in it."""
    for part in ast.walk(tree):
        if isinstance(part, SCOPES):
            # What is looped over first is evaluated outside.
            inner = not _holds(part.generators[0].iter, node)
        else:
            inner = isinstance(part, (ast.FunctionDef, ast.Lambda)) and part is not tree
        if inner and _holds(part, node):
            return False
    return True


def _holds(tree: ast.AST, node: ast.AST) -> bool:
    """Whether what stands where ``node`` does, which may be a copy, is in a tree."""
    return any(
        isinstance(part, ast.Call)
        and (part.lineno, part.col_offset)
        == (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        for part in ast.walk(tree)
    )


def _is_kept(tree: ast.AST, node: ast.AST) -> bool:
    """Whether the dict has a name, and Python before 3.13 writes to it where it is asked again."""
    calls = [
        part
        for part in ast.walk(tree)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id == "locals"
    ]
    kept = [part.value for part in ast.walk(tree) if isinstance(part, (ast.Assign, ast.NamedExpr))]
    return len(calls) > 1 and any(call in kept for call in calls)


BUILTINS[builtins.locals] = _named_values
