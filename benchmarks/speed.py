"""What a call of the gradient costs, beside other tools, in one run.

    python benchmarks/speed.py                all workloads
    python benchmarks/speed.py kepler         those whose name contains this
    python benchmarks/speed.py --straight     the straight-line table against SymPy

Calls of all tools are interleaved, round after round; shown is the median time of each,
divided by that of chainrule's plain Python: above 1, chainrule is faster (of the straight-line
table the least times).  The two numba
columns are divided by chainrule's under numba.  `module` is the derivative as the command line
writes it, called without the object that `grad` returns.  Tools that are not installed, or that
cannot express the workload, leave their place empty.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import math
import statistics
import sys
from collections.abc import Callable, Iterable
from typing import Any

import peers
from rich.console import Console
from rich.table import Table
from straight_line import TABLE
from timing import interleaved
from workloads import WORKLOADS, Workload

import chainrule
from chainrule.emit.module import render
from chainrule.transforms.derive import derive

ROUNDS = 25
SECONDS = 0.01
"""How long one tool is called in one round."""

SHORT_ROUNDS = 200
SHORT = 0.001
"""The same where the least time counts, which is least disturbed by what else runs."""

Call = Callable[..., Any]


def flat(value: Any) -> list[float]:
    """All numbers of a nested result, in order."""
    if isinstance(value, (tuple, list)):
        return [number for item in value for number in flat(item)]
    if hasattr(value, "full"):
        value = value.full()
    if getattr(value, "ndim", 0):
        return [number for item in value for number in flat(item)]
    return [float(value)]


def agree(found: Any, expected: Any) -> bool:
    """Whether two results hold the same numbers, in whatever order and shape."""
    left, right = sorted(flat(found)), sorted(flat(expected))
    size = max(map(abs, right))
    return len(left) == len(right) and all(
        math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9 * size)
        for a, b in zip(left, right, strict=True)
    )


def medians(calls: dict[str, Call], point: tuple[float, ...]) -> dict[str, float]:
    """Seconds of one call of each, the median over interleaved rounds."""
    times = interleaved(calls, point, ROUNDS, SECONDS)
    return {name: statistics.median(found) for name, found in times.items()}


def least(calls: dict[str, Callable[..., Any]], point: tuple[float, ...]) -> dict[str, float]:
    """Seconds of one call of each, the least over interleaved rounds."""
    times = interleaved(calls, point, SHORT_ROUNDS, SHORT)
    return {name: min(found) for name, found in times.items()}


def written(function: Call, transform: str, wrt: tuple[str, ...], target: str) -> Call:
    """The derivative as ``chainrule grad FILE.py:FUNC`` writes it into a module."""
    module = render(derive(function, transform, wrt=wrt), target=target)
    namespace: dict[str, Any] = {"__name__": "written"}
    exec(compile(module.source, f"<{target} {function.__name__}>", "exec"), namespace)
    return namespace[module.names[0]]  # type: ignore[no-any-return]


def makers(workload: Workload) -> dict[str, Callable[[], Call | None]]:
    """How each tool makes its gradient of the workload."""
    function, wrt = workload.function, workload.wrt
    transform = getattr(chainrule, workload.transform)
    found: dict[str, Callable[[], Call | None]] = {
        "chainrule": lambda: transform(function, wrt=wrt),
        "module": lambda: written(function, workload.transform, wrt, "math"),
        "by hand": lambda: workload.hand,
        "f itself": lambda: function,
        "SymPy": lambda: peers.sympy_call(function, wrt),
        "autograd": lambda: peers.autograd_call(function, wrt),
        "JAX": lambda: peers.jax_call(function, wrt),
        "CasADi": lambda: peers.casadi_function(function, wrt),
        "chainrule, numba": lambda: written(function, workload.transform, wrt, "numba"),
        "by hand, numba": lambda: by_hand_under_numba(workload),
    }
    modules = {"SymPy": "sympy", "autograd": "autograd", "JAX": "jax", "CasADi": "casadi"}
    missing = {name for name, module in modules.items() if not importlib.util.find_spec(module)}
    if not importlib.util.find_spec("numba"):
        missing |= {"chainrule, numba", "by hand, numba"}
    return {name: make for name, make in found.items() if name not in missing}


def by_hand_under_numba(workload: Workload) -> Call:
    """The gradient written by hand, compiled; numba knows no ``reversed`` of a list."""
    import numba

    text = inspect.getsource(workload.hand).replace("reversed(tape)", "tape[::-1]")
    namespace = dict(workload.hand.__globals__)
    exec(text, namespace)
    return numba.njit(namespace[workload.hand.__name__])  # type: ignore[no-any-return]


def measure(workload: Workload, console: Console) -> dict[str, float]:
    """Medians of all tools that can do the workload and give the right numbers."""
    expected = workload.hand(*workload.point)
    calls: dict[str, Call] = {}
    for name, make in makers(workload).items():
        try:
            call = make()
            if call is None:
                continue
            if name != "f itself" and not agree(call(*workload.point), expected):
                console.print(f"{workload.name}: {name} gives other numbers", style="red")
            calls[name] = call
        except Exception as error:
            console.print(f"{workload.name}: {name}: {type(error).__name__}: {error}", style="red")
    return medians(calls, workload.point)


def geometric_mean(values: Iterable[float]) -> float:
    """The n-th root of the product."""
    return math.exp(statistics.fmean(map(math.log, values)))


def compare_workloads(part: str, console: Console) -> None:
    """The table of section 6: ratios to the time of chainrule."""
    columns = ["module", "by hand", "f itself", "SymPy", "autograd", "JAX", "CasADi"]
    table = Table(title="Time of a gradient over chainrule's (above 1: chainrule is faster)")
    for head in ("workload", "chainrule", *columns, "numba", "by hand, numba"):
        table.add_column(head, justify="left" if head == "workload" else "right")
    worst = {"by hand": math.inf, "by hand, numba": math.inf}
    for workload in WORKLOADS:
        if part not in workload.name:
            continue
        times = measure(workload, console)
        own, compiled = times.get("chainrule"), times.get("chainrule, numba")
        cells = [workload.name, shown_time(own)]
        for name in columns:
            cells.append(shown_ratio(times.get(name), own))
        cells += [shown_time(compiled), shown_ratio(times.get("by hand, numba"), compiled)]
        for name, base in (("by hand", own), ("by hand, numba", compiled)):
            if base and name in times:
                worst[name] = min(worst[name], times[name] / base)
        table.add_row(*cells)
    console.print(table)
    for name, allowed in (("by hand", 1.1), ("by hand, numba", 1.2)):
        if worst[name] < math.inf:
            console.print(f"slowest against {name}: {1 / worst[name]:.2f} x (mark {allowed} x)")


def compare_straight_line(part: str, console: Console) -> None:
    """Straight-line code against SymPy's ``lambdify`` of ``diff`` and ``cse``."""
    table = Table(title="Straight-line gradients: time of chainrule over that of SymPy")
    for head in ("function", "chainrule", "module", "SymPy", "ratio", "module's"):
        table.add_column(head, justify="left" if head == "function" else "right")
    ratios: dict[str, dict[str, float]] = {"chainrule": {}, "module": {}}
    for row in TABLE:
        if part not in row.name:
            continue
        own = chainrule.grad(row.function, wrt=row.active)
        other = peers.sympy_call(row.function, row.active)
        assert other is not None
        if not agree(own(*row.point), other(*row.point)):
            console.print(f"{row.name}: SymPy gives other numbers", style="red")
        module = written(row.function, "grad", row.active, "math")
        times = least({"chainrule": own, "module": module, "SymPy": other}, row.point)
        cells = [shown_time(seconds) for seconds in times.values()]
        for name in ("chainrule", "module"):
            ratios[name][row.name] = times[name] / times["SymPy"]
            cells.append(f"{ratios[name][row.name]:.2f}")
        table.add_row(row.name, *cells)
    console.print(table)
    for name, found in ratios.items():
        largest = max(found, key=lambda row: found[row])
        console.print(
            f"{name}: geometric mean {geometric_mean(found.values()):.2f} (mark 0.65), "
            f"largest {found[largest]:.2f} in {largest} (mark 1.05)"
        )


def shown_time(seconds: float | None) -> str:
    """Microseconds."""
    return "" if seconds is None else f"{1e6 * seconds:.3g} us"


def shown_ratio(seconds: float | None, base: float | None) -> str:
    """A ratio of times."""
    return "" if seconds is None or base is None else f"{seconds / base:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", default="", help="only what contains this in its name")
    parser.add_argument("--straight", action="store_true", help="the straight-line table")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    (compare_straight_line if options.straight else compare_workloads)(options.part, console)


if __name__ == "__main__":
    main()
