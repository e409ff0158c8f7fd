# Made from the options by `python .ci/stubs.py`; do not edit.

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from numpy.random import Generator, RandomState
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fusedmlp.trained import Trained
from fusedmlp.training.control import Record
from fusedmlp.training.trainer import DataInChunks

Activation: TypeAlias = Literal[
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "silu",
    "gelu",
    "identity",
]
OutputActivation: TypeAlias = Literal[
    "sigmoid",
    "tanh",
    "softplus",
    "exp",
    "softmax",
    "identity",
]
Loss: TypeAlias = Literal[
    "squared_error",
    "absolute_error",
    "huber",
    "log_loss",
    "poisson",
]
Layer: TypeAlias = NDArray[Any] | Sequence[float] | Sequence[Sequence[float]]
Initial: TypeAlias = (
    Literal["uniform", "glorot", "he"] | Sequence[Layer] | Sequence[Sequence[Layer]]
)
Optimizer: TypeAlias = Literal[
    "sgd",
    "adam",
    "adamw",
    "rmsprop",
    "adagrad",
    "rprop",
    "lbfgs",
    "bfgs",
    "annealing",
    "aw_sgd",
]
Schedule: TypeAlias = Literal[
    "constant",
    "invscaling",
    "adaptive",
    "cosine",
    "exponential",
]
Reduction: TypeAlias = Literal[
    "sum",
    "mean",
]
Seed: TypeAlias = int | RandomState | Generator | None
Backend: TypeAlias = Literal[
    "kernels",
    "reference",
]

