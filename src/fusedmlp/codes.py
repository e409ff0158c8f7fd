"""The names of a run's choices, as the numbers that the reference and the kernels see."""

from enum import IntEnum


class Activation(IntEnum):
    """Codes of the activation functions."""

    IDENTITY = 0
    SIGMOID = 1
    TANH = 2
    RELU = 3
    SOFTMAX = 4


class Loss(IntEnum):
    """Codes of the losses."""

    SQUARED_ERROR = 0
    LOG_LOSS = 1


class Reduction(IntEnum):
    """How the losses of a batch's rows become one number."""

    SUM = 0
    MEAN = 1


class Optimizer(IntEnum):
    """What a step does with the gradient."""

    SGD = 0
    ADAM = 1
    ADAMW = 2
    RMSPROP = 3
    ADAGRAD = 4
    RPROP = 5
    AW_SGD = 9
