# Made from the options by `python .ci/stubs.py`; do not edit.

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias

from numpy.random import Generator, RandomState
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fusedmlp.many.trained_many import TrainedMany as TrainedMany

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

def train_many(
    X: ArrayLike,
    y: ArrayLike,
    hidden: int | Sequence[int] = (4,),
    *,
    starts: int | None = None,
    grid: Mapping[str, Iterable[Any]] | None = None,
    bootstrap: bool = False,
    folds: Any = None,
    checkpoint: str | PathLike[str] | None = None,
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
    validation: float | tuple[ArrayLike, ArrayLike] | None = None,
    patience: int | None = None,
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
    backend: Backend = "kernels",
) -> TrainedMany:
    """Train many networks: every combination of a grid, from every start, in every fold.

    Each is the network that `train` gives with its options, its rows and its seed. Small networks
    of one structure are trained in the lanes of the processor's vectors, 4 to 16 at a time; the
    order of their sums is another one, so that they equal those of `train` to rounding (1e-12 in
    100 epochs of float64, where training itself does not multiply it). Those for which a register
    of their own would not be faster are trained one by one. The bits are the same for any number
    of cores or workers.

    Batches of networks leave through `joblib.Parallel`: to threads, or where
    ``joblib.parallel_config`` says, such as ``"dask"``. Those of a worker that is lost are trained
    again.

    Parameters
    ----------
    X : array-like (rows, n_in), or ndarray (data sets, rows, n_in)
        Inputs; of all networks, or one data set for each start, or for each network.
    y : array-like (rows,) or (rows, n_out), or with data sets (data sets, rows[, n_out])
        Targets.
    hidden : int or sequence of int, default (4,)
        Units of each hidden layer; () for none.
    starts : int, default 1, or one for each data set
        How many first weights each combination is trained from.
    grid : mapping from options to lists of values, optional
        Every combination of these is trained; also ``hidden``. ``random_state`` in it gives the
        seeds of the starts.
    bootstrap : bool, default False
        Whether each network is trained on as many rows, drawn with replacement from its seed.
    folds : int, splitter of scikit-learn, or pairs of row numbers, optional
        Cross-validation: each network is also trained once for each fold, and its validation loss
        is that of the rows held out. An int shuffles the rows, by the first seed.
    checkpoint : path, optional
        A folder that keeps the batches that are finished. A later call with the same arguments goes
        on from there, without a ``random_state`` with the same seeds.
    random_state : default None. As that of `train`; an int is the first start's own seed, from
        which the others follow.
    threads : default None. How many networks are trained at a time; None: joblib's number of jobs
        or, if nothing is configured, what the cores can share.
    progress : default False. Whether to show a progress bar of the networks.
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
    validation : default None. Validation set, which is not trained on: a pair (X, y), or the share
        of the rows to hold out at random, above 0 and below 1. history['validation_loss'] has its
        loss after each recorded epoch. None is no validation set.
    patience : default None. Early stopping: the number of recorded epochs, at least 1, after which
        the run stops if the loss did not become lower by tol. The loss is that of the validation
        set, if there is one. The weights after the epoch with the lowest loss are restored.
        record_every=None is then every epoch. With learning_rate_schedule='adaptive', the learning
        rate is divided instead. None is no early stopping.
    dtype : default None. Type of all arithmetic: 'float64' or 'float32'. None is 'float32' if X, or
        a stream's first chunk, is float32 alone, which is then not copied, else 'float64'.

    Returns
    -------
    TrainedMany

    Raises
    ------
    TypeError, ValueError
        As `train` does; for a grid that is none, with unknown options or without values, for more
        than 100,000,000 networks, and for a checkpoint of another call or of something else. All
        are raised before any training.
    KeyboardInterrupt
        When Ctrl-C comes: its attribute ``run`` is the TrainedMany with the networks that were
        finished.

    Warns
    -----
    UserWarning
        As `train` does, before any training; each once, of the first start.
    RuntimeWarning
        Once, if networks diverged.

    Examples
    --------
    >>> import fusedmlp
    >>> X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
    >>> runs = fusedmlp.train_many(X, y, hidden=4, starts=100, epochs=2000, random_state=1)
    >>> len(runs), runs.loss.shape
    (100, (100,))
    >>> bool(runs.best().history["loss"][-1] == runs.loss.min())
    True

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
    backend : default 'kernels'. Implementation: 'kernels', compiled by Numba, or 'reference', their
        NumPy twins.
    """
