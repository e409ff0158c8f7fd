"""A plan's network, by addresses.

Handing an array to a function counts references with atomic operations. A plan and a state hold a
dozen arrays, and sixty such operations in each epoch took half of a small network's time.
"""

from typing import Any, NamedTuple

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.vectors import address, at


class Network(NamedTuple):
    """What a pass through the layers needs to know. All but the counts are addresses."""

    layers: int
    sizes: Any
    weights: Any  # where they begin in the flat vector
    biases: Any
    activations: Any
    bias: int  # 1 or 0
    block: int  # rows that there is room for
    parts: int  # of a block
    keeps_sums: int  # 1: of silu's and gelu's layers, for the way back
    rare: Any  # as in a plan
    drops: int  # 1: with dropout
    connects: int  # 1: with dropconnect
    normalizes: int  # 1: with batch normalisation


@inner
def _extra_rooms_of(extras):
    """Return whether units have masks, whether weights have, whether sums are normalised."""
    if extras is None:
        return 0, 0, 0
    return int(extras.dropout > 0), int(extras.dropconnect > 0), extras.batch_norm


@inner
def network_of(plan, keeps_sums, block):
    """Return the plan's network."""
    return Network(
        plan.activations.size,
        address(plan.sizes),
        address(plan.weight_offsets),
        address(plan.bias_offsets),
        address(plan.activations),
        plan.bias,
        block,
        plan.parts,
        keeps_sums,
        plan.rare,
        *_extra_rooms_of(plan.extras),
    )


@inner
def units_of(network):
    """Return how many units all layers have together."""
    units = 0
    for layer in range(network.layers):
        units += at(network.sizes, layer + 1)
    return units
