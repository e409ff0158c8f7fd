"""Kernels for one shape: the bits of the kernel for any sizes, and when they are chosen."""

import numpy as np
import pytest

from fusedmlp import kernels
from fusedmlp.kernels.many import shape_choice
from fusedmlp.kernels.many.shape import Sizes, places_of
from fusedmlp.options.table import checked_options
from fusedmlp.plan.networks import OWN_NUMBERS, make_networks, own_numbers, schedule_of
from fusedmlp.plan.plan import make_plan

SHAPES = {
    "3-4-1": ((3, 4, 1), 4, {}),
    "3-1 with bias": ((3, 1), 5, {"bias": True, "reduction": "mean"}),
    "5-3-2 with bias, log loss": (
        (5, 3, 2), 7, {"bias": True, "loss": "log_loss", "momentum": 0.9, "dtype": "float32"},
    ),
    "4-2-3, softmax, Adam, clipped": (
        (4, 2, 3), 6,
        {"loss": "log_loss", "output_activation": "softmax", "optimizer": "adam", "clip_norm": 1.0},
    ),
    "softmax and squared error": ((2, 3, 3), 3, {"bias": True, "output_activation": "softmax"}),
    "tanh, Huber, Nesterov": (
        (3, 5, 2), 4,
        {
            "bias": True, "activation": "tanh", "output_activation": "identity", "loss": "huber",
            "momentum": 0.5, "nesterov": True,
        },
    ),
    "1-1, as many rows as have room": (
        (1, 1), 256, {"bias": True, "loss": "absolute_error", "output_activation": "identity"},
    ),
}  # fmt: skip


def run_of(sizes, rows, options, count=11):
    """Return the arguments of `fit_networks`, and a function that makes the networks anew."""
    options = checked_options({"epochs": 20, "record_every": 3, **options})
    plan, random = make_plan(options, sizes, rows), np.random.RandomState(0)
    dtype = options["dtype"]
    X = random.randn(rows, sizes[0]).astype(dtype)
    y = random.random_sample((rows, sizes[-1])).astype(dtype)
    if options["output_activation"] == "softmax":
        y = np.eye(sizes[-1], dtype=dtype)[np.arange(rows) % sizes[-1]]
    params = random.randn(count, plan.extras.scale_offset).astype(dtype)
    rates = 0.1 * (1 + np.arange(count)) / rows
    own = np.array([own_numbers({**options, "learning_rate": rate}) for rate in rates])

    def networks():
        return make_networks(plan, own, schedule_of(options, rows), params.copy(), range(count))

    return plan, X, y, networks


def trained(plan, X, y, networks):
    made = networks()
    count = len(made.params)
    assert kernels.fit_networks(plan, X, y, made, np.arange(count), 0, 20) == count
    return made


def trained_both_ways(run, monkeypatch):
    """Return networks trained by the kernel for any sizes, and by the one for their shape."""
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    general = trained(*run)
    monkeypatch.setattr(shape_choice, "BEFORE_COMPILING", 0.0)
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    special = trained(*run)
    (choice,) = shape_choice._CHOICES.values()
    assert choice.chosen
    return general, special


def assert_same_bits(general, special):
    for field in ("params", "velocity", "squares", "errors", "losses", "diverged"):
        a, b = getattr(general, field), getattr(special, field)
        assert np.array_equal(a, b, equal_nan=True), field


@pytest.mark.parametrize("name", SHAPES)
def test_same_bits(name, monkeypatch):
    general, special = trained_both_ways(run_of(*SHAPES[name]), monkeypatch)
    assert np.isfinite(general.params).all()
    assert_same_bits(general, special)


@pytest.mark.parametrize("count", [1, 8, 9, 16, 17, 40])
def test_same_bits_for_any_number_of_networks(count, monkeypatch):
    """Two groups take turns; there may be one, and neither needs to be full."""
    assert_same_bits(*trained_both_ways(run_of((3, 4, 1), 4, {}, count), monkeypatch))


def test_same_bits_with_a_schedule(monkeypatch):
    """Rates are set anew for each epoch, of the group that has networks."""
    options = {"learning_rate_schedule": "exponential", "warmup_epochs": 3}
    assert_same_bits(*trained_both_ways(run_of((3, 4, 1), 4, options, 3), monkeypatch))


def test_networks_that_diverge_leave_the_others_alone(monkeypatch):
    options = {"output_activation": "identity", "activation": "identity", "bias": True}
    plan, X, y, networks = run_of((2, 2, 1), 3, options, 20)
    rate = OWN_NUMBERS.index("learning_rate")

    def some_diverge():
        made = networks()
        made.numbers[:, rate] = 0.01
        made.numbers[[2, 9, 13], rate] = 1e6
        return made

    general, special = trained_both_ways((plan, X, y, some_diverge), monkeypatch)
    assert (general.diverged > 0).nonzero()[0].tolist() == [2, 9, 13]
    assert_same_bits(general, special)


def test_weights_whose_sum_overflows_are_finite(monkeypatch):
    """The kernels look at the sum first: the networks go on, as long as each weight is finite."""
    plan, X, y, networks = run_of((2, 2, 1), 3, {}, 3)

    def huge():
        made = networks()
        made.params[1, :4] = 1.5e308  # of the hidden units, which are 0 or 1 then
        return made

    general, special = trained_both_ways((plan, 0.1 * X, y, huge), monkeypatch)
    assert not general.diverged.any()
    assert_same_bits(general, special)


def test_places_follow_one_another():
    """Each part begins where the one before it ends, and the last parts are as in the layout."""
    places = places_of(Sizes((3, 4, 2), 1, 5, (1, 1), 0))
    assert (places.weights, places.biases, places.gradient) == ([0, 16], [12, 24], 26)
    assert (places.velocity, places.numbers) == (52, 104)
    parts = [*places.values, *places.deltas, places.sums, places.targets]
    assert np.diff(parts).tolist() == [15, 20, 10, 20, 10, 10]


@pytest.mark.parametrize(
    "change", [{"batch_size": 2}, {"hidden": (4, 4)}, {"hidden": (60,)}], ids=str
)
def test_other_batches_have_no_shape(change, monkeypatch):
    hidden, options = change.get("hidden", (4,)), {k: v for k, v in change.items() if k != "hidden"}
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    trained(*run_of((3, *hidden, 1), 4, options))
    assert not shape_choice._CHOICES


def test_shuffled_full_batches_have_no_shape(monkeypatch):
    """`make_plan` shuffles no full batch, but a caller's own plan may."""
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    plan, *others = run_of((3, 4, 1), 4, {})
    trained(plan._replace(shuffle=1), *others)
    assert not shape_choice._CHOICES


def test_a_short_run_waits(monkeypatch):
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    trained(*run_of(*SHAPES["3-4-1"]))
    (choice,) = shape_choice._CHOICES.values()
    assert not choice.chosen
