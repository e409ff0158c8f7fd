"""The forms in which training data may be given, and what trains on each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fusedmlp.checks.frames import is_frame
from fusedmlp.training.chunks.chunk_lists import checked_list
from fusedmlp.training.chunks.dask_arrays import checked_dask
from fusedmlp.training.chunks.full_batch import train_in_chunks
from fusedmlp.training.chunks.mini_batches import train_stream
from fusedmlp.training.chunks.refusals import refuse_in_chunks, refuse_in_streams
from fusedmlp.training.chunks.stream import Stream
from fusedmlp.training.data import checked_validation
from fusedmlp.training.request import Request, checked, random_numbers, request_for, settings
from fusedmlp.training.run import Trainer, train_in_memory


def checked_in_any_form(
    X: Any, y: Any, hidden: int | Sequence[int], given: Mapping[str, Any]
) -> tuple[Request[Any], Trainer]:
    """Check all arguments of `train`; return the request, and what trains on such data."""
    if type(X) is np.ndarray and y is not None:  # the others take longer to see
        return checked(X, y, hidden, given), train_in_memory
    if y is None:
        return _checked_stream(X, hidden, given), train_stream
    of_dask = _is_dask(X) or _is_dask(y)
    if not of_dask and not _is_list_of_chunks(X):
        return checked(X, y, hidden, given), train_in_memory
    options = settings(X, hidden, given)
    refuse_in_chunks(options)
    data = (checked_dask if of_dask else checked_list)(X, y, options)
    return _request(options, data), train_in_chunks


def _checked_stream(
    X: Any, hidden: int | Sequence[int], given: Mapping[str, Any]
) -> Request[Stream]:
    if hasattr(X, "ndim") or hasattr(X, "dtypes"):
        raise TypeError(
            "y must be an array of targets with X as one array, got None; only an iterable of "
            "pairs (X_chunk, y_chunk) has them within"
        )
    stream = Stream(X)
    options = settings(stream.first_inputs, hidden, given)
    refuse_in_streams(options)
    if stream.is_one_shot and options["epochs"] > 1:
        raise ValueError(
            f"X must give its chunks anew in each of the epochs={options['epochs']}, got "
            f"{type(X).__name__}, which gives them once: a list, an object with __iter__, or a "
            "function that returns an iterator"
        )
    stream.check_first(options)
    return _request(options, stream)


def _request(options: Mapping[str, Any], data: Any) -> Request[Any]:
    """Return the request for checked chunks."""
    names = data.feature_names
    validation = checked_validation(data.totals, options, names)
    assert not isinstance(validation, int)  # a share is refused
    return request_for(options, data, validation, random_numbers(options), names=names)


def _is_dask(value: Any) -> bool:
    return type(value).__module__.startswith("dask.")


def _is_list_of_chunks(X: Any) -> bool:
    """Whether X is a list of arrays with two dimensions, or of data frames, not of rows."""
    return (
        isinstance(X, list | tuple)
        and bool(X)
        and all(getattr(c, "ndim", 0) == 2 or is_frame(c) for c in X)
    )
