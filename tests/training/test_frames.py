"""Data frames of pandas and Polars: messages name the column, and its order is that of training."""

import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.cases import same_weights

COLUMNS = {"age": [31.0, 45.0, 62.0, 20.0], "smokes": [True, False, True, False]}
Y = [0.0, 1.0, 1.0, 0.0]
QUICK = {"epochs": 3, "random_state": 1, "activation": "relu", "backend": "reference"}
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame}
TEXT = "text, such as 'Oslo': leave it out, or make numbers of it, such as with sklearn"

both = pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)


def train(X, y=Y, **options):
    return fusedmlp.train(X, y, **{**QUICK, **options})


@both
def test_a_frame_gives_the_bits_of_its_numbers(frame):
    numbers = np.array([*COLUMNS.values()], float).T
    run = train(frame(COLUMNS))
    assert same_weights(run, train(numbers))
    assert_array_equal(run.predict(frame(COLUMNS)), run.predict(numbers))
    assert run.feature_names == ("age", "smokes")
    assert train(numbers).feature_names is None


NO_NUMBERS = {
    "text": (["Oslo", "Rome", "Rome", "Oslo"], f"column 'city' holds {TEXT}"),
    "text among numbers": ([1, 2, None, "unknown"], "column 'city' holds text, such as 'unknown'"),
    "dates": (pd.date_range("2020-01-01", periods=4), "column 'city' holds dates or times"),
    "categories": (pd.Categorical([1, 2, 1, 2]), "column 'city' holds categories: leave it out"),
    "complex": ([1j, 2, 3, 4], "column 'city' holds complex numbers"),
    "objects": ([[1], [2], [3], [4]], "column 'city' holds objects of type list"),
}


@pytest.mark.parametrize(("values", "message"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_a_column_that_holds_no_numbers_is_named(values, message):
    X = pd.DataFrame(COLUMNS).assign(city=values)
    with pytest.raises(TypeError, match=re.escape(f"X must have real numbers alone: {message}")):
        train(X)


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["Oslo", "Rome"])])
def test_a_column_of_polars_is_named(dtype):
    X = pl.DataFrame(COLUMNS).with_columns(pl.Series("city", ["Oslo", "Rome"] * 2, dtype=dtype))
    with pytest.raises(TypeError, match=re.escape(f"column 'city' holds {TEXT}")):
        train(X)


def test_many_columns_are_counted():
    X = pd.DataFrame({f"c{k}": list("abcd") for k in range(8)})
    with pytest.raises(TypeError, match=r"column 'c4' holds text, such as 'a' and 3 more: "):
        train(X)


def test_a_lazy_frame_must_be_collected():
    with pytest.raises(TypeError, match=re.escape("X must be an array of real numbers, got Lazy")):
        train(pl.LazyFrame(COLUMNS))


@both
def test_labels_of_text_are_for_the_classifier(frame):
    animals = frame({"animal": ["cat", "dog", "cat", "dog"]})
    told = "column 'animal' holds text, such as 'cat': labels of classes must be one-hot rows, or"
    for y in (animals, animals["animal"]):
        with pytest.raises(TypeError, match=f"y must have real numbers alone: {told} be given to"):
            train(frame(COLUMNS), y)