def train(
    X: ArrayLike | DataInChunks,
    y: ArrayLike | Sequence[ArrayLike] | None = None,
    hidden: int | Sequence[int] = (4,),
    *,
    activation: Activation | Sequence[Activation] = "sigmoid",
    output_activation: OutputActivation = "sigmoid",
    loss: Loss = "squared_error",
    bias: bool = False,
    init: Initial = "uniform",
    optimizer: Optimizer = "sgd",
    learning_rate: float | None = None,
    learning_rate_schedule: Schedule = "constant",
    momentum: float = 0.0,
    epochs: int = 10000,
    batch_size: int | None = None,
    reduction: Reduction = "sum",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
    clip_norm: float | None = None,
    sample_weight: ArrayLike | None = None,
    validation: float | tuple[ArrayLike, ArrayLike] | None = None,
    patience: int | None = None,
    callback: Callable[[Record], object] | None = None,
    warm_start: Trained | None = None,
    dtype: DTypeLike | None = None,
    threads: int | None = None,
    progress: bool = False,
    random_state: Seed = None,
    huber_delta: float = 1.0,
    batch_norm: bool = False,
    learning_rate_final: float = 0.01,
    warmup_epochs: int = 0,
    power_t: float = 0.5,
    nesterov: bool = False,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    rho: float = 0.99,
    epsilon: float = 1e-08,
    epsilon_hat: bool = False,
    weight_decay: float = 0.01,
    eta_minus: float = 0.5,
    eta_plus: float = 1.2,
    least_step: float = 1e-06,
    most_step: float = 50.0,
    sampler_rate: float = 0.5,
    sampler_floor: float = 0.1,
    search_radius: float = 10.0,
    evaluations: int | None = None,
    shuffle: bool = True,
    scale_penalties: bool = False,
    dropconnect: float = 0.0,
    clip_value: float | None = None,
    tol: float = 0.0001,
    record_every: int | None = None,
    track_directions: bool = False,
    backend: Backend = "kernels",
) -> Trained:
    """Train a feed-forward network; all epochs run in compiled code.

    The defaults are those of "A Neural Network in 11 lines of Python" (Trask, 2015): sigmoids,
    squared error, no bias, all rows in each step, gradients summed, a learning rate of 1.

    Parameters
    ----------
    X : array-like (rows, n_in), or chunks of rows
        Inputs: real and finite numbers. Data larger than memory: a list of arrays, or a Dask array
        in chunks of rows, for steps of all rows; for mini-batches, an iterable of pairs (X_chunk,
        y_chunk), or a function of no arguments that returns one, which is asked for its chunks in
        each epoch (docs/large-data.md).
    y : array-like (rows,) or (rows, n_out), or chunks of rows
        Targets: real and finite numbers. Classes are one-hot rows. Chunks as those of X; None with
        an iterable of pairs.
    hidden : int or sequence of int, default (4,)
        Units of each hidden layer; () for none.
    **Network**
    activation : default 'sigmoid'. Activation of the hidden layers, or a sequence with one for each
        layer: 'sigmoid', 'tanh', 'relu', 'leaky_relu' (slope 0.01 below 0), 'elu' (exp(z) - 1 below
        0), 'softplus', 'silu', 'gelu' (tanh approximation of Hendrycks and Gimpel, 2016) or
        'identity'.
    output_activation : default 'sigmoid'. Activation of the last layer: 'sigmoid' for outputs in
        0..1, 'tanh' for outputs in -1..1, 'softplus' for outputs above 0, 'exp' for outputs above
        0, 'softmax' for the probabilities of mutually exclusive classes, 'identity' for any
        outputs.
    loss : default 'squared_error'. Loss to minimise, summed over a row's outputs: 'squared_error',
        half the squared error; 'absolute_error'; 'huber', half the squared error up to huber_delta
        and linear beyond; 'log_loss', cross-entropy: minus the logarithm of the probability given
        to the targets, exact to rounding also where an output is rounded to 0 or 1 (with
        output_activation 'sigmoid' or 'softmax'); 'poisson', half the Poisson deviance of targets
        that are counts, from outputs that are their means (with output_activation 'exp' or
        'softplus').
    bias : default False. Whether each unit has a bias. Biases start at 0, unless init or warm_start
        gives them.
    init : default 'uniform'. Initial weights: 'uniform', uniform in [-1, 1); 'glorot', uniform in
        -a..a with a = sqrt(6 / (n_in + n_out)) (Glorot and Bengio, 2010); 'he', normal with mean 0
        and variance 2 / n_in (He et al., 2015); or arrays: a sequence with one (n_in, n_out) for
        each layer, or a pair of such a sequence and a sequence of (n_out,) biases.
    **Steps**
    optimizer : default 'sgd'. Optimiser: 'sgd' is gradient descent; 'adam' (Kingma and Ba, 2015),
        'adamw' (Loshchilov and Hutter, 2019), 'rmsprop' (Hinton, 2012) and 'adagrad' (Duchi et al.,
        2011) adapt the step of each weight, with PyTorch's formulas; 'rprop', for full batches, is
        iRprop- (Igel and Huesken, 2000); 'aw_sgd', for mini-batches, is 'sgd' with learnt
        importance sampling (Bouchard et al., 2015): it draws rows with large gradients more often,
        with replacement, and weights them so that the expected gradient is that of all rows, as are
        the expected recorded losses and errors. 'lbfgs', 'bfgs' and 'annealing' are SciPy's
        L-BFGS-B, BFGS and dual_annealing, for full batches: an epoch is an iteration of the first
        two and an evaluation of loss and gradient of the third, after which the network is the best
        so far. They also stop where SciPy finds no better weights. 'bfgs' stores a square matrix
        with a row for each weight.
    learning_rate : default None. Learning rate, above 0: factor of the step; for 'rprop', the
        initial step. None is 1.0 for 'sgd' and 'aw_sgd', 0.001 for 'adam' and 'adamw', 0.01 for
        'rmsprop', 'adagrad' and 'rprop'. SciPy's optimisers have none: leave it None.
    learning_rate_schedule : default 'constant'. Learning-rate schedule, from epoch to epoch:
        'constant'; 'invscaling', divided by (rows seen + 1)**power_t; 'adaptive', divided by 5
        whenever two recorded epochs in a row (or as many as patience says) did not lower the loss
        by tol, until it is at most 1e-6 and the run stops; 'cosine' (Loshchilov and Hutter, 2017)
        and 'exponential', which decay to the share learning_rate_final.
    momentum : default 0.0. Momentum of 'sgd', 'aw_sgd' and 'rmsprop': the share of the last step
        kept in the next, at least 0 and below 1.
    epochs : default 10000. Number of passes over all rows, at least 1; for SciPy's optimisers, see
        optimizer.
    batch_size : default None. Rows in a mini-batch, at least 1. None, or more than there are, is
        all rows.
    reduction : default 'sum'. Whether a step's gradient is the 'sum' or the 'mean' over the rows of
        its mini-batch.
    **Regularisation**
    l1 : default 0.0. L1 penalty, at least 0: factor of the sum of the weights' absolute values,
        which is added to the loss of a step and drives weights to 0. Biases have no penalty.
    l2 : default 0.0. L2 penalty, at least 0: factor of half the sum of the squared weights, which
        is added to the loss of a step and keeps weights small. Biases have no penalty.
    dropout : default 0.0. Share of the hidden units that a step leaves out, 0 to 0.999, drawn for
        each row (Srivastava et al., 2014). The outputs of the units kept are divided by 1 -
        dropout, so that predictions use all units as they are.
    clip_norm : default None. Gradient clipping by norm, above 0: a step's gradient with a larger
        Euclidean norm is scaled down to this norm, after clip_value. None does not clip.
    **Control**
    sample_weight : default None. Weight of each row (rows,), at least 0, in gradient, loss and
        error. None is 1 for all rows. With reduction='mean', a step's gradient is divided by the
        sum of its rows' weights.
    validation : default None. Validation set, which is not trained on: a pair (X, y), or the share
        of the rows to hold out at random, above 0 and below 1. history['validation_loss'] has its
        loss after each recorded epoch. None is no validation set.
    patience : default None. Early stopping: the number of recorded epochs, at least 1, after which
        the run stops if the loss did not become lower by tol. The loss is that of the validation
        set, if there is one. The weights after the epoch with the lowest loss are restored.
        record_every=None is then every epoch. With learning_rate_schedule='adaptive', the learning
        rate is divided instead. None is no early stopping.
    callback : default None. Function called after each recorded epoch with one argument, whose
        attributes are epoch, error, loss, validation_loss, learning_rate, weights and biases
        (read-only copies). A true result stops the run. None is no callback.
    warm_start : default None. A Trained network that training goes on from, in place of init. With
        the same rows, optimizer, dtype, batch_size, shuffle and reduction it goes on bit for bit as
        if that run had never stopped: optimiser state, schedule, order of rows, masks, rows held
        out and early stopping (but after patience ended it). With other rows or batches the
        optimiser's moments and step number go on, with another optimizer or SciPy's the weights
        alone. None starts from init.
    dtype : default None. Type of all arithmetic: 'float64' or 'float32'. None is 'float32' if X, or
        a stream's first chunk, is float32 alone, which is then not copied, else 'float64'.
    threads : default None. Threads that share the work of each step, at least 1 and at most 4 times
        the processor's cores. None is as many as pay: at most one for each core, if the step has
        work for it, and fewer while other programs use the cores. The environment variable
        NUMBA_NUM_THREADS lowers any number. The results are bit-identical for any number.
    progress : default False. Whether to show the epoch, its loss and the epochs per second, or that
        a kernel is being compiled: a bar on a terminal, a line in a notebook, and lines where the
        output is a file or a pipe.
    random_state : default None. Seed of all random numbers, such as the initial weights and the
        order of the rows: an int in 0..2**32 - 1, which always gives the same bits; a RandomState,
        which is drawn from; a Generator, of which each call draws eight numbers of 32 bits, the
        seed of a RandomState; or None, NumPy's global RandomState.

    Returns
    -------
    Trained

    Raises
    ------
    TypeError
        For an argument of a wrong type, or an unknown option.
    ValueError
        For an argument out of range, for options that contradict each other, and for data that the
        network cannot take. All are raised before any training.
    ImportError
        For progress=True without the package rich.
    KeyboardInterrupt
        When Ctrl-C stops the run. Once training has begun, its attribute ``run`` is the Trained
        network with what was learnt so far.

    Warns
    -----
    UserWarning
        Before training, for targets that the outputs cannot come close to, and for inputs so large
        that nearly all units of the first layer begin saturated.
    RuntimeWarning
        When the run diverges: a weight or, for SciPy's optimisers, the loss is no longer finite.
        The run stops there.

    Examples
    --------
    >>> import fusedmlp
    >>> X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 0, 1, 1]
    >>> run = fusedmlp.train(X, y, hidden=(), epochs=10_000, random_state=1)
    >>> run.predict([[1, 0, 0]]).round(4).item()
    0.9999

    Other Parameters
    ----------------
    **Network**
    huber_delta : default 1.0. Absolute error above which the loss 'huber' is linear, in the
        target's unit; above 0.
    batch_norm : default False. Whether to use batch normalisation (Ioffe and Szegedy, 2015): the
        pre-activations of hidden units get mean 0 and variance 1 over each mini-batch, then a
        learnt scale and a learnt shift. The shift takes the place of the bias; every layer then has
        biases. Predictions use running means and variances. Training uses one thread.
    **Steps**
    learning_rate_final : default 0.01. Share of the learning rate to which 'cosine' and
        'exponential' decay; above 0 and at most 1.
    warmup_epochs : default 0. Warm-up: epochs in which the learning rate grows linearly to its full
        value, before the schedule begins. 0 is no warm-up.
    power_t : default 0.5. Exponent of the schedule 'invscaling', at least 0.
    nesterov : default False. Whether the momentum of 'sgd' or 'aw_sgd' is Nesterov's; needs
        momentum > 0.
    beta_1 : default 0.9. Exponential decay rate of the mean of the gradient, for 'adam' and
        'adamw'; at least 0 and below 1.
    beta_2 : default 0.999. Exponential decay rate of the mean of the squared gradient, for 'adam'
        and 'adamw'; at least 0 and below 1.
    rho : default 0.99. Exponential decay rate of the mean of the squared gradient, for 'rmsprop';
        at least 0 and below 1.
    epsilon : default 1e-08. Added to the square root that 'adam', 'adamw', 'rmsprop' and 'adagrad'
        divide by, against division by 0; above 0.
    epsilon_hat : default False. Whether 'adam' and 'adamw' add epsilon before they correct the bias
        of the squares, as the end of section 2 of Kingma and Ba, scikit-learn and TensorFlow do,
        and not after it, as PyTorch does.
    weight_decay : default 0.01. Weight decay of 'adamw', at least 0: a step multiplies the weights,
        not the biases, by 1 - learning rate * weight_decay.
    eta_minus : default 0.5. Factor of a weight's step in 'rprop' where the gradient changes its
        sign; above 0 and below 1.
    eta_plus : default 1.2. Factor of a weight's step in 'rprop' while the gradient keeps its sign;
        above 1.
    least_step : default 1e-06. Smallest step of a weight in 'rprop', above 0 and at most most_step.
    most_step : default 50.0. Largest step of a weight in 'rprop', above 0.
    sampler_rate : default 0.5. Learning rate of the sampling probabilities of 'aw_sgd', above 0 and
        at most 1. The scale of the losses does not matter.
    sampler_floor : default 0.1. Share of the draws of 'aw_sgd' in which all rows are equally
        likely, above 0 and at most 1. The importance weight of a row is at most 1 / sampler_floor.
    search_radius : default 10.0. Largest absolute value of a weight or bias in the search of
        'annealing'; above 0.
    evaluations : default None. Limit of the evaluations of loss and gradient by SciPy's optimisers,
        at least 1. None is no limit: as many as their epochs need.
    shuffle : default True. Whether each epoch visits the rows in a new random order.
    **Regularisation**
    scale_penalties : default False. Whether l1 and l2 are divided by the rows (the sum of the
        weights) of the step's mini-batch, as reduction='mean', which it needs, divides the
        gradient; the recorded loss then has the penalties. This is scikit-learn's alpha.
    dropconnect : default 0.0. Share of the weights that a step leaves out, 0 to 0.999, drawn for
        each mini-batch (Wan et al., 2013). The weights kept are divided by 1 - dropconnect.
    clip_value : default None. Gradient clipping by value, above 0: each component of a step's
        gradient is brought into -clip_value..clip_value. None does not clip.
    **Control**
    tol : default 0.0001. Tolerance of patience and of the schedule 'adaptive', at least 0: how much
        lower a loss must be to count as lower.
    record_every : default None. Epochs from one entry of the history to the next, at least 1. None
        is the largest power of ten that gives at least five entries, but 1 for 'lbfgs' and 'bfgs',
        and with patience or the schedule 'adaptive'.
    track_directions : default False. Whether to count, for each weight, how often its update
        changed direction (attribute direction_changes of the result).
    backend : default 'kernels'. Implementation: 'kernels', compiled by Numba, or 'reference', their
        NumPy twins.
    """
