"""Small functions of (x, xs), each about one kind of statement, or of the user's classes."""
# ruff: noqa

import math, functools, warnings, enum
from dataclasses import dataclass, field, replace
from typing import NamedTuple


G = 1.7


TABLE = {"a": 1.5, "b": 2.5}


ROWS = [(0.0, 1.0), (1.0, 2.0), (3.0, 5.0)]


class Kind(enum.Enum):
    LIN = 1
    SQ = 2


def s01(x, xs):
    a = b = x
    a += 1
    b *= a
    b -= x / 2
    b /= 1.5
    b **= 2
    return a * b


def s02(x, xs):
    a, b = x, x * x
    a, b = b, a
    (c, d), e = (a, b), 2.0
    return a - b * c + d**2 * e


def s03(x, xs):
    y: float = x * x
    z: float
    z = y + 1
    return z * y


def s04(x, xs):
    if x > 3:
        return x
    elif x > 2:
        y = x**2
    elif x > 1:
        y = x**3
    else:
        y = -x
    return y * 2


def s05(x, xs):
    t = 0.0
    for i in range(10):
        if i == 2:
            continue
        if i > 5:
            break
        t += x**i
    else:
        t = -t
    return t


def s06(x, xs):
    for i, v in enumerate(xs):
        if v * x > 2:
            return v * x * i
    return x * x


def s07(x, xs):
    t = x
    while True:
        t = t * 1.5
        if t > 10:
            return t


def s08(x, xs):
    n = 0
    t = x
    while t < 20:
        n += 1
        if n % 2:
            continue
        t = t * t if t > 1.1 else t + 1
        if n > 12:
            break
    else:
        t += n
    return t


def s09(x, xs):
    t = 0.0
    for a, b in zip(xs, xs[1:]):
        t += a * b * x
    for i in reversed(range(3)):
        t = t * x + i
    for v in reversed(xs):
        t = t + v / x
    return t


def s10(x, xs):
    d = {"p": x, "q": x * x}
    t = 0.0
    for k, v in d.items():
        t += v * (2 if k == "p" else 3)
    for k in d:
        t += d[k]
    for v in d.values():
        t *= v
    return t


def s12(x, xs):
    ys = [0.0] * len(xs)
    ys[0] = x
    for i in range(1, len(xs)):
        ys[i] = ys[i - 1] * xs[i] + x
    return ys[-1]


def s13(x, xs):
    m = [[0.0 for _ in range(3)] for _ in range(3)]
    for i in range(3):
        for j in range(i + 1):
            m[i][j] = x * (i + j) + (m[i - 1][j] if i else 1.0)
    return m[2][0] * m[2][1] + sum(m[1])


def s14(x, xs):
    def inner(v, k=2.0, *rest, scale=1.0, **kw):
        return v * k * scale + sum(rest) + kw.get("o", 0.0)

    return inner(x) + inner(x, 3.0, x, x, scale=x, o=x * x) + inner(v=x)


def s15(x, xs):
    c = 0.0

    def bump(v):
        nonlocal c
        c += v * x
        return c

    bump(1.0)
    bump(x)
    return c * bump(2.0)


def s16(x, xs):
    assert x > 0, "positive"
    if x > 100:
        raise ValueError("big")
    return x**2


def s17(x, xs):
    try:
        y = math.log(x)
    except ValueError:
        y = -1.0
    else:
        y += x
    finally:
        z = 2.0
    return y * z


def s18(x, xs):
    try:
        return math.exp(x * 1000)
    except OverflowError:
        return 1.8e308 if x < 0 else x * x


def s19(x, xs):
    try:
        if x > 2:
            raise KeyError("k")
        y = x * 3
    except (KeyError, IndexError) as e:
        y = x * x
    except Exception:
        y = 0.0
    return y


def s20(x, xs):
    t = 0.0
    for v in xs + [0.0]:
        try:
            t += x / v
        except ZeroDivisionError:
            t += x * x
    return t


def s21(x, xs):
    y = x * x
    z = y
    del y
    pass
    """docstring-like"""
    ...
    return z


