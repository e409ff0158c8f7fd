"""An estimator's parameters: one flat vector, of which coefs_ and intercepts_ are views."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.estimators.settings import network_options
from fusedmlp.options.kept import FixedOptions
from fusedmlp.options.table import checked_options
from fusedmlp.plan.parameters import aligned_zeros, layer_offsets
from fusedmlp.trained import Trained


class NonFiniteWeightsError(ValueError):
    """Training has left weights that are infinite or not numbers."""


class Network:
    """A network whose parameters an estimator's training changes in place.

    Attributes
    ----------
    trained : Trained
        The same network, which shares the memory: for predictions.
    coefs, intercepts : list of ndarray
        Views of the parameters, one for each layer.
    """

    def __init__(self, model: Any, coefs: Sequence[Array], intercepts: Sequence[Array]) -> None:
        dtype = coefs[0].dtype if coefs[0].dtype == np.float32 else np.dtype(np.float64)
        sizes = (coefs[0].shape[0], *(layer.shape[1] for layer in coefs))
        options = {"hidden": sizes[1:-1], **checked_options(network_options(model, dtype))}
        hidden = sum(sizes[1:-1]) if model.batch_norm else 0
        _, _, end = layer_offsets(sizes, bias=True)
        params = fixed_view(aligned_zeros(end + hidden, dtype))
        params[end:] = 1  # batch normalisation's scales
        stats = np.repeat(np.array([0, 1], dtype), hidden)
        self.trained = Trained(
            history={},
            direction_changes=None,
            options=FixedOptions(options),
            epochs=0,
            stopped="",
            _sizes=sizes,
            _params=params,
            _running_stats=fixed_view(stats) if hidden else stats,
        )
        self.coefs, self.intercepts = self.trained.weights, self.trained.biases
        self._in_float64: Trained | None = None
        self._settings = _settings_of(model)
        self.copy_from(coefs, intercepts)

    @property
    def params(self) -> Array:
        """The flat vector of all parameters."""
        return self.trained._params

    @property
    def running_stats(self) -> Array:
        """Batch normalisation's running means and variances; empty without it."""
        return self.trained._running_stats

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of the input and of each layer."""
        return self.trained._sizes

    def in_float64(self) -> Trained:
        """Return a network for predictions in float64, with the parameters of this moment."""
        if self._in_float64 is None:
            double = np.dtype(np.float64)
            self._in_float64 = replace(
                self.trained,
                options=FixedOptions(self.trained.options | {"dtype": double.name}),
                _params=self.params.astype(double),
                _running_stats=self.running_stats.astype(double),
            )
        self._in_float64._params[:] = self.params
        self._in_float64._running_stats[:] = self.running_stats
        return self._in_float64

    def copy_from(self, coefs: Sequence[Array], intercepts: Sequence[Array]) -> None:
        """Set the parameters to others, which may be these views."""
        own = [*self.coefs, *self.intercepts]
        for mine, layer in zip(own, [*coefs, *intercepts], strict=True):
            if mine is not layer:
                mine[...] = layer

    def require_finite(self) -> None:
        """Raise an error, with scikit-learn's words, unless all parameters are finite."""
        if not np.isfinite(self.params).all():
            raise NonFiniteWeightsError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed."
            )

    def is_of(self, model: Any) -> bool:
        """Whether the estimator's layers are these views."""
        mine, theirs = self.coefs + self.intercepts, [*model.coefs_, *model.intercepts_]
        return all(a is b for a, b in zip(mine, theirs, strict=True))

    def fits(self, model: Any) -> bool:
        """Whether the estimator's layers have the shapes and the dtype of this network.

        And its parameters are those of this network: `set_params` may have changed them.
        """
        if self._settings != _settings_of(model):
            return False
        mine, theirs = self.coefs + self.intercepts, [*model.coefs_, *model.intercepts_]
        return len(mine) == len(theirs) and all(
            a is b or (a.shape == np.shape(b) and a.dtype == getattr(b, "dtype", None))
            for a, b in zip(mine, theirs, strict=True)
        )


def network_of(model: Any) -> Network:
    """Return the network of an estimator, whose coefs_ and intercepts_ are its views from here on.

    Whoever has put other arrays in their place finds them used.
    """
    network: Network | None = getattr(model, "_network", None)
    if network is not None and network.fits(model):
        if not network.is_of(model):
            network.copy_from(model.coefs_, model.intercepts_)
            _link(model, network)
        return network
    coefs = [np.asarray(layer) for layer in model.coefs_]
    before = network
    network = Network(model, coefs, [np.asarray(layer) for layer in model.intercepts_])
    if before is not None and before.sizes == network.sizes:
        _keep_batch_norm(before, network)
    _link(model, network)
    return network


def _settings_of(model: Any) -> tuple[Any, ...]:
    """Return the parameters of an estimator that its predictions depend on."""
    activation = model.activation
    if not isinstance(activation, str):
        activation = tuple(activation)  # a list may change
    return activation, model.out_activation_, model.batch_norm, model.threads, model.backend


def _keep_batch_norm(before: Network, network: Network) -> None:
    """Give batch normalisation the parameters that it had, if it was used before."""
    _, _, end = layer_offsets(network.sizes, bias=True)
    if before.params.size == network.params.size:
        network.params[end:], network.running_stats[:] = before.params[end:], before.running_stats


def _link(model: Any, network: Network) -> None:
    model._network = network
    model.coefs_, model.intercepts_ = list(network.coefs), list(network.intercepts)
