"""What the emitted text gets from elsewhere: imports, constants of the user's module."""

from __future__ import annotations

import ast
import builtins
import importlib
import math
import re
import sys
from collections.abc import Container, Hashable
from typing import Any

from chainrule.emit.names import unused
from chainrule.emit.printing import WIDTH, wrapped
from chainrule.emit.wording.literals import LONGEST_LITERAL, literal
from chainrule.records import dataclass

# Modules that are always written under their usual short name.
ALIASES = {"numpy": "np"}
# Modules whose functions have names that say little on their own: `np.random.seed`, not `seed`.
TERSE = ("numpy.random", "random")
# Modules that nobody changes.
LIBRARIES = ("builtins", "cmath", "math", "numba", "numpy", "operator", "scipy")


class Header:
    """Collects imports and constants while functions are written.

    Attributes
    ----------
    users:
        The names of the user's variables, which no import may hide.
    bindings:
        Every name that the text gets so, with its object.
    live:
        Names of constants that belong to the user's own module and are read live there.
    homes:
        Numbers that live elsewhere: local name to ``(module, name)``.
    helpers:
        The text of every function that the module brings itself, by local name.
    in_file:
        Whether the text is that of a module in a file.
    """

    def __init__(self, taken: set[str], home: str, in_file: bool = False) -> None:
        self.home = home
        self.in_file = in_file
        self.users = frozenset(taken)
        self.taken = set(taken)
        self.froms: dict[tuple[str, str], str] = {}
        self.modules: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.bindings: dict[str, Any] = {}
        self.live: dict[str, str] = {}
        self.homes: dict[str, tuple[str, str]] = {}
        self.helpers: dict[str, str] = {}
        self._helper_names: dict[str, str] = {}
        self._constants: dict[Hashable, str] = {}

    @property
    def is_own(self) -> bool:
        """Whether nothing is read that somebody may change: constants, imports of the user's."""
        modules = (*self.modules, *(module for module, _ in self.froms))
        libraries = all(module.partition(".")[0] in LIBRARIES for module in modules)
        return libraries and not self.constants

    def local(self, preferred: str, fallback: str) -> str:
        """A free name at module level."""
        for name in (preferred, fallback):
            if name not in self.taken and not hasattr(builtins, name):
                self.taken.add(name)
                return name
        name = unused(fallback, self.taken)
        self.taken.add(name)
        return name

    def imported(self, module: str, name: str, value: Any = None) -> str:
        """The local name of ``from module import name``."""
        if module in TERSE:
            package, _, inner = module.partition(".")
            return ".".join([self.module(package), *inner.split(), name])
        known = self.froms.get((module, name))
        if known is None:
            short = module.rpartition(".")[2].strip("_")
            known = self.local(name, f"{short}_{name}")
            self.froms[module, name] = known
            self.bindings[known] = _attribute(module, name) if value is None else value
        return known

    def module(self, module: str) -> str:
        """The local name of ``import module``."""
        known = self.modules.get(module)
        if known is None:
            short = ALIASES.get(module, module)
            simple = short.rpartition(".")[2]
            known = self.local(simple, f"{simple}_module")
            self.modules[module] = known
            self.bindings[known] = importlib.import_module(module)
        return known

    def constant(self, name: str, value: Any, module: str | None) -> str:
        """The local name of a constant of the user's: ``R = 8.314``.

        ``module`` is where it lives (``""`` for a closure), None for what is bound once and for
        all.  What lives where the text is run is read there: functions that the text calls may
        come from other modules, with globals of their own.
        """
        own = module == self.home
        key = (module, name) if module is not None else (name, id(value))
        known = self._constants.get(key)
        if known is None and not own and _is_of_math(name, value):
            known = self._constants[key] = self.imported("math", name)
        if known is not None:
            return known
        local = name if name not in self.taken else unused(name, self.taken)
        self.taken.add(local)
        self._constants[key] = local
        if module not in (None, "", "__main__") and getattr(value, "size", 0) > LONGEST_LITERAL:
            self.froms[str(module), name] = local
        elif _is_of_math(name, value) and ("math", name) not in self.froms:
            self.froms["math", name] = local
        else:
            self.constants[local] = literal(value, self)
        self.bindings[local] = value
        if own and local == name:
            self.live[local] = name
        elif module is not None:
            self.homes[local] = (module, name)
        return local

    def helper(self, name: str, text: str) -> str:
        """The local name of a function that the module brings itself; ``text`` defines it."""
        known = self._helper_names.get(name)
        if known is None:
            known = self._helper_names[name] = self.local(name, f"{name}_helper")
            text = text.strip().format_map(_Imports(self))
            self.helpers[known] = text.replace(f"def {name}(", f"def {known}(") + "\n"
        return known

    def drop_unread(self, read: Container[str]) -> bool:
        """Leave out the imports that the text does not read after all; whether there were any."""
        modules = {key: name for key, name in self.modules.items() if name in read}
        froms = {key: name for key, name in self.froms.items() if name in read}
        dropped = len(modules) < len(self.modules) or len(froms) < len(self.froms)
        self.modules, self.froms = modules, froms
        return dropped

    def _section(self, line: str) -> int:
        """Where an import stands: the standard library's first, the user's own last."""
        package = line.split()[1].partition(".")[0]
        if package in sys.stdlib_module_names:
            return 0
        return 2 if package == self.home.partition(".")[0] else 1

    def lines(self) -> list[str]:
        """The import statements, sorted, then the constants."""
        plain = []
        for module, local in self.modules.items():
            plain.append(f"import {module}" if module == local else f"import {module} as {local}")
        grouped: dict[str, list[str]] = {}
        for (module, name), local in self.froms.items():
            grouped.setdefault(module, []).append(name if name == local else f"{name} as {local}")
        froms = [_from_line(module, sorted(names)) for module, names in sorted(grouped.items())]
        blocks: tuple[list[str], ...] = ([], [], [])
        for line in (*sorted(plain), *froms):
            blocks[self._section(line)].append(line)
        lines = ["\n\n".join("\n".join(block) for block in blocks if block)]
        lines = lines if plain or froms else []
        if self.constants:
            text = "".join(f"{name} = {text}\n" for name, text in self.constants.items())
            lines.append(wrapped(text, WIDTH).rstrip("\n"))
        return lines


def read_names(tree: ast.Module) -> set[str]:
    """The names that a module reads, those of annotations that are texts included."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.arg) and isinstance(node.annotation, ast.Constant):
            found.update(re.findall(r"\w+", str(node.annotation.value)))
    return found


class _Imports(dict[str, "_Imports"]):
    """What a text has in braces, such as ``{numba.njit}``, as its local name."""

    def __init__(self, header: Header, module: str = "") -> None:
        self.header = header
        self.module = module

    def __missing__(self, key: str) -> Any:
        if key == "np":
            return self.header.module("numpy")
        return _Imports(self.header, key)

    def __getattr__(self, name: str) -> str:
        return self.header.imported(self.module, name)


def _is_of_math(name: str, value: Any) -> bool:
    """Whether a number is the one that bears this name in ``math``, wherever it was read."""
    if type(value) is not float or name not in ("pi", "e", "tau", "inf", "nan"):
        return False
    return value == getattr(math, name) or (name == "nan" and math.isnan(value))


def _from_line(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 88:
        return line
    inner = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{inner})"


@dataclass(frozen=True)
class Missing:
    """In the place of what a module holds that is not installed: the text can be written."""

    module: str


def _attribute(module: str, name: str) -> Any:
    try:
        value: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        return Missing(error.name or module)
    for part in name.split("."):
        value = getattr(value, part)
    return value
