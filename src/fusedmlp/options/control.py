"""Options of control: data, records, early stopping, arithmetic."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypedDict, get_args

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.option import Option

Backend = Literal["kernels", "reference"]
Seed = int | np.random.RandomState | None


class ControlOptions(TypedDict, total=False):
    """What is watched, recorded and used."""

    sample_weight: Annotated[
        ArrayLike | None,
        Option(
            None,
            may_be.anything,
            "How much each row counts (rows,), in gradient, loss and error; None is 1 for all. "
            "With reduction='mean', a step's gradient is divided by the sum of its rows' weights.",
        ),
    ]
    validation: Annotated[
        float | tuple[ArrayLike, ArrayLike] | None,
        Option(
            None,
            may_be.anything,
            "Rows that are not trained on: a pair (X, y), or the share of X to set aside at "
            "random. history['validation_loss'] has their loss after each recorded epoch.",
        ),
    ]
    patience: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Stop after so many recorded epochs without a loss lower by tol (the validation loss, "
            "where there is one), and bring back the weights that did best. record_every=None is "
            "then every epoch.",
        ),
    ]
    tol: Annotated[
        float,
        Option(1e-4, may_be.number(least=0), "How much lower a loss must be to count as lower."),
    ]
    callback: Annotated[
        Callable[..., Any] | None,
        Option(
            None,
            may_be.optional(may_be.function),
            "Called after each recorded epoch with its epoch, error, loss, validation_loss, "
            "learning_rate, weights and biases (attributes of one argument); a true result stops "
            "the run.",
        ),
    ]
    warm_start: Annotated[
        Any,
        Option(
            None,
            may_be.anything,
            "A Trained whose weights training begins with, whatever init says. Optimisers start "
            "anew.",
        ),
    ]
    dtype: Annotated[
        DTypeLike,
        Option("float64", may_be.real_dtype, "'float64' or 'float32', for all arithmetic."),
    ]
    record_every: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Epochs from one entry of the history to the next. None is the largest power of ten "
            "that gives at least five entries, but 1 for 'lbfgs' and 'bfgs'.",
        ),
    ]
    track_directions: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether to count, for each weight, how often its update changed direction.",
        ),
    ]
    threads: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Threads that take a step together. None is as many as there are cores and the step "
            "has work for; 1 starts none. The results are the same bits for any number.",
        ),
    ]
    progress: Annotated[
        bool,
        Option(False, may_be.flag, "Whether to show a bar with the epoch, its loss and the rate."),
    ]
    random_state: Annotated[
        Seed,
        Option(
            None,
            may_be.seed,
            "Seed of the first weights and of the order of rows: the same int, the same bits. "
            "A RandomState is drawn from; None is NumPy's own.",
        ),
    ]
    backend: Annotated[
        Backend,
        Option(
            "kernels",
            may_be.one_of(get_args(Backend)),
            "'kernels', compiled, or 'reference', their NumPy twins.",
        ),
    ]
