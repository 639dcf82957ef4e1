"""The gallery of array code: what is emitted for whole-array programs, as it would be committed.

As in ``test_source.py`` each snapshot is the text behind the docstring.  It is there to be read
beside the function that it answers: the lines of the function stand as they were written, adjoints
are named after their values, no array is reshaped, copied, zero-filled or walked over in vain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad

RANDOM = np.random.default_rng(3)


def normal(*shape):
    return RANDOM.normal(size=shape)


def logistic(w, b, X, y):
    z = X @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z)


def newton_sqrt(a, n):
    x = a
    for _ in range(n):
        x = 0.5 * (x + a / x)
    return x


def perceptron(params, X, y):
    h = X
    for W, b in params[:-1]:
        h = np.tanh(h @ W + b)
    W, b = params[-1]
    z = h @ W + b
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -np.mean(logp[np.arange(len(y)), y])


def gaussian_process(theta, X, y):
    d2 = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    K = theta[0] ** 2 * np.exp(-0.5 * d2 / theta[1] ** 2) + theta[2] ** 2 * np.eye(len(y))
    L = np.linalg.cholesky(K)
    a = np.linalg.solve(L, y)
    return 0.5 * a @ a + np.sum(np.log(np.diag(L))) + 0.5 * len(y) * np.log(2 * np.pi)


def heat(k, u0, n, dx, dt):
    u = u0.copy()
    for _ in range(n):
        f = k * (u[1:] - u[:-1]) / dx
        u[1:-1] += dt * (f[1:] - f[:-1]) / dx
    return np.sum(u**2)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_loop(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def kmeans(C, X):
    d2 = np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(d2, axis=1))


def mixture(alphas, means, icf, X):
    d = X[:, None, :] - means[None, :, :]
    q = np.sum((d * np.exp(icf)[None]) ** 2, axis=2)
    t = alphas + icf.sum(axis=1) - 0.5 * q
    m = t.max(axis=1)
    lse = m + np.log(np.sum(np.exp(t - m[:, None]), axis=1))
    return lse.sum()


def clipped(x, limit):
    y = x.copy()
    y[y > limit] = limit
    y[0] *= 2.0
    return np.sum(y * y)


def scale_rows(A, s):
    for i in range(A.shape[0]):
        A[i] *= s[i]


def helper_mutates(A, s):
    B = A * A
    scale_rows(B, s)
    return np.sum(np.sqrt(B + 1.0))


def recurrent(W, U, b, xs):
    h = np.zeros(W.shape[0])
    for x in xs:
        h = np.tanh(W @ h + U @ x + b)
    return np.sum(h**2)


def pairwise_energy(pos):
    d = pos[:, None, :] - pos[None, :, :]
    r2 = np.sum(d * d, axis=-1)
    i, j = np.triu_indices(len(pos), k=1)
    r6 = r2[i, j] ** -3
    return np.sum(r6 * r6 - r6)


def convolution(w, v, X, y):
    n, m = X.shape
    k = w.shape[0]
    out = np.zeros((n, m - k + 1))
    for j in range(k):
        out += w[j] * X[:, j : m - k + 1 + j]
    p = np.tanh(out) @ v
    return np.mean((p - y) ** 2)


def guarded_root(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


def row_lengths(x, A):
    return np.sum(np.sqrt(np.sum((A * x) ** 2, axis=1)))


def smoothness(x, lam):
    return np.sum(np.diff(x) ** 2) * lam + np.sum(np.abs(x))


def gravity(near, far):
    gap = near["place"] - far["place"]
    return near["mass"] * far["mass"] * near["list"][0] / np.sqrt(gap @ gap) * near["list"][0]


def standardised(x):
    z = (x - x.mean()) / x.std()
    return np.sum(z**4) / len(x)


def portfolio(w, mu, S, g):
    return w @ mu - 0.5 * g * w @ S @ w


X = normal(6, 4)
LABELS = np.arange(6) % 3
LAYERS = [(normal(4, 5), normal(5)), (normal(5, 3), normal(3))]

BODIES = [{"mass": 1.5 + k, "place": normal(3) + k, "list": [0.5, 2.0]} for k in range(2)]


def decay(theta: Any, t: Any, y: Any) -> Any:
    A, k, c = theta
    return np.sum((A * np.exp(-k * t) + c - y) ** 2)


GALLERY = [
    pytest.param(
        gravity,
        "near",
        "auto",
        lambda: tuple(BODIES),
        """
    near_mass = near["mass"]
    near_place = near["place"]
    near_list = near["list"]
    far_mass = far["mass"]
    far_place = far["place"]
    gap = near_place - far_place
    near_list_0 = near_list[0]
    root = np.sqrt(gap @ gap)
    ratio = near_mass * far_mass * near_list_0 / root
    # line: return near["mass"] * far["mass"] * near["list"][0] / np.sqrt…
    ratio_1 = near_list_0 / root
    near_list_bar = [0.0] * len(near_list)
    near_list_bar[0] = 2.0 * ratio
    gap *= ratio_1 * ratio / root
    np.negative(gap, out=gap)
    near_mass_bar = ratio_1 * near_list_0 * far_mass
    return {"mass": near_mass_bar, "place": gap, "list": near_list_bar}
