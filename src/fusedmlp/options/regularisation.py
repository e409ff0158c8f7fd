"""Options of regularisation and of clipping."""

from typing import Annotated, TypedDict

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.option import Option


class RegularisationOptions(TypedDict, total=False):
    """Penalties, dropout, and the bounds of a gradient."""

    l1: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0),
            "Penalty on the sum of the weights' sizes, which makes them 0; not on biases.",
        ),
    ]
    l2: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0),
            "Penalty on half the sum of the weights' squares, which keeps them small; not on "
            "biases.",
        ),
    ]
    dropout: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, most=0.999),
            "Share of the hidden units that a step leaves out, drawn for each row (Srivastava et "
            "al., 2014). What is left grows as much, so that predictions use all as they are.",
        ),
    ]
    dropconnect: Annotated[
        float,
        Option(
            0.0,
            may_be.number(least=0, most=0.999),
            "Share of the weights that a step leaves out, drawn for each batch (Wan et al., 2013).",
        ),
    ]
    clip_value: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "The most that each number of a step's gradient may be, up or down.",
        ),
    ]
    clip_norm: Annotated[
        float | None,
        Option(
            None,
            may_be.optional(may_be.number(above=0)),
            "The length to which a longer gradient is shortened, after clip_value.",
        ),
    ]
