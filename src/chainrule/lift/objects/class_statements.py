"""``class`` statements: classes that a function makes each time it runs.

One that does nothing but define itself is made while lifting, once for its place: no call of the
function finds in it what an earlier one has left, since nothing is written to it.
"""

from __future__ import annotations

import abc
import ast
import builtins
import dataclasses
import enum
import functools
import types
import typing
from typing import Any

from chainrule.graph.identity import Identity
from chainrule.lift.core import Completion
from chainrule.lift.objects.holders import MADE_BY_FUNCTIONS
from chainrule.lift.state import Frame
from chainrule.lift.statements import STATEMENTS, Statements
from chainrule.lift.values import Static

# What these do to a class, to its attributes and to its methods is known.
DECORATORS = (dataclasses.dataclass, enum.unique, functools.total_ordering, typing.final)
DESCRIBING = (dataclasses.field, enum.auto)
OF_METHODS = (property, staticmethod, classmethod, functools.cached_property, abc.abstractmethod)
# Making a class of these kinds changes nothing else.
KINDS = (type, abc.ABCMeta, enum.EnumMeta, type(typing.Protocol))
QUIET = ("builtins", "typing", "abc", "enum")


class Text:
    """A class as it is written; of one place there is one."""

    def __init__(self, node: ast.ClassDef, code: types.CodeType, scope: dict[str, Any]) -> None:
        self.node, self.code, self.globals = node, code, scope

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and other.code is self.code

    def __hash__(self) -> int:
        return id(self.code)

    def evaluated(self, tree: ast.expr, around: dict[str, Any]) -> Any:
        """What a base or a decorator is."""
        return eval(compile(ast.Expression(tree), "<class>", "eval"), self.globals, around)


def class_statement(self: Statements, node: ast.ClassDef) -> Completion:
    """``class Point: ...``"""
    source = self.frame.source
    code = None if source is None else _code_of(source.function.__code__, node)
    acts = "a code of its own" if code is None else _acts(self, node)
    if code is None or acts is not None:
        raise self.unsupported(
            f"a class that a function makes, with {acts}", "Define it outside of functions.", node
        )
    text = Text(node, code, self.frame.globals)
    around = tuple((name, Identity(value)) for name, value in _around(self, text).items())
    self.bind(node.name, Static(_made(self.site_of(node), around, text)))
    return Completion.FALLS


def _code_of(code: types.CodeType, node: ast.ClassDef) -> types.CodeType | None:
    """The code of the body of a class that is defined in a function."""
    lines = (node.lineno, *(each.lineno for each in node.decorator_list))
    waiting = [code]
    while waiting:
        inner = [each for each in waiting.pop().co_consts if isinstance(each, types.CodeType)]
        for each in inner:
            if each.co_name == node.name and each.co_firstlineno in lines:
                return each
        waiting += inner
    return None


@functools.lru_cache(maxsize=1024)
def _made(place: Any, around: tuple[tuple[str, Identity], ...], text: Text) -> type:
    """The class that a place makes: the same one where lifting begins anew."""
    known = {name: each.value for name, each in around}
    cells = {name: types.CellType(value) for name, value in known.items()}
    own = cells[text.node.name] = types.CellType()
    closure = tuple(cells[name] for name in text.code.co_freevars)
    body = types.FunctionType(text.code, text.globals, text.node.name, None, closure)
    bases = [text.evaluated(base, known) for base in text.node.bases]
    made: Any = builtins.__build_class__(body, text.node.name, *bases)
    for decorator in reversed(text.node.decorator_list):
        made = text.evaluated(decorator, known)(made)
    own.cell_contents = made
    MADE_BY_FUNCTIONS.add(made)
    return made  # type: ignore[no-any-return]


def _around(self: Statements, text: Text) -> dict[str, Any]:
    """What the class reads of the variables of the functions around it."""
    heads = [*text.node.bases, *text.node.decorator_list]
    used = [part.id for head in heads for part in ast.walk(head) if isinstance(part, ast.Name)]
    found: dict[str, Any] = {}
    for name in dict.fromkeys((*text.code.co_freevars, *used)):
        if name == text.node.name or not _is_local(self, name):
            continue
        value = self.read(self.lookup(name, text.node))
        stays = isinstance(value, Static) and isinstance(
            value.value, (type, types.FunctionType, types.ModuleType)
        )
        if not stays or _times_bound(self, name) > 1:
            raise self.unsupported(
                f"a class that a function makes, which reads its variable `{name}`",
                "Give it to the constructor, or define the class outside of functions.",
                text.node,
            )
        found[name] = value.value
    return found


