"""Refuse options that contradict each other: the error names both and says what to do."""

from collections.abc import Mapping
from typing import Any

from fusedmlp.plan.codes import SCIPY_OPTIMIZERS, names_of

SCIPY = names_of(SCIPY_OPTIMIZERS)
UNUSED_RATE = 1.0  # learning rate in the Plan of SciPy's optimisers, which have none

# The optimisers that use an option. With another optimiser, it must keep its default.
FOR_OPTIMIZERS = {
    "momentum": ("sgd", "rmsprop", "aw_sgd"),
    "nesterov": ("sgd", "aw_sgd"),
    "beta_1": ("adam", "adamw"),
    "beta_2": ("adam", "adamw"),
    "rho": ("rmsprop",),
    "epsilon": ("adam", "adamw", "rmsprop", "adagrad"),
    "epsilon_hat": ("adam", "adamw"),
    "weight_decay": ("adamw",),
    "eta_minus": ("rprop",),
    "eta_plus": ("rprop",),
    "least_step": ("rprop",),
    "most_step": ("rprop",),
    "search_radius": ("annealing",),
    "evaluations": SCIPY,
    "sampler_rate": ("aw_sgd",),
    "sampler_floor": ("aw_sgd",),
}
# Options that must keep their defaults with SciPy's optimisers, and why: "optimizer=... <reason>".
NOT_FOR_SCIPY = {
    "learning_rate_schedule": "chooses its steps itself",
    "warmup_epochs": "chooses its steps itself",
    "clip_value": "must see the whole gradient",
    "clip_norm": "must see the whole gradient",
    "track_directions": "follows no single gradient",
    "dropout": "must see the same loss whenever it looks",
    "dropconnect": "must see the same loss whenever it looks",
    "batch_norm": "visits no batches for running means to follow",
    "scale_penalties": "visits no batches whose rows could divide the penalties",
}
# The schedules that use an option.
FOR_SCHEDULES = {"power_t": ("invscaling",), "learning_rate_final": ("cosine", "exponential")}
FOR_REDUCTIONS = {"scale_penalties": ("mean",)}
FOR_LOSSES = {"huber_delta": ("huber",)}
FOR_HIDDEN_LAYERS = ("dropout", "batch_norm")

# The output activations that a loss can be used with.
FOR_OUTPUTS = {"log_loss": ("sigmoid", "softmax"), "poisson": ("exp", "softplus")}


def refuse_contradictions(options: dict[str, Any], defaults: dict[str, Any]) -> None:
    """Raise ValueError for options that are valid by themselves, but not together."""
    _refuse_unused(options, defaults, FOR_OPTIMIZERS, "optimizer")
    _refuse_unused(options, defaults, FOR_SCHEDULES, "learning_rate_schedule")
    _refuse_unused(options, defaults, FOR_REDUCTIONS, "reduction")
    if options["nesterov"] and options["momentum"] == 0:
        raise ValueError("nesterov=True must come with momentum > 0, got momentum=0.0")
    if options["optimizer"] == "rprop":
        _refuse_with_rprop(options)
    if options["optimizer"] in SCIPY:
        _refuse_with_scipy(options, defaults)
    if options["optimizer"] == "aw_sgd" and not options["shuffle"]:
        raise ValueError(
            "optimizer='aw_sgd' draws its rows: it must come with shuffle=True, got shuffle=False"
        )
    if options["optimizer"] == "aw_sgd" and options["batch_norm"]:
        raise ValueError(
            "batch_norm=True must come with another optimizer, got optimizer='aw_sgd': the means "
            "of the rows that it draws are not those of all rows"
        )
    for loss, outputs in FOR_OUTPUTS.items():
        if options["loss"] == loss and options["output_activation"] not in outputs:
            raise ValueError(
                f"loss={loss!r} must come with output_activation {outputs[0]!r} or {outputs[1]!r}, "
                f"got output_activation={options['output_activation']!r}"
            )


