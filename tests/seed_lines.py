"""The seeds' own lines, run as they stand: what `train` must reproduce.

From "A Neural Network in 11 lines of Python" (Trask, 2015), parts 1 and 2, and "How to build a
simple neural network in 9 lines of Python code" (Spencer-Harper, 2015). Python 3's print and range,
and nothing else, differ.
"""

import functools

import numpy as np

AND_LIKE = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
XOR = np.array([[0], [1], [1], [0]])
ALPHAS = (0.001, 0.01, 0.1, 1, 10, 100, 1000)


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def nine_lines():
    """Return the neuron's weights."""
    training_set_inputs = np.array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
    training_set_outputs = np.array([[0, 1, 1, 0]]).T
    np.random.seed(1)
    synaptic_weights = 2 * np.random.random((3, 1)) - 1
    for _iteration in range(10000):
        output = 1 / (1 + np.exp(-(np.dot(training_set_inputs, synaptic_weights))))
        synaptic_weights += np.dot(
            training_set_inputs.T, (training_set_outputs - output) * output * (1 - output)
        )
    return training_set_inputs, training_set_outputs, synaptic_weights


def two_layers():
    """Return the two-layer network's data, weights and printed output."""
    X = AND_LIKE
    y = np.array([[0, 0, 1, 1]]).T
    np.random.seed(1)
    syn0 = 2 * np.random.random((3, 1)) - 1
    for _iter in range(10000):
        l0 = X
        l1 = nonlin(np.dot(l0, syn0))
        l1_error = y - l1
        l1_delta = l1_error * nonlin(l1, True)
        syn0 += np.dot(l0.T, l1_delta)
    return X, y, syn0, l1


def two_inputs():
    """Return the data and weights of the gradient-descent document's two-layer network."""
    X = np.array([[0, 1], [0, 1], [1, 0], [1, 0]])
    y = np.array([[0, 0, 1, 1]]).T
    np.random.seed(1)
    synapse_0 = 2 * np.random.random((2, 1)) - 1
    for _iter in range(10000):
        layer_0 = X
        layer_1 = nonlin(np.dot(layer_0, synapse_0))
        layer_1_error = layer_1 - y
        layer_1_delta = layer_1_error * nonlin(layer_1, True)
        synapse_0_derivative = np.dot(layer_0.T, layer_1_delta)
        synapse_0 -= synapse_0_derivative
    return X, y, synapse_0


def eleven_lines(epochs=60000):
    """Return the eleven lines' weights."""
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0, 1, 1, 0]]).T
    np.random.seed(1)
    syn0 = 2 * np.random.random((3, 4)) - 1
    syn1 = 2 * np.random.random((4, 1)) - 1
    for _j in range(epochs):
        l1 = 1 / (1 + np.exp(-(np.dot(X, syn0))))
        l2 = 1 / (1 + np.exp(-(np.dot(l1, syn1))))
        l2_delta = (y - l2) * (l2 * (1 - l2))
        l1_delta = l2_delta.dot(syn1.T) * (l1 * (1 - l1))
        syn1 += l1.T.dot(l2_delta)
        syn0 += X.T.dot(l1_delta)
    return syn0, syn1


def thirteen_lines(alpha=0.5, hidden_dim=4):
    """Return the thirteen lines' weights."""
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0, 1, 1, 0]]).T
    np.random.seed(1)
    synapse_0 = 2 * np.random.random((3, hidden_dim)) - 1
    synapse_1 = 2 * np.random.random((hidden_dim, 1)) - 1
    for _j in range(60000):
        layer_1 = 1 / (1 + np.exp(-(np.dot(X, synapse_0))))
        layer_2 = 1 / (1 + np.exp(-(np.dot(layer_1, synapse_1))))
        layer_2_delta = (layer_2 - y) * (layer_2 * (1 - layer_2))
        layer_1_delta = layer_2_delta.dot(synapse_1.T) * (layer_1 * (1 - layer_1))
        synapse_1 -= alpha * layer_1.T.dot(layer_2_delta)
        synapse_0 -= alpha * X.T.dot(layer_1_delta)
    return synapse_0, synapse_1


@functools.cache
def sweep(alpha, hidden_size=4, epochs=60000, every=10000, nudge=0.0):
    """Return weights, errors every so many epochs and counts of direction changes.

    With alpha 1 this is the three-layer network of the first document. nudge changes the first
    weights by that share, to see what becomes of a rounding error.
    """
    X, y = AND_LIKE, XOR
    np.random.seed(1)
    synapse_0 = 2 * np.random.random((3, hidden_size)) - 1
    synapse_1 = 2 * np.random.random((hidden_size, 1)) - 1
    synapse_0, synapse_1 = synapse_0 * (1 + nudge), synapse_1 * (1 + nudge)
    prev_synapse_0_weight_update = np.zeros_like(synapse_0)
    prev_synapse_1_weight_update = np.zeros_like(synapse_1)
    synapse_0_direction_count = np.zeros_like(synapse_0)
    synapse_1_direction_count = np.zeros_like(synapse_1)
    errors = []
    with np.errstate(over="ignore"):  # exp of large numbers, with alpha 1000
        for j in range(epochs):
            layer_0 = X
            layer_1 = nonlin(np.dot(layer_0, synapse_0))
            layer_2 = nonlin(np.dot(layer_1, synapse_1))
            layer_2_error = y - layer_2
            if (j % every) == 0:
                errors.append(np.mean(np.abs(layer_2_error)))
            layer_2_delta = layer_2_error * nonlin(layer_2, True)
            layer_1_error = layer_2_delta.dot(synapse_1.T)
            layer_1_delta = layer_1_error * nonlin(layer_1, True)
            synapse_1_weight_update = layer_1.T.dot(layer_2_delta)
            synapse_0_weight_update = layer_0.T.dot(layer_1_delta)
            if j > 0:
                synapse_0_direction_count += np.abs(
                    ((synapse_0_weight_update > 0) + 0) - ((prev_synapse_0_weight_update > 0) + 0)
                )
                synapse_1_direction_count += np.abs(
                    ((synapse_1_weight_update > 0) + 0) - ((prev_synapse_1_weight_update > 0) + 0)
                )
            synapse_1 += alpha * synapse_1_weight_update
            synapse_0 += alpha * synapse_0_weight_update
            prev_synapse_0_weight_update = synapse_0_weight_update
            prev_synapse_1_weight_update = synapse_1_weight_update
    counts = (synapse_0_direction_count, synapse_1_direction_count)
    return (synapse_0, synapse_1), np.array(errors), counts
