"""Whether the arguments of `fit`, `predict`, `gradient` and `error_surface` fit together, compiled.

What a signature does not fix: sizes, offsets and codes. They are compared before the first address
is computed. The checks in Python, in `plan.operations.runs`, find the same and say what is wrong.
"""

from functools import reduce

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.blocked.layout import NUMBERS
from fusedmlp.kernels.compilation.staged import INT, Memory, Number, Variable, staged
from fusedmlp.plan.blocking import PART_RECORD, TILE_ROWS
from fusedmlp.plan.codes import NEEDS_PREACTIVATION, Activation, Loss, Measure, Optimizer
from fusedmlp.plan.operations.plans import EXTRAS, PLAN
from fusedmlp.plan.operations.requirements import Code
from fusedmlp.plan.signals import PLACES

MOST_UNITS = 2**20  # of a layer: the number of all weights stays within 63 bits
HIGHEST_POSITION = 2**60
PREDICTION = {name: PLAN[name] for name in NUMBERS}
UNCOMMON = [activation for activation in Activation if not activation.traits.common]


class Layers:
    """A plan's layers: whether sizes, offsets and codes fit, and what they add up to.

    numbers: what is required of the plan's numbers.
    """

    def __init__(self, builder, plan, numbers=PLAN):
        zero = Number(builder, INT(0))
        layers = plan.activations.size
        arrays_fit = all_of(
            layers > 0,
            plan.sizes.size == layers + 1,
            plan.weight_offsets.size == layers,
            plan.bias_offsets.size == layers,
            *numbers_fit(numbers, plan),
        )
        end, weights, units = (Variable(builder, zero) for _ in range(3))
        fits = Variable(builder, arrays_fit)
        with cgutils.for_range(builder, arrays_fit.choose(layers, 0).value) as loop:
            layer = Number(builder, loop.index)
            n_in, n_out = plan.sizes[layer], plan.sizes[layer + 1]
            biases = end.now + n_in * n_out
            code = plan.activations[layer]
            fits.set(
                all_of(
                    fits.now,
                    n_in.within(1, MOST_UNITS),
                    n_out.within(1, MOST_UNITS),
                    plan.weight_offsets[layer] == end.now,
                    plan.bias_offsets[layer] == biases,
                    _code_fits(plan, code),
                )
            )
            end.set(biases + n_out * plan.bias)
            weights.set(weights.now + n_in * n_out)
            units.set(units.now + n_out)
        # The first and the last size, if there are any.
        last = arrays_fit.choose(layers, 0)
        self.n_in, self.n_out = Variable(builder, zero), Variable(builder, zero)
        with builder.if_then((plan.sizes.size > 0).value):
            self.n_in.set(plan.sizes[zero])
            self.n_out.set(plan.sizes[last])
        self.n_in, self.n_out = self.n_in.now, self.n_out.now
        self.end, self.weights, self.units = end.now, weights.now, units.now
        self.hidden, self.fit = self.units - self.n_out, fits.now


def all_of(*conditions):
    """Return whether all conditions hold."""
    return reduce(Number.__and__, conditions)


def numbers_fit(requirements, fields):
    """Return whether each number of a named tuple is what is required, as conditions."""
    return [number_fits(requirement, getattr(fields, n)) for n, requirement in requirements.items()]


def number_fits(requirement, number):
    """Return whether a number is in its range, or one of its codes."""
    if isinstance(requirement, Code):
        return number.is_one_of(requirement.choices)
    return number.within(requirement.least, requirement.most)


def _code_fits(plan, code):
    """Return whether an activation is one, and the plan is for it."""
    known = Activation if plan.all_activations is not None else set(Activation) - set(UNCOMMON)
    needs = code.is_one_of(NEEDS_PREACTIVATION).as_int()
    return code.is_one_of(known) & (needs <= plan.save_for_backward)


