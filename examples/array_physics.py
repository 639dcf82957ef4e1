"""Fits over arrays: heat in a rod, a cubic spline, a drug in the body."""

import numpy as np


def heat(u, diffusivity, steps, dt):
    """Temperatures of a rod after a number of explicit steps in place, its ends kept."""
    u = u.copy()
    for _ in range(steps):
        flux = diffusivity * (u[1:] - u[:-1])
        u[1:-1] += dt * (flux[1:] - flux[:-1])
    return u


def heat_misfit(diffusivity, u, steps, dt, measured):
    """Squared distance between computed and measured temperatures."""
    return np.sum((heat(u, diffusivity, steps, dt) - measured) ** 2)


def spline_values(knots, values, x):
    """The natural cubic spline through (knots, values), at the points x."""
    n = len(knots)
    h = np.diff(knots)
    A = np.zeros((n, n))
    rhs = np.zeros(n)
    A[0, 0] = 1.0
    A[-1, -1] = 1.0
    for i in range(1, n - 1):
        A[i, i - 1] = h[i - 1]
        A[i, i] = 2.0 * (h[i - 1] + h[i])
        A[i, i + 1] = h[i]
        rhs[i] = 3.0 * ((values[i + 1] - values[i]) / h[i] - (values[i] - values[i - 1]) / h[i - 1])
    c = np.linalg.solve(A, rhs)
    piece = np.clip(np.searchsorted(knots, x) - 1, 0, n - 2)
    b = np.diff(values) / h - h * (2.0 * c[:-1] + c[1:]) / 3.0
    d = np.diff(c) / (3.0 * h)
    t = x - knots[piece]
    return values[piece] + t * (b[piece] + t * (c[:-1][piece] + t * d[piece]))


def spline_misfit(values, knots, x, y):
    """Mean squared distance of a spline to data."""
    return np.mean((spline_values(knots, values, x) - y) ** 2)


def concentrations(parameters, dose, times, steps):
    """Drug in the blood at given times: absorption, two compartments, saturable elimination."""
    ka, k12, k21, vmax, km = np.exp(parameters)
    state = np.array([dose, 0.0, 0.0])
    found = np.zeros(len(times))
    now = 0.0

    def slopes(state):
        gut, blood, tissue = state
        return np.array(
            [
                -ka * gut,
                ka * gut - k12 * blood + k21 * tissue - vmax * blood / (km + blood),
                k12 * blood - k21 * tissue,
            ]
        )

    for i in range(len(times)):
        h = (times[i] - now) / steps
        for _ in range(steps):
            k1 = slopes(state)
            k2 = slopes(state + 0.5 * h * k1)
            k3 = slopes(state + 0.5 * h * k2)
            k4 = slopes(state + h * k3)
            state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        now = times[i]
        found[i] = state[1]
    return found


def dose_misfit(parameters, dose, times, steps, measured):
    """Sum of squared logarithmic errors."""
    computed = concentrations(parameters, dose, times, steps)
    return np.sum((np.log(computed) - np.log(measured)) ** 2)


PARAMETERS = np.log(np.array([1.2, 0.4, 0.3, 2.0, 1.5]))
TIMES = np.array([0.25, 0.5, 1.0, 2.0, 4.0])

POINTS = {
    "heat_misfit": {
        "wrt": ("diffusivity", "u"),
        "at": [
            (
                np.array([0.3, 0.5, 0.2, 0.4]),
                np.array([1.0, 0.0, 0.0, 0.5, 0.0]),
                5,
                0.4,
                np.array([1.0, 0.4, 0.3, 0.2, 0.1]),
            )
        ],
    },
    "spline_misfit": {
        "wrt": ("values", "knots"),
        "at": [
            (
                np.array([0.1, 0.8, -0.3, 0.5]),
                np.array([0.0, 1.0, 2.5, 3.0]),
                np.array([0.2, 0.9, 1.7, 2.6, 2.9]),
                np.array([0.3, 0.7, 0.2, -0.1, 0.4]),
            )
        ],
    },
    "dose_misfit": {
        "wrt": ("parameters",),
        "at": [(PARAMETERS, 10.0, TIMES[:3], 2, np.array([1.0, 2.0, 3.0]))],
    },
}


if __name__ == "__main__":
    from chainrule import grad
    from scipy.optimize import minimize

    measured = concentrations(PARAMETERS, 10.0, TIMES, 8)
    slope = grad(dose_misfit)
    fit = minimize(
        dose_misfit, PARAMETERS + 0.3, jac=slope, args=(10.0, TIMES, 8, measured), method="BFGS"
    )
    print(slope.source)
    print(np.exp(fit.x), fit.nit)
