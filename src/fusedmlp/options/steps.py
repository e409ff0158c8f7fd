"""Options of the optimiser, the learning rate and the mini-batches."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypedDict, get_args

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.option import Option
from fusedmlp.plan import codes
from fusedmlp.plan.codes import names_of

if TYPE_CHECKING:  # at run time, the names are those of codes.py
    Optimizer: TypeAlias = str
    Reduction: TypeAlias = str
else:
    Optimizer = Literal[names_of(codes.Optimizer)]
    Reduction = Literal[names_of(codes.Reduction)]

Schedule = Literal["constant", "invscaling", "adaptive", "cosine", "exponential"]


class StepOptions(TypedDict, total=False):
    """The optimiser and its constants, the learning rate, and the rows of a step."""

    optimizer: Annotated[
        Optimizer,
        Option(
            "sgd",
            may_be.one_of(names_of(codes.Optimizer)),
            "Optimiser: 'sgd' is gradient descent; 'adam' (Kingma and Ba, 2015), 'adamw' "
            "(Loshchilov and Hutter, 2019), 'rmsprop' (Hinton, 2012) and 'adagrad' (Duchi et al., "
            "2011) adapt the step of each weight, with PyTorch's formulas; 'rprop', for full "
            "batches, is iRprop- (Igel and Huesken, 2000); 'aw_sgd', for mini-batches, is 'sgd' "
            "with learnt importance sampling (Bouchard et al., 2015): it draws rows with large "
            "gradients more often, with replacement, and weights them so that the expected "
            "gradient is that of all rows, as are the expected recorded losses and errors. "
            "'lbfgs', 'bfgs' and 'annealing' are SciPy's L-BFGS-B, BFGS and dual_annealing, for "
            "full batches: an epoch is an iteration of the first two and an evaluation of loss and "
            "gradient of the third, after which the network is the best so far. They also stop "
            "where SciPy finds no better weights. 'bfgs' stores a square matrix with a row for "
            "each weight.",
        ),
    ]
    learning_rate: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "Learning rate, above 0: factor of the step; for 'rprop', the initial step. None is "
            "1.0 for 'sgd' and 'aw_sgd', 0.001 for 'adam' and 'adamw', 0.01 for 'rmsprop', "
            "'adagrad' and 'rprop'. SciPy's optimisers have none: leave it None.",
        ),
    ]
    learning_rate_schedule: Annotated[
        Schedule,
        Option(
            "constant",
            may_be.one_of(get_args(Schedule)),
            "Learning-rate schedule, from epoch to epoch: 'constant'; 'invscaling', divided by "
            "(rows seen + 1)**power_t; 'adaptive', divided by 5 whenever two recorded epochs in a "
            "row (or as many as patience says) did not lower the loss by tol, until it is at most "
            "1e-6 and the run stops; 'cosine' (Loshchilov and Hutter, 2017) and 'exponential', "
            "which decay to the share learning_rate_final.",
        ),
    ]
    learning_rate_final: Annotated[
        float,
        Option(
            0.01,
            may_be.number(above=0, most=1),
            "Share of the learning rate to which 'cosine' and 'exponential' decay; above 0 and at "
            "most 1.",
        ),
    ]
    warmup_epochs: Annotated[
        int,
        Option(
            0,
            may_be.whole_number(least=0),
            "Warm-up: epochs in which the learning rate grows linearly to its full value, before "
            "the schedule begins. 0 is no warm-up.",
        ),
    ]
    power_t: Annotated[
        float,
        Option(0.5, may_be.number(least=0), "Exponent of the schedule 'invscaling', at least 0."),
    ]
    momentum: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, below=1),
            "Momentum of 'sgd', 'aw_sgd' and 'rmsprop': the share of the last step kept in the "
            "next, at least 0 and below 1.",
        ),
    ]
    nesterov: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether the momentum of 'sgd' or 'aw_sgd' is Nesterov's; needs momentum > 0.",
        ),
    ]
    beta_1: Annotated[
        float,
        Option(
            0.9,
            may_be.number(least=0, below=1),
            "Exponential decay rate of the mean of the gradient, for 'adam' and 'adamw'; at least "
            "0 and below 1.",
        ),
    ]
    beta_2: Annotated[
        float,
        Option(
            0.999,
            may_be.number(least=0, below=1),
            "Exponential decay rate of the mean of the squared gradient, for 'adam' and 'adamw'; "
            "at least 0 and below 1.",
        ),
    ]
    rho: Annotated[
        float,
        Option(
            0.99,
            may_be.number(least=0, below=1),
            "Exponential decay rate of the mean of the squared gradient, for 'rmsprop'; at least 0 "
            "and below 1.",
        ),
    ]
    epsilon: Annotated[
        float,
        Option(
            1e-8,
            may_be.number(above=0),
            "Added to the square root that 'adam', 'adamw', 'rmsprop' and 'adagrad' divide by, "
            "against division by 0; above 0.",
        ),
    ]
    epsilon_hat: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether 'adam' and 'adamw' add epsilon before they correct the bias of the squares, "
            "as the end of section 2 of Kingma and Ba, scikit-learn and TensorFlow do, and not "
            "after it, as PyTorch does.",
        ),
    ]
    weight_decay: Annotated[
        float,
        Option(
            0.01,
            may_be.number(least=0),
            "Weight decay of 'adamw', at least 0: a step multiplies the weights, not the biases, "
            "by 1 - learning rate * weight_decay.",
        ),
    ]
    eta_minus: Annotated[
        float,
        Option(
            0.5,
            may_be.number(above=0, below=1),
            "Factor of a weight's step in 'rprop' where the gradient changes its sign; above 0 and "
            "below 1.",
        ),
    ]
    eta_plus: Annotated[
        float,
        Option(
            1.2,
            may_be.number(above=1),
            "Factor of a weight's step in 'rprop' while the gradient keeps its sign; above 1.",
        ),
    ]
    least_step: Annotated[
        float,
        Option(
            1e-6,
            may_be.number(above=0),
            "Smallest step of a weight in 'rprop', above 0 and at most most_step.",
        ),
    ]
    most_step: Annotated[
        float,
        Option(50.0, may_be.number(above=0), "Largest step of a weight in 'rprop', above 0."),
    ]
    sampler_rate: Annotated[
        float,
        Option(
            0.5,
            may_be.number(above=0, most=1),
            "Learning rate of the sampling probabilities of 'aw_sgd', above 0 and at most 1. The "
            "scale of the losses does not matter.",
        ),
    ]
    sampler_floor: Annotated[
        float,
        Option(
            0.1,
            may_be.number(above=0, most=1),
            "Share of the draws of 'aw_sgd' in which all rows are equally likely, above 0 and at "
            "most 1. The importance weight of a row is at most 1 / sampler_floor.",
        ),
    ]
    search_radius: Annotated[
        float,
        Option(
            10.0,
            may_be.number(above=0),
            "Largest absolute value of a weight or bias in the search of 'annealing'; above 0.",
        ),
    ]
    evaluations: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Limit of the evaluations of loss and gradient by SciPy's optimisers, at least 1. None "
            "is no limit: as many as their epochs need.",
        ),
    ]
    epochs: Annotated[
        int,
        Option(
            10_000,
            may_be.whole_number(least=1),
            "Number of passes over all rows, at least 1; for SciPy's optimisers, see optimizer.",
        ),
    ]
    batch_size: Annotated[
        int | None,
        Option(
            None,
            may_be.optional(may_be.whole_number(least=1)),
            "Rows in a mini-batch, at least 1. None, or more than there are, is all rows.",
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
            "Whether a step's gradient is the 'sum' or the 'mean' over the rows of its mini-batch.",
        ),
    ]
