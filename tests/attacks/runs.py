"""Random runs, kernels against reference, with inaccessible pages beside every array.

``python -m tests.attacks.runs --count 100000``

Each run is made by the kernels twice: with all arrays at the end of their pages and at the
beginning, cut into slices at random, with random numbers of threads. The bits must be the same. The
reference's numbers must be near. Where they are not, since a run can amplify rounding without
limit, the reference is run again with the kernels' twins in its steps, which checks each twin for
rounding alone (`tests/transplants.py`); what is left must be rounding too, or no more than what the
reference's own numbers move by if each result in its steps gets a unit of noise.
"""

import warnings
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from fusedmlp import kernels, reference
from fusedmlp.kernels.lanes import layout, unit_layout
from fusedmlp.plan import make_plan, make_state
from fusedmlp.plan.signals import PATIENCE
from fusedmlp.training import run as run_module
from fusedmlp.training.request import checked
from fusedmlp.training.run import run
from fusedmlp.training.slices import Slices
from fusedmlp.training.trainer import result_of
from tests.attacks.campaign import main
from tests.attacks.guarded_memory import GuardedMemory
from tests.attacks.random_runs import RandomRun, random_run
from tests.transplants import kernels_twins, noisy_twins

NEAR = {"float64": 1e-11, "float32": 1e-5}  # relative to the largest number of an array
NOISE_SEEDS = range(4)
MORE_THAN_NOISE = 10.0

Results = dict[str, Any]


def attempt(number: int) -> None:
    """Train with both backends, and compare all that can be seen of the results."""
    drawn = random_run(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of runs that diverge
        try:
            checked(drawn.X, drawn.y, drawn.hidden, drawn.options)
        except ValueError:  # options that contradict each other
            return
        ours = _guarded_results(drawn, number, at_end=True)
        require_same_bits(ours, _guarded_results(drawn, number, at_end=False))
        _compare(drawn, ours)


def _compare(drawn: RandomRun, ours: Results) -> None:
    """Raise AssertionError if the kernels' results are not those of the reference."""
    near, theirs = NEAR[drawn.options["dtype"]], _reference_results(drawn)
    if all(distance <= near for distance in distances(ours, theirs).values()):
        return
    with kernels_twins():
        apart = distances(ours, _reference_results(drawn))
    far = {name: distance for name, distance in apart.items() if distance > near}
    moves = dict.fromkeys(far, 0.0)
    for seed in NOISE_SEEDS if far else ():
        with noisy_twins(seed):
            moved = distances(_reference_results(drawn), theirs)
        moves = {name: max(move, moved[name]) for name, move in moves.items()}
    wrong = [
        f"{name} apart by {distance:.1e}, noise moves it by {moves[name]:.1e}"
        for name, distance in far.items()
        if not distance <= MORE_THAN_NOISE * moves[name]
    ]
    assert not wrong, "; ".join(wrong) + f": {drawn.hidden} {drawn.X.shape} {drawn.options}"


def distances(ours: Results, theirs: Results) -> dict[str, float]:
    """Return how far each result is from the other's, relative to the largest number there."""
    return {name: _distance(ours[name], value) for name, value in theirs.items()}


@np.errstate(all="ignore")
def _distance(ours: Any, theirs: Any) -> float:
    if isinstance(theirs, str):
        return 0.0 if ours == theirs else np.inf
    if ours.shape != theirs.shape:  # fewer epochs
        return np.inf
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if same.all():
        return 0.0
    if ours.dtype.kind != "f" or not np.isfinite([ours[~same], theirs[~same]]).all():
        return np.inf
    finite = np.abs(theirs[np.isfinite(theirs)], dtype=np.float64)
    return float(np.abs(ours - theirs)[~same].max() / max(1.0, finite.max()))


def require_same_bits(ours: Results, again: Results) -> None:
    """Raise AssertionError unless two results of the kernels have the same bits."""
    for name, value in ours.items():
        same = value == again[name] if isinstance(value, str) else _same(value, again[name])
        assert same, f"{name} has other bits with other slices, threads or memory"


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b, equal_nan=True)


def _reference_results(drawn: RandomRun) -> Results:
    options = {**drawn.options, "backend": "reference"}
    request = checked(drawn.X, drawn.y, drawn.hidden, options)
    plan = make_plan(request.options, request.sizes, len(request.data.X), request.seed)
    outcome = run(plan, request)
    outputs = np.empty_like(request.data.y)
    return _results(plan, request, outcome, reference, outputs)


def _guarded_results(drawn: RandomRun, number: int, at_end: bool) -> Results:
    """Return the kernels' results, from arrays in guarded memory."""
    random = np.random.default_rng([number, at_end])
    with GuardedMemory(at_end) as memory, _guarded_run(memory, random):
        request = checked(drawn.X, drawn.y, drawn.hidden, drawn.options)
        plan = make_plan(request.options, request.sizes, len(request.data.X), request.seed)
        changed = {"data": memory.copies(request.data), "params": memory.copy(request.params)}
        if request.validation is not None:
            changed["validation"] = memory.copies(request.validation)
        request, plan = request._replace(**changed), memory.copies(plan)
        outcome = run(plan, request)
        return _results(plan, request, outcome, kernels, memory.copy(request.data.y * np.nan))


@contextmanager
def _guarded_run(memory: GuardedMemory, random: np.random.Generator):
    """Put the state of a run into guarded memory; cut the run into slices at random."""

    class RandomSlices(Slices):
        def run_until(self, stop):
            state, finite = self._state, True
            while finite and state.position[0] < stop:
                first, plan = int(state.position[0]), self._plan
                end = int(random.integers(first, stop)) + 1 if random.random() < 0.7 else stop
                plan = plan._replace(threads=int(random.integers(plan.threads)) + 1)
                state.signals[PATIENCE] = random.integers(2)  # 1 ns: each long wait ends a slice
                finite = self._fit(plan, self._data.X, self._data.y, state, end)
                assert first < state.position[0] <= max(end, stop)
            return finite

    def guarded_state(*arguments):
        return memory.copies(make_state(*arguments))._replace(params=arguments[1])

    with (
        patch.object(run_module, "make_state", guarded_state),
        patch.object(run_module, "Slices", RandomSlices),
        patch.object(layout, "aligned_zeros", memory.zeros),
        patch.object(unit_layout, "aligned_zeros", memory.zeros),
    ):
        yield


def _results(plan: Any, request: Any, outcome: Any, package: Any, outputs: np.ndarray) -> Results:
    """Return copies of all that a caller can see of a run, and the predictions for its rows."""
    trained = result_of(plan, request, outcome)
    X, params = request.data.X, trained._params_without_batch_norm()
    prediction = trained._plan_for(len(X))._replace(threads=plan.threads)
    package.predict(prediction, params, X, outputs)
    changes = trained.direction_changes or []
    return {
        "params": trained._params.copy(),
        "running_stats": trained._running_stats.copy(),
        "outputs": outputs.copy(),
        "directions": np.concatenate([[0], *(layer.ravel() for layer in changes)]),
        "stopped": trained.stopped,
        **{name: values.copy() for name, values in trained.history.items()},
    }


if __name__ == "__main__":
    main("tests.attacks.runs", 1000)
