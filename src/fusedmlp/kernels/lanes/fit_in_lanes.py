"""`fit` for a small full batch, with one row or one hidden unit in each vector lane."""

from functools import lru_cache

import numpy as np

from fusedmlp.kernels.lanes.layout import copy_back, fill_workspace, layout_of
from fusedmlp.kernels.lanes.small_batch import choices_of
from fusedmlp.kernels.lanes.specialized import SpecializedKernel
from fusedmlp.kernels.lanes.unit_layout import UnitLayout, fill_unit_workspace, unit_layout_of
from fusedmlp.kernels.vector import REGISTER
from fusedmlp.plan.codes import Activation, Loss
from fusedmlp.plan.signals import STOP

MOST_PARAMS = 1024
LOSSES = (Loss.SQUARED_ERROR, Loss.LOG_LOSS)


def suits_lanes(plan, X, state):
    """Whether to use the lanes: enough of them filled, small layers, a supported plan.

    3-4-1 takes 0.12 us an epoch instead of 0.28 by blocks, 3-32-1 0.49 instead of 0.82; at 1,500
    weights both took the same time. The lanes support neither the other losses nor activations with
    saved pre-activations; nor softmax with squared error, which few use, and which would take an
    eighth of the defaults' first call.
    """
    if plan.save_for_backward or plan.loss not in LOSSES:
        return False
    if plan.log_loss_cap < np.inf or plan.records_to_wait > 0:  # only the estimators have these
        return False
    if plan.loss == Loss.SQUARED_ERROR and int(plan.activations[-1]) == Activation.SOFTMAX:
        return False
    lanes = REGISTER // X.itemsize
    filled = len(X) <= lanes <= 2 * len(X) or units_suit(plan.sizes, len(X), X.itemsize)
    small = plan.batch_size == len(X) and state.params.size <= MOST_PARAMS
    return filled and small and plan.plain


def units_suit(sizes, rows, itemsize):
    """Whether a network's hidden units rather than its rows should be in the lanes.

    Nanoseconds an epoch on Zen 4, without constants and with them, rows (or blocks, where the rows
    fill less than half of the lanes) against units:

    ==================  =======  ==========  ==========
    registers, rows     network  rows        units
    ==================  =======  ==========  ==========
    32 B, 3 float32     3-8-1    314         184, 105
    32 B, 1 float64     3-32-1   674         389, 238
    32 B, 4 float32     3-32-1   353, 377    434, 225
    32 B, 2 float64     3-16-1   227, 205    334, 150
    64 B, 4 float64     3-32-1   754, 585    441, 345
    64 B, 4 float64     3-8-1    266, 185    215, 129
    64 B, 4 float32     3-32-1   477         276, 147
    ==================  =======  ==========  ==========
    """
    lanes = REGISTER // itemsize
    few = 2 * rows < lanes or (2 * rows == lanes and REGISTER == 64)
    return len(sizes) == 3 and few


def fit_in_lanes(plan, X, y, state, stop):
    """Train as `fit` does, in the lanes."""
    sizes, activations = tuple(plan.sizes.tolist()), tuple(plan.activations.tolist())
    rows = len(X) if units_suit(sizes, len(X), X.itemsize) else None
    kernel = _kernel_for(sizes, activations, plan.bias, rows, X.itemsize, choices_of(plan))
    fill = fill_unit_workspace if isinstance(kernel.layout, UnitLayout) else fill_workspace
    workspace, position = fill(kernel.layout, plan, X, y, state), state.position[0]
    if state.signals[STOP]:
        stop = 0
    try:
        return kernel.fit(workspace, plan, X, y, state, stop)
    finally:  # Ctrl-C may come as soon as the kernel has returned, and has changed the position
        if state.position[0] != position:  # it has not refused its arguments
            copy_back(kernel.layout, workspace, state)


@lru_cache(maxsize=128)
def _kernel_for(sizes, activations, bias, rows, itemsize, choices):
    """Return the kernel with so many rows as numbers and units in the lanes, or None: rows."""
    if rows is None:
        layout = layout_of(sizes, activations, bias, itemsize)
    else:
        layout = unit_layout_of(sizes, activations, bias, rows, itemsize)
    return SpecializedKernel(layout, choices)
