"""Arguments that do not fit: both implementations refuse them with the same words."""

import inspect
import re

import numpy as np
import pytest

from fusedmlp import kernels, reference
from fusedmlp.plan import Activation, Loss, make_state
from fusedmlp.plan.operations.declarations import OPERATIONS
from tests.cases import Case, prepared

PACKAGES = {"kernels": kernels, "reference": reference}
TAKE_A_PLAN = {
    "fit", "predict", "gradient", "error_surface", "fit_networks", "measure_networks"
}  # fmt: skip
SIGMOID = int(Activation.SIGMOID)


@pytest.fixture(params=PACKAGES.values(), ids=PACKAGES)
def package(request):
    return request.param


def layer(**more):
    """The arguments of `forward` for a layer 3-4 and 5 rows."""
    arrays = {
        "inputs": np.ones((5, 3)),
        "weights": np.ones((3, 4)),
        "biases": np.ones(4),
        "activation": SIGMOID,
        "outputs": np.zeros((5, 4)),
    }
    return {**arrays, **more}


def read_only(array):
    array.flags.writeable = False
    return array


def misaligned(size):
    return np.zeros(8 * size + 8, np.uint8)[1 : 8 * size + 1].view(np.float64)


WRONG_LAYERS = [
    ({"inputs": [[1.0]]}, TypeError, "inputs must be a NumPy array, got list"),
    ({"biases": None}, TypeError, "biases must be a NumPy array, got NoneType"),
    (
        {"weights": np.ones((3, 4), np.float32)},
        TypeError,
        "weights must have dtype float64, as inputs has, got float32",
    ),
    (
        {"inputs": np.ones((5, 3), int)},
        TypeError,
        "inputs must have dtype float32 or float64, got int64",
    ),
    (
        {"inputs": np.ones((5, 3), ">f8")},
        TypeError,
        "inputs must have dtype float32 or float64, got >f8",
    ),
    (
        {"weights": np.ones((4, 3))},
        ValueError,
        "weights must have shape (n_in, n_out) with n_in = 3 as in inputs, got shape (4, 3)",
    ),
    (
        {"biases": np.ones(3)},
        ValueError,
        "biases must have shape (n_out,) with n_out = 4 as in weights, got shape (3,)",
    ),
    (
        {"outputs": np.ones((4, 4))},
        ValueError,
        "outputs must have shape (rows, n_out) with rows = 5 as in inputs, n_out = 4 as in "
        "weights, got shape (4, 4)",
    ),
    (
        {"inputs": np.ones((0, 3)), "outputs": np.ones((0, 4))},
        ValueError,
        "inputs must have shape (rows, n_in), each at least 1, got shape (0, 3)",
    ),
    (
        {"inputs": np.ones(3)},
        ValueError,
        "inputs must have shape (rows, n_in), each at least 1, got shape (3,)",
    ),
    (
        {"weights": np.ones((4, 3)).T},
        ValueError,
        "weights must be C-ordered: np.ascontiguousarray(weights), got shape (3, 4) with strides "
        "(8, 24)",
    ),
    ({"biases": misaligned(4)}, ValueError, "biases must be aligned: np.require(biases, "),
    (
        {"outputs": read_only(np.ones((5, 4)))},
        ValueError,
        "outputs must be writable, got a read-only array",
    ),
    (
        {"activation": 11},
        ValueError,
        "activation must be a code of Activation, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], got 11",
    ),
    ({"activation": -1}, ValueError, "activation must be a code of Activation"),
    ({"activation": 10**5000}, ValueError, "got an integer of 16610 bits"),
    ({"activation": 1.0}, TypeError, "activation must be an integer, got float"),
    ({"activation": True}, TypeError, "activation must be an integer, got bool"),
    ({"activation": "relu"}, TypeError, "activation must be an integer, got str"),
]


