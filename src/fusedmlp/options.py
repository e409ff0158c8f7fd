"""Every option once: its name and type, its default, what it may be and what it means.

`train`'s signature and documentation, the checks and the command line are read from here.
"""

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict, get_args, get_type_hints

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from fusedmlp import requirements as may_be
from fusedmlp.contradictions import refuse_contradictions


@dataclass(frozen=True)
class Option:
    """What is to be known of an option besides its name and type."""

    default: Any
    check: Callable[[str, Any], Any]  # (name, value) -> value as the Plan wants it, or an error
    meaning: str


HiddenActivation = Literal[
    "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu", "identity"
]
OutputActivation = Literal["sigmoid", "identity", "softmax", "tanh", "softplus", "exp"]
Loss = Literal["squared_error", "absolute_error", "huber", "log_loss", "poisson"]
Reduction = Literal["sum", "mean"]
Optimizer = Literal["sgd", "adam", "adamw", "rmsprop", "adagrad", "rprop", "aw_sgd"]
Schedule = Literal["constant", "invscaling", "adaptive", "cosine", "exponential"]
Backend = Literal["kernels", "reference"]
Initial = Literal["uniform", "glorot", "he"] | Sequence[ArrayLike] | Sequence[Sequence[ArrayLike]]
Seed = int | np.random.RandomState | None


