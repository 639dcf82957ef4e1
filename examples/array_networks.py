"""Networks over NumPy arrays: a perceptron and a small convolution net with cross-entropy."""

import numpy as np


def cross_entropy(scores, labels):
    """Mean surprise of a softmax at the right labels."""
    top = np.max(scores, axis=1, keepdims=True)
    normaliser = np.log(np.sum(np.exp(scores - top), axis=1)) + top[:, 0]
    return np.mean(normaliser - scores[np.arange(len(labels)), labels])


def perceptron(layers, inputs):
    """Scores of a network of dense layers, each a dict of weights ``W`` and biases ``b``."""
    values = inputs
    for layer in layers[:-1]:
        values = np.tanh(values @ layer["W"] + layer["b"])
    return values @ layers[-1]["W"] + layers[-1]["b"]


def perceptron_loss(layers, inputs, labels):
    """Cross-entropy of a perceptron."""
    return cross_entropy(perceptron(layers, inputs), labels)


def convolve(images, kernels):
    """Valid correlation of images (batch, height, width, channels in) with square kernels."""
    size = kernels.shape[0]
    height = images.shape[1] - size + 1
    width = images.shape[2] - size + 1
    out = np.zeros((images.shape[0], height, width, kernels.shape[3]))
    for i in range(size):
        for j in range(size):
            out += images[:, i : i + height, j : j + width, :] @ kernels[i, j]
    return out


def pool(images):
    """Largest of every two by two pixels."""
    n, height, width, channels = images.shape
    blocks = images.reshape(n, height // 2, 2, width // 2, 2, channels)
    return np.max(blocks, axis=(2, 4))


def convolution_net(kernels, bias, W, b, images):
    """Scores of one convolution, rectified and pooled, under one dense layer."""
    features = pool(np.maximum(convolve(images, kernels) + bias, 0.0))
    return features.reshape(len(images), -1) @ W + b


def convolution_loss(kernels, bias, W, b, images, labels):
    """Cross-entropy of the convolution net."""
    return cross_entropy(convolution_net(kernels, bias, W, b, images), labels)


def spirals(count, seed=0):
    """Points on two arms of a spiral, and which arm each is on."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    angle = rng.uniform(0.5, 3.0, count)
    points = angle[:, np.newaxis] * np.stack([np.cos(2.0 * angle), np.sin(2.0 * angle)], axis=1)
    points *= np.where(labels == 1, -1.0, 1.0)[:, np.newaxis]
    return points / 3.0 + 0.02 * rng.normal(size=(count, 2)), labels


def stripes(count, size=8, seed=0):
    """Small noisy images of bars that stand or lie, and which."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = 0.3 * rng.normal(size=(count, size, size, 1))
    for image, label in zip(images, labels):
        at = rng.integers(0, size)
        if label:
            image[at, :, 0] += 1.0
        else:
            image[:, at, 0] += 1.0
    return images, labels


def dense_layers(sizes, seed=0):
    """Layers with random weights."""
    rng = np.random.default_rng(seed)
    return [
        {"W": rng.normal(size=(m, n)) / np.sqrt(m), "b": np.zeros(n)}
        for m, n in zip(sizes, sizes[1:])
    ]


def small_net(size=8, channels=4, classes=2, kernel=3, seed=0):
    """Random parameters of the convolution net."""
    rng = np.random.default_rng(seed)
    features = channels * ((size - kernel + 1) // 2) ** 2
    return (
        rng.normal(size=(kernel, kernel, 1, channels)) / kernel,
        np.zeros(channels),
        rng.normal(size=(features, classes)) / np.sqrt(features),
        np.zeros(classes),
    )


POINTS = {
    "perceptron_loss": {
        "wrt": ("layers",),
        "at": [(dense_layers((2, 3, 2, 2)), *spirals(4))],
    },
    "convolution_loss": {
        "wrt": ("kernels", "bias", "W", "b"),
        "at": [(*small_net(size=4, channels=2), *stripes(2, size=4))],
    },
}


if __name__ == "__main__":
    from chainrule import value_and_grad

    points, labels = spirals(200)
    layers = dense_layers((2, 32, 32, 2))
    backpropagate = value_and_grad(perceptron_loss)
    for step in range(1001):
        loss, slopes = backpropagate(layers, points, labels)
        for layer, slope in zip(layers, slopes):
            for name in layer:
                layer[name] -= 0.5 * slope[name]
        if step % 250 == 0:
            print(f"step {step}: loss {loss:.4f}")
    print(backpropagate.source)