@both
def test_a_missing_number_is_named_by_column_and_row(frame):
    for values in ([1.0, 2.0, None, 4.0], [1, 2, None, 4], [True, False, None, True]):
        series = pd.array(values) if frame is pd.DataFrame else values
        X = frame({**COLUMNS, "weight": series})
        with pytest.raises(ValueError, match="got nan in column 'weight' of row 2: fill missing"):
            train(X)
    run = train(frame(COLUMNS))
    wrong = frame({**COLUMNS, "age": [1.0, float("inf"), 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"got inf in column 'age' of row 1$"):
        run.predict(wrong)
    with pytest.raises(ValueError, match="y must be finite in float64, got nan in column 'age'"):
        train(frame(COLUMNS), wrong["age"] * float("nan"))


def test_a_missing_number_has_its_rows_label():
    X = pd.DataFrame({"age": [1.0, 2.0, np.nan]}, index=["ann", "bob", "eve"]).iloc[1:]
    with pytest.raises(ValueError, match=re.escape("'age' of row 1 (its label is 'eve')")):
        train(X, [0, 1])
    with pytest.raises(ValueError, match=re.escape("'age' of row 1 (its label is 70)")):
        train(X.set_axis([30, 70]), [0, 1])


def test_a_missing_number_of_an_array_has_its_index():
    with pytest.raises(
        ValueError, match=re.escape("got nan at index (1, 0): fill missing numbers")
    ):
        train([[1.0], [np.nan]], [0, 1])


OTHER_COLUMNS = {
    "order": (
        ["smokes", "age"],
        "column 0 must be 'age', got 'smokes'; X[list(run.feature_names)] has that of",
    ),
    "missing": (["age"], "'smokes' is missing"),
    "more": (["age", "smokes", "id"], "leave out 'id'"),
    "others": (["id", "rank"], "'age', 'smokes' are missing, 'id', 'rank' not known"),
}


@both
@pytest.mark.parametrize(("names", "message"), OTHER_COLUMNS.values(), ids=OTHER_COLUMNS)
def test_other_columns_than_in_training_are_refused(frame, names, message):
    X = frame({**COLUMNS, "id": [1, 2, 3, 4], "rank": [1, 2, 3, 4]})
    run = train(X[["age", "smokes"]])
    wanted = f"X must have the columns of training, in their order: {message}"
    for use in (
        run.predict,
        lambda X: fusedmlp.error_surface(run, X, Y, (0, 0, 0), (0, 1, 0), points=2),
        lambda X: train(X, warm_start=run),
    ):
        with pytest.raises(ValueError, match=re.escape(wanted)):
            use(X[names])
    assert_array_equal(run.predict(X[list(run.feature_names)]), run.predict(X[["age", "smokes"]]))


@both
def test_other_columns_of_a_validation_set_are_refused(frame):
    X = frame(COLUMNS)
    message = "validation: X must have the columns of training, in their order: column 0 must be"
    with pytest.raises(ValueError, match=re.escape(message)):
        train(X, validation=(X[["smokes", "age"]], Y))


@both
def test_other_columns_of_a_chunk_are_refused(frame):
    X = frame(COLUMNS)
    chunks = [X, X[["smokes", "age"]]]
    message = "X must have the columns of chunk 0, in their order: column 0 must be 'age', got"
    with pytest.raises(ValueError, match=re.escape(f"chunk 1: {message}")):
        train(chunks, [Y, Y])
    with pytest.raises(ValueError, match=re.escape(f"chunk 1 of epoch 0: {message}")):
        train([(chunk, Y) for chunk in chunks], None, batch_size=2)
    assert train([X, X], [Y, Y]).feature_names == ("age", "smokes")
    assert train([(X, Y)], None, batch_size=2).feature_names == ("age", "smokes")


@both
def test_names_outlive_copies_and_files(frame, tmp_path):
    X = frame(COLUMNS)
    run = train(X)
    run.save(tmp_path / "run")
    later = train(np.asarray(X, float), warm_start=run)
    for other in (pickle.loads(pickle.dumps(run)), fusedmlp.load(tmp_path / "run"), later):
        assert other.feature_names == run.feature_names
        with pytest.raises(ValueError, match="in their order"):
            other.predict(X[["smokes", "age"]])


def test_names_that_are_not_all_text_are_not_kept():
    assert train(pd.DataFrame(COLUMNS).set_axis([0, "b"], axis=1)).feature_names is None


def test_many_networks_of_a_frame():
    X = pd.DataFrame(COLUMNS).astype({"age": "Int64"})
    runs = fusedmlp.train_many(X, Y, starts=3, **QUICK)
    assert runs[1].feature_names == ("age", "smokes")
    assert_array_equal(runs.predict(X)[2], runs[2].predict(X))
    for predict in (runs.predict, runs.ensemble().predict):
        with pytest.raises(ValueError, match="in their order"):
            predict(X[["smokes", "age"]])
