"""Modules for Numba: what is compiled is kept beside them, unless what it reads may change."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from chainrule.emit.module import render
from chainrule.transforms.derive import derive

FACTOR = 3.0


def cubed(x: float) -> float:
    return x**3


def scaled(x: float) -> float:
    return FACTOR * x**2


def text(function: Any, header: str | None) -> str:
    return render(derive(function, "grad"), target="numba", header=header).source


def test_only_a_file_that_reads_nothing_that_changes_keeps_what_is_compiled() -> None:
    assert "@njit(cache=True)\ndef grad_cubed" in text(cubed, "A module.")
    assert "@njit\ndef grad_cubed" in text(cubed, None)
    # Numba would not see that somebody has set the module's FACTOR.
    assert "@njit\ndef grad_scaled" in text(scaled, "A module.")


@pytest.mark.filterwarnings("ignore")
def test_such_a_file_is_imported_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    path = tmp_path / "slopes.py"
    path.write_text(text(cubed, "A module."))
    spec = importlib.util.spec_from_file_location("slopes", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.grad_cubed(2.0) == 12.0
    assert list(tmp_path.rglob("slopes.grad_cubed*.nbc"))
