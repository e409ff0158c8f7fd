"""scikit-learn's callbacks (`set_callbacks`, experimental since its 1.9), told of each epoch."""

from contextlib import suppress
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin
except ImportError:  # an experiment may end

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for scikit-learn's where it has none: there are no callbacks then."""


# What an estimator needs to predict, for callbacks that look at it in the middle of a run.
FITTED = (
    "coefs_", "intercepts_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_",
    "feature_names_in_", "classes_", "_label_binarizer", "loss_", "n_iter_", "t_",
)  # fmt: skip


def has_callbacks(model: Any) -> bool:
    """Whether an estimator's callbacks, or those of what holds it, are to be told."""
    return hasattr(model, "_skl_callbacks") and hasattr(model, "_init_callback_context")


class Callbacks:
    """The callbacks of an estimator in a run of at most max_iter epochs.

    Parameters
    ----------
    model : estimator
    X, y, sample_weight : ndarray
        The training data, as the kernels have them.
    """

    def __init__(self, model: Any, X: Any, y: Any, sample_weight: Any) -> None:
        self._model = model
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"X": X, "y": y, "metadata": metadata}
        self._run = model._init_callback_context(max_subtasks=model.max_iter)
        self._run.call_on_fit_task_begin(estimator=model, **self._given)

    def begin_epoch(self) -> None:
        """Tell that an epoch begins."""
        self._epoch = self._run.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._model, **self._given)

    def end_epoch(self) -> bool:
        """Tell that it is over; return whether a callback stops the run."""
        return bool(self._end(self._epoch))

    def end_run(self) -> None:
        """Tell that the run is over."""
        self._end(self._run)

    def _end(self, task: Any) -> Any:
        fitted = {}
        for name in FITTED:
            with suppress(AttributeError):
                fitted[name] = getattr(self._model, name)
        for name in ("coefs_", "intercepts_"):  # which training goes on to change
            fitted[name] = [layer.copy() for layer in fitted[name]]
        return task.call_on_fit_task_end(
            estimator=self._model, reconstruction_attributes=fitted, **self._given
        )
