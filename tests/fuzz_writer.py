"""Random programs as source text, written from the trees of `fuzz_grammar`."""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from chainrule.lift.calls import repeated
from tests.fuzz_expressions import Scope
from tests.fuzz_grammar import expressions, statements
from tests.fuzz_idioms import PRELUDE as FOR_IDIOMS
from tests.fuzz_statements import Writer

PRELUDE = """import math
from collections import defaultdict
from dataclasses import dataclass
from math import acos, atan, atan2, cos, erf, exp, floor, hypot, log, sin, sqrt, tanh


@dataclass
class Body:
    total: float
    rate: float = 0.5

    def moved(self, by):
        self.total += 0.5 * by
        self.rate *= 0.9
        return self.total

    def scaled(self, by, *, power=2):
        return self.rate * by**power if by > 0.0 else self.total


def raised(u):
    if u > 1.2:
        raise ValueError("too large")
    return u * u


def h(first, *parts, scale=1.5, mode="soft"):
    total = first
    for part in parts:
        if part > 2.0:
            continue
        total += sin(part) * scale
        if total > 3.0:
            break
    else:
        total *= 0.8
    if mode == "hard":
        return total if total > 0.0 else 0.1 * total
    return tanh(total) * scale + first if mode == "soft" else total
"""

REALS = sorted((round(0.29 * k + 0.003717, 6) for k in range(-9, 10)), key=abs)
"""Odd decimals keep clear of most kinks, which the oracle would have to leave undecided."""

SERIAL = itertools.count()


@dataclass(frozen=True)
class Program:
    """A function's source, and the points to look at."""

    source: str
    points: tuple[tuple[Any, ...], ...]

    def function(self) -> Callable[..., Any]:
        """The function, with its source where `inspect` finds it.

        Two programs in five are those before them at other points: they are the same function, so
        that what was derived of it is not derived again.
        """
        return loaded(self.source, (repeated.LARGE, repeated.SAVED))

    def in_two(self) -> Program:
        """The program that returns a pair, the parts of what this one adds up in the end."""
        tree = ast.parse(self.source)
        function = next(each for each in tree.body if getattr(each, "name", None) == "f")
        return Program(ast.unparse(Halving().visit_body(function, tree)) + "\n", self.points)


class Halving(ast.NodeTransformer):
    """Returns of a function, but for those of functions inside, give a tuple of two numbers."""

    def visit_body(self, function: ast.stmt, tree: ast.Module) -> ast.Module:
        assert isinstance(function, ast.FunctionDef)
        function.body = [self.visit(statement) for statement in function.body]
        return tree

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        terms = []
        rest = node.value
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add):
            terms.append(rest.right)
            rest = rest.left
        assert rest is not None
        halves = [rest, *terms[::2]], terms[1::2] or [ast.Name("x")]
        parts: list[ast.expr] = [
            functools.reduce(lambda left, right: ast.BinOp(left, ast.Add(), right), half)
            for half in halves
        ]
        return ast.Return(ast.Tuple(parts, ast.Load()))


@functools.lru_cache(maxsize=8)
def loaded(source: str, sizes: tuple[int, int]) -> Callable[..., Any]:
    """The function ``f`` of a program, where helpers of these ``sizes`` are kept apart."""
    name = f"<program {next(SERIAL)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names: dict[str, Any] = {"__name__": "fuzzed"}
    exec(compile(source, name, "exec", dont_inherit=True), names)
    f: Callable[..., Any] = names["f"]
    return f


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program and two points."""
    writer = Writer()
    with_helper = draw(st.booleans())
    if with_helper:
        body, result = draw(statements()), draw(expressions())
        header = "g(u, v=0.7, n=2, kind='soft', option=None)"
        writer.function(header, Scope(["u", "v"]), body, result)
    body, result = draw(statements()), draw(expressions())
    scope = Scope(["x", "y"], ["xs"], calls=["g"] if with_helper else [])
    writer.function("f(x, y, n, xs, kind, option)", scope, body, result)
    text = ast.unparse(ast.parse("\n".join(writer.lines)))
    real = st.sampled_from(REALS)
    point = st.tuples(
        real,
        real,
        st.integers(0, 3),
        st.lists(real, min_size=2, max_size=3),
        st.sampled_from(["soft", "hard", "none"]),
        st.one_of(st.none(), real),
    )
    return Program(f"{FOR_IDIOMS}{PRELUDE}\n\n{text}\n", (draw(point), draw(point)))
