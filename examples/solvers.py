"""Models that leave their equations to SciPy: differential equations, equilibria, fits."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import fsolve, root

HOURS = np.array([0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
MEASURED = np.array([1.1, 1.7, 2.2, 2.0, 1.2, 0.5])


def absorption(t, amounts, ka, ke):
    """Change of the amounts of a drug in gut and blood: taken up at ka, eliminated at ke."""
    gut, blood = amounts
    return [-ka * gut, ka * gut - ke * blood]


def pharmacokinetic_misfit(parameters, dose=10.0, hours=HOURS, measured=MEASURED):
    """Squared relative distance of concentrations after one dose from measured ones."""
    ka, ke, volume = np.exp(parameters)
    amounts = solve_ivp(
        absorption,
        (0.0, hours[-1]),
        [dose, 0.0],
        method="LSODA",
        t_eval=hours,
        args=(ka, ke),
        rtol=1e-10,
        atol=1e-12,
    )
    concentrations = amounts.y[1] / volume
    return np.sum((concentrations / measured - 1.0) ** 2)


def falling_range(speed, angle, drag, gravity=9.81, time=1.5):
    """How far and how high a thrown ball is after some time, drag growing with its speed."""

    def motion(t, state):
        _, _, vx, vy = state
        slowing = drag * np.hypot(vx, vy)
        return [vx, vy, -slowing * vx, -gravity - slowing * vy]

    start = [0.0, 0.0, speed * np.cos(angle), speed * np.sin(angle)]
    path = solve_ivp(motion, (0.0, time), start, "DOP853", rtol=1e-11, atol=1e-11)
    return path.y[0, -1] + 0.5 * path.y[1, -1]


def acidity(acid, base, constant=1.8e-5, water=1e-14):
    """The pH of a weak acid with some of its salt, from the balance of charges."""

    def balances(logs):
        hydrogen, anion = np.exp(logs)
        return [
            np.log(hydrogen * anion / (constant * (acid + base - anion))),
            (hydrogen + base - anion - water / hydrogen) / base,
        ]

    start = [np.log(constant), np.log(base)]
    hydrogen, _ = fsolve(balances, start, xtol=1e-13)
    return -hydrogen / np.log(10.0)


def truss_height(load, stiffness, width=1.0, height=0.4):
    """How high the tip of two bars stands under a load that it can bear without snapping."""
    length = np.sqrt(width**2 + height**2)

    def forces(position):
        x, y = position
        left, right = np.hypot(width + x, y), np.hypot(width - x, y)
        pulls = [stiffness * (each - length) / each for each in (left, right)]
        return [
            pulls[0] * (width + x) - pulls[1] * (width - x),
            pulls[0] * y + pulls[1] * y + load,
        ]

    found = root(forces, [0.0, height], tol=1e-13)
    return found.x[1]


POINTS = {
    "pharmacokinetic_misfit": {
        "wrt": ("parameters",),
        "at": [(np.array([0.3, -1.2, 1.1]),)],
    },
    "falling_range": {"wrt": ("speed", "angle", "drag"), "at": [(12.0, 0.9, 0.05)]},
    "acidity": {"wrt": ("acid", "base"), "at": [(0.1, 0.05)]},
    "truss_height": {"wrt": ("load", "stiffness"), "at": [(0.01, 1.0)]},
}


if __name__ == "__main__":
    from chainrule import grad
    from scipy.optimize import minimize

    slope = grad(pharmacokinetic_misfit)
    start = np.array([0.7, -1.4, 0.9])
    fit = minimize(pharmacokinetic_misfit, start, jac=slope, method="BFGS", tol=1e-3)
    print(slope.source)
    print("ka, ke, volume:", np.exp(fit.x), "after", fit.nit, "steps")