def _workspace_fits(plan, layers, extras):
    """Return whether the plan's workspace has room for its blocks, as `plan.blocking` computes."""
    more, copies = plan.save_for_backward + 2, 1
    if extras is not None:
        more = more + (extras.dropout > 0).as_int() + extras.batch_norm
        copies = (extras.dropconnect > 0).choose(3, 1)
    is_log_loss = plan.loss == int(Loss.LOG_LOSS)
    beside_targets = is_log_loss.as_int() + 1  # the last layer's sums, too
    row_size, params = (
        layers.n_in + layers.n_out * beside_targets + layers.units * more,
        layers.weights + layers.units,
    )
    tiles = plan.partial_gradients * TILE_ROWS  # rows: each part begins with a tile
    divided = (params + PART_RECORD) * plan.partial_gradients
    whole = (layers.n_in + layers.hidden) * (plan.block_rows + 2 * 16)
    rest = (plan.partial_gradients > 1).choose(divided, whole)
    least = plan.block_rows * row_size + (params + layers.units * 3) * copies + rest
    return all_of(
        plan.block_rows <= 2**31,
        plan.workspace_size >= least,
        (plan.partial_gradients == 1) | _is_multiple(plan.block_rows, tiles),
        is_log_loss | int(plan.log_loss is None),
    )


def _is_multiple(number, divisor):
    return number.ceiling_of_share(divisor) * divisor == number


def _data_fit(layers, X, y):
    """Return whether X (rows, n_in) and y (rows, n_out) are for this plan."""
    return all_of(
        X.shape[0] > 0,
        X.shape[1] == layers.n_in,
        y.shape[0] == X.shape[0],
        y.shape[1] == layers.n_out,
        X.is_native(),
        y.is_native(),
    )


def _prediction_fits(builder, plan, params, X, outputs):
    layers = Layers(builder, plan, PREDICTION)
    row_size = layers.units * 2 + layers.n_in + layers.n_out
    return all_of(
        _params_and_data_fit(layers, params, X, outputs),
        plan.block_rows <= 2**31,
        plan.workspace_size >= row_size * plan.block_rows,
    )


def _params_and_data_fit(layers, params, X, y):
    """Return whether the parameters, with or without scales, and the data are for the layers."""
    folded, own = params.size == layers.end, params.size == layers.end + layers.hidden
    return all_of(layers.fit, folded | own, params.is_native(), _data_fit(layers, X, y))


def _surface_fits(builder, plan, params, X, y, first, values, second, others, measure, result):
    layers = Layers(builder, plan)
    return all_of(
        _params_and_data_fit(layers, params, X, y),
        _workspace_fits(plan, layers, None),
        first.within(0, params.size - 1),
        second.within(0, params.size - 1),
        number_fits(Code(Measure), measure),
        result.shape[0] == values.size,
        result.shape[1] == others.size,
        *(array.is_native() for array in (values, others, result)),
    )


def _gradient_fits(builder, plan, params, X, y, result, row_weights, signals):
    layers, extras = Layers(builder, plan), plan.extras
    fits = all_of(
        layers.fit,
        params.size == layers.end + layers.hidden * extras.batch_norm,
        result.size == params.size,
        params.is_native(),
        result.is_native(),
        *numbers_fit(EXTRAS, extras),
        extras.scale_offset == layers.end,
        _data_fit(layers, X, y),
        _workspace_fits(plan, layers, extras),
    )
    if isinstance(row_weights, Memory):
        fits = all_of(fits, row_weights.size == X.shape[0], row_weights.is_native())
    if isinstance(signals, Memory):
        fits = all_of(fits, signals.size == PLACES, signals.is_native())
    return fits


def _fit_fits(builder, plan, extras, X, y, state, stop):
    layers, rows, size = Layers(builder, plan), X.shape[0], state.params.size
    tracked = plan.track_directions.is_true().choose(size, 0)
    fits = all_of(
        layers.fit,
        _data_fit(layers, X, y),
        plan.batch_size.within(1, rows),
        _workspace_fits(plan, layers, extras),
        state.gradient.size == size,
        state.velocity.size == size,
        state.workspace.size >= plan.workspace_size,
        state.signals.size == PLACES,
        state.progress.size == 2,
        (state.snapshots.size == 0) | (state.snapshots.shape[1] == size),
        *(array.is_native() for array in state.arrays()),
        state.last_direction.size == tracked,
        state.direction_changes.size == tracked,
    )
    if extras is None:
        fits, sampler = fits & (size == layers.end), Number(builder, cgutils.false_bit)
    else:
        sampler = extras.optimizer == Optimizer.AW_SGD
        fits = fits & _extras_fit(plan, layers, extras, state, rows, sampler)
    return all_of(
        fits,
        _order_fits(builder, plan, state, sampler, rows),
        _records_fit(builder, plan, state, rows, stop),
    )


