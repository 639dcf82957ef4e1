"""The workloads of speed.py: functions as users have them, and gradients written by hand.

The gradients by hand are what a careful person would ship: shared values computed once, loops
that keep what the way back needs and nothing else.  Each returns what chainrule's does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, erf, exp, log, pi, sin, sqrt
from typing import Any

R = 8.314462618
SQRT2 = sqrt(2.0)
INV_SQRT_2PI = 1.0 / sqrt(2.0 * pi)


@dataclass(frozen=True)
class Workload:
    """A function, the gradient written by hand, and a point.

    ``transform`` is ``"grad"`` or ``"jacobian"``; ``wrt`` names the parameters.
    """

    function: Callable[..., Any]
    hand: Callable[..., Any]
    point: tuple[float, ...]
    wrt: tuple[str, ...]
    transform: str = "grad"

    @property
    def name(self) -> str:
        return self.function.__name__


# Black-Scholes: five sensitivities of the price of a call


def normal_cdf(x):
    return 0.5 * (1.0 + erf(x / SQRT2))


def black_scholes(S, K, T, r, sigma):
    spread = sigma * sqrt(T)
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / spread
    d2 = d1 - spread
    return S * normal_cdf(d1) - K * exp(-r * T) * normal_cdf(d2)


def black_scholes_by_hand(S, K, T, r, sigma):
    root = sqrt(T)
    spread = sigma * root
    d1 = (log(S / K) + (r + 0.5 * sigma * sigma) * T) / spread
    d2 = d1 - spread
    discount = exp(-r * T)
    below1 = 0.5 + 0.5 * erf(d1 / SQRT2)
    strike_part = discount * (0.5 + 0.5 * erf(d2 / SQRT2))
    owed = K * strike_part
    # K exp(-rT) phi(d2) equals S phi(d1).
    density = S * INV_SQRT_2PI * exp(-0.5 * d1 * d1)
    vega = density * root
    return below1, -strike_part, 0.5 * sigma * density / root + r * owed, T * owed, vega


# Peng-Robinson: departures of enthalpy and entropy from the ideal gas, by temperature and volume


def peng_robinson(T, V, Tc, Pc, omega):
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    root_alpha = 1.0 + kappa * (1.0 - sqrt(T / Tc))
    a = 0.45724 * (R * Tc) ** 2 / Pc * root_alpha**2
    b = 0.0778 * R * Tc / Pc
    da_dT = -0.45724 * (R * Tc) ** 2 / Pc * kappa * root_alpha / sqrt(T * Tc)
    P = R * T / (V - b) - a / (V * (V + b) + b * (V - b))
    Z = P * V / (R * T)
    ratio = log((V + (1.0 + SQRT2) * b) / (V + (1.0 - SQRT2) * b))
    enthalpy = R * T * (Z - 1.0) + (T * da_dT - a) / (2.0 * SQRT2 * b) * ratio
    entropy = R * log(P * (V - b) / (R * T)) + da_dT / (2.0 * SQRT2 * b) * ratio
    return enthalpy, entropy


def peng_robinson_by_hand(T, V, Tc, Pc, omega):
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega * omega
    root_alpha = 1.0 + kappa * (1.0 - sqrt(T / Tc))
    RTc = R * Tc
    ac = 0.45724 * RTc * RTc / Pc
    a = ac * root_alpha * root_alpha
    b = 0.0778 * RTc / Pc
    root = sqrt(T * Tc)
    slope = ac * kappa / root
    a_T = -slope * root_alpha
    # d/dT of root_alpha is -kappa / (2 root).
    a_TT = 0.5 * slope * (kappa / root + root_alpha / T)
    free = V - b
    bottom = V * (V + b) + b * free
    RT = R * T
    P = RT / free - a / bottom
    P_T = R / free - a_T / bottom
    P_V = 2.0 * a * (V + b) / (bottom * bottom) - RT / (free * free)
    c = 1.0 / (2.0 * SQRT2 * b)
    high = V + (1.0 + SQRT2) * b
    low = V + (1.0 - SQRT2) * b
    part = c * log(high / low)
    # high * low is bottom and high - low is 1 / c.
    part_V = -1.0 / bottom
    excess = T * a_T - a
    over_P = R / P
    return (
        (V * P_T - R + T * a_TT * part, P + V * P_V + excess * part_V),
        (over_P * P_T - R / T + a_TT * part, over_P * P_V + R / free + a_T * part_V),
    )


# A planar robot arm with three links


def robot_arm(q1, q2, q3):
    q12 = q1 + q2
    q123 = q12 + q3
    x = 0.5 * cos(q1) + 0.4 * cos(q12) + 0.2 * cos(q123)
    y = 0.5 * sin(q1) + 0.4 * sin(q12) + 0.2 * sin(q123)
    return x, y, q123


def robot_arm_by_hand(q1, q2, q3):
    q12 = q1 + q2
    q123 = q12 + q3
    x3 = 0.2 * cos(q123)
    y3 = 0.2 * sin(q123)
    x2 = 0.4 * cos(q12) + x3
    y2 = 0.4 * sin(q12) + y3
    return (
        (-0.5 * sin(q1) - y2, -y2, -y3),
        (0.5 * cos(q1) + x2, x2, x3),
        (1.0, 1.0, 1.0),
    )


# Rosenbrock's valley in 20 dimensions, unrolled


def rosenbrock(
    x0,
    x1,
    x2,
    x3,
    x4,
    x5,
    x6,
    x7,
    x8,
    x9,
    x10,
    x11,
    x12,
    x13,
    x14,
    x15,
    x16,
    x17,
    x18,
    x19,
):
    total = 0.0
    total += 100.0 * (x1 - x0**2) ** 2 + (1.0 - x0) ** 2
    total += 100.0 * (x2 - x1**2) ** 2 + (1.0 - x1) ** 2
    total += 100.0 * (x3 - x2**2) ** 2 + (1.0 - x2) ** 2
    total += 100.0 * (x4 - x3**2) ** 2 + (1.0 - x3) ** 2
    total += 100.0 * (x5 - x4**2) ** 2 + (1.0 - x4) ** 2
    total += 100.0 * (x6 - x5**2) ** 2 + (1.0 - x5) ** 2
    total += 100.0 * (x7 - x6**2) ** 2 + (1.0 - x6) ** 2
    total += 100.0 * (x8 - x7**2) ** 2 + (1.0 - x7) ** 2
    total += 100.0 * (x9 - x8**2) ** 2 + (1.0 - x8) ** 2
    total += 100.0 * (x10 - x9**2) ** 2 + (1.0 - x9) ** 2
    total += 100.0 * (x11 - x10**2) ** 2 + (1.0 - x10) ** 2
    total += 100.0 * (x12 - x11**2) ** 2 + (1.0 - x11) ** 2
    total += 100.0 * (x13 - x12**2) ** 2 + (1.0 - x12) ** 2
    total += 100.0 * (x14 - x13**2) ** 2 + (1.0 - x13) ** 2
    total += 100.0 * (x15 - x14**2) ** 2 + (1.0 - x14) ** 2
    total += 100.0 * (x16 - x15**2) ** 2 + (1.0 - x15) ** 2
    total += 100.0 * (x17 - x16**2) ** 2 + (1.0 - x16) ** 2
    total += 100.0 * (x18 - x17**2) ** 2 + (1.0 - x17) ** 2
    total += 100.0 * (x19 - x18**2) ** 2 + (1.0 - x18) ** 2
    return total


def rosenbrock_by_hand(
    x0,
    x1,
    x2,
    x3,
    x4,
    x5,
    x6,
    x7,
    x8,
    x9,
    x10,
    x11,
    x12,
    x13,
    x14,
    x15,
    x16,
    x17,
    x18,
    x19,
):
    c0 = 200.0 * (x1 - x0 * x0)
    c1 = 200.0 * (x2 - x1 * x1)
    c2 = 200.0 * (x3 - x2 * x2)
    c3 = 200.0 * (x4 - x3 * x3)
    c4 = 200.0 * (x5 - x4 * x4)
    c5 = 200.0 * (x6 - x5 * x5)
    c6 = 200.0 * (x7 - x6 * x6)
    c7 = 200.0 * (x8 - x7 * x7)
    c8 = 200.0 * (x9 - x8 * x8)
    c9 = 200.0 * (x10 - x9 * x9)
    c10 = 200.0 * (x11 - x10 * x10)
    c11 = 200.0 * (x12 - x11 * x11)
    c12 = 200.0 * (x13 - x12 * x12)
    c13 = 200.0 * (x14 - x13 * x13)
    c14 = 200.0 * (x15 - x14 * x14)
    c15 = 200.0 * (x16 - x15 * x15)
    c16 = 200.0 * (x17 - x16 * x16)
    c17 = 200.0 * (x18 - x17 * x17)
    c18 = 200.0 * (x19 - x18 * x18)
    return (
        2.0 * (x0 * (1.0 - c0) - 1.0),
        c0 + 2.0 * (x1 * (1.0 - c1) - 1.0),
        c1 + 2.0 * (x2 * (1.0 - c2) - 1.0),
        c2 + 2.0 * (x3 * (1.0 - c3) - 1.0),
        c3 + 2.0 * (x4 * (1.0 - c4) - 1.0),
        c4 + 2.0 * (x5 * (1.0 - c5) - 1.0),
        c5 + 2.0 * (x6 * (1.0 - c6) - 1.0),
        c6 + 2.0 * (x7 * (1.0 - c7) - 1.0),
        c7 + 2.0 * (x8 * (1.0 - c8) - 1.0),
        c8 + 2.0 * (x9 * (1.0 - c9) - 1.0),
        c9 + 2.0 * (x10 * (1.0 - c10) - 1.0),
        c10 + 2.0 * (x11 * (1.0 - c11) - 1.0),
        c11 + 2.0 * (x12 * (1.0 - c12) - 1.0),
        c12 + 2.0 * (x13 * (1.0 - c13) - 1.0),
        c13 + 2.0 * (x14 * (1.0 - c14) - 1.0),
        c14 + 2.0 * (x15 * (1.0 - c15) - 1.0),
        c15 + 2.0 * (x16 * (1.0 - c16) - 1.0),
        c16 + 2.0 * (x17 * (1.0 - c17) - 1.0),
        c17 + 2.0 * (x18 * (1.0 - c18) - 1.0),
        c18,
    )


# Lotka and Volterra's predator and prey, 1000 steps of Runge and Kutta


def lotka_volterra(alpha, beta, gamma, delta):
    x, y = 10.0, 5.0
    h = 0.01
    for _ in range(1000):
        u1 = alpha * x - beta * x * y
        v1 = delta * x * y - gamma * y
        xm = x + 0.5 * h * u1
        ym = y + 0.5 * h * v1
        u2 = alpha * xm - beta * xm * ym
        v2 = delta * xm * ym - gamma * ym
        xm = x + 0.5 * h * u2
        ym = y + 0.5 * h * v2
        u3 = alpha * xm - beta * xm * ym
        v3 = delta * xm * ym - gamma * ym
        xm = x + h * u3
        ym = y + h * v3
        u4 = alpha * xm - beta * xm * ym
        v4 = delta * xm * ym - gamma * ym
        x = x + h / 6.0 * (u1 + 2.0 * u2 + 2.0 * u3 + u4)
        y = y + h / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
    return x + y


def lotka_volterra_by_hand(alpha, beta, gamma, delta):
    x, y = 10.0, 5.0
    tape = []
    for _ in range(1000):
        x2 = x + 0.005 * (x * (alpha - beta * y))
        y2 = y + 0.005 * (y * (delta * x - gamma))
        u2 = x2 * (alpha - beta * y2)
        v2 = y2 * (delta * x2 - gamma)
        x3 = x + 0.005 * u2
        y3 = y + 0.005 * v2
        u3 = x3 * (alpha - beta * y3)
        v3 = y3 * (delta * x3 - gamma)
        x4 = x + 0.01 * u3
        y4 = y + 0.01 * v3
        tape.append((x, y, x2, y2, x3, y3, x4, y4))
        # x2 - x is h u1 / 2 and so on: the sum of the slopes from the points themselves.
        x = (
            x
            + (0.01 * x4 * (alpha - beta * y4) + 2.0 * (x2 - x) + 4.0 * (x3 - x) + 2.0 * (x4 - x))
            / 6.0
        )
        y = (
            y
            + (0.01 * y4 * (delta * x4 - gamma) + 2.0 * (y2 - y) + 4.0 * (y3 - y) + 2.0 * (y4 - y))
            / 6.0
        )
    alpha_bar = beta_bar = gamma_bar = delta_bar = 0.0
    x_bar = y_bar = 1.0
    for x, y, x2, y2, x3, y3, x4, y4 in reversed(tape):
        u_bar = 0.01 / 6.0 * x_bar
        v_bar = 0.01 / 6.0 * y_bar
        # Stage 4, with the adjoints of its point (p, q).
        ux, vy = u_bar * x4, v_bar * y4
        alpha_bar += ux
        beta_bar -= ux * y4
        delta_bar += vy * x4
        gamma_bar -= vy
        p = u_bar * (alpha - beta * y4) + delta * vy
        q = v_bar * (delta * x4 - gamma) - beta * ux
        x_sum, y_sum = x_bar + p, y_bar + q
        # Stage 3.
        u3_bar = 2.0 * u_bar + 0.01 * p
        v3_bar = 2.0 * v_bar + 0.01 * q
        ux, vy = u3_bar * x3, v3_bar * y3
        alpha_bar += ux
        beta_bar -= ux * y3
        delta_bar += vy * x3
        gamma_bar -= vy
        p = u3_bar * (alpha - beta * y3) + delta * vy
        q = v3_bar * (delta * x3 - gamma) - beta * ux
        x_sum += p
        y_sum += q
        # Stage 2.
        u2_bar = 2.0 * u_bar + 0.005 * p
        v2_bar = 2.0 * v_bar + 0.005 * q
        ux, vy = u2_bar * x2, v2_bar * y2
        alpha_bar += ux
        beta_bar -= ux * y2
        delta_bar += vy * x2
        gamma_bar -= vy
        p = u2_bar * (alpha - beta * y2) + delta * vy
        q = v2_bar * (delta * x2 - gamma) - beta * ux
        x_sum += p
        y_sum += q
        # Stage 1.
        u1_bar = u_bar + 0.005 * p
        v1_bar = v_bar + 0.005 * q
        ux, vy = u1_bar * x, v1_bar * y
        alpha_bar += ux
        beta_bar -= ux * y
        delta_bar += vy * x
        gamma_bar -= vy
        x_bar = x_sum + u1_bar * (alpha - beta * y) + delta * vy
        y_bar = y_sum + v1_bar * (delta * x - gamma) - beta * ux
    return alpha_bar, beta_bar, gamma_bar, delta_bar


# Kepler's equation by Newton's method, until it converges


def kepler(M, e):
    E = M
    step = 1.0
    while abs(step) > 1e-12:
        step = (E - e * sin(E) - M) / (1.0 - e * cos(E))
        E = E - step
    return E


def kepler_by_hand(M, e):
    E = M
    step = 1.0
    E_M, E_e = 1.0, 0.0
    while abs(step) > 1e-12:
        s = sin(E)
        c = cos(E)
        bottom = 1.0 - e * c
        step = (E - e * s - M) / bottom
        # The derivative of E - step: what depends on E through the numerator cancels.
        turn = step * e * s
        E_M = (1.0 + turn * E_M) / bottom
        E_e = (s + turn * E_e - step * c) / bottom
        E = E - step
    return E_M, E_e


WORKLOADS = (
    Workload(
        black_scholes,
        black_scholes_by_hand,
        (100.0, 95.0, 0.75, 0.03, 0.2),
        ("S", "K", "T", "r", "sigma"),
    ),
    Workload(
        peng_robinson,
        peng_robinson_by_hand,
        (300.0, 0.001, 425.1, 3.796e6, 0.2),
        ("T", "V"),
        "jacobian",
    ),
    Workload(robot_arm, robot_arm_by_hand, (0.3, 0.5, -0.2), ("q1", "q2", "q3"), "jacobian"),
    Workload(
        rosenbrock,
        rosenbrock_by_hand,
        tuple(1.0 + 0.4 * (i * i * 0.618033988749895 % 1.0 - 0.5) for i in range(20)),
        tuple(f"x{i}" for i in range(20)),
    ),
    Workload(
        lotka_volterra,
        lotka_volterra_by_hand,
        (1.1, 0.4, 0.4, 0.1),
        ("alpha", "beta", "gamma", "delta"),
    ),
    Workload(kepler, kepler_by_hand, (1.3, 0.6), ("M", "e")),
)
