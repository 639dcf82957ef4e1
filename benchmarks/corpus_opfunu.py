"""chainrule on the unmodified test problems of `opfunu`: methods in NumPy code.

    python benchmarks/corpus_opfunu.py --module a_func --show refused

Every problem of `opfunu.name_based` and `opfunu.cec_based` is differentiated by its array
`x` at a fixed point inside its bounds, away from their middle, where many have a kink.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import pkgutil
import sys
from collections.abc import Iterator

import numpy as np
import opfunu.cec_based  # type: ignore[import-untyped]
import opfunu.name_based  # type: ignore[import-untyped]
from corpus import Call, Subject, main
from opfunu.benchmark import Benchmark  # type: ignore[import-untyped]
from opfunu.cec_based.cec import CecBenchmark  # type: ignore[import-untyped]


def subjects() -> list[Subject]:
    """The `evaluate` methods of all problems, by name."""
    found = []
    for problem in _problems():
        width = problem.ub - problem.lb
        x = problem.lb + width * (0.37 + 0.21 * np.sin(1.0 + np.arange(problem.ndim)))
        with contextlib.suppress(Exception), np.errstate(all="ignore"):
            if isinstance(problem.evaluate(x.copy()), float):
                name = f"{type(problem).__module__}.{type(problem).__name__}"
                text = f"evaluate(np.array({x.tolist()}))"
                found.append(Subject(name, problem.evaluate, [Call(text, (x,), {}, ("x",))]))
    return found


def _problems() -> Iterator[Benchmark]:
    """An instance of each problem, of the dimension that it has by default."""
    for package in (opfunu.name_based, opfunu.cec_based):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            for _, kind in sorted(inspect.getmembers(module, inspect.isclass)):
                if (
                    kind.__module__ == module.__name__
                    and issubclass(kind, Benchmark)
                    and kind is not CecBenchmark
                ):
                    # Some print that their dimension is fixed.
                    with contextlib.redirect_stdout(io.StringIO()):
                        problem = kind()
                    yield problem


if __name__ == "__main__":
    sys.exit(main("opfunu", subjects()))
