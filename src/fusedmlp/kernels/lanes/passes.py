"""The passes of a small batch, chosen by the type of its layout when a kernel is compiled."""

from numba import types
from numba.extending import overload

from fusedmlp.kernels.compilation.jit import INNER
from fusedmlp.kernels.lanes.rows_in_lanes import backward_rows, forward_rows, sum_of_unit
from fusedmlp.kernels.lanes.unit_layout import UnitLayout
from fusedmlp.kernels.lanes.units_in_lanes import backward_units, forward_units, sum_of_output


def _units_in_lanes(layout):
    """Whether a layout, or its type, has units in the lanes."""
    kind = layout.instance_class if isinstance(layout, types.NamedTuple) else type(layout)
    return kind is UnitLayout


def forward(layout, choices, work):
    """Compute all layers' outputs."""
    (forward_units if _units_in_lanes(layout) else forward_rows)(layout, choices, work)


@overload(forward, jit_options=INNER, inline="always")
def _forward(layout, choices, work):
    if _units_in_lanes(layout):
        return lambda layout, choices, work: forward_units(layout, choices, work)
    return lambda layout, choices, work: forward_rows(layout, choices, work)


def backward(layout, choices, work, learning_rate, momentum):
    """Update all layers, given the last layer's delta."""
    function = backward_units if _units_in_lanes(layout) else backward_rows
    function(layout, choices, work, learning_rate, momentum)


@overload(backward, jit_options=INNER, inline="always")
def _backward(layout, choices, work, learning_rate, momentum):
    if _units_in_lanes(layout):
        return lambda layout, choices, work, learning_rate, momentum: backward_units(
            layout, choices, work, learning_rate, momentum
        )
    return lambda layout, choices, work, learning_rate, momentum: backward_rows(
        layout, choices, work, learning_rate, momentum
    )


def output_sum(layout, work, last, unit):
    """Return the sums of an output, one row in each lane."""
    if _units_in_lanes(layout):
        return sum_of_output(layout, work, unit)
    return sum_of_unit(work, last, unit)


@overload(output_sum, jit_options=INNER, inline="always")
def _output_sum(layout, work, last, unit):
    if _units_in_lanes(layout):
        return lambda layout, work, last, unit: sum_of_output(layout, work, unit)  # noqa: ARG005
    return lambda layout, work, last, unit: sum_of_unit(work, last, unit)  # noqa: ARG005
