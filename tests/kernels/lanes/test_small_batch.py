"""The path for few rows: layout, vector helpers; runs may be cut, and change kernels, anywhere."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np
import pytest
from numba import config, njit
from numpy.testing import assert_allclose, assert_array_equal

from fusedmlp import kernels
from fusedmlp.kernels import vector
from fusedmlp.kernels.lanes import fit_in_lanes, specialized
from fusedmlp.kernels.lanes.layout import layout_of
from fusedmlp.kernels.lanes.unit_layout import unit_layout_of
from fusedmlp.kernels.vector import REGISTER
from fusedmlp.plan import make_state
from tests.cases import EVERYTHING, SOFTMAX, Case, prepared

TYPES = ["float64", "float32"]
FEW = {**EVERYTHING, "batch_size": None}
SHAPES = [
    (3, 1),
    (1, 1),
    (3, 4, 1),
    (3, 32, 1),
    (4, 8, 8, 2),
    (2, 3, 4, 5, 6),
    (5, 7, 3),
    (9, 1, 9),
]


def runs(sizes, dtype, *, fewer=(), **options):
    """A run of each number of rows that half fills a vector or more, and of fewer."""
    lanes = REGISTER // np.dtype(dtype).itemsize
    for rows in (*fewer, *range(lanes // 2, lanes + 1)):
        case = Case("", sizes, rows, options)
        yield prepared(*case.data(), **case.arguments(dtype=dtype))


def layout_for(run):
    bias, itemsize = run.plan.bias, run.params.itemsize
    return layout_of(run.sizes, run.plan.activations.tolist(), bias, itemsize)


def new_state(run):
    return make_state(run.plan, run.params.copy(), len(run.X))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
@pytest.mark.parametrize("bias", [False, True])
def test_every_number_has_a_place_of_its_own(sizes, dtype, bias):
    run = next(runs(sizes, dtype, bias=bias))
    state = new_state(run)
    layout = layout_for(run)
    lanes = REGISTER // np.dtype(dtype).itemsize
    assert np.unique(layout.params).size == state.params.size
    assert layout.params.max() < layout.size
    assert layout.size % (4 * lanes) == 0
    used = [range(3 * layout.size), range(layout.targets, layout.end)]
    for n_out, place in layout.layers[:, [1, 7]]:
        used.append(range(place, place + (n_out + 1) * lanes))
    for n_out, place in layout.layers[:, [1, 8]]:
        used.append(range(place, place + n_out * lanes))
    n_in, place = layout.layers[0, [0, 6]]
    used.append(range(place, place + n_in * lanes))
    numbers = np.concatenate([list(each) for each in used])
    assert np.unique(numbers).size == numbers.size
    assert numbers.max() < layout.end


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("sizes", [(3, 4, 1), (9, 1, 9), (5, 32, 3)], ids=str)
@pytest.mark.parametrize("bias", [False, True])
def test_units_in_the_lanes_have_places_of_their_own(sizes, rows, bias):
    run = prepared(
        *Case("", sizes, rows, {}).data(), **Case("", sizes, rows, {"bias": bias}).arguments()
    )
    layout = unit_layout_of(sizes, run.plan.activations.tolist(), bias, rows, 8)
    lanes, (inputs, hidden, outputs) = REGISTER // 8, sizes
    assert np.unique(layout.params).size == layout.params.size == run.params.size
    assert layout.params.max() < layout.size
    assert layout.size % (4 * lanes) == layout.line % lanes == 0
    assert hidden <= layout.line < hidden + lanes
    (X, hidden_outputs, hidden_deltas), (_, out, delta) = layout.layers[:, 6:9]
    columns = -(-outputs // lanes) * lanes  # dot products read whole squares
    used = [
        range(3 * layout.size),
        range(X, X + rows * (inputs + bias)),
        *(range(start, start + rows * layout.line) for start in (hidden_outputs, hidden_deltas)),
        *(range(start, start + columns * lanes) for start in (out, delta, layout.targets)),
        range(layout.sums, layout.sums + outputs * lanes),
        range(layout.row_scales, layout.row_scales + lanes),
        range(layout.is_unit, layout.is_unit + layout.line),
        range(layout.totals, layout.totals + lanes * lanes),
    ]
    numbers = np.concatenate([list(each) for each in used])
    assert np.unique(numbers).size == numbers.size
    assert numbers.max() < layout.end


def test_a_layer_lies_the_way_that_leaves_fewer_lanes_empty():
    lanes = REGISTER // 8
    run = next(runs((lanes, lanes, 1), "float64"))
    layers = layout_for(run).layers
    assert layers[0, 4:6].tolist() == [lanes, 1]
    assert layers[1, 4:6].tolist() == [1, lanes]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9, "learning_rate": 0.1, "bias": True},
        {"track_directions": True, "record_every": 3},
        {"activation": "tanh", "loss": "log_loss", "reduction": "mean"},
        FEW,
    ],
    ids=["baseline", "momentum", "directions", "tanh", "everything"],
)
def test_a_run_cut_anywhere_ends_with_the_same_bits(sizes, dtype, options):
    if options is FEW and sizes[-1] == 1:
        options = {k: v for k, v in FEW.items() if k not in SOFTMAX}
    for run in runs(sizes, dtype, fewer=(1, 3), **options):
        rows = len(run.X)
        whole, sliced = new_state(run), new_state(run)
        assert kernels.fit(run.plan, run.X, run.y, whole, 10 * rows)
        for stop in (1, rows, 3 * rows, 3 * rows + 1, 10 * rows):
            assert kernels.fit(run.plan, run.X, run.y, sliced, stop)
        assert_same_bits(sliced, whole)


def assert_same_bits(ours, theirs):
    for our, their in zip(ours[:-1], theirs[:-1], strict=True):  # all but the work space
        assert_array_equal(our, their)


def compile_after(seconds, monkeypatch):
    for name in ("BEFORE_LOADING", "BEFORE_COMPILING", "BEFORE_COMPILING_ALL"):
        monkeypatch.setattr(specialized, name, seconds)


@pytest.fixture
def first_runs():
    """Let no run before count."""
    fit_in_lanes._kernel_for.cache_clear()
    yield
    fit_in_lanes._kernel_for.cache_clear()


NESTEROV = {"momentum": 0.9, "nesterov": True, "learning_rate": 0.1}
CONSTANTS = [
    ((3, 4, 1), "float64", {}),
    ((4, 8, 8, 2), "float64", {**NESTEROV, "bias": True, "track_directions": True}),
    ((3, 1), "float32", {"momentum": 0.9, "activation": "tanh", "loss": "log_loss"}),
    ((9, 1, 9), "float64", {**SOFTMAX, "activation": "relu", "bias": True}),
    ((2, 3, 4, 5, 6), "float32", FEW),
    ((4, 6, 5, 2), "float64", {"activation": ["elu", "softplus"], "output_activation": "softplus"}),
    ((3, 5, 2), "float32", {"activation": "leaky_relu", "learning_rate": 0.1}),
    ((5, 7, 3), "float32", {"output_activation": "identity", "learning_rate": 0.02, **NESTEROV}),
]


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.usefixtures("first_runs")
@pytest.mark.parametrize(("sizes", "dtype", "options"), CONSTANTS)
def test_constants_change_no_bit_whenever_they_come(sizes, dtype, options, monkeypatch):
    for run in runs(sizes, dtype, fewer=(1,), **options):
        rows = len(run.X)
        general, changing, constant = new_state(run), new_state(run), new_state(run)
        with monkeypatch.context() as patch:
            compile_after(np.inf, patch)
            fit_in_lanes._kernel_for.cache_clear()
            assert kernels.fit(run.plan, run.X, run.y, general, 10 * rows)
            assert kernels.fit(run.plan, run.X, run.y, changing, 3 * rows)
        with monkeypatch.context() as patch:
            compile_after(0.0, patch)
            patch.setattr(specialized, "fit_small_batch", None)  # from here on no one calls it
            assert kernels.fit(run.plan, run.X, run.y, changing, 7 * rows)
            assert kernels.fit(run.plan, run.X, run.y, changing, 10 * rows)
            assert kernels.fit(run.plan, run.X, run.y, constant, 10 * rows)
        assert_same_bits(changing, general)
        assert_same_bits(constant, general)


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.usefixtures("first_runs")
def test_threads_may_want_constants_at_once(monkeypatch):
    def train(run):
        state = new_state(run)
        for epochs in range(1, 11):
            assert kernels.fit(run.plan, run.X, run.y, state, epochs * len(run.X))
        return state

    run = next(runs((3, 4, 1), "float64"))
    expected = train(run)
    compile_after(0.0, monkeypatch)
    fit_in_lanes._kernel_for.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        for state in pool.map(train, [run] * 4):
            assert_same_bits(state, expected)


def test_a_call_that_compiles_the_general_kernel_is_no_long_run(monkeypatch):
    kernel = specialized.SpecializedKernel(None, None)
    monkeypatch.setattr(specialized, "fit_small_batch", lambda *_: True)
    with monkeypatch.context() as patch:
        compiled = count()
        patch.setattr(specialized, "times_compiled", lambda _: next(compiled))
        assert kernel.fit()
        assert kernel.seconds == 0
    monkeypatch.setattr(specialized, "times_compiled", lambda _: 1)
    assert kernel.fit()
    assert kernel.seconds > 0


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_no_weight_that_is_not_finite_goes_unseen(place, value):
    """Whichever of the four chains of the check it is in."""
    lanes = REGISTER // 8
    run = next(runs((lanes, 6, 1), "float64", learning_rate=1e-300))
    state = new_state(run)
    state.params[place * 4] = value
    assert not kernels.fit(run.plan, run.X, run.y, state, 10 * len(run.X))
    assert state.position[0] == len(run.X)


def compiled(function):
    return function if config.DISABLE_JIT else njit(function)


@pytest.mark.parametrize("real", [np.float64, np.float32])
def test_dot_products_are_those_of_each_vector(real):
    lanes = REGISTER // np.dtype(real).itemsize
    random = np.random.default_rng(0)
    memory = random.normal(size=(lanes + 1, lanes)).astype(real)
    result = np.zeros((2, lanes), real)

    @compiled
    def run(memory, result, lanes):
        m, r = vector.address(memory), vector.address(result)
        first = vector.load(m, 0)
        vector.store(r, 0, vector.dot_products(first, m, lanes))
        for k in range(lanes):
            one = vector.sum_lanes(first * vector.load(m, (k + 1) * lanes))
            vector.put(r, lanes + k, one)

    run(memory, result, lanes)
    assert_array_equal(*result)
    assert_allclose(result[0], (memory[1:] * memory[0]).sum(axis=1), rtol=1e-5, atol=1e-6)


def test_split_undoes_concatenate():
    lanes = REGISTER // 8
    memory = np.arange(2.0 * lanes)
    result = np.zeros_like(memory)

    @compiled
    def run(memory, result, lanes):
        m, r = vector.address(memory), vector.address(result)
        low, high = vector.split(vector.concatenate(vector.load(m, 0), vector.load(m, lanes)) * 2.0)
        vector.store(r, 0, high)
        vector.store(r, lanes, low)

    run(memory, result, lanes)
    assert_array_equal(result, np.roll(2 * memory, lanes))
