"""Solutions of ordinary differential equations: sensitivities come from the steps run."""

from math import sin


def lotka_volterra(prey, predators, alpha, beta, gamma, delta, time=10.0, steps=1000):
    """Number of prey after ``time``, by the classical Runge-Kutta rule."""
    h = time / steps
    x, y = prey, predators
    for _ in range(steps):
        k1, l1 = x * (alpha - beta * y), y * (delta * x - gamma)
        x2, y2 = x + 0.5 * h * k1, y + 0.5 * h * l1
        k2, l2 = x2 * (alpha - beta * y2), y2 * (delta * x2 - gamma)
        x3, y3 = x + 0.5 * h * k2, y + 0.5 * h * l2
        k3, l3 = x3 * (alpha - beta * y3), y3 * (delta * x3 - gamma)
        x4, y4 = x + h * k3, y + h * l3
        k4, l4 = x4 * (alpha - beta * y4), y4 * (delta * x4 - gamma)
        x += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        y += h / 6.0 * (l1 + 2.0 * l2 + 2.0 * l3 + l4)
    return x


def runge_kutta(slope, t, state, h):
    """One classical step of a system given as a list."""
    k1 = slope(t, state)
    k2 = slope(t + 0.5 * h, [s + 0.5 * h * k for s, k in zip(state, k1)])
    k3 = slope(t + 0.5 * h, [s + 0.5 * h * k for s, k in zip(state, k2)])
    k4 = slope(t + h, [s + h * k for s, k in zip(state, k3)])
    return [
        s + h / 6.0 * (a + 2.0 * b + 2.0 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4)
    ]


def pendulum(angle, speed, damping, length=1.0, time=2.0, steps=40):
    """Angle of a damped pendulum after ``time``."""

    def slope(t, state):
        theta, omega = state
        return [omega, -damping * omega - 9.80665 / length * sin(theta)]

    state = [angle, speed]
    h = time / steps
    for i in range(steps):
        state = runge_kutta(slope, i * h, state, h)
    return state[0]


def epidemic_peak(transmission, recovery, infected=1e-3, days=60, substeps=4):
    """Largest share of infected people in the model of Kermack and McKendrick (1927)."""
    s, i = 1.0 - infected, infected
    h = 1.0 / substeps
    peak = i
    for _ in range(days * substeps):
        flow = transmission * s * i
        s -= h * flow
        i += h * (flow - recovery * i)
        if i > peak:
            peak = i
        elif i < 0.5 * peak:
            break
    return peak


def stiff_decay(start, rate, time=1.0, steps=20):
    """Solution of y' = -rate y (1 + y**2) by the implicit Euler rule and Newton's method."""
    h = time / steps
    y = start
    for _ in range(steps):
        z = y
        for _ in range(25):
            residual = z - y + h * rate * z * (1.0 + z * z)
            correction = residual / (1.0 + h * rate * (1.0 + 3.0 * z * z))
            z -= correction
            if abs(correction) < 1e-13 * (1.0 + abs(z)):
                break
        y = z
    return y


def adaptive_decay(start, rate, time=3.0, tolerance=1e-6):
    """Solution of y' = -rate y by Heun's rule with steps that adapt to the error."""
    t, y, h = 0.0, start, 0.1
    while t < time:
        h = min(h, time - t)
        k1 = -rate * y
        k2 = -rate * (y + h * k1)
        error = abs(0.5 * h * (k2 - k1))
        if error > tolerance:
            h *= 0.5
            continue
        y += 0.5 * h * (k1 + k2)
        t += h
        if error < 0.1 * tolerance:
            h *= 2.0
    return y


def heat_rod(diffusivity, left, right, cells=8, time=0.1, steps=30):
    """Temperature in the middle of a rod, by explicit differences."""
    dx = 1.0 / cells
    r = diffusivity * time / steps / dx**2
    u = [0.0] * (cells + 1)
    u[0], u[-1] = left, right
    for _ in range(steps):
        old = u[:]
        for i in range(1, cells):
            u[i] = old[i] + r * (old[i + 1] - 2.0 * old[i] + old[i - 1])
    return u[cells // 2]


POINTS = {
    "lotka_volterra": {
        "wrt": ("prey", "predators", "alpha", "beta", "gamma", "delta", "time"),
        "at": [(10.0, 5.0, 1.1, 0.4, 0.4, 0.1, 5.0, 50)],
    },
    "pendulum": {
        "wrt": ("angle", "speed", "damping", "length", "time"),
        "at": [(1.1, 0.3, 0.2, 1.0, 2.0, 20)],
    },
    "epidemic_peak": {
        "wrt": ("transmission", "recovery", "infected"),
        "at": [(0.6, 0.2, 1e-3, 60, 2)],
    },
    "stiff_decay": {"wrt": ("start", "rate", "time"), "at": [(1.5, 30.0, 1.0, 8)]},
    "adaptive_decay": {"wrt": ("start", "rate"), "at": [(1.3, 2.1, 1.0, 1e-4)]},
    "heat_rod": {"wrt": ("diffusivity", "left", "right"), "at": [(0.9, 1.0, 3.0, 8, 0.1, 30)]},
}


if __name__ == "__main__":
    from chainrule import grad

    slopes = grad(lotka_volterra, wrt=("alpha", "beta"))
    print(slopes.source)
    print(slopes(10.0, 5.0, 1.1, 0.4, 0.4, 0.1))
