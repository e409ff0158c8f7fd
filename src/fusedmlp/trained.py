"""The class `Trained`: a network, with the history of its training."""

from dataclasses import dataclass, field
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fusedmlp.backends import implementation, predictor_of
from fusedmlp.checks.arrays import Array, checked_inputs
from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.checks.frames import Names, column_names, require_names
from fusedmlp.network_file.network import write_network
from fusedmlp.network_file.progress import PREFIX
from fusedmlp.notebook import last_loss, page_of_run, short_sizes
from fusedmlp.options.kept import FixedOptions
from fusedmlp.plan.backoff import TEAMS
from fusedmlp.plan.blocking import prediction_slices
from fusedmlp.plan.codes import VARIANCE_EPSILON
from fusedmlp.plan.continuation import Continuation
from fusedmlp.plan.idle_cores import seem_free
from fusedmlp.plan.parameters import aligned, as_matrices, layer_offsets
from fusedmlp.plan.plan import Plan, make_prediction_plan, without_last_activation
from fusedmlp.plan.threads import MIN_PARALLEL_FLOPS, most_threads


class BatchNorm(NamedTuple):
    """The scales, shifts and running statistics of a hidden layer, each (units,)."""

    scales: Array
    shifts: Array
    means: Array
    variances: Array


# What only speeds up later predictions, and is not in a pickle.
NOT_KEPT = ("_plans", "_predictors")


