"""Straight-line scalar functions with sample points: the table of cost tests and benchmarks.

Plain functions over the names of :mod:`math`; each stands for a kind of code that people have.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from math import atan, atan2, cos, erf, exp, log, pi, sin, sqrt, tan, tanh
from typing import Any


@dataclass(frozen=True)
class Row:
    """A function, a point, and the parameters by which it is differentiated."""

    function: Callable[..., Any]
    point: tuple[float, ...]
    wrt: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        code = self.function.__code__
        return code.co_varnames[: code.co_argcount]

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the parameters by which one differentiates: all, unless told otherwise."""
        return self.wrt or self.parameters


TABLE: list[Row] = []


def row(*point: float, wrt: tuple[str, ...] = ()) -> Callable[[Any], Any]:
    """Enter a function into the table."""

    def enter(function: Any) -> Any:
        TABLE.append(Row(function, point, wrt))
        return function

    return enter


def function_from_text(name: str, text: str) -> Any:
    """A function of this module given as text, its lines known to :mod:`inspect`."""
    file = f"<straight_line {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), globals())
    return globals()[name]


# Finance


def normal_cdf(x):
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


@row(100.0, 95.0, 0.75, 0.03, 0.2)
def black_scholes(S, K, T, r, sigma):
    spread = sigma * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / spread
    d2 = d1 - spread
    return S * normal_cdf(d1) - K * exp(-r * T) * normal_cdf(d2)


@row(100.0, 98.0, 0.5, 0.25, 0.02)
def black_76_put(F, K, T, sigma, r):
    spread = sigma * sqrt(T)
    d1 = log(F / K) / spread + 0.5 * spread
    d2 = d1 - spread
    return exp(-r * T) * (K * normal_cdf(-d2) - F * normal_cdf(-d1))


@row(0.04, -0.01, 0.02, 1.7, 5.0)
def nelson_siegel(b0, b1, b2, tau, t):
    decay = exp(-t / tau)
    loading = (1.0 - decay) * tau / t
    return b0 + b1 * loading + b2 * (loading - decay)


@row(0.04, 0.5, 0.03, 0.01, 2.0)
def vasicek_bond(r, kappa, theta, sigma, T):
    b = (1.0 - exp(-kappa * T)) / kappa
    long_rate = theta - sigma**2 / (2.0 * kappa**2)
    a = exp(long_rate * (b - T) - sigma**2 * b**2 / (4.0 * kappa))
    return a * exp(-b * r)


@row(0.04, 0.4, -0.3, 0.1, 0.2, 0.15)
def svi_variance(a, b, rho, m, sigma, k):
    shifted = k - m
    return a + b * (rho * shifted + sqrt(shifted**2 + sigma**2))


# Thermodynamics and chemistry


@row(350.0, 8e-4, 3.6, 4.3e-5)
def van_der_waals(T, V, a, b):
    return 8.314462618 * T / (V - b) - a / V**2


@row(300.0, 0.001, 425.1, 3.796e6, 0.2)
def peng_robinson_pressure(T, V, Tc, Pc, omega):
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    alpha = (1.0 + kappa * (1.0 - sqrt(T / Tc))) ** 2
    a = 0.45724 * (8.314462618 * Tc) ** 2 / Pc
    b = 0.0778 * 8.314462618 * Tc / Pc
    return 8.314462618 * T / (V - b) - a * alpha / (V * (V + b) + b * (V - b))


@row(10.2, 1730.6, 233.4, 80.0)
def antoine_enthalpy(A, B, C, T):
    return 10.0 ** (A - B / (C + T)) * B / (C + T) ** 2


@row(2.3e6, 5.2e4, 350.0, 0.4)
def arrhenius_rate(A, E, T, x):
    k = A * exp(-E / (8.314462618 * T))
    return k * (1.0 - x) ** 2 / (1.0 + 0.3 * k * x)


@row(0.4, 0.6, 1.3, 0.7, 320.0)
def nrtl_excess(x1, x2, tau12, tau21, T):
    g12 = exp(-0.3 * tau12)
    g21 = exp(-0.3 * tau21)
    excess = tau21 * g21 / (x1 + x2 * g21) + tau12 * g12 / (x2 + x1 * g12)
    return 8.314462618 * T * x1 * x2 * excess


