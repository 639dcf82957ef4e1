"""chainrule on the unmodified NumPy functions of a package, at arguments that are made up.

    python benchmarks/corpus_arrays.py lmfit.lineshapes --show wrong
    python benchmarks/corpus_arrays.py pymap3d colour.models --json found.jsonl

Every public function of every submodule is taken that runs on arrays or numbers and gives real
ones.  What is differentiated is the sum of all numbers that it returns, each with a weight of its
own.  ``--methods`` takes static methods of classes, too.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import os
import pkgutil
import re
import sys
import tempfile
import types
from collections.abc import Iterator
from typing import Any

from corpus import Subject, main
from sampled_arrays import calls, quiet

SKIPPED = re.compile(
    r"tests?|testing|conftest|examples?|plot\w*|visuali[sz]ation|_?datasets?|__main__|setup|io|utils"
)
"""Submodules that are no one's models."""
EFFECTS = re.compile(r"(plot|show|save|write|read|load|fetch|download|print|test|run|set|get_)_?")
"""How names of functions begin that do something other than compute."""


def subjects(names: list[str], methods: bool) -> list[Subject]:
    """All functions that run somewhere, by name."""
    found: dict[str, Subject] = {}
    for name in names:
        for module in _modules(name):
            for title, function in _functions(module, methods):
                if title not in found:
                    usable = calls(function)
                    if usable:
                        found[title] = Subject(title, function, usable)
    return list(found.values())


def _modules(name: str) -> Iterator[types.ModuleType]:
    root = importlib.import_module(name)
    yield root
    for info in pkgutil.walk_packages(getattr(root, "__path__", []), f"{name}.", lambda _: None):
        if not any(SKIPPED.fullmatch(part) for part in info.name.split(".")[1:]):
            with contextlib.suppress(Exception), quiet():
                yield importlib.import_module(info.name)


def _functions(module: types.ModuleType, methods: bool) -> Iterator[tuple[str, Any]]:
    for name, member in sorted(vars(module).items()):
        if name.startswith("_") or EFFECTS.match(name):
            continue
        if isinstance(member, types.FunctionType):
            if _home(member) == module.__name__ and not inspect.iscoroutinefunction(member):
                yield f"{module.__name__}.{name}", member
        elif methods and isinstance(member, type) and member.__module__ == module.__name__:
            for title, part in sorted(vars(member).items()):
                if isinstance(part, staticmethod) and not title.startswith("_"):
                    yield f"{module.__name__}.{name}.{title}", part.__func__


def _home(function: Any) -> Any:
    return getattr(inspect.unwrap(function), "__module__", None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--methods", action="store_true")
    options, others = parser.parse_known_args()
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as scratch:
        # Some of them write files.
        os.chdir(scratch)
        found = subjects(options.packages, options.methods)
        os.chdir(here)
    sys.exit(main(" ".join(options.packages), found, others))
