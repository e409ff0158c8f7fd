"""An estimator's parameters as options of `fusedmlp.train`, and as a plan."""

import math
import warnings
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array
from fusedmlp.estimators.optimizer_memory import OptimizerSettings
from fusedmlp.options.network import HIDDEN_ACTIVATIONS
from fusedmlp.options.table import checked_options
from fusedmlp.plan.plan import Plan, make_plan

# scikit-learn's names beside ours.
RENAMED = {"logistic": "sigmoid"}
ACTIVATIONS = ("logistic", *HIDDEN_ACTIVATIONS)

MOST_TO_WAIT = 2**40  # epochs; stands for infinity

# Losses that are a mean over the outputs as well as over the rows.
MEAN_OF_OUTPUTS = ("squared_error", "absolute_error", "huber")


def keep_parameters(model: Any, given: dict[str, Any]) -> None:
    """Set an estimator's parameters; given: the local variables of its constructor."""
    attributes = vars(model)
    attributes.update(given)
    del attributes["self"], attributes["__class__"]


def hidden_sizes(given: Any) -> list[int]:
    """Return the sizes of the hidden layers, as scikit-learn checks them."""
    sizes = list(given) if hasattr(given, "__iter__") else [given]
    if np.any(np.array(sizes) <= 0):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [index(size) for size in sizes]  # a TypeError for 5.0, as scikit-learn's


def outputs_in_mean(model: Any) -> int:
    """Return the outputs over which the loss is a mean: 1 for a sum.

    The gradient of such a loss is that of the sum over the outputs, divided by their number.
    (scikit-learn does not divide: its issue 8349.) The kernels sum over the outputs. So they
    minimise the loss times this number, penalties included, with the learning rate divided by it;
    Adam does not see the scale of a gradient, but for epsilon, which is multiplied.
    """
    return int(model.n_outputs_) if model.loss in MEAN_OF_OUTPUTS else 1


def network_options(model: Any, dtype: Any) -> dict[str, Any]:
    """Return the options that a network and its predictions depend on."""
    activation = model.activation
    if isinstance(activation, str):
        activation = RENAMED.get(activation, activation)
    else:
        activation = [RENAMED.get(name, name) for name in activation]
    return {
        "activation": activation,
        "output_activation": RENAMED.get(model.out_activation_, model.out_activation_),
        "loss": model.loss,
        "huber_delta": getattr(model, "huber_delta", 1.0),
        "bias": True,
        "batch_norm": model.batch_norm,
        "reduction": "mean",
        "threads": model.threads,
        "backend": model.backend,
        "dtype": np.dtype(dtype).name,
        "record_every": 1,
    }


def step_options(model: Any, optimizer: OptimizerSettings, weighted: bool) -> dict[str, Any]:
    """Return the options of the solvers 'sgd' and 'adam'; weighted: whether rows have weights."""
    scale = outputs_in_mean(model)
    penalised = bool(model.alpha or model.l1)
    options = {
        "optimizer": optimizer.solver,
        "l1": model.l1 * scale,
        "l2": model.alpha * scale,
        "scale_penalties": penalised or weighted,
        "clip_norm": None if model.clip_norm is None else model.clip_norm * scale,
        "dropout": model.dropout,
        "dropconnect": model.dropconnect,
        "shuffle": model.shuffle,
    }
    if optimizer.solver == "adam":
        options |= {"beta_1": optimizer.beta_1, "beta_2": optimizer.beta_2}
        return options | {"epsilon": optimizer.epsilon * scale, "epsilon_hat": True}
    if optimizer.momentum > 0:
        # scikit-learn allows momentum 1, too, which `plan_of` puts in its place.
        below_1 = min(optimizer.momentum, 0.5)
        options |= {"momentum": below_1, "nesterov": optimizer.nesterovs_momentum}
    return options


def clipped_batch_size(model: Any, rows: int) -> int:
    """Return the rows of a batch, as scikit-learn has it."""
    if model.batch_size == "auto":
        return min(200, rows)
    if model.batch_size > rows:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=6,
        )
    return int(np.clip(model.batch_size, 1, rows))


def plan_of(
    options: dict[str, Any],
    sizes: Sequence[int],
    rows: int,
    momentum: float | None = None,
    row_weights: NDArray[Any] | None = None,
) -> Plan:
    """Return the plan of a run of `rows` rows.

    scikit-learn records no log loss above -log(eps), of which its rules of stopping hear.

    Raises
    ------
    TypeError, ValueError
        As `fusedmlp.train` does, for options out of range or that contradict each other.
    """
    checked = checked_options({**options, "sample_weight": row_weights})
    plan = make_plan(checked, sizes, rows)
    if plan.log_loss is not None:
        eps = np.finfo(plan.learning_rate.dtype).eps
        plan = plan._replace(log_loss_cap=-math.log(eps))
    if momentum is not None:
        plan = plan._replace(momentum=plan.momentum.dtype.type(momentum))
    return plan


def with_stopping_rule(plan: Plan, model: Any, active: bool, divisor: int) -> Plan:
    """Return a plan by which a call of the kernel ends where the training losses no longer fall.

    active: whether it does; an inactive rule waits for ever, so that the same kernel is used.
    divisor: rows times outputs, by which a recorded loss is divided.
    """
    epochs = model.n_iter_no_change if active else MOST_TO_WAIT
    return plan._replace(
        records_to_wait=int(min(epochs, MOST_TO_WAIT)),
        progress_tol=float(model.tol),
        loss_divisor=float(divisor),
    )


def kernel_array(array: Any, dtype: Any) -> Array:
    """Return an array as kernels take it: of a dtype, C-ordered, aligned and native."""
    return np.require(array, dtype=np.dtype(dtype), requirements=["C", "A"])