@row(5.5e-7, 5800.0)
def planck(wavelength, T):
    c2 = 1.438776877e-2
    return 1.191042972e-16 / (wavelength**5 * (exp(c2 / (wavelength * T)) - 1.0))


# Mechanics and robotics


@row(0.3, 0.5, -0.2)
def arm_reach(q1, q2, q3):
    x = 0.5 * cos(q1) + 0.4 * cos(q1 + q2) + 0.2 * cos(q1 + q2 + q3)
    y = 0.5 * sin(q1) + 0.4 * sin(q1 + q2) + 0.2 * sin(q1 + q2 + q3)
    return (x - 0.7) ** 2 + (y - 0.4) ** 2


@row(0.4, -0.7, 1.2, 0.3)
def double_pendulum_energy(a, b, u, v):
    kinetic = 0.5 * (2.0 * u**2 + v**2 + 2.0 * u * v * cos(a - b))
    return kinetic - 9.81 * (2.0 * cos(a) + cos(b))


@row(0.7, 0.2, -0.3, 0.5, 1.0, 2.0, 3.0)
def quaternion_rotated(w, x, y, z, a, b, c):
    n = w**2 + x**2 + y**2 + z**2
    tx = 2.0 * (y * c - z * b)
    ty = 2.0 * (z * a - x * c)
    tz = 2.0 * (x * b - y * a)
    return (a + (w * tx + y * tz - z * ty) / n) + (b + (w * ty + z * tx - x * tz) / n)


@row(0.9, 0.1, 0.8, 1.1)
def haversine(lat1, lon1, lat2, lon2):
    h = sin((lat2 - lat1) / 2.0) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2.0) ** 2
    return 2.0 * 6371.0 * atan2(sqrt(h), sqrt(1.0 - h))


@row(0.8, 0.2, 1500.0)
def geodetic_distance(lat, lon, height):
    s = sin(lat)
    n = 6378137.0 / sqrt(1.0 - 0.00669438 * s * s)
    x = (n + height) * cos(lat) * cos(lon)
    y = (n + height) * cos(lat) * sin(lon)
    z = (n * (1.0 - 0.00669438) + height) * s
    return sqrt((x - 4.0e6) ** 2 + (y - 9.0e5) ** 2 + (z - 4.5e6) ** 2)


@row(1.1, 0.9, 1.2)
def lennard_jones(epsilon, sigma, r):
    attraction = (sigma / r) ** 6
    return 4.0 * epsilon * (attraction**2 - attraction)


@row(0.9, 1.4, 0.5, 2.5)
def morse(depth, a, r0, r):
    return depth * (1.0 - exp(-a * (r - r0))) ** 2


@row(2.0e5, 1.0e-4, 0.1)
def haaland_friction(reynolds, roughness, diameter):
    inner = (roughness / diameter / 3.7) ** 1.11 + 6.9 / reynolds
    return 1.0 / (-1.8 * log(inner) / log(10.0)) ** 2


@row(1.7e5, 2.1e-4)
def swamee_jain(reynolds, relative):
    return 0.25 / log(relative / 3.7 + 5.74 / reynolds**0.9) ** 2


@row(2.4, 0.3, 1.2)
def tyre_force(slip, bend, stiff):
    p = stiff * slip
    return 1.3 * sin(1.65 * atan(p - bend * (p - atan(p))))


# Statistics and learning


@row(0.7, 0.2, 1.3)
def normal_log_density(x, mu, sigma):
    z = (x - mu) / sigma
    return -0.5 * z * z - log(sigma) - 0.5 * log(2.0 * pi)


@row(1.2, 0.4, 2.0, 3.5)
def student_energy(x, mu, scale, nu):
    return 0.5 * (nu + 1.0) * log(1.0 + ((x - mu) / scale) ** 2 / nu) + log(scale)


