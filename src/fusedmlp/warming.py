"""Compile ahead what most runs need, as when an image or a cluster is set up."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from fusedmlp.backends import implementation
from fusedmlp.checks.requirements import one_of, optional, whole_number
from fusedmlp.plan.operations.declarations import MERSENNE_WORDS
from fusedmlp.plan.threads import available_threads
from fusedmlp.training import train

DTYPES = ("float32", "float64")

# What a kernel is compiled for besides the dtype: how the rows are visited, the extras, and whether
# the loss is log_loss. Each option stands for all others of its kind.
LANES = {"hidden": 4}
BLOCKS = {"hidden": 8, "batch_size": 16, "bias": True, "activation": "relu"}
ADAM = BLOCKS | {"optimizer": "adam"}
LOG_LOSS = {"loss": "log_loss"}
RUNS = (ADAM, ADAM | LOG_LOSS, BLOCKS, BLOCKS | LOG_LOSS, LANES, LANES | LOG_LOSS)


def warm_up(dtypes: Sequence[str] = DTYPES, processes: int | None = None) -> None:
    """Compile the kernels that most runs need, in parallel processes, and keep them on disk.

    For images, clusters and continuous integration: the first call of `train` then loads machine
    code in half a second. What is there already is not compiled again. Kept are small full batches
    and mini-batches, plain and with an optimiser such as Adam, penalties or clipping, for squared
    error and log loss; not dropout, dropconnect, batch normalisation, weighted rows, AW-SGD and the
    rarer activations, which are compiled when they are first used.

    Parameters
    ----------
    dtypes : sequence of {"float32", "float64"}, default both
        The dtypes to compile for.
    processes : int, optional
        How many kernels are compiled at a time. By default, one for each core that this process may
        use.

    Raises
    ------
    TypeError, ValueError
        For other dtypes or numbers.
    RuntimeError
        If nothing can be kept on disk; it says why.

    Examples
    --------
    >>> import fusedmlp
    >>> fusedmlp.warm_up(dtypes=("float64",))  # doctest: +SKIP
    """
    from joblib import Parallel, delayed

    for dtype in dtypes:
        one_of(DTYPES)("dtypes", dtype)
    optional(whole_number(least=1))("processes", processes)
    why_not = Parallel(n_jobs=processes or available_threads())(
        delayed(_compile)(dtype, options) for options, dtype in product(RUNS, dtypes)
    )
    for reason in filter(None, why_not):
        raise RuntimeError(f"the machine code could not be kept on disk: {reason}")


def _compile(dtype: str, options: dict[str, Any]) -> str:
    """Train a network, in a process of its own; return why its kernel is not kept, or nothing."""
    from fusedmlp.kernels.compilation.cache import why_not_kept

    rows = 64 if "batch_size" in options else 4  # few enough for the lanes
    X, y = [[0.0, 1.0], [1.0, 0.0]] * (rows // 2), [0.0, 1.0] * (rows // 2)
    run = train(X, y, dtype=dtype, epochs=1, random_state=0, **options)
    run.predict(X)
    if dtype == DTYPES[0] and options == ADAM:  # the orders of the estimators, in any dtype
        key, order = np.arange(MERSENNE_WORDS, dtype=np.uint32), np.arange(rows)
        implementation("kernels").numpy_shuffles(key, 0, order, order[None].copy())
    return why_not_kept()
