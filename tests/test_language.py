# ruff: noqa: B023, B905, RUF007
"""Small programs over the whole language, each in both modes against differences."""

from __future__ import annotations

import copy
import enum
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, hvp, value_and_grad, vjp
from tests import oracle


def star_rt(x, xs):
    a, *rest = xs
    return a * x + sum(rest) * x * x


def star_mid(x, xs):
    a, *mid, b = xs
    return a * x * b + len(mid) * x


def star_display(x, xs):
    return sum([x, *xs, x * x])


def match_val(x, xs):
    n = len(xs)
    match n:
        case 2:
            return x
        case 3 if x > 0:
            return x * x
        case 3 | 4:
            return -x
        case _:
            return 1.0


def nested_comp(x, xs):
    m = [[x * a * b for a in xs] for b in xs]
    return sum(m[i][j] * (i + j) for i in range(len(xs)) for j in range(len(xs)) if i != j)


def dict_items(x, xs):
    d = {"a": x, "b": x * x, "c": 2.0}
    t = 0.0
    for k, v in d.items():
        if k != "c":
            t += v * v
    return t + sum(d.values()) + len(d)


def dict_comp(x, xs):
    d = {i: x**i for i in range(4)}
    return sum((v * k for k, v in d.items()))


def dict_get(x, xs):
    d = {"a": x}
    d["b"] = d.get("a", 0.0) * 2
    d.setdefault("c", x * x)
    d.update(e=x**3)
    return d["b"] + d["c"] + d.get("z", 1.0) * d.pop("e")


def for_else(x, xs):
    for v in xs:
        if v > 5:
            r = v * x
            break
    else:
        r = x * x
    return r


def while_else(x, xs):
    k = 0
    s = x
    while k < len(xs):
        s = s * xs[k]
        k += 1
        if s > 1000000.0:
            break
    else:
        s += x
    return s


def nonlocal_acc(x, xs):
    t = 0.0

    def add(v):
        nonlocal t
        t += v * x
        return t

    for v in xs:
        add(v)
    return t * add(1.0)


def nonlocal_list(x, xs):
    out = []

    def add(v):
        out.append(v * x)

    for v in xs:
        add(v)
    return sum(out) * len(out)


def walrus(x, xs):
    if (y := (x * x)) > 1 and (z := (y * 2)):
        return y * z
    return y


def walrus_in_while(x, xs):
    n, y = len(xs), x
    while (n := n - 1) >= 0 and (y := y * 1.5 * x):
        y += xs[n]
    return y * n


def walrus_in_while_else(x, xs):
    n, y = 5, x
    while (n := n - 1) > 0:
        if (y := y * x) > 200.0:
            break
    else:
        y *= n + 3.0
    return y + n * x


def condition_that_pops(x, xs):
    ys = [x, -x, *xs, x * x]
    while ys.pop() > x:
        pass
    return sum(ys) * len(ys)


def condition_that_steps(x, xs):
    total = x

    def grow(by):
        nonlocal total
        total = total * by + x
        return total

    while grow(1.5) < 40.0:
        pass
    return total * x


def walrus_comp(x, xs):
    last = 0.0
    t = [(last := (last * x + v)) for v in xs]
    return last + sum(t)


def aug_slice(x, xs):
    ys = xs[:]
    ys[1:] = [v * x for v in ys[1:]]
    ys += [x]
    return sum(ys)


def alias(x, xs):
    a = xs
    b = a
    b[0] = x * x
    return a[0] * xs[0]


def zip_rt(x, xs):
    return sum((a * b * x for a, b in zip(xs, xs[1:])))


def enum_rev(x, xs):
    t = 0.0
    for i, v in enumerate(reversed(xs)):
        t = t * x + v * i
    return t


def divm(x, xs):
    q, r = divmod(x * 7, 2.0)
    return q * x + r


def powmod(x, xs):
    return pow(x, 3) + x**0.5 + x**x + 2**x + (-x) ** 2 + x ** (-1)


def chained(x, xs):
    return x * x if 0 < x < 2 <= 3 else x


def andor(x, xs):
    return (x and x * x) + (0 or x) + ((x > 5 and x) or 3 * x)


def fstr(x, xs):
    name = f"{len(xs)}-{'a'}"
    return x * x if name == "3-a" else x


def rec(x, xs):

    def f(n):
        return x if n == 0 else x * f(n - 1) + n

    return f(4)


def mutual(x, xs):

    def ev(n):
        return x if n == 0 else od(n - 1) * x

    def od(n):
        return 1.0 if n == 0 else ev(n - 1) + x

    return ev(5)


