"""Largest error of the kernels' sigmoid and tanh, in units in the last place (ULP).

Tries every float32 (2**32 of them; minutes) and a million random float64 for each scale::

    python -m benchmarks.accuracy            # everything
    python -m benchmarks.accuracy --step 997 # every 997th float32, as the test suite does
"""

import argparse

import numpy as np

from fusedmlp import kernels
from fusedmlp.plan import Activation

CHUNK = 1 << 24


def exact(activation, x):
    """The function in twice the precision or so, in the form that loses nothing for negative x."""
    x = x.astype(np.float64 if x.dtype == np.float32 else np.longdouble)
    if activation == Activation.TANH:
        return np.tanh(x)
    e = np.exp(-np.abs(x))
    return np.where(x > 0, 1 / (1 + e), e / (1 + e))


def ulps(got, correct):
    """Distance between `got` and the nearest float to `correct`, in steps from float to float."""
    bits = np.dtype(f"i{got.dtype.itemsize}")
    as_steps = [np.abs(a).view(bits).astype(np.int64) for a in (got, correct.astype(got.dtype))]
    flipped = (np.signbit(got) != np.signbit(correct)) & (as_steps[0] + as_steps[1] > 0)
    return np.where(flipped, np.iinfo(np.int64).max, np.abs(as_steps[0] - as_steps[1]))


def largest_error(activation, x):
    """Return the largest error over the numbers of x, and where it is."""
    x = x[~np.isnan(x)]
    got = x.copy()
    kernels.activate(activation, got[:, None])
    errors = ulps(got, exact(activation, x))
    worst = int(np.argmax(errors))
    return int(errors[worst]), x[worst]


def float32_bit_patterns(step):
    """Yield every `step`-th float32, a chunk at a time."""
    for start in range(0, 1 << 32, CHUNK * step):
        bits = np.arange(start, min(start + CHUNK * step, 1 << 32), step, dtype=np.uint64)
        yield bits.astype(np.uint32).view(np.float32)


def random_float64(activation, size, seed=0):
    """Numbers of every scale at which the result is a normal float64."""
    random = np.random.default_rng(seed)
    scales = 10.0 ** random.uniform(-300, 3, size)
    everywhere = np.concatenate([random.normal(size=size) * scales, random.normal(size=size) * 3])
    return everywhere if activation == Activation.TANH else np.maximum(everywhere, -708.0)


def main():
    """Print the largest errors."""
    from rich.progress import track  # asv, which imports all modules here, has no rich

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step", type=int, default=1, help="try every STEP-th float32")
    step = parser.parse_args().step
    for activation in (Activation.SIGMOID, Activation.TANH):
        chunks = -(-(1 << 32) // (CHUNK * step))
        patterns = track(float32_bit_patterns(step), activation.name.lower(), total=chunks)
        worst = max(largest_error(activation, x) for x in patterns)
        print(f"{activation.name.lower()} float32: {worst[0]} ULP at {worst[1]!r}", flush=True)
        worst = max(
            largest_error(activation, random_float64(activation, 1_000_000, seed))
            for seed in range(5)
        )
        print(f"{activation.name.lower()} float64: {worst[0]} ULP at {worst[1]!r}", flush=True)


if __name__ == "__main__":
    main()
