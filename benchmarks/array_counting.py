"""What array code does, counted: passes over arrays and arrays that are made.

    python benchmarks/array_counting.py                 all workloads of arrays.py, large
    python benchmarks/array_counting.py lstm kmeans     those whose names contain one of these
    python benchmarks/array_counting.py --each lstm     every operation and size

Shown for a gradient and the one by hand, in millions of entries: ``touched`` are the entries that
functions of NumPy give, be it into arrays that are there or into new ones, ``made`` those of new
arrays, ``dear`` those of exponentials, logarithms and the like.  Products of matrices count what
they give.  Counts are the same in every run, where times are not.
"""

from __future__ import annotations

import argparse
import types
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from array_workloads import ARRAY_WORKLOADS, ArrayWorkload
from rich.console import Console
from rich.table import Table

import chainrule

DEAR = {
    "exp", "log", "tanh", "cosh", "sinh", "sin", "cos", "logaddexp", "power", "expm1", "log1p",
    "arctanh",
}  # fmt: skip
# They give a part of what they are given, or something that has no entries of its own.
FREE = {"reshape", "transpose", "shape", "ndim", "size", "may_share_memory", "broadcast_to"}


class Counts:
    """How many operations there were of each name, size and kind."""

    def __init__(self) -> None:
        self.touched: Counter[tuple[str, int]] = Counter()
        self.made: Counter[tuple[str, int]] = Counter()

    def add(self, name: str, result: Any, made: bool) -> None:
        for one in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(one, np.ndarray) and one.ndim:
                self.touched[name, one.size] += 1
                if made and one.base is None:
                    self.made[name, one.size] += 1

    @staticmethod
    def entries(counter: Counter[tuple[str, int]], names: set[str] | None = None) -> int:
        """All entries of what is counted, or of what has one of ``names``."""
        return sum(
            size * times for (name, size), times in counter.items() if not names or name in names
        )


