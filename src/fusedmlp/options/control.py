"""Options of control: data, records, early stopping, arithmetic."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypedDict, get_args

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.option import Option
from fusedmlp.plan.threads import MOST_THREADS

Backend = Literal["kernels", "reference"]
Seed = int | np.random.RandomState | np.random.Generator | None


class ControlOptions(TypedDict, total=False):
    """Row weights, validation, early stopping, callback, records, threads and seed."""

    sample_weight: Annotated[
        ArrayLike | None,
        Option(
            None,
            may_be.anything,
            "Weight of each row (rows,), at least 0, in gradient, loss and error. None is 1 for "
            "all rows. With reduction='mean', a step's gradient is divided by the sum of its rows' "
            "weights.",
        ),
    ]
    validation: Annotated[
        float | tuple[ArrayLike, ArrayLike] | None,
        Option(
            None,
            may_be.anything,
            "Validation set, which is not trained on: a pair (X, y), or the share of the rows to "
            "hold out at random, above 0 and below 1. history['validation_loss'] has its loss "
            "after each recorded epoch. None is no validation set.",
        ),
    ]
    patience: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Early stopping: the number of recorded epochs, at least 1, after which the run stops "
            "if the loss did not become lower by tol. The loss is that of the validation set, if "
            "there is one. The weights after the epoch with the lowest loss are restored. "
            "record_every=None is then every epoch. With learning_rate_schedule='adaptive', the "
            "learning rate is divided instead. None is no early stopping.",
        ),
    ]
    tol: Annotated[
        float,
        Option(
            1e-4,
            may_be.number(least=0),
            "Tolerance of patience and of the schedule 'adaptive', at least 0: how much lower a "
            "loss must be to count as lower.",
        ),
    ]
    callback: Annotated[
        Callable[..., Any] | None,
        Option(
            None,
            may_be.optional(may_be.function),
            "Function called after each recorded epoch with one argument, whose attributes are "
            "epoch, error, loss, validation_loss, learning_rate, weights and biases (read-only "
            "copies). A true result stops the run. None is no callback.",
        ),
    ]
    warm_start: Annotated[
        Any,
        Option(
            None,
            may_be.anything,
            "A Trained network that training goes on from, in place of init. With the same rows, "
            "optimizer, dtype, batch_size, shuffle and reduction it goes on bit for bit as if that "
            "run had never stopped: optimiser state, schedule, order of rows, masks, rows held "
            "out and early stopping (but after patience ended it). With other rows or batches the "
            "optimiser's moments and step number go on, with another optimizer or SciPy's the "
            "weights alone. None starts from init.",
        ),
    ]
    dtype: Annotated[
        DTypeLike | None,
        Option(
            None,
            may_be.optional(may_be.real_dtype),
            "Type of all arithmetic: 'float64' or 'float32'. None is 'float32' if X, or a stream's "
            "first chunk, is float32 alone, which is then not copied, else 'float64'.",
        ),
    ]
    record_every: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Epochs from one entry of the history to the next, at least 1. None is the largest "
            "power of ten that gives at least five entries, but 1 for 'lbfgs' and 'bfgs', and with "
            "patience or the schedule 'adaptive'.",
        ),
    ]
    track_directions: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether to count, for each weight, how often its update changed direction (attribute "
            "direction_changes of the result).",
        ),
    ]
    threads: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1, most=MOST_THREADS)),
            "Threads that share the work of each step, at least 1 and at most 4 times the "
            "processor's cores. None is as many as pay: at most one for each core, if the step has "
            "work for it, and fewer while other programs use the cores. The environment variable "
            "NUMBA_NUM_THREADS lowers any number. The results are bit-identical for any number.",
        ),
    ]
    progress: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether to show the epoch, its loss and the epochs per second, or that a kernel is "
            "being compiled: a bar on a terminal, a line in a notebook, and lines where the output "
            "is a file or a pipe.",
        ),
    ]
    random_state: Annotated[
        Seed,
        Option(
            None,
            may_be.seed,
            "Seed of all random numbers, such as the initial weights and the order of the rows: an "
            "int in 0..2**32 - 1, which always gives the same bits; a RandomState, which is drawn "
            "from; a Generator, of which each call draws eight numbers of 32 bits, the seed of a "
            "RandomState; or None, NumPy's global RandomState.",
        ),
    ]
    backend: Annotated[
        Backend,
        Option(
            "kernels",
            may_be.one_of(get_args(Backend)),
            "Implementation: 'kernels', compiled by Numba, or 'reference', their NumPy twins.",
        ),
    ]
