"""Loops in loops: how often what stands in them is lifted, and the slopes that they have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests import oracle
from tests.test_generation import loaded, loops_in_loops, times_lifted


def nested(depth: int, head: list[str], before: str, first: str, inner: str, last: str) -> str:
    """``first`` begins the body of each loop, before which ``before`` stands."""
    lines = list(head)
    for k in range(depth):
        if before:
            lines.append("    " * (k + 1) + before.format(k=k))
        lines.append("    " * (k + 1) + f"for i{k} in range(n):")
        if first:
            lines.append("    " * (k + 2) + first.format(k=k))
    lines.append("    " * (depth + 1) + inner)
    return "\n".join([*lines, f"    return {last}", ""])


def counted(depth: int) -> str:
    """Each level counts in an int before it counts in a float."""
    head, total = ["def f(x, y, n=2):", "    s = x"], "+".join(f"a{k}" for k in range(depth))
    return nested(depth, head, "a{k} = 0", "a{k} = a{k} + x", f"s = s * y + {total}", "s")


def growing(depth: int) -> str:
    """A list from before all of the loops."""
    head = ["def f(x, y, n=2):", "    out = []"]
    return nested(depth, head, "", "", "out.append(x * y + i0)", "sum(out) * x")


def filled(depth: int) -> str:
    """A dict from before all of the loops."""
    head = ["def f(x, y, n=2):", "    c = {}", "    s = x"]
    return nested(depth, head, "", "", "c[i0] = s * y; s = s + c[i0]", "s")


def least(depth: int) -> str:
    """Each level has a least value, which is None at first."""
    head = ["def f(x, y, n=2):", "    s = x"]
    step = "m{k} = s * y if m{k} is None or s < m{k} else m{k}"
    return nested(depth, head, "m{k} = None", step, "s = s * y + m0", "s")


def rows(depth: int) -> str:
    """Each level has a list of its own, which the level around sums up."""
    lines = ["def f(x, y, n=2):", "    t = 0.0"]
    for k in range(depth):
        lines += ["    " * (k + 1) + f"r{k} = []", "    " * (k + 1) + f"for i{k} in range(n):"]
    lines.append("    " * (depth + 1) + "t = t + x * y")
    for k in reversed(range(depth)):
        lines += ["    " * (k + 2) + f"r{k}.append(t * y)", "    " * (k + 1) + f"t = sum(r{k}) / n"]
    return "\n".join([*lines, "    return t", ""])


def sums(depth: int) -> str:
    """Lists that are made of lists."""
    value = "x * y"
    for k in range(depth):
        value = f"sum([{value} * (i{k} + y) for i{k} in range(n)])"
    return f"def f(x, y, n=2):\n    return {value}\n"


def called(depth: int) -> str:
    """Each loop stands in a function that the loop around calls."""
    lines = ["def h0(s, x, y, n):", "    return s * y + x"]
    for k in range(depth):
        lines += [f"def h{k + 1}(s, x, y, n):", "    c = 0", "    for i in range(n):"]
        lines += ["        c = c + 1", f"        s = h{k}(s, x, y, n) * c", "    return s"]
    return "\n".join([*lines, "def f(x, y, n=2):", f"    return h{depth}(0, x, y, n)", ""])


def tabled(depth: int) -> str:
    """Short tables, each read in the loop over another."""
    lines = ["TABLE = [(1.0, 2), (0.5, 3), (0.25, 4)]", "def f(x, y):", "    s = x"]
    for k in range(depth):
        lines.append("    " * (k + 1) + f"for a{k}, b{k} in TABLE:")
    lines.append("    " * (depth + 1) + f"s = 0.5 * s * a0 + b{depth - 1} * y")
    return "\n".join([*lines, "    return s", ""])


PROGRAMS = [counted, growing, filled, least, rows, sums, called, tabled]


@pytest.mark.parametrize("program", [*PROGRAMS, loops_in_loops])
def test_what_stands_in_a_nest_of_loops_is_not_lifted_twice_for_each_level(
    program: Callable[[int], str],
) -> None:
    shallow, deep = (times_lifted(program(depth), (0.3, 0.7)) for depth in (4, 8))
    assert deep < 5 * shallow


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_loops_in_loops_have_the_slopes_of_what_they_compute(
    program: Callable[[int], str], depth: int, mode: str
) -> None:
    f = loaded(program(depth))
    value, slopes = value_and_grad(f, wrt=("x", "y"), mode=mode)(0.3, 0.7)
    assert value == f(0.3, 0.7)
    for slope, name in zip(slopes, ("x", "y"), strict=True):
        assert oracle.agrees(oracle.derivative(f, (0.3, 0.7), wrt=name), slope)


def test_loops_over_short_tables_in_one_another_are_not_all_written_out() -> None:
    lengths = []
    for depth in (4, 5, 6):
        slope = grad(loaded(tabled(depth)), wrt=("x", "y"), mode="reverse")
        slope(0.3, 0.7)
        lengths.append(slope.source.count("\n"))
    assert lengths[2] - lengths[1] <= lengths[1] - lengths[0] + 2 < 10


def test_a_list_that_is_another_one_in_the_second_attempt_keeps_its_memory_apart() -> None:
    def f(x, y, n=3):
        total = 0.0
        kept = np.array([x, y])
        for i in range(n):
            row = kept
            for _ in range(n):
                row = row * y
                for _ in range(2):
                    row[0] += x * i
                    total += row[0] * row[1]
            total += kept[0]
        return total

    slopes = grad(f, wrt=("x", "y"))(0.3, 0.7)
    for k, slope in enumerate(slopes):
        step = 1e-5
        up, down = (f(*(0.3 + h * (k == 0), 0.7 + h * (k == 1))) for h in (step, -step))
        assert slope == pytest.approx((up - down) / (2 * step), rel=1e-7)
