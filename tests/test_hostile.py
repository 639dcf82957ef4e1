"""The command line on inputs that are wrong, odd or hostile: a message and an exit code, always."""

from __future__ import annotations

import array
import collections
import importlib
import types
from pathlib import Path
from typing import Any

import pytest

from chainrule import grad
from chainrule.errors import ArgumentError, NotDifferentiableError, UnsupportedError
from tests.test_cli import Run, run

__all__ = ["run"]

ODD = """
import math


def f(x, y=2.0):
    return x * math.exp(y)


def np(np, math):
    return np * math


def grad(grad, x_bar):
    return grad * x_bar


def lam(λ, _):
    return λ * _ + math.sin(λ)


def sum_(sum, range):
    return sum * range


def yields(x):
    yield x


def stepping(x, n):
    return 1.0 if n == 0 else x * stepping(x, n - 1)


def into_dict(keys):
    found = {}
    for key in keys:
        found[key] = 1.0
    return found


value = 3
"""
FILES: dict[str, bytes] = {
    "odd.py": ODD.encode(),
    "binary.py": b"\x00\x01\xff",
    "syntax.py": b"def f(x:\n",
    "exits.py": b"raise SystemExit(3)\n",
    "imports.py": b"import no_such_module\n",
    "latin.py": b'x = "\xe9"\n',
    "empty.py": b"",
    "sp ace.py": b"def f(x): return x * x\n",
    "crlf.py": b"def f(x):\r\n    return x * x\r\n",
    "bom.py": b"\xef\xbb\xbfdef f(x): return x * x\n",
    "noisy.py": b"print('noise')\ndef f(x): return x * x\n",
    "mine.txt": b"do not touch\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with odd files."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.py").mkdir()
    return tmp_path


WRONG = [
    ("grad", "odd.py"),
    ("grad", "odd.py:"),
    ("grad", ":f"),
    ("grad", "odd.py:nothing"),
    ("grad", "odd.py:value"),
    ("grad", "odd.py:f.x"),
    ("grad", "odd.py:yields"),
    ("grad", "odd.py:into_dict"),
    ("grad", "absent.py:f"),
    ("grad", "binary.py:f"),
    ("grad", "syntax.py:f"),
    ("grad", "folder.py:f"),
    ("grad", "exits.py:f"),
    ("grad", "imports.py:f"),
    ("grad", "latin.py:x"),
    ("grad", "empty.py:f"),
    ("grad", "..:f"),
    ("grad", "builtins:len"),
    ("grad", "odd.py:f", "--wrt", ""),
    ("grad", "odd.py:f", "--wrt", "z"),
    ("grad", "odd.py:f", "--wrt", "x,x"),
    ("grad", "odd.py:f", "--wrt", "1"),
    ("grad", "odd.py:f", "--name", "class"),
    ("grad", "odd.py:f", "--mode", "sideways"),
    ("grad", "odd.py:f", "--target", "fortran"),
    ("grad", "odd.py:f", "--arg", "x=complex"),
    ("grad", "odd.py:f", "-o", "odd.py"),
    ("grad", "odd.py:f", "-o", "folder.py"),
    ("grad", "odd.py:f", "-o", "mine.txt"),
    ("grad", "odd.py:f", "-o", "no/such/folder.py"),
    ("grad", "odd.py:f", "-o", ""),
    ("verify", "odd.py:f"),
    ("verify", "odd.py:f", "--at", "x"),
    ("verify", "odd.py:f", "--at", ")("),
    ("verify", "odd.py:f", "--at", "z=1"),
    ("verify", "odd.py:f", "--at", "x=__import__('os')"),
    ("verify", "odd.py:f", "--at", "x='a'"),
    ("verify", "odd.py:f", "--at", "x=1000.0, y=1000.0"),
    ("verify", "odd.py:f", "--range", "x=1:0"),
    ("verify", "odd.py:f", "--range", "x=0:inf"),
    ("verify", "odd.py:f", "--range", "x=nan:1"),
    ("verify", "odd.py:f", "--at", "x=1.0", "--tolerance", "-1"),
    ("write",),
    ("check",),
    ("write", "--project", "absent.toml"),
    ("check", "--project", "odd.py"),
    ("write", "--project", "folder.py"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_use_is_explained_with_exit_code_2(
    run: Run, folder: Path, words: tuple[str, ...]
) -> None:
    found = run(*words)
    assert found.code == 2, found
    assert found.err.strip() and "internal error" not in found.err
    assert (folder / "mine.txt").read_bytes() == FILES["mine.txt"]
    assert (folder / "odd.py").read_bytes() == FILES["odd.py"]


RIGHT = [
    ("odd.py:np", "return math"),
    ("odd.py:grad", "return x_bar"),
    ("odd.py:lam", "return _ + cos(λ)"),
    ("odd.py:sum_", "return range"),
    ("sp ace.py:f", "return 2.0 * x"),
    ("crlf.py:f", "return 2.0 * x"),
    ("bom.py:f", "return 2.0 * x"),
    ("noisy.py:f", "return 2.0 * x"),
]


@pytest.mark.parametrize(("target", "text"), RIGHT)
def test_odd_names_and_files_work(run: Run, folder: Path, target: str, text: str) -> None:
    found = run("grad", target)
    assert found.code == 0, found
    assert found.out.rstrip().endswith(text)
    compile(found.out, target, "exec")


def test_a_dash_prints(run: Run, folder: Path) -> None:
    assert run("grad", "odd.py:f", "-o", "-").out == run("grad", "odd.py:f").out
    assert not (folder / "-").exists()


def test_a_derivative_that_raises_fails_verification(run: Run, folder: Path) -> None:
    found = run("verify", "odd.py:stepping", "--at", "x=1.5, n=3", "--wrt", "n")
    assert found.code == 1
    assert "the derivative of odd.py:stepping raised ArithmeticError" in found.out


@pytest.fixture
def no_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Numba were not installed."""
    load = importlib.import_module

    def refuse(name: str, package: str | None = None) -> Any:
        if name.partition(".")[0] == "numba":
            raise ModuleNotFoundError("No module named 'numba'", name="numba")
        return load(name, package)

    monkeypatch.setattr(importlib, "import_module", refuse)


@pytest.mark.usefixtures("no_numba")
def test_text_for_numba_is_written_without_numba(run: Run, folder: Path) -> None:
    found = run("grad", "odd.py:f", "--target", "numba")
    assert found.code == 0 and "@njit" in found.out


@pytest.mark.usefixtures("no_numba")
def test_running_under_numba_without_numba_is_refused() -> None:
    def f(x: float) -> float:
        return x * x

    with pytest.raises(ArgumentError, match=r"`grad_f` needs numba(?s:.*)pip install numba"):
        grad(f, target="numba")


def test_returns_that_nest_too_deep_are_refused(tmp_path: Path) -> None:
    step = "    a = a * y\n    if a < -{k}.5:\n        return a * {k}.0\n"
    path = tmp_path / "returns.py"
    text = "".join(step.replace("{k}", str(k)) for k in range(1, 110))
    path.write_text("def f(x, y):\n    a = x\n" + text + "    return a\n")
    scope: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    with pytest.raises(UnsupportedError, match="deeper than Python") as refusal:
        grad(scope["f"], wrt=("x", "y"), mode="reverse")(1.0, 0.5)
    assert refusal.value.remedy is not None and "forward" in refusal.value.remedy
    assert grad(scope["f"], wrt=("x", "y"), mode="forward")(-4.0, 0.5)[0] == 0.5


def test_functions_of_no_module_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "bare.py"
    path.write_text(
        "def slow(x, k=3.0):\n    return x * x * k\n\n\n"
        "def f(x):\n    return slow(x) + slow(2.0 * x, 1.0)\n"
    )
    # Python takes the module's name from the namespace, which has none.
    scope: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    assert scope["slow"].__module__ is None
    assert grad(scope["f"])(1.5) == 14.0 * 1.5


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        (collections.deque([1.0, 2.0]), "list"),
        (array.array("d", [1.0, 2.0]), "list"),
        ({1.0, 2.0}, "list"),
        (iter([1.0, 2.0]), "list"),
        ({"a": 1.0}.values(), "list"),
        (types.MappingProxyType({1.0: 2.0}), "dict"),
    ],
)
def test_what_a_gradient_cannot_be_laid_out_like_is_refused_with_what_to_pass(
    given: Any, remedy: str
) -> None:
    def total(v: Any) -> Any:
        return sum(x * x for x in v)

    name = type(given).__name__
    with pytest.raises(NotDifferentiableError, match=f"of type {name}.*\nPass {remedy}\\(v\\)"):
        grad(total)(given)
