"""Integrals of integrals: ``dblquad``, ``tplquad`` and ``nquad``, as SciPy computes them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from chainrule.lift.containers.methods import Methods
from chainrule.lift.values import Poison, Static, TupleValue, Value

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

TOLERANCE = 1.49e-08


def once(func, ranges, args=()):
    """``nquad`` over one variable."""
    from scipy.integrate import quad

    (first,) = ranges
    low, high = first(*args) if callable(first) else first
    return quad(lambda x: func(x, *args), low, high)[0]


def twice(func, ranges, args=()):
    """``nquad`` over two variables."""
    from scipy.integrate import quad

    first, second = ranges

    def inner(y):
        low, high = first(y, *args) if callable(first) else first
        return quad(lambda x: func(x, y, *args), low, high)[0]

    low, high = second(*args) if callable(second) else second
    return quad(inner, low, high)[0]


def thrice(func, ranges, args=()):
    """``nquad`` over three variables."""
    from scipy.integrate import quad

    first, second, third = ranges

    def middle(z):
        def inner(y):
            low, high = first(y, z, *args) if callable(first) else first
            return quad(lambda x: func(x, y, z, *args), low, high)[0]

        low, high = second(z, *args) if callable(second) else second
        return quad(inner, low, high)[0]

    low, high = third(*args) if callable(third) else third
    return quad(middle, low, high)[0]


def double(func, a, b, gfun, hfun, args=(), epsabs=TOLERANCE, epsrel=TOLERANCE):
    """``dblquad(...)[0]``."""
    from scipy.integrate import quad

    def inner(x):
        low = gfun(x) if callable(gfun) else gfun
        high = hfun(x) if callable(hfun) else hfun
        return quad(lambda y: func(y, x, *args), low, high, epsabs=epsabs, epsrel=epsrel)[0]

    return quad(inner, a, b, epsabs=epsabs, epsrel=epsrel)[0]


def triple(func, a, b, gfun, hfun, qfun, rfun, args=(), epsabs=TOLERANCE, epsrel=TOLERANCE):
    """``tplquad(...)[0]``."""
    from scipy.integrate import quad

    def middle(x):
        def inner(y):
            low = qfun(x, y) if callable(qfun) else qfun
            high = rfun(x, y) if callable(rfun) else rfun
            found = quad(lambda z: func(z, y, x, *args), low, high, epsabs=epsabs, epsrel=epsrel)
            return found[0]

        low = gfun(x) if callable(gfun) else gfun
        high = hfun(x) if callable(hfun) else hfun
        return quad(inner, low, high, epsabs=epsabs, epsrel=epsrel)[0]

    return quad(middle, a, b, epsabs=epsabs, epsrel=epsrel)[0]


Form = Callable[[Methods, list[Value], dict[str, Value], ast.AST], Value]


def _of(definition: Any, name: str) -> Form:
    """The integral, and an estimate of its error that nothing is known of."""

    def lift(
        lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        found = lifter.call(Static(definition), args, keywords, node)
        refusal = lifter.unsupported(
            "the estimate of an integral's error is used",
            f"Take the integral alone: `{name}(...)[0]`.",
        )
        return TupleValue((found, Poison(refusal)))

    return lift


def several(lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> Value:
    """``nquad(func, ranges)``, the first variable innermost."""
    given = {**dict(zip(("func", "ranges", "args"), args, strict=False)), **keywords}
    items = lifter.known_items(given["ranges"]) if "ranges" in given else None
    if items is None or len(items) not in SEVERAL or set(given) - {"func", "ranges", "args"}:
        raise lifter.unsupported(
            "this call of `nquad`",
            "Call it as nquad(func, [first, second, third], args), with up to three ranges that "
            "are written out.",
            node,
        )
    rest = {"args": given["args"]} if "args" in given else {}
    ranges = TupleValue(tuple(items))
    return _of(SEVERAL[len(items)], "nquad")(lifter, [given["func"], ranges], rest, node)


SEVERAL = {1: once, 2: twice, 3: thrice}
double_integral = _of(double, "dblquad")
triple_integral = _of(triple, "tplquad")
