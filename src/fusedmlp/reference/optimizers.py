"""Rules that give each parameter a step of its own, for clarity and not for speed.

All follow PyTorch's conventions; `squares` is what a rule remembers besides the velocity.
"""

import numpy as np

from fusedmlp.reference.activations import Array


def adam(
    params: Array,
    gradient: Array,
    velocity: Array,
    squares: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    step: int,
) -> None:
    """Move params by Adam (Kingma and Ba, 2015); step counts from 1.

    Running means of the gradient and of its square: the first says where to go, the root of the
    second how much a step usually is. Both begin at 0; the corrections undo that.
    """
    velocity[:] = beta_1 * velocity + (1 - beta_1) * gradient
    squares[:] = beta_2 * squares + (1 - beta_2) * gradient**2
    mean = velocity / (1 - beta_1**step)
    usual = np.sqrt(squares) / (1 - beta_2**step) ** 0.5
    params -= learning_rate * mean / (usual + epsilon)


def rmsprop(
    params: Array,
    gradient: Array,
    velocity: Array,
    squares: Array,
    learning_rate: float,
    momentum: float,
    keep: float,
    add: float,
    epsilon: float,
) -> None:
    """Move params by the gradient over the root of what its squares come to.

    squares become keep * squares + add * gradient**2. RMSprop (Hinton, 2012) keeps a running mean,
    ``keep=rho, add=1 - rho``; Adagrad (Duchi, Hazan and Singer, 2011) the sum, ``keep=1, add=1``.
    """
    squares[:] = keep * squares + add * gradient**2
    velocity[:] = momentum * velocity + gradient / (np.sqrt(squares) + epsilon)
    params -= learning_rate * velocity


def rprop(
    params: Array,
    gradient: Array,
    velocity: Array,
    squares: Array,
    eta_minus: float,
    eta_plus: float,
    least_step: float,
    most_step: float,
) -> None:
    """Move params by iRprop- (Igel and Huesken, 2000): the gradient's sign, a step for each weight.

    A step grows while the gradient keeps its sign and shrinks where it changes; there the weight
    waits for once. velocity: the last gradient; squares: the steps.
    """
    agreement = gradient * velocity
    factor = np.where(agreement > 0, eta_plus, np.where(agreement < 0, eta_minus, 1))
    squares[:] = np.clip(squares * factor, least_step, most_step)
    velocity[:] = np.where(agreement < 0, 0, gradient)
    params -= np.sign(velocity) * squares
