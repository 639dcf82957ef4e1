"""Transforms on small programs of every kind, with derivatives known by hand."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, e, exp, pi, sin, sqrt, tanh
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.special as sp

from chainrule import (
    ArgumentError,
    define_derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)

CASES: list[Any] = []


def check(name: str, thunk: Callable[[], Any], want: Any) -> None:
    """Enter a case: what the thunk must give."""
    CASES.append(pytest.param(thunk, want, id=name))


def close(got: Any, want: Any) -> bool:
    """Equality of layout, and of numbers but for rounding."""
    if isinstance(want, (tuple, list)):
        same = type(got) is type(want) and len(got) == len(want)
        return same and all(map(close, got, want))
    if isinstance(want, dict):
        return got.keys() == want.keys() and all(close(got[key], want[key]) for key in want)
    if hasattr(want, "__dict__"):
        return type(got) is type(want) and close(vars(got), vars(want))
    return bool(abs(got - want) <= 1e-9 * max(1.0, abs(want)))


def cube(x):
    return x**3


check("grad grad", lambda: grad(grad(cube))(2.0), 12.0)
check("grad^3", lambda: grad(grad(grad(cube)))(2.0), 6.0)
check("int arg", lambda: grad(cube)(2), 12.0)
check("perturb", lambda: grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0), 1.0)


def area(x, y):
    return x * x * y


def area_by_height(x):
    return grad(area, wrt=["y", "x"])(x, 2.0 * x)[0]


check("wrt in a list", lambda: grad(area, wrt=["y", 0])(2.0, 3.0), (4.0, 12.0))
check("wrt in a list of one", lambda: grad(area, wrt=["y"])(2.0, 3.0), (4.0,))
check("hessian by a list", lambda: hessian(area, ["x", "y"])(2.0, 3.0), ((6.0, 4.0), (4.0, 0.0)))
check("wrt in a list inside of a function", lambda: grad(area_by_height)(3.0), 6.0)


def inner_grad(x):
    return grad(cube)(x) * x


check("nested grad of global", lambda: grad(inner_grad)(2.0), 3 * 3 * 4.0)


@dataclass
class P:
    a: float
    b: float = 2.0


class Q(NamedTuple):
    a: float
    b: float


check("dataclass", lambda: grad(lambda p: p.a**2 * p.b)(P(3.0, 4.0)), P(24.0, 9.0))
check("namedtuple", lambda: grad(lambda p: p.a**2 * p.b)(Q(3.0, 4.0)), Q(24.0, 9.0))
check("tuple", lambda: grad(lambda p: p[0] ** 2 * p[1])((3.0, 4.0)), (24.0, 9.0))


def unp(p):
    x, y = p
    return x * x * y


check("tuple unpack", lambda: grad(unp)((3.0, 4.0)), (24.0, 9.0))
check("list unpack", lambda: grad(unp)([3.0, 4.0]), [24.0, 9.0])
check(
    "dict",
    lambda: grad(lambda p: p["a"] ** 2 * p["b"])({"a": 3.0, "b": 4.0}),
    {"a": 24.0, "b": 9.0},
)
check(
    "nested dict",
    lambda: grad(lambda p: p["a"][0] ** 2 * p["b"])({"a": [3.0, 1.0], "b": 4.0}),
    {"a": [24.0, 0.0], "b": 9.0},
)
check("args", lambda: grad(lambda *a: a[0] * a[1])(3.0, 4.0), (4.0, 3.0))
check("kwonly", lambda: grad(lambda *, k: k * k, "k")(k=3.0), 6.0)
check("default", lambda: grad(lambda x, k=2.0: x**k)(3.0), 6.0)
check("unused", lambda: grad(lambda x, y: x, "y")(3.0, 1.0), 0.0)
check("const", lambda: grad(lambda x: 3.0)(3.0), 0.0)


def of_dict(p):
    return p["u"] ** 2 * p["v"]


def layout(x, y):
    return {"a": x * y, "b": [x * x, y]}


made_vjp = vjp(cube)
check("jvp inside", lambda: grad(lambda x: jvp(cube)(x, x)[1])(2.0), 36.0)
check("jvp inside by name", lambda: grad(lambda x: jvp(cube)(x, x_dot=x)[1])(2.0), 36.0)
check("vjp inside", lambda: grad(lambda x: vjp(cube)(x, 1.0)[1] * x)(2.0), 36.0)
check("made vjp inside", lambda: grad(lambda x: made_vjp(x, 1.0)[1])(2.0), 12.0)
check(
    "vjp of a container inside",
    lambda: grad(lambda x: vjp(layout, (0, 1))(x, 2.0, {"a": 1.0, "b": [x, 1.0]})[1][0])(3.0),
    12.0,
)
check(
    "jvp along a dict inside",
    lambda: grad(lambda x: jvp(of_dict)({"u": x, "v": 2.0}, {"u": 1.0, "v": x})[1])(3.0),
    31.0,
)
check(
    "hvp inside",
    lambda: grad(lambda x: hvp(lambda a, b: a**3 * b**2, (0, 1))(x, 2.0, 1.0, 0.0)[1][0])(3.0),
    24.0,
)
check(
    "jvp of jvp inside",
    lambda: grad(lambda x: jvp(jvp(cube))(x, 1.0, 1.0)[1][1])(2.0),
    6.0,
)
check(
    "jvp of a list inside",
    lambda: grad(lambda x: jvp(lambda p: sum(v * v for v in p))(x, x)[1])([2.0, 3.0]),
    [8.0, 12.0],
)
check("jvp of vjp", lambda: jvp(vjp(cube))(2.0, 1.0, 1.0), ((8.0, 12.0), (12.0, 12.0)))
check("vjp of jvp", lambda: vjp(jvp(cube))(2.0, 1.0, (1.0, 1.0)), ((8.0, 12.0), 24.0))
check("jacobian of hessian", lambda: jacobian(hessian(lambda x: x**4))(2.0), 48.0)


class M:
    def __init__(s, k):
        s.k = k
        s.count = 0

    def f(s, x):
        s.count += 1
        return s.k * x * x

    @staticmethod
    def g(x):
        return x * x

    def __call__(s, x):
        return s.f(x) * x


m = M(3.0)
check("method", lambda: grad(m.f)(2.0), 12.0)
check("static", lambda: grad(M.g)(2.0), 4.0)
check("callable obj", lambda: grad(m)(2.0), 36.0)
R = 2.0


def glob(x):
    return R * x * x


gg = grad(glob)
check("global", lambda: gg(3.0), 12.0)


def mk(c):
    def f(x):
        return c * x

    def setc(v):
        nonlocal c
        c = v

    return f, setc


f, setc = mk(2.0)
gf = grad(f)
check("closure", lambda: gf(1.0), 2.0)


@functools.lru_cache(None)
def cached(x):
    return x * x


check("lru", lambda: grad(lambda x: cached(x) * x)(2.0), 12.0)
check("lru top", lambda: grad(cached)(2.0), 4.0)


def newt(x, tol=1e-12):
    y = x
    while abs(y * y - x) > tol:
        y = 0.5 * (y + x / y)
    return y


check("while", lambda: grad(newt)(4.0), 0.25)
check("while rev", lambda: grad(newt, mode="reverse")(4.0), 0.25)
check("jvp", lambda: jvp(cube)(2.0, x_dot=1.0), (8.0, 12.0))
check("jvp pos", lambda: jvp(cube)(2.0, 1.0), (8.0, 12.0))
check("vjp", lambda: vjp(cube)(2.0, 1.0), (8.0, 12.0))
check("hvp", lambda: hvp(cube)(2.0, 1.0), (12.0, 12.0))
check(
    "jac", lambda: jacobian(lambda x, y: (x * y, x + y), (0, 1))(2.0, 3.0), ((3.0, 2.0), (1.0, 1.0))
)
check(
    "jac dict",
    lambda: jacobian(lambda x, y: {"p": x * y, "s": x + y}, (0, 1))(2.0, 3.0),
    {"p": (3.0, 2.0), "s": (1.0, 1.0)},
)
check(
    "jac list list",
    lambda: jacobian(lambda x: [v * v for v in x])([2.0, 3.0]),
    [[4.0, 0.0], [0.0, 6.0]],
)
check(
    "jac list->tuple",
    lambda: jacobian(lambda x: (x[0] * x[1], x[1]))([2.0, 3.0]),
    ([3.0, 2.0], [0.0, 1.0]),
)
check(
    "jac x->list", lambda: jacobian(lambda x, n: [x * i for i in range(n)])(2.0, 3), [0.0, 1.0, 2.0]
)
check("hess", lambda: hessian(lambda x, y: x * x * y, (0, 1))(2.0, 3.0), ((6.0, 4.0), (4.0, 0.0)))
check(
    "hess list", lambda: hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0]), [[6.0, 4.0], [4.0, 0.0]]
)
check("stop", lambda: grad(lambda x: x * stop_gradient(x))(3.0), 3.0)


@define_derivative(lambda x, y: 2 * x * y, lambda x, y: x * x, check_at=[(1.0, 2.0)])
def ext(x, y):
    return float(str(x * x * y))


check("rule", lambda: grad(lambda x: ext(x, 3.0) * x)(2.0), 36.0)
check("rule2", lambda: grad(grad(lambda x: ext(x, 3.0)))(2.0), 6.0)

check("np scalar", lambda: grad(lambda x: np.exp(x) * np.sin(x))(1.0), e * (sin(1) + cos(1)))
check("np where", lambda: grad(lambda x: np.where(x > 0, x * x, 0.0) * np.pi)(2.0), 4 * pi)

check(
    "special",
    lambda: grad(lambda x: sp.gammaln(x) + sp.erf(x))(2.0),
    sp.digamma(2.0) + 2 / sqrt(pi) * exp(-4),
)


def W(x, ws):
    for w in ws:
        x = [tanh(sum(a * b for a, b in zip(row, x, strict=False))) for row in w]
    return sum(x)


ws = [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6]]]
check(
    "nn",
    lambda: grad(W, "ws")([1.0, 2.0], ws)[0][1][0],
    (
        W([1.0, 2.0], [[[0.1, 0.2], [0.3 + 1e-6, 0.4]], ws[1]])
        - W([1.0, 2.0], [[[0.1, 0.2], [0.3 - 1e-6, 0.4]], ws[1]])
    )
    / 2e-6,
)


def mut(x):
    x[0] = x[0] * 2
    return x[0] * x[1]


numbers = [2.0, 3.0]
check("mutated arg", lambda: (grad(mut)(numbers), numbers), ([6.0, 4.0], [4.0, 3.0]))


def text(x, kind="sq"):
    match kind:
        case "sq":
            return x * x
        case "cu" | "cube":
            return x**3
    return f"{x}"


check("match", lambda: grad(text)(3.0), 6.0)
check("match2", lambda: grad(text)(3.0, "cube"), 27.0)


def raises(x):
    if x < 0:
        raise ValueError(f"bad {x}")
    return sqrt(x)


check("sqrt0", lambda: 1 / grad(raises)(0.0), 0.0)
check("xsqrt", lambda: grad(lambda x: x * sqrt(x))(0.0), 0.0)


def remov(x):
    if x == 0:
        return 1.0
    return sin(x) / x


check("removable", lambda: grad(remov)(1.0), cos(1) - sin(1))
check("max first", lambda: grad(lambda x, y: max(x, y), "x")(1.0, 1.0), 1.0)
check("maximum tie", lambda: grad(lambda x, y: np.maximum(x, y), "x")(1.0, 1.0), 0.5)
check(
    "comp filter",
    lambda: grad(lambda x: sum(v * v for v in x if v > 0))([1.0, -2.0, 3.0]),
    [2.0, 0.0, 6.0],
)
check(
    "sorted",
    lambda: grad(lambda x: sorted(x)[0] * 2 + sorted(x)[-1])([1.0, -2.0, 3.0]),
    [0.0, 2.0, 1.0],
)
check("max list", lambda: grad(lambda x: max(x) * 2)([1.0, -2.0, 3.0]), [0.0, 0.0, 2.0])
check("prod", lambda: grad(lambda x: math.prod(x))([1.0, -2.0, 3.0]), [-6.0, 3.0, -2.0])
check("lambda arg", lambda: grad(lambda f, x: f(x) * x, "x")(cube, 2.0), 32.0)


def gen(x):
    try:
        v = 1 / x
    except ZeroDivisionError as err:
        raise ValueError("zero") from err
    else:
        v = v * 2
    finally:
        pass
    return v


check("try else", lambda: grad(gen)(2.0), -0.5)


def fe(x, n):
    for i in range(n):
        if x * i > 5:
            r = x * i
            break
    else:
        r = x * x
    return r


check("for else", lambda: grad(fe)(2.0, 2), 4.0)
check("for else2", lambda: grad(fe)(2.0, 9), 3.0)
check("for else rev", lambda: grad(fe, mode="reverse")(2.0, 9), 3.0)


@pytest.mark.parametrize(("thunk", "want"), CASES)
def test_derivative(thunk: Callable[[], Any], want: Any) -> None:
    got = thunk()
    assert close(got, want), got


def test_a_changed_global_is_seen() -> None:
    global R
    slope = grad(glob)
    assert slope(3.0) == 12.0
    R = 3.0
    try:
        assert slope(3.0) == 18.0
    finally:
        R = 2.0


def test_a_changed_closure_cell_is_seen() -> None:
    linear, change = mk(2.0)
    slope = grad(linear)
    assert slope(1.0) == 2.0
    change(7.0)
    assert slope(1.0) == 7.0


def test_a_changed_attribute_is_seen() -> None:
    model = M(3.0)
    slope = grad(model.f)
    assert slope(2.0) == 12.0
    model.k = 5.0
    assert slope(2.0) == 20.0


def test_state_is_written_once() -> None:
    model = M(3.0)
    value_and_grad(model.f)(2.0)
    assert model.count == 1


def test_the_functions_own_exception_comes_through() -> None:
    with pytest.raises(ValueError, match=r"bad -1\.0"):
        grad(raises)(-1.0)


def test_a_recursive_function_in_a_cell_of_its_own() -> None:
    def factorial(n, x):
        return 1.0 if n <= 0 else x * factorial(n - 1, x)

    assert grad(factorial, "x")(3, 2.0) == 12.0


def test_a_variable_of_the_function_around_is_assigned() -> None:
    def f(x):
        total = 0.0

        def squared(y):
            nonlocal total
            total += y
            return y * y

        return squared(x) * total + total

    assert value_and_grad(f)(2.0) == (10.0, 13.0)


def energy_of(x):
    return np.sum(x**3)


def squares_of(x):
    return x**2


def parts_of(model):
    return np.sum(model["a"] ** 2) * model["b"]


def sum_of_squares(xs):
    return sum(x * x for x in xs)


def counted_squares(xs):
    total = 0.0
    for i in range(len(xs)):
        total += xs[i] ** 2
    return total


def test_a_direction_of_another_shape_is_not_broadcast() -> None:
    x = np.ones(3)
    for short in (np.ones(2), np.ones(1), np.ones((3, 1)), np.ones((1, 3))):
        for product in (jvp(energy_of), hvp(energy_of)):
            with pytest.raises(ValueError, match=r"^x_dot must have the shape of x$"):
                product(x, short)
        with pytest.raises(ValueError, match=r"^out_bar must have the shape of the result$"):
            vjp(squares_of)(x, short)
    with pytest.raises(ValueError, match=r"^xs_dot must have the length of xs$"):
        jvp(sum_of_squares)([1.0, 2.0], [1.0, 1.0, 1.0])
    # Before anything is computed, and read from the direction.
    with pytest.raises(ValueError, match=r"^xs_dot must have the length of xs$"):
        jvp(counted_squares)([1.0, 2.0], [1.0])
    model = {"a": x, "b": 2.0}
    with pytest.raises(ValueError, match=r"^model_dot\['a'\] must have the shape of model"):
        hvp(parts_of)(model, {"a": np.ones(2), "b": 1.0})
    assert jvp(energy_of)(x, x) == (3.0, 9.0)


def test_a_direction_of_another_kind_is_refused() -> None:
    x = np.ones(3)
    for wrong in (1.0, [1.0, 1.0, 1.0], None):
        for product in (jvp(energy_of), hvp(energy_of)):
            with pytest.raises(ArgumentError, match=r"^x_dot must be an array, not "):
                product(x, wrong)
    for seed in ("a", None, [1.0], x):
        with pytest.raises(ArgumentError, match=r"^out_bar must be a number, not "):
            vjp(energy_of)(x, seed)
    with pytest.raises(ArgumentError, match=r"^xs_dot must be a list, not 1\.0"):
        jvp(sum_of_squares)([1.0, 2.0], 1.0)
