"""Derivatives are as accurate as their function: judged against 50 digits.

A result may be off by a few units in the last place of itself, and by what a rounding of the
arguments does to it.
"""

from __future__ import annotations

import linecache
import math
import random
from collections.abc import Callable
from typing import Any

import mpmath
import pytest

import chainrule

EPSILON = 2.0**-53
FEW = 12
NAMES = (
    "sin", "cos", "tan", "exp", "expm1", "log", "log1p", "sqrt", "tanh", "sinh", "cosh", "asinh",
    "atan", "atan2", "erf", "erfc", "hypot", "atanh", "acos", "asin",
)  # fmt: skip

# Functions that do not cancel though their derivatives, naively taken, do.
CLASSICS: dict[str, tuple[str, list[tuple[float, ...]]]] = {
    "tanh": ("tanh(x)", [(0.3,), (5.0,), (15.0,), (18.5,), (-40.0,), (300.0,)]),
    "erf": ("erf(x)", [(0.3,), (4.0,), (-8.0,), (20.0,)]),
    "erfc": ("erfc(x)", [(0.3,), (4.0,), (-8.0,), (20.0,)]),
    "logistic": ("1.0 / (1.0 + exp(-x))", [(0.3,), (-5.0,), (30.0,), (45.0,), (-300.0,)]),
    "softplus": ("log1p(exp(x))", [(0.3,), (-40.0,), (30.0,), (300.0,)]),
    "softplus of large": ("x + log1p(exp(-x))", [(0.3,), (-5.0,), (30.0,)]),
    "expm1": ("expm1(x)", [(1e-12,), (-1e-12,), (3.0,), (-30.0,)]),
    "log1p": ("log1p(x)", [(1e-12,), (-1e-12,), (3.0,), (-0.75,)]),
    "hypot": ("hypot(x, y)", [(3.0, 4.0), (1e200, 3e200), (1e-200, 3e-200), (1e-300, 1e300)]),
    "atan2": ("atan2(x, y)", [(3.0, 4.0), (1e150, 3e150), (1e-150, 3e-150), (1e-10, -1.0)]),
    "power near 1": ("x ** y", [(1.0 + 1e-12, 3.5), (1.0 - 1e-12, -2.0), (1.0 + 1e-8, 1e7)]),
    "log-sum-exp": ("max(x, y) + log1p(exp(-abs(x - y)))", [(0.3, 1.0), (300.0, 1.0), (1.0, 40.0)]),
    "log-sum-exp by hand": ("log(exp(x) + exp(y))", [(0.3, 1.0), (300.0, 1.0), (1.0, 40.0)]),
    "quadratic formula": (
        "2.0 / (x + sqrt(x * x - 4.0 * y))",
        [(3.0, 1.0), (1e8, 1.0), (5.0, -2.0)],
    ),
    "relative": ("y * (x * x / y - 1.0) + 0.0 * x", [(1.5, 2.0), (1e9, 2.0)]),
    "ratio": ("x / (x + y)", [(1.0, 2.0), (1e10, 1.0), (1e-10, 1.0)]),
    "asinh": ("asinh(x)", [(0.3,), (1e200,), (1e-200,)]),
    "gauss": ("exp(-0.5 * x * x)", [(0.3,), (6.0,), (30.0,)]),
    "product of powers": ("x ** 3 * y ** -2.0", [(1.0 + 1e-9, 1.0 - 1e-9), (1e90, 1e90)]),
}  # fmt: skip


def compiled(body: str, names: tuple[str, ...], namespace: dict[str, Any]) -> Callable[..., Any]:
    """The function of ``names`` with this body, as text that chainrule can find."""
    text = f"def f({', '.join(names)}):\n{body}\n"
    file = f"<accuracy {abs(hash(text))}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = dict(namespace)
    exec(compile(text, file, "exec"), space)
    return space["f"]  # type: ignore[no-any-return]


FLOATS = {name: getattr(math, name) for name in NAMES}
DIGITS: dict[str, Any] = {
    "expm1": mpmath.expm1, "log1p": mpmath.log1p, "hypot": mpmath.hypot,
    **{name: getattr(mpmath, name) for name in NAMES},
}  # fmt: skip


