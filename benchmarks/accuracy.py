"""Largest error of the kernels' activations, in units in the last place (ULP).

Tries every float32 (2**32 of them; minutes) and a million random float64 for each scale::

    python -m benchmarks.accuracy            # everything
    python -m benchmarks.accuracy --step 997 # every 997th float32, as the test suite does
"""

import argparse

import numpy as np

from fusedmlp import kernels
from fusedmlp.plan.codes import Activation

CHUNK = 1 << 24


# What each promises, in ULP.
MOST_ULPS = {
    Activation.SIGMOID: 2,
    Activation.TANH: 2,
    Activation.ELU: 2,
    Activation.SOFTPLUS: 2,
    Activation.EXP: 2,
    Activation.SILU: 4,
    Activation.GELU: 4,
}

# Below, GELU is a tail like exp(-z**2 / 2): rounding its exponent, which is large, changes all
# digits in the end. The error there is counted in ULP of its value here.
TAIL_OF_GELU = -1.0


def exact(activation, x):
    """The function in twice the precision or so, in the form that loses nothing for negative x."""
    x = x.astype(np.float64 if x.dtype == np.float32 else np.longdouble)
    with np.errstate(over="ignore", under="ignore"):
        if activation == Activation.TANH:
            return np.tanh(x)
        if activation == Activation.ELU:
            return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
        if activation == Activation.SOFTPLUS:
            return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
        if activation == Activation.EXP:
            return np.exp(x)
        if activation == Activation.SIGMOID:
            return _sigmoid(x)
        gate = _sigmoid(x if activation == Activation.SILU else _inside_gelu(x))
        return np.maximum(x, -1000) * gate  # minus infinity times 0 is not a number


def _sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x > 0, 1 / (1 + e), e / (1 + e))


def _inside_gelu(x):
    """2 sqrt(2 / pi) (x + 0.044715 x**3), of numbers whose cube is finite: past 100 all is over."""
    x, real = x.clip(-100, 100), x.dtype.type
    return 2 * np.sqrt(2 / (4 * np.arctan(real(1)))) * (x + real(44_715) / 1_000_000 * x**3)


def ulps(got, correct):
    """Distance between `got` and the nearest float to `correct`, in steps from float to float."""
    bits = np.dtype(f"i{got.dtype.itemsize}")
    with np.errstate(over="ignore"):  # what is past the largest number is infinity
        nearest = correct.astype(got.dtype)
    as_steps = [np.abs(a).view(bits).astype(np.int64) for a in (got, nearest)]
    flipped = (np.signbit(got) != np.signbit(nearest)) & (as_steps[0] + as_steps[1] > 0)
    return np.where(flipped, np.iinfo(np.int64).max, np.abs(as_steps[0] - as_steps[1]))


def largest_error(activation, x):
    """Return the largest error over the numbers of x, and where it is."""
    x = x[~np.isnan(x)]
    got = x.copy()
    kernels.activate(activation, got[:, None])
    correct = exact(activation, x)
    errors = ulps(got, correct)
    if activation == Activation.GELU:
        tail = x < TAIL_OF_GELU
        unit = np.spacing(x.dtype.type(0.158))  # its value there
        errors[tail] = np.rint(np.abs(got[tail] - correct[tail]) / unit)
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
    everywhere = np.concatenate(
        [
            random.normal(size=size) * scales,
            random.normal(size=size) * 3,
            random.uniform(-40, 0, size),  # until exp of it is no more than rounding
        ]
    )
    if activation in (Activation.TANH, Activation.ELU):
        return everywhere
    return np.maximum(everywhere, -708.0)


def main():
    """Print the largest errors."""
    from rich.progress import track  # asv, which imports all modules here, has no rich

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step", type=int, default=1, help="try every STEP-th float32")
    step = parser.parse_args().step
    for activation in MOST_ULPS:
        chunks = -(-(1 << 32) // (CHUNK * step))
        patterns = track(float32_bit_patterns(step), activation.name.lower(), total=chunks)
        worst = max(largest_error(activation, x) for x in patterns)
        print(f"{activation.name.lower()} float32: {worst[0]} ULP at {worst[1]!r}", flush=True)
        worst = max(
            largest_error(activation, random_float64(activation, 1_000_000, seed))
            for seed in range(4)
        )
        print(f"{activation.name.lower()} float64: {worst[0]} ULP at {worst[1]!r}", flush=True)


if __name__ == "__main__":
    main()
