"""Records of errors and losses of a group of networks."""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.log_loss import (
    first_unit,
    no_losses,
    sigmoid_losses,
    softmax_losses,
    with_unit,
)
from fusedmlp.kernels.many.lanes import load
from fusedmlp.kernels.many.numbers import HUBER_DELTA, number
from fusedmlp.kernels.many.run import place_of
from fusedmlp.kernels.vector import absolute, at, put, select, shifted, store, to_float64
from fusedmlp.plan.codes import Activation, Loss


@inner
def add_records(run, count, rows, record):
    """Add the errors and losses of a block of rows to a record of each network."""
    work, size = run.work, rows * run.data.n_out * run.work.lanes
    outputs = shifted(work.outputs, work.last)
    store(run.arrays.sums, 0, _errors(work, outputs, size))
    _add(run, count, run.arrays.errors, record)
    if run.log_loss is None:
        store(run.arrays.sums, 0, _losses(run.loss, work, outputs, size))
    else:
        store(run.arrays.sums, 0, _log_losses(run, rows))
    _add(run, count, run.arrays.losses, record)


@inner
def _add(run, count, records, record):
    """Add a number of each lane to the record of its network, unless that has diverged."""
    for lane in range(count):
        place = place_of(run, lane)
        if at(run.arrays.diverged, place) == 0:
            k = place * run.arrays.records + record
            put(records, k, at(records, k) + at(run.arrays.sums, lane))


@inner
def _errors(work, outputs, size):
    """Return the sums of |output - target|."""
    total = no_losses(load(outputs, 0))
    for k in range(0, size, work.lanes):
        error = to_float64(load(outputs, k)) - to_float64(load(work.targets, k))
        total = total + absolute(error)
    return total


@inner
def _losses(loss, work, outputs, size):
    """Return the sums of a loss of the outputs."""
    total, huber_delta = no_losses(load(outputs, 0)), to_float64(number(work, HUBER_DELTA))
    for k in range(0, size, work.lanes):
        error = to_float64(load(outputs, k)) - to_float64(load(work.targets, k))
        value = 0.5 * error * error
        if loss == Loss.ABSOLUTE_ERROR:
            value = absolute(error)
        elif loss == Loss.HUBER:
            linear = huber_delta * (absolute(error) - 0.5 * huber_delta)
            value = select(absolute(error) > huber_delta, linear, value)
        total = total + value
    return total


@inner
def _log_losses(run, rows):
    """Return the sums of the log loss."""
    work, lanes = run.work, run.work.lanes
    total = no_losses(load(work.sums, 0))
    for b in range(rows):
        first = b * run.data.n_out * lanes
        if run.last_activation == Activation.SOFTMAX:
            losses = first_unit(load(work.sums, first), load(work.targets, first))
            for j in range(1, run.data.n_out):
                k = first + j * lanes
                losses = with_unit(losses, load(work.sums, k), load(work.targets, k))
            total = total + softmax_losses(losses)
        else:
            for j in range(run.data.n_out):
                k = first + j * lanes
                total = total + sigmoid_losses(load(work.sums, k), load(work.targets, k))
    return total
