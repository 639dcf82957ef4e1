"""chainrule on the unmodified functions of `fluids`, at the arguments of their doctests.

    python benchmarks/corpus_fluids.py --module friction --show wrong

Every public function of every submodule is taken whose docstring has an example
``>>> function(arguments)`` that returns a float.  Each float among the arguments is
differentiated by, and compared with the oracle.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import inspect
import os
import pkgutil
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import fluids
from corpus import Call, Subject, main

DERIVED = ("numba", "numba_vectorized", "units", "vectorized")
"""Submodules that only wrap the functions of others for arrays, units or compilers."""


def subjects() -> list[Subject]:
    """All functions with a usable example, by name."""
    found = []
    for module in _modules():
        for name, function in sorted(vars(module).items()):
            if (
                not name.startswith("_")
                and isinstance(function, types.FunctionType)
                and function.__module__ == module.__name__
            ):
                calls = list(_calls(module, function))
                if calls:
                    found.append(Subject(f"{module.__name__}.{name}", function, calls))
    return found


def _modules() -> Iterator[types.ModuleType]:
    for info in pkgutil.walk_packages(fluids.__path__, "fluids."):
        if info.name.split(".")[1] not in DERIVED:
            with contextlib.suppress(ImportError):
                yield importlib.import_module(info.name)


def _calls(module: types.ModuleType, function: Callable[..., Any]) -> Iterator[Call]:
    """The calls in a docstring that return a float, each with the floats among its arguments."""
    # Examples are written for a reader who has imported everything.
    names = {**vars(fluids), **vars(module)}
    seen = set()
    for example in doctest.DocTestParser().get_examples(function.__doc__ or ""):
        source = example.source.strip()
        with _quiet(), contextlib.suppress(Exception):
            tree = ast.parse(source)
            match tree.body:
                case [ast.Expr(ast.Call(ast.Name(name)) as call)] if name == function.__name__:
                    if source not in seen:
                        seen.add(source)
                        yield from _evaluated(function, source, call, names)
                case [ast.Assign() | ast.Import() | ast.ImportFrom()]:
                    exec(source, names)


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
def _quiet() -> Iterator[None]:
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


if __name__ == "__main__":
    sys.exit(main(f"fluids {fluids.__version__}", subjects()))