def lam_default(x, xs):
    fs = [lambda v, k=k: v**k for k in range(3)]
    return sum(f(x) for f in fs)


def lam_late(x, xs):
    fs = [lambda v: v**k for k in range(3)]
    return sum(f(x) for f in fs)


@dataclass
class Pt:
    a: float
    b: float = 2.0

    def norm(self):
        return sqrt(self.a**2 + self.b**2)

    def __add__(self, o):
        return Pt(self.a + o.a, self.b + o.b)

    def __mul__(self, k):
        return Pt(self.a * k, self.b * k)

    def __getitem__(self, i):
        return (self.a, self.b)[i]

    def __len__(self):
        return 2

    def __iter__(self):
        return iter((self.a, self.b))


class NT(NamedTuple):
    a: float
    b: float


def objs(x, xs):
    p = Pt(x) + Pt(x * x, b=3.0) * 2
    p.a *= x
    return p.norm() * p[1]


def nts(x, xs):
    p = NT(x, x * x)
    q = p._replace(a=3.0 * x)
    a, b = q
    return a * b + p.a


def matmul_lists(x, xs):
    A = [[x, 1.0], [2.0, x * x]]
    B = [[1.0, x], [x, 3.0]]
    C = [[sum((a * b for a, b in zip(r, c))) for c in zip(*B)] for r in A]
    return C[0][0] * C[1][1] - C[0][1] * C[1][0]


def rt_matrix(x, xs):
    n = len(xs)
    M = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            M[i][j] = xs[i] * x**j
    t = 0.0
    for row in M:
        t += sum(row)
    return t


def string_opts(x, xs, *, kind="cubic"):
    return {"cubic": lambda v: v**3, "sq": lambda v: v * v}[kind](x)


def table(x, xs):
    t = ((0.0, 1.0), (1.0, 3.0), (2.0, 2.0))
    for (a, fa), (b, fb) in zip(t, t[1:]):
        if a <= x <= b:
            return fa + (fb - fa) * (x - a) / (b - a)
    return 0.0


def bisect_loop(x, xs):
    lo, hi = (0.0, 4.0)
    for _ in range(5):
        mid = 0.5 * (lo + hi)
        if mid * mid < x:
            lo = mid
        else:
            hi = mid
    y = lo
    for _ in range(6):
        y = y - (y * y - x) / (2 * y)
    return y


