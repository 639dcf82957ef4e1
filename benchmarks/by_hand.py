"""Calls of gradients in plain Python beside those written by hand (mark 1.1).

    python benchmarks/by_hand.py                 all workloads
    python benchmarks/by_hand.py kepler          those whose name contains this

Calls are interleaved in one process, round after round, and the least time of each is compared:
that is least disturbed by what else the machine does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table
from speed import agree
from workloads import WORKLOADS

import chainrule

ROUNDS = 200
SECONDS = 0.001
"""How long one function is called in one round."""


def least(calls: dict[str, Callable[..., Any]], point: tuple[float, ...]) -> dict[str, float]:
    """Seconds of one call of each, the least over interleaved rounds."""
    counts: dict[str, int] = {}
    for name, call in calls.items():
        call(*point)
        started = time.perf_counter()
        call(*point)
        counts[name] = max(1, int(SECONDS / (time.perf_counter() - started + 1e-9)))
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            again = range(counts[name])
            started = time.perf_counter()
            for _ in again:
                call(*point)
            found[name] = min(found[name], (time.perf_counter() - started) / counts[name])
    return found


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    table = Table(title="Gradients in plain Python, over those written by hand (mark 1.1)")
    for head in ("workload", "by hand", "chainrule", "ratio"):
        table.add_column(head, justify="left" if head == "workload" else "right")
    for workload in WORKLOADS:
        if part not in workload.name:
            continue
        gradient = getattr(chainrule, workload.transform)(workload.function, wrt=workload.wrt)
        assert agree(gradient(*workload.point), workload.hand(*workload.point)), workload.name
        times = least({"hand": workload.hand, "own": gradient}, workload.point)
        table.add_row(
            workload.name,
            f"{1e6 * times['hand']:.4g} us",
            f"{1e6 * times['own']:.4g} us",
            f"{times['own'] / times['hand']:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
