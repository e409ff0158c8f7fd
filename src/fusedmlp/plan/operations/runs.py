"""The checks of `predict`, `gradient`, `fit` and `error_surface`, which take a plan and a state."""

from typing import Any

from fusedmlp.plan.codes import Measure, Optimizer
from fusedmlp.plan.operations.arguments import Sizes, check_number, check_together, plain_array
from fusedmlp.plan.operations.plans import Counts, check_plan
from fusedmlp.plan.operations.requirements import Array, Code, Requirement, Whole
from fusedmlp.plan.plan import Plan, record_count
from fusedmlp.plan.signals import PLACES
from fusedmlp.plan.state import State

PARAMS, SET_PARAMS = Array("parameters"), Array("parameters", written=True)
INPUTS, TARGETS = Array("rows", "n_in"), Array("rows", "n_out")
SET_OUTPUTS = Array("rows", "n_out", written=True)
SIGNALS = Array(PLACES, kind="int64", written=True)


def check_prediction(plan: Plan, params: Any, X: Any, outputs: Any) -> None:
    """Raise unless `predict` takes these arguments.

    Raises
    ------
    TypeError
        For anything else than a plan and arrays, or another dtype.
    ValueError
        For a plan that contradicts itself, a shape that does not fit, an array that is not
        C-ordered, aligned or writable.
    """
    counts = check_plan(plan)
    arrays = {"params": PARAMS, "X": INPUTS, "outputs": SET_OUTPUTS}
    given = {"params": params, "X": X, "outputs": outputs}
    _check(arrays, given, _sizes(counts, given, "params", plain=True))


def check_gradient(
    plan: Plan,
    params: Any,
    X: Any,
    y: Any,
    result: Any,
    row_weights: Any = None,
    signals: Any = None,
) -> None:
    """Raise unless `gradient` takes these arguments, as `check_prediction` does."""
    counts = check_plan(plan)
    arrays = {"params": PARAMS, "X": INPUTS, "y": TARGETS, "result": SET_PARAMS}
    given = {"params": params, "X": X, "y": y, "result": result}
    if row_weights is not None:
        arrays["row_weights"], given["row_weights"] = Array("rows"), row_weights
    if signals is not None:
        arrays["signals"], given["signals"] = SIGNALS, signals
    _check(arrays, given, _sizes(counts))


def check_surface(
    plan: Plan,
    params: Any,
    X: Any,
    y: Any,
    first: Any,
    first_values: Any,
    second: Any,
    second_values: Any,
    measure: Any,
    result: Any,
) -> None:
    """Raise unless `error_surface` takes these arguments, as `check_prediction` does."""
    counts = check_plan(plan)
    arrays = {
        "params": PARAMS,
        "X": INPUTS,
        "y": TARGETS,
        "first_values": Array("first values", any_strides=True),
        "second_values": Array("second values", any_strides=True),
        "result": Array(
            "first values", "second values", kind="float64", written=True, any_strides=True
        ),
    }
    given = {
        "params": params,
        "X": X,
        "y": y,
        "first_values": first_values,
        "second_values": second_values,
        "result": result,
    }
    _check(arrays, given, _sizes(counts, given, "params", plain=True))
    numbers = {"first": first, "second": second, "measure": measure}
    place = Whole(most=params.size - 1)
    wanted: dict[str, Requirement] = {"first": place, "second": place, "measure": Code(Measure)}
    for name, requirement in wanted.items():
        check_number(name, requirement, numbers)


def check_fit(plan: Plan, X: Any, y: Any, state: State, stop: Any) -> None:
    """Raise unless `fit` takes these arguments, as `check_prediction` does.

    The state's arrays must be as `make_state` makes them; the records may be longer.
    """
    counts = check_plan(plan)
    if not isinstance(state, State):
        raise TypeError(f"state must be a State, got {type(state).__name__}")
    given = {"X": X, "y": y} | {f"state.{n}": a for n, a in state._asdict().items()}
    arrays = {"X": INPUTS, "y": TARGETS} | _state_arrays(plan, counts)
    _check(arrays, given, _sizes(counts))
    rows = len(X)
    if plan.batch_size > rows:
        raise ValueError(f"plan.batch_size must be in 1..{rows}, got {plan.batch_size}")
    check_number("stop", Whole(most=2**60), {"stop": stop})
    position = int(state.position[0])
    if not 0 <= position <= 2**60:
        raise ValueError(f"state.position must be in 0..2**60, got {position}")
    epochs = -(-stop // rows)
    records = record_count(epochs, plan.record_every) if position < stop else 0
    for name in ("errors", "losses"):
        size, least = getattr(state, name).size, records
        if size < least:
            raise ValueError(
                f"state.{name} must have {least} numbers for {epochs} epochs, got {size}"
            )
    if state.workspace.size < plan.workspace_size:
        raise ValueError(
            f"state.workspace must have {plan.workspace_size} numbers, got {state.workspace.size}"
        )


def _state_arrays(plan: Plan, counts: Counts) -> dict[str, Array]:
    """Return the arrays of a state, all of which a run writes, or may."""
    extras = plan.extras
    sampler = extras.optimizer == Optimizer.AW_SGD
    has_squares = extras.optimizer not in (Optimizer.SGD, Optimizer.AW_SGD)
    weighted = bool(extras.weighted) and not sampler

    def array(size: str | int, kind: str = "real", there: bool = True, **more: Any) -> Array:
        return Array(size if there else 0, kind=kind, written=True, **more)

    return {
        "state.params": array("parameters"),
        "state.gradient": array("parameters"),
        "state.velocity": array("parameters"),
        "state.squares": array("parameters", there=has_squares),
        "state.learning_rate_factor": array(1, "float64"),
        "state.running_stats": array(2 * counts.scales),
        "state.position": array(1, "int64"),
        "state.row_order": array(
            f"{plan.given_orders} * rows" if plan.given_orders > 1 else "rows",
            "int64",
            bool(plan.shuffle) or sampler,
            indices_of="rows",
        ),
        "state.last_direction": array("parameters", "int8", bool(plan.track_directions)),
        "state.direction_changes": array("parameters", "int64", bool(plan.track_directions)),
        "state.errors": array("records of errors", "float64"),
        "state.losses": array("records of losses", "float64"),
        "state.progress": array(2, "float64"),
        "state.snapshots": Array("snapshots", "parameters", written=True, may_be_empty=True),
        "state.row_weights": Array("rows", may_be_empty=not weighted),
        "state.mean_row_weight": array(1, "float64"),
        "state.sampler_tree": array("2 * rows", "float64", sampler),
        "state.sampler_mean": array(2, "float64"),
        "state.draw_weights": array("rows", there=sampler),
        "state.draw_squares": array("rows", "float64", sampler),
        "state.signals": SIGNALS,
        "state.workspace": array("workspace"),
    }


def _check(arrays: dict[str, Array], given: dict[str, Any], sizes: Sizes) -> None:
    for name, requirement in arrays.items():
        given[name] = plain_array(name, requirement, given[name])
    check_together(arrays, given, sizes)


def _sizes(
    counts: Counts, given: dict[str, Any] | None = None, name: str = "", plain: bool = False
) -> Sizes:
    """Return the dimensions that a plan gives.

    plain: the scales of batch_norm may be missing: they are folded into weights and biases.
    """
    parameters = counts.parameters + counts.scales
    if plain and given is not None and getattr(given[name], "size", None) == counts.parameters:
        parameters = counts.parameters
    return {
        "n_in": (counts.n_in, "the plan"),
        "n_out": (counts.n_out, "the plan"),
        "parameters": (parameters, "the plan"),
    }
