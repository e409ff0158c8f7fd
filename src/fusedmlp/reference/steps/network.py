"""The network of a training step: layers, batch normalisation and masks."""

from dataclasses import dataclass, field

from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.reference.activations import Array
from fusedmlp.reference.steps.batch import Batch
from fusedmlp.reference.steps.batch_norm import Norm, norms_of
from fusedmlp.reference.steps.dropout import draw_dropout_masks, draw_weight_mask
from fusedmlp.reference.steps.layers import Layers, layers_of


@dataclass
class Network:
    """The layers and, if an option asks for them, batch normalisation and masks."""

    layers: Layers  # weights (n_in, n_out) and biases (n_out,) of each
    norms: list[Norm] = field(default_factory=list)  # batch normalisation of each hidden layer
    dropout_masks: list[Array] = field(default_factory=list)  # (rows, units) of each hidden layer
    weight_mask: Array | None = None  # of dropconnect, for the flat vector


def network_of(plan: Plan, params: Array) -> Network:
    """Return the network with these parameters."""
    return Network(layers_of(plan, params), norms_of(plan, params))


def network_in_training(plan: Plan, state: State, batch: Batch) -> Network:
    """Return the network of a training step, with the masks of dropout and dropconnect."""
    network = network_of(plan, state.params)
    if plan.extras.dropout:
        network.dropout_masks = draw_dropout_masks(plan, batch)
    if plan.extras.dropconnect:
        network.weight_mask = draw_weight_mask(plan, batch, state.params.size)
        network.layers = layers_of(plan, state.params * network.weight_mask)
    return network