def s22(x, xs):
    return G * x + TABLE["a"] * x * x + TABLE.get("z", 3.0) * x + len(ROWS) * x


def s23(x, xs):
    for (a, fa), (b, fb) in zip(ROWS, ROWS[1:]):
        if a <= x < b:
            return fa + (fb - fa) * (x - a) / (b - a)
    return x


def s24(x, xs):
    match len(xs):
        case 1 | 2:
            return x
        case 3:
            y = x * x
        case _:
            y = 0.0
    match "abc":
        case "x":
            y = 0.0
        case "abc" if y > 0:
            y *= 2
    match None:
        case None:
            y += 1
    match True:
        case True:
            y *= x
    return y


def s25(x, xs):
    k = Kind.SQ
    if k is Kind.LIN:
        return x
    if k == Kind.SQ:
        return x * x
    return 0.0


@dataclass
class Pt:
    a: float
    b: float = 2.0
    tags: list = field(default_factory=list)

    def norm(self):
        return math.sqrt(self.a**2 + self.b**2)

    @property
    def area(self):
        return self.a * self.b

    @staticmethod
    def make(v):
        return Pt(v, v * v)

    @classmethod
    def unit(cls, v):
        return cls(v)

    def scale(self, k):
        self.a *= k
        return self

    def __call__(self, v):
        return self.a * v + self.b

    def __add__(self, o):
        return Pt(self.a + o.a, self.b + o.b)

    def __mul__(self, k):
        return Pt(self.a * k, self.b * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Pt(-self.a, -self.b)

    def __eq__(self, o):
        return self.a == o.a

    def __lt__(self, o):
        return self.a < o.a

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return (self.a, self.b)[i]

    def __iter__(self):
        return iter((self.a, self.b))

    def __contains__(self, v):
        return v == 2.0

    def __bool__(self):
        return True


class Sub(Pt):
    def norm(self):
        return super().norm() * 2


def s26(x, xs):
    p = Pt(x)
    return p.norm() + p.area + Pt.make(x).b + Pt.unit(x).a + p(x)


def s28(x, xs):
    p = Sub(x, x * x)
    return p.norm() + (x if isinstance(p, Pt) else 0.0)


def s29(x, xs):
    p = replace(Pt(x), b=x * x)
    p.scale(x).scale(2.0)
    a, b = p
    return a * b + x


class NT(NamedTuple):
    u: float
    v: float = 1.0

    def dot(self):
        return self.u * self.v


def s30(x, xs):
    n = NT(x)
    m = n._replace(v=x * x)
    u, v = m
    return n.dot() + m.dot() + m[0] * u * v + len(m)


def helper(v, *, power=2, mode=None):
    if mode is None:
        mode = "plain"
    if mode == "plain":
        return v**power
    elif mode in ("a", "b"):
        return v * power
    raise ValueError(f"unknown {mode!r}")


def s31(x, xs):
    return helper(x) + helper(x, power=3) + helper(x, mode="a") * helper(x, power=len(xs))


def fact(n, x):
    return 1.0 if n == 0 else x * fact(n - 1, x)


def s32(x, xs):
    return fact(len(xs), x) + fact(2, x * x)


part = functools.partial(helper, power=4)


def s33(x, xs):
    return part(x) + functools.partial(helper, mode="b")(x)


@functools.lru_cache(maxsize=None)
def cached(v):
    return v * v + 1


def deco(f):
    @functools.wraps(f)
    def g(*a, **k):
        return 2.0 * f(*a, **k)

    return g


@deco
def decorated(v, k=1.0):
    return v**3 * k


def s34(x, xs):
    return cached(x) * x + decorated(x) + decorated(x, k=x)


def s35(x, xs):
    import math as m
    from math import sin as s

    return m.cos(x) * s(x)


def s37(x, xs):
    fs = {"s": math.sin, "c": math.cos, "l": lambda v: v * v}
    return fs["s"](x) + fs["l"](x) + [math.exp, math.log][1](x)


def apply(f, *args):
    return f(*args)


def s38(x, xs):
    return apply(lambda a, b: a * b, x, x) + apply(math.pow, x, 3.0) + apply(helper, x)


def s40(x, xs):
    total, count = 0.0, 0
    for row in [[x, 1.0], [2.0, x], [x]]:
        for v in row:
            if v > 1.2:
                total += v * v
                count += 1
    return total / count


def s41(x, xs):
    stack = [x, 2.0, x * x]
    t = 0.0
    while stack:
        t = t * 0.5 + stack.pop()
    return t


def s42(x, xs):
    a, *rest = [x, x * 2, x * 3]
    *init, last = xs
    (b, c), *_ = [(x, 1.0), (2.0, x)]
    return a + sum(rest) * last + len(init) * b * c


def s43(x, xs):
    lo, hi = 0.0, 5.0
    for _ in range(30):
        mid = (lo + hi) / 2
        if mid**3 > x:
            hi = mid
        else:
            lo = mid
    y = lo
    for _ in range(3):
        y -= (y**3 - x) / (3 * y * y)
    return y


def s44(x, xs):
    acc = [x]
    for k in range(4):
        acc.append(acc[-1] * x + acc[0] / (k + 1))
    return acc[-1] - acc[-2] + acc[2:][0] + sum(acc[1:-1])


def s45(x, xs):
    y = x
    for i in range(3):
        for j in range(3):
            if i == j:
                continue
            y = y + x * i - j
            if y > 20:
                break
        else:
            y *= 1.1
    return y


def s46(x, xs):
    def g(v):
        if v > 2:
            return v
        return g(v * 1.5) + 1

    return g(x) * x


def s47(x, xs):
    y = None
    for v in xs:
        if v > 1:
            y = v * x
    if y is None:
        y = x
    return y


def s48(x, xs):
    flag = False
    t = x
    while not flag:
        t *= 1.3
        flag = t > 5 or t < 0
    return t


def s49(x, xs):
    global_like = {**TABLE, "c": x}
    return sum(v for k, v in sorted(global_like.items())) * x


def s50(x, xs):
    return (x if (n := len(xs)) > 2 else 0) * n + [y := x * x, y * 2][1] + y


def s52(x, xs):
    t = tuple(v * x for v in xs) + (x,)
    return t[0] * t[-1] + sum(t[1:3]) + len(t) * x


def s53(x, xs):
    a = [1.0, x]
    b = a
    b[0] = x * 2
    c = a[:]
    c[0] = 0.0
    d = a.copy()
    a.append(x**3)
    return sum(b) + sum(c) * d[0]


def s54(x, xs):
    m = [[1.0, 2.0], [3.0, x]]
    r = m[1]
    r[0] = x * x
    m[0], m[1] = m[1], m[0]
    return m[0][0] * m[1][1] + m[0][1]


def s55(x, xs):
    s = "abc"
    name = s.upper() + "-" + str(len(s))
    if (
        name.startswith("ABC")
        and name.split("-")[1] == "3"
        and s[0] == "a"
        and "%d" % 3 == "3"
        and "{}".format(2) == "2"
    ):
        return x * x
    return x


def s56(x, xs):
    y = x
    if (x > 0) is True:
        y *= 2
    if x > 0 != False:
        y *= 3
    return y if y is not None else 0


def s57(x, xs):
    with_sign = -1 if x < 0 else 1
    return with_sign * abs(x) ** 1.5 + (-1) ** len(xs) * x


def s58(x, xs):
    r = 0.0
    for i in range(len(xs) - 1, -1, -1):
        r = r * x + xs[i]
    for i in range(0, 10, 3):
        r += i * x
    return r


def s59(x, xs):
    warnings.warn("careful") if x > 1000 else None
    return x * 2


def s61(x, xs):
    i = 0
    while i < len(xs) and xs[i] * x > 0.5:
        i += 1
    return x * i


def s62(x, xs):
    best, arg = -math.inf, -1
    for i, v in enumerate(xs):
        s = v * x - v * v
        if s > best:
            best, arg = s, i
    return best * (arg + 1)


def s63(x, xs):
    e = [x]
    f = e * 3 + [1.0] * 2
    return sum(f) + f[2] * f[-1] + (x, 2.0)[0] * 2 + sum((x,) * 2)


def s64(x, xs):
    return (
        sum(1 for v in xs if v > x) * x + sum(v > 1 for v in xs) * x + len([v for v in xs if v]) * x
    )


class Base:
    k = 2.0

    def __init__(self, a):
        self.a = a

    def f(self, v):
        return self.a * v * self.k

    @property
    def area(self):
        return self.a**2


class Derived(Base):
    def __init__(self, a, b):
        super().__init__(a * 2)
        self.b = b

    def f(self, v):
        return super().f(v) + self.b * super().area


class Further(Derived):
    def f(self, v):
        return super(Further, self).f(v) * 2 + Derived.f(self, v)


def base_classes(x, xs):
    return Derived(x, 2.0).f(x) + Further(x, x).f(3.0)


def pairs_in_order(x, xs):
    return sorted([(x, 1.0), (2.0, x * x)], key=lambda t: t[0])[0][1] * x


def lambert(x, xs):
    from scipy.special import lambertw

    return lambertw(x).real * x


def scipy_functions(x, xs):
    import scipy.special as sp

    return (
        sp.rgamma(x)
        + sp.cotdg(x)
        + sp.cosm1(x)
        + sp.boxcox1p(x, 0.5)
        + sp.boxcox1p(2.0, x)
        + sp.yn(2, x)
        + sp.kn(1, x)
        + sp.yn(0, x)
        + sp.boxcox(2.0, x)
        + sp.betainc(0.5, 1.5, x / 4)
    )


def object_operators(x, xs):
    p = Pt(x) + 2 * Pt(x, x) * x
    q = -p
    return q.a * p.b + len(p) * p[0] + sum(v for v in p)


def loop_over_an_object(x, xs):
    total = 0.0
    for v in Pt(x, x * x):
        total = total * x + v
    return total


def method_of_a_tuple(x, xs):
    n = NT(x, v=x * x)
    return n.dot() + NT(x).dot() * n[1]


def cached_in_a_dict(x, xs):
    known = {}
    for name in ("a", "b"):
        known[name] = x * (2.0 if name == "a" else x)
    return known["a"] * known["b"]


def running_maximum(x, xs):
    best = [xs[0] * x]
    for v in xs[1:]:
        best.append(max(best[-1], v * x))
    return sum(best)


def newton(x, xs):
    y = x
    for _ in range(20):
        step = (y * y - x) / (2 * y)
        y -= step
        if abs(step) < 1e-13:
            break
    return y * x


def horner(x, xs):
    total = 0.0
    for c in reversed([1.0, x, *xs]):
        total = total * x + c
    return total


def default_of_a_helper(x, xs):
    def scaled(v, k=x):
        return v * k

    return scaled(x) + scaled(2.0)


def body_uses_values_of_the_condition(x, xs):
    total = 0.0
    while x * x * xs[1] < 40.0 and math.exp(x) < 90.0:
        total += math.exp(x) * xs[0]
        x = x + 0.3 * (x * x)
    return total * x


def list_grown_while_its_last_entry_is_small(x, xs):
    ys = [x, 2.0 * x]
    while ys[-1] < 20.0 and len(ys) < 9:
        ys.append(ys[-1] * (1.0 + xs[0]) + ys[-2])
    return ys[-1] * sum(ys)


def lists_that_are_emptied(x, xs):
    kept, total = [], 0.0
    for k in range(7):
        kept.append(x * k + xs[0])
        if len(kept) > 2:
            total += sum(kept) * kept[0]
            kept.clear()
    named = kept
    kept.clear()
    named.append(x)
    table = {"a": x, "b": xs[1]}
    table.clear()
    table["c"] = total
    return table["c"] * len(table) + kept[0] * len(named)
