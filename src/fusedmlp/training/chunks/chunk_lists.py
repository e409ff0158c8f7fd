"""Chunks that are arrays of this process: in memory, or mapped from files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array
from fusedmlp.checks.frames import column_names
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.threads import MIN_PARALLEL_FLOPS
from fusedmlp.training.chunks.checked_chunk import checked_chunk, parts_of, totals_of
from fusedmlp.training.chunks.chunked_data import ChunkedData
from fusedmlp.training.chunks.evaluation import Job, Sums, added, evaluate, in_tree
from fusedmlp.training.chunks.threads import shared_by_threads
from fusedmlp.training.data import Dataset, checked_row_weights
from fusedmlp.training.interruptible import interruptible


class ChunkList:
    """Chunks that are evaluated here: by several threads where that pays."""

    def __init__(self, chunks: list[Dataset]) -> None:
        self._chunks, self._rows = chunks, sum(len(chunk.X) for chunk in chunks)

    def sums(self, job: Job, params: Array, signals: NDArray[Any]) -> Sums:
        """Return the sums over all rows."""
        sizes = job.plan.sizes.tolist()
        # NumPy's threads share its own work, and those of Python wait for each other.
        in_python = job.backend == "reference"
        pays = not in_python and step_flops(sizes, self._rows) >= MIN_PARALLEL_FLOPS

        def value(chunk: Dataset) -> Sums:
            return evaluate(job, params, chunk, signals)

        def values(chunks: Sequence[Dataset]) -> Iterator[Sums]:
            threads = min(job.threads, len(chunks))
            if pays and threads > 1:
                yield from shared_by_threads(threads, value, chunks, signals)
                return
            for chunk in chunks:
                flops = 0 if in_python else step_flops(sizes, len(chunk.X))  # Python sees Ctrl-C
                yield interruptible(signals, flops, value, chunk)

        return in_tree(self._chunks, values, added)


def checked_list(X: Sequence[Any], y: Any, options: Mapping[str, Any]) -> ChunkedData:
    """Return lists of chunks as training data.

    Raises
    ------
    TypeError, ValueError
        As `fusedmlp.train` does for X and y; the message names the chunk.
    """
    if not isinstance(y, list | tuple) or len(y) != len(X):
        got = f"{len(y)} for {len(X)}" if isinstance(y, list | tuple) else type(y).__name__
        raise ValueError(f"y must be a list with an array for each chunk of X, got {got}")
    columns: tuple[int, int] | None = None
    names = column_names(X[0])
    pairs = []
    for number, given in enumerate(zip(X, y, strict=True)):
        pairs.append(checked_chunk(f"chunk {number}", *given, options, columns, names))
        columns = pairs[0][0].shape[1], pairs[0][1].shape[1]
    assert columns is not None  # there is a chunk
    rows = [len(inputs) for inputs, _ in pairs]
    weights = checked_row_weights(options["sample_weight"], options["dtype"], sum(rows))
    chunks = [
        Dataset(*pair, part) for pair, part in zip(pairs, parts_of(weights, rows), strict=True)
    ]
    totals = totals_of(rows, columns, weights)
    return ChunkedData(ChunkList(chunks), totals, names, samples=chunks)
