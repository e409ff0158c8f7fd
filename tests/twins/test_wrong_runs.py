"""`fit`, `predict`, `gradient` and `error_surface` called directly, with what does not fit."""

import numpy as np
import pytest

from fusedmlp import kernels, reference
from fusedmlp.plan import make_state
from fusedmlp.plan.codes import Measure
from fusedmlp.plan.signals import new_signals
from tests.cases import EVERYTHING, Case, prepared

CASES = [
    Case("lanes", (3, 4, 1), 4),
    Case("blocks", (3, 4, 2), 9, {"bias": True, "batch_size": 4}),
    Case("extras", (3, 4, 5, 2), 9, {**EVERYTHING, "dropout": 0.25, "l1": 0.1}),
]
PACKAGES = [reference, kernels]


def spoilt(array):
    """Yield an array in ways that do not fit."""
    yield np.zeros(array.size + 1, array.dtype).reshape(-1)
    yield np.concatenate([array.ravel(), array.ravel()]).reshape(-1, *array.shape[1:])
    yield array.astype(np.float16)
    yield array.astype(array.dtype.newbyteorder())
    yield array.tolist()
    yield None
    if array.ndim == 2 and array.shape[1] > 1:
        yield np.asfortranarray(np.repeat(array, 2, axis=1))[:, ::2]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def outcomes(act):
    """Return what each package says: "" or the type and the words of an error."""
    said = []
    for package in PACKAGES:
        try:
            act(package)
        except (TypeError, ValueError) as error:
            said.append(f"{type(error).__name__}: {error}")
        else:
            said.append("")
    return said


def require_refusal(act):
    said, also = outcomes(act)
    assert said == also != ""


def calls(case):
    """Yield each operation's call as a function (package, name of an argument, its value)."""
    run = prepared(*case.data(), **case.arguments(epochs=3))
    values = np.linspace(-1, 1, 3)

    def predict(package, **changed):
        given = {"params": run.params, "X": run.X, "outputs": np.empty_like(run.y)} | changed
        package.predict(run.plan, given["params"], given["X"], given["outputs"])

    def gradient(package, **changed):
        given = {"params": run.params, "X": run.X, "y": run.y, "result": run.params.copy()}
        package.gradient(run.plan, *(given | changed).values())

    def surface(package, **changed):
        given = {"params": run.params, "X": run.X, "y": run.y, "first": 0, "one": values}
        given |= {"second": 1, "other": values, "measure": int(Measure.LOSS)}
        given["result"] = np.empty((3, 3))
        package.error_surface(run.plan, *(given | changed).values())

    def fit(package, **changed):
        state = make_state(run.plan, run.params.copy(), len(run.X), run.row_weights)
        given = {"X": run.X, "y": run.y} | {k: v for k, v in changed.items() if k in ("X", "y")}
        rest = {k: v for k, v in changed.items() if k not in given}
        package.fit(run.plan, given["X"], given["y"], state._replace(**rest), 3 * len(run.X))

    state = make_state(run.plan, run.params.copy(), len(run.X), run.row_weights)
    yield predict, {"params": run.params, "X": run.X, "outputs": run.y}, {"outputs"}
    yield gradient, {"params": run.params, "X": run.X, "y": run.y, "result": run.params}, {"result"}
    yield surface, {"params": run.params, "X": run.X, "y": run.y}, set()
    arrays = {"X": run.X, "y": run.y, **state._asdict()}
    written = {"params", "gradient", "velocity", "position", "errors", "losses"}
    # Records and the workspace may be longer; what is not there is empty. A byte has no order.
    for name in ("errors", "losses", "workspace", "row_weights", "row_order", "last_direction"):
        del arrays[name]
    if run.plan.plain:  # the kernels do not look at what is the extras'
        for name in ("learning_rate_factor", "mean_row_weight", "sampler_mean"):
            del arrays[name]
    yield fit, {name: array for name, array in arrays.items() if array.size}, written


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_does_not_fit_is_refused_in_the_same_words(case):
    refused = 0
    for call, arrays, written in calls(case):
        call(reference)
        call(kernels)
        for name, array in arrays.items():
            for wrong in spoilt(array):
                require_refusal(lambda package, n=name, w=wrong, c=call: c(package, **{n: w}))
                refused += 1
            if name in written:
                wrong = read_only(array)
                require_refusal(lambda package, n=name, w=wrong, c=call: c(package, **{n: w}))
    assert refused > 80


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_refused_run_changes_nothing(case):
    run = prepared(*case.data(), **case.arguments(epochs=3))
    for package in PACKAGES:
        state = make_state(run.plan, run.params.copy(), len(run.X), run.row_weights)
        before = [array.tobytes() for array in state]
        with pytest.raises(ValueError, match="y must have shape"):
            package.fit(run.plan, run.X, run.y[:-1], state, 3 * len(run.X))
        assert [array.tobytes() for array in state] == before


def test_a_number_that_is_none_of_the_plan_s_is_refused_once_compiled_too():
    case = CASES[1]
    run = prepared(*case.data(), **case.arguments(epochs=3))
    wrong = {"threads": (0, -3), "loss": (77,), "reduction": (9,), "nesterov": (5,), "seed": (-1,)}
    wrong |= {"shuffle": (2,), "track_directions": (-1,), "epochs": (0,), "record_every": (0,)}
    plans = [run.plan._replace(**{n: v}) for n, values in wrong.items() for v in values]
    plans.append(run.plan._replace(extras=run.plan.extras._replace(dropout=7)))
    for plan in [run.plan, *plans]:

        def fit(package, plan=plan):
            state = make_state(run.plan, run.params.copy(), len(run.X))
            package.fit(plan, run.X, run.y, state, 3 * len(run.X))

        if plan is run.plan:
            assert outcomes(fit) == ["", ""]
        else:
            require_refusal(fit)


def test_what_is_measured_is_refused_once_compiled_too():
    call = list(calls(CASES[1]))[2][0]
    assert outcomes(lambda package: call(package)) == ["", ""]
    require_refusal(lambda package: call(package, measure=7))


def test_a_state_of_another_type_is_refused_and_stays():
    case = CASES[0]
    X, y = case.data()
    run = prepared(X, y, **case.arguments(epochs=3))
    state = make_state(run.plan, run.params.copy(), len(run.X))
    before = state.params.tobytes()
    other = prepared(X, y, **case.arguments(epochs=3, dtype="float32"))
    require_refusal(lambda package: package.fit(other.plan, other.X, other.y, state, 12))
    assert state.params.tobytes() == before


@pytest.mark.parametrize("package", PACKAGES)
def test_a_gradient_takes_signals_by_name(package):
    case = CASES[1]
    run = prepared(*case.data(), **case.arguments(epochs=3))
    result, signals = np.empty_like(run.params), new_signals()
    named = package.gradient(run.plan, run.params, run.X, run.y, result, signals=signals)
    assert named == package.gradient(run.plan, run.params, run.X, run.y, result.copy())
    with pytest.raises(ValueError, match="signals must have shape"):
        package.gradient(run.plan, run.params, run.X, run.y, result, signals=signals[:1])
