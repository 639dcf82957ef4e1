"""Small functions of (x, xs), each about one kind of expression or call."""
# ruff: noqa

import sys
import math, cmath, operator, functools, itertools, statistics
from math import *
import numpy as np
import scipy.special as sp
from dataclasses import dataclass, field
from typing import NamedTuple
from collections import namedtuple, deque, defaultdict, OrderedDict
import collections
import math, functools, numpy as np, scipy.special as sp
from scipy.special import lambertw


def a01(x, xs):
    return x + 1 - 2 * x / 3 - (-x) + (+x)


def a02(x, xs):
    return x // 0.3 * x + x % 0.7


def a03(x, xs):
    return x**3 + x**-2 + x**0.5 + x**2.0 + x**0 + x**1


def a04(x, xs):
    n = len(xs)
    return x**n + n**x + x**x


def a05(x, xs):
    q, r = divmod(x, 0.7)
    return q * x + r * r


def a06(x, xs):
    return 1.0 < x < 3.0 and x * x or -x


def a07(x, xs):
    return x if not x > 5 else -x


def a08(x, xs):
    return (x > 1) * x + (x < 1) * 2 * x


def a09(x, xs):
    return x and x * x


def a10(x, xs):
    return 0.0 or x * 3


def a11(x, xs):
    y = x if x > 2 else x * x if x > 1 else -x
    return y


def a12(x, xs):
    return (y := x * x) + y * (z := y + 1) + z


def a13(x, xs):
    return (lambda a, b=2.0, *c, d=3.0: a * b + d * a * a)(x, d=x)


def a14(x, xs):
    t = (x, x * x, [x**3, {"k": x**4}])
    return t[0] + t[2][1]["k"] * t[-2]


def a15(x, xs):
    d = {"a": x, **{"b": x * x}}
    return d["a"] * d["b"]


def a16(x, xs):
    l = [*xs, x, *[x * x]]
    return l[-1] + l[-2] * l[0] + sum(l[1:3])


def a17(x, xs):
    return sum([v * x for v in xs if v > 0.1]) + sum(v for v in xs) * x


def a19(x, xs):
    return max(v * x for v in xs) + min(v * x for v in xs)


def a20(x, xs):
    return math.fsum(v * x for v in xs) + math.prod(v * x for v in xs)


def a21(x, xs):
    return x * x if any(v > 100 for v in xs) else x**3 if all(v > 0 for v in xs) else x


def a22(x, xs):
    y = [v * x for v in xs]
    return y[::2][0] + y[::-1][0] + y[-2:][1] + sum(y[:-1])


def a23(x, xs):
    a, (b, c), *d = x, (x * 2, 3.0), x, x * x
    return a * b * c + d[1]


def a24(x, xs):
    s = f"{'a'}-{len(xs):02d}"
    return x * x if s == "a-03" else x


def a25(x, xs):
    return x * len("abc") + (x if "a" in "abc" else 0) + (x * x if 3 not in [1, 2] else 0)


def a26(x, xs):
    return math.tau * x + math.pi * x * math.e + (x if x < math.inf else 0)


def a27(x, xs):
    return [[x * i + j for j in range(3)] for i in range(3)][1][2] * x


def a28(x, xs):
    return sum(x**i * j for i in range(3) for j in range(i) if (i + j) % 2)


def a29(x, xs):
    return (x, x * x)[1] + [x, 2 * x][-1] + {1: x}[1]


def a30(x, xs):
    m = [[x, 1.0], [2.0, x]]
    return m[0][0] * m[1][1] - m[0][1] * m[1][0]


def a31(x, xs):
    return x.real * x + x.imag + x.conjugate() if isinstance(x, float) else x


def a32(x, xs):
    return x if x is not None else 0.0


def a33(x, xs):
    return (
        -(x**2)
        + (-x) ** 2
        + ~len(xs) * x
        + (5 & 3) * x
        + (1 << 2) * x
        + (5 ^ 1) * x
        + (7 | 8) * x
        + (9 >> 1) * x
    )


def a34(x, xs):
    return (x == x) * x + (x != 2) * x * x


def a35(x, xs):
    return float(x) * x + float("2.5") * x + float(3) * x


def a36(x, xs):
    i = int(x) % 3
    return xs[i] * x


def a37(x, xs):
    return x * round(2.6) + x * round(2.567, 2) + round(x) * x


def a38(x, xs):
    return bool(x) * x + x * True


def a39(x, xs):
    return abs(-x * 2) + abs(x - 10) * x


def a40(x, xs):
    return pow(x, 2) + pow(x, 2.5) + pow(2, x) + pow(x, -1)


def a41(x, xs):
    return min(x, 2.0, 5.0) * max(x, 1.0, 0.5) + max(xs) * x + min(xs) * x


