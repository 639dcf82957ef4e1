"""How long generating a derivative takes, and whether deep and wide functions pass.

    python benchmarks/generation.py           straight lines up to 10^5 operations, the rest to 10^4
    python benchmarks/generation.py --quick   up to 3000
    python benchmarks/generation.py --sizes 300 600 1200
    python benchmarks/generation.py --only entries loops

The slope of log time over log size is 1 where time is proportional to size (mark: 1.1 at
most), and one operation may cost 100 microseconds.  The functions (:mod:`families`) are written
to a file and imported, as a user's would be.  Time is that of the processor.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from families import STRAIGHT, STRUCTURED, Family, polynomial
from rich.console import Console
from rich.table import Table

import chainrule
from chainrule import hessian


def deep(levels: int) -> str:
    """One value through many statements."""
    lines = ["from math import sin", "", "", "def f(x):"]
    lines += ["    x = sin(x) + 1.0"] * levels
    return "\n".join([*lines, "    return x", ""])


def wide_sum(terms: int) -> str:
    """One expression with many terms."""
    return f"def f(x, y):\n    return {' + '.join(f'{i + 1}.0 * x * y' for i in range(terms))}\n"


def branches(count: int) -> str:
    """Sequential ifs: the code of the derivative must grow with their number, not with 2^n."""
    lines = ["def f(x, y):"]
    for i in range(count):
        lines += [f"    if x > {i / count}:", "        x = x * y", "    else:", "        x = x + y"]
    return "\n".join([*lines, "    return x", ""])


def squarings(count: int) -> str:
    """x to the power 2^count; expanded it would fill the disk."""
    lines = ["def f(x, y):"] + ["    x = x * x + y"] * count
    return "\n".join([*lines, "    return x", ""])


def loaded(text: str, folder: Path) -> Callable[..., Any]:
    """The function ``f`` of a module with this text."""
    file = folder / f"module_{len(list(folder.iterdir()))}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f  # type: ignore[no-any-return]


def point_of(function: Callable[..., Any], names: tuple[str, ...]) -> list[Any]:
    """Arguments that are not all alike: numbers, or arrays for a function of NumPy's."""
    point: list[Any] = [0.3 + 0.4 * (i * 0.618 % 1.0) for i in range(len(names))]
    if "np" in function.__code__.co_names or "copy" in function.__code__.co_names:
        return [np.array([value, value / 2.0, value / 3.0]) for value in point]
    return point


def generate(
    text: str, folder: Path, transform: Callable[..., Any] = chainrule.grad
) -> tuple[float, int, Any]:
    """Seconds until the derivative by all parameters has run once, its lines, and its result."""
    function = loaded(text, folder)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    names = tuple(name for name in names if name != "m")
    point = point_of(function, names)
    started = time.process_time()
    derivative = transform(function, wrt=names)
    with contextlib.suppress(ArithmeticError):
        result = derivative(*point)
        return time.process_time() - started, derivative.source.count("\n"), result
    return time.process_time() - started, derivative.source.count("\n"), None


def slope(sizes: list[int], seconds: list[float]) -> float:
    """Least-squares slope of log time over log size."""
    xs, ys = list(map(math.log, sizes)), list(map(math.log, seconds))
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    top = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return top / sum((a - x) ** 2 for a in xs)


def growth(
    title: str,
    families: Sequence[Family],
    sizes: list[int],
    folder: Path,
    console: Console,
    transform: Callable[..., Any] = chainrule.grad,
) -> None:
    """Time over size for each family of functions."""
    table = Table(title=title)
    table.add_column("function")
    for size in sizes:
        table.add_column(f"{size:,} ops", justify="right")
    table.add_column("slope", justify="right")
    table.add_column("us/op at the largest", justify="right")
    for make in families:
        try:
            seconds = [generate(make(size), folder, transform)[0] for size in sizes]
        except (chainrule.ChainruleError, RecursionError, MemoryError) as error:
            table.add_row(make.__name__, type(error).__name__, style="red")
            continue
        times = [f"{second:.2f}" for second in seconds]
        per = 1e6 * seconds[-1] / sizes[-1]
        table.add_row(make.__name__, *times, f"{slope(sizes, seconds):.2f}", f"{per:.0f}")
    console.print(table)


def shapes(folder: Path, console: Console) -> None:
    """Deep, wide and branched functions."""
    table = Table(title="Shapes that break recursive walks")
    for head in ("function", "seconds", "lines of the derivative", "result"):
        table.add_column(head, justify="left" if head == "function" else "right")
    cases = {
        "5 000 statements deep": deep(5000),
        "sum of 1 000 terms": wide_sum(1000),
        "100 ifs in a row": branches(100),
        "200 ifs in a row": branches(200),
        "400 ifs in a row": branches(400),
        "20 nested squarings": squarings(20),
    }
    for name, text in cases.items():
        try:
            seconds, lines, result = generate(text, folder)
            table.add_row(name, f"{seconds:.2f}", str(lines), f"{result[0]:.6g}")
        except Exception as error:
            table.add_row(name, "", "", f"{type(error).__name__}", style="red")
    console.print(table)


def seconds_of(code: str) -> float:
    """Seconds that a fresh Python takes to run ``code``, the least of several runs."""
    found = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        found.append(time.perf_counter() - started)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="sizes up to 10^4 only")
    parser.add_argument("--sizes", type=int, nargs="+", help="these numbers of operations")
    parser.add_argument("--only", nargs="+", help="these families")
    options = parser.parse_args()
    console = Console()
    small, large = [300, 1_000, 3_000], [300, 1_000, 3_000]
    if not options.quick:
        small, large = [1_000, 3_000, 10_000], [1_000, 10_000, 100_000]
    if options.sizes:
        small = large = options.sizes
    imported = seconds_of("import chainrule") - seconds_of("pass")
    console.print(f"import chainrule over bare Python: {1000 * imported:.0f} ms")

    def chosen(families: Sequence[Family]) -> list[Family]:
        return [make for make in families if not options.only or make.__name__ in options.only]

    title = "Seconds to generate and run the gradient once"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = generate(polynomial(100), folder)
        console.print(f"first gradient of all, of 50 lines: {1000 * first[0]:.0f} ms")
        if not options.only:
            shapes(folder, console)
        growth(title, chosen(STRAIGHT), large, folder, console)
        growth(f"{title}: control flow and arrays", chosen(STRUCTURED), small, folder, console)
        growth("The same of the Hessian", chosen([polynomial]), small, folder, console, hessian)


if __name__ == "__main__":
    main()
