"""Values of the user's written down: numbers, containers of them, arrays, small objects."""

from __future__ import annotations

import ast
import dataclasses
import enum
import math
import sys
from typing import Any, Protocol

from chainrule.emit.printing import string_text

LITERALS = (int, float, complex, str, bytes, bool, type(None))
LONGEST_LITERAL = 20
LONGEST_ARRAY = 400
# What the text of an object consists of that makes an equal one.
MAKING = (
    ast.Expression,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.UnaryOp,
    ast.USub,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.Load,
)


class Importer(Protocol):
    """What gives the names of imported things."""

    def imported(self, module: str, name: str, value: Any = None) -> str:
        """The local name of ``from module import name``."""

    def module(self, module: str) -> str:
        """The local name of ``import module``."""


class _Unwritable(Exception):
    """A value has no text; the message says what it is."""


def is_literal(value: Any) -> bool:
    """Whether ``value`` can be written down as a constant of moderate length."""
    return _literal_size(value) <= LONGEST_LITERAL


def _literal_size(value: Any) -> int:
    if type(value) in LITERALS:
        return 1
    if type(value) in (list, tuple):
        return sum(map(_literal_size, value))
    if type(value) is dict:
        return sum(_literal_size(key) + _literal_size(item) for key, item in value.items())
    return LONGEST_LITERAL + 1


def literal(value: Any, header: Importer) -> str:
    """Python text of a value; an ellipsis in the place of one that must be bound by hand."""
    try:
        return _text(value, header)
    except _Unwritable as what:
        return f"...  # {what}"


def _text(value: Any, header: Importer) -> str:
    kind = type(value)
    if kind is float and not math.isfinite(value):
        name = header.imported("math", "nan" if math.isnan(value) else "inf")
        return f"-{name}" if value < 0 else name
    if kind is str:
        return string_text(value)
    if kind in LITERALS:
        return repr(value)
    if kind in (list, tuple, set):
        inner = ", ".join(_text(item, header) for item in value)
        if kind is tuple:
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        return f"[{inner}]" if kind is list else f"{{{inner}}}" if value else "set()"
    if kind is dict:
        pairs = (f"{_text(key, header)}: {_text(item, header)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if kind.__module__ == "numpy" and hasattr(value, "dtype") and hasattr(value, "tolist"):
        return _array_text(value, header)
    return _object_text(value, header)


def _array_text(array: Any, header: Importer) -> str:
    """An array as a display; one that is too long to read must be bound by hand."""
    numpy, dtype = header.module("numpy"), str(array.dtype)
    if not array.shape:
        return f"{numpy}.{dtype}({_text(array.tolist(), header)})"
    if array.size > LONGEST_ARRAY:
        raise _Unwritable(f"{dtype} array of shape {array.shape}, too long to be written down")
    if not array.size:
        return f"{numpy}.empty({array.shape}, dtype={numpy}.{dtype})"
    usual = dtype in ("float64", "int64", "bool")
    named = "" if usual else f", dtype={numpy}.{dtype}"
    return f"{numpy}.array({_text(array.tolist(), header)}{named})"


def _object_text(value: Any, header: Importer) -> str:
    """A member of an enumeration by its name, another object as its ``repr`` makes it again."""
    kind = type(value)
    if isinstance(value, enum.Enum) and value.name in kind.__members__:
        return f"{_imported_class(kind, header)}.{value.name}"
    fields = _fields(value)
    if fields is not None and kind(**fields) == value:
        inner = ", ".join(f"{name}={_text(part, header)}" for name, part in fields.items())
        return f"{_imported_class(kind, header)}({inner})"
    try:
        tree = ast.parse(repr(value), mode="eval")
    except SyntaxError:
        raise _unwritable(value) from None
    if not isinstance(tree.body, ast.Call) or not all(
        isinstance(part, MAKING) for part in ast.walk(tree)
    ):
        raise _unwritable(value)
    called = tree.body.func
    if ast.unparse(called) not in (kind.__qualname__, f"{kind.__module__}.{kind.__qualname__}"):
        raise _unwritable(value)
    names = [part for part in ast.walk(tree) if isinstance(part, (ast.Name, ast.Attribute))]
    inside = {part for part in ast.walk(called) if isinstance(part, (ast.Name, ast.Attribute))}
    if any(part not in inside for part in names):
        raise _unwritable(value)
    tree.body.func = ast.Name("made", ast.Load())
    if not _is_again(value, tree):
        raise _unwritable(value)
    return ast.unparse(tree).replace("made", _imported_class(kind, header), 1)


def _fields(value: Any) -> dict[str, Any] | None:
    """The fields that a dataclass or a named tuple is made of."""
    if dataclasses.is_dataclass(value):
        return {
            part.name: getattr(value, part.name) for part in dataclasses.fields(value) if part.init
        }
    return value._asdict() if isinstance(value, tuple) and hasattr(value, "_asdict") else None


def _is_again(value: Any, tree: ast.Expression) -> bool:
    """Whether the expression, in which the class is called ``made``, gives an equal object."""
    code = compile(ast.fix_missing_locations(tree), "<literal>", "eval")
    try:
        return bool(eval(code, {"made": type(value)}) == value)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
        return False


def _imported_class(kind: type, header: Importer) -> str:
    """The local name of a class; only one that can be imported has any."""
    first, *rest = kind.__qualname__.split(".")
    found: Any = sys.modules.get(kind.__module__)
    for part in (first, *rest):
        found = getattr(found, part, None)
    if found is not kind:
        raise _unwritable(kind)
    if kind.__module__ == "builtins":
        return first
    return ".".join([header.imported(kind.__module__, first), *rest])


def _unwritable(value: Any) -> _Unwritable:
    return _Unwritable(f"a {type(value).__name__} that cannot be written down")