def a42(x, xs):
    return max(xs, key=lambda v: -v) * x + min([x, 2 * x], key=lambda v: -v) + max([], default=x)


def a43(x, xs):
    return sum(xs, x) + sum([x, x * x], start=1.0) + sum((x,))


def a44(x, xs):
    return sorted([x, 3 * x, 2.0])[1] * x + sorted(xs, reverse=True)[0] * x


def a45(x, xs):
    return sum(i * v * x for i, v in enumerate(xs, 1)) + sum(
        a * b * x for a, b in zip(xs, reversed(xs))
    )


def a46(x, xs):
    return sum(map(lambda v: v * x, xs)) + sum(filter(lambda v: v > 1, [0.5, 2.0])) * x


def a47(x, xs):
    return sum(map(lambda a, b: a * b * x, xs, [1.0, 2.0, 3.0])) + sum(list(map(abs, [x, -x])))


def a49(x, xs):
    return (
        operator.add(x, x) * operator.mul(x, 2.0) + operator.neg(x) + operator.itemgetter(1)(xs) * x
    )


def a52(x, xs):
    return (
        math.hypot(x, 2.0)
        + math.hypot(x, 1.0, 2.0)
        + math.dist([x, 1.0], [2.0, x])
        + math.copysign(x, -1.0)
    )


def a54(x, xs):
    fr, e = math.frexp(x)
    return fr * x + e * x


def a55(x, xs):
    fr, i = math.modf(x)
    return fr * x + i * x


def a56(x, xs):
    return math.ldexp(x, 3) + math.fmod(x, 0.7) + math.remainder(x, 0.7)


def a57(x, xs):
    return (
        math.exp(x)
        + math.expm1(x)
        + math.log(x)
        + math.log(x, 3)
        + math.log2(x)
        + math.log10(x)
        + math.log1p(x)
    )


def a58(x, xs):
    return (
        math.sin(x)
        + math.cos(x)
        + math.tan(x)
        + math.asin(x / 5)
        + math.acos(x / 5)
        + math.atan(x)
        + math.atan2(x, 2.0)
        + math.atan2(2.0, x)
    )


def a59(x, xs):
    return (
        math.sinh(x)
        + math.cosh(x)
        + math.tanh(x)
        + math.asinh(x)
        + math.acosh(x + 1)
        + math.atanh(x / 5)
    )


def a60(x, xs):
    return (
        math.erf(x)
        + math.erfc(x)
        + math.gamma(x)
        + math.lgamma(x)
        + math.sqrt(x)
        + math.pow(x, 2.5)
        + math.degrees(x)
        + math.radians(x)
    )


def a61(x, xs):
    return (
        math.floor(x) * x
        + math.ceil(x) * x
        + math.trunc(x) * x
        + math.isqrt(9) * x
        + math.gcd(4, 6) * x
        + math.comb(5, 2) * x
        + math.perm(3) * x
        + math.factorial(3) * x
        + math.lcm(2, 3) * x
    )


def a62(x, xs):
    return (x if math.isfinite(x) and not math.isnan(x) and not math.isinf(x) else 0) + (
        x * x if math.isclose(x, x) else 0
    )


def a63(x, xs):
    return math.ulp(1.0) * x + math.nextafter(1.0, 2.0) * x


def a64(x, xs):
    return (
        np.exp(x)
        + np.log(x)
        + np.sqrt(x)
        + np.sin(x)
        + np.cos(x)
        + np.tan(x)
        + np.arcsin(x / 5)
        + np.arccos(x / 5)
        + np.arctan(x)
        + np.arctan2(x, 2)
        + np.sinh(x)
        + np.cosh(x)
        + np.tanh(x)
        + np.arcsinh(x)
        + np.arccosh(x + 1)
        + np.arctanh(x / 5)
    )


def a65(x, xs):
    return (
        np.log1p(x)
        + np.expm1(x)
        + np.exp2(x)
        + np.log2(x)
        + np.log10(x)
        + np.cbrt(x)
        + np.square(x)
        + np.reciprocal(x)
        + np.power(x, 2.5)
        + np.float_power(x, 2)
        + np.hypot(x, 2)
        + np.abs(x)
        + np.absolute(-x)
        + np.fabs(x)
        + np.deg2rad(x)
        + np.rad2deg(x)
        + np.radians(x)
        + np.degrees(x)
    )


