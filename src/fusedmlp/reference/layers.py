"""One layer forward and backward, for clarity and not for speed."""

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
    """Set delta_below (rows, n_in) to the layer's delta (rows, n_out), carried back to its inputs.

    In the forward pass, inputs went through the weights (n_in, n_out); now the delta goes back
    through the same weights: how much did each input contribute to it? inputs (rows, n_in) are the
    outputs of the layer below (of silu and gelu the sums), which has the activation.
    """
    error = delta @ weights.T
    error_weighted_derivative(activation, inputs, error, delta_below)


def layer_gradient(
    inputs: Array, delta: Array, weight_gradient: Array, bias_gradient: Array
) -> None:
    """Add inputs.T @ delta to weight_gradient and, unless it is empty, delta to bias_gradient.

    In the forward pass, weight (i, j) carried input i to output j; its derivative is the one times
    the delta of the other, summed over the rows. A bias is the weight of an input that is always 1.
    """
    weight_gradient += inputs.T @ delta
    if bias_gradient.size:
        bias_gradient += delta.sum(axis=0)
