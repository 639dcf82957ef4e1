"""docs/arrays.md shows what is generated and what was written by hand, to the letter."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chainrule import grad

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "arrays.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def workloads() -> ModuleType:
    """The module of benchmarks/."""
    name = "array_workloads"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.mark.parametrize("name", SECTIONS)
def test_the_page_shows_what_is_generated_beside_what_was_written_by_hand(name: str) -> None:
    workload = next(each for each in workloads().ARRAY_WORKLOADS if each.name == name)
    function, generated, by_hand = re.findall(r"```python\n(.*?)\n```", SECTIONS[name], re.DOTALL)
    slope = grad(workload.function, wrt=workload.wrt if len(workload.wrt) > 1 else workload.wrt[0])
    slope(*workload.arguments(*workload.small))
    source = slope.source  # type: ignore[attr-defined]
    head, _, body = source[source.index("def grad_") :].split('"""')
    assert generated == head.rstrip() + body.rstrip()
    assert function == inspect.getsource(workload.function).rstrip()
    assert by_hand == inspect.getsource(workload.hand).rstrip()
