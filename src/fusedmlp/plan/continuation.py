"""What a trained network keeps so that its run can go on as if it had never stopped."""

from typing import Any, NamedTuple

from numpy.typing import NDArray


class Progress(NamedTuple):
    """How far a run got, as numbers.

    The last four are early stopping's, and those of the adaptive learning rate. They are as at the
    beginning if that has ended the run: then it begins anew.
    """

    seed: int  # of the order of rows, masks and draws
    rows: int  # of the training data
    position: int  # rows visited, over all epochs, of batches that made their update
    steps: int  # made in all
    steps_before: int  # of these, before the first epoch of this count
    learning_rate_factor: float
    error: float | None  # of the record of an epoch that is not over
    loss: float | None  # None: parts of a batch that made no update are in it
    best_loss: float | None  # None: infinity
    loss_to_beat: float | None
    best_epoch: int
    without_progress: int

    @property
    def epochs(self) -> int:
        """The epochs that are over."""
        return self.position // self.rows


class Continuation(NamedTuple):
    """The progress of a run, and its arrays.

    The arrays are fields of `State`: velocity and squares, which are the optimiser's; with
    track_directions last_direction; with AW-SGD sampler_tree and sampler_mean. Where the best
    weights were restored, params and running_stats are the last ones; validation_rows are the rows
    that were held out.
    """

    progress: Progress
    arrays: dict[str, NDArray[Any]]
