"""Handlers that nothing in the body of a ``try`` can reach, and one that surely runs.

Names, imports and files raise what no operation on numbers does: ``except NameError`` around
arithmetic is for machines that lack a module, and where the names are known it never runs.
``except TypeError`` around ``x[x < 0.0] = 0.0`` is for numbers, and never runs for arrays.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable

from chainrule.graph.block import CONSTANT, GLOBAL, ITEM, PARAMETER, REFERENCE, Block
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, Array
from chainrule.primitives.control import IF, LOOP, TRY
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import DOMAIN, ORDERED, RAISE, VERBATIM

Exceptions = tuple[type[BaseException], ...]
# Raised by no operation on numbers, lists and arrays.
NEVER = (NameError, ImportError, OSError, NotImplementedError, AssertionError)
# Raised by no operation of NumPy's on arrays of floats and of bools.
OF_OTHER_KINDS = (TypeError, AttributeError)
# Doors of operations that run no code of the user's, and where what they call is defined.
DOORS = ("elementwise", "differential", "flat", "linear", "array")
ENTRYWISE = ("elementwise", "differential", "flat")
ARRAY_HOMES = ("operator", "builtins", "numpy")
OF_ARRAYS = ("section", "section_set", "array_any", "array_all")
HOMES = ("math", "operator", "builtins", "numpy", "scipy", "statistics")
# The template of an exception with one message.
SAYING = re.compile(r"""raise \w+\(('[^']*'|"[^"]*"|_\d_)?\)""")
# Templates of attributes and entries of a value, and of operators: nothing is called by name.
PLAIN = re.compile(r"[-~+ ]*_\d_((\.\w+)|\[_\d_\])*( [-+*/%&|^<>=]+ _\d_)?")


def reached(
    node: ast.Try, body: Block, meaning: Callable[[ast.expr], object]
) -> list[ast.ExceptHandler]:
    """The handlers that something in the body, or a name in it, may reach."""
    kept = []
    for handler in node.handlers:
        kinds = () if handler.type is None else _kinds(handler.type, meaning)
        may_raise = _may_raise if _all_of(kinds, NEVER) else _may_be_of_other_kinds
        known = _all_of(kinds, (*NEVER, *OF_OTHER_KINDS))
        if not known or any(may_raise(step, kinds) for step in nodes_of(body)):
            kept.append(handler)
    return kept


def certain(
    node: ast.Try, body: Block, meaning: Callable[[ast.expr], object]
) -> ast.ExceptHandler | None:
    """The handler of what the body raises, where that is all it does: a module that is not there.

    None where the handler looks at the exception.
    """
    raised = raised_by(body.steps[0]) if len(body.steps) == 1 else None
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


def raised_by(step: Node) -> type[BaseException] | None:
    """The exception that a step raises by its name."""
    named = re.match(r"raise (\w+)(\(|$)", str(step.params[0])) if step.op is RAISE else None
    if named is None:
        return None
    found = getattr(builtins, named.group(1), None)
    if named.group(1) == "_0_" and step.args[0].op is REFERENCE:
        found = step.graph.references.get(step.args[0].params[0])
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _kinds(node: ast.expr, meaning: Callable[[ast.expr], object]) -> Exceptions:
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    found = [meaning(name) for name in names]
    kinds = [each for each in found if isinstance(each, type) and issubclass(each, BaseException)]
    return tuple(kinds) if len(kinds) == len(found) else ()


def _all_of(kinds: Exceptions, of: Exceptions) -> bool:
    return bool(kinds) and all(issubclass(kind, of) for kind in kinds)


def _may_be_of_other_kinds(node: Node, kinds: Exceptions) -> bool:
    """Whether a node may raise one of ``kinds``, since what it is given is of no kind it takes.

    NumPy takes arrays of floats and of bools with numbers, unless those turn out to be complex.
    """
    if node.op in (VERBATIM, ORDERED):
        return True
    if node.op is RAISE and not SAYING.fullmatch(str(node.params[0])):
        # `raise TypeError(x.name)` may raise what `x.name` raises.
        return True
    if not isinstance(node.op, Primitive):
        return _may_raise(node, kinds)
    named = node.params[0] if node.params else (*node.op.callables, "")[0]
    home = str(named).partition(".")[0]
    entrywise = node.op.door in ENTRYWISE and home in ARRAY_HOMES
    return not (entrywise or node.op.name in OF_ARRAYS) or not all(map(_is_real, node.args))


def _is_real(value: Node) -> bool:
    """Whether a value is made of floats and of bools for sure: a power of numbers may not be."""
    waiting, seen = [value], {value}
    while waiting:
        node = waiting.pop()
        plain = isinstance(node.type, Array) and node.type.dtype.startswith(("float", "bool"))
        if plain or node.type in (INT, BOOL) or node.op in (CONSTANT, GLOBAL, PARAMETER):
            continue
        door = getattr(node.op, "door", "")
        if node.type != FLOAT or door not in ENTRYWISE or getattr(node.op, "name", "") == "power":
            return False
        waiting += [arg for arg in node.args if arg not in seen]
        seen.update(node.args)
    return True


def _may_raise(node: Node, kinds: Exceptions) -> bool:
    """Whether a node may raise one of ``kinds``, of which no primitive raises any."""
    if node.op in (ITEM, IF, LOOP, TRY, DOMAIN) or not getattr(node.op, "raises", True):
        return False
    if isinstance(node.op, Primitive):
        home = node.op.callables[0].partition(".")[0] if node.op.callables else HOMES[0]
        return node.op.door not in DOORS or home not in HOMES
    if node.op is RAISE:
        raised = raised_by(node)
        return raised is None or issubclass(raised, kinds)
    return node.op not in (VERBATIM, ORDERED) or not PLAIN.fullmatch(str(node.params[0]))
