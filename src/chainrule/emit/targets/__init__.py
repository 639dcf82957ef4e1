"""Targets: how primitives are spelled, one file each.

A target lists differences only.  What it does not list is written as NumPy and Python have it; what
it cannot write it refuses by name, with a remedy.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from typing import Any, Protocol

from chainrule.emit.plan import Plan, Value
from chainrule.errors import ArgumentError, UnsupportedError
from chainrule.graph.block import Graph
from chainrule.records import dataclass


class Spelling(Protocol):
    """What a form needs of :class:`~chainrule.emit.wording.expressions.Speller`."""

    target: Target

    def callable(self, dotted: str) -> ast.expr: ...

    def constant(self, value: Any) -> ast.expr: ...

    def call(self, name: str, *args: ast.expr) -> ast.expr: ...

    def use(self, value: Value) -> ast.expr: ...

    def helper(self, name: str, text: str) -> ast.expr: ...

    def written(self, text: str, *args: ast.expr) -> ast.expr: ...

    def is_array(self, value: Value) -> bool: ...

    def usual(self, value: Value, args: list[ast.expr]) -> ast.expr: ...

    def refusal(self, value: Value, found: str, remedy: str = "") -> UnsupportedError: ...


# How a target writes an operation: the value, and its arguments as they are written already.
Form = Callable[[Spelling, Value, list[ast.expr]], ast.expr]
# The same for an update in place: the array, the other arguments.
UpdateForm = Callable[[Spelling, Value, ast.expr, list[ast.expr]], ast.stmt | None]
# How a statement that writes into an array is written otherwise.
Rewriting = Callable[[Spelling, Value, ast.stmt], ast.stmt]

# Types of Python's own that are dtypes.
PYTHONS = {"float64": "builtins.float", "int64": "builtins.int", "bool": "builtins.bool"}


@dataclass(frozen=True)
class Target:
    """Where spelled callables may come from: groups of modules, the preferred group first.

    Attributes
    ----------
    spellings:
        The dotted name of primitives that have another one here.
    forms:
        Operations that are written otherwise here, by name.
    updates:
        Updates in place that are written otherwise here, by name.
    parts:
        How writes into arrays are written, given the statements that Python and NumPy have;
        None if just so.
    calls:
        The calls of NumPy that may be written the usual way; None if all may.
    dtypes:
        The dotted names of dtypes that are not called as NumPy calls them.
    decorator:
        What is put above every function, as ``(module, name)``: a compiler's, which freezes
        globals.
    options:
        What is written behind it, if anything: in a file or not, and in one of its own or not.
    ready:
        What of a function is written, in a file or not.
    unknown:
        Dotted names of these modules that cannot be called all the same.
    frozen:
        What a global is written down as.
    allocates:
        Whether what loops record is better kept in arrays than in lists.
    one_kind:
        Whether a list holds entries of one kind only, and takes others for such.
    writes_over:
        Whether ``out=`` may say where NumPy's functions write their result.
    sees_overlaps:
        Whether ``a[1:] += a[:-1]`` reads all that it reads before it writes.
    over_rows:
        Whether loops may go over arrays of several axes as they are.
    unpacks:
        Whether arrays and lists can be unpacked, and take Python numbers as they are.
    versions:
        Whether a compiler takes ``x_1`` for what ``x`` is once it has been assigned anew.
    namespace, prologue:
        The name under which functions are found in every function, and the line that binds it.
    check:
        Refuses what shows only in a function as a whole.
    around:
        A function with one of plain Python around it, where it takes or returns what a compiler
        has no type for.
    """

    name: str
    modules: tuple[tuple[str, ...], ...]
    spellings: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    updates: Mapping[str, UpdateForm] = field(default_factory=dict)
    parts: Rewriting | None = None
    calls: frozenset[str] | None = None
    dtypes: Mapping[str, str] = field(default_factory=lambda: PYTHONS)
    decorator: tuple[str, str] | None = None
    options: Callable[[Graph, bool, bool], str] = lambda graph, in_file, is_own: ""
    ready: Callable[[Graph, bool], Graph] = lambda graph, in_file: graph
    unknown: frozenset[str] = frozenset()
    frozen: Callable[[Any], Any] = lambda value: value
    allocates: bool = False
    one_kind: bool = False
    writes_over: bool = False
    sees_overlaps: bool = True
    over_rows: bool = True
    unpacks: bool = False
    versions: bool = False
    namespace: str | None = None
    prologue: Callable[[Plan], str] | None = None
    check: Callable[[Plan, Target], None] = lambda plan, target: None
    around: Callable[[Graph], Graph] = lambda graph: graph

    def spelling(self, name: str, callables: tuple[str, ...]) -> str | None:
        """The dotted name for a primitive of these callables, None when there is none."""
        if name in self.spellings:
            return self.spellings[name]
        for group in self.modules:
            for dotted in callables:
                if dotted.rpartition(".")[0] in group and dotted not in self.unknown:
                    return dotted
        return None

    def has(self, dotted: str) -> bool:
        """Whether a callable may be used at all: a library's only where the target knows it."""
        module = dotted.rpartition(".")[0]
        library = module.partition(".")[0] in ("numpy", "scipy")
        known = not library or any(module in group for group in self.modules)
        return known and dotted not in self.unknown

    def refusal(self, value: Value, found: str, remedy: str = "") -> UnsupportedError:
        """What the target cannot write, at the line that asks for it."""
        where = "a derivative of this needs " if value.derivative else ""
        return UnsupportedError(
            f"{where}{found}, which target {self.name!r} cannot express",
            remedy=remedy or "Use target='math', which writes plain Python and NumPy.",
            position=value.origin.position,
        )


@cache
def names() -> tuple[str, ...]:
    """The targets that there are: one for each file of this folder."""
    found = (module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(found, key=lambda name: (name != "math", name)))


def target(name: str) -> Target:
    """The target of this name."""
    if name not in names():
        raise ArgumentError(
            f"there is no target {name!r}", remedy=f"The targets are {', '.join(names())}."
        )
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    found: Target = module.TARGET
    return found