class Options(TypedDict, total=False):
    """The options of `fusedmlp.train`, all keywords."""

    activation: Annotated[
        HiddenActivation | Sequence[HiddenActivation],
        Option(
            "sigmoid",
            may_be.one_or_each_of(get_args(HiddenActivation), "hidden layer"),
            "Activation of the hidden layers, or a sequence with one for each: 'sigmoid', 'tanh', "
            "'relu', 'leaky_relu' (slope 0.01 below 0), 'elu' (exp(z) - 1 below 0), 'softplus', "
            "'silu', 'gelu' (in the form with tanh of Hendrycks and Gimpel, 2016) or 'identity'.",
        ),
    ]
    output_activation: Annotated[
        OutputActivation,
        Option(
            "sigmoid",
            may_be.one_of(get_args(OutputActivation)),
            "Activation of the last layer: 'sigmoid' for outputs in 0..1, 'tanh' in -1..1, "
            "'softplus' or 'exp' above 0, 'identity' for any number, 'softmax' for the "
            "probabilities of classes that exclude each other.",
        ),
    ]
    loss: Annotated[
        Loss,
        Option(
            "squared_error",
            may_be.one_of(get_args(Loss)),
            "What is minimised, summed over a row's outputs: 'squared_error', half the square; "
            "'absolute_error'; 'huber', the one within huber_delta of the target and the other "
            "beyond; 'log_loss', minus the logarithm of the probability given to the targets (with "
            "output_activation 'sigmoid' or 'softmax'); 'poisson', half the deviance of counts "
            "from the outputs as their means (with output_activation 'exp' or 'softplus').",
        ),
    ]
    huber_delta: Annotated[
        float,
        Option(
            1.0, may_be.number(above=0), "Error from which on loss 'huber' grows by its size alone."
        ),
    ]
    bias: Annotated[
        bool,
        Option(False, may_be.flag, "Whether each unit has a bias. Biases begin at 0."),
    ]
    batch_norm: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether the sums of hidden units get mean 0 and variance 1 over each batch, then a "
            "scale and a shift that are learnt (Ioffe and Szegedy, 2015). The shift takes the "
            "bias's place; each layer then has one. Predictions use running means and variances. "
            "Takes one thread.",
        ),
    ]
    init: Annotated[
        Initial,
        Option(
            "uniform",
            may_be.initial,
            "The first weights: 'uniform' in [-1, 1); 'glorot', uniform within "
            "sqrt(6 / (n_in + n_out)) (Glorot and Bengio, 2010); 'he', normal with variance "
            "2 / n_in (He et al., 2015); or the arrays themselves, a sequence of one "
            "(n_in, n_out) for each layer, or a pair of it and a sequence of (n_out,) biases.",
        ),
    ]
    optimizer: Annotated[
        Optimizer,
        Option(
            "sgd",
            may_be.one_of(get_args(Optimizer)),
            "What a step does with the gradient: 'sgd' follows it; 'adam' (Kingma and Ba, 2015), "
            "'adamw' (Loshchilov and Hutter, 2019), 'rmsprop' (Hinton, 2012) and 'adagrad' (Duchi "
            "et al., 2011) give each weight a step of its own, by PyTorch's rules; 'rprop', for "
            "full batches, is iRprop- (Igel and Huesken, 2000); 'aw_sgd', for mini-batches, is "
            "'sgd' that learns which rows to learn from (Bouchard et al., 2015): it draws those "
            "more often that have large gradients, with replacement, and weighs them so that the "
            "gradient is in expectation that of all rows, as are the recorded losses and errors.",
        ),
    ]
    learning_rate: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "How far a step follows the gradient; Rprop's first step. None is 1.0 for 'sgd' and "
            "'aw_sgd', 0.001 for 'adam' and 'adamw', 0.01 for the others.",
        ),
    ]
    learning_rate_schedule: Annotated[
        Schedule,
        Option(
            "constant",
            may_be.one_of(get_args(Schedule)),
            "How the learning rate changes from epoch to epoch: 'constant'; 'invscaling', divided "
            "by (rows seen + 1)**power_t; 'adaptive', divided by 5 whenever two recorded epochs in "
            "a row did not lower the loss by tol; 'cosine' and 'exponential', led to its final "
            "share.",
        ),
    ]
    learning_rate_final: Annotated[
        float,
        Option(
            0.01,
            may_be.number(above=0, most=1),
            "Share of the learning rate that 'cosine' and 'exponential' end with.",
        ),
    ]
    warmup_epochs: Annotated[
        int,
        Option(
            0,
            may_be.whole_number(least=0),
            "Epochs in which the learning rate climbs evenly to its whole.",
        ),
    ]
    power_t: Annotated[
        float, Option(0.5, may_be.number(least=0), "Exponent of the schedule 'invscaling'.")
    ]
    momentum: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, below=1),
            "Share of the last step kept in the next, by 'sgd', 'aw_sgd' and 'rmsprop'.",
        ),
    ]
    nesterov: Annotated[
        bool,
        Option(False, may_be.flag, "Whether momentum is Nesterov's; needs momentum > 0."),
    ]
    beta_1: Annotated[
        float, Option(0.9, may_be.number(least=0, below=1), "Adam's memory of the gradient.")
    ]
    beta_2: Annotated[
        float, Option(0.999, may_be.number(least=0, below=1), "Adam's memory of its square.")
    ]
    rho: Annotated[
        float, Option(0.99, may_be.number(least=0, below=1), "RMSprop's memory of the square.")
    ]
    epsilon: Annotated[
        float,
        Option(1e-8, may_be.number(above=0), "Added to the root that Adam and its kin divide by."),
    ]
    weight_decay: Annotated[
        float,
        Option(
            0.01,
            may_be.number(least=0),
            "Share of the weights that a step of 'adamw' takes away, times the learning rate.",
        ),
    ]
    eta_minus: Annotated[
        float, Option(0.5, may_be.number(above=0, below=1), "How Rprop's steps shrink.")
    ]
    eta_plus: Annotated[float, Option(1.2, may_be.number(above=1), "How Rprop's steps grow.")]
    least_step: Annotated[float, Option(1e-6, may_be.number(above=0), "Rprop's smallest step.")]
    most_step: Annotated[float, Option(50.0, may_be.number(above=0), "Rprop's largest step.")]
    sampler_rate: Annotated[
        float,
        Option(
            0.5,
            may_be.number(above=0, most=1),
            "How fast 'aw_sgd' learns which rows to draw; the scale of the losses does not matter.",
        ),
    ]
    sampler_floor: Annotated[
        float,
        Option(
            0.1,
            may_be.number(above=0, most=1),
            "Share of the draws in which 'aw_sgd' takes any row; a row counts at most 1 over it.",
        ),
    ]
    l1: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0),
            "Penalty on the sum of the weights' sizes, which makes them 0; not on biases.",
        ),
    ]
    l2: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0),
            "Penalty on half the sum of the weights' squares, which keeps them small; not on "
            "biases.",
        ),
    ]
    dropout: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, most=0.999),
            "Share of the hidden units that a step leaves out, drawn for each row (Srivastava et "
            "al., 2014). What is left grows as much, so that predictions use all as they are.",
        ),
    ]
    dropconnect: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, most=0.999),
            "Share of the weights that a step leaves out, drawn for each batch (Wan et al., 2013).",
        ),
    ]
    clip_value: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "The most that each number of a step's gradient may be, up or down.",
        ),
    ]
    clip_norm: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "The length to which a longer gradient is shortened, after clip_value.",
        ),
    ]
    epochs: Annotated[
        int,
        Option(10_000, may_be.whole_number(least=1), "How often all rows are visited."),
    ]
    batch_size: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Rows in a step. None, or more than there are, is all of them.",
        ),
    ]
    shuffle: Annotated[
        bool,
        Option(True, may_be.flag, "Whether each epoch visits the rows in a new random order."),
    ]
    reduction: Annotated[
        Reduction,
        Option(
            "sum",
            may_be.one_of(get_args(Reduction)),
            "Whether a step's gradient is the 'sum' or the 'mean' over its rows.",
        ),
    ]
    dtype: Annotated[
        DTypeLike,
        Option("float64", may_be.real_dtype, "'float64' or 'float32', for all arithmetic."),
    ]
    record_every: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Epochs from one entry of the history to the next. None is the largest power of ten "
            "that gives at least five entries.",
        ),
    ]
    track_directions: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether to count, for each weight, how often its update changed direction.",
        ),
    ]
    sample_weight: Annotated[
        ArrayLike | None,
        Option(
            None,
            may_be.anything,
            "How much each row counts (rows,), in gradient, loss and error; None is 1 for all. "
            "With reduction='mean', a step's gradient is divided by the sum of its rows' weights.",
        ),
    ]
    validation: Annotated[
        float | tuple[ArrayLike, ArrayLike] | None,
        Option(
            None,
            may_be.anything,
            "Rows that are not trained on: a pair (X, y), or the share of X to set aside at "
            "random. history['validation_loss'] has their loss after each recorded epoch.",
        ),
    ]
    patience: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Stop after so many recorded epochs without a loss lower by tol (the validation loss, "
            "where there is one), and bring back the weights that did best. record_every=None is "
            "then every epoch.",
        ),
    ]
    tol: Annotated[
        float,
        Option(1e-4, may_be.number(least=0), "How much lower a loss must be to count as lower."),
    ]
    callback: Annotated[
        Callable[..., Any] | None,
        Option(
            None,
            may_be.optional(may_be.function),
            "Called after each recorded epoch with its epoch, error, loss, validation_loss, "
            "learning_rate, weights and biases (attributes of one argument); a true result stops "
            "the run.",
        ),
    ]
    warm_start: Annotated[
        Any,
        Option(
            None,
            may_be.anything,
            "A Trained whose weights training begins with, whatever init says. Optimisers start "
            "anew.",
        ),
    ]
    threads: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Threads that take a step together. None is as many as there are cores and the step "
            "has work for; 1 starts none. The results are the same bits for any number.",
        ),
    ]
    progress: Annotated[
        bool,
        Option(False, may_be.flag, "Whether to show a bar with the epoch, its loss and the rate."),
    ]
    random_state: Annotated[
        Seed,
        Option(
            None,
            may_be.seed,
            "Seed of the first weights and of the order of rows: the same int, the same bits. "
            "A RandomState is drawn from; None is NumPy's own.",
        ),
    ]
    backend: Annotated[
        Backend,
        Option(
            "kernels",
            may_be.one_of(get_args(Backend)),
            "'kernels', compiled, or 'reference', their NumPy twins.",
        ),
    ]


