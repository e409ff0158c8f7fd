"""Chunks that are those of Dask arrays: evaluated where they are, on a cluster's workers.

Dask is imported by whoever has made such an array; here only where one is given.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array, real_array
from fusedmlp.plan.parameters import aligned
from fusedmlp.plan.plan import Plan
from fusedmlp.training.chunks.checked_chunk import checked_chunk, parts_of, totals_of
from fusedmlp.training.chunks.chunked_data import ChunkedData
from fusedmlp.training.chunks.evaluation import Job, Sums, added, evaluate, in_tree
from fusedmlp.training.data import Dataset, checked_row_weights


class Block(NamedTuple):
    """A chunk that is not computed yet: each part is a `dask.delayed`."""

    X: Any
    y: Any
    row_weights: Any  # or None


class DaskChunks:
    """The chunks of Dask arrays, evaluated by Dask's scheduler."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks

    def sums(self, job: Job, params: Array, signals: NDArray[Any]) -> Sums:  # noqa: ARG002
        """Return the sums over all rows: a number for each parameter, from one computation."""
        import dask

        # A node of the graph, which all chunks share: it is sent once.
        order = dask.delayed((job, params), traverse=False)
        evaluate_one, add = dask.delayed(_evaluate), dask.delayed(added)
        sums = in_tree(
            self._blocks,
            lambda blocks: [evaluate_one(order, *block) for block in blocks],
            lambda terms: add(list(terms)),
        )
        (result,) = dask.compute(sums)
        return result  # type: ignore[no-any-return]


def checked_dask(X: Any, y: Any, options: Mapping[str, Any]) -> ChunkedData:
    """Return Dask arrays as training data; all chunks are computed once, to check them.

    Raises
    ------
    TypeError, ValueError
        As `fusedmlp.train` does for X and y, and for chunks that it cannot take.
    """
    y = _checked_arrays(X, y)
    rows = [int(count) for count in X.chunks[0]]
    columns = int(X.shape[1]), int(y.shape[1])
    weights = checked_row_weights(options["sample_weight"], options["dtype"], sum(rows))
    blocks = _blocks(X, y, rows, weights)
    _require_chunks(blocks, [count for count in rows if count], columns, options)
    return ChunkedData(DaskChunks(blocks), totals_of(rows, columns, weights))


def _checked_arrays(X: Any, y: Any) -> Any:
    """Return y (rows, n_out) in the chunks of X; raise for arrays whose chunks do not fit."""
    import dask.array

    for name, array, dimensions in (("X", X, (2,)), ("y", y, (1, 2))):
        if not isinstance(array, dask.array.Array):
            raise TypeError(
                f"{name} must be a Dask array{'' if name == 'X' else ' as X is'}, "
                f"got {type(array).__name__}: "
                + (
                    ".to_dask_array(lengths=True)"
                    if hasattr(array, "to_dask_array")
                    else f"dask.array.from_array({name})"
                )
            )
        if array.ndim not in dimensions:
            wanted = " or ".join(str(n) for n in dimensions)
            raise ValueError(f"{name} must have {wanted} dimensions, got shape {array.shape}")
        if any(np.isnan(array.shape)):
            raise ValueError(
                f"{name} must have chunks of known sizes, got shape {array.shape}: "
                f"{name}.compute_chunk_sizes()"
            )
    if X.size == 0:
        raise ValueError(f"X must not be empty, got shape {X.shape}")
    if X.numblocks[1] > 1:
        raise ValueError(
            f"X must have all its columns in one chunk, got {X.numblocks[1]} chunks of columns: "
            "X.rechunk({1: -1})"
        )
    if len(X) != len(y):
        raise ValueError(f"y must have as many rows as X, got {len(y)} for the {len(X)} of X")
    y = y[:, None] if y.ndim == 1 else y
    return y.rechunk({0: X.chunks[0], 1: -1})


def _blocks(X: Any, y: Any, rows: list[int], row_weights: Array | None) -> list[Block]:
    """Return the chunks that have rows."""
    import dask

    parts: list[Any] = parts_of(row_weights, rows)
    if row_weights is not None:
        # The results of tasks, which are held on workers, and made again if a worker is lost.
        parts = list(dask.persist(*map(dask.delayed(np.asarray), parts)))
    blocks = map(Block, X.to_delayed().ravel(), y.to_delayed().ravel(), parts)
    return [block for block, count in zip(blocks, rows, strict=True) if count]


def _require_chunks(
    blocks: list[Block], rows: list[int], columns: tuple[int, int], options: Mapping[str, Any]
) -> None:
    """Raise what the first chunk that does not fit has to raise."""
    import dask

    wanted = {name: options[name] for name in ("dtype", "output_activation", "loss")}
    check = dask.delayed(_error_of)
    errors = dask.compute(
        *(
            check(f"chunk {number}", block.X, block.y, (count, *columns), wanted)
            for number, (block, count) in enumerate(zip(blocks, rows, strict=True))
        )
    )
    for error in errors:
        if error is not None:
            raise error


def _error_of(
    name: str, X: Any, y: Any, shape: tuple[int, int, int], options: Mapping[str, Any]
) -> Exception | None:
    """Return what is to be raised for a chunk; None: it fits. shape: rows, columns of X and y."""
    try:
        inputs, _ = checked_chunk(name, X, y, options, shape[1:])
    except (TypeError, ValueError) as error:
        return type(error)(str(error))  # without its frames, which hold the chunk
    if len(inputs) != shape[0]:
        return ValueError(f"{name}: X must have {shape[0]} rows, got {len(inputs)}")
    return None


def _evaluate(order: tuple[Job, Array], X: Any, y: Any, row_weights: Any) -> Sums:
    """Return the sums of a chunk, on a worker."""
    job, params = order
    dtype = params.dtype.name

    def checked(name: str, array: Any, dimensions: int = 2) -> Array:
        return real_array(name, array, dtype, (dimensions,), finite=False)

    weights = None if row_weights is None else checked("sample_weight", row_weights, 1)
    chunk = Dataset(checked("X", X), checked("y", y), weights)
    job = job._replace(plan=_with_own_arrays(job.plan))
    return evaluate(job, aligned(params), chunk)


def _with_own_arrays(plan: Plan) -> Plan:
    """Return a plan whose arrays begin where arrays do: those from a message begin anywhere."""
    rates = plan.extras.learning_rates.copy()
    return plan._replace(
        sizes=plan.sizes.copy(),
        weight_offsets=plan.weight_offsets.copy(),
        bias_offsets=plan.bias_offsets.copy(),
        activations=plan.activations.copy(),
        extras=plan.extras._replace(learning_rates=rates),
    )
