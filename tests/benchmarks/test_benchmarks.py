"""Each operation, training and prediction beside its NumPy twin: `pytest --benchmark-only`.

Every benchmark checks first that both give the same, which also compiles; see benchmarks/ for the
suites that follow the speed from commit to commit.
"""

import pytest
from threadpoolctl import threadpool_limits

from benchmarks.common import IMPLEMENTATIONS
from benchmarks.operation_calls import (
    OPERATIONS,
    calls_in_a_timing,
    check_operation,
    operation_call,
)
from benchmarks.peers.rows import ROWS
from benchmarks.training_calls import (
    EPOCHS,
    MANY,
    ROW,
    VALIDATED,
    check_many,
    check_predict,
    check_training,
    check_validated,
    many_call,
    predict_call,
    training_call,
    validated_call,
)
from fusedmlp import kernels
from tests.cases import SPEED_CASES

both = pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
trainings = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

# Their first layers have the shapes of every kind: tiny, small, wide.
LAYERS = [case for case in SPEED_CASES if case.name in ("3-4-1", "20-64-64-2", "784-100-10")]


@pytest.fixture(autouse=True)
def _one_thread():
    """As in asv's suites, and in the tests of this file alone."""
    with threadpool_limits(1):
        yield


@both
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", LAYERS, ids=str)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation(benchmark, operation, case, dtype, implementation):
    check_operation(operation, case, dtype)
    benchmark.group = f"{operation} in {case}, {dtype}"
    function, arguments = operation_call(implementation, operation, case, dtype)
    benchmark(function, *arguments)


@both
@trainings
def test_train(benchmark, row, implementation):
    check_training(row)
    benchmark.group = f"train {row.name}"
    run = training_call(implementation, row, EPOCHS[row.name])
    run()
    benchmark(run)


@both
@pytest.mark.parametrize("network", VALIDATED)
def test_train_validated(benchmark, network, implementation):
    check_validated(ROW[network])
    benchmark.group = f"train {network}, validated"
    run = validated_call(implementation, ROW[network], EPOCHS[network])
    run()
    benchmark(run)


@both
@trainings
@pytest.mark.parametrize("rows", [1, 1000])
def test_predict(benchmark, row, rows, implementation):
    check_predict(row, rows)
    benchmark.group = f"predict {rows} with {row.name}"
    benchmark(predict_call(implementation, row, rows))


def test_every_operation_is_timed():
    whole_runs = {"fit", "predict", "error_surface"}  # the first two in train and predict
    many = {"fit_networks", "measure_networks"}  # the first in train_many
    inside_others = {"mix"}  # one number's hash, which row_order calls
    on_a_runs_state = {"row_chances", "draw_rows", "add_squares", "learn_to_sample"}  # AW-SGD's
    apart = whole_runs | many | inside_others | on_a_runs_state
    assert {*OPERATIONS, *apart} == set(kernels.__all__)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", SPEED_CASES[:3], ids=str)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_both_implementations_of_what_is_timed_agree(operation, case, dtype):
    check_operation(operation, case, dtype)


def test_a_difference_is_seen_before_it_is_timed(monkeypatch):
    monkeypatch.setattr(kernels, "update", lambda *_: None)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_operation("update", SPEED_CASES[0])


def test_there_is_a_length_for_every_training():
    assert list(EPOCHS) == list(ROW) == [case.name for case in SPEED_CASES]


def test_many_calls_where_they_are_short_and_few_where_they_are_long():
    by_name = {case.name: case for case in SPEED_CASES}
    assert calls_in_a_timing("update", by_name["3-4-1"]) == 5000
    assert calls_in_a_timing("update", by_name["784-100-10"]) == 2000
    assert calls_in_a_timing("forward", by_name["784-512-512-10"]) == 20


@pytest.mark.parametrize("name", MANY)
def test_one_of_many_networks_is_that_of_train(name):
    check_many(name)
    runs = many_call(name)()
    row, networks, epochs = MANY[name]
    assert runs.epochs.tolist() == [epochs] * networks
    assert runs.options["hidden"][0] == row.case.sizes[1:-1]


@pytest.mark.parametrize("name", VALIDATED)
def test_a_validated_training_measures_each_epoch(name):
    check_validated(ROW[name])
    assert validated_call("kernels", ROW[name], 3)().history["validation_loss"].shape == (3,)