""",
        id="gravity",
    ),
    pytest.param(
        logistic,
        ("w", "b"),
        "auto",
        lambda: (normal(4), 0.3, X, normal(6)),
        """
    z = X @ w
    z += b
    # line: return np.mean(np.logaddexp(0.0, z) - y * z)
    z_bar = np.negative(z, out=z)
    np.exp(z_bar, out=z_bar)
    z_bar += 1.0
    np.reciprocal(z_bar, out=z_bar)
    z_bar -= y
    z_bar /= len(X)
    # line: z = X @ w + b
    return X.T @ z_bar, z_bar.sum()
""",
        id="logistic",
    ),
    pytest.param(
        newton_sqrt,
        "a",
        "reverse",
        lambda: (2.0, 5),
        """
    x = a
    x_tape = []
    for _ in range(n):
        x_tape.append(x)
        x = 0.5 * (x + a / x)
    # line: for _ in range(n):
    x_bar = 1.0
    a_bar = 0.0
    for x in reversed(x_tape):
        # line: x = 0.5 * (x + a / x)
        x_bar *= 0.5
        a_bar_part = x_bar / x
        a_bar += a_bar_part
        x_bar -= a_bar_part * a / x
    return a_bar + x_bar
""",
        id="newton_sqrt",
    ),
    pytest.param(
        perceptron,
        "params",
        "auto",
        lambda: (LAYERS, X, LABELS),
        """
    W, b = params[0]
    W_1, b_1 = params[1]
    h_in = X @ W + b
    h = np.tanh(h_in)
    z = h @ W_1 + b_1
    z -= z.max(axis=1, keepdims=True)
    exp_z = np.exp(z)
    sum_exp_z = exp_z.sum(axis=1, keepdims=True)
    # line: return -np.mean(logp[np.arange(len(y)), y])
    logp_bar = np.zeros_like(exp_z)
    logp_bar[np.arange(len(y)), y] = -1.0 / len(y)
    # line: logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    logp_bar_ratio = logp_bar.sum(axis=1, keepdims=True) / sum_exp_z
    z_bar = np.multiply(logp_bar_ratio, exp_z, out=exp_z)
    np.subtract(logp_bar, z_bar, out=z_bar)
    # line: h = np.tanh(h @ W + b)
    h_in_bar = np.abs(h_in, out=h_in)
    np.minimum(h_in_bar, 355.0, out=h_in_bar)
    np.cosh(h_in_bar, out=h_in_bar)
    np.square(h_in_bar, out=h_in_bar)
    np.divide(z_bar @ W_1.T, h_in_bar, out=h_in_bar)
    b_bar = h_in_bar.sum(axis=0)
    return [(X.T @ h_in_bar, b_bar), (h.T @ z_bar, z_bar.sum(axis=0))]
