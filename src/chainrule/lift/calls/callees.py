"""What can be told of a function before it is lifted: its home, its places, its local names."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import types
from collections import abc
from typing import Any

from chainrule.errors import SourceError
from chainrule.lift.library.definitions import definition_of
from chainrule.lift.source import source_of
from chainrule.lift.state import Frame, assigned_names
from chainrule.lift.values import Closure, Method, Static, TupleValue, Value


def places_of_star(function: Value, others: int, node: ast.Call) -> int | None:
    """How many values a star must give, where a function takes a fixed number; else None."""
    arguments, bound = _declared_arguments(function)
    if arguments is None or arguments.vararg is not None or arguments.defaults:
        return None
    if any(keyword.arg is None for keyword in node.keywords):
        return None
    names = [parameter.arg for parameter in (*arguments.posonlyargs, *arguments.args)]
    named = sum(keyword.arg in names for keyword in node.keywords)
    count = len(names) - bound - named - others
    return count if count >= 0 else None


def takes_rest(function: Value, others: int) -> bool:
    """Whether a function has a ``*args``, and places for no more than ``others`` before it."""
    arguments, bound = _declared_arguments(function)
    if arguments is None or arguments.vararg is None:
        return False
    return len(arguments.posonlyargs) + len(arguments.args) - bound <= others


def _declared_arguments(function: Value) -> tuple[ast.arguments | None, int]:
    """The parameters of a function as they are written, and how many of them are bound."""
    bound = 0
    if isinstance(function, Method):
        owner, function, bound = function.owner, function.function, 1
        if isinstance(function, Static) and isinstance(owner, Static):
            method = getattr(owner.value, str(function.value), None)
            function = Static(getattr(method, "__func__", None))
    elif isinstance(function, Static) and isinstance(function.value, type):
        function, bound = Static(inspect.getattr_static(function.value, "__init__", None)), 1
    if isinstance(function, Closure):
        return function.tree.args, bound
    if isinstance(function, Static):
        function = Static(definition_of(function.value) or function.value)
    if isinstance(function, Static) and isinstance(function.value, types.FunctionType):
        with contextlib.suppress(SourceError):
            return source_of(function.value).tree.args, bound
    return None, bound


def home_of(found: Any) -> str:
    """The module of a callable, or of the class of the object that it is a method of."""
    owner = getattr(found, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        return str(type(owner).__module__)
    return str(getattr(found, "__module__", ""))


def declare_names(
    tree: ast.FunctionDef | ast.Lambda, frame: Frame, bound: dict[str, Value]
) -> None:
    """Find out which names are local, nonlocal and global in a function."""
    frame.local_names = set(bound)
    if isinstance(tree, ast.Lambda):
        # What a walrus binds.
        frame.local_names |= set(assigned_names([tree.body]))
        return
    names, outer, of_module = _declared(tree)
    frame.outer_names |= outer
    frame.global_names |= of_module
    frame.local_names |= names - frame.outer_names - frame.global_names


@functools.lru_cache(maxsize=4096)
def _declared(tree: ast.FunctionDef) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The names that a function's text binds, and those it declares nonlocal and global."""
    outer: set[str] = set()
    of_module: set[str] = set()
    stack: list[ast.AST] = list(tree.body)
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Nonlocal):
            outer.update(part.names)
        elif isinstance(part, ast.Global):
            of_module.update(part.names)
        elif not isinstance(part, (ast.FunctionDef, ast.expr, ast.ClassDef)):
            # What a nested function declares is its own.
            stack.extend(ast.iter_child_nodes(part))
    return frozenset(assigned_names(tree.body)), frozenset(outer), frozenset(of_module)


def items_handed_on(tree: ast.FunctionDef) -> ast.expr | None:
    """What a generator function takes its items from that does nothing but ``yield from``."""
    body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
    only = body[0] if len(body) == 1 else None
    if isinstance(only, ast.Expr) and isinstance(only.value, ast.YieldFrom):
        return only.value.value
    return None


def yields_in_turn(tree: ast.AST) -> bool:
    """Whether a generator function does nothing but ``yield`` one expression after the other."""
    body: list[ast.stmt] = getattr(tree, "body", [])
    told = isinstance(tree, ast.FunctionDef) and ast.get_docstring(tree, clean=False) is not None
    return all(
        isinstance(step, ast.Expr) and isinstance(step.value, ast.Yield) for step in body[told:]
    )


def by_position(
    found: Any, args: list[Value], keywords: dict[str, Value]
) -> tuple[list[Value], dict[str, Value]]:
    """Arguments in the order of the parameters, as far as they leave out no earlier one."""
    if not keywords:
        return args, keywords
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return args, keywords
    placed = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
    rest, ordered = dict(keywords), list(args)
    for each in placed[len(args) :]:
        if each.name not in rest or each.kind is each.POSITIONAL_ONLY:
            break
        ordered.append(rest.pop(each.name))
    return ordered, rest


