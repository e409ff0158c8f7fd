"""Forward pass, backward pass and gradient of one layer. Written for clarity, not for speed."""

from fusedmlp.reference.activations import Array, activate, error_weighted_derivative


def forward(inputs: Array, weights: Array, biases: Array, activation: int, outputs: Array) -> None:
    """Set outputs (rows, n_out) to the activation of inputs @ weights + biases.

    inputs (rows, n_in), weights (n_in, n_out), biases (n_out,) or empty.
    """
    outputs[:] = inputs @ weights
    if biases.size:
        outputs += biases
    activate(activation, outputs)


def backpropagate(
    delta: Array, weights: Array, activation: int, inputs: Array, delta_below: Array
) -> None:
    """Set delta_below (rows, n_in) to the delta of the layer below, given delta (rows, n_out).

    The forward pass multiplied the inputs by the weights (n_in, n_out); the backward pass
    multiplies the delta by the transposed weights, which gives the derivative of the loss by each
    input. inputs (rows, n_in) are the outputs of the layer below (for silu and gelu, its
    pre-activations); activation is that of the layer below.
    """
    error = delta @ weights.T
    error_weighted_derivative(activation, inputs, error, delta_below)


def layer_gradient(
    inputs: Array, delta: Array, weight_gradient: Array, bias_gradient: Array
) -> None:
    """Add inputs.T @ delta to weight_gradient and, unless it is empty, delta to bias_gradient.

    Weight (i, j) connects input i to output j: its derivative is input i times delta j, summed over
    the rows. A bias is the weight of an input that is always 1.
    """
    weight_gradient += inputs.T @ delta
    if bias_gradient.size:
        bias_gradient += delta.sum(axis=0)
