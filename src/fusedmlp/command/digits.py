"""`fusedmlp` alone: handwritten digits, by the kernels and by their NumPy twins."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import fusedmlp
from fusedmlp.command.info import where_kept
from fusedmlp.command.progress import Show, progress
from fusedmlp.command.say import say

EPOCHS = 60
OPTIONS: dict[str, Any] = {
    "activation": "relu",
    "output_activation": "softmax",
    "loss": "log_loss",
    "bias": True,
    "init": "glorot",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "batch_size": 32,
    "reduction": "mean",
    "dtype": "float32",
    "random_state": 0,
}
HIDDEN = (100,)
WARM_UP_ROWS = 64


def learn_digits(command: str) -> None:
    """Train on scikit-learn's digits with the kernels and with their NumPy twins; compare both."""
    console = Console()
    seconds, right = {}, {}
    with progress(quiet=False) as show:
        show("Loading scikit-learn's digits")
        X, X_held_out, y, y_held_out = _digits()
        rows = len(X) + len(X_held_out)
        say(console, f"Learning to read {rows:,} handwritten digits of 8 by 8 grey points.")
        _warm_up(console, show, X, y)
        for backend, name in (("kernels", "compiled"), ("reference", "by the NumPy twin")):
            show(f"Training, {name}")
            begun = time.perf_counter()
            run = fusedmlp.train(X, y, HIDDEN, epochs=EPOCHS, **OPTIONS | {"backend": backend})
            seconds[backend] = time.perf_counter() - begun
            right[backend] = float(np.mean(run.predict(X_held_out).argmax(axis=1) == y_held_out))
    table = Table("", "compiled", "NumPy twin")
    table.add_row("seconds", *(f"{took:.3f}" for took in seconds.values()))
    table.add_row("epochs per second", *(f"{EPOCHS / took:,.0f}" for took in seconds.values()))
    table.add_row("accuracy on held-out rows", *(f"{share:.1%}" for share in right.values()))
    console.print(table)
    ratio = seconds["reference"] / seconds["kernels"]
    say(
        console,
        f"In {EPOCHS} epochs over {len(X):,} digits, a 64-100-10 network learnt to name "
        f"{right['kernels']:.1%} of {len(X_held_out)} others rightly; its NumPy twin took "
        f"{ratio:.1f} times as long.",
    )
    say(console, f"Next, your own table: {command} train table.csv --target COLUMN")


def _digits() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return inputs of training rows and rows held out, one-hot targets, and labels held out."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, digits = load_digits(return_X_y=True)
    X, X_held_out, y, y_held_out = train_test_split(
        images / 16, digits, test_size=0.25, stratify=digits, random_state=0
    )
    return X, X_held_out, np.eye(10)[y], y_held_out


def _warm_up(console: Console, show: Show, X: NDArray[Any], y: NDArray[Any]) -> None:
    """Compile the kernels, or load them from the disk, and print how long it took."""
    begun = time.perf_counter()
    show("Getting the kernels ready; a new machine compiles them, in ten seconds or so")
    X, y = X[:WARM_UP_ROWS], y[:WARM_UP_ROWS]
    fusedmlp.train(X, y, HIDDEN, epochs=3, **OPTIONS).predict(X)
    say(console, f"Kernels ready in {time.perf_counter() - begun:.1f} s; {where_kept()}")
