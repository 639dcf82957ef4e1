"""Handlers that nothing in the body of a ``try`` can reach, and one that surely runs.

Names, imports and files raise what no operation on numbers does: ``except NameError`` around
arithmetic is for machines that lack a module, and where the names are known it never runs.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable

from chainrule.graph.block import ITEM, REFERENCE, Block
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, LOOP, TRY
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import DOMAIN, ORDERED, RAISE, VERBATIM

# Raised by no operation on numbers, lists and arrays.
NEVER = (NameError, ImportError, OSError, NotImplementedError, AssertionError)
# Doors of operations that run no code of the user's, and where what they call is defined.
DOORS = ("elementwise", "differential", "flat", "linear", "array")
HOMES = ("math", "operator", "builtins", "numpy", "scipy", "statistics")
# Templates of attributes and entries of a value, and of operators: nothing is called by name.
PLAIN = re.compile(r"[-~+ ]*_\d_((\.\w+)|\[_\d_\])*( [-+*/%&|^<>=]+ _\d_)?")


def reached(
    node: ast.Try, body: Block, meaning: Callable[[ast.expr], object]
) -> list[ast.ExceptHandler]:
    """The handlers that something in the body, or a name in it, may reach."""
    kept = []
    for handler in node.handlers:
        kinds = () if handler.type is None else _kinds(handler.type, meaning)
        never = bool(kinds) and all(issubclass(kind, NEVER) for kind in kinds)
        if not never or any(_may_raise(step, kinds) for step in nodes_of(body)):
            kept.append(handler)
    return kept


def certain(
    node: ast.Try, body: Block, meaning: Callable[[ast.expr], object]
) -> ast.ExceptHandler | None:
    """The handler of what the body raises, where that is all it does: a module that is not there.

    None where the handler looks at the exception.
    """
    raised = _raised(body.steps[0]) if len(body.steps) == 1 else None
    if raised is None:
        return None
    for handler in node.handlers:
        kinds = (BaseException,) if handler.type is None else _kinds(handler.type, meaning)
        if not kinds:
            return None
        if issubclass(raised, kinds):
            parts = ast.walk(ast.Module(handler.body, []))
            again = any(isinstance(part, ast.Raise) and part.exc is None for part in parts)
            return None if handler.name is not None or again else handler
    return None


def _raised(step: Node) -> type[BaseException] | None:
    """The exception that a step raises by its name."""
    named = re.match(r"raise (\w+)\(", str(step.params[0])) if step.op is RAISE else None
    if named is None:
        return None
    found = getattr(builtins, named.group(1), None)
    if named.group(1) == "_0_" and step.args[0].op is REFERENCE:
        found = step.graph.references.get(step.args[0].params[0])
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _kinds(
    node: ast.expr, meaning: Callable[[ast.expr], object]
) -> tuple[type[BaseException], ...]:
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    found = [meaning(name) for name in names]
    kinds = [each for each in found if isinstance(each, type) and issubclass(each, BaseException)]
    return tuple(kinds) if len(kinds) == len(found) else ()


def _may_raise(node: Node, kinds: tuple[type[BaseException], ...]) -> bool:
    """Whether a node may raise one of ``kinds``, of which no primitive raises any."""
    if node.op in (ITEM, IF, LOOP, TRY, DOMAIN) or not getattr(node.op, "raises", True):
        return False
    if isinstance(node.op, Primitive):
        home = node.op.callables[0].partition(".")[0] if node.op.callables else HOMES[0]
        return node.op.door not in DOORS or home not in HOMES
    if node.op is RAISE:
        raised = _raised(node)
        return raised is None or issubclass(raised, kinds)
    return node.op not in (VERBATIM, ORDERED) or not PLAIN.fullmatch(str(node.params[0]))
