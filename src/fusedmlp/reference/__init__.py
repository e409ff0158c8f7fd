"""The reference implementation in NumPy. Each name has a compiled twin in `fusedmlp.kernels`.

What is called by these names checks its arguments first; the steps of `fit` call the functions in
the files, which do not.
"""

from fusedmlp.plan.operations.arguments import checked
from fusedmlp.plan.operations.declarations import OPERATIONS
from fusedmlp.plan.operations.networks import check_fit_networks, check_measure_networks
from fusedmlp.plan.operations.runs import (
    check_fit,
    check_gradient,
    check_prediction,
    check_surface,
)
from fusedmlp.reference.activations import activate, error_weighted_derivative
from fusedmlp.reference.fit import fit, gradient, predict
from fusedmlp.reference.layers import backpropagate, forward, layer_gradient
from fusedmlp.reference.log_loss import log_loss_of_sums
from fusedmlp.reference.losses import absolute_error, loss, output_delta, weighted_loss
from fusedmlp.reference.networks import fit_networks, measure_networks
from fusedmlp.reference.normalization import follow, normalize, normalize_backward
from fusedmlp.reference.numpy_shuffle import numpy_shuffles
from fusedmlp.reference.optimizers import adam, rmsprop, rprop
from fusedmlp.reference.penalties import clip_norm, clip_values, penalize, penalty
from fusedmlp.reference.random_numbers import keep_mask, mix, row_order
from fusedmlp.reference.sampling import add_squares, draw_rows, learn_to_sample, row_chances
from fusedmlp.reference.surface import error_surface
from fusedmlp.reference.updates import count_direction_changes, update

__all__ = [
    "absolute_error",
    "activate",
    "adam",
    "add_squares",
    "backpropagate",
    "clip_norm",
    "clip_values",
    "count_direction_changes",
    "draw_rows",
    "error_surface",
    "error_weighted_derivative",
    "fit",
    "fit_networks",
    "follow",
    "forward",
    "gradient",
    "keep_mask",
    "layer_gradient",
    "learn_to_sample",
    "log_loss_of_sums",
    "loss",
    "measure_networks",
    "mix",
    "normalize",
    "normalize_backward",
    "numpy_shuffles",
    "output_delta",
    "penalize",
    "penalty",
    "predict",
    "rmsprop",
    "row_chances",
    "row_order",
    "rprop",
    "update",
    "weighted_loss",
]

for _name in OPERATIONS:
    globals()[_name] = checked(globals()[_name])
predict = checked(predict, check_prediction)
gradient = checked(gradient, check_gradient)
fit = checked(fit, check_fit)
error_surface = checked(error_surface, check_surface)
fit_networks = checked(fit_networks, check_fit_networks)
measure_networks = checked(measure_networks, check_measure_networks)
