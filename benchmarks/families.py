"""Programs of any size, one family for each shape that a walk over the graph could take badly.

Each function gives the text of a module whose function ``f`` takes about so many operations.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

Family = Callable[[int], str]

# Python itself compiles no expression of many more terms.
TERMS = 1000


def _straight(head: str, lines: list[str], result: str, imports: str = "") -> str:
    """A function of statements in a row."""
    top = f"{imports}\n\n\n" if imports else ""
    return f"{top}{head}\n" + "".join(f"    {line}\n" for line in lines) + f"    return {result}\n"


def _parts(terms: list[str]) -> list[list[str]]:
    return [terms[k : k + TERMS] for k in range(0, len(terms), TERMS)]


def polynomial(operations: int) -> str:
    """Statements in a row, two operations each, of three parameters."""
    lines = ["a0 = x * y", "a1 = y * z"]
    for i in range(2, operations // 2):
        lines.append(f"a{i} = a{i - 1} * {'xyz'[i % 3]} + 0.5 * a{i - 2}")
    return _straight("def f(x, y, z):", lines, f"a{operations // 2 - 1}")


def transcendental(operations: int) -> str:
    """Every other operation is a sine or a hyperbolic tangent."""
    lines = ["a0 = x * y"]
    for i in range(1, operations // 3):
        lines.append(f"a{i} = {('sin', 'tanh')[i % 2]}(a{i - 1} * {'xyz'[i % 3]}) + x")
    result = f"a{operations // 3 - 1}"
    return _straight("def f(x, y, z):", lines, result, "from math import sin, tanh")


def products(operations: int) -> str:
    """One value, multiplied again and again."""
    return _straight("def f(x, y):", ["x = x * y"] * operations, "x")


def quotients(operations: int) -> str:
    """One value, divided again and again."""
    lines = [f"x = x / (y + {k % 7}.5)" for k in range(operations // 2)]
    return _straight("def f(x, y):", lines, "x")


def powers(operations: int) -> str:
    """Powers of powers."""
    lines = [f"x = (x + y) ** {(2, 0.5, 3, -1)[k % 4]}" for k in range(operations // 2)]
    return _straight("def f(x, y):", lines, "x")


def roots(operations: int) -> str:
    """Roots of roots: each has a slope that is infinite somewhere."""
    lines = ["x = sqrt(x + y)"] * (operations // 2)
    return _straight("def f(x, y):", lines, "x", "from math import sqrt")


def exponentials(operations: int) -> str:
    """Exponentials of exponentials."""
    lines = ["x = exp(-x * y)"] * (operations // 3)
    return _straight("def f(x, y):", lines, "x", "from math import exp")


def one_direction(operations: int) -> str:
    """A chain of one number: its tangent is one ever longer product."""
    lines = [f"v{k + 1} = 2.0 * sin(v{k}) / 3.0" for k in range(operations // 3)]
    return _straight("def f(v0):", lines, f"v{operations // 3}", "from math import sin")


def long_sums(operations: int) -> str:
    """Expressions with many terms."""
    terms = [f"{i + 1}.0 * x * y" for i in range(operations // 3)]
    lines = [f"t += {' + '.join(part)}" for part in _parts(terms)]
    return _straight("def f(x, y):", ["t = 0.0", *lines], "t")


def long_products(operations: int) -> str:
    """Products of many factors, a third of them sines."""
    names = [("x", "(x + y)", f"sin({k + 1}.0 * z)")[k % 3] for k in range(operations // 3)]
    lines = [f"t *= {' * '.join(part)}" for part in _parts(names)]
    return _straight("def f(x, y, z):", ["t = 1.0", *lines], "t", "from math import sin")


def sum_of_quotients(operations: int) -> str:
    """Shares ``x / (x + k * y)``, added up."""
    lines = [f"t += x / (x + {k}.0 * y)" for k in range(operations // 4)]
    return _straight("def f(x, y):", ["t = 0.0", *lines], "t")


def many_parameters(operations: int) -> str:
    """A sum over products of neighbours, by as many parameters as a tenth of the operations."""
    names = [f"x{i}" for i in range(operations // 10)]
    lines = ["total = 0.0"]
    for left, right in itertools.pairwise(names):
        lines.append(f"total += 100.0 * ({right} - {left} * {left}) ** 2 + (1.0 - {left}) ** 2")
    return _straight(f"def f({', '.join(names)}):", lines, "total")


def runge_kutta(operations: int) -> str:
    """Steps of the classical Runge-Kutta method for a damped oscillator, written out."""
    step = [
        "k1 = v",
        "l1 = -k * x - 0.1 * v",
        "k2 = v + 0.5 * h * l1",
        "l2 = -k * (x + 0.5 * h * k1) - 0.1 * k2",
        "k3 = v + 0.5 * h * l2",
        "l3 = -k * (x + 0.5 * h * k2) - 0.1 * k3",
        "k4 = v + h * l3",
        "l4 = -k * (x + h * k3) - 0.1 * k4",
        "x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)",
        "v = v + h / 6.0 * (l1 + 2.0 * l2 + 2.0 * l3 + l4)",
    ]
    return _straight("def f(x, v, k, h):", step * max(1, operations // 57), "x * x + v * v")


def calls(operations: int) -> str:
    """Calls of one function in a row, three operations each."""
    lines = [f"x = g(x, {'yz'[k % 2]}) - 0.5" for k in range(operations // 3)]
    return _straight("def f(x, y, z):", lines, "x", "def g(a, b):\n    return a * b + 0.5")


def nested_calls(operations: int) -> str:
    """Calls in calls, sixty deep."""
    depth = min(60, operations // 3)
    functions = ["def g0(a, b):\n    return a * b + 0.5"]
    for k in range(1, depth):
        functions.append(f"def g{k}(a, b):\n    return g{k - 1}(a * 0.5, b) + b")
    lines = [f"x = g{depth - 1}(x, y)"] * max(1, operations // (2 * depth))
    return _straight("def f(x, y):", lines, "x", "\n\n\n".join(functions))


def conditions(operations: int) -> str:
    """Ifs in a row of three parameters, two operations on either arm."""
    lines = []
    for k in range(operations // 4):
        lines += [f"if x > {k}.0:", "    x = x * y + z", "else:", "    x = x + y * z"]
    return _straight("def f(x, y, z):", lines, "x")


def nested_conditions(operations: int) -> str:
    """Ifs in ifs, fifteen deep."""
    lines = []
    for _ in range(max(1, operations // 30)):
        for k in range(15):
            margin = "    " * k
            lines += [f"{margin}if x > {k}.5:", f"{margin}    x = x * y + {k}.0"]
    return _straight("def f(x, y):", lines, "x")


def loops(operations: int) -> str:
    """Loops in a row."""
    lines = []
    for k in range(operations // 2):
        lines += ["for _ in range(int(m)):", f"    x = x * y + {k}.0"]
    return _straight("def f(x, y, m: int = 3):", lines, "x")


def loop_body(operations: int) -> str:
    """One loop with a long body."""
    lines = [f"    x = sin(x) * y + {k % 7}.5" for k in range(operations // 3)]
    head = "def f(x, y, m: int = 3):"
    return _straight(head, ["for _ in range(m):", *lines], "x", "from math import sin")


def arrays(operations: int) -> str:
    """Statements of whole arrays."""
    lines = [f"x = np.sin(x) * y + {k % 7}.5" for k in range(operations // 3)]
    return _straight("def f(x, y):", lines, "np.sum(x)", "import numpy as np")


def entries(operations: int) -> str:
    """Entries that are written over."""
    lines = [f"x[{k % 3}] = x[{(k + 1) % 3}] * y[{k % 2}] + 0.5" for k in range(operations // 2)]
    return _straight("def f(x, y):", ["x = x.copy()", *lines], "x.sum()")


def table(operations: int) -> str:
    """A loop over a large literal table."""
    rows = ", ".join(f"({k}.5, 0.{k}25)" for k in range(operations // 4))
    lines = ["for a, b in T:", "    x = x * b + a * y"]
    return _straight("def f(x, y):", lines, "x", f"T = [{rows}]")


STRAIGHT: tuple[Family, ...] = (
    polynomial,
    transcendental,
    many_parameters,
    products,
    quotients,
    powers,
    roots,
    exponentials,
    one_direction,
    long_sums,
    long_products,
    sum_of_quotients,
    runge_kutta,
    calls,
)
# What nests, branches and loops, and arrays.
STRUCTURED: tuple[Family, ...] = (
    nested_calls,
    conditions,
    nested_conditions,
    loops,
    loop_body,
    arrays,
    entries,
    table,
)
