"""What a gradient of array code costs, beside other tools, in one run.

    python benchmarks/arrays.py                  all workloads, small and large
    python benchmarks/arrays.py lstm kmeans      those whose names contain one of these
    python benchmarks/arrays.py --only small     one size
    python benchmarks/arrays.py --peers numba    chainrule, compiled too, and the gradient by hand
    python benchmarks/arrays.py --source lstm    the source that is measured

Calls of all tools are interleaved, round after round, on one thread each; shown is the median of
the processor time of a call over that of chainrule's: above 1, chainrule is faster.  Processor
time is what other work on the machine disturbs least.  `memory` is the largest size of what a call
has allocated (tracemalloc) over the same of the gradient by hand; `first` is the time from the
function to its first gradient.  `numba` is chainrule's own gradient under target="numba"; what it
takes to compile is not in it.  Tools that are not installed, or that cannot express the workload,
leave their place empty.
"""

from __future__ import annotations

import argparse
import copy
import functools
import importlib.util
import inspect
import os
import statistics
import sys
import time
import tracemalloc
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from array_workloads import ARRAY_WORKLOADS, ArrayWorkload
from rich.console import Console
from rich.table import Table
from timing import interleaved

import chainrule

Call = Callable[..., Any]
ROUNDS = 15
SECONDS = 0.01
"""How long one tool is called in one round."""
PEERS = ("numba", "autograd", "JAX")
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def leaves(value: Any) -> Iterator[Any]:
    """All arrays and numbers of a nested result, in order."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key])
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from leaves(item)
    else:
        yield np.asarray(value, dtype=float)


def agree(found: Any, expected: Any) -> bool:
    """Whether two gradients hold the same numbers."""
    left, right = list(leaves(found)), list(leaves(expected))
    if len(left) != len(right):
        return False
    size = max(float(np.max(np.abs(one))) for one in right)
    return all(
        one.shape == other.shape and np.allclose(one, other, rtol=1e-7, atol=1e-9 * size)
        for one, other in zip(left, right, strict=True)
    )


def retarget(function: Call, library: Any, special: Any = None) -> Call:
    """The same code, and its helpers', over another library's ``np``."""
    own = dict(function.__globals__)
    helpers = []
    for name, value in function.__globals__.items():
        if value is np:
            own[name] = library
        elif getattr(value, "__module__", "") == "scipy.special" or name == "gammaln":
            own[name] = getattr(special, name, value)
        elif inspect.isfunction(value) and value.__module__ == function.__module__:
            helpers.append(name)
        elif inspect.ismodule(value) and value.__name__.endswith("_example"):
            own[name] = types.SimpleNamespace(
                **{
                    key: retarget(item, library, special) if inspect.isfunction(item) else item
                    for key, item in vars(value).items()
                }
            )
    for name in helpers:
        helper = function.__globals__[name]
        own[name] = types.FunctionType(helper.__code__, own, name, helper.__defaults__)
    changed = types.FunctionType(function.__code__, own, function.__name__, function.__defaults__)
    return changed


def places(workload: ArrayWorkload) -> tuple[int, ...]:
    """Positions of the parameters that are differentiated by."""
    names = list(inspect.signature(workload.function).parameters)
    return tuple(names.index(name) for name in workload.wrt)


def autograd_call(workload: ArrayWorkload) -> Call:
    """HIPS autograd; it records every call anew."""
    import autograd
    import autograd.numpy as anp
    import autograd.scipy.special as special

    function = retarget(workload.functional or workload.function, anp, special)
    where = places(workload)
    return autograd.grad(function, where if len(where) > 1 else where[0])  # type: ignore[no-any-return]


def jax_call(workload: ArrayWorkload, arguments: tuple[Any, ...]) -> Call:
    """JAX, compiled, in double precision; whole numbers are known when it compiles."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    chosen = workload.scanned or workload.functional or workload.function
    function = retarget(chosen, jnp, jax.scipy.special)
    where = places(workload)
    static = tuple(k for k, item in enumerate(arguments) if isinstance(item, int))
    compiled = jax.jit(
        jax.grad(function, where if len(where) > 1 else where[0]), static_argnums=static
    )
    return lambda *args: jax.block_until_ready(compiled(*args))


