"""Print how fast the tiles multiply matrices, beside `np.dot`, which is OpenBLAS, with one thread.

For each of a layer's products: rows of inputs @ weights, and inputs.T @ delta, the gradient, each
as a step makes it. Both write to memory that is there; they take turns::

    python -m benchmarks.products
"""

import argparse
from functools import partial

import numpy as np
from numpy.testing import assert_allclose

from benchmarks.common import one_thread, take_turns, where_measured
from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.layers import LayerGradient, Scratch, Shape, layer_gradient_at
from fusedmlp.kernels.matmul.gemm import gemm
from fusedmlp.kernels.vector import address
from fusedmlp.kernels.vector.matrices import LeftMatrix, Rows
from fusedmlp.kernels.vector.typed_constants import SET, UNIT_STRIDE
from fusedmlp.plan import aligned_zeros

# Rows, inputs and outputs of a layer.
SHAPES = [
    (32, 8, 16),
    (32, 64, 64),
    (200, 64, 100),
    (200, 100, 10),
    (128, 784, 100),
    (128, 512, 512),
    (500, 32, 16),
]
SECONDS = 0.02  # of a turn


@compiled
def forward(X, W, Z, scratch, times):  # noqa: ARG001
    """Set Z to X @ W."""
    rows, n_in = X.shape
    for _ in range(times):
        x, w, z = address(X), address(W), address(Z)
        gemm(LeftMatrix(x, n_in, UNIT_STRIDE), w, z, rows, n_in, W.shape[1], SET, z)


@compiled
def gradient(X, D, G, scratch, times):
    """Set G to X.T @ D."""
    shape = Shape(X.shape[0], X.shape[1], D.shape[1])
    for _ in range(times):
        inputs, delta, g = Rows(address(X), shape.n_in), address(D), address(G)
        layer_gradient_at(
            shape, inputs, delta, LayerGradient(g, g, 0), SET, Scratch(address(scratch), True)
        )


def by_numpy(A, B, C, times):
    """Do the same with NumPy; a call takes it less than a microsecond."""
    for _ in range(times):
        np.dot(A, B, out=C)


def random_array(random, dtype, *shape):
    """Return random numbers that begin where a line of the cache does."""
    array = aligned_zeros(int(np.prod(shape)), dtype).reshape(shape)
    array[:] = random.normal(size=shape)
    return array


def measured(by_tiles, X, B, C, A, rounds):
    """Return GFLOP/s of both, and the median of the rounds' own ratios.

    C is A @ B; A is X or its transpose.
    """
    flops = 2 * X.size * B.shape[1]
    expected, scratch = np.empty_like(C), np.empty(X.size + 32 * X.shape[1], X.dtype)
    by_tiles(X, B, C, scratch, 1)
    by_numpy(A, B, expected, 1)
    assert_allclose(C, expected, rtol=1e-3, atol=1e-3)
    times = max(1, int(SECONDS * 50e9 / flops))
    calls = [partial(by_numpy, A, B, expected, times), partial(by_tiles, X, B, C, scratch, times)]
    seconds = take_turns(calls, rounds)
    ours_and_theirs = flops * times / np.median(seconds, axis=0) / 1e9
    return *ours_and_theirs, float(np.median(seconds[:, 0] / seconds[:, 1]))


def main():
    """Print the table."""
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often both take their turn")
    rounds = parser.parse_args().rounds
    print("| product, GFLOP/s: np.dot, tiles, ratio | float32 | float64 |\n| --- | ---: | ---: |")
    random = np.random.default_rng(0)
    for size, n_in, n_out in SHAPES:
        cells = {"forward": [], "gradient": []}
        for dtype in (np.float32, np.float64):
            X, W, D, Z, G = (
                random_array(random, dtype, *shape)
                for shape in [(size, n_in), (n_in, n_out), *[(size, n_out)] * 2, (n_in, n_out)]
            )
            cells["forward"].append(measured(forward, X, W, Z, X, rounds))
            cells["gradient"].append(measured(gradient, X, D, G, X.T, rounds))
        for what, pair in cells.items():
            texts = [f"{theirs:.0f}, {ours:.0f}, {ratio:.2f}" for theirs, ours, ratio in pair]
            print(f"| {size}-{n_in}-{n_out} {what} | {' | '.join(texts)} |", flush=True)
    print(f"\n{where_measured()}; medians of {rounds} rounds.")


if __name__ == "__main__":
    main()
