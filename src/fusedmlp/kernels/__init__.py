"""The compiled kernels. Each has a twin of the same name in `fusedmlp.reference`."""

from fusedmlp.kernels.compilation.garbage import garbage_collection_off

with garbage_collection_off():  # Numba is imported here
    from fusedmlp.kernels.activations import activate, error_weighted_derivative
    from fusedmlp.kernels.compilation.fork import fork_between_compilations
    from fusedmlp.kernels.fit import fit, gradient, predict
    from fusedmlp.kernels.layers import backpropagate, forward, layer_gradient
    from fusedmlp.kernels.log_loss import log_loss_of_sums
    from fusedmlp.kernels.losses import absolute_error, loss, output_delta, weighted_loss
    from fusedmlp.kernels.networks import fit_networks, measure_networks
    from fusedmlp.kernels.normalization import follow, normalize, normalize_backward
    from fusedmlp.kernels.numpy_shuffle import numpy_shuffles
    from fusedmlp.kernels.optimizers import adam, rmsprop, rprop
    from fusedmlp.kernels.penalties import clip_norm, clip_values, penalize, penalty
    from fusedmlp.kernels.random_numbers import keep_mask, mix, row_order
    from fusedmlp.kernels.sampling import add_squares, draw_rows, learn_to_sample, row_chances
    from fusedmlp.kernels.surface import error_surface
    from fusedmlp.kernels.updates import count_direction_changes, update

fork_between_compilations()

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
