"""JAX on the CPU: `vmap` over the networks of the peers' scan over epochs and batches.

One compiled call trains all networks. Their orders of rows are drawn by NumPy, and counted in;
compiling is not.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from benchmarks.many.cases import Many
from benchmarks.peers import jax_scan
from benchmarks.peers.jax_scan import version
from benchmarks.peers.rows import Array

__all__ = ["Run", "version"]


class Run(jax_scan.Run):
    """The training of many networks."""

    def __init__(self, many: Many, _how: str) -> None:
        import jax

        super().__init__(many.row)
        self.networks = many.networks
        self.first = jax.device_put(many.first_layers())
        self.compiled = cache(self._compiled)

    def _compiled(self, epochs: int, shuffle: bool) -> Callable[..., Any]:
        """Return a function that trains all networks for so many epochs."""
        import jax

        orders = 0 if shuffle else None
        return jax.jit(jax.vmap(self.training(epochs, shuffle), (0, None, None, orders)))

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from the first weights."""
        import jax

        orders = None
        if shuffle and self.row.steps > 1:
            ordered = np.arange(len(self.X), dtype=np.int32)
            every = np.broadcast_to(ordered, (self.networks, epochs, len(self.X)))
            orders = np.random.default_rng(1).permuted(every, axis=2)
        train = self.compiled(epochs, orders is not None)
        self.layers = jax.block_until_ready(train(self.first, self.X, self.y, orders))

    def outputs(self) -> Array:
        """Return what the networks make of the data (networks, rows, n_out)."""
        import jax

        outputs = jax.vmap(self.sums, (0, None))(self.layers, self.X)
        return np.asarray(jax.nn.softmax(outputs) if self.row.classes else outputs)
