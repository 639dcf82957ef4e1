"""Element loops over arrays under Numba, beside gradients written by hand for it.

    python benchmarks/numba_arrays.py                all workloads
    python benchmarks/numba_arrays.py stencil        those whose name contains this

All in one process; calls are interleaved, round after round, and the medians compared.
"""

from __future__ import annotations

import math
import statistics
import sys
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from rich.console import Console
from rich.table import Table
from timing import interleaved

import chainrule

ROUNDS = 15
SECONDS = 0.01


def rosenbrock(x):
    s = 0.0
    for i in range(len(x) - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


@njit
def rosenbrock_by_hand(x):
    g = np.zeros_like(x)
    for i in range(len(x) - 1):
        d = x[i + 1] - x[i] * x[i]
        g[i] -= 400.0 * d * x[i] + 2.0 * (1.0 - x[i])
        g[i + 1] += 200.0 * d
    return g


def pairwise(x):
    n = x.shape[0]
    e = 0.0
    for i in range(n):
        for j in range(i):
            dx = x[i, 0] - x[j, 0]
            dy = x[i, 1] - x[j, 1]
            dz = x[i, 2] - x[j, 2]
            r2 = dx * dx + dy * dy + dz * dz
            s6 = 1.0 / (r2 * r2 * r2)
            e += 4.0 * (s6 * s6 - s6)
    return e


@njit
def pairwise_by_hand(x):
    n = x.shape[0]
    g = np.zeros_like(x)
    for i in range(n):
        for j in range(i):
            dx = x[i, 0] - x[j, 0]
            dy = x[i, 1] - x[j, 1]
            dz = x[i, 2] - x[j, 2]
            r2 = dx * dx + dy * dy + dz * dz
            s6 = 1.0 / (r2 * r2 * r2)
            f = -24.0 * (2.0 * s6 * s6 - s6) / r2
            g[i, 0] += f * dx
            g[i, 1] += f * dy
            g[i, 2] += f * dz
            g[j, 0] -= f * dx
            g[j, 1] -= f * dy
            g[j, 2] -= f * dz
    return g


def stencil(k, u0, steps):
    u = u0.copy()
    n = len(u)
    for _ in range(steps):
        v = u.copy()
        for i in range(1, n - 1):
            v[i] = u[i] + k[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u = v
    return np.sum(u * u)


@njit
def stencil_by_hand(k, u0, steps):
    n = len(u0)
    tape = np.empty((steps + 1, n))
    tape[0] = u0
    for t in range(steps):
        u, v = tape[t], tape[t + 1]
        v[0] = u[0]
        v[n - 1] = u[n - 1]
        for i in range(1, n - 1):
            v[i] = u[i] + k[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    g = np.zeros_like(k)
    v_bar = 2.0 * tape[steps]
    u_bar = np.zeros(n)
    for t in range(steps - 1, -1, -1):
        u = tape[t]
        u_bar[:] = 0.0
        u_bar[0] = v_bar[0]
        u_bar[n - 1] = v_bar[n - 1]
        for i in range(1, n - 1):
            b = v_bar[i]
            g[i] += b * (u[i - 1] - 2.0 * u[i] + u[i + 1])
            kb = k[i] * b
            u_bar[i] += b - 2.0 * kb
            u_bar[i - 1] += kb
            u_bar[i + 1] += kb
        u_bar, v_bar = v_bar, u_bar
    return g


def paths(d):
    n = d.shape[0]
    a = d.copy()
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if a[i, k] + a[k, j] < a[i, j]:
                    a[i, j] = a[i, k] + a[k, j]
    return a.sum()


@njit
def paths_by_hand(d):
    n = d.shape[0]
    a = d.copy()
    taken = np.zeros((n, n, n), dtype=np.bool_)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                other = a[i, k] + a[k, j]
                if other < a[i, j]:
                    a[i, j] = other
                    taken[k, i, j] = True
    g = np.ones_like(a)
    for k in range(n - 1, -1, -1):
        for i in range(n - 1, -1, -1):
            for j in range(n - 1, -1, -1):
                if taken[k, i, j]:
                    b = g[i, j]
                    g[i, j] = 0.0
                    g[k, j] += b
                    g[i, k] += b
    return g


def recurrent(W, x):
    h = 0.0
    c = 0.0
    s = 0.0
    for t in range(len(x)):
        gate = 1.0 / (1.0 + math.exp(-(W[0] * x[t] + W[1] * h)))
        c = gate * c + (1.0 - gate) * math.tanh(W[2] * x[t] + W[3] * h)
        h = math.tanh(c)
        s += h * h
    return s


@njit
def recurrent_by_hand(W, x):
    n = len(x)
    hs, cs, gates, news = np.empty(n + 1), np.empty(n + 1), np.empty(n), np.empty(n)
    hs[0] = 0.0
    cs[0] = 0.0
    for t in range(n):
        gates[t] = 1.0 / (1.0 + math.exp(-(W[0] * x[t] + W[1] * hs[t])))
        news[t] = math.tanh(W[2] * x[t] + W[3] * hs[t])
        cs[t + 1] = gates[t] * cs[t] + (1.0 - gates[t]) * news[t]
        hs[t + 1] = math.tanh(cs[t + 1])
    g = np.zeros(4)
    h_bar = 0.0
    c_bar = 0.0
    for t in range(n - 1, -1, -1):
        h_bar += 2.0 * hs[t + 1]
        c_bar += h_bar * (1.0 - hs[t + 1] ** 2)
        p = c_bar * (cs[t] - news[t]) * gates[t] * (1.0 - gates[t])
        q = c_bar * (1.0 - gates[t]) * (1.0 - news[t] ** 2)
        g[0] += p * x[t]
        g[1] += p * hs[t]
        g[2] += q * x[t]
        g[3] += q * hs[t]
        h_bar = p * W[1] + q * W[3]
        c_bar *= gates[t]
    return g


class Workload(NamedTuple):
    """A function, its gradient by hand for Numba, and where to call them."""

    function: Callable[..., Any]
    by_hand: Callable[..., Any]
    point: tuple[Any, ...]


RANDOM = np.random.default_rng(0)
WORKLOADS = [
    Workload(rosenbrock, rosenbrock_by_hand, (RANDOM.random(100_000),)),
    Workload(rosenbrock, rosenbrock_by_hand, (RANDOM.random(100),)),
    Workload(pairwise, pairwise_by_hand, (RANDOM.random((300, 3)) * 10,)),
    Workload(stencil, stencil_by_hand, (np.full(1000, 0.2), RANDOM.random(1000), 200)),
    Workload(paths, paths_by_hand, (RANDOM.random((60, 60)),)),
    Workload(recurrent, recurrent_by_hand, (RANDOM.random(4), RANDOM.random(2000))),
    Workload(recurrent, recurrent_by_hand, (RANDOM.random(4), RANDOM.random(20))),
]


def medians(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Seconds of one call of each, the median over interleaved rounds."""
    times = interleaved(calls, (), ROUNDS, SECONDS)
    return {name: statistics.median(found) for name, found in times.items()}


def compiled(function: Callable[..., Any], point: tuple[Any, ...]) -> Callable[..., Any]:
    """The gradient as it stands in a module: compiled, without the object that `grad` returns."""
    gradient = chainrule.grad(function, target="numba")
    gradient(*point)
    scope: dict[str, Any] = {}
    exec(gradient.source, scope)
    return scope[f"grad_{function.__name__}"]  # type: ignore[no-any-return]


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    table = Table(title="Gradients under Numba, over those written by hand (mark 1.2)")
    for head in ("workload", "size", "by hand", "chainrule", "ratio"):
        table.add_column(head, justify="left" if head == "workload" else "right")
    warnings.simplefilter("ignore")
    for function, by_hand, point in WORKLOADS:
        if part not in function.__name__:
            continue
        gradient = compiled(function, point)
        np.testing.assert_allclose(gradient(*point), by_hand(*point), rtol=1e-8, atol=1e-10)
        times = medians(
            {"hand": lambda: by_hand(*point), "own": lambda: gradient(*point)}  # noqa: B023
        )
        table.add_row(
            function.__name__,
            str(point[-1].shape if hasattr(point[-1], "shape") else point[0].shape),
            f"{1e6 * times['hand']:.4g} us",
            f"{1e6 * times['own']:.4g} us",
            f"{times['own'] / times['hand']:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
