"""Whether a text is what a function was compiled from: a file may change after its import."""

from __future__ import annotations
import __future__

import ast
import functools
import linecache
import types
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader

from chainrule.errors import Position, SourceError
from chainrule.graph.large import large_programs
from chainrule.lift.prompt import typed_file

FUTURES = functools.reduce(
    lambda flags, name: flags | getattr(__future__, name).compiler_flag,
    __future__.all_feature_names,
    0,
)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def confirm(function: types.FunctionType, code: types.CodeType, tree: Definition) -> None:
    """Refuse a definition that is not the one whose code is run."""
    flags = code.co_flags & FUTURES
    if any(same_code(each, code) for each in _alone(function, code, tree, flags)):
        return
    # What a code looks like hangs on the imports and the scopes around it: all of the file tells.
    text = "".join(linecache.getlines(typed_file(code), function.__globals__))
    found = [
        each
        for each in _codes_of(text, flags)
        if each.co_name == code.co_name and each.co_firstlineno == code.co_firstlineno
    ]
    if any(same_code(each, code) for each in found):
        return
    if _is_rewritten(function) and any(_is_within(each, code) for each in found):
        return
    raise SourceError(
        f"the file of `{function.__name__}` has changed since it was imported, and says something "
        "else now",
        remedy="Import it again: importlib.reload(module), or start Python anew.",
        position=Position(code.co_filename, code.co_firstlineno),
    )


def same_code(left: types.CodeType, right: types.CodeType) -> bool:
    """Whether two codes do the same, wherever they stand."""
    return (
        left.co_code == right.co_code
        and left.co_names == right.co_names
        and left.co_varnames == right.co_varnames
        and left.co_freevars == right.co_freevars
        and left.co_cellvars == right.co_cellvars
        and left.co_argcount == right.co_argcount
        and left.co_kwonlyargcount == right.co_kwonlyargcount
        and len(left.co_consts) == len(right.co_consts)
        and all(map(_same_constant, left.co_consts, right.co_consts))
    )


def _same_constant(left: object, right: object) -> bool:
    """Also 0.0 and -0.0, 1 and True are told apart."""
    if isinstance(left, types.CodeType) and isinstance(right, types.CodeType):
        return same_code(left, right)
    if isinstance(left, str) and isinstance(right, str) and "<locals>" in left and "." in right:
        # Where a function inside stands, up to Python 3.10.
        return left.rpartition(".")[2] == right.rpartition(".")[2]
    return _key(left) == _key(right)


def _key(constant: object) -> object:
    if isinstance(constant, frozenset):
        return sorted(map(repr, constant))
    return type(constant), repr(constant)


def _alone(
    function: types.FunctionType, code: types.CodeType, tree: Definition, flags: int
) -> Iterator[types.CodeType]:
    """The code of a definition by itself, with what its own code tells of the scopes around."""
    # The tree has its places: it takes long to look for missing ones.
    line = ast.copy_location(ast.Expr(tree), tree) if isinstance(tree, ast.Lambda) else tree
    if code.co_freevars:
        around = ast.parse("def around():\n    pass").body[0]
        assert isinstance(around, ast.FunctionDef)
        around.body = [*(_assigned(name) for name in code.co_freevars), line]
        line = around
    imported = [ast.alias(name) for name in code.co_names if _is_imported(function, name)]
    first = [ast.fix_missing_locations(ast.Import(imported))] if imported else []
    module = ast.Module([*first, line], [])
    try:
        with large_programs():
            outer = compile(module, code.co_filename, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return
    for each in _nested(outer):
        if each.co_name == code.co_name:
            yield each


def _assigned(name: str) -> ast.stmt:
    return ast.fix_missing_locations(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)))


def _is_imported(function: types.FunctionType, name: str) -> bool:
    """Whether a global name looks imported: methods of such are called by other instructions."""
    value = function.__globals__.get(name)
    home = getattr(value, "__module__", None)
    return isinstance(value, types.ModuleType) or (
        isinstance(home, str) and home != function.__module__
    )


@functools.lru_cache(maxsize=16)
def _codes_of(text: str, flags: int) -> tuple[types.CodeType, ...]:
    """All codes of a file."""
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        return tuple(_nested(compile(text, "<text>", "exec", flags, dont_inherit=True)))
    except (SyntaxError, ValueError):
        return ()


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code and all that stand within it."""
    waiting = [code]
    while waiting:
        code = waiting.pop()
        yield code
        waiting.extend(each for each in code.co_consts if isinstance(each, types.CodeType))


def _is_rewritten(function: types.FunctionType) -> bool:
    """Whether something else than Python itself has loaded its module: pytest rewrites asserts."""
    loader = function.__globals__.get("__loader__")
    return loader is not None and type(loader) is not SourceFileLoader


def _is_within(written: types.CodeType, run: types.CodeType) -> bool:
    """Whether what is run takes the same arguments and has all that is written, at least."""
    if written.co_varnames[: written.co_argcount] != run.co_varnames[: run.co_argcount]:
        return False
    return _said(written) <= _said(run)


def _said(code: types.CodeType) -> set[object]:
    """Names and constants in a code and in those within it."""
    said: set[object] = set()
    for each in _nested(code):
        said.update(each.co_names, each.co_varnames, each.co_cellvars, each.co_freevars)
        said.update(repr(value) for value in each.co_consts if not hasattr(value, "co_code"))
    return said
