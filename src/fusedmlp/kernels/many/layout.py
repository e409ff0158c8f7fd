"""The workspace of a group of networks: as many as a register has lanes.

Each number of a network is a vector with that number of every network of the group. First come the
flat vectors of parameters, gradient, velocity and squares, and the networks' own numbers; then, for
a block of rows, the inputs, each layer's outputs and deltas, the sums of the last layer, and the
targets, each (rows, units).
"""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocked.network import total_units
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many.numbers import NUMBERS
from fusedmlp.kernels.vector import at, shifted
from fusedmlp.kernels.vector.integers import larger, smaller

# Bytes of the values of a block of rows: with the weights, they stay in the second cache.
BLOCK_BYTES = 131072


class Workspace(NamedTuple):
    """The addresses of the parts of the workspace, and what they have room for."""

    params: Any
    gradient: Any
    velocity: Any
    squares: Any
    numbers: Any
    zero: Any  # one vector of zeros, then one of ones
    one: Any
    inputs: Any
    outputs: Any  # of the first layer; the others follow
    deltas: Any  # as the outputs
    last: int  # where the last layer's outputs and deltas begin among those of all layers
    sums: Any
    targets: Any
    block_rows: int
    lanes: int  # networks of a group


@inner
def block_rows_of(network, batch_size, lanes, itemsize):
    """Return how many rows pass through the layers at once."""
    n_in, n_out = at(network.sizes, 0), at(network.sizes, network.layers)
    row_bytes = (n_in + 2 * total_units(network) + 2 * n_out) * lanes * itemsize
    most = larger(4, BLOCK_BYTES // row_bytes)
    blocks = (batch_size + most - 1) // most
    rows = (batch_size + blocks - 1) // blocks
    return smaller(batch_size, (rows + 3) // 4 * 4)


@inner
def workspace_size(network, params, block_rows, lanes):
    """Return the numbers of a workspace."""
    n_in, n_out = at(network.sizes, 0), at(network.sizes, network.layers)
    values = block_rows * (n_in + 2 * total_units(network) + 2 * n_out)
    return (4 * params + NUMBERS + 2 + values) * lanes


@inner
def workspace_of(memory, network, params, block_rows, lanes):
    """Return the parts of a workspace at an address."""
    n_in, n_out = at(network.sizes, 0), at(network.sizes, network.layers)
    units, last = block_rows * total_units(network) * lanes, block_rows * n_out * lanes
    numbers = 4 * params * lanes
    inputs = numbers + (NUMBERS + 2) * lanes
    outputs = inputs + block_rows * n_in * lanes
    sums = outputs + 2 * units
    return Workspace(
        memory,
        shifted(memory, params * lanes),
        shifted(memory, 2 * params * lanes),
        shifted(memory, 3 * params * lanes),
        shifted(memory, numbers),
        shifted(memory, numbers + NUMBERS * lanes),
        shifted(memory, numbers + (NUMBERS + 1) * lanes),
        shifted(memory, inputs),
        shifted(memory, outputs),
        shifted(memory, outputs + units),
        units - last,
        shifted(memory, sums),
        shifted(memory, sums + last),
        block_rows,
        lanes,
    )
