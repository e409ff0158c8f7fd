"""Kernels for one shape: the bits of the kernel for any sizes, and when they are chosen."""

import numpy as np
import pytest

from fusedmlp import kernels
from fusedmlp.kernels.many import shape_choice
from fusedmlp.kernels.many.shape import ShapeType, places_of
from fusedmlp.options.table import checked_options
from fusedmlp.plan.networks import make_networks, own_numbers, schedule_of
from fusedmlp.plan.plan import make_plan

SHAPES = {
    "3-4-1": ((3, 4, 1), 4, {}),
    "3-1 with bias": ((3, 1), 5, {"bias": True, "reduction": "mean"}),
    "5-3-2 with bias, log loss": (
        (5, 3, 2), 7, {"bias": True, "loss": "log_loss", "momentum": 0.9, "dtype": "float32"},
    ),
}  # fmt: skip


def run_of(sizes, rows, options):
    """Return the arguments of `fit_networks`, and a function that makes the networks anew."""
    options = checked_options({"epochs": 20, "record_every": 3, **options})
    plan, random = make_plan(options, sizes, rows), np.random.RandomState(0)
    dtype = options["dtype"]
    X = random.randn(rows, sizes[0]).astype(dtype)
    y = random.random_sample((rows, sizes[-1])).astype(dtype)
    params = random.randn(11, plan.extras.scale_offset).astype(dtype)
    own = np.array([own_numbers({**options, "learning_rate": 0.1 * (k + 1)}) for k in range(11)])

    def networks():
        return make_networks(plan, own, schedule_of(options, rows), params.copy(), range(11))

    return plan, X, y, networks


def trained(plan, X, y, networks):
    made = networks()
    assert kernels.fit_networks(plan, X, y, made, np.arange(11), 0, 20) == 11
    return made


@pytest.mark.parametrize("name", SHAPES)
def test_same_bits(name, monkeypatch):
    run = run_of(*SHAPES[name])
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    general = trained(*run)
    monkeypatch.setattr(shape_choice, "BEFORE_COMPILING", 0.0)
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    special = trained(*run)
    (choice,) = shape_choice._CHOICES.values()
    assert choice.chosen
    for field in ("params", "velocity", "errors", "losses"):
        assert np.array_equal(getattr(general, field), getattr(special, field)), field


def test_places_follow_one_another():
    """Each part begins where the one before it ends, and the last parts are as in the layout."""
    shape = ShapeType((3, 4, 2), 1, 5)
    places = places_of(shape)
    assert (places.weights, places.biases, places.gradient) == ([0, 16], [12, 24], 26)
    assert np.diff([*places.values, *places.deltas]).tolist() == [15, 20, 10, 20]


@pytest.mark.parametrize(
    "change", [{"batch_size": 2}, {"hidden": (4, 4)}, {"hidden": (60,)}], ids=str
)
def test_other_batches_have_no_shape(change, monkeypatch):
    hidden, options = change.get("hidden", (4,)), {k: v for k, v in change.items() if k != "hidden"}
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    trained(*run_of((3, *hidden, 1), 4, options))
    assert not shape_choice._CHOICES


def test_a_short_run_waits(monkeypatch):
    monkeypatch.setattr(shape_choice, "_CHOICES", {})
    trained(*run_of(*SHAPES["3-4-1"]))
    (choice,) = shape_choice._CHOICES.values()
    assert not choice.chosen