def cumulative(x, xs):
    out = [x]
    for v in xs:
        out.append(out[-1] * v + x)
    return out[-1] + out[1] * out[len(out) // 2]


def whiletrue(x, xs):
    y = 1.0
    while True:
        z = 0.5 * (y + x / y)
        if abs(z - y) < 1e-14:
            break
        y = z
    return z


def gen_sum(x, xs):
    return (
        sum((v * x for v in xs), start=x)
        + math.fsum(v * x for v in xs)
        + math.prod(v * x for v in xs)
    )


def glob_try(x, xs):
    try:
        v = xs[10]
    except IndexError:
        v = x * x
    else:
        v = 0.0
    return v * x


def comp_scope(x, xs):
    v = x
    t = sum(v * v for v in xs)
    return t * v


def kwargs_(x, xs):

    def g(a, b=2.0, *args, c=1.0, **kw):
        return a * b + c * sum(args) + kw.get("d", 0.0)

    return g(x) + g(x, 1.0, x, x, c=x) + g(a=x, d=x * x) + g(*[x, 3.0], c=x, d=x)


PROGRAMS = [
    value
    for value in list(globals().values())
    if getattr(value, "__code__", None) and value.__module__ == __name__
]


def difference(f: Callable[..., Any], at: list[Any], entry: int | None) -> float:
    """Central differences at two steps, extrapolated."""
    found = []
    for h in (1e-4, 5e-5):
        low, high = copy.deepcopy(at), copy.deepcopy(at)
        for point, step in ((low, -h), (high, h)):
            if entry is None:
                point[0] += step
            else:
                point[1][entry] += step
        found.append((f(*high) - f(*low)) / (2 * h))
    return (4 * found[1] - found[0]) / 3


@pytest.mark.parametrize("x", [1.3, 2.45])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_programs_agree_with_differences(f: Callable[..., Any], x: float) -> None:
    at = [x, [1.0, 2.0, 3.0]]
    value = f(*copy.deepcopy(at))
    slope = pytest.approx(difference(f, at, None), rel=1e-6, abs=1e-6)
    assert value_and_grad(f, mode="forward")(*copy.deepcopy(at)) == (value, slope)
    got, (d_x, d_xs) = value_and_grad(f, (0, 1), mode="reverse")(*copy.deepcopy(at))
    assert got == value and d_x == slope
    assert d_xs == pytest.approx([difference(f, at, k) for k in range(3)], rel=1e-6, abs=1e-6)


def two_of_many(x, xs):
    a, b = xs
    return a * x + b


def first_and_last(x, xs):
    a, *_, b = xs
    return a * x + b


@pytest.mark.parametrize("entries", [[], [1.0], [1.0, 2.0], [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("f", [two_of_many, first_and_last])
def test_unpacking_raises_what_python_raises(f: Callable[..., Any], entries: list[float]) -> None:
    try:
        f(2.0, entries)
    except ValueError as error:
        with pytest.raises(ValueError) as caught:
            grad(f)(2.0, entries)
        assert str(caught.value) == str(error)
    else:
        assert grad(f)(2.0, entries) == 1.0


def shared_rows(x, xs):
    rows = [[0.0] * 2] * len(xs)
    rows[0][1] = x
    return sum(row[1] for row in rows) * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_is_written_to_rows_that_are_one_list_is_in_all(mode: str) -> None:
    assert grad(shared_rows, mode=mode)(2.0, [1.0, 2.0, 3.0]) == 12.0
    assert grad(shared_rows, mode=mode)(2.0, [1.0]) == 4.0


def chosen_source(x, xs):
    first = [x, x * x]
    chosen = first if x > 2.0 else [x, 2.0]
    first[0] = 2.0
    return first[0] * x + chosen[0]


def chosen_of_the_callers(x, xs):
    if x > 2.0:
        xs = [x, x]
    xs[0] = x
    return xs[0] * xs[1]


TABLE = [1.0, 2.0, 3.0]
SHORT = [0.5, 0.25]


def chosen_table(x, xs):
    table = TABLE if x > 2.0 else SHORT
    table[0] = x
    return sum(table)


@pytest.mark.parametrize(
    "f", [chosen_source, chosen_of_the_callers, chosen_table], ids=lambda f: f.__name__
)
def test_a_list_that_a_branch_chose_is_not_written_to_where_other_names_see_it(
    f: Callable[..., Any],
) -> None:
    with pytest.raises(UnsupportedError, match="joined from several branches"):
        grad(f)(1.5, [1.0, 2.0])


def made_by_branches(x, xs):
    if x > 2.0:
        made = again = [x, 1.0]
    else:
        made = again = [x * x, 2.0]
    made[0] += x
    made.append(x)
    return again[0] * made[0] + again[-1]


def read_from_tables(x, xs):
    if x > 2.0:
        upper, lower = TABLE, SHORT
    else:
        upper, lower = SHORT, TABLE
    total = 0.0
    for c in upper:
        total = total * x + c
    return total + lower[0] * x + len(upper) * x


@pytest.mark.parametrize("f", [made_by_branches, read_from_tables], ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [1.5, 2.5])
def test_lists_of_branches_and_tables_of_any_length_are_read(
    f: Callable[..., Any], x: float
) -> None:
    assert grad(f)(x, []) == pytest.approx((f(x + 1e-5, []) - f(x - 1e-5, [])) / 2e-5, rel=1e-8)


LIMITS = [10.0, 20.0, 30.0, 40.0, 50.0]
ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]
FACTORS = [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0], [5.0, 6.0, 7.0], [7.0, 8.0, 9.0], [1.0, 1.0, 2.0]]


def looked_up_twice(x, angle):
    for i in range(5):
        if angle <= LIMITS[i]:
            factors, row = FACTORS[i], ROWS[i]
            break
        elif i == 4:
            factors, row = FACTORS[-1], ROWS[-1]
    n = len(row)
    for j in range(n):
        if x <= row[j]:
            factor = factors[j]
            break
        elif j == n - 1:
            factor = factors[-1]
    return factor * x


def looked_up_or_last(x, angle):
    for i in range(len(LIMITS[:3])):
        if angle <= LIMITS[i]:
            row = ROWS[i]
            break
    else:
        row = ROWS[-1]
    return row[0] * x ** row[1]


@pytest.mark.parametrize("f", [looked_up_twice, looked_up_or_last])
@pytest.mark.parametrize("angle", [5.0, 15.0, 45.0, 70.0])
@pytest.mark.parametrize("x", [0.5, 3.5, 30.0])
def test_rows_of_tables_that_a_loop_binds_first(
    f: Callable[..., Any], angle: float, x: float
) -> None:
    for mode in ("forward", "reverse"):
        found = grad(f, mode=mode)(x, angle)
        assert oracle.agrees(oracle.derivative(f, (x, angle)), found)


def pair_of_three(x):
    a, b = x, x * x, 1.0
    return a * b


def triple_of_two(x):
    a, b, c = x, x * x
    return a * b * c


def two_and_more_of_one(x):
    a, b, *_ = (x,)
    return a * b


def steps_of_triples(x):
    total = 0.0
    for a, b in [(x, 1.0, 2.0)]:
        total += a * b
    return total


def rows_of_a_loop(x):
    xs = np.array([x, 2.0])
    total = 0.0
    for a, b in zip(xs, xs, xs, strict=True):
        total += a * b
    return total


def parts_of_a_number(x):
    a, b = x * 2.0
    return a * b


def caught(x):
    try:
        a, b = x, x, x
    except ValueError:
        a, b = x, 3.0
    return a * b


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        pair_of_three,
        triple_of_two,
        two_and_more_of_one,
        steps_of_triples,
        rows_of_a_loop,
        parts_of_a_number,
    ],
    ids=lambda f: f.__name__,
)
def test_unpacking_of_a_known_number_of_values_raises_what_python_raises(f, mode):
    with pytest.raises((ValueError, TypeError)) as raised:
        f(2.0)
    with pytest.raises(raised.type) as caught_here:
        grad(f, mode=mode)(2.0)
    assert str(caught_here.value) == str(raised.value)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_failed_unpacking_is_caught(mode):
    assert value_and_grad(caught, mode=mode)(2.0) == (6.0, 3.0)