@dataclass(frozen=True, eq=False, repr=False)
class Trained:
    """A trained network, made by `fusedmlp.train` or `fusedmlp.load`.

    Attributes
    ----------
    weights : list of ndarray, each (n_in, n_out)
        One array for each layer, in the run's dtype: views; `predict` uses what is
        written into them.
    biases : list of ndarray, each (n_out,)
        One array for each layer: views; read-only zeros if the network has no biases.
    batch_norm : list of BatchNorm, or None
        With ``batch_norm``: scales, shifts, means and variances of each hidden layer.
    history : dict of ndarray
        One entry for each recorded epoch: ``epoch`` counts from 0; ``error`` is the mean of
        ``|output - target|`` over rows and outputs; ``loss`` is the mean over the rows, without
        penalties. Means are weighted by ``sample_weight``, and each batch is measured before its
        own update. With ``validation``, ``validation_loss`` is measured after the epoch.
    direction_changes : list of ndarray of int, each (n_in, n_out), or None
        With ``track_directions``: how often each weight's update changed direction.
    options : mapping
        The value of every option of the run, and ``hidden``; it cannot be changed. Data, functions
        and other networks are not kept: in place of ``sample_weight``, a pair ``validation``,
        ``callback``, ``warm_start``, arrays as ``init``, a RandomState and a Generator stands
        ``"given, not kept"``, which `fusedmlp.train` refuses.
    epochs : int
        Epochs that were run, without those of a run that was resumed (``warm_start``): from these,
        ``history["epoch"]`` counts on.
    stopped : str
        Why training ended.
    feature_names : tuple of str, or None
        The names of the columns of X, if that was a data frame whose names are all text. `predict`
        refuses a data frame with other names, or with these in another order.

    Examples
    --------
    >>> import fusedmlp
    >>> X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
    >>> run = fusedmlp.train(X, y, hidden=4, epochs=60_000, random_state=1)
    >>> run.history["error"].round(8).tolist()
    [0.49641003, 0.00858453, 0.00578946, 0.00462918, 0.00395877, 0.00351012]
    >>> run.predict(X).round(2).ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    history: dict[str, NDArray[Any]]
    direction_changes: list[NDArray[np.int64]] | None
    options: FixedOptions  # a prediction is compiled code that trusts its numbers
    epochs: int
    stopped: str
    _sizes: tuple[int, ...]
    _params: Array
    _running_stats: Array  # hidden units' means, then variances; empty without batch_norm
    _continuation: Continuation | None = None  # of its training, to go on
    feature_names: Names | None = None
    _plans: dict[int, Plan] = field(default_factory=dict, init=False)
    _predictors: dict[tuple[int, bool], Any] = field(default_factory=dict, init=False)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in NOT_KEPT}

    def __setstate__(self, state: dict[str, Any]) -> None:
        fixed = {
            "_params": fixed_view(aligned(state["_params"])),
            "_running_stats": fixed_view(state["_running_stats"].copy()),
            "options": FixedOptions(state["options"]),  # a pickle of an earlier version has a dict
        }
        vars(self).update({**state, **fixed, **{name: {} for name in NOT_KEPT}})

    @property
    def weights(self) -> list[Array]:
        """The weights of each layer (n_in, n_out): views, which may be written to."""
        return as_matrices(self._params, self._sizes, self.options["bias"])

    @property
    def biases(self) -> list[Array]:
        """The biases of each layer (n_out,): views, or read-only zeros without bias."""
        _, offsets, _ = layer_offsets(self._sizes, self.options["bias"])
        if self.options["bias"]:
            places = zip(offsets, self._sizes[1:], strict=True)
            return [self._params[offset : offset + n_out] for offset, n_out in places]
        zeros = np.zeros(max(self._sizes), self._params.dtype)
        zeros.flags.writeable = False
        return [zeros[:n_out] for n_out in self._sizes[1:]]

    def predict(self, X: ArrayLike) -> Array:
        """Return the network's outputs.

        Parameters
        ----------
        X : array-like (rows, n_in)

        Returns
        -------
        ndarray (rows, n_out)
            In the run's dtype.

        Raises
        ------
        TypeError, ValueError
            As `fusedmlp.train` does for X, for another number of columns, and for a data frame
            whose columns are not those of training (``feature_names``), in their order.
        """
        self._require_names_of(X)
        # The compiled prediction finds inputs that are not finite while they are in the cache.
        rows = checked_inputs(X, self.options["dtype"], self._sizes[0], finite=False)
        outputs = np.empty((len(rows), self._sizes[-1]), rows.dtype)
        self._write_outputs(rows, outputs)
        if not np.isfinite(outputs).all():
            checked_inputs(X, self.options["dtype"], self._sizes[0])
        return outputs

    def _require_names_of(self, X: Any) -> None:
        """Raise ValueError if X is a data frame with other columns than in training."""
        if self.feature_names is not None:
            require_names(column_names(X), self.feature_names)

    def _write_outputs(self, rows: Array, outputs: Array, sums: bool = False) -> None:
        """Set the outputs of checked inputs; sums: to the last layer's pre-activations."""
        params = self._params_without_batch_norm()
        if self._is_small(len(rows)):
            self._predictor_for(len(rows), sums)(params, rows, outputs)
            return
        predict = implementation(self.options["backend"]).predict
        for part in prediction_slices(len(rows), params.size):
            plan = self._plan_to(len(rows[part]), sums)
            predict(plan, params, rows[part], outputs[part])

    @property
    def batch_norm(self) -> list[BatchNorm] | None:
        """The scales, shifts, means and variances of each hidden layer (units,): views, or None.

        The shifts are the layer's biases.
        """
        if not self.options["batch_norm"]:
            return None
        _, _, start = layer_offsets(self._sizes, bias=True)
        hidden = sum(self._sizes[1:-1])
        layers, begin = [], 0
        for units, shifts in zip(self._sizes[1:-1], self.biases[:-1], strict=True):
            part = slice(begin, begin + units)
            means, variances = (
                self._running_stats[:hidden][part],
                self._running_stats[hidden:][part],
            )
            layers.append(BatchNorm(self._params[start:][part], shifts, means, variances))
            begin += units
        return layers

    def _params_without_batch_norm(self) -> Array:
        """Return the parameters of an equivalent network without batch normalisation."""
        if self.batch_norm is None:
            return self._params
        _, offsets, end = layer_offsets(self._sizes, bias=True)
        params = self._params[:end].copy()
        weights = as_matrices(params, self._sizes, bias=True)
        for layer, norm in enumerate(self.batch_norm):
            factor = norm.scales / np.sqrt(norm.variances + VARIANCE_EPSILON)
            weights[layer] *= factor
            biases = slice(offsets[layer], offsets[layer] + factor.size)
            params[biases] = norm.shifts - norm.means * factor
        return params

    def _plan_for(self, rows: int) -> Plan:
        """Return the plan of a prediction.

        The last one is kept, for many calls of one row, but for the threads: the cores that this
        process may use can change.
        """
        plan = self._plans.get(rows)
        if plan is None:
            plan = make_prediction_plan(self.options, self._sizes, rows)
            self._require_params_of(plan)
            self._plans.clear()
            self._plans[rows] = plan
        if self._is_small(rows):
            return plan
        threads = most_threads(self.options["threads"])
        if self.options["threads"] is None and (TEAMS.seconds_left() or not seem_free(threads)):
            return plan
        return plan._replace(threads=threads)

    def _plan_to(self, rows: int, sums: bool) -> Plan:
        """Return the plan of a prediction of outputs, or of the last layer's pre-activations."""
        plan = self._plan_for(rows)
        return without_last_activation(plan) if sums else plan

    def _is_small(self, rows: int) -> bool:
        """Whether a prediction is too small for more than one thread."""
        return 2 * rows * self._params.size < MIN_PARALLEL_FLOPS

    def _predictor_for(self, rows: int, sums: bool) -> Any:
        """Return the function that predicts so many rows in one thread; the last one is kept."""
        predictor = self._predictors.get((rows, sums))
        if predictor is None:
            predictor = predictor_of(self.options["backend"], self._plan_to(rows, sums))
            self._predictors.clear()
            self._predictors[rows, sums] = predictor
        return predictor

    def _require_params_of(self, plan: Plan) -> None:
        """Raise ValueError unless there are the numbers that the kernels will read."""
        hidden = sum(self._sizes[1:-1]) * self.options["batch_norm"]
        wanted = plan.extras.scale_offset + hidden
        found = self._params.size, self._params.dtype.name, plan.activations.size
        if found != (wanted, self.options["dtype"], len(self._sizes) - 1):
            raise ValueError(
                f"a network must have {wanted} {self.options['dtype']} parameters and "
                f"{len(self._sizes) - 1} activations for its layers {self._sizes}, "
                f"got {found[0]} {found[1]} and {found[2]}"
            )

    def save(self, path: str | PathLike[str]) -> None:
        """Write the network to a safetensors file; see `fusedmlp.save`."""
        kept = self._continuation
        progress = None if kept is None else kept.progress
        write_network(
            path, self._tensors(), self.options, self.epochs, self.stopped, progress,
            self.feature_names,
        )  # fmt: skip

    def _tensors(self) -> dict[str, NDArray[Any]]:
        """Return all arrays by their names in a file."""
        tensors = {f"history.{name}": values for name, values in self.history.items()}
        for layer, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            tensors[f"weights.{layer}"] = weights
            if self.options["bias"]:
                tensors[f"biases.{layer}"] = biases
        for layer, norm in enumerate(self.batch_norm or []):
            tensors[f"scales.{layer}"] = norm.scales
            tensors[f"means.{layer}"], tensors[f"variances.{layer}"] = norm.means, norm.variances
        for layer, changes in enumerate(self.direction_changes or []):
            tensors[f"direction_changes.{layer}"] = changes
        if self._continuation is not None:
            tensors |= {PREFIX + name: a for name, a in self._continuation.arrays.items()}
        return tensors

    def __repr__(self) -> str:
        layers, epochs = short_sizes(self._sizes), f"{self.epochs:,} epochs"
        return f"<Trained {layers} network: {epochs}, {self.stopped}{last_loss(self.history)}>"

    def _repr_html_(self) -> str:
        return page_of_run(short_sizes(self._sizes), self.epochs, self.stopped, self.history)
