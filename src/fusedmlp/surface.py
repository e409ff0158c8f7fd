"""The function `error_surface`: a network's error over a grid of values of two weights."""

from itertools import pairwise
from numbers import Integral
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fusedmlp.backends import implementation
from fusedmlp.checks import requirements as may_be
from fusedmlp.checks.arrays import Array, require_columns
from fusedmlp.checks.shown import shown
from fusedmlp.notebook import heat_map, page
from fusedmlp.options.control import Backend
from fusedmlp.plan.codes import Measure
from fusedmlp.plan.parameters import layer_offsets
from fusedmlp.plan.threads import MIN_PARALLEL_FLOPS, most_threads
from fusedmlp.trained import Trained
from fusedmlp.training.data import checked_pair

Place = tuple[int, int | None, int]
Kind = Literal["error", "loss"]

# Additions and multiplications of one call; between two calls, Python handles Ctrl-C. A call takes
# 10 to 60 ms: small layers do 4 of them in a nanosecond, larger ones 25. An activation takes about
# as long as 16.
SLICE_FLOPS = 250_000_000
ACTIVATION_FLOPS = 16


class Surface(NamedTuple):
    """A network's error or loss for each pair of values of two of its weights.

    Attributes
    ----------
    first, second : ndarray (points,)
        The values of the first and of the second weight, in the run's dtype.
    values : ndarray (points, points)
        ``values[i, j]`` is the error or loss with the weights ``first[i]`` and ``second[j]``.
    """

    first: Array
    second: Array
    values: NDArray[np.float64]

    def __repr__(self) -> str:
        low, (first, second) = self._lowest
        return (
            f"<Surface of {self._points} points: lowest {low:.6g} at {first:.4g} and {second:.4g}>"
        )

    def _repr_html_(self) -> str:
        low, (first, second) = self._lowest
        rows = {
            "points": self._points,
            "weights": f"{self.first[0]:.4g} to {self.first[-1]:.4g}",
            "lowest": f"{low:.6g}, at {first:.4g} and {second:.4g}",
            "highest": f"{np.nanmax(self.values):.6g}" if np.isfinite(low) else "",
        }
        picture = heat_map("first weight to the right, second weight up", self.values)
        return page("Error surface", rows, picture)

    @property
    def _points(self) -> str:
        return " x ".join(str(size) for size in self.values.shape)

    @property
    def _lowest(self) -> tuple[float, tuple[float, float]]:
        """The lowest value, and the two weights there; NaN where none is a number."""
        if np.isnan(self.values).all():
            return np.nan, (np.nan, np.nan)
        i, j = np.unravel_index(np.nanargmin(self.values), self.values.shape)
        return float(self.values[i, j]), (float(self.first[i]), float(self.second[j]))


def error_surface(
    run: Trained,
    X: ArrayLike,
    y: ArrayLike,
    first: Place,
    second: Place,
    *,
    low: float = -10.0,
    high: float = 10.0,
    points: int = 101,
    measure: Kind = "error",
    backend: Backend | None = None,
) -> Surface:
    """Return the error of a network over a grid of values of two of its weights.

    The other weights keep their trained values; the run is not changed. "A Neural Network in 11
    lines of Python" (Trask, 2015) draws this plane for the two weights of its smallest network.

    Parameters
    ----------
    run : Trained
        A network without batch normalisation.
    X : array-like (rows, n_in)
        Inputs.
    y : array-like (rows,) or (rows, n_out)
        Targets.
    first, second : tuple of (layer, input, output)
        Two different weights or biases: ``(l, i, j)`` is ``run.weights[l][i, j]``, and
        ``(l, None, j)`` is ``run.biases[l][j]``.
    low, high : float, default -10.0 and 10.0
        Where the grid begins and ends, for both weights.
    points : int, default 101
        Number of values of each weight, evenly spaced from low to high; at least 2.
    measure : {'error', 'loss'}, default 'error'
        The mean of ``|output - target|`` over rows and outputs, or the mean of the run's loss over
        the rows: as in ``run.history``, but with weight 1 for every row.
    backend : {'kernels', 'reference'} or None, default None
        None is that of the run.

    Returns
    -------
    Surface

    Raises
    ------
    TypeError, ValueError
        For an argument of a wrong type or out of range, a weight that the network does not have,
        and data of other columns than in training.

    Examples
    --------
    Two weights, and an output that follows the first column:

    >>> import fusedmlp
    >>> X, y = [[0, 1], [0, 0], [1, 0], [1, 1]], [0, 0, 1, 1]
    >>> run = fusedmlp.train(X, y, hidden=(), epochs=100, random_state=1)
    >>> surface = fusedmlp.error_surface(run, X, y, (0, 0, 0), (0, 1, 0), points=5)
    >>> surface.first.tolist()
    [-10.0, -5.0, 0.0, 5.0, 10.0]
    >>> surface.values[:, 2].round(3).tolist()  # the second weight is 0
    [0.75, 0.747, 0.5, 0.253, 0.25]
    """
    if not isinstance(run, Trained):
        raise TypeError(f"run must be a Trained, got {shown(run)}")
    if run.options["batch_norm"]:
        raise ValueError("run must be a network without batch normalisation, got batch_norm=True")
    rows, targets = _checked_data(run, X, y)
    places = _offset(run, "first", first), _offset(run, "second", second)
    if places[0] == places[1]:
        raise ValueError(f"second must be another weight than first, got {shown(second)} for both")
    values = _ticks(run, low, high, may_be.whole_number(least=2)("points", points))
    code = int(Measure[may_be.one_of(get_args(Kind))("measure", measure).upper()])
    if backend is not None:
        backend = may_be.one_of(get_args(Backend))("backend", backend)
    sums = _sums(run, rows, targets, places, values, code, backend or run.options["backend"])
    count = targets.size if code == Measure.ERROR else len(targets)
    return Surface(values, values.copy(), sums / count)


