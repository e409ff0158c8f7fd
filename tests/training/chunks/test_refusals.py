"""What chunks cannot be, and what cannot be had with them: said with the argument and the chunk."""

import re

import dask.array as da
import numpy as np
import pytest

import fusedmlp
from tests.training.chunks.data import CASE, SIZES, in_chunks

X, Y = CASE.data()
LISTS = in_chunks(X), in_chunks(Y)
LAZY = da.from_array(X, chunks=(SIZES, 4)), da.from_array(Y, chunks=(SIZES, 2))
PAIRS = list(zip(*LISTS, strict=True))
UNKNOWN = LAZY[0][LAZY[0][:, 0] > 0]


def assert_refused(error, message, *data, **options):
    with pytest.raises(error, match=re.escape(message)):
        fusedmlp.train(*data, **{"epochs": 2, **options})


@pytest.mark.parametrize("data", [LISTS, LAZY], ids=["lists", "Dask arrays"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 32}, "batch_size must be None with X in chunks, got 32: each step takes"),
        ({"dropout": 0.5}, "dropout must be 0.0 with X in chunks, got 0.5: its masks are for"),
        ({"dropconnect": 0.5}, "dropconnect must be 0.0 with X in chunks, got 0.5"),
        ({"batch_norm": True}, "batch_norm must be False with X in chunks, got True: its means"),
        ({"optimizer": "aw_sgd"}, "optimizer must be another than 'aw_sgd' with X in chunks"),
        ({"validation": 0.2}, "validation must be None or a pair (X, y) with X in chunks, got 0.2"),
        ({"sample_weight": [1, 2]}, "sample_weight must have as many numbers as X has rows, got 2"),
        ({"loss": "log_loss", "output_activation": "softmax"}, "chunk 0: y must have rows that"),
    ],
)
def test_options_of_full_batches(data, options, message):
    assert_refused(ValueError, message, *data, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": None}, "batch_size must be an integer with a stream of chunks, got None"),
        ({"optimizer": "lbfgs"}, "optimizer='lbfgs' must see all rows whenever it looks"),
        ({"optimizer": "rprop"}, "optimizer='rprop' must see all rows whenever it looks"),
        ({"optimizer": "aw_sgd"}, "optimizer must be another than 'aw_sgd' with a stream"),
        ({"learning_rate_schedule": "invscaling"}, "must be another than 'invscaling' with a"),
        ({"sample_weight": np.ones(103)}, "sample_weight must be None with a stream of chunks"),
        ({"validation": 0.2}, "validation must be None or a pair (X, y) with a stream of chunks"),
        ({"batch_norm": True, "batch_size": 1}, "batch_norm=True must come with at least two rows"),
    ],
)
def test_options_of_streams(options, message):
    assert_refused(ValueError, message, PAIRS, **{"batch_size": 10, **options})


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ((LISTS[0], Y), ValueError, "y must be a list with an array for each chunk of X, got nd"),
        ((LISTS[0], LISTS[1][:3]), ValueError, "for each chunk of X, got 3 for 4"),
        ((LISTS[0], LISTS[1][::-1]), ValueError, "chunk 0: y must have as many rows as X, got 53"),
        (([X, X[:, :3]], [Y, Y]), ValueError, "chunk 1: X must have 4 columns as in chunk 0"),
        (([X, X], [Y, Y[:, 0]]), ValueError, "chunk 1: y must have 2 columns as in chunk 0"),
        (([X, X * np.nan], [Y, Y]), ValueError, "chunk 1: X must be finite in float64, got nan"),
        (([X, X[:0]], [Y, Y[:0]]), ValueError, "chunk 1: X must not be empty, got shape (0, 4)"),
        (([X, X.astype(str)], [Y, Y]), TypeError, "chunk 1: X must be an array of real numbers"),
        ((LAZY[0], Y), TypeError, "y must be a Dask array as X is, got ndarray: dask.array.from_a"),
        ((LISTS[0], LAZY[1]), TypeError, "X must be a Dask array, got list"),
        ((LAZY[0][:, 0], LAZY[1]), ValueError, "X must have 2 dimensions, got shape (103,)"),
        ((LAZY[0][:9], LAZY[1]), ValueError, "y must have as many rows as X, got 103 for the 9"),
        ((LAZY[0][:0], LAZY[1][:0]), ValueError, "X must not be empty, got shape (0, 4)"),
        ((UNKNOWN, LAZY[1]), ValueError, "X must have chunks of known sizes, got shape (nan, 4)"),
        (
            (LAZY[0].rechunk({1: 2}), LAZY[1]),
            ValueError,
            "X must have all its columns in one chunk, got 2 chunks of columns: X.rechunk({1: -1})",
        ),
        (
            (LAZY[0].map_blocks(lambda x: x[:, :3], dtype=float), LAZY[1]),
            ValueError,
            "chunk 0: X must have 4 columns as in chunk 0, got shape (10, 3)",
        ),
        (
            (LAZY[0].map_blocks(lambda x: x.repeat(2, 0), dtype=float), LAZY[1]),
            ValueError,
            "chunk 0: y must have as many rows as X, got 10 for the 20 of X",
        ),
    ],
)
def test_full_batches(data, error, message):
    assert_refused(error, message, *data)


def chunks_then(*last):
    return lambda: iter([*PAIRS, *last])


@pytest.mark.parametrize(
    ("stream", "error", "message"),
    [
        (X, TypeError, "y must be an array of targets with X as one array, got None"),
        (7, TypeError, "X must be an iterable of pairs (X_chunk, y_chunk) with y=None"),
        ([], ValueError, "X must give at least one chunk, got none"),
        (LISTS[0], TypeError, "X must give pairs (X_chunk, y_chunk), got ndarray as chunk 0"),
        ([(X, Y, Y)], TypeError, "X must give pairs (X_chunk, y_chunk), got 3 items as chunk 0"),
        (iter(PAIRS), ValueError, "X must give its chunks anew in each of the epochs=2, got list_"),
        (chunks_then(X), TypeError, "got ndarray as chunk 4 of epoch 0"),
        (chunks_then(None), TypeError, "got NoneType as chunk 4 of epoch 0"),
        (chunks_then((X, Y[1:])), ValueError, "chunk 4 of epoch 0: y must have as many rows as X"),
        (chunks_then((X[:, 1:], Y)), ValueError, "chunk 4 of epoch 0: X must have 4 columns as in"),
        (
            chunks_then((X * np.nan, Y)),
            ValueError,
            "chunk 4 of epoch 0: X must be finite in float64",
        ),
    ],
)
def test_streams(stream, error, message):
    assert_refused(error, message, stream, batch_size=10)


@pytest.mark.parametrize(
    ("rows", "said"), [(90, "got 90 in"), (0, "got 0 in"), (103, "or more in")]
)
def test_a_stream_with_other_rows_in_its_next_epoch(rows, said):
    lengths = iter([100, rows])

    def stream():
        length = next(lengths)
        return [(X[:length], Y[:length])] if length else []

    message = "X must give as many rows in each epoch as in the first, which had 100, got "
    with pytest.raises(ValueError, match=message) as refused:
        fusedmlp.train(stream, batch_size=10, epochs=2)
    assert said in str(refused.value)


def test_a_generator_is_enough_for_one_epoch():
    run = fusedmlp.train((pair for pair in PAIRS), batch_size=10, epochs=1)
    assert run.epochs == 1
