"""From a Python function to its syntax tree, with file, line, globals and closure."""

from __future__ import annotations

import ast
import functools
import inspect
import keyword
import linecache
import textwrap
import types
from collections.abc import Callable
from typing import Any

from chainrule.errors import Position, SourceError
from chainrule.graph.traits import has, trait
from chainrule.lift.iteration.products import nest_products
from chainrule.lift.objects.mangling import mangle
from chainrule.lift.prompt import typed_file
from chainrule.lift.stale import confirm
from chainrule.records import dataclass

FunctionSyntax = ast.FunctionDef | ast.Lambda
# Ends of a definition that are tried before it is read token by token.
MOST_TRIES = 30
TRANSPARENT = ("_lru_cache_wrapper", "_ArrayFunctionDispatcher")


@dataclass(frozen=True)
class Source:
    """One function as text and tree.

    ``tree`` carries the line numbers of ``file``; ``text`` is the stretch that was parsed.
    """

    function: types.FunctionType
    tree: FunctionSyntax
    file: str
    text: str

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def identifier(self) -> str:
        """Its name where that can stand in code, else that of the definition."""
        for name in (self.name, self.function.__code__.co_name):
            if name.isidentifier() and not keyword.iskeyword(name):
                return name
        return "lambda_"

    def position(self, node: ast.AST) -> Position:
        """Where ``node`` stands."""
        own: Any = node
        try:
            return Position(
                self.file, own.lineno, own.col_offset, own.end_lineno, own.end_col_offset
            )
        except AttributeError:
            line = getattr(node, "lineno", self.tree.lineno)
        return Position(
            self.file,
            line,
            getattr(node, "col_offset", 0),
            getattr(node, "end_lineno", None),
            getattr(node, "end_col_offset", None),
        )


def unwrap(function: Any) -> Any:
    """The plain function under wrappers that give what it gives: caches, jit, NumPy's dispatch.

    A decorator's own function is no such wrapper, though it says what it wraps: it may do more.
    """
    seen = 0
    while seen < 100:
        seen += 1
        if isinstance(function, (staticmethod, classmethod)):
            function = function.__func__
        elif isinstance(trait(function, "py_func"), types.FunctionType):
            function = function.py_func
        elif type(function).__name__ in TRANSPARENT and hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        else:
            break
    return function


def python_call(instance: Any) -> types.FunctionType | None:
    """The method ``__call__`` of an object, when it is written in Python."""
    found = inspect.getattr_static(type(instance), "__call__", None)
    return found if isinstance(found, types.FunctionType) else None


def innermost(function: Any) -> Any:
    """The function that a chain of wrappers, methods and partials is about."""
    return _chain(function)[-1]


def partials_of(function: Any) -> list[functools.partial[Any]]:
    """The partials in such a chain."""
    return [each for each in _chain(function) if isinstance(each, functools.partial)]


def _chain(function: Any) -> list[Any]:
    """A function, and what it is about, from the outermost inwards."""
    found = [unwrap(function)]
    while len(found) < 100:
        function = found[-1]
        if isinstance(function, functools.partial):
            function = function.func
        elif isinstance(function, types.MethodType):
            function = function.__func__
        elif has(function, "__wrapped__"):
            function = function.__wrapped__
        elif not isinstance(function, (types.FunctionType, type)) and python_call(function):
            function = python_call(function)
        else:
            break
        found.append(unwrap(function))
    return found


def source_of(function: Callable[..., Any]) -> Source:
    """Source of a plain Python function or lambda.

    Raises
    ------
    SourceError
        When there is none: a builtin, a function made by ``exec``, an async or generator
        function is found later, by its syntax.
    """
    function = unwrap(function)
    if not isinstance(function, types.FunctionType):
        name = getattr(function, "__qualname__", None) or repr(function)
        if isinstance(function, type):
            raise SourceError(
                f"`{name}` is a class, which gives no number",
                remedy="Name a method, or write a function that makes the object and asks it.",
            )
        raise SourceError(
            f"`{name}` has no Python source",
            remedy="Write a Python function that calls it; what has no rule gets its derivative by "
            "chainrule.define_derivative.",
        )
    return _parsed(function, function.__code__)


@functools.lru_cache(maxsize=4096)
def _parsed(function: types.FunctionType, code: types.CodeType) -> Source:
    file = typed_file(code)
    linecache.checkcache(file)
    if code.co_name == "<lambda>":
        if file == code.co_filename:
            _lines_of(function, code)
        return _parsed_lambda(function, file)
    found = _definition_at(linecache.getlines(file, function.__globals__), code.co_firstlineno)
    if found is None:
        lines, start = _lines_of(function, code)
        text = textwrap.dedent("".join(lines))
        try:
            tree = _tree_of(lines, start)
        except SyntaxError as error:
            raise SourceError(
                f"the source of `{function.__name__}` does not parse ({error.msg})",
                remedy="Was the file changed after it was imported? Import it again.",
            ) from None
    else:
        start, text, tree = found
    definition = tree.body[0]
    if isinstance(definition, ast.AsyncFunctionDef):
        raise SourceError(
            f"`{function.__name__}` is an async function",
            remedy="Differentiate the plain function that does the arithmetic.",
            position=Position(file, start),
        )
    if not isinstance(definition, ast.FunctionDef):
        raise SourceError(
            f"the source of `{function.__name__}` is not a function definition",
            remedy="Write it as a `def` in a file or notebook cell.",
            position=Position(file, start),
        )
    if "__" in text:
        mangle(definition, code)
    confirm(function, code, definition)
    if "product" in text:
        nest_products(definition, function.__globals__)
    return Source(function, definition, file, text)


