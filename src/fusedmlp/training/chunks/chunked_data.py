"""Training data in chunks, all of which are there in every step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array
from fusedmlp.checks.frames import Names
from fusedmlp.training.chunks.evaluation import Job, Sums
from fusedmlp.training.data import Dataset, Totals


class Chunks(Protocol):
    """The chunks of the rows, wherever they are."""

    def sums(self, job: Job, params: Array, signals: NDArray[Any]) -> Sums:
        """Return the sums over all rows, with the same bits whoever computes them.

        signals: of the run, for what is computed in this process.
        """
        ...


@dataclass(frozen=True)
class ChunkedData:
    """Training data in chunks."""

    chunks: Chunks
    totals: Totals
    feature_names: Names | None = None
    row_weights: Array | None = None  # the chunks have theirs: steps need no others
    steps: int | None = None
    samples: Sequence[Dataset] = ()  # the chunks that are at hand before training, to look at
