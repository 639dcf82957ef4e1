"""How long generating a derivative takes, and whether deep and wide functions pass.

    python benchmarks/generation.py           sizes up to 10^5 operations
    python benchmarks/generation.py --quick   up to 10^4
    python benchmarks/generation.py --sizes 300 600 1200

The slope of log time over log size is 1 where time is proportional to size (mark: 1.1 at
most), and one operation may cost 100 microseconds.  The functions are written to a file and
imported, as a user's would be.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import chainrule


def polynomial(operations: int) -> str:
    """Statements in a row, two operations each, of three parameters."""
    lines = ["def f(x, y, z):", "    a0 = x * y", "    a1 = y * z"]
    for i in range(2, operations // 2):
        lines.append(f"    a{i} = a{i - 1} * {'xyz'[i % 3]} + 0.5 * a{i - 2}")
    lines.append(f"    return a{operations // 2 - 1}")
    return "\n".join(lines) + "\n"


def transcendental(operations: int) -> str:
    """Every other operation is a sine or a hyperbolic tangent."""
    lines = ["from math import sin, tanh", "", "", "def f(x, y, z):", "    a0 = x * y"]
    for i in range(1, operations // 3):
        function = ("sin", "tanh")[i % 2]
        lines.append(f"    a{i} = {function}(a{i - 1} * {'xyz'[i % 3]}) + x")
    lines.append(f"    return a{operations // 3 - 1}")
    return "\n".join(lines) + "\n"


def many_parameters(operations: int) -> str:
    """A sum over products of neighbours, by as many parameters as a tenth of the operations."""
    count = operations // 10
    names = [f"x{i}" for i in range(count)]
    lines = [f"def f({', '.join(names)}):", "    total = 0.0"]
    for i in range(count - 1):
        left, right = names[i], names[i + 1]
        lines.append(f"    total += 100.0 * ({right} - {left} * {left}) ** 2 + (1.0 - {left}) ** 2")
    return "\n".join([*lines, "    return total", ""])


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


def product(factors: int) -> str:
    """One product of many factors, a third of them sines."""
    names = [("x", "(x + y)", f"sin({k + 1}.0 * z)")[k % 3] for k in range(factors // 3)]
    return f"from math import sin\n\n\ndef f(x, y, z):\n    return {' * '.join(names)}\n"


def calls(operations: int) -> str:
    """Calls of one function in a row, three operations each."""
    lines = ["def g(a, b):", "    return a * b + 0.5", "", "", "def f(x, y, z):"]
    lines += [f"    x = g(x, {'yz'[k % 2]}) - 0.5" for k in range(operations // 3)]
    return "\n".join([*lines, "    return x", ""])


def conditions(operations: int) -> str:
    """Ifs in a row of three parameters, two operations on either arm."""
    lines = ["def f(x, y, z):"]
    for k in range(operations // 4):
        lines += [
            f"    if x > {k}.0:",
            "        x = x * y + z",
            "    else:",
            "        x = x + y * z",
        ]
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


def generate(
    text: str, folder: Path, transform: Callable[..., Any] = chainrule.grad
) -> tuple[float, int, Any]:
    """Seconds until the derivative by all parameters has run once, its lines, and its result."""
    function = loaded(text, folder)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    point = [0.3 + 0.4 * (i * 0.618 % 1.0) for i in range(len(names))]
    started = time.perf_counter()
    derivative = transform(function, wrt=names)
    result = derivative(*point)
    return time.perf_counter() - started, derivative.source.count("\n"), result


def slope(sizes: list[int], seconds: list[float]) -> float:
    """Least-squares slope of log time over log size."""
    xs, ys = list(map(math.log, sizes)), list(map(math.log, seconds))
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    top = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return top / sum((a - x) ** 2 for a in xs)


def growth(sizes: list[int], folder: Path, console: Console) -> None:
    """Time over size for each kind of function."""
    table = Table(title="Seconds to generate and run the gradient once")
    table.add_column("function")
    for size in sizes:
        table.add_column(f"{size:,} ops", justify="right")
    table.add_column("slope", justify="right")
    table.add_column("us/op at the largest", justify="right")
    cases: list[tuple[str, Callable[[int], str], Callable[..., Any]]] = [
        (make.__name__, make, chainrule.grad)
        for make in (polynomial, transcendental, many_parameters, product, calls, conditions)
    ]
    cases.append(("polynomial, hessian", polynomial, chainrule.hessian))
    for name, make, transform in cases:
        try:
            seconds = [generate(make(size), folder, transform)[0] for size in sizes]
        except (chainrule.ChainruleError, RecursionError, MemoryError) as error:
            table.add_row(name, type(error).__name__, style="red")
            continue
        times = [f"{second:.2f}" for second in seconds]
        per = 1e6 * seconds[-1] / sizes[-1]
        table.add_row(name, *times, f"{slope(sizes, seconds):.2f}", f"{per:.0f}")
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
    options = parser.parse_args()
    console = Console()
    sizes = [1_000, 3_000, 10_000] if options.quick else [1_000, 10_000, 30_000, 100_000]
    sizes = options.sizes or sizes
    imported = seconds_of("import chainrule") - seconds_of("pass")
    console.print(f"import chainrule over bare Python: {1000 * imported:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        loaded_first = generate(polynomial(100), Path(folder))
        console.print(f"first gradient of all, imports included: {loaded_first[0]:.2f} s")
        shapes(Path(folder), console)
        growth(sizes, Path(folder), console)


if __name__ == "__main__":
    main()
