"""Calls of gradients in plain Python beside those written by hand (mark 1.1).

    python benchmarks/by_hand.py                 all workloads
    python benchmarks/by_hand.py kepler          those whose name contains this

Calls are interleaved in one process, round after round, and the least time of each is compared:
that is least disturbed by what else the machine does.

``module`` is the derivative as the command line writes it.  What `grad` returns looks first whether
what shaped its code still holds: the code of f and of its helpers, and the globals that it read.
That takes 15 to 25 ns for each function and 5 for each global, and a gradient written by hand does
not look; neither does it raise what f raises where the gradient alone would go on (the logarithm of
``peng_robinson``), or tell the slope of a root at 0.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table
from speed import agree, least, written
from workloads import WORKLOADS

import chainrule


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    table = Table(title="Gradients in plain Python, over those written by hand (mark 1.1)")
    for head in ("workload", "by hand", "chainrule", "ratio", "module", "module's"):
        table.add_column(head, justify="left" if head == "workload" else "right")
    for workload in WORKLOADS:
        if part not in workload.name:
            continue
        gradient = getattr(chainrule, workload.transform)(workload.function, wrt=workload.wrt)
        assert agree(gradient(*workload.point), workload.hand(*workload.point)), workload.name
        module = written(workload.function, workload.transform, workload.wrt, "math")
        calls = {"hand": workload.hand, "own": gradient, "module": module}
        times = least(calls, workload.point)
        table.add_row(
            workload.name,
            f"{1e6 * times['hand']:.4g} us",
            f"{1e6 * times['own']:.4g} us",
            f"{times['own'] / times['hand']:.2f}",
            f"{1e6 * times['module']:.4g} us",
            f"{times['module'] / times['hand']:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