def slopes(function: Callable[..., Any], point: tuple[float, ...], *orders: int) -> Any:
    """A partial derivative in 50 digits, by differences of a function in 150."""
    with mpmath.workdps(150):
        exact = tuple(map(mpmath.mpf, point))

        def relative(*changes: Any) -> Any:
            pairs = zip(exact, changes, strict=True)
            return function(*(value * (1 + change) for value, change in pairs))

        zeros = (mpmath.mpf(0),) * len(point)
        found = mpmath.diff(relative, zeros, orders, h=mpmath.mpf(10) ** -35)
        for value, order in zip(exact, orders, strict=True):
            found /= value**order
        return found


def allowed(function: Callable[..., Any], point: tuple[float, ...], k: int, order: int) -> Any:
    """What rounding arguments and result may change of a derivative by parameter ``k``."""
    base = [order if j == k else 0 for j in range(len(point))]
    size = abs(slopes(function, point, *base))
    for j, value in enumerate(point):
        further = list(base)
        further[j] += 1
        size += abs(value * slopes(function, point, *further))
    return FEW * EPSILON * size + mpmath.mpf(5e-324)


def check(body: str, point: tuple[float, ...], mode: str, second: bool) -> None:
    names = ("x", "y", "z")[: len(point)]
    digits = compiled(body, names, DIGITS)
    function = compiled(body, names, FLOATS)
    for k, name in enumerate(names):
        found = chainrule.grad(function, wrt=name, mode=mode)
        order = 1
        if second:
            found, order = chainrule.grad(found, wrt=name, mode=mode), 2
        value = found(*point)
        orders = [order if j == k else 0 for j in range(len(point))]
        expected = slopes(digits, point, *orders)
        tolerance = allowed(digits, point, k, order)
        assert abs(mpmath.mpf(value) - expected) <= tolerance, (
            f"{body} at {point} by {name}: {value!r}, not {mpmath.nstr(expected, 20)}; "
            f"{mpmath.nstr(abs(value - expected) / tolerance * FEW, 3)} units\n{found.source}"
        )


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", list(CLASSICS))
def test_slopes_do_not_cancel_where_the_function_does_not(name: str, mode: str) -> None:
    text, points = CLASSICS[name]
    for point in points:
        check(f"    return {text}", point, mode, second=False)


@pytest.mark.parametrize("name", list(CLASSICS))
def test_second_derivatives_do_not_either(name: str) -> None:
    text, points = CLASSICS[name]
    for point in points[:2]:
        check(f"    return {text}", point, "reverse", second=True)


def program(seed: int) -> str:
    """Statements in a row whose values and slopes are moderate, without subtractions.

    What a program of positive terms computes is well conditioned, and so is its gradient: what
    cancels in it has been made to cancel by rewriting.
    """
    chance = random.Random(seed)
    names = ["x", "y", "z"]
    lines = []
    for k in range(chance.randint(3, 9)):
        a, b = chance.choice(names), chance.choice(names)
        lines.append(
            f"    v{k} = "
            + chance.choice(
                [
                    f"{a} * {b}",
                    f"{a} + {b}",
                    f"{a} * {a} + {chance.randint(1, 9)}.0 * {b}",
                    f"{a} / (1.0 + {b})",
                    f"sqrt({a} + {b})",
                    f"exp(0.25 * {a} / (1.0 + {a}))",
                    f"log1p({a} * {b})",
                    f"tanh({a})",
                    f"hypot({a}, {b})",
                    f"{a} ** 3 / (2.0 + {b} ** 2)",
                ]
            )
        )
        names.append(f"v{k}")
    return "\n".join([*lines, f"    return {names[-1]} * ({names[-2]} + 1.0)"])


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
@pytest.mark.parametrize("seed", range(40))
def test_gradients_of_random_programs_hold_in_50_digits(seed: int, mode: str) -> None:
    body = program(seed)
    point = (0.37, 1.25, 0.81)
    digits = compiled(body, ("x", "y", "z"), DIGITS)
    function = compiled(body, ("x", "y", "z"), FLOATS)
    found = chainrule.grad(function, wrt=("x", "y", "z"), mode=mode)(*point)
    exact = [
        slopes(digits, point, *(1 if j == k else 0 for j in range(3))) for k in range(len(point))
    ]
    size = max(map(abs, exact))
    for value, expected in zip(found, exact, strict=True):
        # The paths to a parameter may cancel: measured by the largest slope.
        assert abs(mpmath.mpf(value) - expected) <= 64 * EPSILON * (size + abs(expected)), body
