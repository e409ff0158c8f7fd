"""The training loop for a small full batch whose shape is a constant: see `shape.py`.

Two groups of networks take turns, layer by layer: an epoch is a chain of operations that wait for
one another, and the processor goes on with the other group meanwhile.
"""

from typing import Any

from fusedmlp.kernels.blocked.row_weights import row_scale
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many.group import (
    begin_run,
    end_diverged,
    gather_block,
    load_group,
    set_places,
    store_group,
)
from fusedmlp.kernels.many.numbers import set_constants, set_rates
from fusedmlp.kernels.many.passes_of_shape import (
    backward_of,
    gradient_of,
    layer_forward_of,
    output_delta_of,
    sgd_of,
)
from fusedmlp.kernels.many.records import add_records
from fusedmlp.kernels.many.shape import Sizes
from fusedmlp.kernels.many.update import may_not_be_finite, update_with_extras
from fusedmlp.kernels.threads.barrier import stop_requested
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.plan.signals import STOP


def training_of(shape: Sizes, plain: bool) -> Any:
    """Return the function that trains networks of a shape, as `train_groups` does.

    plain: whether by SGD alone, without penalties and clipping.
    """
    train_two = _training_of_two(shape, plain)

    @inner
    def train_pairs(extras, run, other, active, X, begin, end, arrays):  # noqa: ARG001
        first, lanes = 0, run.work.lanes
        begin_run(run)
        begin_run(other)
        while first < active.size:
            count = smaller(lanes, active.size - first)
            others = smaller(lanes, active.size - first - count)
            set_places(run, active, first, count)
            if others > 0:
                set_places(other, active, first + count, others)
            if not train_two(extras, run, other, X.dtype.type, count, others, begin, end):
                break
            first += count + others
        return first

    return train_pairs


def _training_of_two(shape: Sizes, plain: bool) -> Any:
    """Return a function that trains two groups, of which the other may have no networks."""
    train_epoch, rows = _epoch_of(shape, plain), shape.rows

    @inner
    def train_two(extras, run, other, real, count, others, epoch, end):
        _load(run, epoch, rows)
        if others > 0:
            _load(other, epoch, rows)
        scale = row_scale(run.steps.reduction, rows, real)
        while epoch < end:
            if stop_requested(run.network.signals, STOP):
                return False
            if run.steps.schedule_size > 1:
                set_rates(run, epoch)
                if others > 0:
                    set_rates(other, epoch)
            record = epoch // run.steps.record_every if epoch % run.steps.record_every == 0 else -1
            train_epoch(run, other, scale, count, others, record)
            epoch += 1
            if extras is not None:
                update_with_extras(run, epoch - 1, epoch)
                if others > 0:
                    update_with_extras(other, epoch - 1, epoch)
            if may_not_be_finite(run.work, run.arrays.size):
                end_diverged(run, count, epoch)
            if others > 0 and may_not_be_finite(other.work, run.arrays.size):
                end_diverged(other, others, epoch)
        store_group(run, count)
        store_group(other, others)
        return True

    return train_two


@inner
def _load(run, epoch, rows):
    """Load a group and its rows."""
    load_group(run)
    set_constants(run)
    set_rates(run, epoch)
    gather_block(run, 0, rows)


def _epoch_of(shape: Sizes, plain: bool) -> Any:
    """Return a function that makes the passes of an epoch and its records.

    With plain SGD it updates the parameters; else it leaves the gradients.
    """
    first, last = layer_forward_of(shape, 0), layer_forward_of(shape, len(shape.activations) - 1)
    output_delta, two_layers, rows = output_delta_of(shape), len(shape.activations) == 2, shape.rows
    backward = backward_of(shape, sgd_of(shape) if plain else gradient_of(shape))

    @inner
    def train_epoch(run, other, scale, count, others, record):
        a, b, both = run.work.params, other.work.params, others > 0
        steps = run.steps.momentum, run.steps.nesterov
        if two_layers:
            first(a)
            if both:
                first(b)
        last(a)
        if both:
            last(b)
        if record >= 0:
            add_records(run, count, rows, record)
            if both:
                add_records(other, others, rows, record)
        output_delta(a, scale)
        if both:
            output_delta(b, scale)
        backward(a, steps)
        if both:
            backward(b, steps)

    return train_epoch
