"""Whether the arguments of `fit`, `predict`, `gradient` and `error_surface` fit together, compiled.

What a signature does not fix: sizes, offsets and codes. They are compared before the first address
is computed. The checks in Python, in `plan.operations.runs`, find the same and say what is wrong.
"""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import address, at
from fusedmlp.plan.codes import NEEDS_PREACTIVATION, Activation, Optimizer

MOST_UNITS = 2**20  # of a layer: the number of all weights stays within 63 bits
MOST_CODE = max(Activation)
HIGHEST_POSITION = 2**60
UNCOMMON = tuple(int(activation) for activation in Activation if not activation.traits.common)
NEED_SAVED = tuple(int(activation) for activation in NEEDS_PREACTIVATION)


@inner
def parameters_of(plan):
    """Return the number of weights and biases, or 0 if sizes, offsets and codes do not fit."""
    layers, sizes, end = plan.activations.size, address(plan.sizes), 0
    arrays_fit = (
        layers > 0
        and plan.sizes.size == layers + 1
        and plan.weight_offsets.size == layers
        and plan.bias_offsets.size == layers
    )
    if not arrays_fit or plan.bias < 0 or plan.bias > 1:
        return 0
    for layer in range(layers):
        n_in, n_out = at(sizes, layer), at(sizes, layer + 1)
        if n_in < 1 or n_in > MOST_UNITS or n_out < 1 or n_out > MOST_UNITS:
            return 0
        if plan.weight_offsets[layer] != end or plan.bias_offsets[layer] != end + n_in * n_out:
            return 0
        end += n_in * n_out + n_out * plan.bias
        code = plan.activations[layer]
        if code < 0 or code > MOST_CODE or (code in UNCOMMON and plan.all_activations is None):
            return 0
        if code in NEED_SAVED and plan.save_for_backward != 1:
            return 0
    return end


@inner
def hidden_units(plan):
    """Return the number of hidden units."""
    units = 0
    for layer in range(1, plan.sizes.size - 1):
        units += plan.sizes[layer]
    return units


@inner
def workspace_fits(plan, dropout, dropconnect, batch_norm):
    """Whether the plan's workspace has room for a block of its rows, as `plan.blocking` computes.

    The three are 1 or 0. The sizes of the plan have been compared before.
    """
    if plan.block_rows < 1 or plan.partial_gradients < 1 or plan.workspace_size < 1:
        return False
    if plan.block_rows > 2**31 or plan.partial_gradients > 2**16:
        return False
    layers, sizes, weights, units = plan.activations.size, address(plan.sizes), 0, 0
    for layer in range(layers):
        weights += at(sizes, layer) * at(sizes, layer + 1)
        units += at(sizes, layer + 1)
    n_in, n_out = at(sizes, 0), at(sizes, layers)
    more = 2 + plan.save_for_backward + dropout + batch_norm
    row_size, params = n_in + n_out + more * units, weights + units
    if plan.partial_gradients > 1:
        rest = params * plan.partial_gradients
    else:
        rest = (n_in + units - n_out) * (plan.block_rows + 2 * 16)
    params += 3 * units
    least = plan.block_rows * row_size + (3 if dropconnect else 1) * params + rest
    return plan.workspace_size >= least


@inner
def prediction_fits(plan, params, X, outputs):
    """Whether `predict` may run; the plan may be without extras."""
    end = parameters_of(plan)
    return (
        end > 0
        and (params.size == end or params.size == end + hidden_units(plan))
        and X.shape[0] > 0
        and X.shape[1] == plan.sizes[0]
        and outputs.shape[0] == X.shape[0]
        and outputs.shape[1] == plan.sizes[-1]
        and workspace_fits(plan, 0, 0, 0)
    )


@inner
def surface_fits(plan, params, X, y, grid, result):
    """Whether `error_surface` may run; grid: (first, its values, second, its values)."""
    first, first_values, second, second_values = grid
    return (
        prediction_fits(plan, params, X, y)
        and 0 <= first < params.size
        and 0 <= second < params.size
        and result.shape[0] == first_values.size
        and result.shape[1] == second_values.size
    )


