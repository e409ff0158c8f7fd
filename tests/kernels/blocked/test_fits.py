"""The compiled and the Python check of a run: both refuse what does not fit, and nothing else."""

from contextlib import suppress

import numpy as np
import pytest

from fusedmlp.kernels.blocked.fits import fit_fits, gradient_fits, prediction_fits, surface_fits
from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.plan import make_state
from fusedmlp.plan.blocking import numbers_per_row, workspace_size_for
from fusedmlp.plan.operations.runs import (
    check_fit,
    check_gradient,
    check_prediction,
    check_surface,
)
from tests.cases import EVERYTHING, Case, prepared

PLAIN = Case("plain", (3, 4, 2), 6, {"bias": True, "batch_size": 4, "epochs": 7})
EXTRAS = Case("extras", (3, 4, 5, 2), 9, {**EVERYTHING, "dropout": 0.25, "l1": 0.1})
NORM = Case("norm", (3, 4, 2), 6, {"batch_norm": True, "bias": True, "activation": "gelu"})
SAMPLER = Case("sampler", (3, 4, 2), 6, {"optimizer": "aw_sgd", "batch_size": 2})
RPROP = Case("rprop", (3, 4, 2), 6, {"optimizer": "rprop", "sample_weight": [1.0] * 6})
CASES = [PLAIN, EXTRAS, NORM, SAMPLER, RPROP]


@compiled
def fit_may_run(plan, extras, X, y, state, stop):
    return fit_fits(plan, extras, X, y, state, stop)


@compiled
def prediction_may_run(plan, params, X, outputs):
    return prediction_fits(plan, params, X, outputs)


@compiled
def gradient_may_run(plan, params, X, y, result, row_weights):
    return gradient_fits(plan, params, X, y, result, row_weights, None)


@compiled
def surface_may_run(plan, params, X, y, grid, measure, result):
    first, values, second, others = grid
    return surface_fits(plan, params, X, y, first, values, second, others, measure, result)


def accepted(check, *arguments):
    with suppress(ValueError):
        check(*arguments)
        return True
    return False


def run_of(case):
    run = prepared(*case.data(), **case.arguments())
    return run, make_state(run.plan, run.params.copy(), len(run.X), run.row_weights)


def other(array, size=None):
    """The same array with one number more, or with this many."""
    return np.zeros(array.size + 1 if size is None else size, array.dtype)


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


