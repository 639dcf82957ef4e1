"""Array programs of many kinds, with arguments: what every target writes or refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Model(NamedTuple):
    """A program, its arguments, and the parameters that are differentiated by."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    wrt: int | tuple[int, ...] = 0


def logistic(w, X, y):
    z = X @ w
    return np.mean(np.logaddexp(0.0, z) - y * z)


def two_layers(W1, b1, W2, X, y):
    hidden = np.tanh(X @ W1 + b1)
    scores = hidden @ W2
    top = scores.max(axis=1, keepdims=True)
    total = np.log(np.sum(np.exp(scores - top), axis=1)) + top[:, 0]
    return np.mean(total - np.sum(scores * y, axis=1))


def least_squares(x, A, b):
    r = A @ x - b
    return 0.5 * np.sum(r * r)


def standardised(x):
    z = (x - x.mean(axis=0)) / (x.std(axis=0) + 0.1)
    return np.sum(z**3)


def distances(x):
    gap = x[:, None, :] - x[None, :, :]
    return np.sum(np.exp(-np.sum(gap**2, axis=-1)))


def guarded(x):
    return np.sum(np.where(x > 0.6, np.sqrt(np.abs(x - 0.6)), x * x))


def clipped(x):
    return np.sum(np.clip(x, 0.2, 0.9) * np.maximum(x, 0.5))


def rosenbrock_loop(x):
    s = 0.0
    for i in range(len(x) - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


def rosenbrock_slices(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def pairwise_energy(x):
    n = x.shape[0]
    e = 0.0
    for i in range(n):
        for j in range(i):
            dx = x[i, 0] - x[j, 0]
            dy = x[i, 1] - x[j, 1]
            r2 = dx * dx + dy * dy + 0.1
            s6 = 1.0 / (r2 * r2 * r2)
            e += 4.0 * (s6 * s6 - s6)
    return e


def heat(k, u0, steps):
    u = u0.copy()
    n = len(u)
    for _ in range(steps):
        v = u.copy()
        for i in range(1, n - 1):
            v[i] = u[i] + k[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u = v
    return np.sum(u * u)


def heat_slices(k, u0, steps):
    u = u0.copy()
    for _ in range(steps):
        u[1:-1] += k[1:-1] * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return np.sum(u * u)


def slope(y):
    return np.array([y[0] * (1.5 - y[1]), y[1] * (y[0] - 3.0)])


def runge_kutta(y0, h, n):
    y = y0.copy()
    for _ in range(n):
        k1 = slope(y)
        k2 = slope(y + 0.5 * h * k1)
        k3 = slope(y + 0.5 * h * k2)
        k4 = slope(y + h * k3)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(y)


def recurrent(W, x):
    h = 0.0
    c = 0.0
    s = 0.0
    for t in range(len(x)):
        gate = 1.0 / (1.0 + math.exp(-(W[0] * x[t] + W[1] * h)))
        c = gate * c + (1.0 - gate) * math.tanh(W[2] * x[t] + W[3] * h)
        h = math.tanh(c)
        s += h * h
    return s


def shortest_paths(d):
    n = d.shape[0]
    a = d.copy()
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if a[i, k] + a[k, j] < a[i, j]:
                    a[i, j] = a[i, k] + a[k, j]
    return a.sum()


def until_converged(x, tolerance):
    y = x
    while abs(y * y - x) > tolerance:
        y = 0.5 * (y + x / y)
    return y


def early_return(x, limit):
    s = 0.0
    for i in range(len(x)):
        s += x[i] ** 2
        if s > limit:
            return s * x[i]
    return s


def powers(x, n):
    if n == 0:
        return 1.0
    return x * powers(x, n - 1)


def discount(x, kind="simple"):
    if kind == "simple":
        return 1.0 / (1.0 + x)
    return math.exp(-x)


def weighted_pair(pair):
    a, b = pair
    return a * math.exp(-b)


def gaussian_process(theta, X, y):
    gap = X[:, None] - X[None, :]
    K = np.exp(theta[0] - 0.5 * gap**2 * np.exp(theta[1])) + 0.1 * np.eye(len(y))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(K, y)
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L)))


def over_axes(x):
    return np.sum(np.sum(x, axis=(0, 2), keepdims=True) * np.mean(x, axis=1, keepdims=True) ** 2)


RANDOM = np.random.default_rng(11)
X = RANDOM.random((5, 3)) + 0.3
V = RANDOM.random(6) + 0.2
LABELS = np.eye(2)[[0, 1, 1, 0, 1]]

MODELS = [
    Model(logistic, (V[:3], X, np.array([1.0, 0.0, 1.0, 1.0, 0.0]))),
    Model(
        two_layers,
        (RANDOM.random((3, 4)), RANDOM.random(4), RANDOM.random((4, 2)), X, LABELS),
        (0, 1, 2),
    ),
    Model(least_squares, (V[:3], X, V[:5])),
    Model(standardised, (X,)),
    Model(distances, (X,)),
    Model(guarded, (V,)),
    Model(clipped, (V,)),
    Model(rosenbrock_loop, (V,)),
    Model(rosenbrock_slices, (V,)),
    Model(pairwise_energy, (X,)),
    Model(heat, (np.full(6, 0.1), V, 3)),
    Model(heat_slices, (np.full(6, 0.1), V, 3)),
    Model(runge_kutta, (V[:2], 0.05, 3)),
    Model(recurrent, (V[:4], X[:, 0])),
    Model(shortest_paths, (RANDOM.random((4, 4)),)),
    Model(until_converged, (2.0, 1e-9)),
    Model(early_return, (V, 0.6)),
    Model(powers, (1.5, 4)),
    Model(discount, (0.3,)),
    Model(weighted_pair, ((0.5, 1.5),)),
    Model(gaussian_process, (V[:2], X[:, 1], V[:5])),
    Model(over_axes, (RANDOM.random((2, 3, 4)),)),
]
