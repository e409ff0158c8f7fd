"""What a prediction takes of a plan: few arguments, since Numba reads each one in each call."""

from operator import index
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.plan.plan import Plan

# The numbers of a layout, in the order in which they are passed as one array.
NUMBERS = ("bias", "save_for_backward", "block_rows", "workspace_size")


class Layout(NamedTuple):
    """The fields of a plan that a prediction uses."""

    sizes: Any
    weight_offsets: Any
    bias_offsets: Any
    activations: Any
    all_activations: Any
    bias: Any
    save_for_backward: Any
    block_rows: Any
    workspace_size: Any


def layout_arguments(plan: Plan) -> tuple[Any, ...]:
    """Return a plan's layout as the first arguments of `predict_part`.

    A named tuple of 25 fields takes Numba 2.5 us to read, these 1.
    """
    numbers = np.array([index(getattr(plan, name)) for name in NUMBERS], np.int64)
    arrays = plan.sizes, plan.weight_offsets, plan.bias_offsets, plan.activations
    return *arrays, plan.all_activations, numbers
