"""Optimisers with a step size for each parameter. Written for clarity, not for speed.

All follow PyTorch's conventions. The optimiser state is `velocity` and `squares`.
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

    Adam keeps running means of the gradient and of its square. The first gives the direction of the
    step; it is divided by the root of the second. Both begin at 0; dividing by 1 - beta**step
    corrects that bias.
    """
    velocity[:] = beta_1 * velocity + (1 - beta_1) * gradient
    squares[:] = beta_2 * squares + (1 - beta_2) * gradient**2
    mean = velocity / (1 - beta_1**step)
    root_mean_square = np.sqrt(squares) / (1 - beta_2**step) ** 0.5
    params -= learning_rate * mean / (root_mean_square + epsilon)


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
    """Move params by the gradient over the root of its accumulated squares.

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
    """Move params by iRprop- (Igel and Huesken, 2000): by the gradient's sign times a step size.

    Each weight has its own step size. It grows while the gradient keeps its sign and shrinks when
    the sign changes; the weight then stays unchanged for one step. velocity: the last gradient;
    squares: the step sizes.
    """
    agreement = gradient * velocity
    factor = np.where(agreement > 0, eta_plus, np.where(agreement < 0, eta_minus, 1))
    squares[:] = np.clip(squares * factor, least_step, most_step)
    velocity[:] = np.where(agreement < 0, 0, gradient)
    params -= np.sign(velocity) * squares
