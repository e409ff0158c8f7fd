"""What each operation takes: the one place where it is said, for reference and kernels alike.

A new operation gets an entry. The reference checks every call against it; a kernel checks what its
compiled code cannot take for granted: that shapes fit, and the range of codes and numbers.
"""

from fusedmlp.plan.codes import Activation, Loss
from fusedmlp.plan.operations.requirements import (
    ANY_SHAPE,
    LARGEST_UNSIGNED,
    Array,
    Code,
    Real,
    Requirement,
    Whole,
)

ACTIVATION, LOSS, FLAG = Code(Activation), Code(Loss), Whole(most=1, flag=True)
KEY = Whole(most=LARGEST_UNSIGNED)  # a seed or a counter: all its 64 bits count
FIRST = Whole(most=2**62)  # to which the items' own numbers are added
MERSENNE_WORDS = 624  # of the state of NumPy's RandomState
ANY, NOT_NEGATIVE, SHARE, DECAY = Real(), Real(least=0.0), Real(0.0, 1.0), Real(0.0, below=1.0)
ROWS_UNITS, UNITS = Array("rows", "units"), Array("units")
SET_ROWS_UNITS, SET_UNITS = Array("rows", "units", written=True), Array("units", written=True)
INPUTS, WEIGHTS, OUTPUTS = Array("rows", "n_in"), Array("n_in", "n_out"), Array("rows", "n_out")
SET_INPUTS, SET_OUTPUTS = Array("rows", "n_in", written=True), Array("rows", "n_out", written=True)
NUMBERS, SET_NUMBERS = Array(ANY_SHAPE), Array(ANY_SHAPE, written=True)
SCORES = Array("2 * rows", kind="float64")
SET_SCORES = Array("2 * rows", kind="float64", written=True)
DRAWN = Array("draws", kind="int64", indices_of="rows")
OF_DRAWS, SET_OF_DRAWS = (Array("draws", kind="float64", written=w) for w in (False, True))

# Parameters and the optimiser's memory.
MEMORY: dict[str, Requirement] = {
    "params": SET_NUMBERS,
    "gradient": NUMBERS,
    "velocity": SET_NUMBERS,
    "squares": SET_NUMBERS,
}

