"""What both estimators share: scikit-learn's checks and attributes around our training."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split
from sklearn.neural_network._multilayer_perceptron import BaseMultilayerPerceptron
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fusedmlp.backends import predictor_of
from fusedmlp.checks.arrays import Array
from fusedmlp.estimators.callbacks import CallbackSupportMixin
from fusedmlp.estimators.epochs import EpochLoop
from fusedmlp.estimators.held_out import GivenRows, HeldOut
from fusedmlp.estimators.lbfgs import LossAndGradient, require_no_masks
from fusedmlp.estimators.network import Network, network_of
from fusedmlp.estimators.outputs import dense, outputs_of
from fusedmlp.estimators.progress import evaluations_shown, require_bar
from fusedmlp.estimators.quick_step import PartialFits, settings_of
from fusedmlp.estimators.settings import (
    ACTIVATIONS,
    clipped_batch_size,
    hidden_sizes,
    kernel_array,
)
from fusedmlp.estimators.several_starts import forget_starts, mean_of, members_of
from fusedmlp.plan.threads import MOST_THREADS
from fusedmlp.training.data import Dataset

Numbers = NDArray[Any]
NOT_PICKLED = ("_network", "_loss_and_gradient", "_partial_fits", "_shared_stop", "_show_loss")

THEIRS = BaseMultilayerPerceptron._parameter_constraints
SHARE = [Interval(Real, 0, 0.999, closed="both")]
CONSTRAINTS: dict[str, Any] = {
    "activation": [StrOptions(set(ACTIVATIONS)), list, tuple],
    "dropout": SHARE,
    "dropconnect": SHARE,
    "batch_norm": ["boolean"],
    "l1": THEIRS["alpha"],
    "clip_norm": [*THEIRS["learning_rate_init"], None],
    "scoring": [str, callable, None],
    "callback": [callable, None],
    "progress": ["boolean"],
    "threads": [Interval(Integral, 1, MOST_THREADS, closed="both"), None],
    "backend": [StrOptions({"kernels", "reference"})],
    "n_starts": [Interval(Integral, 1, None, closed="left")],
    "combine": [StrOptions({"best", "average"})],
}


class FusedMLP(CallbackSupportMixin, BaseMultilayerPerceptron):  # type: ignore[misc]
    """The training and the predictions of both estimators."""

    coefs_: list[Array]
    intercepts_: list[Array]
    warm_start: bool
    _network: Network | None
    _loss_and_gradient: LossAndGradient | None
    _show_loss: Callable[[float], None] | None = None
    _param_names: ClassVar[list[str]]

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """Return the constructor's parameters, which scikit-learn reads from it in each call."""
        if "_param_names" not in vars(cls):
            cls._param_names = super()._get_param_names()
        return list(cls._param_names)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        incremental: bool = False,
        validation: GivenRows | None = None,
    ) -> "FusedMLP":
        """Train one network, as scikit-learn's method of this name does."""
        if "start_scores_" in vars(self):
            forget_starts(self)
        sizes = hidden_sizes(self.hidden_layer_sizes)
        require_bar(self)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        first_pass = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, y = self._validate_input(X, y, incremental, reset=first_pass)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        X, y = dense(X), y.reshape(len(y), -1)
        self.n_outputs_ = y.shape[1]
        self._random_state = check_random_state(self.random_state)
        if first_pass:
            self._network = None
            self._initialize(y, [X.shape[1], *sizes, self.n_outputs_], X.dtype)
        held_out = None if validation is None else self._validated(*validation)
        self._train(X, y, sample_weight, incremental, held_out)
        network_of(self).require_finite()
        return self

    def _initialize(self, y: Numbers, layer_units: list[int], dtype: Any) -> None:
        """Draw the first parameters and set the attributes, as scikit-learn does."""
        super()._initialize(y, layer_units, dtype)
        self.validation_loss_curve_: list[float] = []
        self._best_coefs = self._best_intercepts = None  # scikit-learn's copies of the first

    def _train(
        self, X: Array, y: Numbers, weights: Any, incremental: bool, validation: Any
    ) -> None:
        """Train on checked data; y (rows, outputs) as _validate_input gives it."""
        if self.solver == "lbfgs":
            require_no_masks(self)
            self._fit_lbfgs(X, y, weights, None, None, None, None, self._layer_units(X))
            self._network = None
            self.coefs_ = [layer.astype(X.dtype) for layer in self.coefs_]
            self.intercepts_ = [layer.astype(X.dtype) for layer in self.intercepts_]
            network_of(self)
            return
        if self.early_stopping and validation is None:
            X, y, weights, validation = self._split(X, y, weights)
        if (self.dropout or self.dropconnect) and not (incremental and hasattr(self, "_mask_seed")):
            self._mask_seed = int(self._random_state.randint(2**31 - 1))
        batch_size = clipped_batch_size(self, len(X))
        network = network_of(self)
        data = self._dataset(X, y, weights, network)
        held_out = None
        if validation is not None:
            others, targets, their_weights, labels = validation
            held_out = HeldOut(self._dataset(others, targets, their_weights, network), labels)
        loop = EpochLoop(self, network, data, held_out, batch_size, incremental)
        self._partial_fits = None
        if incremental and weights is None:
            self._partial_fits = PartialFits(loop, network, data.X.shape, settings_of(self))
        loop.run()
        loop.release()

    def _layer_units(self, X: Array) -> list[int]:
        return [X.shape[1], *hidden_sizes(self.hidden_layer_sizes), int(self.n_outputs_)]

    def _dataset(self, X: Array, y: Numbers, weights: Any, network: Network) -> Dataset:
        dtype = network.params.dtype
        row_weights = None if weights is None else kernel_array(weights, dtype)
        return Dataset(kernel_array(X, dtype), kernel_array(y, dtype), row_weights)

    def _split(self, X: Array, y: Numbers, weights: Any) -> tuple[Any, Any, Any, Any]:
        """Return the rows to train on, and those that early stopping holds out."""
        stratify = y if is_classifier(self) and self.n_outputs_ == 1 else None
        arrays = (X, y) if weights is None else (X, y, weights)
        parts = train_test_split(
            *arrays,
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=stratify,
        )
        if len(parts[1]) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' "
                "or the size of your dataset."
            )
        training, held_out = parts[::2], [*parts[1::2], None][:3]
        labels = held_out[1]
        if is_classifier(self):
            labels = self._label_binarizer.inverse_transform(labels)
        elif self.n_outputs_ == 1:
            labels = labels[:, 0]  # as the caller has them, for a scorer of the caller's
        weights = None if len(training) == 2 else training[2]
        return training[0], training[1], weights, (*held_out, labels)

    def _validated(self, X: Any, y: Any, weights: Any) -> tuple[Any, Any, Any, Any]:
        """Check a validation set that the caller gives, and return it with its labels."""
        labels, warm_start = y, self.warm_start
        try:
            self.warm_start = False  # with it, y would have to have every class
            X, y = self._validate_input(X, y, True, reset=False)
        finally:
            self.warm_start = warm_start
        if weights is not None:
            weights = _check_sample_weight(weights, X)
        y = y.reshape(len(y), -1)
        if y.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y_val must have outputs as y has, {self.n_outputs_}, got {y.shape[1]}"
            )
        return dense(X), y, weights, labels

    def _loss_grad_lbfgs(
        self,
        packed_coef_inter: Numbers,
        X: Any,
        y: Any,
        sample_weight: Any,
        activations: Any,
        deltas: Any,
        coef_grads: Any,
        intercept_grads: Any,
    ) -> tuple[float, Numbers]:
        """Return loss and gradient at the parameters, which scikit-learn's L-BFGS asks for."""
        del activations, deltas, coef_grads, intercept_grads
        function = getattr(self, "_loss_and_gradient", None)
        if function is None or not function.is_of(X, y, sample_weight):
            function = LossAndGradient(self, X, y, sample_weight)
            self._loss_and_gradient = function
        loss, gradient = function(packed_coef_inter)
        if self._show_loss is not None:
            self._show_loss(loss)
        return loss, gradient

    def _fit_lbfgs(self, *arguments: Any) -> None:
        try:
            with evaluations_shown(self) as self._show_loss:
                super()._fit_lbfgs(*arguments)
        finally:
            self._loss_and_gradient = None  # which holds the data
            self._show_loss = None

    # Predictions

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Array:
        """Return the outputs (rows, outputs) for checked inputs."""
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        members = members_of(self)
        if members is not None:
            return mean_of(member._forward_pass_fast(X, False) for member in members)
        network = network_of(self)
        # As in scikit-learn, rows in float64 are predicted in float64, whatever the weights are.
        wider = network.params.dtype == np.float32 and X.dtype != np.float32
        trained = network.in_float64() if wider else network.trained
        return outputs_of(trained, X)

    def predictor(self) -> Callable[[Array], Array]:
        """Return the bare prediction, for many calls with few rows each.

        Returns
        -------
        function of X (rows, n_features)
            X must be a C-ordered array of finite numbers of the fitted dtype: little is checked.
            The result is that of `predict_proba` for a classifier, of `predict` for a regressor.
            It goes on with the parameters as they are at this moment. Of several starts with
            combine="average" it is the mean, too.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        members = members_of(self)
        if members is not None:
            functions = [member.predictor() for member in members]
            return lambda X: mean_of(function(X) for function in functions)
        trained = network_of(self).trained
        params, n_out = trained._params_without_batch_norm().copy(), int(self.n_outputs_)
        predict = predictor_of(self.backend, trained._plan_for(1)._replace(threads=1))
        binary = is_classifier(self) and n_out == 1
        flat = not is_classifier(self) and n_out == 1

        def outputs_of(X: Array) -> Array:
            outputs = np.empty((len(X), n_out), params.dtype)
            predict(params, X, outputs)
            if binary:
                both = np.empty((len(X), 2), params.dtype)
                both[:, 1:] = outputs
                np.subtract(1, outputs, out=both[:, :1])
                return both
            return outputs[:, 0] if flat else outputs

        return outputs_of

    # Pickles and copies

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())  # a copy: it is the attributes
        network: Network | None = state.get("_network")
        if network is not None and self.batch_norm:
            state["_batch_norm_state"] = (network.params.copy(), network.running_stats.copy())
        return {name: value for name, value in state.items() if name not in NOT_PICKLED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        kept = state.pop("_batch_norm_state", None)
        super().__setstate__(state)
        if kept is not None:
            network = network_of(self)
            network.params[:], network.running_stats[:] = kept