@row(0.3, -0.8, 0.1, 1.5, 0.7)
def logistic_loss(w1, w2, b, x1, x2):
    margin = w1 * x1 + w2 * x2 + b
    return log(1.0 + exp(-margin))


@row(0.1, -0.4, 0.7, 0.2, 0.5, -0.3, 0.8, -0.6, 0.05)
def small_network(a1, a2, a3, a4, b1, b2, c1, c2, c0):
    h1 = tanh(0.5 * a1 - 1.2 * a2 + b1)
    h2 = tanh(0.5 * a3 - 1.2 * a4 + b2)
    return (c1 * h1 + c2 * h2 + c0 - 0.3) ** 2


@row(1.4, 3.0, 2.2, 0.8)
def hill_response(top, ec50, n, dose):
    return top * dose**n / (ec50**n + dose**n)


@row(0.2, 1.1, 0.4, 2.0, 0.3)
def gauss_pair(a, mu, width, x, floor):
    left = exp(-((x - mu) ** 2) / (2.0 * width**2))
    right = exp(-((x + mu) ** 2) / (2.0 * width**2))
    return a * (left + right) + floor


# Test functions of optimization


@row(1.2, -0.7)
def himmelblau(x, y):
    return (x**2 + y - 11.0) ** 2 + (x + y**2 - 7.0) ** 2


@row(1.1, 2.3)
def branin(x, y):
    curve = y - 5.1 / (4.0 * pi**2) * x**2 + 5.0 / pi * x - 6.0
    return curve**2 + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * cos(x) + 10.0


@row(0.4, -0.3)
def goldstein_price(x, y):
    first = 19.0 - 14.0 * x + 3.0 * x**2 - 14.0 * y + 6.0 * x * y + 3.0 * y**2
    second = 18.0 - 32.0 * x + 12.0 * x**2 + 48.0 * y - 36.0 * x * y + 27.0 * y**2
    left = 1.0 + (x + y + 1.0) ** 2 * first
    return left * (30.0 + (2.0 * x - 3.0 * y) ** 2 * second)


@row(0.5, 0.3)
def ackley(x, y):
    radius = sqrt(0.5 * (x**2 + y**2))
    waves = exp(0.5 * (cos(2.0 * pi * x) + cos(2.0 * pi * y)))
    return -20.0 * exp(-0.2 * radius) - waves + 20.0 + exp(1.0)


@row(0.3, 0.6, 0.9)
def nested_sines(x, y, z):
    return sin(x * sin(y * sin(z * cos(x) + y) + z) + tan(0.3 * x))


# Written by a program, as such code mostly is


def rosenbrock_text(size: int) -> str:
    """The Rosenbrock function of ``size`` parameters, one line a term."""
    names = [f"x{i}" for i in range(size)]
    lines = [f"def rosenbrock_{size}({', '.join(names)}):", "    total = 0.0"]
    for a, b in itertools.pairwise(names):
        lines.append(f"    total += 100.0 * ({b} - {a} ** 2) ** 2 + (1.0 - {a}) ** 2")
    return "\n".join([*lines, "    return total", ""])


def product_text(size: int) -> str:
    """The product of ``size`` parameters."""
    names = [f"x{i}" for i in range(size)]
    return f"def product_{size}({', '.join(names)}):\n    return {' * '.join(names)}\n"


def determinant_text(size: int) -> str:
    """The determinant by expansion along the first row, all the way down."""

    def expand(rows: range, columns: tuple[int, ...]) -> str:
        first = rows[0]
        if len(columns) == 1:
            return f"a{first}{columns[0]}"
        text = ""
        for place, column in enumerate(columns):
            rest = columns[:place] + columns[place + 1 :]
            minor = expand(rows[1:], rest)
            minor = f"({minor})" if len(rest) > 1 else minor
            sign = (" - " if place % 2 else " + ") if place else ""
            text += f"{sign}a{first}{column} * {minor}"
        return text

    names = [f"a{i}{j}" for i in range(size) for j in range(size)]
    body = expand(range(size), tuple(range(size)))
    return f"def determinant_{size}({', '.join(names)}):\n    return {body}\n"