def counted(counts: Counts) -> type[np.ndarray]:
    """A class of arrays that report what is done to them."""

    class Counted(np.ndarray):
        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
            given = keywords.get("out")
            plain = {
                key: tuple(map(bare, value)) if isinstance(value, tuple) else bare(value)
                for key, value in keywords.items()
            }
            result = getattr(ufunc, method)(*map(bare, inputs), **plain)
            name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            if method == "at":
                counts.touched[name, np.asarray(inputs[1]).size] += 1
                return None
            counts.add(name, result, made=given is None)
            if given is not None:
                return given[0] if len(given) == 1 else given
            return wrapped(result)

        def __array_function__(self, function: Any, kinds: Any, args: Any, keywords: Any) -> Any:
            name = function.__name__
            out = keywords.get("out")
            result = function(*bare(list(args)), **bare(keywords))
            if name not in FREE:
                counts.add(name, result, made=out is None)
            return out if out is not None else wrapped(result)

        def __getitem__(self, where: Any) -> Any:
            result = bare(self)[bare(where)]
            if isinstance(result, np.ndarray) and result.base is None:
                counts.add("[...]", result, made=True)
            return wrapped(result)

        def __setitem__(self, where: Any, value: Any) -> None:
            place = bare(self)
            place[bare(where)] = bare(value)
            if place[bare(where)].ndim:
                counts.touched["[...] =", place[bare(where)].size] += 1

        def _method(name: str) -> Any:
            def call(self: Any, *args: Any, **keywords: Any) -> Any:
                result = getattr(bare(self), name)(*bare(list(args)), **bare(keywords))
                counts.add(name, result, made=True)
                return wrapped(result)

            return call

        def reshape(self, *shape: Any, **keywords: Any) -> Any:
            result = bare(self).reshape(*shape, **keywords)
            if not np.may_share_memory(result, self):
                counts.add("reshape", result.copy(), made=True)
            return wrapped(result)

        for _name in ("copy", "sum", "max", "min", "astype", "trace", "mean", "prod", "cumsum"):
            locals()[_name] = _method(_name)

    def bare(value: Any) -> Any:
        if isinstance(value, Counted):
            return value.view(np.ndarray)
        if isinstance(value, (tuple, list)):
            return type(value)(map(bare, value))
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items()}
        return value

    def wrapped(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.view(Counted)
        if type(value) in (tuple, list):
            return type(value)(map(wrapped, value))
        if type(value) is dict:
            return {key: wrapped(item) for key, item in value.items()}
        return value

    Counted.wrapped = staticmethod(wrapped)  # type: ignore[attr-defined]
    Counted.bare = staticmethod(bare)  # type: ignore[attr-defined]
    return Counted


class Library:
    """NumPy, whose new arrays report what is done to them."""

    def __init__(self, counts: Counts, kind: Any) -> None:
        self.counts, self.kind = counts, kind

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if name not in ("empty", "zeros", "ones", "full", "eye", "arange", "linspace"):
            return found

        def make(*args: Any, **keywords: Any) -> Any:
            result = found(*self.kind.bare(list(args)), **self.kind.bare(keywords))
            # Memory that is not cleared is not touched.
            if name == "empty":
                self.counts.made[name, result.size] += 1
            else:
                self.counts.add(name, result, made=True)
            return self.kind.wrapped(result)

        return make


def counts_of(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Counts:
    """What one call of ``function`` does, and the functions of its module that it calls."""
    counts = Counts()
    kind: Any = counted(counts)
    own = dict(function.__globals__)
    own.update({k: Library(counts, kind) for k, value in own.items() if value is np})
    for name, value in function.__globals__.items():
        if isinstance(value, types.FunctionType) and value.__globals__ is function.__globals__:
            own[name] = types.FunctionType(value.__code__, own, name, value.__defaults__)
    changed = types.FunctionType(function.__code__, own, function.__name__, function.__defaults__)
    changed(*kind.wrapped(tuple(arguments)))
    return counts


def generated(workload: ArrayWorkload, size: tuple[int, ...]) -> Callable[..., Any]:
    """The gradient that chainrule writes, as a function by itself."""
    wrt = workload.wrt if len(workload.wrt) > 1 else workload.wrt[0]
    slope = chainrule.grad(workload.function, wrt=wrt)
    slope(*workload.arguments(*size))
    space: dict[str, Any] = {}
    exec(compile(slope.source, f"<{workload.name}>", "exec"), space)
    return space[f"grad_{workload.name}"]  # type: ignore[no-any-return]


def each(workload: ArrayWorkload, own: Counts, hand: Counts, console: Console) -> None:
    """Every operation by its size, where it is found more or less often than by hand."""
    table = Table(title=f"{workload.name}: operations on arrays")
    for head in ("operation", "entries", "touched", "by hand", "made", "by hand"):
        table.add_column(head, justify="right")
    keys = {*own.touched, *hand.touched, *own.made, *hand.made}
    for name, size in sorted(keys, key=lambda key: (-key[1], key[0])):
        numbers = [c[name, size] for c in (own.touched, hand.touched, own.made, hand.made)]
        table.add_row(name, str(size), *map(str, numbers))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help="only what contains one of these in its name")
    parser.add_argument("--only", choices=("small", "large"), default="large", help="the size")
    parser.add_argument("--each", action="store_true", help="every operation and size")
    options = parser.parse_args()
    console = Console(width=150)
    table = Table(title=f"Operations on arrays, {options.only} size: own / by hand")
    heads = ("calls", "touched", "made", "dear")
    for head in ("workload", *heads):
        table.add_column(head, justify="left" if head == "workload" else "right")
    for workload in ARRAY_WORKLOADS:
        if options.parts and not any(part in workload.name for part in options.parts):
            continue
        size = getattr(workload, options.only)
        own = counts_of(generated(workload, size), workload.arguments(*size))
        hand = counts_of(workload.hand, workload.arguments(*size))
        cells = []
        for left, right in (
            (sum(own.touched.values()), sum(hand.touched.values())),
            (own.entries(own.touched), hand.entries(hand.touched)),
            (own.entries(own.made), hand.entries(hand.made)),
            (own.entries(own.touched, DEAR), hand.entries(hand.touched, DEAR)),
        ):
            cells.append(f"{left} / {right}" + (f" = {left / right:.2f}" if right else ""))
        table.add_row(workload.name, *cells)
        if options.each:
            each(workload, own, hand, console)
    console.print(table)


if __name__ == "__main__":
    main()
