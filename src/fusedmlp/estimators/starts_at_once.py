"""Training several networks at once, each in a job of joblib's."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import config_context, get_config

from fusedmlp.estimators.held_out import GivenRows, score_on
from fusedmlp.estimators.network import NonFiniteWeightsError
from fusedmlp.estimators.progress import starts_shown
from fusedmlp.training.calls_in_jobs import results_in_jobs
from fusedmlp.training.shared_stop import SharedStop


@dataclass
class Task:
    """What all starts are given.

    Attributes
    ----------
    own_class : type
        The estimator's class that is ours: the estimator may be of a subclass.
    data : tuple (X, y, sample_weight)
    validation : tuple (X_val, y_val, sample_weight_val), or None
    verbose : bool
        Whether to print the score of each.
    stop : SharedStop
    configuration : dict
        scikit-learn's, of which each thread has its own.
    """

    own_class: Any
    data: tuple[Any, ...]
    validation: GivenRows | None
    verbose: bool
    stop: SharedStop
    configuration: dict[str, Any]


class Start:
    """One of the networks, which may be trained in another thread or process.

    Attributes
    ----------
    model : estimator
        With n_starts=1.
    number : int
        Its place among the starts.
    score : float
        How good it is, higher is better: -inf until it is trained.
    error : NonFiniteWeightsError or None
    """

    def __init__(self, model: Any, number: int) -> None:
        self.model, self.number = model, number
        self.score = -np.inf
        self.error: NonFiniteWeightsError | None = None

    @property
    def is_trained(self) -> bool:
        """Whether there is a network of finite weights: Ctrl-C may have come before."""
        return self.error is None and hasattr(self.model, "loss_")

    def train(self, task: Task) -> "Start":
        """Train and score the network, unless all are to stop; return this."""
        with task.stop, config_context(**task.configuration):
            if not task.stop.asked:
                self._train(task)
                if task.verbose and self.is_trained:
                    print(f"Start {self.number}, score = {self.score:.8f}")
        return self

    def _train(self, task: Task) -> None:
        X_val, y_val, weights_val = task.validation or (None, None, None)
        self.model._shared_stop = task.stop
        try:
            # A subclass's own `fit` has been called, and has called this.
            fit = task.own_class.fit
            fit(self.model, *task.data, X_val=X_val, y_val=y_val, sample_weight_val=weights_val)
            self.score = score_of(self.model, task.validation)
        except NonFiniteWeightsError as error:
            self.error = error
        except KeyboardInterrupt:  # where a run has nothing to keep
            task.stop.ask()
        finally:
            del self.model._shared_stop


def score_of(model: Any, validation: GivenRows | None) -> float:
    """Return how good a fitted network is: higher is better, and -inf what is not a number."""
    if model.early_stopping and model.solver != "lbfgs":
        score = model.best_validation_score_
    elif validation is not None:
        score = score_on(model, validation)
    else:
        score = -getattr(model, "loss_", np.inf)  # Ctrl-C came before the first epoch was over
    return -np.inf if np.isnan(score) else float(score)


def train_starts(
    models: list[Any],
    own_class: Any,
    jobs: int,
    data: tuple[Any, ...],
    validation: GivenRows | None,
    verbose: bool,
    progress: bool,
) -> tuple[list[Start], bool]:
    """Train the unfitted estimators; return the starts, and whether Ctrl-C ended them.

    After Ctrl-C they are as they are then: some trained for fewer epochs, some not at all.
    """
    starts = [Start(model, number) for number, model in enumerate(models)]
    task = Task(own_class, data, validation, verbose, SharedStop(), get_config())
    arguments = ((start, task) for start in starts)
    try:
        with (
            starts_shown(len(starts), progress) as show,
            closing(
                results_in_jobs(Start.train, arguments, len(starts), jobs, task.stop)
            ) as results,
        ):
            for start in results:  # another process has trained a copy
                starts[start.number] = start
                show(start.score)
    except KeyboardInterrupt:
        task.stop.ask()
    return starts, task.stop.asked
