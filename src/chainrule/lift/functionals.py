"""Integrals and roots of numbers: calls of SciPy that are given a function of one variable."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import NamedTuple

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.lift.apart import apart, further_arguments, static_option
from chainrule.lift.methods import Methods
from chainrule.lift.values import Poison, Static, TupleValue, Value
from chainrule.primitives.functionals import (
    FIXED_POINT,
    FIXED_POINT_EFFECT,
    INTEGRAL,
    INTEGRAL_EFFECT,
    ROOT,
    ROOT_EFFECT,
)

NUMBERS = (FLOAT, INT, BOOL)


@dataclass(frozen=True)
class Search:
    """A function of SciPy: its parameters behind the function, and its options."""

    dotted: str
    own: tuple[str, ...]
    options: tuple[str, ...]
    integral: bool = False
    fixed: bool = False
    of_arrays: str = "Call it for each."

    @property
    def name(self) -> str:
        return self.dotted.rpartition(".")[2]

    def __call__(
        self,
        lifter: Methods,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        names = ("func", *self.own, "args", *self.options)
        given: dict[str, Value] = dict(zip(names, args, strict=False))
        given.update({"func" if key == "f" else key: value for key, value in keywords.items()})
        if set(given) - set(names) or not {"func", *self.own} <= set(given):
            raise lifter.unsupported(
                f"this call of `{self.name}`", f"Call it with: {', '.join(names)}.", node
            )
        extras = further_arguments(lifter, given.get("args", TupleValue(())))
        own = tuple(lifter.node(given[name]) for name in self.own)
        if any(each.type not in NUMBERS for each in own):
            raise lifter.unsupported(f"`{self.name}` of an array", self.of_arrays, node)
        options = tuple(
            (name, static_option(lifter, name, given[name], node))
            for name in self.options
            if name in given
        )
        named = "integrand" if self.integral else "equation"

        def number(value: Value) -> Node:
            result = lifter.node(value)
            if result.type not in NUMBERS:
                raise lifter.unsupported(
                    "a function that does not give a number is integrated or solved for",
                    "Let it return one float.",
                    node,
                )
            return result

        function, values = apart(lifter, given["func"], [FLOAT], extras, number, named, node)
        ops = (INTEGRAL, INTEGRAL_EFFECT) if self.integral else (ROOT, ROOT_EFFECT)
        ops = (FIXED_POINT, FIXED_POINT_EFFECT) if self.fixed else ops
        params = (function.key, self.dotted, len(own), options)
        return lifter.block.add(ops[function.raises], (*own, *values), params, FLOAT)


def integral(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``quad(...)``: the integral, and an estimate of its error that nothing is known of."""
    refusal = lifter.unsupported(
        "the estimate of an integral's error is used", "Take the integral alone: `quad(...)[0]`."
    )
    return TupleValue((QUAD(lifter, args, keywords, node), Poison(refusal)))


def double_integral(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``dblquad(func, a, b, gfun, hfun)``: an integral of integrals, as SciPy computes it."""
    found = lifter.call(Static(iterated_integral), args, keywords, node)
    refusal = lifter.unsupported(
        "the estimate of an integral's error is used", "Take the integral alone: `dblquad(...)[0]`."
    )
    return TupleValue((found, Poison(refusal)))


def iterated_integral(func, a, b, gfun, hfun, args=(), epsabs=1.49e-08, epsrel=1.49e-08):  # type: ignore[no-untyped-def]
    """``dblquad(...)[0]``."""
    from scipy.integrate import quad

    def inner(x):  # type: ignore[no-untyped-def]
        low = gfun(x) if callable(gfun) else gfun
        high = hfun(x) if callable(hfun) else hfun
        return quad(lambda y: func(y, x, *args), low, high, epsabs=epsabs, epsrel=epsrel)[0]

    return quad(inner, a, b, epsabs=epsabs, epsrel=epsrel)[0]


TOLERANCES = ("epsabs", "epsrel", "limit", "points")
QUAD = Search("scipy.integrate.quad", ("a", "b"), TOLERANCES, integral=True)
BRACKETED = ("xtol", "rtol", "maxiter")
ROOTS = {
    name: Search(f"scipy.optimize.{name}", ("a", "b"), BRACKETED)
    for name in ("brentq", "brenth", "ridder", "bisect", "toms748")
}


class Solution(NamedTuple):
    """What is understood of the result of ``root_scalar``."""

    root: float


def root_between(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``root_scalar(f, bracket=(a, b))``, of whose result the root is understood."""
    given = dict(zip(("f", "args", "method", "bracket"), args, strict=False)) | keywords
    ends = lifter.known_items(given.pop("bracket", Static(None)))
    _, method = lifter.static_value(given.get("method", Static("brentq")))
    if ends is None or len(ends) != 2 or method not in (*ROOTS, None):
        raise lifter.unsupported(
            "`root_scalar` without a bracket",
            "Give it the ends between which the root is, as bracket=(a, b): without them the "
            "search may end at no root.",
            node,
        )
    found = BETWEEN(lifter, [given.pop("f"), *ends], given, node)
    return TupleValue((found,), Solution)


def root_near(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``fsolve(func, x0)`` of one unknown: an array of one root."""
    given = dict(zip(("func", "x0", "args"), args, strict=False)) | keywords
    return TupleValue((NEAR(lifter, [], given, node),))


BETWEEN = Search("scipy.optimize.root_scalar", ("a", "b"), ("method", *BRACKETED))
NEAR = Search(
    "scipy.optimize.fsolve",
    ("x0",),
    ("xtol",),
    of_arrays="Solve a system by steps of Newton's method in a loop.",
)
FIXED = Search("scipy.optimize.fixed_point", ("x0",), ("xtol", "maxiter", "method"), fixed=True)
