"""Calls of gradients in plain Python beside those written by hand (mark 1.1).

    python benchmarks/by_hand.py                 all workloads
    python benchmarks/by_hand.py kepler          those whose name contains this

Calls are interleaved in one process, round after round, and the least time of each is compared:
that is least disturbed by what else the machine does.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table
from speed import agree, least
from workloads import WORKLOADS

import chainrule


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
