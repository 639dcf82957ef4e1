"""Likelihoods over arrays: regression, a Gaussian process, a Kalman filter, a mean field."""

import numpy as np


def logistic(w, b, X, y):
    """Mean cross-entropy of a logistic regression."""
    z = X @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z)


def gaussian_process(log_length, log_scale, log_noise, X, y):
    """Negative logarithm of the marginal likelihood, with a squared exponential kernel."""
    n = len(y)
    gaps = (X[:, np.newaxis, :] - X[np.newaxis, :, :]) / np.exp(log_length)
    K = np.exp(2.0 * log_scale - 0.5 * np.sum(gaps**2, axis=2))
    K = K + np.exp(2.0 * log_noise) * np.eye(n)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * n * np.log(2.0 * np.pi)


def kalman(F, H, Q, R, m, P, observed):
    """Negative log-likelihood of a series under a linear state-space model."""
    total = 0.0
    for y in observed:
        m = F @ m
        P = F @ P @ F.T + Q
        innovation = y - H @ m
        S = H @ P @ H.T + R
        gain = np.linalg.solve(S, H @ P).T
        _, logdet = np.linalg.slogdet(2.0 * np.pi * S)
        total += 0.5 * (innovation @ np.linalg.solve(S, innovation) + logdet)
        m = m + gain @ innovation
        P = P - gain @ S @ gain.T
    return total


def mean_field(coupling, field, steps):
    """Free energy of an Ising model after a number of mean-field updates of its spins."""
    m = np.tanh(field)
    for _ in range(steps):
        m = 0.5 * m + 0.5 * np.tanh(field + coupling @ m)
    up = 0.5 * (1.0 + m)
    down = 0.5 * (1.0 - m)
    entropy = -np.sum(up * np.log(up) + down * np.log(down))
    return -0.5 * m @ coupling @ m - field @ m - entropy


def ising_free_energy(J, h):
    """Exact free energy of a ring of spins, by its transfer matrices."""
    product = np.eye(2)
    for k in range(len(J)):
        T = np.exp(np.array([[J[k] + h[k], -J[k] + h[k]], [-J[k] - h[k], J[k] - h[k]]]))
        product = product @ T
    return -np.log(np.trace(product))


POINTS = {
    "logistic": {
        "wrt": ("w", "b"),
        "at": [
            (
                np.array([0.5, -0.3]),
                0.1,
                np.array([[1.0, 2.0], [-0.5, 0.3], [0.7, -1.1]]),
                np.array([1.0, 0.0, 1.0]),
            )
        ],
    },
    "gaussian_process": {
        "wrt": ("log_length", "log_scale", "log_noise", "y"),
        "at": [
            (
                0.2,
                -0.1,
                -1.0,
                np.array([[0.0, 0.3], [0.7, -0.4], [1.5, 0.9]]),
                np.array([0.3, -0.8, 0.5]),
            )
        ],
    },
    "kalman": {
        "wrt": ("F", "H", "Q", "R", "m", "P"),
        "at": [
            (
                np.array([[1.0, 0.1], [-0.2, 0.9]]),
                np.array([[1.0, 0.3]]),
                np.array([[0.2, 0.05], [0.05, 0.1]]),
                np.array([[0.4]]),
                np.array([0.3, -0.1]),
                np.array([[1.0, 0.2], [0.2, 0.8]]),
                np.array([[0.5], [0.7], [0.2]]),
            )
        ],
    },
    "mean_field": {
        "wrt": ("coupling", "field"),
        "at": [
            (
                np.array([[0.0, 0.3, -0.2], [0.3, 0.0, 0.4], [-0.2, 0.4, 0.0]]),
                np.array([0.1, -0.3, 0.5]),
                4,
            )
        ],
    },
    "ising_free_energy": {
        "wrt": ("J", "h"),
        "at": [(np.array([0.3, -0.4, 0.7]), np.array([0.1, 0.2, -0.3]))],
    },
}


if __name__ == "__main__":
    from chainrule import grad

    for function in (logistic, gaussian_process):
        slope = grad(function, wrt=POINTS[function.__name__]["wrt"])
        slope(*POINTS[function.__name__]["at"][0])
        print(slope.source)
