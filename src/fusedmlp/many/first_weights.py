"""The first weights of many networks, drawn as `train` draws those of one, in fewer calls."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array
from fusedmlp.many.sweep import Sweep
from fusedmlp.plan.parameters import aligned_zeros, layer_offsets
from fusedmlp.training.initial_weights import draw_weights, initial_params, weight_scale
from fusedmlp.training.request import random_state, require_within


class FirstWeights:
    """What draws the first weights of networks with the same options.

    The numbers of all layers are drawn in one call, which gives those of a call for each layer, and
    scaled in one of all networks: 3-4-1 takes 3 us instead of 50.

    Parameters
    ----------
    options : dict
        Checked; `init` may be arrays.
    sizes : tuple of int
    """

    def __init__(self, options: dict[str, Any], sizes: tuple[int, ...]) -> None:
        self._options, self._sizes, self._init = options, sizes, options["init"]
        shapes = list(pairwise(sizes))
        offsets, _, end = layer_offsets(sizes, options["bias"])
        self.size = end + (sum(sizes[1:-1]) if options["batch_norm"] else 0)
        self._scales_from = end
        places = [np.arange(o, o + n * m) for o, (n, m) in zip(offsets, shapes, strict=True)]
        self._places: NDArray[np.int64] = np.concatenate(places)
        if isinstance(self._init, str):
            scales = [np.full(s[0] * s[1], weight_scale(self._init, s)) for s in shapes]
            self._scales: NDArray[np.float64] = np.concatenate(scales)

    def draw(self, random: np.random.RandomState) -> Array:
        """Return what is drawn for a network, which `params` takes."""
        if isinstance(self._init, str):
            return draw_weights(self._init, self._places.size, random)
        return initial_params(self._options, self._sizes, random)

    def params(self, drawn: Sequence[Array]) -> Array:
        """Return the parameters (networks, size) of what was drawn for each of them."""
        count, dtype = len(drawn), self._options["dtype"]
        params: Array = aligned_zeros(count * self.size, dtype).reshape(count, self.size)
        if isinstance(self._init, str):
            params[:, self._places] = np.array(drawn) * self._scales
            params[:, self._scales_from :] = 1
        else:
            params[:] = drawn
        return params


def require_within_radius(sweep: Sweep) -> None:
    """Raise ValueError if annealing could not begin from one of the networks' first weights."""
    for arguments in sweep.arguments:
        options = arguments.options
        if options["optimizer"] == "annealing":
            first = FirstWeights(options, arguments.sizes)
            drawn = [first.draw(random_state(seed)) for seed in sweep.seeds.tolist()]
            require_within(options["search_radius"], first.params(drawn))