def by_position_of_builtin(
    found: Any, args: list[Value], keywords: dict[str, Value]
) -> tuple[list[Value], dict[str, Value]]:
    """The same for what Python has built in, as in ``round(x, ndigits=2)``."""
    inbuilt = isinstance(found, types.BuiltinFunctionType) and home_of(found) == "builtins"
    return by_position(found, args, keywords) if inbuilt else (args, keywords)


def out_by_name(
    found: Any, args: list[Value], keywords: dict[str, Value]
) -> tuple[list[Value], dict[str, Value]]:
    """A call in which the array for the result is named, though it was given by its place."""
    if type(found).__name__ == "ufunc":
        given = args[found.nin :]
        if given:
            out = given[0] if found.nout == len(given) == 1 else TupleValue(tuple(given))
            return args[: found.nin], {**keywords, "out": out}
        return args, keywords
    names = _parameter_names(found) if isinstance(found, abc.Hashable) else ()
    place = names.index("out") if "out" in names else len(args)
    if len(args) <= place:
        return args, keywords
    return args[:place], {**keywords, **dict(zip(names[place:], args[place:], strict=False))}


def as_declared(
    found: Any,
    own: abc.Sequence[str],
    ignored: abc.Container[str],
    first: int,
    args: list[Value],
    keywords: dict[str, Value],
) -> tuple[list[Value], dict[str, Value]]:
    """A call whose arguments have the names of a function's parameters, not the places.

    Those before ``first`` keep their places.  ``own`` are the parameters that a declaration has:
    not all that the function has, ``ignored`` is not among them, and perhaps with names of their
    own.
    """
    names = _parameter_names(found) if isinstance(found, abc.Hashable) else ()
    if len(args) <= first or len(args) > len(names):
        return args, keywords
    named: dict[str, Value] = {}
    for position in range(first, len(args)):
        name = names[position]
        known = name in own or name in ignored
        if not known and position < len(own) and own[position] not in _parameters(found):
            name = own[position]
        if name in keywords:
            return args, keywords
        named[name] = args[position]
    return args[:first], {**named, **keywords}


def renamed(keywords: dict[str, Value], other: str, name: str) -> dict[str, Value]:
    """The keywords with the name that a declaration has for one of two names of a parameter."""
    if name in keywords:
        return keywords
    return {name if key == other else key: value for key, value in keywords.items()}


def without_defaults(
    found: Any,
    own: abc.Container[str],
    keywords: dict[str, Value],
    known: abc.Callable[[Value], tuple[bool, Any]],
) -> dict[str, Value]:
    """The keywords less those that a declaration lacks and that have the function's own default."""
    if all(name in own for name in keywords):
        return keywords
    defaults = _defaults(found)

    def is_default(name: str) -> bool:
        told, value = known(keywords[name])
        default = defaults.get(name, defaults)
        same = value is default or (
            isinstance(value, (bool, int, float, str)) and type(value) is type(default)
        )
        return told and same and bool(value == default)

    return {name: value for name, value in keywords.items() if name in own or not is_default(name)}


def _defaults(found: Any) -> dict[str, Any]:
    """The default values of a function's parameters, where it tells them."""
    parameters = _parameters(found).values() if isinstance(found, abc.Hashable) else ()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


def _parameter_names(found: Any) -> tuple[str, ...]:
    """Names of the parameters that an argument without a name may be for."""
    placed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(each.name for each in _parameters(found).values() if each.kind in placed)


@functools.lru_cache(maxsize=256)
def _parameters(found: Any) -> abc.Mapping[str, inspect.Parameter]:
    """The parameters of a function by name, where it tells them."""
    try:
        return inspect.signature(found).parameters
    except (TypeError, ValueError):
        told = UNTOLD.get(getattr(found, "__name__", ""))
        if told is None or getattr(found, "__module__", None) != "numpy":
            return {}
        return inspect.signature(told).parameters


# Functions of NumPy that tell their parameters from NumPy 2.4 on.
UNTOLD: dict[str, abc.Callable[..., None]] = {
    "zeros": lambda shape, dtype=None, order="C": None,
    "empty": lambda shape, dtype=None, order="C": None,
    "concatenate": lambda arrays, axis=0, out=None, *, dtype=None, casting="same_kind": None,
    "asarray": lambda a, dtype=None, order=None: None,
    "asanyarray": lambda a, dtype=None, order=None: None,
    "ascontiguousarray": lambda a, dtype=None: None,
    "dot": lambda a, b, out=None: None,
    "bincount": lambda x, weights=None, minlength=0: None,
    "lexsort": lambda keys, axis=-1: None,
}
