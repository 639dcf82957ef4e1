"""What a loop with 10^6 iterations records on the way to its derivative.

    python benchmarks/loops.py [iterations]

Three carried scalars, by forward and by reverse mode.  Shown are the seconds of a call, those
of the function itself, and the peak of memory over that of the function, for each iteration.
A recorded Python float takes 24 bytes and 8 for its place in a list.
"""

from __future__ import annotations

import argparse
import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

import chainrule


def oscillator(k, c, n):
    """A damped oscillator by small steps, with the work that it lost."""
    x = 1.0
    v = 0.0
    lost = 0.0
    for _ in range(n):
        a = -k * math.sin(x) - c * v
        x = x + 1e-3 * v
        v = v + 1e-3 * a
        lost = lost + c * v * v
    return x + lost


def linear(k, c, n):
    """The same without a sine: nothing but the state is needed on the way back."""
    x = 1.0
    v = 0.0
    total = 0.0
    for _ in range(n):
        x = x + 1e-3 * v
        v = v - 1e-3 * (k * x + c * v)
        total = total + x
    return total


def tape_free(k, c, n):
    """By a parameter that enters linearly, and of a state that enters linearly: no tape."""
    x = 1.0
    y = 0.5
    z = 0.25
    for _ in range(n):
        x = 0.999 * x + 1e-3 * k
        y = 0.998 * y + 1e-3 * x
        z = 0.997 * z + 1e-3 * y + c
    return z


def peak(function: Callable[..., Any], *args: Any) -> int:
    """Largest number of bytes held at once while the function runs."""
    tracemalloc.start()
    function(*args)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def seconds(function: Callable[..., Any], *args: Any) -> float:
    """Time of one call."""
    started = time.perf_counter()
    function(*args)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("iterations", nargs="?", type=int, default=1_000_000)
    count = parser.parse_args().iterations
    table = Table(title=f"Loops with {count:,} iterations and three carried scalars")
    heads = ("function", "mode", "seconds", "of f", "bytes per iteration", "result")
    for head in heads:
        table.add_column(head, justify="left" if head in heads[:2] else "right")
    for function in (oscillator, linear, tape_free):
        base = seconds(function, 2.0, 0.3, count)
        for mode in ("forward", "reverse"):
            gradient = chainrule.grad(function, wrt=("k", "c"), mode=mode)
            result = gradient(2.0, 0.3, 10)
            result = gradient(2.0, 0.3, count)
            taken = seconds(gradient, 2.0, 0.3, count)
            extra = peak(gradient, 2.0, 0.3, count) - peak(function, 2.0, 0.3, count)
            table.add_row(
                function.__name__,
                mode,
                f"{taken:.2f}",
                f"{taken / base:.1f} x",
                f"{max(0.0, extra / count):.1f}",
                ", ".join(f"{partial:.6g}" for partial in result),
            )
    Console().print(table)


if __name__ == "__main__":
    main()
