"""GradBench's LSTM: the loss of a recurrent network that predicts the next character.

The definition is that of ADBench: all weight matrices are diagonal.  A layer has the rows of
its weights (forget, input, output, change) and those of its biases; the extra parameters scale
the input and scale and shift the output.
"""

import numpy as np


def sigmoid(x):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def cell_step(weight, bias, hidden, cell, value):
    """Hidden and cell state of one layer after one step."""
    forget = sigmoid(value * weight[0] + bias[0])
    gate = sigmoid(hidden * weight[1] + bias[1])
    output = sigmoid(value * weight[2] + bias[2])
    change = np.tanh(hidden * weight[3] + bias[3])
    cell = cell * forget + gate * change
    hidden = output * np.tanh(cell)
    return hidden, cell


def lstm(main, extra, state, sequence):
    """Mean loss over a sequence; the state of each layer is a row of hidden, one of cell."""
    hidden = [layer[0] for layer in state]
    cell = [layer[1] for layer in state]
    total = 0.0
    for t in range(len(sequence) - 1):
        value = sequence[t] * extra[0]
        for layer in range(len(main)):
            hidden[layer], cell[layer] = cell_step(
                main[layer, 0], main[layer, 1], hidden[layer], cell[layer], value
            )
            value = hidden[layer]
        predicted = value * extra[1] + extra[2]
        predicted = predicted - np.log(np.sum(np.exp(predicted)) + 2.0)
        total += np.sum(sequence[t + 1] * predicted)
    return -total / ((len(sequence) - 1) * sequence.shape[1])


MAIN = np.array(
    [
        [
            [[0.2, -0.3], [0.5, 0.1], [-0.4, 0.6], [0.3, 0.2]],
            [[0.1, 0.4], [-0.2, 0.3], [0.2, -0.1], [0.0, 0.5]],
        ],
        [
            [[0.7, 0.2], [-0.3, 0.4], [0.1, -0.6], [0.5, -0.2]],
            [[0.3, -0.4], [0.2, 0.2], [-0.1, 0.1], [0.4, 0.6]],
        ],
    ]
)
EXTRA = np.array([[0.9, 1.1], [1.2, 0.8], [0.1, -0.2]])
STATE = np.array([[[0.1, 0.2], [0.3, -0.1]], [[-0.2, 0.4], [0.2, 0.1]]])
SEQUENCE = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0]])

POINTS = {"lstm": {"wrt": ("main", "extra"), "at": [(MAIN, EXTRA, STATE, SEQUENCE)]}}


if __name__ == "__main__":
    from chainrule import grad

    slope = grad(lstm, wrt=("main", "extra"))
    slope(MAIN, EXTRA, STATE, SEQUENCE)
    print(slope.source)