def _lines_of(function: types.FunctionType, code: types.CodeType) -> tuple[list[str], int]:
    """The lines that Python finds for a code, and the number of the first."""
    try:
        return inspect.getsourcelines(code)
    except (OSError, TypeError, IndexError) as error:
        raise SourceError(
            f"the source of `{function.__name__}` cannot be read ({error})",
            remedy="Put the function into a file or a notebook cell; functions made by exec() "
            "have no source unless it is entered into linecache.",
        ) from None


def _definition_at(lines: list[str], start: int) -> tuple[int, str, ast.Module] | None:
    """The definition that begins in line ``start``: that line, its text and its tree.

    :func:`inspect.getsourcelines` gives the same, but reads the block token by token, and looks
    for the module's name among the files of all modules that are loaded.
    """
    if not 0 < start <= len(lines):
        return None
    margin = _margin(lines[start - 1])
    tries = 0
    for end in range(start, len(lines) + 1):
        line = lines[end].strip() if end < len(lines) else "end"
        if not line or line.startswith("#") or (end < len(lines) and _margin(lines[end]) > margin):
            continue
        block = _without_comments(lines[start - 1 : end], margin + 1)
        try:
            tree = _tree_of(block, start)
        except SyntaxError:
            # Within a text or brackets over several lines, or behind a decorator.
            tries += 1
            if tries > MOST_TRIES:
                return None
        else:
            break
    else:
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    block = _without_comments(block, max(margin + 1, tree.body[0].body[0].col_offset))
    return start, textwrap.dedent("".join(block)), tree


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_comments(block: list[str], margin: int) -> list[str]:
    """The lines without blank ones behind, and without comments in front of ``margin``."""
    size = len(block)
    while size > 1:
        line = block[size - 1].strip()
        if line and not (line.startswith("#") and _margin(block[size - 1]) < margin):
            break
        size -= 1
    return block[:size]


def _parsed_lambda(function: types.FunctionType, file: str) -> Source:
    """The lambda among those of its file whose code is this one."""
    text = "".join(linecache.getlines(file))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        tree = ast.Module([], [])
    line = function.__code__.co_firstlineno
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    for node in found:
        mangle(node, function.__code__)
    found = _told_apart(found, function.__code__)
    same = {ast.dump(node) for node in found}
    if len(same) != 1:
        raise SourceError(
            "the source of this lambda cannot be told apart from others on its line"
            if found
            else "the source of this lambda cannot be found",
            remedy="Write it as a `def`, or put each lambda on a line of its own.",
            position=Position(file, line),
        )
    confirm(function, function.__code__, found[0])
    return Source(function, found[0], file, ast.get_source_segment(text, found[0]) or "")


def _told_apart(lambdas: list[ast.Lambda], code: types.CodeType) -> list[ast.Lambda]:
    """The lambdas that may have this code: by what they use, then by where they stand."""
    compiled = {node: _compiled(node) for node in lambdas}
    alike = [node for node in lambdas if _same_code(compiled[node], code)]
    if len(alike) > 1 and hasattr(code, "co_positions"):
        places = _places(code)
        return [node for node in alike if _places(compiled[node]) == places] or alike
    return alike


def _compiled(tree: ast.Lambda) -> types.CodeType:
    """The code of a lambda on its own."""
    outer = compile(ast.Expression(tree), "<lambda>", "eval")
    return next(constant for constant in outer.co_consts if isinstance(constant, types.CodeType))


def _places(code: types.CodeType) -> set[Any]:
    """Lines and columns of a code's instructions, where Python records them (from 3.11 on)."""
    positions: Any = getattr(code, "co_positions", tuple)
    return {place for place in positions() if place[3]}


def _same_code(left: types.CodeType, right: types.CodeType) -> bool:
    """Whether two codes use the same names and constants.

    The instructions themselves differ with what encloses the lambda: free and global names, and
    methods of imported modules, compile differently.
    """
    if left.co_varnames != right.co_varnames:
        return False
    names = [
        set(code.co_names) | set(code.co_freevars) | set(code.co_cellvars) for code in (left, right)
    ]
    if names[0] != names[1] or len(left.co_consts) != len(right.co_consts):
        return False
    for a, b in zip(left.co_consts, right.co_consts, strict=True):
        if isinstance(a, types.CodeType) and isinstance(b, types.CodeType):
            if not _same_code(a, b):
                return False
        elif isinstance(a, str) and isinstance(b, str) and "<locals>" in a + b:
            continue
        elif type(a) is not type(b) or a != b:
            return False
    return True


def _tree_of(lines: list[str], start: int) -> ast.Module:
    """The tree of lines, the first of which is line ``start`` of a file, with its positions.

    Within a method comments, and the lines of texts, may stand at the margin of the file.
    """
    text = "".join(lines)
    if not lines or not _margin(lines[0]):
        return ast.parse("\n" * (start - 1) + text)
    tree = ast.parse("\n" * max(start - 2, 0) + "if 1:\n" + text)
    around = tree.body[0]
    assert isinstance(around, ast.If)
    return ast.Module(around.body, [])
