"""Which parameters are numbers, and how surely, as a function's own body shows it."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from chainrule.errors import SourceError
from chainrule.lift.source import Source, source_of, unwrap
from chainrule.records import dataclass

# The functions of math that take iterables.
TAKE_LISTS = {"fsum", "prod", "dist", "sumprod"}
# What asks a value for its type or its parts: numbers of all kinds are not alike to it.
ASK_FOR_KINDS = {"isinstance", "issubclass", "type", "len", "hasattr", "getattr"}
DEEPEST = 8
# What gives an array where one side is an array.
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)

NAMES_NOTHING: frozenset[str] = frozenset()


def certain_numbers(source: Source) -> set[str]:
    """Parameters for which the function certainly raises unless they are single numbers.

    They flow, by arithmetic alone and on every path, into a function of ``math``, which takes
    nothing else; through names and through helpers.
    """
    return _Flow(source, DEEPEST).proven


def takes_numbers(source: Source) -> bool:
    """Whether nothing in the body speaks against all of its parameters being single numbers.

    What is said of a float is then true of an int, too: nothing asks for a kind.
    """
    variables = source.function.__globals__
    parameters = {arg.arg for arg in _arguments(source.tree)}
    for node in ast.walk(source.tree):
        match node:
            case ast.Name(id=name) if name in ASK_FOR_KINDS or _is_array_code(variables.get(name)):
                return False
            case ast.Subscript(value=ast.Name(id=name)) if name in parameters:
                return False
            case ast.Attribute(value=ast.Name(id=name)) if name in parameters:
                return False
            case ast.For(iter=ast.Name(id=name)) | ast.comprehension(iter=ast.Name(id=name)):
                if name in parameters:
                    return False
            case ast.Call(func=ast.Name(id=name)) if name in parameters:
                return False
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()) | ast.Match():
                return False
    return True


def _is_array_code(value: Any) -> bool:
    home = getattr(value, "__name__", "") if isinstance(value, types.ModuleType) else ""
    home = home or str(getattr(value, "__module__", None) or type(value).__module__)
    return home.partition(".")[0] in ("numpy", "scipy")


def _arguments(tree: ast.FunctionDef | ast.Lambda) -> list[ast.arg]:
    arguments = tree.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


@dataclass
class _Flow:
    """One walk along the statements that are certainly run."""

    source: Source
    depth: int
    proven: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        tree = self.source.tree
        # Per name the parameters that are in its value by arithmetic.
        self.carried = {arg.arg: frozenset({arg.arg}) for arg in _arguments(tree)}
        if isinstance(tree, ast.Lambda):
            self.value(tree.body)
            return
        for statement in tree.body:
            if not self.statement(statement):
                break

    def statement(self, statement: ast.stmt) -> bool:
        """Whether the statement behind this one is certainly run, too."""
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.carried[name] = self.value(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self.carried[name] = self.value(value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                self.carried[name] = self.value(value) | self.carried.get(name, NAMES_NOTHING)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(
                names
            ) == len(values):
                found = [self.value(value) for value in values]
                self.forget(statement)
                for target, carried in zip(names, found, strict=True):
                    if isinstance(target, ast.Name):
                        self.carried[target.id] = carried
            case ast.Return(value=ast.expr() as value):
                self.value(value)
                return False
            case ast.Expr(value=value) | ast.Assign(value=value):
                self.value(value)
                self.forget(statement)
            case ast.If(test=test) | ast.While(test=test):
                self.value(test)
                self.forget(statement)
                return not _may_leave(statement)
            case _:
                self.forget(statement)
                return not _may_leave(statement)
        return True

    def forget(self, statement: ast.stmt) -> None:
        """Nothing is known any more of names that are bound inside."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self.carried.pop(node.id, None)

    def value(self, node: ast.expr) -> frozenset[str]:
        """The parameters that are in a value by arithmetic."""
        match node:
            case ast.Name(id=name):
                return self.carried.get(name, NAMES_NOTHING)
            case ast.BinOp(left=left, op=op, right=right):
                found = self.value(left) | self.value(right)
                return found if isinstance(op, ARITHMETIC) else NAMES_NOTHING
            case ast.UnaryOp(operand=operand):
                found = self.value(operand)
                return NAMES_NOTHING if isinstance(node.op, ast.Not) else found
            case ast.Call():
                self.call(node)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self.value(item)
            case ast.Compare(left=left, comparators=[right, *_]):
                self.value(left)
                self.value(right)
            case ast.IfExp(test=test):
                self.value(test)
            case ast.BoolOp(values=[first, *_]):
                self.value(first)
        return NAMES_NOTHING

    def call(self, node: ast.Call) -> None:
        carried = [self.value(argument) for argument in node.args]
        for keyword in node.keywords:
            self.value(keyword.value)
        found = self.callee(node.func)
        if getattr(found, "__module__", None) == "math":
            if found.__name__ not in TAKE_LISTS:
                self.proven.update(*carried)
            return
        for position in self._certain_positions(found):
            if position < len(carried) and not any(
                isinstance(argument, ast.Starred) for argument in node.args[: position + 1]
            ):
                self.proven |= carried[position]

    def callee(self, function: ast.expr) -> Any:
        variables = self.source.function.__globals__
        code = self.source.function.__code__
        local = (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
        match function:
            case ast.Name(id=name) if name not in local:
                return variables.get(name)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name not in local:
                module = variables.get(name)
                if isinstance(module, types.ModuleType):
                    return getattr(module, attribute, None)
        return None

    def _certain_positions(self, function: Any) -> Iterator[int]:
        """Positions of a helper's parameters that must be numbers."""
        if not isinstance(function, types.FunctionType) or self.depth == 0:
            return
        if unwrap(function) is not function or hasattr(function, "__wrapped__"):
            return
        try:
            helper = source_of(function)
        except SourceError:
            return
        proven = _Flow(helper, self.depth - 1).proven
        arguments = helper.tree.args
        for position, arg in enumerate([*arguments.posonlyargs, *arguments.args]):
            if arg.arg in proven:
                yield position


def _may_leave(statement: ast.stmt) -> bool:
    """Whether the function can be left, or the rest of it skipped, from inside."""
    leaving = (ast.Return, ast.Raise, ast.Try, ast.With, ast.Match)
    return any(isinstance(node, leaving) for node in ast.walk(statement))
