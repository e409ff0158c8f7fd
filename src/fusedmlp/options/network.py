"""Options of the network and its loss."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypedDict

from numpy.typing import NDArray

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.option import Option
from fusedmlp.plan import codes
from fusedmlp.plan.codes import Activation, names_of

HIDDEN_ACTIVATIONS = names_of(tuple(a for a in Activation if a.traits.hidden is not None))
OUTPUT_ACTIVATIONS = names_of(tuple(a for a in Activation if a.traits.output is not None))

if TYPE_CHECKING:  # at run time, the names are those of codes.py
    HiddenActivation: TypeAlias = str
    OutputActivation: TypeAlias = str
    Loss: TypeAlias = str
else:
    HiddenActivation = Literal[HIDDEN_ACTIVATIONS]
    OutputActivation = Literal[OUTPUT_ACTIVATIONS]
    Loss = Literal[names_of(codes.Loss)]

# Not array-like: a str is array-like, and "normal" a sequence of them.
Layer = NDArray[Any] | Sequence[float] | Sequence[Sequence[float]]
Initial = Literal["uniform", "glorot", "he"] | Sequence[Layer] | Sequence[Sequence[Layer]]


def _hidden_activations() -> str:
    """List the activations of hidden layers, each with its remark."""
    remarks = [f" ({a.traits.hidden})" if a.traits.hidden else "" for a in Activation]
    named = [
        f"{name_of(a)}{remark}"
        for a, remark in zip(Activation, remarks, strict=True)
        if a.traits.hidden is not None
    ]
    return f"{', '.join(named[:-1])} or {named[-1]}"


def _output_activations() -> str:
    """List the activations of the last layer, each with the outputs it is for."""
    return ", ".join(f"{name_of(a)} {a.traits.output}" for a in Activation if a.traits.output)


def name_of(activation: Activation) -> str:
    """Return an activation's name as the options spell it, in quotes."""
    return repr(activation.name.lower())


class NetworkOptions(TypedDict, total=False):
    """The network and its loss."""

    activation: Annotated[
        HiddenActivation | Sequence[HiddenActivation],
        Option(
            "sigmoid",
            may_be.one_or_each_of(HIDDEN_ACTIVATIONS, "hidden layer"),
            "Activation of the hidden layers, or a sequence with one for each layer: "
            f"{_hidden_activations()}.",
        ),
    ]
    output_activation: Annotated[
        OutputActivation,
        Option(
            "sigmoid",
            may_be.one_of(OUTPUT_ACTIVATIONS),
            f"Activation of the last layer: {_output_activations()}.",
        ),
    ]
    loss: Annotated[
        Loss,
        Option(
            "squared_error",
            may_be.one_of(names_of(codes.Loss)),
            "Loss to minimise, summed over a row's outputs: 'squared_error', half the squared "
            "error; 'absolute_error'; 'huber', half the squared error up to huber_delta and linear "
            "beyond; 'log_loss', cross-entropy: minus the logarithm of the probability given to "
            "the targets, exact to rounding also where an output is rounded to 0 or 1 (with "
            "output_activation 'sigmoid' or 'softmax'); 'poisson', half the "
            "Poisson deviance of targets that are counts, from outputs that are their means (with "
            "output_activation 'exp' or 'softplus').",
        ),
    ]
    huber_delta: Annotated[
        float,
        Option(
            1.0,
            may_be.number(above=0),
            "Absolute error above which the loss 'huber' is linear, in the target's unit; above 0.",
        ),
    ]
    bias: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether each unit has a bias. Biases start at 0, unless init or warm_start gives "
            "them.",
        ),
    ]
    batch_norm: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether to use batch normalisation (Ioffe and Szegedy, 2015): the pre-activations of "
            "hidden units get mean 0 and variance 1 over each mini-batch, then a learnt scale and "
            "a learnt shift. The shift takes the place of the bias; every layer then has biases. "
            "Predictions use running means and variances. Training uses one thread.",
        ),
    ]
    init: Annotated[
        Initial,
        Option(
            "uniform",
            may_be.initial,
            "Initial weights: 'uniform', uniform in [-1, 1); 'glorot', uniform in -a..a with a = "
            "sqrt(6 / (n_in + n_out)) (Glorot and Bengio, 2010); 'he', normal with mean 0 and "
            "variance 2 / n_in (He et al., 2015); or arrays: a sequence with one (n_in, n_out) for "
            "each layer, or a pair of such a sequence and a sequence of (n_out,) biases.",
        ),
    ]
