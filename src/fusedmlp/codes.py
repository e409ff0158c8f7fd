"""The names of a run's choices, as the numbers that the reference and the kernels see."""

from enum import IntEnum


class Activation(IntEnum):
    """Codes of the activation functions."""

    IDENTITY = 0
    SIGMOID = 1
    TANH = 2
    RELU = 3
    SOFTMAX = 4
    LEAKY_RELU = 5
    ELU = 6
    SOFTPLUS = 7
    SILU = 8
    GELU = 9
    EXP = 10


# Their slopes cannot be read off the outputs, as those of the others can: two sums have the same.
SLOPES_OF_SUMS = (Activation.SILU, Activation.GELU)

# What the kernels compile only for plans with one of them.
RARE = tuple(activation for activation in Activation if activation > Activation.SOFTMAX)

LEAK = 0.01  # slope of leaky_relu below 0

# Batch normalisation's: what keeps a variance from being 0, and how fast running numbers follow.
ADDED_TO_VARIANCE = 1e-5
SHARE_OF_BATCH = 0.1


class Loss(IntEnum):
    """Codes of the losses."""

    SQUARED_ERROR = 0
    LOG_LOSS = 1
    ABSOLUTE_ERROR = 2
    HUBER = 3
    POISSON = 4


class Reduction(IntEnum):
    """How the losses of a batch's rows become one number."""

    SUM = 0
    MEAN = 1


class Measure(IntEnum):
    """What an error surface is the height of."""

    ERROR = 0
    LOSS = 1


class Optimizer(IntEnum):
    """What a step does with the gradient."""

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