@pytest.mark.parametrize("compiled_before", [True, False])
@pytest.mark.parametrize(("wrong", "error", "message"), WRONG_LAYERS)
def test_a_layer_that_does_not_fit(package, wrong, error, message, compiled_before):
    if compiled_before:
        package.forward(**layer())
    given = layer(**wrong)
    before = {name: np.array(value) for name, value in given.items() if name != "activation"}
    with pytest.raises(error, match=re.escape(message)) as raised:
        package.forward(**given)
    assert type(raised.value) is error
    for name, value in before.items():
        np.testing.assert_array_equal(given[name], value)


TREE = np.array([0.0, 3, 2, 1, 1, 1])
ROWS = np.array([0, 2])
WRONG = [
    ("row_chances", (TREE, 0.1, ROWS + 1, np.ones(2)), "drawn must be row numbers in 0..2, got 3"),
    ("row_chances", (TREE, 0.1, ROWS - 1, np.ones(2)), "drawn must be row numbers in 0..2, got -1"),
    ("row_chances", (TREE[:5], 0.1, ROWS, np.ones(2)), "scores must have shape (2 * rows,) with"),
    ("row_chances", (TREE, 1.5, ROWS, np.ones(2)), "floor must be at least 0.0 and at most 1.0"),
    ("draw_rows", (TREE[:0], 0.1, 1, 2, 3, ROWS.copy()), "with rows >= 1, got shape (0,)"),
    ("draw_rows", (TREE, 0.1, 1, 2, -1, ROWS.copy()), "first must be in 0..4611686018427387904"),
    (
        "learn_to_sample",
        (TREE.copy(), np.zeros(3), 0.1, 0.5, ROWS, np.ones(2)),
        "usual must have shape (2,), got shape (3,)",
    ),
    (
        "learn_to_sample",
        (TREE.copy(), np.zeros(2), 0.1, 0.5, ROWS + 2**62, np.ones(2)),
        "drawn must be row numbers in 0..2, got 4611686018427387904 at index 0",
    ),
    ("adam", (*np.ones((4, 3)), 0.1, 0.9, 0.9, 1e-8, 0), "step must be in 1..9223372036854775807"),
    ("adam", (*np.ones((4, 3)), 0.1, 1.0, 0.9, 1e-8, 1), "beta_1 must be at least 0.0 and below"),
    ("rprop", (*np.ones((4, 3)), 0.5, 1.2, 2.0, 1.0), "most_step must be at least least_step, got"),
    ("keep_mask", (5, 65_536, 0, np.ones(3)), "dropped must be in 0..65535, got 65536"),
    ("keep_mask", (5, -1, 0, np.ones(3)), "dropped must be in 0..65535, got -1"),
    ("keep_mask", (5, 1, -1, np.ones(3)), "start must be in 0..4611686018427387904, got -1"),
    ("mix", (-1, 0), "key must be in 0..18446744073709551615, got -1"),
    ("mix", (1, 2**64), "counter must be in 0..18446744073709551615, got 18446744073709551616"),
    ("row_order", (1, 2, np.frombuffer(bytes(80), int)), "order must be writable, got a read-only"),
    ("clip_values", (np.ones(3), np.nan), "most must be at least 0.0, got nan"),
    ("clip_norm", (np.ones((2, 0)), 1.0), "gradient must have at least one dimension and number"),
    ("penalize", (np.ones(3), np.ones((3, 1)), 0.1, 0.1), "must have shape (3,), as weights has"),
    ("update", (*np.ones((3, 2)), 0.1, 10**400, 0), "momentum must be a number of 64 bits, got an"),
    ("update", (*np.ones((3, 2)), 0.1, 0.9, 2), "nesterov must be in 0..1, got 2"),
    ("loss", (5, SIGMOID, np.ones((2, 2)), np.ones((2, 2))), "kind must be a code of Loss, [0, 1"),
    ("loss", (0, SIGMOID, np.ones((2, 2)), np.ones((2, 2)), -1.0), "huber_delta must be at least"),
    ("follow", (*np.ones((2, 3)), 0, *np.ones((2, 3))), "rows must be in 1..9223372036854775807"),
]


