"""Arithmetic operations of emitted gradients, beside those of other tools.

    python benchmarks/operations.py           the straight-line table
    python benchmarks/operations.py --marks   derivative : function for five classics

Counted is all that the text of the derivative executes, f's own values that it needs included and
the value itself left out, each operation and call as one, the dearer of two branches; so is f.
chainrule's text, the functions themselves and SymPy's text are counted by counting.py; CasADi by
the instructions of its virtual machine without input, output and constants; wrenfold by what it
reports in the header of its code.  It has no error function, so that some rows lack it.
"""

from __future__ import annotations

import argparse
import importlib.util

import peers
from counting import operations_of, operations_of_source
from rich.console import Console
from rich.table import Table
from straight_line import HARMONICS, TABLE, Row

import chainrule

MARKS = {
    "black_scholes": 1.6,
    "determinant_5": 1.0,
    "product_50": 2.95,
    "helmholtz_10": 1.4,
    "spherical_harmonics_10": 1.8,
}
MODULES = {"SymPy": "sympy", "CasADi": "casadi", "wrenfold": "wrenfold"}


def own_operations(row: Row, transform: str = "grad") -> int:
    """Operations of chainrule's emitted derivative."""
    derivative = getattr(chainrule, transform)(row.function, wrt=row.active)
    derivative(*row.point)
    return operations_of_source(derivative.source, derivative.__name__)


def counts(row: Row) -> dict[str, int | None]:
    """Operations of every tool's gradient."""

    def casadi() -> int:
        return peers.casadi_operations(peers.casadi_function(row.function, row.active))

    makers = {
        "SymPy": lambda: operations_of_source(
            peers.sympy_source(row.function, row.active).source, "gradient"
        ),
        "CasADi": casadi,
        "wrenfold": lambda: peers.wrenfold_operations(row.function, row.active),
    }
    return {
        name: make() if importlib.util.find_spec(MODULES[name]) else None
        for name, make in makers.items()
    }


def compare(console: Console) -> None:
    """The table: chainrule must never need more than another."""
    table = Table(title="Arithmetic operations of the gradient")
    heads = ("function", "f", "chainrule", "SymPy", "CasADi", "wrenfold", "chainrule : f")
    for head in heads:
        table.add_column(head, justify="left" if head == "function" else "right")
    above, steepest = [], 0.0
    for row in TABLE:
        own, base, others = own_operations(row), operations_of(row.function), counts(row)
        beaten = [name for name, other in others.items() if other is not None and other < own]
        above += [f"{row.name} ({name} {others[name]}, chainrule {own})" for name in beaten]
        steepest = max(steepest, own / base)
        shown = [str(other or "") for other in others.values()]
        style = "red" if beaten else None
        table.add_row(row.name, str(base), str(own), *shown, f"{own / base:.2f}", style=style)
    console.print(table)
    console.print(f"chainrule : f is at most {steepest:.2f} (mark 4)")
    console.print(f"another tool needs less in {len(above)} cases: {'; '.join(above) or 'none'}")


def marks(console: Console) -> None:
    """Ratios of operations for the classics of section 6."""
    table = Table(title="Operations, derivative : function")
    for head in ("function", "f", "derivative", "ratio", "mark"):
        table.add_column(head, justify="left" if head == "function" else "right")
    rows = {row.name: row for row in [*TABLE, HARMONICS]}
    for name, mark in MARKS.items():
        row = rows[name]
        own = own_operations(row, "jacobian" if row is HARMONICS else "grad")
        base = operations_of(row.function)
        table.add_row(name, str(base), str(own), f"{own / base:.2f}", f"{mark}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--marks", action="store_true", help="the five classics")
    options = parser.parse_args()
    (marks if options.marks else compare)(Console())


if __name__ == "__main__":
    main()