""",
        id="perceptron",
    ),
    pytest.param(
        gaussian_process,
        "theta",
        "auto",
        lambda: (np.array([1.0, 2.0, 0.3]), X, normal(6)),
        """
    X_gap = X[:, None, :] - X[None, :, :]
    d2 = np.einsum("ijk,ijk->ij", X_gap, X_gap)
    theta_0 = theta[0]
    theta_0_squared = theta_0 * theta_0
    theta_1 = theta[1]
    theta_1_squared = theta_1 * theta_1
    d2_ratio = -0.5 * d2 / theta_1_squared
    del X_gap, d2
    exp_d2_ratio = np.exp(d2_ratio)
    theta_2 = theta[2]
    K = theta_0_squared * exp_d2_ratio + theta_2 * theta_2 * np.eye(len(y))
    L = np.linalg.cholesky(K)
    inv_L = np.linalg.inv(L)
    a = inv_L @ y
    # line: L = np.linalg.cholesky(K)
    inv_L_product = inv_L.T @ a
    inv_L_gap = inv_L.T @ inv_L - np.outer(inv_L_product, inv_L_product)
    # line: K = theta[0] ** 2 * np.exp(-0.5 * d2 / theta[1] ** 2) + theta[…
    theta_bar = np.zeros_like(theta)
    theta_bar[2] = inv_L_gap.trace() * theta_2
    t1 = np.vdot(inv_L_gap, exp_d2_ratio)
    d2_ratio *= theta_0_squared / theta_1_squared
    d2_ratio *= exp_d2_ratio
    theta_bar[1] = -np.vdot(d2_ratio, inv_L_gap) * theta_1
    theta_bar[0] = t1 * theta_0
    return theta_bar
""",
        id="gaussian_process",
    ),
    pytest.param(
        heat,
        "k",
        "auto",
        lambda: (np.ones(5), normal(6), 4, 0.1, 0.001),
        """
    u = u0.copy()
    u_gap_tape = np.empty((max(n, 0), max(len(u) - 1, 0)))
    for i in range(n):
        u_gap = np.subtract(u[1:], u[:-1], out=u_gap_tape[i])
        f = k * u_gap / dx
        u[1:-1] += dt * (f[1:] - f[:-1]) / dx
    # line: return np.sum(u**2)
    u_bar = 2.0 * u
    # line: for _ in range(n):
    k_bar = np.zeros_like(k)
    f_bar = np.empty_like(k)
    for u_gap in reversed(u_gap_tape):
        # line: u[1:-1] += dt * (f[1:] - f[:-1]) / dx
        u_bar_scaled = dt / dx * u_bar[1:-1]
        f_bar[:1] = 0.0
        f_bar[1:] = u_bar_scaled
        f_bar[:-1] -= u_bar_scaled
        # line: f = k * (u[1:] - u[:-1]) / dx
        f_bar /= dx
        k_bar += f_bar * u_gap
        f_bar *= k
        u_bar[:-1] -= f_bar
        u_bar[1:] += f_bar
    return k_bar
""",
        id="heat",
    ),
    pytest.param(
        rosenbrock,
        "x",
        "auto",
        lambda: (normal(5),),
        """
    x_tail = x[1:]
    x_head = x[:-1]
    # line: return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-…
    x_scaled = 200.0 * (x_tail - x_head**2)
    x_bar = np.zeros_like(x)
    x_bar[:-1] = -2.0 * (1.0 - x_head + x_scaled * x_head)
    x_bar[1:] += x_scaled
    return x_bar
""",
        id="rosenbrock",
    ),
    pytest.param(
        rosenbrock_loop,
        "x",
        "auto",
        lambda: (normal(5),),
        """
    # line: for i in range(len(x) - 1):
    x_bar = np.zeros_like(x)
    for i in range(len(x) - 1):
        x_i = x[i]
        # line: total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) **…
        scale = 200.0 * (x[i + 1] - x_i * x_i)
        x_bar[i] -= 2.0 * (1.0 - x_i + scale * x_i)
        x_bar[i + 1] += scale
    return x_bar
""",
        id="rosenbrock_loop",
    ),
    pytest.param(
        kmeans,
        "C",
        "auto",
        lambda: (normal(3, 4), X),
        """
    X_gap = X[:, None, :] - C[None, :, :]
    d2 = np.einsum("ijk,ijk->ij", X_gap, X_gap)
    min_d2 = d2.min(axis=1)
    # line: return np.sum(np.min(d2, axis=1))
    at_min = d2 == min_d2[:, None]
    d2_bar = at_min / ties(at_min, min_d2, 1)
    # line: d2 = np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2)
    return -2.0 * np.einsum("ij,ijk->jk", d2_bar, X_gap)