@pytest.mark.parametrize(("operation", "arguments", "message"), WRONG)
def test_numbers_indices_and_shapes_that_do_not_fit(package, operation, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(package, operation)(*arguments)


def test_draws_that_change_with_what_is_written_are_refused(package):
    chances = np.zeros(3)
    with pytest.raises(ValueError, match="drawn must share no memory with chances"):
        package.row_chances(TREE, 0.1, chances.view(int)[:2], chances[1:])
    scores = TREE.copy()
    with pytest.raises(ValueError, match="drawn must share no memory with scores"):
        package.learn_to_sample(scores, np.zeros(2), 0.1, 0.5, scores.view(int)[:1], np.ones(1))


def test_too_many_and_too_few_arguments(package):
    """Python says so, in one of two ways."""
    with pytest.raises(TypeError, match=r"missing .* argument: 'counter'"):
        package.mix(1)
    with pytest.raises(TypeError, match=r"too many positional|takes 2 positional arguments"):
        package.mix(1, 2, 3)
    with pytest.raises(TypeError, match=r"too many|unexpected keyword argument 'seed'"):
        package.mix(1, 2, seed=2)


def test_keys_of_64_bits_are_keys(package):
    package.mix(1, 2)  # the kernel now has a signature for small integers
    published = 0xE220A8397B1DCDAF  # SplitMix64's first output for the seed 0
    assert int(package.mix(0, 0)) == published
    assert int(package.mix(2**64 - 0x9E3779B97F4A7C15, 1)) == published
    assert int(package.mix(np.uint64(2**64 - 0x9E3779B97F4A7C15), 1)) == published


def test_arrays_of_a_subclass_are_the_arrays_that_they_are(package):
    z = np.zeros((2, 2))
    package.activate(SIGMOID, z.view(np.matrix))
    np.testing.assert_array_equal(z, 0.5)


def test_omitted_arguments_and_names_work(package):
    out = np.ones((2, 3))
    assert package.loss(int(Loss.HUBER), SIGMOID, out, targets=3 * out) == 6 * 1.5
    assert package.loss(int(Loss.HUBER), SIGMOID, out, 3 * out, huber_delta=2.0) == 6 * 2


def test_every_operation_is_declared_with_its_own_arguments():
    assert set(OPERATIONS) == set(reference.__all__) - TAKE_A_PLAN
    for name, requirements in OPERATIONS.items():
        assert list(inspect.signature(getattr(reference, name)).parameters) == list(requirements)


RUN = Case("", (3, 4, 2), 6, {"batch_size": 4, "epochs": 3})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X": np.ones((6, 4))}, ValueError, "X must have shape (rows, n_in) with n_in = 3 as in"),
        ({"y": np.ones((6, 1))}, ValueError, "n_out = 2 as in the plan, got shape (6, 1)"),
        ({"X": np.ones((6, 3), np.float32)}, TypeError, "y must have dtype float32, as X has, got"),
        ({"y": np.ones((2, 6)).T}, ValueError, "y must be C-ordered: np.ascontiguousarray(y)"),
        ({"plan": 1}, TypeError, "plan must be a Plan, got int"),
        ({"state": {}}, TypeError, "state must be a State, got dict"),
        ({"stop": 100}, ValueError, "state.errors must have 17 numbers for 17 epochs, got 3"),
        ({"stop": 1.5}, TypeError, "stop must be an integer, got float"),
    ],
)
def test_a_run_that_does_not_fit(change, error, message):
    run = prepared(*RUN.data(), **RUN.arguments())
    given = {"plan": run.plan, "X": run.X, "y": run.y, "stop": 6}
    given["state"] = make_state(run.plan, run.params, 6)
    reference.fit(**given)
    with pytest.raises(error, match=re.escape(message)):
        reference.fit(**{**given, **change})
