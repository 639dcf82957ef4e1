"""``[tool.chainrule]`` in pyproject.toml: the modules that a project keeps generated.

::

    [[tool.chainrule.modules]]
    output = "src/pricing/greeks.py"
    entries = [
        { function = "pricing.black_scholes:call_price", wrt = ["S", "sigma"] },
        { function = "pricing.black_scholes:call_price", transform = "hessian", wrt = ["S"] },
    ]
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chainrule.cli.entry import TRANSFORMS, Entry, generate
from chainrule.cli.target import Target
from chainrule.emit import targets
from chainrule.errors import ArgumentError
from chainrule.records import dataclass

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TARGETS = targets.names()
MODES = ("auto", "forward", "reverse")
EXAMPLE = """For example:
    [[tool.chainrule.modules]]
    output = "greeks.py"
    entries = [{ function = "black_scholes.py:call_price", wrt = ["S"] }]"""


@dataclass(frozen=True)
class Module:
    """A generated module that the project keeps."""

    output: Path
    entries: tuple[Entry, ...]
    target: str
    comments: bool

    def text(self) -> str:
        """What the file should hold now."""
        return generate(self.entries, self.target, self.comments)


def find_project(start: Path) -> Path:
    """The nearest pyproject.toml at ``start`` or above."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
    raise ArgumentError(
        f"there is no pyproject.toml in {start} or above",
        remedy="Run in the project's folder, or name the file by --project.",
    )


def read_project(file: Path) -> list[Module]:
    """The modules that ``[tool.chainrule]`` asks for; paths are relative to the file."""
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArgumentError(
            f"{file} cannot be read: {error.strerror}", remedy="Name a pyproject.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArgumentError(
            f"{file} is not valid TOML: {error}", remedy="Correct the file first."
        ) from None
    tools = settings.get("tool", {})
    section = tools.get("chainrule") if isinstance(tools, Mapping) else None
    if section is None:
        raise ArgumentError(f"{file} has no section [tool.chainrule]", remedy=EXAMPLE)
    table = Table(file.name, "[tool.chainrule]", section, ("modules",))
    modules = table.tables("modules", ("output", "entries", "target", "comments"))
    found = [read_module(module, file.parent) for module in modules]
    for number, module in enumerate(found):
        if module.output in [other.output for other in found[:number]]:
            raise ArgumentError(
                f"{file.name}: two modules have the output {module.output.name}",
                remedy="Put all `entries` of one file into one module.",
            )
    return found


def read_module(table: Table, folder: Path) -> Module:
    """One of ``[[tool.chainrule.modules]]``."""
    keys = ("function", "transform", "wrt", "mode", "name", "kinds")
    target = table.text("target", "math")
    table.one_of("target", target, TARGETS)
    return Module(
        output=folder / table.text("output"),
        entries=tuple(read_entry(entry, folder) for entry in table.tables("entries", keys)),
        target=target,
        comments=table.flag("comments", True),
    )


def read_entry(table: Table, folder: Path) -> Entry:
    """One derivative of a module."""
    transform = table.text("transform", "grad").replace("-", "_")
    table.one_of("transform", transform, TRANSFORMS)
    mode = table.text("mode", "auto")
    table.one_of("mode", mode, MODES)
    return Entry(
        target=Target.parse(table.text("function"), folder),
        transform=transform,
        wrt=table.names("wrt"),
        mode=mode,
        name=table.text("name", "") or None,
        kinds=table.pairs("kinds"),
    )


class Table:
    """A table of the file; what is wrong in it is told with the place and an example."""

    def __init__(self, file: str, place: str, values: object, keys: tuple[str, ...]) -> None:
        self.file = file
        self.place = place
        if not isinstance(values, Mapping):
            raise ArgumentError(f"{file}: {place} must be a table", remedy=EXAMPLE)
        self.values: Mapping[str, Any] = values
        for key in values:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1)
                remedy = f"Did you mean `{near[0]}`?" if near else f"It takes {', '.join(keys)}."
                raise ArgumentError(f"{file}: {place} has an unknown key `{key}`", remedy=remedy)

    def wrong(self, key: str, should_be: str) -> ArgumentError:
        """The error for a value of the wrong kind, or one that is missing."""
        return ArgumentError(
            f"{self.file}: `{key}` in {self.place} must be {should_be}", remedy=EXAMPLE
        )

    def text(self, key: str, default: str | None = None) -> str:
        """A string."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or value == "" != default:
            raise self.wrong(key, "a string")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def names(self, key: str) -> tuple[str, ...] | None:
        """A name or a list of names."""
        value = self.values.get(key)
        if value is None:
            return None
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.wrong(key, "a list of parameter names")
        return tuple(names)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """A table of strings."""
        value = self.values.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise self.wrong(key, 'a table such as { x = "float" }')
        return tuple(value.items())

    def tables(self, key: str, keys: tuple[str, ...]) -> list[Table]:
        """A list of tables, at least one."""
        value = self.values.get(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "a list of tables, at least one")
        numbered = enumerate(value)
        return [Table(self.file, f"{key}[{number}]", table, keys) for number, table in numbered]

    def one_of(self, key: str, value: str, allowed: tuple[str, ...]) -> None:
        """Refuse a value that is none of ``allowed``."""
        if value not in allowed:
            raise self.wrong(key, f"one of {', '.join(allowed)}, not {value!r}")
