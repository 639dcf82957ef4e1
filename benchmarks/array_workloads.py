"""The workloads of arrays.py: array programs of examples/, and their gradients written by hand.

The gradients by hand are what an expert would ship: textbook adjoints, factorisations shared,
buffers that are dead written over.  Each returns what chainrule's does.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def example(name: str) -> ModuleType:
    """A module of examples/."""
    spec = importlib.util.spec_from_file_location(
        name.replace("/", "_") + "_example", EXAMPLES / f"{name}.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


dense = example("gradbench/dense")
mixture = example("gradbench/gmm")
bundle = example("gradbench/bundle")
recurrent = example("gradbench/lstm")
models = example("array_models")
networks = example("array_networks")
physics = example("array_physics")


@dataclass(frozen=True)
class ArrayWorkload:
    """A function, its gradient written by hand, and arguments of a given size.

    ``functional`` is the same function for tools that know no writing into arrays, ``scanned``
    the same over JAX's own loop.
    """

    function: Callable[..., Any]
    hand: Callable[..., Any]
    wrt: tuple[str, ...]
    arguments: Callable[..., tuple[Any, ...]]
    small: tuple[int, ...]
    large: tuple[int, ...]
    functional: Callable[..., Any] | None = None
    scanned: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        return self.function.__name__


def random(*shape: int, seed: int = 0) -> Any:
    """Normal numbers that are the same in every run."""
    return np.random.default_rng(seed + sum(shape)).normal(size=shape)


# --- logarithm of a sum of exponentials -------------------------------------------------------


def lse_by_hand(x):
    e = x - np.max(x)
    np.exp(e, out=e)
    e *= 1.0 / e.sum()
    return e


# --- linear least squares ---------------------------------------------------------------------


def llsq_by_hand(x, n):
    t = np.linspace(-1.0, 1.0, n)
    powers = t[:, np.newaxis] ** np.arange(len(x))
    residuals = powers @ x
    residuals -= np.sign(t)
    return powers.T @ residuals


# --- k-means ----------------------------------------------------------------------------------


def kmeans_by_hand(points, centroids):
    """Of nearest centroids that tie the first one alone feels the point: chainrule splits it."""
    gaps = points[:, np.newaxis, :] - centroids
    distances = np.einsum("nkd,nkd->nk", gaps, gaps)
    nearest = np.argmin(distances, axis=1)
    chosen = gaps[np.arange(len(points)), nearest]
    slope = np.zeros_like(centroids)
    np.subtract.at(slope, nearest, chosen)
    slope *= 2.0
    return slope


# --- Gaussian mixture -------------------------------------------------------------------------


def gmm_by_hand(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    k = len(alphas)
    diagonals = np.exp(icf[:, :d])
    L = np.zeros((k, d, d))
    rows, columns = np.tril_indices(d, -1)
    order = np.lexsort((rows, columns))
    rows, columns = rows[order], columns[order]
    L[:, rows, columns] = icf[:, d:]
    L[:, np.arange(d), np.arange(d)] = diagonals
    centred = x - means[:, np.newaxis, :]
    whitened = centred @ L.transpose(0, 2, 1)
    weights = np.einsum("knd,knd->kn", whitened, whitened)
    weights *= -0.5
    weights += (alphas + icf[:, :d].sum(axis=1))[:, np.newaxis]
    weights -= weights.max(axis=0)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=0)
    total = weights.sum(axis=1)
    mixing = np.exp(alphas - alphas.max())
    alphas_bar = total - n / mixing.sum() * mixing
    whitened *= -weights[:, :, np.newaxis]
    means_bar = -(whitened.sum(axis=1)[:, np.newaxis, :] @ L)[:, 0]
    L_bar = whitened.transpose(0, 2, 1) @ centred
    icf_bar = np.empty_like(icf)
    icf_bar[:, d:] = gamma * gamma * icf[:, d:]
    icf_bar[:, d:] += L_bar[:, rows, columns]
    icf_bar[:, :d] = gamma * gamma * diagonals
    icf_bar[:, :d] += L_bar[:, np.arange(d), np.arange(d)]
    icf_bar[:, :d] *= diagonals
    icf_bar[:, :d] += (total - m)[:, np.newaxis]
    return alphas_bar, means_bar, icf_bar


def gmm_arguments(n, d, k):
    return (
        random(k),
        random(k, d, seed=1),
        0.3 * random(k, d + d * (d - 1) // 2, seed=2),
        random(n, d, seed=3),
        1.0,
        0,
    )


def gmm_functional(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    k = len(alphas)
    diagonals = np.exp(icf[:, :d])
    sums = np.sum(icf[:, :d], axis=1)
    below = icf[:, d:]
    columns = []
    start = 0
    for column in range(d):
        length = d - column - 1
        columns.append(
            np.concatenate(
                [
                    np.zeros((k, column)),
                    diagonals[:, column : column + 1],
                    below[:, start : start + length],
                ],
                axis=1,
            )
        )
        start += length
    L = np.stack(columns, axis=2)
    centred = x[np.newaxis, :, :] - means[:, np.newaxis, :]
    whitened = centred @ np.transpose(L, (0, 2, 1))
    inner = alphas + sums - 0.5 * np.sum(whitened**2, axis=2).T
    likelihood = np.sum(mixture.logsumexp(inner)) - n * mixture.logsumexp(alphas)
    frobenius = np.sum(diagonals**2) + np.sum(below**2)
    return likelihood + 0.5 * gamma * gamma * frobenius - m * np.sum(sums)


# --- bundle adjustment ------------------------------------------------------------------------


def bundle_by_hand(cameras, X, weights, observations, features):
    which, point = observations[:, 0], observations[:, 1]
    seen_by = cameras[which]
    rotation = seen_by[:, 0:3]
    theta = np.sqrt(np.einsum("pi,pi->p", rotation, rotation))[:, np.newaxis]
    axis = rotation / theta
    offset = X[point] - seen_by[:, 3:6]
    along = np.einsum("pi,pi->p", axis, offset)[:, np.newaxis]
    cos_theta, sin_theta = np.cos(theta), np.sin(theta)
    crossed = np.cross(axis, offset)
    rest = 1.0 - cos_theta
    seen = offset * cos_theta + crossed * sin_theta + axis * (along * rest)
    image = seen[:, 0:2] / seen[:, 2:3]
    square = np.einsum("pi,pi->p", image, image)[:, np.newaxis]
    k1, k2 = seen_by[:, 9:10], seen_by[:, 10:11]
    factor = 1.0 + square * (k1 + square * k2)
    distorted = image * factor
    error = seen_by[:, 6:7] * distorted + seen_by[:, 7:9] - features
    w = weights[:, np.newaxis]
    weights_bar = weights * np.einsum("pi,pi->p", error, error)
    error *= w * w
    bars = np.empty_like(seen_by)
    bars[:, 7:9] = error
    bars[:, 6] = np.einsum("pi,pi->p", error, distorted)
    error *= seen_by[:, 6:7]
    factor_bar = np.einsum("pi,pi->p", error, image)[:, np.newaxis]
    bars[:, 9:10] = factor_bar * square
    bars[:, 10:11] = factor_bar * square * square
    error *= factor
    error += (2.0 * factor_bar * (k1 + 2.0 * k2 * square)) * image
    error /= seen[:, 2:3]
    seen_bar = np.empty_like(seen)
    seen_bar[:, 0:2] = error
    seen_bar[:, 2] = -np.einsum("pi,pi->p", error, image)
    along_bar = np.einsum("pi,pi->p", seen_bar, axis)[:, np.newaxis]
    theta_bar = np.einsum("pi,pi->p", seen_bar, crossed)[:, np.newaxis] * cos_theta
    theta_bar -= (
        np.einsum("pi,pi->p", seen_bar, offset)[:, np.newaxis] - along_bar * along
    ) * sin_theta
    turned = seen_bar * sin_theta
    scaled = along_bar * rest
    offset_bar = seen_bar * cos_theta
    offset_bar += np.cross(turned, axis)
    offset_bar += scaled * axis
    axis_bar = np.cross(offset, turned)
    axis_bar += scaled * offset
    seen_bar *= along * rest
    axis_bar += seen_bar
    axis_bar /= theta
    theta_bar -= np.einsum("pi,pi->p", axis_bar, axis)[:, np.newaxis]
    bars[:, 0:3] = axis_bar
    bars[:, 0:3] += theta_bar * axis
    np.negative(offset_bar, out=bars[:, 3:6])
    cameras_bar = np.zeros_like(cameras)
    np.add.at(cameras_bar, which, bars)
    X_bar = np.zeros_like(X)
    np.add.at(X_bar, point, offset_bar)
    return cameras_bar, X_bar, weights_bar


def bundle_arguments(n, m, p):
    rng = np.random.default_rng(0)
    cameras = np.tile(bundle.CAMERAS[0], (n, 1)) + 0.01 * rng.normal(size=(n, 11))
    observations = np.stack([rng.integers(0, n, p), rng.integers(0, m, p)], axis=1)
    return (
        cameras,
        rng.normal(size=(m, 3)),
        rng.uniform(0.5, 1.5, p),
        observations,
        0.1 * rng.normal(size=(p, 2)),
    )


# --- recurrent network ------------------------------------------------------------------------


def lstm_by_hand(main, extra, state, sequence):
    """Slopes `s * (1 - s)` and `1 - t * t` have lost digits where units saturate.

    chainrule's have all of them, which takes five passes over arrays more for each `tanh`, and
    two for each logistic function.
    """
    steps, layers = len(sequence) - 1, len(main)
    hidden = list(state[:, 0])
    cell = list(state[:, 1])
    tape = []
    predictions = []
    for t in range(steps):
        value = sequence[t] * extra[0]
        for layer in range(layers):
            (w0, w1, w2, w3), (b0, b1, b2, b3) = main[layer]
            forget = 1.0 / (1.0 + np.exp(-(value * w0 + b0)))
            gate = 1.0 / (1.0 + np.exp(-(hidden[layer] * w1 + b1)))
            output = 1.0 / (1.0 + np.exp(-(value * w2 + b2)))
            change = np.tanh(hidden[layer] * w3 + b3)
            before = cell[layer]
            cell[layer] = before * forget + gate * change
            bent = np.tanh(cell[layer])
            tape.append((value, hidden[layer], before, forget, gate, output, change, bent))
            value = hidden[layer] = output * bent
        predicted = value * extra[1]
        predicted += extra[2]
        np.exp(predicted, out=predicted)
        predictions.append((value, predicted, predicted.sum() + 2.0))
    main_bar = np.zeros_like(main)
    extra_bar = np.zeros_like(extra)
    hidden_bar = list(np.zeros_like(state[:, 0]))
    cell_bar = list(np.zeros_like(state[:, 0]))
    scale = -1.0 / (steps * sequence.shape[1])
    for t in range(steps - 1, -1, -1):
        value, exponential, total = predictions[t]
        exponential *= -(sequence[t + 1].sum() / total)
        exponential += sequence[t + 1]
        exponential *= scale
        extra_bar[2] += exponential
        extra_bar[1] += exponential * value
        value_bar = exponential * extra[1]
        for layer in range(layers - 1, -1, -1):
            value, held, before, forget, gate, output, change, bent = tape.pop()
            w, bars = main[layer, 0], main_bar[layer]
            hidden_bar[layer] += value_bar
            output_bar = hidden_bar[layer] * bent
            output_bar *= output * (1.0 - output)
            current = hidden_bar[layer]
            current *= output
            current *= 1.0 - bent * bent
            current += cell_bar[layer]
            forget_bar = current * before
            forget_bar *= forget * (1.0 - forget)
            gate_bar = current * change
            gate_bar *= gate * (1.0 - gate)
            change_bar = current * gate
            change_bar *= 1.0 - change * change
            current *= forget
            cell_bar[layer] = current
            bars[1, 0] += forget_bar
            bars[1, 1] += gate_bar
            bars[1, 2] += output_bar
            bars[1, 3] += change_bar
            bars[0, 0] += forget_bar * value
            bars[0, 1] += gate_bar * held
            bars[0, 2] += output_bar * value
            bars[0, 3] += change_bar * held
            forget_bar *= w[0]
            output_bar *= w[2]
            forget_bar += output_bar
            value_bar = forget_bar
            gate_bar *= w[1]
            change_bar *= w[3]
            gate_bar += change_bar
            hidden_bar[layer] = gate_bar
        extra_bar[0] += value_bar * sequence[t]
    return main_bar, extra_bar


def lstm_arguments(layers, length, width):
    return (
        0.5 * random(layers, 2, 4, width),
        random(3, width, seed=1),
        random(layers, 2, width, seed=2),
        (random(length, width, seed=3) > 0.5).astype(float),
    )


def lstm_scanned(main, extra, state, sequence):
    import jax
    import jax.numpy as jnp

    def step(carried, pair):
        hidden, cell = carried
        now, following = pair
        value = now * extra[0]
        hidden, cell = list(hidden), list(cell)
        for layer in range(len(main)):
            hidden[layer], cell[layer] = jax_cell_step(
                main[layer, 0], main[layer, 1], hidden[layer], cell[layer], value
            )
            value = hidden[layer]
        predicted = value * extra[1] + extra[2]
        predicted = predicted - jnp.log(jnp.sum(jnp.exp(predicted)) + 2.0)
        return (tuple(hidden), tuple(cell)), jnp.sum(following * predicted)

    def jax_cell_step(weight, bias, hidden, cell, value):
        forget = jax.nn.sigmoid(value * weight[0] + bias[0])
        gate = jax.nn.sigmoid(hidden * weight[1] + bias[1])
        output = jax.nn.sigmoid(value * weight[2] + bias[2])
        change = jnp.tanh(hidden * weight[3] + bias[3])
        cell = cell * forget + gate * change
        return output * jnp.tanh(cell), cell

    start = (tuple(state[:, 0]), tuple(state[:, 1]))
    _, losses = jax.lax.scan(step, start, (sequence[:-1], sequence[1:]))
    return -jnp.sum(losses) / ((len(sequence) - 1) * sequence.shape[1])


# --- ordinary differential equations ----------------------------------------------------------


def ode_by_hand(x, steps):
    n = len(x)
    h = 2.0 / steps
    first, later = x[0], x[1:]
    y = np.zeros(n)
    k = np.empty((4, n))
    k[:, 0] = first
    tape = np.empty((steps, 4, n - 1))
    for i in range(steps):
        inner = tape[i]
        inner[0] = y[:-1]
        np.multiply(later, inner[0], out=k[0, 1:])
        for stage, part in ((1, 0.5 * h), (2, 0.5 * h), (3, h)):
            np.multiply(part, k[stage - 1, :-1], out=inner[stage])
            inner[stage] += y[:-1]
            np.multiply(later, inner[stage], out=k[stage, 1:])
        k[1] += k[2]
        k[1] *= 2.0
        y += h / 6.0 * (k[0] + k[1] + k[3])
        k[1:3, 0] = first
    y_bar = np.zeros(n)
    y_bar[-1] = 1.0
    later_bar = np.zeros(n - 1)
    first_bar = 0.0
    product = np.empty(n - 1)
    for i in range(steps - 1, -1, -1):
        inner = tape[i]
        outer = h / 6.0 * y_bar
        k_bar = outer.copy()
        for stage, part in ((3, h), (2, 0.5 * h), (1, 0.5 * h), (0, 0.0)):
            first_bar += k_bar[0]
            np.multiply(k_bar[1:], inner[stage], out=product)
            later_bar += product
            np.multiply(k_bar[1:], later, out=product)
            y_bar[:-1] += product
            if stage:
                product *= part
                k_bar = outer * (2.0 if stage > 1 else 1.0)
                k_bar[:-1] += product
    return np.concatenate([[first_bar], later_bar])


def ode_functional(x, steps):
    def slopes(y):
        return np.concatenate([x[:1], x[1:] * y[:-1]])

    y = np.zeros(len(x))
    h = 2.0 / steps
    for _ in range(steps):
        k1 = slopes(y)
        k2 = slopes(y + 0.5 * h * k1)
        k3 = slopes(y + 0.5 * h * k2)
        k4 = slopes(y + h * k3)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y[-1]


def ode_scanned(x, steps):
    import jax
    import jax.numpy as jnp

    def slopes(y):
        return jnp.concatenate([x[:1], x[1:] * y[:-1]])

    h = 2.0 / steps

    def step(y, _):
        k1 = slopes(y)
        k2 = slopes(y + 0.5 * h * k1)
        k3 = slopes(y + 0.5 * h * k2)
        k4 = slopes(y + h * k3)
        return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), None

    return jax.lax.scan(step, jnp.zeros(len(x)), None, length=steps)[0][-1]


# --- logistic regression ----------------------------------------------------------------------


def logistic_by_hand(w, b, X, y):
    z = X @ w
    z += b
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1.0
    np.reciprocal(z, out=z)
    z -= y
    z *= 1.0 / len(y)
    return X.T @ z, z.sum()


# --- Gaussian process -------------------------------------------------------------------------


def gaussian_process_by_hand(log_length, log_scale, log_noise, X, y):
    n = len(y)
    gaps = X[:, np.newaxis, :] - X
    squares = np.einsum("ijk,ijk->ij", gaps, gaps)
    squares *= np.exp(-2.0 * log_length)
    K = np.exp(2.0 * log_scale - 0.5 * squares)
    noise = np.exp(2.0 * log_noise)
    inverse = K.copy()
    inverse[np.diag_indices(n)] += noise
    # The inverse is what both terms need: twice the slope by K is inverse - alpha alpha'.
    L_inverse = np.linalg.inv(np.linalg.cholesky(inverse))
    np.matmul(L_inverse.T, L_inverse, out=inverse)
    alpha = inverse @ y
    inverse -= np.outer(alpha, alpha)
    noise_bar = noise * np.trace(inverse)
    K *= inverse
    scale_bar = K.sum()
    K *= squares
    return 0.5 * K.sum(), scale_bar, noise_bar, alpha


# --- Kalman filter ----------------------------------------------------------------------------


def kalman_by_hand(F, H, Q, R, m, P, observed):
    tape = []
    for y in observed:
        predicted = F @ m
        FP = F @ P
        covariance = FP @ F.T
        covariance += Q
        HP = H @ covariance
        S = HP @ H.T
        S += R
        inverse = np.linalg.inv(S)
        gain = (inverse @ HP).T
        innovation = y - H @ predicted
        tape.append((m, P, FP, predicted, covariance, HP, S, inverse, gain, innovation))
        m = predicted + gain @ innovation
        P = covariance - gain @ S @ gain.T
    F_bar, H_bar = np.zeros_like(F), np.zeros_like(H)
    Q_bar, R_bar = np.zeros_like(Q), np.zeros_like(R)
    m_bar, P_bar = np.zeros_like(m), np.zeros_like(P)
    for m, P, FP, predicted, covariance, HP, S, inverse, gain, innovation in reversed(tape):
        weighted = inverse @ innovation
        innovation_bar = gain.T @ m_bar + 0.5 * (weighted + inverse.T @ innovation)
        gain_bar = np.outer(m_bar, innovation) - (P_bar + P_bar.T) @ gain @ S
        S_bar = -gain.T @ P_bar @ gain
        S_bar -= 0.5 * np.outer(inverse.T @ innovation, weighted)
        S_bar += 0.5 * inverse.T
        solved = inverse.T @ gain_bar.T
        S_bar -= solved @ gain
        R_bar += S_bar
        H_bar += S_bar.T @ HP
        HP_bar = S_bar @ H
        HP_bar += solved
        H_bar += HP_bar @ covariance.T
        covariance_bar = P_bar + H.T @ HP_bar
        H_bar -= np.outer(innovation_bar, predicted)
        predicted_bar = m_bar - H.T @ innovation_bar
        Q_bar += covariance_bar
        F_bar += covariance_bar.T @ FP
        FP_bar = covariance_bar @ F
        F_bar += FP_bar @ P.T
        F_bar += np.outer(predicted_bar, m)
        P_bar = F.T @ FP_bar
        m_bar = F.T @ predicted_bar
    return F_bar, H_bar, Q_bar, R_bar, m_bar, P_bar


def kalman_arguments(steps, d, p):
    return (
        0.3 * random(d, d) / np.sqrt(d),
        random(p, d, seed=1),
        np.eye(d),
        np.eye(p),
        random(d, seed=2),
        np.eye(d),
        random(steps, p, seed=3),
    )


# --- mean field -------------------------------------------------------------------------------


def mean_field_by_hand(coupling, field, steps):
    """The slope `1 - t * t` has lost digits where spins saturate."""
    spins = [np.tanh(field)]
    bent = []
    for _ in range(steps):
        t = coupling @ spins[-1]
        t += field
        np.tanh(t, out=t)
        bent.append(t)
        spins.append(0.5 * (spins[-1] + t))
    m = spins[-1]
    coupling_bar = np.outer(-0.5 * m, m)
    field_bar = -m
    m_bar = np.arctanh(m)
    m_bar -= field
    m_bar -= 0.5 * (coupling @ m + coupling.T @ m)
    for t, before in zip(reversed(bent), reversed(spins[:-1]), strict=True):
        m_bar *= 0.5
        t_bar = m_bar * (1.0 - t * t)
        field_bar += t_bar
        coupling_bar += np.outer(t_bar, before)
        m_bar += coupling.T @ t_bar
    field_bar += m_bar * (1.0 - spins[0] * spins[0])
    return coupling_bar, field_bar


# --- networks ---------------------------------------------------------------------------------


def softmax_slopes(scores, labels):
    """Slopes of the mean cross-entropy, written over the scores."""
    n = len(labels)
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    scores[np.arange(n), labels] -= 1.0
    scores *= 1.0 / n
    return scores


def perceptron_by_hand(layers, inputs, labels):
    """The slope `1 - t * t` has lost digits where units saturate."""
    values = [inputs]
    for layer in layers[:-1]:
        z = values[-1] @ layer["W"]
        z += layer["b"]
        values.append(np.tanh(z, out=z))
    scores = values[-1] @ layers[-1]["W"]
    scores += layers[-1]["b"]
    bar = softmax_slopes(scores, labels)
    slopes = []
    for k in range(len(layers) - 1, -1, -1):
        slopes.append({"W": values[k].T @ bar, "b": bar.sum(axis=0)})
        if k:
            bar = bar @ layers[k]["W"].T
            bent = values[k]
            bent *= bent
            np.subtract(1.0, bent, out=bent)
            bar *= bent
    return slopes[::-1]


def perceptron_arguments(batch, inputs, width):
    rng = np.random.default_rng(0)
    layers = networks.dense_layers((inputs, width, width, 10))
    return layers, rng.normal(size=(batch, inputs)), rng.integers(0, 10, batch)


def convolution_by_hand(kernels, bias, W, b, images, labels):
    """Ties of maxima and zeros of the rectifier are not split, as chainrule splits them."""
    n, size = len(images), kernels.shape[0]
    height, width = images.shape[1] - size + 1, images.shape[2] - size + 1
    features = np.zeros((n, height, width, kernels.shape[3]))
    for i in range(size):
        for j in range(size):
            features += images[:, i : i + height, j : j + width, :] @ kernels[i, j]
    features += bias
    np.maximum(features, 0.0, out=features)
    blocks = features.reshape(n, height // 2, 2, width // 2, 2, -1)
    pooled = blocks.max(axis=(2, 4))
    flat = pooled.reshape(n, -1)
    scores = flat @ W
    scores += b
    bar = softmax_slopes(scores, labels)
    W_bar, b_bar = flat.T @ bar, bar.sum(axis=0)
    pooled_bar = (bar @ W.T).reshape(pooled.shape)
    taken = blocks == pooled[:, :, np.newaxis, :, np.newaxis, :]
    # Only what is above zero passes, and ties between such numbers do not happen.
    taken &= blocks > 0.0
    blocks_bar = taken * pooled_bar[:, :, np.newaxis, :, np.newaxis, :]
    features_bar = blocks_bar.reshape(features.shape)
    kernels_bar = np.empty_like(kernels)
    rows = features_bar.reshape(-1, kernels.shape[3])
    for i in range(size):
        for j in range(size):
            part = images[:, i : i + height, j : j + width, :]
            kernels_bar[i, j] = part.reshape(-1, part.shape[3]).T @ rows
    return kernels_bar, rows.sum(axis=0), W_bar, b_bar


def convolution_arguments(batch, size, channels):
    return (*networks.small_net(size, channels), *networks.stripes(batch, size))


def convolve_functional(images, kernels):
    size = kernels.shape[0]
    height = images.shape[1] - size + 1
    width = images.shape[2] - size + 1
    out = 0.0
    for i in range(size):
        for j in range(size):
            out = out + images[:, i : i + height, j : j + width, :] @ kernels[i, j]
    return out


def convolution_functional(kernels, bias, W, b, images, labels):
    features = networks.pool(np.maximum(convolve_functional(images, kernels) + bias, 0.0))
    return networks.cross_entropy(np.reshape(features, (len(images), -1)) @ W + b, labels)


# --- heat equation ----------------------------------------------------------------------------


def heat_by_hand(diffusivity, u, steps, dt, measured):
    u = u.copy()
    tape = np.empty((steps, len(u) - 1))
    flux = np.empty(len(u) - 1)
    change = np.empty(len(u) - 2)
    for gaps in tape:
        np.subtract(u[1:], u[:-1], out=gaps)
        np.multiply(diffusivity, gaps, out=flux)
        np.subtract(flux[1:], flux[:-1], out=change)
        change *= dt
        u[1:-1] += change
    u -= measured
    u *= 2.0
    slope = np.zeros_like(diffusivity)
    for gaps in tape[::-1]:
        flux[:] = 0.0
        flux[1:] = u[1:-1]
        flux[:-1] -= u[1:-1]
        flux *= dt
        gaps *= flux
        slope += gaps
        flux *= diffusivity
        u[1:] += flux
        u[:-1] -= flux
    # The adjoint of a difference is right for the way back as it is.
    return slope


def heat_arguments(n, steps):
    rng = np.random.default_rng(0)
    return rng.uniform(0.1, 0.4, n - 1), rng.normal(size=n), steps, 0.5, rng.normal(size=n)


def heat_functional(diffusivity, u, steps, dt, measured):
    for _ in range(steps):
        flux = diffusivity * (u[1:] - u[:-1])
        u = np.concatenate([u[:1], u[1:-1] + dt * (flux[1:] - flux[:-1]), u[-1:]])
    return np.sum((u - measured) ** 2)


def heat_scanned(diffusivity, u, steps, dt, measured):
    import jax
    import jax.numpy as jnp

    def step(u, _):
        flux = diffusivity * (u[1:] - u[:-1])
        return jnp.concatenate([u[:1], u[1:-1] + dt * (flux[1:] - flux[:-1]), u[-1:]]), None

    return jnp.sum((jax.lax.scan(step, u, None, length=steps)[0] - measured) ** 2)


# --- the table --------------------------------------------------------------------------------

ARRAY_WORKLOADS = (
    ArrayWorkload(
        dense.lse, lse_by_hand, ("x",), lambda n: (random(n),), small=(1000,), large=(1_000_000,)
    ),
    ArrayWorkload(
        models.logistic,
        logistic_by_hand,
        ("w", "b"),
        lambda n, d: (
            random(d),
            0.3,
            random(n, d, seed=1),
            (random(n, seed=2) > 0).astype(float),
        ),
        small=(100, 10),
        large=(20_000, 50),
    ),
    ArrayWorkload(
        dense.llsq,
        llsq_by_hand,
        ("x",),
        lambda n, m: (random(m), n),
        small=(500, 8),
        large=(50_000, 16),
    ),
    ArrayWorkload(
        dense.kmeans,
        kmeans_by_hand,
        ("centroids",),
        lambda n, k, d: (random(n, d), random(k, d, seed=1)),
        small=(200, 5, 3),
        large=(10_000, 20, 8),
    ),
    ArrayWorkload(
        mixture.gmm,
        gmm_by_hand,
        ("alphas", "means", "icf"),
        gmm_arguments,
        small=(100, 4, 5),
        large=(2000, 16, 10),
        functional=gmm_functional,
    ),
    ArrayWorkload(
        bundle.total_square,
        bundle_by_hand,
        ("cameras", "X", "weights"),
        bundle_arguments,
        small=(4, 20, 100),
        large=(50, 2000, 10_000),
    ),
    ArrayWorkload(
        recurrent.lstm,
        lstm_by_hand,
        ("main", "extra"),
        lstm_arguments,
        small=(2, 20, 14),
        large=(2, 100, 1024),
        scanned=lstm_scanned,
    ),
    ArrayWorkload(
        dense.ode,
        ode_by_hand,
        ("x",),
        lambda n, steps: (random(n), steps),
        small=(20, 50),
        large=(10_000, 100),
        functional=ode_functional,
        scanned=ode_scanned,
    ),
    ArrayWorkload(
        models.gaussian_process,
        gaussian_process_by_hand,
        ("log_length", "log_scale", "log_noise", "y"),
        lambda n, d: (0.3, 0.1, -1.0, random(n, d), random(n, seed=1)),
        small=(20, 2),
        large=(400, 4),
    ),
    ArrayWorkload(
        models.kalman,
        kalman_by_hand,
        ("F", "H", "Q", "R", "m", "P"),
        kalman_arguments,
        small=(20, 4, 2),
        large=(20, 100, 50),
    ),
    ArrayWorkload(
        models.mean_field,
        mean_field_by_hand,
        ("coupling", "field"),
        lambda n, steps: (0.5 * random(n, n) / n**0.5, random(n, seed=1), steps),
        small=(20, 10),
        large=(500, 20),
    ),
    ArrayWorkload(
        networks.perceptron_loss,
        perceptron_by_hand,
        ("layers",),
        perceptron_arguments,
        small=(32, 8, 16),
        large=(512, 256, 256),
    ),
    ArrayWorkload(
        networks.convolution_loss,
        convolution_by_hand,
        ("kernels", "bias", "W", "b"),
        convolution_arguments,
        small=(8, 8, 4),
        large=(64, 26, 16),
        functional=convolution_functional,
    ),
    ArrayWorkload(
        physics.heat_misfit,
        heat_by_hand,
        ("diffusivity",),
        heat_arguments,
        small=(50, 100),
        large=(20_000, 100),
        functional=heat_functional,
        scanned=heat_scanned,
    ),
)
