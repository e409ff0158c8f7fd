"""Options of the network and of its steps."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypedDict, get_args

from numpy.typing import ArrayLike

from fusedmlp import requirements as may_be
from fusedmlp.option import Option

HiddenActivation = Literal[
    "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu", "identity"
]
OutputActivation = Literal["sigmoid", "identity", "softmax", "tanh", "softplus", "exp"]
Loss = Literal["squared_error", "absolute_error", "huber", "log_loss", "poisson"]
Reduction = Literal["sum", "mean"]
Optimizer = Literal[
    "sgd", "adam", "adamw", "rmsprop", "adagrad", "rprop", "lbfgs", "bfgs", "annealing", "aw_sgd"
]
Schedule = Literal["constant", "invscaling", "adaptive", "cosine", "exponential"]
Initial = Literal["uniform", "glorot", "he"] | Sequence[ArrayLike] | Sequence[Sequence[ArrayLike]]


class NetworkOptions(TypedDict, total=False):
    """The network and its loss."""

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


class StepOptions(TypedDict, total=False):
    """What a step does with the gradient, and with which rows."""

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
            may_be.one_of(get_args(Reduction)),
            "Whether a step's gradient is the 'sum' or the 'mean' over its rows.",
        ),
    ]