USUAL_RATES = {
    "sgd": 1.0, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.01, "adagrad": 0.01, "rprop": 0.01,
    "aw_sgd": 1.0,
}  # fmt: skip
IN_THE_RUNS_DTYPE = (
    "learning_rate", "momentum", "l1", "l2", "clip_value", "clip_norm", "huber_delta"
)  # fmt: skip


def _table() -> tuple[dict[str, Option], dict[str, Any]]:
    options, types = {}, {}
    for name, annotated in get_type_hints(Options, include_extras=True).items():
        types[name], options[name] = get_args(annotated)
    return options, types


OPTIONS, TYPES = _table()


# What losses need that are not defined for every number.
def checked_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every option with its value, checked, the defaults filled in.

    Raises
    ------
    TypeError
        For a name that is not an option, or a value of a wrong type.
    ValueError
        For a value out of range, or two that contradict each other.
    """
    for name in given:
        if name not in OPTIONS:
            raise TypeError(f"unknown option {name!r}; the options are {', '.join(OPTIONS)}")
    options = {
        name: option.check(name, given.get(name, option.default))
        for name, option in OPTIONS.items()
    }
    options["bias"] = options["bias"] or options["batch_norm"]
    watched = options["patience"] or options["learning_rate_schedule"] == "adaptive"
    if options["record_every"] is None and watched:
        options["record_every"] = 1
    if options["learning_rate"] is None:
        options["learning_rate"] = USUAL_RATES[options["optimizer"]]
    real = np.dtype(options["dtype"]).type
    for name in IN_THE_RUNS_DTYPE:  # 1e-60 is 0 in float32, 0.9999999999 is 1
        if options[name]:
            with np.errstate(over="ignore", under="ignore"):
                OPTIONS[name].check(f"{name} in {options['dtype']}", float(real(options[name])))
    refuse_contradictions(options, {name: option.default for name, option in OPTIONS.items()})
    return options


def require_activation_for_each(activation: str | Sequence[str], hidden: Sequence[int]) -> None:
    """Raise ValueError where the activations are a sequence, but not one for each hidden layer."""
    if not isinstance(activation, str) and len(activation) != len(hidden):
        raise ValueError(
            "activation must be one for all hidden layers or a sequence with one for each, "
            f"got {len(activation)} for the {len(hidden)} of hidden={tuple(hidden)}"
        )


Function = Callable[..., Any]


def documented(function: Function) -> Function:
    """Spell the options out in the signature and the docstring of a function that takes them."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    keywords = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=TYPES[name]
        )
        for name, option in OPTIONS.items()
    ]
    function.__signature__ = signature.replace(parameters=[*own, *keywords])  # type: ignore[attr-defined]
    if function.__doc__:  # python -OO has none
        function.__doc__ = inspect.cleandoc(function.__doc__).replace("{options}", _parameters())
    return function


def _parameters() -> str:
    """Return the options as entries of a docstring's Parameters."""
    entries = []
    for name, option in OPTIONS.items():
        meaning = textwrap.fill(option.meaning, 96, initial_indent="    ", subsequent_indent="    ")
        entries.append(f"{name} : default {option.default!r}\n{meaning}")
    return "\n".join(entries)
