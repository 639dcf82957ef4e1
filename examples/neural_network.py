"""A multilayer perceptron in pure Python, whose backpropagation can be read layer by layer.

A layer is a list of rows, one a neuron; the last number of each row is the neuron's bias.
"""

from math import exp, log, tanh

XOR = [((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0)]


def dense(layer, inputs):
    """Weighted sums of the inputs, one a neuron."""
    sums = []
    for row in layer:
        total = row[-1]
        for weight, value in zip(row, inputs):
            total += weight * value
        sums.append(total)
    return sums


def sigmoid(z):
    """The logistic function, without overflow on either side."""
    if z >= 0.0:
        return 1.0 / (1.0 + exp(-z))
    growth = exp(z)
    return growth / (1.0 + growth)


def predict(hidden, output, inputs):
    """Answer of a network with one hidden layer of hyperbolic tangents."""
    activations = [tanh(z) for z in dense(hidden, inputs)]
    return sigmoid(dense(output, activations)[0])


def xor_loss(hidden, output):
    """Squared error of a network that is to learn the exclusive or."""
    loss = 0.0
    for inputs, target in XOR:
        loss += 0.5 * (predict(hidden, output, inputs) - target) ** 2
    return loss


def deep_loss(layers, inputs, target):
    """Squared error of a network with any number of layers, all but the last rectified."""
    values = inputs
    for layer in layers[:-1]:
        values = [z if z > 0.0 else 0.01 * z for z in dense(layer, values)]
    values = dense(layers[-1], values)
    return sum((value - wanted) ** 2 for value, wanted in zip(values, target))


def cross_entropy(layer, inputs, label):
    """Surprise of a softmax classifier at the right label."""
    scores = dense(layer, inputs)
    top = max(scores)
    normaliser = sum(exp(score - top) for score in scores)
    return log(normaliser) + top - scores[label]


def neuron_loss(w1, w2, b1, v1, b2, x1, x2, target):
    """The smallest network worth the name, without any list."""
    h = tanh(w1 * x1 + w2 * x2 + b1)
    y = sigmoid(v1 * h + b2)
    return 0.5 * (y - target) ** 2


def recurrent_loss(w, u, b, v, series):
    """Squared error of a recurrent neuron that predicts the next value of a series."""
    state = 0.0
    loss = 0.0
    for now, following in zip(series, series[1:]):
        state = tanh(w * now + u * state + b)
        loss += (v * state - following) ** 2
    return loss / (len(series) - 1)


HIDDEN = [[0.5, -0.7, 0.1], [-0.4, 0.9, 0.3], [0.8, 0.6, -0.2]]
OUTPUT = [[1.2, -0.8, 0.5, 0.05]]

POINTS = {
    "xor_loss": {"wrt": ("hidden", "output"), "at": [(HIDDEN, OUTPUT)]},
    "deep_loss": {
        "wrt": ("layers", "inputs"),
        "at": [([HIDDEN, [[0.3, -0.5, 0.7, 0.2], [0.9, 0.4, -0.6, 0.1]]], [0.8, -1.1], [0.5, 0.2])],
    },
    "cross_entropy": {"wrt": ("layer", "inputs"), "at": [(HIDDEN, [0.8, -1.1], 1)]},
    "neuron_loss": {
        "wrt": ("w1", "w2", "b1", "v1", "b2"),
        "at": [(0.5, -0.7, 0.1, 1.2, 0.05, 0.8, -1.1, 1.0)],
    },
    "recurrent_loss": {
        "wrt": ("w", "u", "b", "v"),
        "at": [(0.7, 0.4, -0.1, 1.3, [0.1, 0.5, 0.9, 0.4, -0.2])],
    },
}


if __name__ == "__main__":
    from chainrule import grad

    backpropagate = grad(xor_loss, wrt=("hidden", "output"))
    hidden, output = HIDDEN, OUTPUT
    backpropagate(hidden, output)
    print(backpropagate.source)
    for _ in range(2000):
        d_hidden, d_output = backpropagate(hidden, output)
        hidden = [[w - d for w, d in zip(*rows)] for rows in zip(hidden, d_hidden)]
        output = [[w - d for w, d in zip(*rows)] for rows in zip(output, d_output)]
    print([round(predict(hidden, output, inputs), 3) for inputs, _ in XOR])
