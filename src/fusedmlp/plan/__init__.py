"""The Plan and the State: a run as numbers, for the reference and the kernels."""

from fusedmlp.plan.codes import Activation, Loss, Measure, Optimizer, Reduction
from fusedmlp.plan.extras import Extras
from fusedmlp.plan.parameters import aligned_zeros, layer_offsets
from fusedmlp.plan.plan import Plan, make_plan, make_prediction_plan
from fusedmlp.plan.state import State, make_state

__all__ = [
    "Activation",
    "Extras",
    "Loss",
    "Measure",
    "Optimizer",
    "Plan",
    "Reduction",
    "State",
    "aligned_zeros",
    "layer_offsets",
    "make_plan",
    "make_prediction_plan",
    "make_state",
]
