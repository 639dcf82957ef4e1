"""TARGET on the command line: ``FILE.py:FUNC``, ``pkg.mod:FUNC``, ``FILE.py:Class.method``."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from chainrule.errors import ArgumentError, Position, SourceError
from chainrule.lift.library.written_calls import as_written
from chainrule.records import dataclass

FORMS = "Write FILE.py:FUNC, package.module:FUNC or FILE.py:Class.method."


@dataclass(frozen=True)
class Target:
    """A function as the user named it, and what is needed to load it.

    ``folder`` is where relative files and modules are looked for.
    """

    module: str
    name: str
    folder: Path

    @classmethod
    def parse(cls, text: str, folder: Path | None = None) -> Target:
        """The target that ``text`` names."""
        module, _, name = text.rpartition(":")
        target = cls(module, name, folder or Path.cwd())
        dotted = [name] if target.file else [module, name]
        if not all(part.isidentifier() for text in dotted for part in text.split(".")):
            raise ArgumentError(f"`{text}` does not name a function", remedy=FORMS)
        return target

    @property
    def file(self) -> Path | None:
        """The file, when the target names one."""
        is_file = self.module.endswith(".py") or "/" in self.module or "\\" in self.module
        return self.folder / self.module if is_file else None

    def __str__(self) -> str:
        """The target as generated headers show it: the same on every machine."""
        file = self.file
        if file is None:
            return f"{self.module}:{self.name}"
        with contextlib.suppress(ValueError):
            return f"{file.resolve().relative_to(self.folder.resolve()).as_posix()}:{self.name}"
        return f"{file.name}:{self.name}"

    def load(self) -> Callable[..., Any]:
        """The function itself; its module is imported for it."""
        file = self.file
        with _leaving_no_bytecode():
            if file:
                module = import_file(file, self.module)
            else:
                module = import_module(self.module, self.folder)
        found: Any = module
        for part in self.name.split("."):
            try:
                found = getattr(found, part)
            except Exception:  # AttributeError, or what the user's own __getattr__ raises.
                raise ArgumentError(
                    f"{self.module} has no function `{self.name}`", remedy=instead(found, part)
                ) from None
        if not callable(found) or isinstance(found, (ModuleType, type)):
            raise ArgumentError(
                f"`{self.name}` in {self.module} is {kind_of(found)}, not a function",
                remedy="Name a function or a method, as FILE.py:Class.method.",
            )
        return as_written(found)  # type: ignore[no-any-return]


@contextlib.contextmanager
def _leaving_no_bytecode() -> Iterator[None]:
    """Nothing that is compiled here is kept: Python takes it for that of a file of the same size
    which is written in the same second."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def instead(owner: Any, name: str) -> str:
    """What to name where ``owner`` has no ``name``."""
    if isinstance(owner, FunctionType):
        return f"What is defined inside `{owner.__name__}` has no name outside: move it out."
    near = difflib.get_close_matches(name, public_callables(owner), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else FORMS


def kind_of(value: object) -> str:
    """What a value is, for a message."""
    if isinstance(value, type):
        return "a class"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def public_callables(owner: object) -> list[str]:
    """Names in a module or class that a user may have meant."""
    return [name for name, value in vars(owner).items() if callable(value) and name[0] != "_"]


def import_file(file: Path, shown: str) -> ModuleType:
    """The module of a source file, under the name by which other code imports it."""
    if not file.is_file():
        found = f"{shown} is not a file" if file.exists() else f"there is no file {shown}"
        raise ArgumentError(found, remedy="Name an existing Python file, as FILE.py:FUNC.")
    file = file.resolve()
    package = file.parent
    while (package / "__init__.py").is_file():
        package = package.parent
    parts = file.with_suffix("").relative_to(package).parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known
    if len(parts) > 1:
        return import_module(name, package, file)
    # A script: it finds its neighbours as under ``python FILE``, and must not replace a module
    # of the same name that is loaded already.
    with importing(shown, file, [file.parent]):
        name = f"{name}_target" if known is not None else name
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ArgumentError(f"{shown} is not a Python source file", remedy=FORMS)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module


def import_module(name: str, folder: Path, file: Path | None = None) -> ModuleType:
    """The module of this dotted name, looked for in ``folder`` and its ``src`` too."""
    with importing(name, file, [folder, folder / "src"]):
        return importlib.import_module(name)


@contextlib.contextmanager
def importing(shown: str, file: Path | None, folders: list[Path]) -> Iterator[None]:
    """The user's code runs within; what it raises becomes a message about its place.

    What the user's module prints goes to stderr: stdout is for the derivative.
    """
    for folder in reversed(folders):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (ArgumentError, KeyboardInterrupt):
        raise
    except SyntaxError as error:
        position = None
        if error.filename and error.lineno:
            # The error counts characters, a position bytes.
            before = (error.text or "")[: max(0, (error.offset or 1) - 1)]
            column = len(before.encode(errors="replace"))
            position = Position(error.filename, error.lineno, column)
        raise SourceError(
            f"{shown} cannot be imported: {error.msg}",
            remedy="Correct the syntax of the file first.",
            position=position,
        ) from None
    except BaseException as error:
        missing = isinstance(error, ModuleNotFoundError) and (error.name or " ") in shown
        # As a traceback would show it, also where ``str`` of the error fails.
        told = traceback.format_exception_only(type(error), error)[-1].strip()
        remedy = FORMS if missing else "Importing the file must succeed: it runs as a module."
        if "relative import" in told:
            remedy = "Name the module with its package, as package.module:FUNC."
        raise SourceError(
            f"{shown} cannot be imported: {told}",
            remedy=remedy,
            position=None if missing else place_of(error, file),
        ) from None


def place_of(error: BaseException, file: Path | None) -> Position | None:
    """The line of the user's file on which importing it failed."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if file is not None and frame.filename == str(file) and frame.lineno:
            return Position(frame.filename, frame.lineno)
    return None
