"""The bar that an estimator's `fit` shows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fusedmlp.training.display import Shown, displayed, require_rich


@contextmanager
def epochs_shown(model: Any, wanted: bool) -> Iterator[Callable[[], None]]:
    """Yield a function that shows a model's epochs, or does nothing if it has no progress bar."""
    if not wanted:
        yield lambda: None
        return
    shown = Shown(model.max_iter, "epoch {:,} of {:,}")

    def show() -> None:
        shown.done = model.n_iter_
        if model.n_iter_:
            shown.now = f"loss {model.loss_:.4g}"
        if model.early_stopping and model.validation_scores_:
            shown.now += f"  validation score {model.validation_scores_[-1]:.4g}"

    with displayed(shown):
        yield show


@contextmanager
def evaluations_shown(model: Any) -> Iterator[Callable[[float], None]]:
    """Yield a function that shows one more loss of 'lbfgs', whose evaluations are max_fun at most.

    A line search takes one or more of them for each iteration.
    """
    if not model.progress:
        yield lambda _: None
        return
    shown = Shown(model.max_fun, "evaluation {:,} of at most {:,}")

    def show(loss: float) -> None:
        shown.done += 1
        shown.now = f"loss {loss:.4g}"

    with displayed(shown):
        yield show


@contextmanager
def starts_shown(starts: int, wanted: bool) -> Iterator[Callable[[float], None]]:
    """Yield a function that shows one more start with its score, or does nothing."""
    if not wanted:
        yield lambda _: None
        return
    shown, best = Shown(starts, "start {:,} of {:,}"), -float("inf")

    def show(score: float) -> None:
        nonlocal best
        best = max(best, score)
        shown.done += 1
        shown.now = f"best score {best:.4g}"

    with displayed(shown):
        yield show


def require_bar(model: Any) -> None:
    """Raise ImportError if a progress bar is wanted and what draws it is missing."""
    if model.progress:
        require_rich()