""",
        id="kmeans",
    ),
    pytest.param(
        mixture,
        ("alphas", "means", "icf"),
        "auto",
        lambda: (normal(3), normal(3, 4), normal(3, 4), X),
        """
    d = X[:, None, :] - means[None, :, :]
    exp_icf = np.exp(icf)
    exp_icf_wide = exp_icf[None]
    d_scaled = d * exp_icf_wide
    q = np.einsum("ijk,ijk->ij", d_scaled, d_scaled)
    t = alphas + icf.sum(axis=1) - 0.5 * q
    m = t.max(axis=1)
    exp_t = t - m[:, None]
    np.exp(exp_t, out=exp_t)
    # line: lse = m + np.log(np.sum(np.exp(t - m[:, None]), axis=1))
    t_bar = np.divide(exp_t, exp_t.sum(axis=1)[:, None], out=exp_t)
    # line: t = alphas + icf.sum(axis=1) - 0.5 * q
    alphas_bar = t_bar.sum(axis=0)
    # line: q = np.sum((d * np.exp(icf)[None]) ** 2, axis=2)
    d_scaled *= t_bar[..., None]
    exp_icf_scaled = exp_icf_wide * d_scaled
    exp_icf *= np.einsum("ijk,ijk->jk", d_scaled, d)
    np.subtract(alphas_bar[:, None], exp_icf, out=exp_icf)
    # line: d = X[:, None, :] - means[None, :, :]
    return alphas_bar, exp_icf_scaled.sum(axis=0), exp_icf
""",
        id="mixture",
    ),
    pytest.param(
        clipped,
        "x",
        "auto",
        lambda: (normal(5), 0.3),
        """
    y = x.copy()
    mask = y > limit
    y[mask] = limit
    y[0] *= 2.0
    # line: return np.sum(y * y)
    y_bar = 2.0 * y
    # line: y[0] *= 2.0
    y_bar[0] *= 2.0
    # line: y[y > limit] = limit
    y_bar[mask] = 0.0
    return y_bar
""",
        id="clipped",
    ),
    pytest.param(
        helper_mutates,
        ("A", "s"),
        "auto",
        lambda: (normal(3, 4), np.array([0.5, 1.5, 2.0])),
        """
    B = A * A
    n_B = B.shape[0]
    B_i_tape = np.empty((n_B, A.shape[1]))
    for i in range(n_B):
        B_i = B[i]
        B_i_tape[i] = B_i
        B[i] = B_i * s[i]
    # line: return np.sum(np.sqrt(B + 1.0))
    B_bar = 0.5 / np.sqrt(B + 1.0)
    # line: for i in range(A.shape[0]):
    s_bar = np.zeros_like(s)
    for i, B_i in enumerate(B_i_tape):
        # line: A[i] *= s[i]
        B_bar_i = B_bar[i]
        s_bar[i] = B_bar_i @ B_i
        B_bar[i] = s[i] * B_bar_i
    # line: B = A * A
    return 2.0 * (B_bar * A), s_bar
""",
        id="helper_mutates",
    ),
    pytest.param(
        recurrent,
        ("W", "U", "b"),
        "auto",
        lambda: (normal(3, 3), normal(3, 4), normal(3), X),
        """
    h = np.zeros(W.shape[0])
    h_tape = np.empty((len(xs), len(W)))
    h_in_tape = np.empty_like(h_tape)
    for i, x in enumerate(xs):
        h_in = np.add(W @ h + U @ x, b, out=h_in_tape[i])
        h_tape[i] = h
        h = np.tanh(h_in)
    # line: return np.sum(h**2)
    h_bar = 2.0 * h
    # line: for x in xs:
    b_bar = np.zeros_like(b)
    for i in reversed(range(len(xs))):
        # line: h = np.tanh(W @ h + U @ x + b)
        h_in_bar = np.divide(
            h_bar,
            np.square(np.cosh(np.minimum(np.abs(h_in_tape[i]), 355.0))),
            out=h_in_tape[i],
        )
        b_bar += h_in_bar
        h_bar = W.T @ h_in_bar
    # line: h = np.tanh(W @ h + U @ x + b)
    return h_in_tape.T @ h_tape, h_in_tape.T @ xs, b_bar