def only_member(x):
    (factor,) = {3.0}
    return factor * x


def drawn(x):
    first, second = map(float, (2, 3))
    (key,) = {"a": 1}
    return first * second * x if key == "a" else x


def test_sets_and_iterators_are_unpacked():
    assert value_and_grad(only_member)(2.0) == (6.0, 3.0)
    assert value_and_grad(drawn)(2.0) == (12.0, 6.0)


def product_of(xs):
    return math.prod(x + 1 for x in xs)


def test_a_product_of_ints_is_an_int():
    for xs in ([], [4], [4, 5], [4.5]):
        found = value_and_grad(product_of)(xs)[0]
        assert type(found) is type(product_of(xs)) and found == product_of(xs)


def sought(x, y):
    for v in (y, x * y, 0.4):
        if v < 0.5:
            break
    else:
        v = x * math.sin(v)
    return x + v + sum([x, y])


def matched(x, n):
    match n:
        case 0 | 3 as k:
            v = x
        case k if k > 1:
            v = k * x * x
        case _:
            v = 3.0 * x + k
    return v * x + k


@pytest.mark.parametrize("y", [0.2, 0.9])
def test_an_arm_that_nothing_leads_to_needs_no_values(y: float) -> None:
    value, (x_bar, y_bar) = vjp(sought, wrt=("x", "y"))(1.5, y, out_bar=1.0)
    assert value == sought(1.5, y)
    assert (x_bar, y_bar) == ((2.0, 2.0) if y < 0.5 else (2.0, 1.0))


def test_a_pattern_binds_the_name_that_it_gives() -> None:
    found = [value_and_grad(matched)(2.0, n) for n in range(4)]
    assert found == [(4.0, 4.0), (15.0, 13.0), (18.0, 24.0), (7.0, 4.0)]


def rescaled(y, xs):
    xs[:] = [x * y * y for x in xs]
    return sum(xs)


def test_what_the_caller_gave_is_kept_for_a_loop_that_counts() -> None:
    product = hvp(rescaled, wrt=("y", "xs"))(2.0, [1.0, 3.0], y_dot=1.0, xs_dot=[0.0, 0.0])
    assert product == ((16.0, [4.0, 4.0]), (8.0, [4.0, 4.0]))


class Part(enum.IntFlag):
    LEFT = 1
    RIGHT = 2


def sets_joined(x, s):
    own = {3, 1, 2}
    return x * len(own | {9}) * len(own & s) * len(s - {1}) * len(s | {7})


def flags_of_a_pattern(x, s):
    return x * len(re.findall("^a", "A\nab", re.IGNORECASE | re.MULTILINE))


def flags_joined(x, s):
    part = Part.LEFT
    part |= Part.RIGHT
    both = 5.0 if isinstance(part, Part) and Part.LEFT in part else 1.0
    return x * both * int(part) * (part & Part.RIGHT)


@pytest.mark.parametrize("f", [sets_joined, flags_of_a_pattern, flags_joined])
def test_what_is_joined_by_bars_stays_a_set_or_a_flag(f: Callable[..., float]) -> None:
    value = f(1.5, {2, 3, 4})
    assert value_and_grad(f)(1.5, {2, 3, 4}) == (value, value / 1.5)
