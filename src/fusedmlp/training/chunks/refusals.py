"""Options that cannot be had with data in chunks: the error says why, and what to do."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

from fusedmlp.checks.shown import shown
from fusedmlp.options.contradictions import SCIPY, refuse_for_rows
from fusedmlp.options.table import DEFAULTS

# For each option: why it must keep its default with all chunks in each step, and what to do.
ELSEWHERE = "give X as one array, or as an iterable of pairs (X_chunk, y_chunk)"
NOT_IN_CHUNKS = {
    "batch_size": "each step takes all rows; for mini-batches, X must be an iterable of pairs "
    "(X_chunk, y_chunk)",
    "dropout": f"its masks are for rows that pass in one array; {ELSEWHERE}",
    "dropconnect": f"its masks are for rows that pass in one array; {ELSEWHERE}",
    "batch_norm": f"its means are over all rows of a step; {ELSEWHERE}",
}
ALL_ROWS = ("rprop", *SCIPY)  # optimisers that look at all rows at once


def refuse_in_chunks(options: Mapping[str, Any]) -> None:
    """Raise ValueError for options that chunks with all rows in each step do not have."""
    for name, reason in NOT_IN_CHUNKS.items():
        if options[name] != DEFAULTS[name]:
            raise ValueError(
                f"{name} must be {DEFAULTS[name]!r} with X in chunks, got {shown(options[name])}: "
                f"{reason}"
            )
    _refuse_in_both(options, "X in chunks")


def refuse_in_streams(options: dict[str, Any]) -> None:
    """Raise ValueError for options that a stream of chunks does not have."""
    if options["batch_size"] is None:
        raise ValueError(
            "batch_size must be an integer with a stream of chunks, got None: the stream is not "
            "held in memory; for steps of all rows, X and y must be lists of chunks or Dask arrays"
        )
    if options["optimizer"] in ALL_ROWS:
        raise ValueError(
            f"optimizer={options['optimizer']!r} must see all rows whenever it looks: X and y must "
            "be lists of chunks or Dask arrays, got a stream of chunks"
        )
    if options["learning_rate_schedule"] == "invscaling":
        raise ValueError(
            "learning_rate_schedule must be another than 'invscaling' with a stream of chunks, "
            "whose rows are not counted before they are seen"
        )
    if options["sample_weight"] is not None:
        raise ValueError(
            "sample_weight must be None with a stream of chunks, whose rows are not known before "
            "they are seen: give X as one array, or X and y as lists of chunks"
        )
    _refuse_in_both(options, "a stream of chunks")
    refuse_for_rows(options, options["batch_size"])  # a batch of one row


def _refuse_in_both(options: Mapping[str, Any], what: str) -> None:
    if options["optimizer"] == "aw_sgd":
        raise ValueError(
            f"optimizer must be another than 'aw_sgd' with {what}, since it draws from all rows: "
            "give X as one array"
        )
    if isinstance(options["validation"], Real):
        raise ValueError(
            f"validation must be None or a pair (X, y) with {what}, "
            f"got {shown(options['validation'])}: rows are not held out of them"
        )