OPERATIONS: dict[str, dict[str, Requirement]] = {
    "activate": {"activation": ACTIVATION, "z": SET_ROWS_UNITS},
    "error_weighted_derivative": {
        "activation": ACTIVATION,
        "outputs": ROWS_UNITS,
        "error": ROWS_UNITS,
        "delta": SET_ROWS_UNITS,
    },
    "forward": {
        "inputs": INPUTS,
        "weights": WEIGHTS,
        "biases": Array("n_out", may_be_empty=True),
        "activation": ACTIVATION,
        "outputs": SET_OUTPUTS,
    },
    "backpropagate": {
        "delta": OUTPUTS,
        "weights": WEIGHTS,
        "activation": ACTIVATION,
        "inputs": INPUTS,
        "delta_below": SET_INPUTS,
    },
    "layer_gradient": {
        "inputs": INPUTS,
        "delta": OUTPUTS,
        "weight_gradient": Array("n_in", "n_out", written=True),
        "bias_gradient": Array("n_out", written=True, may_be_empty=True),
    },
    "loss": {
        "kind": LOSS,
        "activation": ACTIVATION,
        "outputs": OUTPUTS,
        "targets": OUTPUTS,
        "huber_delta": NOT_NEGATIVE,
    },
    "weighted_loss": {
        "kind": LOSS,
        "activation": ACTIVATION,
        "outputs": OUTPUTS,
        "targets": OUTPUTS,
        "row_weights": Array("rows"),
        "huber_delta": NOT_NEGATIVE,
    },
    "log_loss_of_sums": {
        "activation": ACTIVATION,
        "sums": OUTPUTS,
        "targets": OUTPUTS,
        "row_weights": Array("rows", may_be_none=True),
        "cap": NOT_NEGATIVE,
    },
    "absolute_error": {"outputs": NUMBERS, "targets": NUMBERS},
    "output_delta": {
        "kind": LOSS,
        "activation": ACTIVATION,
        "outputs": OUTPUTS,
        "targets": OUTPUTS,
        "scale": Real(least=0.0, below=float("inf")),
        "delta": SET_OUTPUTS,
        "huber_delta": NOT_NEGATIVE,
    },
    "normalize": {
        "z": SET_ROWS_UNITS,
        "scale": UNITS,
        "shift": UNITS,
        "normalized": SET_ROWS_UNITS,
        "mean": SET_UNITS,
        "variance": SET_UNITS,
    },
    "normalize_backward": {
        "delta": SET_ROWS_UNITS,
        "normalized": ROWS_UNITS,
        "variance": UNITS,
        "scale": UNITS,
        "scale_gradient": SET_UNITS,
        "shift_gradient": SET_UNITS,
    },
    "follow": {
        "mean": UNITS,
        "variance": UNITS,
        "rows": Whole(least=1),
        "means": SET_UNITS,
        "variances": SET_UNITS,
    },
    "penalize": {"weights": NUMBERS, "gradient": SET_NUMBERS, "l1": ANY, "l2": ANY},
    "penalty": {"weights": NUMBERS, "l1": ANY, "l2": ANY},
    "clip_values": {"gradient": SET_NUMBERS, "most": NOT_NEGATIVE},
    "clip_norm": {"gradient": SET_NUMBERS, "most": NOT_NEGATIVE},
    "update": {
        "params": SET_NUMBERS,
        "gradient": NUMBERS,
        "velocity": SET_NUMBERS,
        "learning_rate": ANY,
        "momentum": ANY,
        "nesterov": FLAG,
    },
    "count_direction_changes": {
        "gradient": NUMBERS,
        "uphill": Array(ANY_SHAPE, kind="int8", written=True),
        "changes": Array(ANY_SHAPE, kind="int64", written=True),
    },
    "adam": {
        **MEMORY,
        "learning_rate": ANY,
        "beta_1": DECAY,
        "beta_2": DECAY,
        "epsilon": NOT_NEGATIVE,
        "step": Whole(least=1),
    },
    "rmsprop": {
        **MEMORY,
        "learning_rate": ANY,
        "momentum": ANY,
        "keep": NOT_NEGATIVE,
        "add": NOT_NEGATIVE,
        "epsilon": NOT_NEGATIVE,
    },
    "rprop": {
        **MEMORY,
        "eta_minus": ANY,
        "eta_plus": ANY,
        "least_step": NOT_NEGATIVE,
        "most_step": Real(least="least_step"),
    },
    "mix": {"key": KEY, "counter": KEY},
    "row_order": {
        "seed": KEY,
        "epoch": KEY,
        "order": Array("rows", kind="int64", written=True),
    },
    "numpy_shuffles": {
        "key": Array(MERSENNE_WORDS, kind="uint32", written=True),
        "position": Whole(most=MERSENNE_WORDS),
        "first": Array("rows", kind="int64"),
        "orders": Array("times", "rows", kind="int64", written=True),
    },
    "keep_mask": {
        "key": KEY,
        "dropped": Whole(most=65_535),
        "start": FIRST,
        "mask": Array("size", written=True),
    },
    "row_chances": {"scores": SCORES, "floor": SHARE, "drawn": DRAWN, "chances": SET_OF_DRAWS},
    "draw_rows": {
        "scores": SCORES,
        "floor": SHARE,
        "seed": KEY,
        "epoch": KEY,
        "first": FIRST,
        "drawn": Array("draws", kind="int64", written=True),
    },
    "add_squares": {
        "inputs": INPUTS,
        "delta": OUTPUTS,
        "bias": FLAG,
        "squares": Array("rows", kind="float64", written=True),
    },
    "learn_to_sample": {
        "scores": SET_SCORES,
        "usual": Array(2, kind="float64", written=True),
        "floor": SHARE,
        "rate": SHARE,
        "drawn": DRAWN,
        "squares": OF_DRAWS,
    },
}
