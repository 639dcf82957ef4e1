"""GradBench's nested problems: a particle that is to hit the origin, and a saddle point.

Both are from Pearlmutter and Siskind, Using programming language theory to make automatic
differentiation sound and efficient (2008): what is minimised is itself found by derivatives.
"""

import numpy as np
from chainrule import grad


def potential(x, w):
    """Potential of two charges, one of which the control moves."""
    first = x - np.array([10.0, 10.0 - w])
    second = x - np.array([10.0, 0.0])
    return 1.0 / np.sqrt(np.sum(first**2)) + 1.0 / np.sqrt(np.sum(second**2))


def landing(w):
    """Square of the place where a particle that feels the potential meets the axis."""
    x = np.array([0.0, 8.0])
    speed = np.array([0.75, 0.0])
    step = 0.1
    while True:
        force = -grad(potential)(x, w)
        following = x + step * speed
        if following[1] <= 0.0:
            break
        x = following
        speed = speed + step * force
    crossing = -x[1] / speed[1]
    return (x[0] + crossing * speed[0]) ** 2


def height(x, y):
    """A saddle: x makes it small, y makes it large."""
    return np.sum(x**2) - np.sum(y**2)


def best_answer(x, start):
    """The y that makes the saddle largest, by steps uphill."""
    y = start
    for _ in range(5):
        y = y + 0.4 * grad(height, wrt="y")(x, y)
    return y


def worst_case(x, start):
    """Height of the saddle over x when y does its best."""
    return height(x, best_answer(x, start))


POINTS = {
    "landing": {"wrt": ("w",), "at": [(0.3,), (0.0,)]},
    "worst_case": {"wrt": ("x",), "at": [(np.array([1.0, -0.5]), np.array([0.4, 1.0]))]},
}


if __name__ == "__main__":
    slope = grad(landing)
    curvature = grad(slope)
    w = 0.0
    for _ in range(20):
        w -= slope(w) / curvature(w)
    print(slope.source)
    print(w, landing(w))