def refuse_without_meaning(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Raise ValueError for options of a call, `hidden` among them, that nothing would use.

    Estimators do not ask for it: with them, as in scikit-learn, parameters may wait for others. Nor
    does a file that is opened.
    """
    _refuse_unused(options, defaults, FOR_LOSSES, "loss")
    for name in FOR_HIDDEN_LAYERS:
        if not options["hidden"] and options[name]:
            raise ValueError(
                f"{name}={options[name]!r} must come with hidden layers, got hidden=()"
            )
    monitored = options["patience"] is not None or options["learning_rate_schedule"] == "adaptive"
    if options["tol"] != defaults["tol"] and not monitored:
        raise ValueError(
            f"tol={options['tol']!r} must come with patience or learning_rate_schedule 'adaptive', "
            f"got patience=None and learning_rate_schedule={options['learning_rate_schedule']!r}"
        )


def _refuse_unused(
    options: Mapping[str, Any],
    defaults: Mapping[str, Any],
    users: Mapping[str, tuple[str, ...]],
    by: str,
) -> None:
    """Raise ValueError for an option that is not its default where nothing uses it.

    users: for each option, the values of the option `by` with which it is used.
    """
    for name, choices in users.items():
        if options[by] not in choices and options[name] != defaults[name]:
            wanted = " or ".join(repr(choice) for choice in choices)
            raise ValueError(
                f"{name}={options[name]!r} must come with {by} {wanted}, got {by}={options[by]!r}"
            )


def _refuse_with_rprop(options: dict[str, Any]) -> None:
    if options["least_step"] > options["most_step"]:
        raise ValueError(
            f"least_step must be at most most_step={options['most_step']!r}, "
            f"got least_step={options['least_step']!r}"
        )
    if options["learning_rate_schedule"] != "constant" or options["warmup_epochs"]:
        raise ValueError(
            "optimizer='rprop' has steps of its own: it must come with "
            "learning_rate_schedule='constant' and warmup_epochs=0, got "
            f"learning_rate_schedule={options['learning_rate_schedule']!r} "
            f"and warmup_epochs={options['warmup_epochs']}"
        )


def _refuse_with_scipy(options: dict[str, Any], defaults: dict[str, Any]) -> None:
    optimizer = options["optimizer"]
    for name, reason in NOT_FOR_SCIPY.items():
        if options[name] != defaults[name]:
            raise ValueError(
                f"optimizer={optimizer!r} {reason}: it must come with {name}={defaults[name]!r}, "
                f"got {name}={options[name]!r}"
            )
    if options["learning_rate"] != UNUSED_RATE:
        raise ValueError(
            f"optimizer={optimizer!r} chooses its steps itself: it must come with "
            f"learning_rate=None, got learning_rate={options['learning_rate']!r}"
        )
    if options["l1"] and optimizer != "annealing":
        raise ValueError(
            f"optimizer={optimizer!r} wants a smooth loss: it must come with l1=0.0, "
            f"got l1={options['l1']!r}; l2 is smooth"
        )


def refuse_for_rows(options: dict[str, Any], rows: int) -> None:
    """Raise ValueError for options that contradict the number of training rows."""
    batch_size = min(options["batch_size"] or rows, rows)
    if options["batch_norm"] and batch_size == 1:
        raise ValueError(
            "batch_norm=True must come with at least two rows in a batch, "
            f"got batch_size={batch_size} for {rows} rows"
        )
    if options["optimizer"] == "rprop" and batch_size < rows:
        raise ValueError(
            "optimizer='rprop' compares the gradients of all rows: it must come with "
            f"batch_size=None, got batch_size={batch_size} for {rows} rows"
        )
    if options["optimizer"] in SCIPY and batch_size < rows:
        raise ValueError(
            f"optimizer={options['optimizer']!r} must see all rows whenever it looks: it must come "
            f"with batch_size=None, got batch_size={batch_size} for {rows} rows"
        )
    if options["optimizer"] == "aw_sgd" and batch_size >= rows:
        raise ValueError(
            "optimizer='aw_sgd' chooses rows to learn from, and has no choice with all of them: it "
            f"must come with batch_size below the {rows} rows, "
            f"got batch_size={options['batch_size']!r}; or take optimizer='sgd'"
        )
