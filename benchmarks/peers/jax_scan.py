"""JAX on the CPU: all epochs in one compiled call, `lax.scan` over epochs and over batches.

The rows' order is drawn by NumPy for all epochs at once, and counted in; compiling is not. A call
for each epoch was slower or the same, and so was picking rows batch by batch.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from benchmarks.peers.rows import Array, Row


def version() -> str:
    """Name the package and its version."""
    import jax

    return f"JAX {jax.__version__}"


def _network(row: Row) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the functions (layers, X) -> last layer's sums, and (layers, X, y) -> loss."""
    import jax
    import jax.numpy as jnp

    options = row.options
    hidden = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}[
        options.get("activation", "sigmoid")
    ]
    sigmoid_output = options.get("output_activation", "sigmoid") == "sigmoid"
    over_rows = jnp.mean if options.get("reduction") == "mean" else jnp.sum

    def sums(layers: Any, X: Any) -> Any:
        for number, (weights, biases) in enumerate(layers):
            X = X if number == 0 else hidden(X)
            X = X @ weights + biases if biases.size else X @ weights
        return jax.nn.sigmoid(X) if sigmoid_output else X

    def loss(layers: Any, X: Any, y: Any) -> Any:
        outputs = sums(layers, X)
        if row.classes:
            return over_rows(-(y * jax.nn.log_softmax(outputs)).sum(axis=1))
        return over_rows(0.5 * ((outputs - y) ** 2).sum(axis=1))

    return sums, loss


class Run:
    """A row's training."""

    def __init__(self, row: Row) -> None:
        import jax

        jax.config.update("jax_enable_x64", row.dtype == "float64")
        self.row = row
        self.X, self.y = (jax.device_put(a) for a in row.data())
        self.first = jax.device_put(row.first_layers())
        self.sums, loss = _network(row)
        self.compiled = cache(self._compiled)
        self.slope = jax.grad(loss)

    def _compiled(self, epochs: int, shuffle: bool) -> Callable[..., Any]:
        """Return the function of `training`, which JAX compiles when it is called."""
        import jax

        return jax.jit(self.training(epochs, shuffle))

    def training(self, epochs: int, shuffle: bool) -> Callable[..., Any]:
        """Return a function (layers, X, y, orders) that trains for so many epochs."""
        import jax
        import jax.numpy as jnp

        row = self.row
        rate, momentum = row.options.get("learning_rate", 1.0), row.options.get("momentum", 0.0)

        def adam(state: Any, batch: Any) -> Any:
            layers, (means, squares, count) = state
            slope, count = self.slope(layers, *batch), count + 1
            means = jax.tree.map(lambda m, s: 0.9 * m + 0.1 * s, means, slope)
            squares = jax.tree.map(lambda v, s: 0.999 * v + 0.001 * s * s, squares, slope)
            pace, root = rate / (1 - 0.9**count), jnp.sqrt(1 - 0.999**count)

            def moved(w: Any, m: Any, v: Any) -> Any:
                return w - pace * m / (jnp.sqrt(v) / root + 1e-8)

            return (jax.tree.map(moved, layers, means, squares), (means, squares, count)), None

        def descend(state: Any, batch: Any) -> Any:
            layers, velocity = state
            slope = self.slope(layers, *batch)
            if momentum:
                velocity = jax.tree.map(lambda v, s: momentum * v - rate * s, velocity, slope)
                return (jax.tree.map(jnp.add, layers, velocity), velocity), None
            return (jax.tree.map(lambda w, s: w - rate * s, layers, slope), velocity), None

        with_adam = row.options.get("optimizer") == "adam"
        step = adam if with_adam else descend
        whole = row.case.rows // row.batch * row.batch  # the last batch may have fewer rows

        def train(layers: Any, X: Any, y: Any, orders: Any) -> Any:
            def epoch(state: Any, order: Any) -> Any:
                if row.steps == 1:
                    return step(state, (X, y))
                ordered = (X[order], y[order]) if shuffle else (X, y)
                batches = [a[:whole].reshape(-1, row.batch, a.shape[1]) for a in ordered]
                state, _ = jax.lax.scan(step, state, batches)
                if whole < row.case.rows:
                    state, _ = step(state, [a[whole:] for a in ordered])
                return state, None

            zeros = jax.tree.map(jnp.zeros_like, layers)
            state = layers, (zeros, zeros, jnp.float32(0)) if with_adam else zeros
            unroll = 4 if row.case.rows == 4 else 1  # tiny steps: up to 1.4 times as fast
            return jax.lax.scan(epoch, state, orders, length=epochs, unroll=unroll)[0][0]

        return train

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from the first weights."""
        import jax

        orders = None
        if shuffle and self.row.steps > 1:
            random = np.random.default_rng(1)
            rows = len(self.X)
            orders = np.array([random.permutation(rows) for _ in range(epochs)], np.int32)
        train = self.compiled(epochs, orders is not None)
        self.layers = jax.block_until_ready(train(self.first, self.X, self.y, orders))

    def outputs(self) -> Array:
        """Return what the network makes of the data it was trained on."""
        import jax

        outputs = self.sums(self.layers, self.X)
        return np.asarray(jax.nn.softmax(outputs) if self.row.classes else outputs)