def makers(
    workload: ArrayWorkload, arguments: tuple[Any, ...], wanted: list[str]
) -> dict[str, Callable[[], Call | None]]:
    """How each tool makes its gradient."""
    wrt = workload.wrt if len(workload.wrt) > 1 else workload.wrt[0]
    found: dict[str, Callable[[], Call | None]] = {
        "chainrule": lambda: chainrule.grad(workload.function, wrt=wrt),
        "by hand": lambda: workload.hand,
        "f itself": lambda: workload.function,
    }
    compiled = functools.partial(chainrule.grad, workload.function, wrt=wrt, target="numba")
    peers: dict[str, tuple[str, Callable[[], Call | None]]] = {
        "numba": ("numba", compiled),
        "autograd": ("autograd", lambda: autograd_call(workload)),
        "JAX": ("jax", lambda: jax_call(workload, arguments)),
    }
    for name, (module, make) in peers.items():
        if name in wanted and importlib.util.find_spec(module):
            found[name] = make
    return found


def medians(calls: dict[str, Call], arguments: tuple[Any, ...]) -> dict[str, float]:
    """Processor seconds of one call of each, the median over interleaved rounds."""
    times = interleaved(calls, arguments, ROUNDS, SECONDS, time.process_time)
    return {name: statistics.median(found) for name, found in times.items()}


def peak(call: Call, arguments: tuple[Any, ...]) -> int:
    """The largest size of what one call has allocated."""
    call(*arguments)
    tracemalloc.start()
    call(*arguments)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def measure(
    workload: ArrayWorkload, size: tuple[int, ...], wanted: list[str], console: Console
) -> dict[str, float]:
    """Medians of all tools that can do the workload and give the right numbers."""
    arguments = workload.arguments(*size)
    before = copy.deepcopy(arguments)
    expected = workload.hand(*arguments)
    calls: dict[str, Call] = {}
    first = 0.0
    for name, make in makers(workload, arguments, wanted).items():
        started = time.process_time()
        try:
            call = make()
            if call is None:
                continue
            result = call(*arguments)
        except Exception as error:
            text = f"{type(error).__name__}: {error}".splitlines()[0]
            console.print(f"{workload.name}: {name}: {text}", style="red", markup=False)
            continue
        if name == "chainrule":
            first = time.process_time() - started
        if name != "f itself" and not agree(result, expected):
            console.print(f"{workload.name}: {name} gives other numbers", style="red")
            continue
        calls[name] = call
    assert agree(arguments, before), f"{workload.name}: arguments were changed"
    found = medians(calls, arguments)
    found["first"] = first
    if "chainrule" in calls:
        found["memory"] = peak(calls["chainrule"], arguments) / peak(calls["by hand"], arguments)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help="only what contains one of these in its name")
    parser.add_argument("--only", choices=("small", "large"), help="one size")
    parser.add_argument("--peers", default=",".join(PEERS), help="names of other tools")
    parser.add_argument("--source", action="store_true", help="print the source first")
    options = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        # Read when the libraries are loaded, which has happened by now.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(title="Processor time of a gradient over chainrule's (above 1: it is faster)")
    columns = ["by hand", "f itself", *(name for name in PEERS if name in options.peers)]
    for head in ("workload", "size", "chainrule", *columns, "memory", "first"):
        table.add_column(head, justify="left" if head == "workload" else "right")
    slowest: tuple[float, str] = (0.0, "")
    for workload in ARRAY_WORKLOADS:
        if options.parts and not any(part in workload.name for part in options.parts):
            continue
        if options.source:
            wrt = workload.wrt if len(workload.wrt) > 1 else workload.wrt[0]
            slope = chainrule.grad(workload.function, wrt=wrt)
            slope(*workload.arguments(*workload.small))
            console.print(slope.source, markup=False, highlight=False)
        for kind in ("small", "large"):
            if options.only not in (None, kind):
                continue
            size = getattr(workload, kind)
            found = measure(workload, size, options.peers.split(","), console)
            own = found.get("chainrule")
            cells = [workload.name, " x ".join(map(str, size))]
            cells.append("" if own is None else f"{1e6 * own:.3g} us")
            for name in columns:
                cells.append(f"{found[name] / own:.2f}" if own and name in found else "")
            cells.append(f"{found['memory']:.2f}" if "memory" in found else "")
            cells.append(f"{1e3 * found['first']:.0f} ms" if kind == "small" else "")
            table.add_row(*cells)
            if own:
                ratio = own / found["by hand"]
                slowest = max(slowest, (ratio, f"{workload.name}, {kind}"))
    console.print(table)
    console.print(f"slowest against by hand: {slowest[0]:.2f} x in {slowest[1]} (mark 1.1 x)")


if __name__ == "__main__":
    main()
