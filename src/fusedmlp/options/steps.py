"""Options of the optimiser and of the batches."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypedDict, get_args

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.option import Option
from fusedmlp.plan import codes
from fusedmlp.plan.codes import names_of

if TYPE_CHECKING:  # the names are known when the package runs: said once, in codes.py
    Optimizer: TypeAlias = str
    Reduction: TypeAlias = str
else:
    Optimizer = Literal[names_of(codes.Optimizer)]
    Reduction = Literal[names_of(codes.Reduction)]

Schedule = Literal["constant", "invscaling", "adaptive", "cosine", "exponential"]


class StepOptions(TypedDict, total=False):
    """What a step does with the gradient, and with which rows."""

    optimizer: Annotated[
        Optimizer,
        Option(
            "sgd",
            may_be.one_of(names_of(codes.Optimizer)),
            "What a step does with the gradient: 'sgd' follows it; 'adam' (Kingma and Ba, 2015), "
            "'adamw' (Loshchilov and Hutter, 2019), 'rmsprop' (Hinton, 2012) and 'adagrad' (Duchi "
            "et al., 2011) give each weight a step of its own, by PyTorch's rules; 'rprop', for "
            "full batches, is iRprop- (Igel and Huesken, 2000); 'aw_sgd', for mini-batches, is "
            "'sgd' that learns which rows to learn from (Bouchard et al., 2015): it draws those "
            "more often that have large gradients, with replacement, and weighs them so that the "
            "gradient is in expectation that of all rows, as are the recorded losses and errors. "
            "'lbfgs', 'bfgs' and 'annealing' "
            "are SciPy's L-BFGS-B, BFGS and dual_annealing, for full batches: an epoch is an "
            "iteration of the first two, and of the third each look at loss and gradient, the "
            "network being the best so far. They also end where SciPy finds no better weights. "
            "'bfgs' keeps a square matrix, with a row for each weight.",
        ),
    ]
    learning_rate: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "How far a step follows the gradient; Rprop's first step. None is 1.0 for 'sgd' and "
            "'aw_sgd', 0.001 for 'adam' and 'adamw', 0.01 for the others; SciPy's have none.",
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
    search_radius: Annotated[
        float,
        Option(
            10.0,
            may_be.number(above=0),
            "The most that a weight or bias may be, up or down, where 'annealing' searches.",
        ),
    ]
    evaluations: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "The most often that SciPy's optimizers may look at loss and gradient. None: as often "
            "as they need for so many epochs.",
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
            may_be.one_of(names_of(codes.Reduction)),
            "Whether a step's gradient is the 'sum' or the 'mean' over its rows.",
        ),
    ]