def a66(x, xs):
    return (
        np.maximum(x, 1.0) * np.minimum(x, 5.0)
        + np.where(x > 1, x * x, 0.0)
        + np.clip(x, 0.0, 3.0)
        + np.sign(x) * x
        + np.floor(x) * x
        + np.ceil(x) * x
        + np.heaviside(x, 0.5) * x
        + np.sinc(x)
        + np.logaddexp(x, 1.0)
        + np.logaddexp2(x, 1.0)
        + np.copysign(x, -1)
        + np.fmax(x, 1)
        + np.fmin(x, 1)
        + np.mod(x, 0.7)
        + np.fmod(x, 0.7)
        + np.remainder(x, 0.7)
        + np.trunc(x) * x
        + np.rint(x) * x
        + np.round(x, 1) * x
        + np.add(x, 1)
        + np.subtract(x, 1) * x
        + np.multiply(x, 2)
        + np.divide(x, 3)
        + np.true_divide(x, 3)
        + np.negative(x)
        + np.positive(x)
        + np.floor_divide(x, 2) * x
    )


def a67(x, xs):
    return (
        np.pi * x
        + np.e * x
        + (x if x < np.inf else 0)
        + np.euler_gamma * x
        + (x if np.isfinite(x) and not np.isnan(x) and np.isscalar(x) else 0)
        + np.float64(2.0) * x
        + np.float64(x) * x
        + np.real(x)
        + np.nan_to_num(x)
        + np.i0(x)
        + np.ldexp(x, 2)
        + np.interp(x, [0.0, 1.0, 5.0], [1.0, 2.0, 8.0])
        + np.polyval([1.0, 2.0, 3.0], x)
    )


def a68(x, xs):
    return (
        np.sum([x, x * x])
        + np.prod([x, 2.0])
        + np.max([x, 1.0])
        + np.mean([x, 3.0])
        + np.dot([x, 1.0], [2.0, x])
        + np.linalg.norm([x, 1.0])
    )


def c01(x, xs):
    return max(xs, key=lambda v: -v) * x + min([x, 2 * x], key=lambda v: -v) + max([], default=x)


def c02(x, xs):
    return max((v * x for v in xs), key=lambda v: (v - 2) ** 2) + min(xs, default=3.0) * x


def c03(x, xs):
    return (
        sorted([x, 3 * x, 2.0], reverse=True)[1] * x
        + sorted(xs, reverse=True)[0] * x
        + sorted(xs, key=lambda v: -v)[1] * x
    )


def c05(x, xs):
    return (
        math.dist([x, 1.0], [2.0, x]) + math.dist((x,), (3.0,)) + math.dist((x, 1, 2), (3.0, x, 1))
    )


def c06(x, xs):
    fr, e = math.frexp(x)
    return fr * x + e * x


def c07(x, xs):
    return x.conjugate() * x.real


def c13(x, xs):
    ys = [v * x for v in xs]
    ys.sort()
    ys.sort(reverse=True)
    ys.sort(key=lambda v: abs(v - 2))
    return ys[0] * ys[1]


def c14(x, xs):
    return max(xs, default=1.0) * x + max([v for v in xs if v > 9], default=x)


def c15(x, xs):
    return sorted(xs, key=lambda v: abs(v - x))[0] * x


def c16(x, xs):
    i = max(range(len(xs)), key=lambda k: xs[k] * x)
    return xs[i] * x


def c18(x, xs):
    return sp.zeta(2.5, x)


def c19(x, xs):
    return sp.polygamma(1, x) + sp.polygamma(n=2, x=x)


def c20(x, xs):
    return max([(1.0, x), (2.0, x * x)], key=lambda t: t[1])[0] * x


def c21(x, xs):
    return sorted([(x, 1.0), (2.0, x * x)], key=lambda t: t[0])[0][1] * x


def c22(x, xs):
    return list(filter(lambda v: v > 1, map(lambda v: v * x, xs)))[0]


def c23(x, xs):
    return sorted(v * x for v in xs)[-1] + sorted({"a": x, "b": 2.0}.values())[0]


def c24(x, xs):
    return sorted((x, 2.0))[0] + sorted(enumerate(xs), key=lambda p: p[1])[0][1] * x


def c26(x, xs):
    z = complex(xs[0], x * xs[1] - 1 / x)
    return 20 * math.log10(abs(1 / complex(0.0, x) / z)) + z.imag * complex(x).real


def c27(x, xs):
    z = complex(x, 0.5)
    for v in xs:
        z = z * z * 0.1 + complex(v, x)
    return abs(z)


def c28(x, xs):
    v = next((v * x for v in xs if v > 10.0), None)
    return x if v is None else v


def c29(x, xs):
    k = next((i for i, v in enumerate(xs) if v > 2.0), -1)
    return x * x * k * next(v * x for v in xs if v > 0.7)


if sys.version_info >= (3, 11):

    def c25(x, xs):
        return math.exp2(x) * 1 + math.cbrt(x)