def _is_local(self: Statements, name: str) -> bool:
    """Whether this is a variable of a function around, not of the module."""
    frame: Frame | None = self.frame
    while frame is not None:
        if (frame, name) in self.state or name in frame.cells:
            return True
        frame = frame.parent
    return False


def _times_bound(self: Statements, name: str) -> int:
    source = self.frame.source
    tree = source.tree if source is not None else ast.Pass()
    return sum(
        (isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load))
        or (isinstance(part, (ast.ClassDef, ast.FunctionDef)) and part.name == name)
        for part in ast.walk(tree)
    )


# --- what a class does besides -------------------------------------------------------------------


def _acts(self: Statements, node: ast.ClassDef) -> str | None:
    """What of a class may do more than define it; None where nothing does."""
    if node.keywords or getattr(node, "type_params", None):
        return "keywords or type parameters"
    for decorator in node.decorator_list:
        if not _is_one_of(self, decorator, DECORATORS):
            return f"the decorator `{ast.unparse(decorator)}`"
    for base in node.bases:
        if not _is_quiet_base(self, base):
            return f"the base `{ast.unparse(base)}`"
    for part in node.body:
        if not _defines(self, part):
            return f"`{ast.unparse(part).splitlines()[0]}`"
    return None


def _is_one_of(self: Statements, tree: ast.expr, known: tuple[Any, ...]) -> bool:
    """Whether this names one of these functions, or calls it."""
    function = tree.func if isinstance(tree, ast.Call) else tree
    if not isinstance(function, (ast.Name, ast.Attribute)):
        return False
    if isinstance(tree, ast.Call) and any(_reads(each) for each in _given(tree)):
        return False
    value = self.read(self.expression(function))
    return isinstance(value, Static) and any(value.value is each for each in known)


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _reads(tree: ast.expr) -> bool:
    """Whether an expression reads anything but constants, classes of builtins and lambdas."""
    if isinstance(tree, (ast.Constant, ast.Lambda)):
        return False
    if isinstance(tree, ast.Name):
        return tree.id not in ("list", "dict", "set", "float", "int", "str", "tuple")
    if isinstance(tree, (ast.Tuple, ast.UnaryOp, ast.BinOp)):
        parts = ast.iter_child_nodes(tree)
        return any(_reads(part) for part in parts if isinstance(part, ast.expr))
    return True


def _is_quiet_base(self: Statements, tree: ast.expr) -> bool:
    """Whether a class is made of a base that takes no note of it."""
    base = tree.value if isinstance(tree, ast.Subscript) else tree
    if not isinstance(base, (ast.Name, ast.Attribute)):
        return False
    value = self.read(self.expression(base))
    found = value.value if isinstance(value, Static) else None
    if found is typing.NamedTuple:
        return True
    if isinstance(found, type) and issubclass(found, BaseException):
        # The code that raises and catches them names them.
        return False
    return (
        isinstance(found, type)
        and type(found) in KINDS
        and not any(
            "__init_subclass__" in vars(each)
            for each in found.__mro__
            if each.__module__ not in QUIET
        )
    )


def _defines(self: Statements, part: ast.stmt) -> bool:
    """Whether a statement of a class defines a method or a constant, and does no more."""
    match part:
        case ast.Pass() | ast.Expr(ast.Constant()) | ast.AnnAssign(value=None):
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            named = all(isinstance(target, ast.Name) for target in targets)
            described = isinstance(value, ast.Call) and _is_one_of(self, value, DESCRIBING)
            return named and (described or not _reads(value))
        case ast.FunctionDef(decorator_list=decorators, args=arguments):
            defaults = [each for each in (*arguments.defaults, *arguments.kw_defaults) if each]
            return not any(map(_reads, defaults)) and all(
                _is_setter(each) or _is_one_of(self, each, OF_METHODS) for each in decorators
            )
    return False


def _is_setter(tree: ast.expr) -> bool:
    """Whether this is ``value.setter``, of a property."""
    return isinstance(tree, ast.Attribute) and tree.attr in ("setter", "deleter", "getter")


STATEMENTS[ast.ClassDef] = class_statement