""",
        id="recurrent",
    ),
    pytest.param(
        pairwise_energy,
        "pos",
        "auto",
        lambda: (normal(5, 3),),
        """
    d = pos[:, None, :] - pos[None, :, :]
    r2 = np.einsum("ijk,ijk->ij", d, d)
    i, j = np.triu_indices(len(pos), k=1)
    r2_picked = r2[i, j]
    r6 = r2_picked**-3
    # line: r6 = r2[i, j] ** -3
    r2_bar = np.zeros((len(pos), len(pos)))
    # line: return np.sum(r6 * r6 - r6)
    r6 *= 2.0
    r6 -= 1.0
    # line: r6 = r2[i, j] ** -3
    r2_bar[i, j] = -3.0 * (r6 * r2_picked**-4)
    # line: r2 = np.sum(d * d, axis=-1)
    d_bar = np.multiply(r2_bar[..., None], d, out=d)
    d_bar *= 2.0
    # line: d = pos[:, None, :] - pos[None, :, :]
    return d_bar.sum(axis=1) - d_bar.sum(axis=0)
""",
        id="pairwise_energy",
    ),
    pytest.param(
        convolution,
        ("w", "v"),
        "auto",
        lambda: (normal(3), normal(2), X, normal(6)),
        """
    n, m = X.shape
    k = w.shape[0]
    t1 = m - k + 1
    out = np.zeros((n, t1))
    for j in range(k):
        out += w[j] * X[:, j : t1 + j]
    tanh_out = np.tanh(out)
    p = tanh_out @ v
    # line: return np.mean((p - y) ** 2)
    p_bar = 2.0 / len(X) * (p - y)
    # line: p = np.tanh(out) @ v
    out_bar = np.outer(p_bar, v) / np.square(np.cosh(np.minimum(np.abs(out), 355.0)))
    # line: for j in range(k):
    w_bar = np.zeros_like(w)
    for j in range(k):
        # line: out += w[j] * X[:, j : m - k + 1 + j]
        w_bar[j] = (out_bar * X[:, j : t1 + j]).sum()
    # line: p = np.tanh(out) @ v
    return w_bar, tanh_out.T @ p_bar
""",
        id="convolution",
    ),
    pytest.param(
        guarded_root,
        "x",
        "auto",
        lambda: (np.array([-1.0, 0.0, 2.0]),),
        """
    mask = x > 0
    # line: return np.sum(np.where(x > 0, np.sqrt(x), 0.0))
    return np.where(mask, 0.5 / np.where(mask, np.sqrt(x), 1.0), 0.0)
""",
        id="guarded_root",
    ),
    pytest.param(
        row_lengths,
        "x",
        "auto",
        lambda: (normal(4), X),
        """
    A_scaled = A * x
    sqrt_A_scaled = np.sqrt(np.einsum("ij,ij->i", A_scaled, A_scaled))
    # line: return np.sum(np.sqrt(np.sum((A * x) ** 2, axis=1)))
    product = 0.5 / np.where(sqrt_A_scaled == 0.0, 1.0, sqrt_A_scaled)[:, None] * A
    return 2.0 * np.einsum("ij,ij->j", product, A_scaled)
""",
        id="row_lengths",
    ),
    pytest.param(
        smoothness,
        "x",
        "auto",
        lambda: (normal(6), 0.1),
        """
    # line: return np.sum(np.diff(x) ** 2) * lam + np.sum(np.abs(x))
    x_bar = np.sign(x)
    x_scaled = 2.0 * (lam * np.diff(x))
    x_bar[:-1] -= x_scaled
    x_bar[1:] += x_scaled
    return x_bar
""",
        id="smoothness",
    ),
    pytest.param(
        standardised,
        "x",
        "auto",
        lambda: (normal(7),),
        """
    x_gap = x - x.mean()
    std_x = x.std()
    z = x_gap / std_x
    # line: z = (x - x.mean()) / x.std()
    x_gap_bar = 4.0 / std_x / len(x) * z * z * z
    x_gap *= x_gap_bar @ z / len(x) / std_x
    np.subtract(x_gap_bar, x_gap, out=x_gap)
    x_gap -= x_gap_bar.sum() / len(x)
    return x_gap
