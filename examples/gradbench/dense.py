"""GradBench's small dense problems: least squares, logsumexp, k-means, a determinant, an ODE.

The definitions are those of https://github.com/gradbench/gradbench (evals/llsq, lse, kmeans,
det, ode).
"""

import numpy as np


def llsq(x, n):
    """Half the squared distance of a polynomial to the sign, at n points of [-1, 1]."""
    t = np.linspace(-1.0, 1.0, n)
    powers = t[:, np.newaxis] ** np.arange(len(x))
    residuals = np.sign(t) - powers @ x
    return 0.5 * np.sum(residuals**2)


def lse(x):
    """Logarithm of the sum of the exponentials, without overflow."""
    a = np.max(x)
    return a + np.log(np.sum(np.exp(x - a)))


def kmeans(points, centroids):
    """Sum of the squared distances of points to the centroid nearest to each."""
    gaps = points[:, np.newaxis, :] - centroids[np.newaxis, :, :]
    distances = np.sum(gaps**2, axis=2)
    return np.sum(np.min(distances, axis=1))


def det(A):
    """Determinant by expansion along the first row."""
    n = A.shape[0]
    if n == 1:
        return A[0, 0]
    total = 0.0
    sign = 1.0
    for j in range(n):
        minor = np.concatenate([A[1:, :j], A[1:, j + 1 :]], axis=1)
        total += sign * A[0, j] * det(minor)
        sign = -sign
    return total


def slopes(x, y):
    """Each component grows as the one before it, times its own coefficient."""
    dy = np.empty_like(y)
    dy[0] = x[0]
    dy[1:] = x[1:] * y[:-1]
    return dy


def ode(x, steps):
    """Last component at time 2 of a chain of linear equations, by Runge-Kutta steps."""
    y = np.zeros(len(x))
    h = 2.0 / steps
    for _ in range(steps):
        k1 = slopes(x, y)
        k2 = slopes(x, y + 0.5 * h * k1)
        k3 = slopes(x, y + 0.5 * h * k2)
        k4 = slopes(x, y + h * k3)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y[-1]


POINTS = {
    "llsq": {"wrt": ("x",), "at": [(np.array([0.3, -0.7, 1.1, 0.4]), 9)]},
    "lse": {
        "wrt": ("x",),
        "at": [(np.array([0.3, -0.7, 1.1, 0.4]),), (np.array([1000.0, 999.0, -1000.0]),)],
    },
    "kmeans": {
        "wrt": ("points", "centroids"),
        "at": [
            (
                np.array([[0.1, 0.2], [1.9, 2.3], [0.4, -0.3], [2.1, 1.7], [0.2, 0.9]]),
                np.array([[0.0, 0.1], [2.0, 2.0]]),
            )
        ],
    },
    "det": {
        "wrt": ("A",),
        "at": [
            (np.array([[1.2]]),),
            (np.array([[2.0, -0.5, 0.3], [0.1, 1.4, -0.7], [0.6, 0.2, -1.1]]),),
        ],
    },
    "ode": {"wrt": ("x",), "at": [(np.array([0.8, 0.5, 1.2, -0.4]), 3)]},
}


if __name__ == "__main__":
    from chainrule import grad

    for function, wrt in ((llsq, "x"), (lse, "x"), (kmeans, "centroids"), (ode, "x")):
        slope = grad(function, wrt=wrt)
        slope(*POINTS[function.__name__]["at"][0])
        print(slope.source)