def _checked_data(run: Trained, X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Return X (rows, n_in) and y (rows, n_out), checked against the network."""
    run._require_names_of(X)
    rows, targets = checked_pair(X, y, run.options)
    require_columns("X", rows, run._sizes[0])
    require_columns("y", targets, run._sizes[-1])
    return rows, targets


def _offset(run: Trained, name: str, place: Any) -> int:
    """Return the index of a weight or bias in the flat vector."""
    wanted = f"{name} must be a weight (layer, input, output) or a bias (layer, None, output)"
    if not isinstance(place, tuple | list) or len(place) != 3:
        raise TypeError(f"{wanted}, got {shown(place)}")
    layer, unit, output = place
    bias = unit is None
    if any(
        not isinstance(index, Integral) or isinstance(index, bool)
        for index in (layer, 0 if bias else unit, output)
    ):
        raise TypeError(f"{wanted}, got {shown(place)}")
    if bias and not run.options["bias"]:
        raise ValueError(f"{name} must be a weight of a network without biases, got {shown(place)}")
    shapes = list(pairwise(run._sizes))
    if not 0 <= layer < len(shapes):
        raise ValueError(f"{name} must have a layer in 0..{len(shapes) - 1}, got {shown(place)}")
    n_in, n_out = shapes[layer]
    if not bias and not 0 <= unit < n_in:
        raise ValueError(f"{name} must have an input in 0..{n_in - 1}, got {shown(place)}")
    if not 0 <= output < n_out:
        raise ValueError(f"{name} must have an output in 0..{n_out - 1}, got {shown(place)}")
    weights, biases, _ = layer_offsets(run._sizes, run.options["bias"])
    return int(biases[layer] + output if bias else weights[layer] + unit * n_out + output)


def _ticks(run: Trained, low: float, high: float, points: int) -> Array:
    """Return the values of a weight (points,)."""
    real = np.dtype(run.options["dtype"]).type
    ends = []
    for name, value in (("low", low), ("high", high)):
        given = may_be.number()(name, value)
        with np.errstate(over="ignore"):
            ends.append(may_be.number()(f"{name} in {run.options['dtype']}", float(real(given))))
    if ends[0] >= ends[1]:
        raise ValueError(f"low must be below high, got low={low!r} and high={high!r}")
    return np.linspace(ends[0], ends[1], points).astype(real)


def _sums(
    run: Trained,
    X: Array,
    y: Array,
    places: tuple[int, int],
    values: Array,
    measure: int,
    backend: str,
) -> NDArray[np.float64]:
    """Return the sum of the rows' errors or losses for each pair, in slices of the grid."""
    measured, plan = implementation(backend).error_surface, run._plan_for(len(X))
    result, points, flops = np.empty((values.size, values.size)), values.size, _flops(run, len(X))
    pairs = max(1, SLICE_FLOPS // flops)
    rows, columns = max(1, pairs // points), min(points, pairs)
    plan = plan._replace(threads=_threads(run, flops * min(pairs, points * points)))
    for i in range(0, points, rows):
        for j in range(0, points, columns):
            part = result[i : i + rows, j : j + columns]
            first, second = values[i : i + rows], values[j : j + columns]
            measured(plan, run._params, X, y, places[0], first, places[1], second, measure, part)
    return result


def _flops(run: Trained, rows: int) -> int:
    """Return the additions and multiplications of one pair, with activations as equivalents."""
    layers = pairwise(run._sizes)
    return 2 * rows * sum(n_in * n_out + ACTIVATION_FLOPS * n_out for n_in, n_out in layers)


def _threads(run: Trained, flops: int) -> int:
    """Return how many threads to use for a slice of `flops` operations."""
    if flops < MIN_PARALLEL_FLOPS:
        return 1
    return most_threads(run.options["threads"])