IN_PLAN = {
    "sizes": lambda p: [
        changed(p.sizes, 0, 4),
        changed(p.sizes, 1, -4),
        p.sizes[1:],
        other(p.sizes),
    ],
    "weight_offsets": lambda p: [changed(p.weight_offsets, -1, 1000), p.weight_offsets[1:]],
    "bias_offsets": lambda p: [changed(p.bias_offsets, 0, -1), other(p.bias_offsets)],
    "activations": lambda p: [changed(p.activations, 0, 11), changed(p.activations, 0, -1)],
    "bias": lambda p: [1 - p.bias, 2, -1],
    "batch_size": lambda _: [0, -1, 1000],
    "block_rows": lambda _: [0, -1, 10**6, 2**62],
    "partial_gradients": lambda _: [0, -1, 10**4],
    "workspace_size": lambda p: [0, p.workspace_size - 1, -1],
    "record_every": lambda _: [0, -1],
    "records_to_wait": lambda _: [-1, 2**41],
    "threads": lambda _: [0, -3],
    "loss": lambda _: [77, -1],
    "reduction": lambda _: [9],
    "nesterov": lambda _: [5],
    "seed": lambda _: [-1],
    "shuffle": lambda _: [2],
    "track_directions": lambda _: [-1],
    "epochs": lambda _: [0],
}
OF_STATE = (
    "gradient", "velocity", "squares", "learning_rate_factor", "running_stats", "position",
    "row_order", "last_direction", "direction_changes", "mean_row_weight", "sampler_tree",
    "sampler_mean", "draw_weights", "draw_squares", "row_weights", "params",
    "progress",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fit_is_refused_by_both_or_by_none(case):
    run, state = run_of(case)
    plan, rows = run.plan, len(run.X)

    def both(plan, X, y, state, stop):
        ours = accepted(check_fit, plan, X, y, state, stop)
        extras = plan.extras
        assert fit_may_run(plan, extras, X, y, state, stop) == ours
        return ours

    last = rows * plan.epochs
    assert both(plan, run.X, run.y, state, last)
    assert both(plan, run.X, run.y, state, 0)
    assert not both(plan, run.X, run.y, state, rows * plan.epochs * 10)
    assert not both(plan, run.X, run.y, state, 2**62)
    for X, y in ((run.X[:-1], run.y), (run.X[:0], run.y[:0]), (run.y, run.X), (run.X, run.X)):
        assert not both(plan, X, y, state, last)
    for name, values in IN_PLAN.items():
        for value in values(plan):
            assert not both(plan._replace(**{name: value}), run.X, run.y, state, last), name
    for name in OF_STATE:
        wrong = state._replace(**{name: other(getattr(state, name))})
        assert not both(plan, run.X, run.y, wrong, last), name
    for shape in ((1, state.params.size + 1), (2, 1)):
        wrong = state._replace(snapshots=np.zeros(shape, state.params.dtype))
        assert not both(plan, run.X, run.y, wrong, last)
    kept = state._replace(snapshots=np.zeros((2, state.params.size), state.params.dtype))
    assert both(plan, run.X, run.y, kept, last)
    for name in ("errors", "losses", "workspace"):
        few = state._replace(**{name: other(state.errors, 0).astype(getattr(state, name).dtype)})
        assert not both(plan, run.X, run.y, few, last), name
    for position in (-1, 2**62):
        wrong = state._replace(position=np.array([position]))
        assert not both(plan, run.X, run.y, wrong, last)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("parts", [2, 8])
def test_partial_gradients_have_room_and_whole_tiles(parts, bias):
    case = Case("", (4, 4, 1), 64, {"bias": bias})
    run = prepared(*case.data(), **case.arguments())
    row_size = numbers_per_row([4, 4, 1], 0)
    size = workspace_size_for([4, 4, 1], 64, parts, row_size, dropconnect=False)
    plan = run.plan._replace(partial_gradients=parts, workspace_size=size)
    state = make_state(plan, run.params.copy(), 64)
    for changed_plan, fits in (
        (plan, True),
        (plan._replace(workspace_size=size - 1), False),
        (plan._replace(block_rows=62), False),
    ):
        arguments = changed_plan, run.X, run.y, state, 64
        assert accepted(check_fit, *arguments) == fits
        assert fit_may_run(changed_plan, plan.extras, *arguments[1:]) == fits


def test_a_sampler_goes_on_from_rows_alone():
    run, state = run_of(SAMPLER)
    for row in (-1, 6, 2**62):
        wrong = state._replace(row_order=changed(state.row_order, 3, row))
        assert not accepted(check_fit, run.plan, run.X, run.y, wrong, 6)
        assert not fit_may_run(run.plan, run.plan.extras, run.X, run.y, wrong, 6)


def test_without_extras_their_state_does_not_matter():
    run, state = run_of(PLAIN)
    assert fit_may_run(run.plan._replace(extras=None), None, run.X, run.y, state, 6)
    few = state._replace(gradient=state.gradient[1:])
    assert not fit_may_run(run.plan._replace(extras=None), None, run.X, run.y, few, 6)


@pytest.mark.parametrize("case", [PLAIN, EXTRAS], ids=str)
def test_predictions_gradients_and_surfaces_are_refused_by_both_or_by_none(case):
    run, _ = run_of(case)
    values, result = np.zeros(2), np.zeros((2, 3))
    grid = 0, values, 3, np.zeros(3)

    def refused(plan, params, X, y):
        found = [
            accepted(check_prediction, plan, params, X, y),
            accepted(check_gradient, plan, params, X, y, np.zeros_like(params), None),
            accepted(check_surface, plan, params, X, y, *grid, 0, result),
        ]
        plain = plan._replace(extras=None)
        ours = [
            prediction_may_run(plain, params, X, y),
            gradient_may_run(plan, params, X, y, np.zeros_like(params), None),
            surface_may_run(plain, params, X, y, grid, 0, result),
        ]
        assert ours == found
        return not any(found)

    plan, params, X, y = run.plan, run.params, run.X, run.y
    assert not refused(plan, params, X, y)
    assert refused(plan, params[1:], X, y)
    assert refused(plan, other(params), X, y)
    assert refused(plan, params, X[:, :2].copy(), y)
    assert refused(plan, params, X, y[1:])
    assert refused(plan, params, X[:0], y[:0])
    for name in ("sizes", "weight_offsets", "bias_offsets", "activations", "bias"):
        for value in IN_PLAN[name](plan):
            assert refused(plan._replace(**{name: value}), params, X, y), name
    for first, second in ((-1, 3), (0, params.size)):
        wrong = first, values, second, np.zeros(3)
        assert not accepted(check_surface, plan, params, X, y, *wrong, 0, result)
        assert not surface_may_run(plan._replace(extras=None), params, X, y, wrong, 0, result)