def _extras_fit(plan, layers, extras, state, rows, sampler):
    """Return whether the state of the extras is that of the plan."""
    scales, drawn = layers.hidden * extras.batch_norm, sampler.choose(rows, 0)
    no_squares = sampler | (extras.optimizer == Optimizer.SGD)
    may_be_empty = sampler | (extras.weighted == 0)
    return all_of(
        state.params.size == layers.end + scales,
        extras.scale_offset == layers.end,
        *numbers_fit(EXTRAS, extras),
        state.running_stats.size == scales * 2,
        state.squares.size == no_squares.choose(0, state.params.size),
        extras.learning_rates.size > 0,
        state.learning_rate_factor.size == 1,
        state.mean_row_weight.size == 1,
        ((state.row_weights.size == 0) & may_be_empty) | (state.row_weights.size == rows),
        state.sampler_tree.size == drawn * 2,
        state.sampler_mean.size == 2,
        state.draw_weights.size == drawn,
        state.draw_squares.size == drawn,
        (extras.batch_norm == 0) | _is_one_block(plan),
        (extras.dropout == 0) | (plan.save_for_backward == 1),
    )


def _is_one_block(plan):
    """Return whether a batch is one block of one thread, whose means are the batch's."""
    one = (plan.partial_gradients == 1) & (plan.threads == 1)
    return one & (plan.block_rows == plan.batch_size)


def _order_fits(builder, plan, state, sampler, rows):
    """Return whether the row order holds row numbers; a sampler's draws go on from there."""
    size = state.row_order.size
    orders = (plan.given_orders > 1).choose(plan.given_orders, 1)
    fits = Variable(builder, size == (sampler | plan.shuffle.is_true()).choose(rows * orders, 0))
    with cgutils.for_range(builder, sampler.choose(size, 0).value) as loop:
        row = state.row_order[Number(builder, loop.index)]
        fits.set(fits.now & row.within(0, rows - 1))
    return fits.now


def _records_fit(builder, plan, state, rows, stop):
    """Return whether the position is one, and there are records for all epochs up to `stop`."""
    has_position = state.position.size == 1
    position = Variable(builder, Number(builder, INT(-1)))
    with builder.if_then(has_position.value):
        position.set(state.position[Number(builder, INT(0))])
    position = position.now
    records = stop.ceiling_of_share(rows).ceiling_of_share(plan.record_every)
    enough = (state.errors.size >= records) & (state.losses.size >= records)
    return all_of(
        stop.within(0, HIGHEST_POSITION),
        position.within(0, HIGHEST_POSITION),
        (position >= stop) | enough,
    )


def _compiled(fits):
    """Return an intrinsic (*arguments) of such a function (builder, *arguments).

    Without compilation it accepts all: then the check in Python comes first.
    """
    if config.DISABLE_JIT:
        return lambda *_: True

    @intrinsic
    def compare(typing_context, *arguments):  # noqa: ARG001
        def build(context, builder, sig, args):  # noqa: ARG001
            values = cgutils.unpack_tuple(builder, args[0], len(arguments))
            pairs = zip(arguments, values, strict=True)
            return fits(builder, *(staged(context, builder, *pair) for pair in pairs)).value

        return types.boolean(types.StarArgTuple(arguments)), build

    return compare


# Each returns whether the operation may run on its arguments. fit's extras are an argument of their
# own, or None; a plan may be without extras, but for `gradient`. Of a surface: the indices and
# values of both weights, one after the other, and the result.
prediction_fits, surface_fits = _compiled(_prediction_fits), _compiled(_surface_fits)
gradient_fits, fit_fits = _compiled(_gradient_fits), _compiled(_fit_fits)
