"""The network of the eleven lines of Python, in NumPy and in fusedmlp.

Both train for the same 60,000 epochs from the same weights, taking turns, and must end with the
same error. The ratio is the median of the rounds' own ratios::

    python -m benchmarks.seeds
"""

import argparse
from functools import partial

import numpy as np
from numpy.testing import assert_allclose
from numpy.typing import NDArray

import fusedmlp
from benchmarks.common import one_thread, take_turns, where_measured

EPOCHS = 60_000
HIDDEN = (4, 32)
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0, 1, 1, 0]]).T


def eleven_lines(hidden: int, epochs: int, seed: int = 1) -> NDArray[np.float64]:
    """Return the outputs after the training of "A Neural Network in 11 lines" (Trask, 2015).

    The lines are the author's own, but for the epochs, the seed, and the number of hidden units,
    which is his in his second part. After the last update, the outputs are computed once more.
    """
    np.random.seed(seed)
    syn0 = 2 * np.random.random((3, hidden)) - 1
    syn1 = 2 * np.random.random((hidden, 1)) - 1
    for _ in range(epochs):
        l1 = 1 / (1 + np.exp(-(np.dot(X, syn0))))
        l2 = 1 / (1 + np.exp(-(np.dot(l1, syn1))))
        l2_delta = (y - l2) * (l2 * (1 - l2))
        l1_delta = l2_delta.dot(syn1.T) * (l1 * (1 - l1))
        syn1 += l1.T.dot(l2_delta)
        syn0 += X.T.dot(l1_delta)
    l1 = 1 / (1 + np.exp(-(np.dot(X, syn0))))
    return 1 / (1 + np.exp(-(np.dot(l1, syn1))))


def one_call(hidden: int, epochs: int) -> fusedmlp.Trained:
    """Train the same network with fusedmlp; the checks of the arguments are part of it."""
    return fusedmlp.train(X, y, hidden=hidden, epochs=epochs, random_state=1)


def same_error(hidden: int, epochs: int) -> float:
    """Return the mean absolute error after training, which must be the same on both sides."""
    by_numpy = np.abs(y - eleven_lines(hidden, epochs)).mean()
    by_fusedmlp = np.abs(y - one_call(hidden, epochs).predict(X)).mean()
    assert_allclose(by_fusedmlp, by_numpy, rtol=1e-9)
    return float(by_fusedmlp)


def main() -> None:
    """Print the table."""
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often both train")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="fewer for a quick look")
    arguments = parser.parse_args()
    rounds, epochs = arguments.rounds, arguments.epochs
    print("| network | NumPy, µs an epoch | fusedmlp, µs an epoch | ratio | error of both |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for hidden in HIDDEN:
        error = same_error(hidden, epochs)
        calls = [partial(call, hidden, epochs) for call in (eleven_lines, one_call)]
        seconds = take_turns(calls, rounds)
        ratio = np.median(seconds[:, 0] / seconds[:, 1])
        by_numpy, by_fusedmlp = np.median(seconds, axis=0) / epochs * 1e6
        print(
            f"| 3-{hidden}-1 | {by_numpy:.2f} | {by_fusedmlp:.3f} | {ratio:.1f} | {error:.8f} |",
            flush=True,
        )
    print(f"\n{where_measured()}; medians of {rounds} rounds of {epochs:,} epochs.")


if __name__ == "__main__":
    main()