@inner
def gradient_fits(plan, params, X, y, result, row_weights):
    """Whether `gradient` may run."""
    end, extras = parameters_of(plan), plan.extras
    if end == 0 or params.size != end + hidden_units(plan) * extras.batch_norm:
        return False
    if row_weights is not None:  # noqa: SIM102 - Numba leaves out the branch only if it is alone
        if row_weights.size != X.shape[0]:
            return False
    return (
        result.size == params.size
        and extras.scale_offset == end
        and data_fits(plan, X, y)
        and workspace_fits(plan, extras.dropout > 0, extras.dropconnect > 0, extras.batch_norm)
    )


@inner
def data_fits(plan, X, y):
    """Whether X (rows, n_in) and y (rows, n_out) are for this plan."""
    return (
        X.shape[0] > 0
        and X.shape[1] == plan.sizes[0]
        and y.shape[0] == X.shape[0]
        and y.shape[1] == plan.sizes[-1]
    )


@inner
def fit_fits(plan, extras, X, y, state, stop):
    """Whether `fit` may run. extras are the plan's, or None: an argument of their own, as there."""
    end, rows, size = parameters_of(plan), X.shape[0], state.params.size
    if end == 0 or not data_fits(plan, X, y) or plan.batch_size < 1 or plan.batch_size > rows:
        return False
    if extras is None:
        fits = size == end and workspace_fits(plan, 0, 0, 0)
        sampler = False
    else:
        fits = _extras_fit(plan, extras, state, rows, end)
        sampler = extras.optimizer == Optimizer.AW_SGD
    tracked = size if plan.track_directions else 0
    return (
        fits
        and state.gradient.size == size
        and state.velocity.size == size
        and state.workspace.size >= plan.workspace_size
        and state.last_direction.size == tracked
        and state.direction_changes.size == tracked
        and _order_fits(plan, state, sampler, rows)
        and _records_fit(plan, state, rows, stop)
    )


@inner
def _extras_fit(plan, extras, state, rows, end):
    """Whether the state of the extras is that of the plan."""
    scales = hidden_units(plan) * extras.batch_norm
    sampler, sgd = extras.optimizer == Optimizer.AW_SGD, extras.optimizer == Optimizer.SGD
    drawn = rows if sampler else 0
    no_row_weights = state.row_weights.size == 0 and (sampler or extras.weighted == 0)
    return (
        state.params.size == end + scales
        and extras.scale_offset == end
        and state.running_stats.size == 2 * scales
        and state.squares.size == (0 if sampler or sgd else state.params.size)
        and extras.learning_rates.size > 0
        and state.learning_rate_factor.size == 1
        and state.mean_row_weight.size == 1
        and (no_row_weights or state.row_weights.size == rows)
        and state.sampler_tree.size == 2 * drawn
        and state.sampler_mean.size == 2
        and state.draw_weights.size == drawn
        and state.draw_squares.size == drawn
        and (extras.batch_norm == 0 or plan.block_rows == plan.batch_size)
        and (extras.dropout == 0 or plan.save_for_backward == 1)
        and workspace_fits(plan, extras.dropout > 0, extras.dropconnect > 0, extras.batch_norm)
    )


@inner
def _order_fits(plan, state, sampler, rows):
    """Whether the row order holds row numbers; a sampler's draws go on from there."""
    size, order = state.row_order.size, address(state.row_order)
    if size != (rows if sampler or plan.shuffle else 0):
        return False
    for place in range(size if sampler else 0):  # else it is set before it is read
        if at(order, place) < 0 or at(order, place) >= rows:
            return False
    return True


@inner
def _records_fit(plan, state, rows, stop):
    """Whether the position is one, and there are records for all epochs up to `stop`."""
    if state.position.size != 1 or plan.record_every < 1 or stop > HIGHEST_POSITION:
        return False
    if state.position[0] < 0 or state.position[0] > HIGHEST_POSITION:
        return False
    if state.position[0] >= stop:
        return True
    records = ((stop + rows - 1) // rows + plan.record_every - 1) // plan.record_every
    return state.errors.size >= records and state.losses.size >= records
