"""Views of the flat vector of parameters, layer by layer."""

from itertools import pairwise

from fusedmlp.plan.plan import Plan
from fusedmlp.reference.activations import Array

Layers = list[tuple[Array, Array]]


def layers_of(plan: Plan, flat: Array) -> Layers:
    """Return each layer's weights (n_in, n_out) and biases (n_out,), views of the flat vector."""
    layers = []
    for layer, (n_in, n_out) in enumerate(pairwise(plan.sizes)):
        weights, biases = plan.weight_offsets[layer], plan.bias_offsets[layer]
        layers.append(
            (
                flat[weights : weights + n_in * n_out].reshape(n_in, n_out),
                flat[biases : biases + n_out * plan.bias],
            )
        )
    return layers
