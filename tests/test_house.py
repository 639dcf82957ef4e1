"""The house tests itself: layers, sizes, names, the price of an import, the form of the text."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import chainrule
from benchmarks.straight_line import TABLE

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "chainrule"
MODULES = sorted(SOURCE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
HEAVY = ("numba", "numpy", "scipy", "sympy", "typer", "rich")

# Each room may import from those below it, and from itself.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("report",),
    ("transforms",),
    ("lift", "emit", "differentiate", "simplify"),
    ("primitives",),
    ("graph",),
    ("errors", "markers", "version"),
    ("records",),
)


def room(module: str) -> str:
    """The layer's name in a dotted module name."""
    return module.split(".")[1] if "." in module else ""


def imports(file: Path) -> list[tuple[int, str]]:
    """Line and module of everything of chainrule's that a file imports, anywhere in it."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
    return [(line, module) for line, module in found if module.split(".")[0] == "chainrule"]


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_every_room_has_its_place_in_the_layers() -> None:
    placed = {name for layer in LAYERS for name in layer}
    rooms = {file.relative_to(SOURCE).parts[0].removesuffix(".py") for file in MODULES}
    assert rooms - placed == {"__init__"}


def test_rooms_import_only_what_lies_below_them() -> None:
    height = {name: level for level, layer in enumerate(LAYERS) for name in layer}
    upward = []
    for file in MODULES:
        own = file.relative_to(SOURCE).parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for line, module in imports(file):
            other = room(module)
            if other != own and (not other or height[other] <= height[own]):
                upward.append(f"{shown(file)}:{line} imports {module}")
    assert not upward, "\n".join(upward)


def test_numerical_verification_knows_nothing_of_the_rules() -> None:
    for file in ("difference", "leaves", "precise", "verify"):
        for line, module in imports(SOURCE / "report" / f"{file}.py"):
            assert room(module) == "report", f"report/{file}.py:{line} imports {module}"


def test_nothing_but_text_is_committed() -> None:
    listed = ["git", "-C", str(ROOT), "ls-files", "-z"]
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    found = subprocess.run(listed, capture_output=True, text=True, check=True)
    names = [name for name in found.stdout.split("\0") if (ROOT / name).is_file()]
    assert "README.md" in names
    assert [name for name in names if b"\0" in (ROOT / name).read_bytes()] == []


@pytest.mark.parametrize("file", MODULES, ids=shown)
def test_a_file_fits_in_the_head(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= 600, f"{shown(file)} has {lines} lines: it holds more than one idea"


@pytest.mark.parametrize("file", MODULES, ids=shown)
def test_every_module_and_public_definition_is_documented(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if not tree.body:
        return
    assert ast.get_docstring(tree), f"{shown(file)} does not say what it is for"
    bare = [
        f"{shown(file)}:{node.lineno} {node.name}"
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not bare, "\n".join(bare)


def test_public_names_are_documented_with_an_example() -> None:
    for name in chainrule.__all__:
        value = getattr(chainrule, name)
        if name.startswith("__"):
            continue
        assert value.__doc__, f"chainrule.{name} has no docstring"
        if not isinstance(value, type):
            assert ">>>" in value.__doc__, f"the docstring of chainrule.{name} shows no example"


def test_lists_of_public_names_are_sorted_and_complete() -> None:
    for module in pkgutil.walk_packages(chainrule.__path__, "chainrule."):
        if module.name == "chainrule.__main__":
            continue
        names = getattr(importlib.import_module(module.name), "__all__", [])
        assert list(names) == sorted(names), f"{module.name}.__all__ is not sorted"
    public = [name for name in vars(chainrule) if not name.startswith("_")]
    values = {name: getattr(chainrule, name) for name in public}
    own = [name for name, value in values.items() if callable(value)]
    assert set(own) <= set(chainrule.__all__)


def test_importing_chainrule_loads_no_heavy_library() -> None:
    code = f"import chainrule, sys; print([n for n in {HEAVY} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_first_gradient_waits_for_no_heavy_library() -> None:
    code = (
        "import sys; sys.path.insert(0, 'examples')\n"
        "import black_scholes, chainrule\n"
        "chainrule.grad(black_scholes.call_price)(100.0, 95.0, 1.0, 0.05, 0.2)\n"
        f"print([n for n in {HEAVY} if n in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("file", TESTS, ids=shown)
def test_no_test_hides_another_of_the_same_name(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    scopes = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for scope in scopes:
        names = [n.name for n in scope.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
        twice = [name for name, count in Counter(names).items() if count > 1]
        assert not twice, f"{shown(file)} defines {', '.join(twice)} more than once"


def test_emitted_text_is_formatted_as_ruff_formats(tmp_path: Path) -> None:
    ruff = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is None:
        pytest.skip("ruff is not installed")
    for row in TABLE:
        gradient = chainrule.grad(row.function, wrt=row.active)
        gradient(*row.point)
        (tmp_path / f"{row.name}.py").write_text(gradient.source, encoding="utf-8")
    check = [ruff, "format", "--check", "--diff", "--isolated", "--no-cache", str(tmp_path)]
    found = subprocess.run(check, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_rooms_can_be_entered_in_any_order() -> None:
    """What a file needs it imports itself: no table must have been filled by others before."""
    doors = ("differentiate.reverse", "emit.module", "lift.lifter", "simplify.walks")
    doors += ("transforms.pipeline", "transforms.sensitivities", "report.verify", "cli.app")
    for door in doors:
        command = [sys.executable, "-c", f"import chainrule.{door}"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
