"""Functions that call themselves, and functions that are called from many places."""

from __future__ import annotations

import functools
import linecache
import math
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, hvp, jacobian, value_and_grad
from chainrule.errors import NotDifferentiableError, UnsupportedError
from tests import oracle
from tests.slopes import check_against_oracle, check_slopes


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def powers(x: float, n: int) -> float:
    return 2.0 * power(x, n)


def legendre(n: int, x: float) -> float:
    if n == 0:
        return 1.0
    if n == 1:
        return x
    return ((2 * n - 1) * x * legendre(n - 1, x) - (n - 1) * legendre(n - 2, x)) / n


def by_squaring(x, n):
    if n == 0:
        return 1.0
    half = by_squaring(x, n // 2)
    return half * half * x if n % 2 else half * half


def nested(m, x):
    if m <= 0:
        return x
    return nested(m - 1, nested(m - 1, 1.1) * x)


def even(n, x):
    return x if n == 0 else 2 * odd(n - 1, x)


def odd(n, x):
    return 3 * x if n == 0 else x * even(n - 1, x)


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def exponent(x, n):
    return x ** fibonacci(n)


def tree(node):
    if isinstance(node, (int, float)):
        return node * node
    total = 0.0
    for child in node:
        total += tree(child)
    return total


def tree_of(x):
    return tree((x, (2 * x, [x, 3.0]), x))


def collatz(x, n):
    if n < 0:
        raise ValueError(f"negative: {n}")
    if n == 1:
        return x
    if n % 2:
        return math.sin(x) * collatz(x, 3 * n + 1)
    return math.cos(x) + collatz(x * 1.01, n // 2)


def pair(x, y, n):
    if n == 0:
        return x, y
    a, b = pair(x * y, x + y, n - 1)
    return a * x, b


def of_pair(x, y, n):
    a, b = pair(x, y, n)
    return a + b * b


def simpson(f, a, b, tolerance, depth):
    m = (a + b) / 2
    whole = (b - a) / 6 * (f(a) + 4 * f(m) + f(b))
    left = (m - a) / 6 * (f(a) + 4 * f((a + m) / 2) + f(m))
    right = (b - m) / 6 * (f(m) + 4 * f((m + b) / 2) + f(b))
    if depth <= 0 or abs(whole - left - right) < tolerance:
        return left + right
    half = tolerance / 2
    return simpson(f, a, m, half, depth - 1) + simpson(f, m, b, half, depth - 1)


def area(b, k, depth):
    return simpson(math.exp, 0.0, b, 1e-3, depth) * k


def horner(c, x, i):
    if i == len(c):
        return 0.0
    return c[i] + x * horner(c, x, i + 1)


def polynomial(x, c):
    return horner(c, x, 0)


def newton(x, a, n):
    y = 0.5 * (x + a / x)
    if abs(y - x) < 1e-12 or n == 0:
        return y
    return newton(y, a, n - 1)


def in_a_loop(x, y, n):
    total = 0.0
    for k in range(n):
        total += legendre(k, x) * y
    return total


def with_style(x, n, style="double"):
    if n == 0:
        return x
    inner = with_style(x, n - 1, style)
    return 2 * inner if style == "double" else inner + x


def plain_style(x, n):
    return with_style(x, n, "plain")


def inner_newton(x, a, n):
    scale = 0.5
    target = a * 1.5

    def improved(y):
        return scale * (y + target / y)

    def iterate(y, left):
        new = improved(y)
        if left == 0 or abs(new - y) < 1e-10:
            return new
        return iterate(new, left - 1)

    return iterate(x, n) * a


def inner_with_table(x, n):
    table = [1.0, 0.5, 0.25]
    options = {"shift": x * x, "kind": "plain"}

    def walk(k):
        if k == 0:
            return options["shift"]
        if options["kind"] == "plain":
            return table[k % 3] * x + walk(k - 1) * 0.9
        return 0.0

    return walk(n)


def inner_mutual(x, n):
    def ping(k):
        return x if k == 0 else 2 * pong(k - 1)

    def pong(k):
        return x * x if k == 0 else x * ping(k - 1)

    return ping(n) + pong(n)


def inner_names_again(x, n):
    level = 3.0 * x

    def scaled(k):
        level = x * k

        def inner(y):
            return y * level

        return inner

    times = scaled(2.0)

    def grown(level, step=1.0):
        if step > n:
            level = times(level)
        larger = 1.3 * level
        if larger < 100.0:
            larger = grown(larger, step + 1.0)
        return larger

    return grown(level) + level


def parts(fn, a, b, whole):
    middle = 0.5 * (a + b)
    left, right = (middle - a) * fn(0.5 * (a + middle)), (b - middle) * fn(0.5 * (middle + b))
    if abs(left + right - whole) < 1e-3:
        return left + right
    return parts(fn, a, middle, left) + parts(fn, middle, b, right)


def adaptive(x, k):
    scale = k

    def density(t):
        return scale * math.exp(-x * t)

    scale = scale * x
    first = parts(density, 0.0, 2.0, 0.0)
    scale = scale + first
    return first * parts(density, 0.0, x, 0.0) + parts(lambda t: t * first, 0.0, 1.0, 0.0)


def wrapped_again(x, n):
    def rest(fn, k):
        return fn(1.0) if k == 0 else rest(lambda t: fn(t) * 2.0, k - 1)

    return rest(lambda t: x * t, n)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (powers, (2.0, 5), "x"),
    (power, (2.0, 5), "x"),
    (legendre, (5, 0.3), "x"),
    (by_squaring, (1.1, 13), "x"),
    (nested, (3, 0.7), "x"),
    (even, (7, 1.3), "x"),
    (exponent, (1.2, 6), "x"),
    (tree_of, (1.5,), "x"),
    (collatz, (0.4, 7), "x"),
    (of_pair, (0.5, 0.8, 4), "x"),
    (of_pair, (0.5, 0.8, 4), "y"),
    (area, (1.0, 2.0, 5), "b"),
    (area, (1.0, 2.0, 5), "k"),
    (polynomial, (0.5, [1.0, 2.0, 3.0]), "x"),
    (newton, (1.0, 2.0, 20), "a"),
    (in_a_loop, (0.3, 2.0, 5), "x"),
    (in_a_loop, (0.3, 2.0, 5), "y"),
    (with_style, (1.0, 3), "x"),
    (plain_style, (1.0, 3), "x"),
    (inner_newton, (1.0, 2.0, 20), "a"),
    (inner_with_table, (0.7, 5), "x"),
    (inner_mutual, (0.7, 5), "x"),
    (inner_names_again, (0.7, 5), "x"),
    (adaptive, (0.7, 1.3), "x"),
    (adaptive, (0.7, 1.3), "k"),
]
EVERY = pytest.mark.parametrize(("function", "at", "wrt"), CASES)


def measured(function: Callable[..., Any], at: tuple[Any, ...], wrt: str) -> oracle.Verdict:
    (verdict,) = oracle.gradient(function, at, {}, wrt).values()
    assert verdict.decided, verdict
    return verdict


@EVERY
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_gradient_is_the_oracles(
    function: Callable[..., Any], at: tuple[Any, ...], wrt: str, mode: str
) -> None:
    value, slope = value_and_grad(function, wrt, mode=mode)(*at)
    assert oracle.same_bits(value, function(*at))
    assert oracle.agrees(measured(function, at, wrt), slope)


@EVERY
def test_second_derivative_is_that_of_the_first(
    function: Callable[..., Any], at: tuple[Any, ...], wrt: str
) -> None:
    slope = grad(function, wrt)
    position = list(function.__code__.co_varnames).index(wrt)

    def shifted(step: float) -> float:
        return slope(*(v + step if k == position else v for k, v in enumerate(at)))  # type: ignore[no-any-return]

    want = (8 * (shifted(1e-3) - shifted(-1e-3)) - (shifted(2e-3) - shifted(-2e-3))) / 12e-3
    got = hessian(function, wrt)(*at)
    if function not in (newton, inner_newton, area):
        assert got == pytest.approx(want, rel=1e-6, abs=1e-7)
    assert got == pytest.approx(grad(grad(function, wrt), wrt)(*at), rel=1e-9, abs=1e-12)


def test_several_parameters_take_one_call() -> None:
    slopes = grad(of_pair, ("x", "y"))
    together = slopes(0.5, 0.8, 4)
    assert slopes.source.count("def ") == 2
    assert together == (grad(of_pair, "x")(0.5, 0.8, 4), grad(of_pair, "y")(0.5, 0.8, 4))
    assert jacobian(pair, ("x", "y"))(2.0, 3.0, 1)[0] == (12.0, 4.0)


def test_value_and_slope_come_from_one_call() -> None:
    lines = [line for line in value_and_grad(powers).source.split("\n") if "#" not in line]
    assert sum("power_with_slopes(x, n" in line for line in lines) == 2
    assert not any(" power(" in line for line in lines)


TEXT = '''
def power_with_slopes(x: float, n: int) -> tuple[float, float]:
    """Value of `power` and its slopes by x."""
    if n == 0:
        return 1.0, 0.0
    value, power_dx = power_with_slopes(x, n - 1)
    # line: return x * power(x, n - 1)
    return x * value, value + power_dx * x


def grad_powers(x: float, n: int) -> float:
    """Gradient of `powers` with respect to x.

    Generated by chainrule 0.1.0 from test_recursion.py
    (chainrule grad test_recursion.py:powers --wrt x).
    2 operations; powers itself takes 2.
    """
    # line: return 2.0 * power(x, n)
    return 2.0 * power_with_slopes(x, n)[1]
'''


def test_the_text_reads_as_a_person_would_write_it() -> None:
    text = re.sub(r"line \d+:", "line:", grad(powers).source)
    text = re.sub(r"\.py:\d+", ".py", text)
    assert text == TEXT.lstrip()


def test_recursion_runs_under_numba() -> None:
    pytest.importorskip("numba")
    assert grad(powers, target="numba")(2.0, 5) == 160.0


def test_the_functions_own_exception_comes_through_and_once() -> None:
    with pytest.raises(ValueError, match="negative: -3"):
        grad(collatz)(0.5, -3)


class Chain:
    def __init__(self, rate: float, style: str) -> None:
        self.rate = rate
        self.style = style

    def step(self, x, n):
        if n == 0:
            return self.rate if self.style == "rate" else 2.0
        return x * self.step(x * 0.9, n - 1) + self.rate

    def run(self, x, n):
        return self.step(x, n)


def test_methods_that_call_themselves_read_their_object() -> None:
    chain = Chain(1.3, "rate")
    slope = grad(chain.run)
    for rate, style in ((1.3, "rate"), (2.0, "rate"), (2.0, "two")):
        chain.rate, chain.style = rate, style
        assert oracle.agrees(measured(chain.run, (0.5, 4), "x"), slope(0.5, 4))


def test_a_changed_helper_of_a_recursive_function_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(powers)
    assert slope(2.0, 5) == 160.0
    monkeypatch.setitem(globals(), "power", lambda x, n: x * x)
    assert slope(2.0, 5) == 8.0
    monkeypatch.undo()
    assert slope(2.0, 5) == 160.0


def test_deep_recursion_is_walked_once() -> None:
    slope = grad(power)
    assert slope(1.0, 200) == 200.0
    assert slope.source.count("power_with_slopes(x, n - 1)") == 2


def endless(x):
    return 2.0 * endless(x)


def printing(x, n):
    print(n)
    return x if n == 0 else x * printing(x, n - 1)


def hypot(x, y):
    from math import hypot

    return hypot(x, y) + x


def test_a_function_of_the_same_name_is_no_recursion() -> None:
    assert grad(lambda x: hypot(x, 4.0))(3.0) == 1.6


def counting(x, n):
    count = 0

    def walk(k):
        nonlocal count
        count += 1
        return x if k == 0 else x * walk(k - 1)

    return walk(n) + count


def filling(x, n):
    seen = []

    def walk(k):
        seen.append(k)
        return x if k == 0 else x * walk(k - 1)

    return walk(n)


def test_a_list_of_the_function_around_a_recursion_may_grow() -> None:
    assert grad(filling, "x")(1.0, 50) == 51.0


@pytest.mark.parametrize(
    ("function", "wrt", "at", "why"),
    [
        (endless, "x", (1.0,), "no path through it ends"),
        (printing, "x", (1.0, 2), "prints"),
        (counting, "x", (1.0, 50), "assigns a variable of the function around it"),
        (wrapped_again, "x", (1.0, 50), "another function each time"),
    ],
)
def test_other_recursion_is_refused(
    function: Callable[..., Any], wrt: str, at: tuple[Any, ...], why: str
) -> None:
    with pytest.raises(UnsupportedError, match=why):
        grad(function, wrt)(*at)


def doubling(levels: int) -> Callable[[float], float]:
    """A function that calls one twice that calls one twice, and so on."""
    lines = ["import math", "def g0(x):", "    return x + 0.001 * math.sin(x)"]
    for k in range(1, levels + 1):
        lines += [f"def g{k}(x):", f"    return 0.5 * g{k - 1}(x) + 0.5 * g{k - 1}(x * 1.0001)"]
    text = "\n".join(lines) + "\n"
    name = f"doubling_{levels}"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = types.ModuleType(name)
    exec(compile(text, name, "exec"), vars(module))
    found: Callable[[float], float] = vars(module)[f"g{levels}"]
    return found


def test_code_grows_linearly_with_nested_calls() -> None:
    sizes = {levels: len(grad(doubling(levels)).source) for levels in (8, 13, 18)}
    assert all(size < 400 * levels for levels, size in sizes.items()), sizes


def test_a_function_that_is_called_from_many_places_is_right() -> None:
    f = doubling(8)
    value, slope = value_and_grad(f)(0.3)
    assert value == f(0.3)
    assert oracle.agrees(measured(f, (0.3,), "x"), slope)


def of_a_list(c, n):
    return c[0] if n == 0 else c[1] * of_a_list(c, n - 1)


def halves(xs):
    if len(xs) == 1:
        return xs[0] ** 2
    middle = len(xs) // 2
    return halves(xs[:middle]) * halves(xs[middle:])


def matrix_power(A, n):
    if n == 0:
        return np.eye(A.shape[0])
    if n % 2:
        return A @ matrix_power(A, n - 1)
    B = matrix_power(A, n // 2)
    return B @ B


def sum_of_power(A, n):
    return np.sum(matrix_power(A, n))


MATRIX = np.array([[0.7, -0.5, 0.3], [0.1, 1.1, -0.7], [0.6, 0.2, -0.4]])


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (of_a_list, ([1.0, 2.0], 3)),
        (halves, ([1.5, -2.0, 0.5],)),
        (halves, (np.array([1.5, -2.0, 0.5]),)),
        (sum_of_power, (MATRIX, 5)),
    ],
)
def test_recursion_hands_on_lists_and_arrays(
    function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    gradient = grad(function)(*args)
    for path, verdict in oracle.gradient(function, args).items():
        assert oracle.agrees(verdict, oracle.look_up(gradient, path)), (path, verdict)


def test_recursion_over_arrays_is_differentiated_twice() -> None:
    slope, direction = grad(sum_of_power), np.eye(3)[::-1]
    _, found = hvp(sum_of_power)(MATRIX, 5, A_dot=direction)
    step = 1e-5 * direction
    expected = (slope(MATRIX + step, 5) - slope(MATRIX - step, 5)) / 2e-5
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def weighted_squares(c, x):
    if not c:
        return 0.0
    return c[0] ** 3 + x * weighted_squares(c[1:], x)


def halved(x):
    if len(x) == 1:
        return x[0] ** 3
    middle = len(x) // 2
    return 0.5 * halved(x[:middle]) + halved(x[middle:])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_second_derivatives_of_recursion_over_lists_and_arrays(mode: str) -> None:
    """What one arm alone has computed is not asked for where the other was taken."""
    bend = jacobian(grad(weighted_squares, mode=mode))
    assert bend([1.0, 2.0], 0.5) == [[6.0, 0.0], [0.0, 6.0]]
    assert bend([], 0.5) == []
    bend = jacobian(grad(halved, mode=mode))
    np.testing.assert_array_equal(bend(np.array([2.0])), [[12.0]])
    np.testing.assert_array_equal(bend(np.array([2.0, 1.0])), np.diag([6.0, 6.0]))


def test_a_recursive_helper_reads_the_globals_of_its_own_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    (tmp_path / "module_of_the_helper.py").write_text(
        "RATE = 2.0\nOTHER = 1.0\n\n\ndef power(x, n):\n"
        "    return OTHER if n <= 0 else RATE * x * power(x, n - 1)\n"
    )
    (tmp_path / "module_of_the_caller.py").write_text(
        "from module_of_the_helper import power\n\nRATE = 5.0\n\n\n"
        "def f(x, n):\n    return RATE * power(x, n)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    caller = importlib.import_module("module_of_the_caller")
    slope = grad(caller.f, wrt="x")
    assert slope(3.0, 2) == 5.0 * 4.0 * 6.0
    monkeypatch.setattr(importlib.import_module("module_of_the_helper"), "RATE", 3.0)
    assert slope(3.0, 2) == 5.0 * 9.0 * 6.0
    monkeypatch.setattr(caller, "RATE", 1.0)
    assert slope(3.0, 2) == 9.0 * 6.0


def stairs(x, n):
    return 1.0 if n == 0 else int(x) * stairs(x, n - 1)


def floors(x, n):
    return 2.0 * int(x) if n == 0 else rooms(x, n - 1)


def rooms(x, n):
    return 3.0 * int(x) if n == 0 else floors(x, n - 1)


def beside(x, n):
    return x + rooms(x * x, n)


def fractional(x, n):
    return x - int(x) if n == 0 else fractional(x, n - 1)


@pytest.mark.parametrize("function", [stairs, floors])
def test_a_slope_that_is_hidden_in_a_recursion_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(NotDifferentiableError, match=r"flow through `int\(...\)`"):
        grad(function)(2.7, 3)


@pytest.mark.parametrize("function", [beside, fractional])
def test_a_step_beside_a_slope_is_flat_in_a_recursion(function: Callable[..., Any]) -> None:
    assert grad(function)(2.7, 3) == 1.0


@functools.cache
def remembered(n, x):
    if n < 2:
        return x + n
    return remembered(n - 1, x) * 0.5 + x * remembered(n - 2, x)


def test_recursion_that_keeps_its_results_does_so_in_its_derivative() -> None:
    def f(x, n):
        return remembered(n, x)

    slope = grad(f)
    assert "@cache\ndef remembered_with_slopes(n, x):" in slope.source
    # Without it this would take some 10^12 calls.
    found = slope(0.7, 60)
    h = 1e-5
    assert found == pytest.approx((f(0.7 + h, 60) - f(0.7 - h, 60)) / (2 * h), rel=1e-7)
    assert grad(f, mode="forward")(0.7, 60) == pytest.approx(found, rel=1e-14)
    assert value_and_grad(f)(0.7, 60) == (f(0.7, 60), found)
    numbers = grad(f)(0.3, 9), grad(f)(0.3, np.int64(9)), grad(f)(np.float64(0.3), 9)
    assert numbers[0] == numbers[1] == numbers[2]


def knapsack(x, n):
    weights, values = [2, 3, 4, 5], [3.0 * x, 4.0, 5.0 * x * x, 6.0]

    @functools.cache
    def best(item, room):
        if item == len(weights):
            return 0.0
        found = best(item + 1, room)
        if weights[item] <= room:
            found = max(found, values[item] + best(item + 1, room - weights[item]))
        return found

    return best(0, n)


def american_put(x, n):
    @functools.lru_cache(512)
    def worth(step, ups):
        spot = x * 1.1**ups * 1.1 ** (ups - step)
        now = max(1.0 - spot, 0.0)
        if step == n:
            return now
        later = 0.55 * worth(step + 1, ups + 1) + 0.45 * worth(step + 1, ups)
        return max(now, 0.99 * later)

    return worth(0, 0)


def lattice(x, n):
    memo = {}

    def paths(i, j):
        if i == 0 or j == 0:
            return 1.0
        if (i, j) not in memo:
            memo[i, j] = x * paths(i - 1, j) + 0.5 * paths(i, j - 1)
        return memo[i, j]

    return paths(n, n)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [knapsack, american_put, lattice])
def test_a_recursion_inside_that_remembers_is_written_out(
    function: Callable[..., Any], mode: str
) -> None:
    for n in (5, 8):
        value, slope = value_and_grad(function, mode=mode)(0.72, n)
        assert value == function(0.72, n)
        h = 1e-6
        expected = (function(0.72 + h, n) - function(0.72 - h, n)) / (2 * h)
        assert slope == pytest.approx(expected, rel=1e-7, abs=1e-9)


class Var:
    """A number that keeps what it was computed from, as differentiators do."""

    def __init__(self, value, parents=()):
        self.value, self.parents, self.slope = value, parents, 0.0

    def __add__(self, other):
        return Var(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Var(self.value * other.value, ((self, other.value), (other, self.value)))

    def backward(self, seed=1.0):
        self.slope += seed
        for parent, weight in self.parents:
            parent.backward(seed * weight)


def slopes_of_its_own(a, b):
    x, y = Var(a), Var(b)
    z = x * y + x * x * x
    z.backward()
    return z.value + x.slope * y.slope


class Term:
    def __init__(self, name, *parts):
        self.name, self.parts = name, parts

    def at(self, held):
        found = [p.at(held) if isinstance(p, Term) else held.get(p, p) for p in self.parts]
        return sum(found) if self.name == "+" else found[0] * found[1]


def of_a_term(a, b):
    term = Term("+", Term("*", "a", "b"), Term("*", "a", Term("+", "a", 1.0)))
    return term.at({"a": a, "b": b})


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [slopes_of_its_own, of_a_term])
def test_trees_of_tuples_are_gone_through(f: Callable[..., float], mode: str) -> None:
    check_against_oracle(f, (1.3, 0.7), mode=mode)


class Slopes:
    """Holds a derivative that the function itself calls."""


def of_its_own_slope(x, n):
    if n == 0:
        return x * x
    return Slopes.of_itself(x, n - 1) * x


def test_a_function_that_calls_its_own_derivative_is_refused() -> None:
    Slopes.of_itself = grad(of_its_own_slope)
    with pytest.raises(UnsupportedError, match="calls a derivative of itself"):
        Slopes.of_itself(0.5, 2)


class Doubled:
    """An object that holds something else than its constructor is given."""

    def __init__(self, given: float) -> None:
        self.held = 2.0 * given


def held_by_the_last(x: float, n: int) -> float:
    def made(k: int) -> Doubled:
        return Doubled(x) if k == 0 else Doubled(0.3 * made(k - 1).held + 1.0)

    return made(n).held ** 2


@pytest.mark.parametrize("n", [5, 90])
def test_an_object_that_a_recursion_returns_is_not_made_a_second_time(n: int) -> None:
    value, slope = value_and_grad(held_by_the_last)(0.7, n)
    held = 5.0 + 0.6**n * (1.4 - 5.0)
    assert value == held_by_the_last(0.7, n)
    assert value == pytest.approx(held * held, rel=1e-12)
    assert slope == pytest.approx(2.0 * held * 2.0 * 0.6**n, rel=1e-9)


def every_second(vals):
    if len(vals) < 2:
        return 0.2
    return vals[1] * vals[1] + 0.5 * every_second(vals[::2])


COUNT = 5


def shifted_second(vals, shift):
    if len(vals) < 2:
        return shift
    return vals[1] * vals[1] * shift + 0.5 * shifted_second(vals[::2], shift)


def numbers_in_a_list(x: float, y: float, z: float) -> float:
    multiples = [x * k for k in range(COUNT)]
    return every_second(multiples) * shifted_second(multiples, y) * z


def test_a_number_moves_no_entry_of_a_list_that_another_moves() -> None:
    check_slopes(numbers_in_a_list, (0.7, 0.3, 1.4), "forward")
    slope = value_and_grad(numbers_in_a_list, wrt=("x", "y", "z"), mode="forward")
    slope(0.7, 0.3, 1.4)
    assert slope.source.count(" every_second_pushforward(") == 3
