"""Derivatives that stand in the place of their functions, and what type checkers know of them."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

MODULE = """
from __future__ import annotations

import chainrule
from chainrule import grad, value_and_grad


@grad
def cube(x: float) -> float:
    return x**3


@chainrule.value_and_grad(wrt=("a", "b"))
def product(a: float, b: float = 2.0) -> float:
    return a * a * b


class Well:
    @staticmethod
    @grad
    def depth(x: float) -> float:
        return x * x


def plain(x: float) -> float:
    return x**4


grad_plain = grad(plain)
renamed = grad(plain, name="fourth")
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    file = tmp_path / "decorated_model.py"
    file.write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.spec_from_file_location("decorated_model", file)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "decorated_model", found)
    spec.loader.exec_module(found)
    return found


def test_a_decorated_function_is_found_under_its_name(module: Any) -> None:
    assert module.cube.__name__ == module.cube.__qualname__ == "cube"
    assert module.Well.depth.__qualname__ == "Well.depth"
    assert module.grad_plain.__name__ == "grad_plain"
    assert module.renamed.__name__ == "fourth"
    assert "def grad_cube(" in module.cube.source


def test_a_decorated_function_goes_to_other_processes(module: Any, tmp_path: Path) -> None:
    found = (module.cube, module.product, module.Well.depth, module.grad_plain)
    stored = tmp_path / "stored"
    stored.write_bytes(pickle.dumps(found))
    assert pickle.loads(stored.read_bytes()) == found
    code = f"""
        import pickle, sys
        sys.path.insert(0, {str(tmp_path)!r})
        cube, product, depth, fourth = pickle.load(open({str(stored)!r}, "rb"))
        print(cube(2.0), product(3.0), depth(3.0), fourth(2.0))
    """
    run = [sys.executable, "-c", textwrap.dedent(code)]
    text = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert text.split("\n")[0] == "12.0 (18.0, (12.0, 9.0)) 6.0 32.0"


TYPED = """
from __future__ import annotations

from chainrule import grad, value_and_grad, vjp


@grad
def cube(x: float) -> float:
    return x**3


@value_and_grad(wrt="x")
def scaled(x: float, n: int) -> float:
    return x * n


class Well:
    @grad(wrt="rho")
    def slope(self, rho: float) -> float:
        return rho * rho


reveal_type(scaled(1.0, 2)[0])
print(cube.source, Well().slope(2.0), vjp(scaled)(1.0, 2, 3.0))
cube("two")
"""


def test_type_checkers_know_the_parameters_of_derivatives(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    file = tmp_path / "typed.py"
    file.write_text(TYPED, encoding="utf-8")
    cache = f"--cache-dir={tmp_path / 'cache'}"
    text, _, _ = api.run(["--strict", cache, "--follow-imports=silent", str(file)])
    lines = [line.partition(":")[2] for line in text.splitlines() if "typed.py:" in line]
    assert len(lines) == 2
    assert 'Revealed type is "float"' in lines[0] or 'is "builtins.float"' in lines[0]
    assert 'has incompatible type "str"; expected "float"' in lines[1]