""",
        id="standardised",
    ),
    pytest.param(
        portfolio,
        "w",
        "auto",
        lambda: (normal(4), normal(4), normal(4, 4), 2.0),
        """
    half_g = 0.5 * g
    # line: return w @ mu - 0.5 * g * w @ S @ w
    S_product = S @ w
    return mu - (half_g * S_product + half_g * w @ S)
""",
        id="portfolio",
    ),
    pytest.param(
        decay,
        "theta",
        "auto",
        lambda: (normal(3), normal(5), normal(5)),
        """
    A, k, c = theta
    exp_t = -k * t
    np.exp(exp_t, out=exp_t)
    exp_t_gap = A * exp_t + c - y
    # line: return np.sum((A * np.exp(-k * t) + c - y) ** 2)
    exp_t_gap_bar = 2.0 * exp_t_gap
    c_bar = exp_t_gap_bar.sum()
    product = exp_t_gap @ exp_t
    k_bar = -(exp_t_gap_bar * A * exp_t @ t)
    # line: A, k, c = theta
    return np.array([2.0 * product, k_bar, c_bar])
""",
        id="decay",
    ),
]


@pytest.mark.parametrize(("function", "wrt", "mode", "point", "expected"), GALLERY)
def test_emitted_array_source(
    function: Callable[..., Any], wrt: Any, mode: str, point: Any, expected: str
) -> None:
    gradient = grad(function, wrt=wrt, mode=mode)
    with np.errstate(invalid="ignore"):
        gradient(*point())
    text = gradient.source.split('"""')[-1]
    assert re.sub(r"# line \d+:", "# line:", text).strip("\n") == expected.strip("\n")


NEVER = ("reshape", "add.at", "full_like", "expand_dims", "squeeze")


@pytest.mark.parametrize("expected", [case.values[-1] for case in GALLERY])
def test_nothing_is_done_in_vain(expected: Any) -> None:
    assert not [word for word in NEVER if word in expected]


def test_sums_of_arrays_are_methods_and_those_of_expressions_and_numbers_are_not() -> None:
    def f(x, w):
        return np.sum(x) + np.max(x, axis=1) @ w + np.mean(x * x) + np.std(x) * np.sum(w[0])

    from chainrule import value_and_grad

    slope = value_and_grad(f)
    x, w = normal(2, 3).astype(np.float32), normal(2)
    assert slope(x, w)[0] == f(x, w)
    lines = [line for line in slope.source.splitlines() if "# line" not in line]
    for part in ("x.sum()", "x.max(axis=1)", "np.mean(x * x)", "np.std(x)", "np.sum(w[0])"):
        assert any(part in line for line in lines), part


EDGES = np.array([[0, 1], [1, 2], [2, 0], [0, 3]])


def test_rows_of_whole_numbers_are_unpacked_in_one_statement() -> None:
    def f(x):
        source, target = EDGES.T
        signs = [+1, -1]
        return np.sum(np.tanh(x[source] - x[target]) * signs[0])

    slope = grad(f)
    x = np.array([0.1, 0.7, -0.3, 0.9])
    expected = [(f(x + step) - f(x - step)) / 2e-6 for step in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(slope(x), expected, rtol=1e-8, atol=1e-9)
    body = slope.source.split('"""')[2]
    assert "    source, target = EDGES.T\n" in body
    assert "+1" not in body


def rows_that_are_written_to(x):
    p, q = np.stack([np.cross(x, [0.1, 0.2, 0.3]) * x, (x[::-1] * x) ** 2])
    p = p * 2
    p *= q
    q -= p
    q *= x
    return (p * q).sum()


def test_rows_that_are_written_to_are_not_taken_for_those_before() -> None:
    x = np.array([0.3, 0.7, -0.4])
    f = rows_that_are_written_to
    expected = [(f(x + step) - f(x - step)) / 2e-6 for step in 1e-6 * np.eye(3)]
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(grad(f, mode=mode)(x), expected, rtol=1e-7)