def helmholtz_text(size: int) -> str:
    """Excess Helmholtz energy of a mixture of ``size`` components, a classic of the field."""
    names = [f"x{i}" for i in range(size)]
    share = " + ".join(f"{0.02 + 0.003 * i:.3f} * {name}" for i, name in enumerate(names))
    lines = [f"def helmholtz_{size}({', '.join(names)}):", f"    bx = {share}"]
    for i, name in enumerate(names):
        terms = " + ".join(
            f"{0.1 + 0.01 * min(i, j) + 0.02 * max(i, j):.2f} * {other}"
            for j, other in enumerate(names)
        )
        lines.append(f"    a{i} = {terms}")
        lines.append(f"    m{i} = {name} * log({name} / (1.0 - bx))")
    quadratic = " + ".join(f"{name} * a{i}" for i, name in enumerate(names))
    mixing = " + ".join(f"m{i}" for i in range(size))
    lines.append("    ratio = (1.0 + 2.414213562373095 * bx) / (1.0 - 0.41421356237309503 * bx)")
    lines.append(f"    energy = {quadratic}")
    lines.append(f"    mixing = {mixing}")
    lines.append("    return 8.314 * mixing - energy / (2.8284271247461903 * bx) * log(ratio)")
    return "\n".join([*lines, ""])


def spherical_harmonics_text(order: int) -> str:
    """All real spherical harmonics below ``order`` of a point (x, y, z), order squared results.

    Polynomials by the usual recurrences (P. Sloan, Stupid spherical harmonics tricks, 2008),
    without their constant norms.
    """
    lines = [f"def spherical_harmonics_{order}(x, y, z):"]
    s, c = {0: ""}, {0: ""}
    for m in range(1, order):
        if m == 1:
            s[m], c[m] = "y", "x"
            continue
        lines.append(f"    s{m} = x * {s[m - 1]} + y * {c[m - 1]}")
        lines.append(f"    c{m} = x * {c[m - 1]} - y * {s[m - 1]}")
        s[m], c[m] = f"s{m}", f"c{m}"
    p: dict[tuple[int, int], str] = {}
    double_factorial = 1
    for m in range(order):
        p[m, m] = f"{float(double_factorial)}"
        double_factorial *= 1 - 2 * (m + 1)
        for n in range(m + 1, order):
            if n == m + 1:
                factor = (2 * m + 1) * float(p[m, m])
                value = "z" if factor == 1.0 else f"{factor} * z"
            else:
                a, b = (2 * n - 1) / (n - m), (n + m - 1) / (n - m)
                last = f"{b * float(p[m, m])}" if n == m + 2 else f"{b!r} * {p[n - 2, m]}"
                value = f"{a!r} * z * {p[n - 1, m]} - {last}"
            p[n, m] = value if value == "z" else f"p{n}_{m}"
            if p[n, m] != value:
                lines.append(f"    p{n}_{m} = {value}")
    results = []
    for n in range(order):
        for m in range(-n, n + 1):
            around = (s if m < 0 else c)[abs(m)]
            factors = [factor for factor in (p[n, abs(m)], around) if factor and factor != "1.0"]
            results.append(" * ".join(factors) or "1.0")
    lines.append("    return (")
    lines += [f"        {result}," for result in results]
    return "\n".join([*lines, "    )", ""])


def point(size: int, low: float, high: float) -> tuple[float, ...]:
    """Numbers spread over a range without order."""
    return tuple(low + (high - low) * (i * i * 0.6180339887498949 % 1.0) for i in range(size))


row(*point(20, -1.0, 1.5))(function_from_text("rosenbrock_20", rosenbrock_text(20)))
row(*point(50, 0.5, 1.5))(function_from_text("product_50", product_text(50)))
row(*point(25, -2.0, 2.0))(function_from_text("determinant_5", determinant_text(5)))
row(*point(10, 0.05, 0.15))(function_from_text("helmholtz_10", helmholtz_text(10)))

HARMONICS = Row(
    function_from_text("spherical_harmonics_10", spherical_harmonics_text(10)), (0.3, 0.5, 0.8)
)
