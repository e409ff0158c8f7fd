"""A stream of chunks: pairs (X_chunk, y_chunk), one after another, anew in each epoch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fusedmlp.checks.arrays import Array
from fusedmlp.checks.frames import column_names
from fusedmlp.checks.shown import shown
from fusedmlp.training.chunks.checked_chunk import checked_chunk
from fusedmlp.training.data import Dataset, Totals

Pair = tuple[Any, Any]
END = object()
ROWS_LOOKED_AT = 1000  # of the first chunk, before training


class Stream:
    """The chunks of a stream, of which one at a time is held.

    Parameters
    ----------
    source : iterable of pairs (X_chunk, y_chunk), or function of no arguments that returns one
        It is asked for an iterator at the beginning of each epoch.

    Raises
    ------
    TypeError
        For another source.
    """

    row_weights: Array | None = None
    samples: Sequence[Dataset] = ()
    steps: int = 0  # made in all, with those of the runs before

    def __init__(self, source: Any) -> None:
        self._source = source
        self._iterator: Iterator[Any] | None = self._opened()
        first = self._next(self._iterator, "chunk 0")
        if first is None:
            raise ValueError("X must give at least one chunk, got none")
        self._first: Pair | None = first  # until it is trained on
        self._rows = 0  # of an epoch, once one is over
        self._columns: tuple[int, int] | None = None
        self.feature_names = column_names(first[0])

    @property
    def first_inputs(self) -> Any:
        """The inputs of the first chunk, before training, as they were given."""
        assert self._first is not None
        return self._first[0]

    @property
    def is_one_shot(self) -> bool:
        """Whether the source gives its chunks only once, such as a generator."""
        return isinstance(self._source, Iterator)

    def check_first(self, options: Mapping[str, Any]) -> None:
        """Check the first chunk, whose columns all others must have."""
        assert self._first is not None
        X, y = self._checked(self._first, "chunk 0", options)
        self._columns = X.shape[1], y.shape[1]
        first = slice(0, ROWS_LOOKED_AT)
        self.samples = [Dataset(X[first].copy(), y[first].copy(), None)]  # not a view of the chunk

    @property
    def totals(self) -> Totals:
        """Totals in which an epoch counts as one row: nobody knows its rows before it is over."""
        assert self._columns is not None
        return Totals(1, *self._columns, 1.0)

    def chunks(self, epoch: int, options: Mapping[str, Any]) -> Iterator[Dataset]:
        """Yield an epoch's chunks, checked; what is yielded is not held here.

        Raises
        ------
        TypeError, ValueError
            For a chunk that does not fit, and for another number of rows than in the first epoch.
        """
        iterator = self._iterator or self._opened()
        pair, self._first, self._iterator = self._first, None, None
        number = rows = 0
        name = f"chunk 0 of epoch {epoch}"
        pair = pair or self._next(iterator, name)
        while pair is not None:
            X, y = self._checked(pair, name, options)
            rows += len(X)
            if self._rows and rows > self._rows:
                raise ValueError(self._other_rows(f"{rows} or more", epoch))
            pair = None
            data = Dataset(X, y, None)
            del X, y
            yield data
            del data
            number += 1
            name = f"chunk {number} of epoch {epoch}"
            pair = self._next(iterator, name)
        if self._rows and rows != self._rows:
            raise ValueError(self._other_rows(str(rows), epoch))
        self._rows = rows

    def _opened(self) -> Iterator[Any]:
        source = self._source
        if callable(source) and not hasattr(source, "__iter__"):
            source = source()
        try:
            return iter(source)
        except TypeError:
            raise TypeError(
                "X must be an iterable of pairs (X_chunk, y_chunk) with y=None, or a function that "
                f"returns one, got {shown(source)}"
            ) from None

    def _next(self, iterator: Iterator[Any], name: str) -> Pair | None:
        """Return the next pair, or None if there are no more."""
        item = next(iterator, END)
        if item is END:
            return None
        if not isinstance(item, list | tuple) or len(item) != 2:
            got = f"{len(item)} items" if isinstance(item, list | tuple) else type(item).__name__
            raise TypeError(f"X must give pairs (X_chunk, y_chunk), got {got} as {name}")
        return item[0], item[1]

    def _checked(self, pair: Pair, name: str, options: Mapping[str, Any]) -> tuple[Array, Array]:
        return checked_chunk(name, *pair, options, self._columns, self.feature_names)

    def _other_rows(self, rows: str, epoch: int) -> str:
        return (
            f"X must give as many rows in each epoch as in the first, which had {self._rows}, "
            f"got {rows} in epoch {epoch}"
        )
