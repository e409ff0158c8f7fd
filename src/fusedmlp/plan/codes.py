"""Codes: the choices of a run as integers, for the reference and the kernels."""

import math
from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True)
class ActivationTraits:
    """The properties of an activation besides its formula.

    Attributes
    ----------
    hidden, output : str or None
        Where it may be used: a remark for the documentation, which may be empty, if hidden layers
        (the last layer) may have it, else None.
    needs_preactivation : bool
        Whether its derivative must be computed from the pre-activation, since two pre-activations
        may have the same output.
    common : bool
        Whether all kernels are compiled with it. The others are compiled only for plans that have
        one of them, since they would make each first call a second longer.
    least, most : float
        What its values are between, and may come as close to as rounding goes.
    """

    hidden: str | None = None
    output: str | None = None
    needs_preactivation: bool = False
    common: bool = False
    least: float = -math.inf
    most: float = math.inf


class Activation(IntEnum):
    """The activation functions, each with its name, code and traits."""

    traits: ActivationTraits

    def __new__(cls, code: int, traits: ActivationTraits) -> "Activation":
        """Return a member whose value is the code, with the traits as an attribute."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.traits = traits
        return member

    SIGMOID = (
        1,
        ActivationTraits(hidden="", output="for outputs in 0..1", common=True, least=0, most=1),
    )
    TANH = (
        2,
        ActivationTraits(hidden="", output="for outputs in -1..1", common=True, least=-1, most=1),
    )
    RELU = 3, ActivationTraits(hidden="", common=True, least=0)
    LEAKY_RELU = 5, ActivationTraits(hidden="slope 0.01 below 0")
    ELU = 6, ActivationTraits(hidden="exp(z) - 1 below 0")
    SOFTPLUS = 7, ActivationTraits(hidden="", output="for outputs above 0", least=0)
    SILU = 8, ActivationTraits(hidden="", needs_preactivation=True)
    GELU = (
        9,
        ActivationTraits(
            hidden="tanh approximation of Hendrycks and Gimpel, 2016", needs_preactivation=True
        ),
    )
    EXP = 10, ActivationTraits(output="for outputs above 0", least=0)
    SOFTMAX = (
        4,
        ActivationTraits(
            output="for the probabilities of mutually exclusive classes",
            common=True,
            least=0,
            most=1,
        ),
    )
    IDENTITY = 0, ActivationTraits(hidden="", output="for any outputs", common=True)


NEEDS_PREACTIVATION = tuple(a for a in Activation if a.traits.needs_preactivation)

LEAK = 0.01  # slope of leaky_relu below 0

# Batch normalisation: the constant added to a variance, against division by 0, and the share of a
# new batch in the running statistics (PyTorch's eps and momentum).
VARIANCE_EPSILON = 1e-5
RUNNING_STATS_MOMENTUM = 0.1


class Loss(IntEnum):
    """The loss functions."""

    SQUARED_ERROR = 0
    ABSOLUTE_ERROR = 2
    HUBER = 3
    LOG_LOSS = 1
    POISSON = 4


class Reduction(IntEnum):
    """How the losses of a mini-batch's rows are combined."""

    SUM = 0
    MEAN = 1


class Measure(IntEnum):
    """What `error_surface` computes."""

    ERROR = 0
    LOSS = 1


class Optimizer(IntEnum):
    """The optimisers."""

    SGD = 0
    ADAM = 1
    ADAMW = 2
    RMSPROP = 3
    ADAGRAD = 4
    RPROP = 5
    LBFGS = 6
    BFGS = 7
    ANNEALING = 8
    AW_SGD = 9


# SciPy's optimisers, which evaluate the loss and gradient of all rows and choose their own steps.
SCIPY_OPTIMIZERS = (Optimizer.LBFGS, Optimizer.BFGS, Optimizer.ANNEALING)


def names_of(members: type[IntEnum] | tuple[IntEnum, ...]) -> tuple[str, ...]:
    """Return the names of members as the options spell them.

    >>> names_of(Reduction)
    ('sum', 'mean')
    """
    return tuple(member.name.lower() for member in members)
