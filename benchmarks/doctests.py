"""Subjects for a corpus from the examples in docstrings: functions with calls by their authors.

Every public function of every submodule of a package is taken whose docstring has an example
``>>> function(arguments)`` that returns a number or an array of floats; each float, and each
array or list of floats, among the arguments is differentiated by.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import inspect
import os
import pkgutil
import types
from collections.abc import Callable, Container, Iterator
from typing import Any

from corpus import Call, Subject


def subjects(
    package: types.ModuleType, skipped: Container[str] = (), private: bool = False
) -> list[Subject]:
    """All functions of a package with a usable example, by name.

    ``skipped`` names submodules that only wrap the functions of others; ``private`` takes the
    functions and modules, too, whose names begin with an underscore.
    """
    found = []
    for module in modules(package, skipped):
        for name, function in sorted(vars(module).items()):
            if (
                (private or not name.startswith("_"))
                and isinstance(function, types.FunctionType)
                and function.__module__ == module.__name__
            ):
                calls = list(_calls(package, module, function))
                if calls:
                    found.append(Subject(f"{module.__name__}.{name}", function, calls))
    return found


def modules(package: types.ModuleType, skipped: Container[str]) -> Iterator[types.ModuleType]:
    """A package and those of its submodules that can be imported."""
    yield package
    for info in pkgutil.walk_packages(getattr(package, "__path__", []), f"{package.__name__}."):
        parts = info.name.split(".")[1:]
        if not any(part in skipped for part in parts):
            with contextlib.suppress(Exception):
                yield importlib.import_module(info.name)


def _calls(
    package: types.ModuleType, module: types.ModuleType, function: Callable[..., Any]
) -> Iterator[Call]:
    """The calls in a docstring that return a number, each with the floats among its arguments."""
    # Examples are written for a reader who has imported everything.
    names = {**vars(package), **vars(module)}
    seen = set()
    for example in doctest.DocTestParser().get_examples(function.__doc__ or ""):
        source = example.source.strip()
        with quiet(), contextlib.suppress(Exception):
            tree = ast.parse(source)
            match tree.body:
                case [ast.Expr(ast.Call(called) as call)] if _named(called) == function.__name__:
                    if source not in seen:
                        seen.add(source)
                        yield from _evaluated(function, source, call, names)
                case [ast.Assign() | ast.Import() | ast.ImportFrom()]:
                    exec(source, names)


def _named(called: ast.expr) -> str | None:
    match called:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
    return None


def _evaluated(
    function: Callable[..., Any], source: str, call: ast.Call, names: dict[str, Any]
) -> Iterator[Call]:
    collect = ast.Expression(
        ast.Call(ast.Name("__collect__", ast.Load()), call.args, call.keywords)
    )
    names["__collect__"] = lambda *args, **kwargs: (args, kwargs)
    code = compile(ast.fix_missing_locations(collect), "<example>", "eval")
    args, kwargs = eval(code, names)
    bound = inspect.signature(function).bind(*args, **kwargs).arguments
    named = {**bound, **kwargs}
    wrt = tuple(name for name, value in named.items() if isinstance(value, float))
    if wrt and isinstance(function(*args, **kwargs), float):
        yield Call(" ".join(source.split()), args, kwargs, wrt)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing is printed."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield
