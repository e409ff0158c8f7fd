"""Options of regularisation and gradient clipping."""

from typing import Annotated, TypedDict

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.option import Option


class RegularisationOptions(TypedDict, total=False):
    """Penalties, dropout, dropconnect and gradient clipping."""

    l1: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0),
            "L1 penalty, at least 0: factor of the sum of the weights' absolute values, which is "
            "added to the loss of a step and drives weights to 0. Biases have no penalty.",
        ),
    ]
    l2: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0),
            "L2 penalty, at least 0: factor of half the sum of the squared weights, which is added "
            "to the loss of a step and keeps weights small. Biases have no penalty.",
        ),
    ]
    scale_penalties: Annotated[
        bool,
        Option(
            False,
            may_be.flag,
            "Whether l1 and l2 are divided by the rows (the sum of the weights) of the step's "
            "mini-batch, as reduction='mean', which it needs, divides the gradient; the recorded "
            "loss then has the penalties. This is scikit-learn's alpha.",
        ),
    ]
    dropout: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, most=0.999),
            "Share of the hidden units that a step leaves out, 0 to 0.999, drawn for each row "
            "(Srivastava et al., 2014). The outputs of the units kept are divided by 1 - dropout, "
            "so that predictions use all units as they are.",
        ),
    ]
    dropconnect: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, most=0.999),
            "Share of the weights that a step leaves out, 0 to 0.999, drawn for each mini-batch "
            "(Wan et al., 2013). The weights kept are divided by 1 - dropconnect.",
        ),
    ]
    clip_value: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "Gradient clipping by value, above 0: each component of a step's gradient is brought "
            "into -clip_value..clip_value. None does not clip.",
        ),
    ]
    clip_norm: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "Gradient clipping by norm, above 0: a step's gradient with a larger Euclidean norm is "
            "scaled down to this norm, after clip_value. None does not clip.",
        ),
    ]
