"""The initial weights and biases: drawn, given, or those of an earlier run."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array, real_array
from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.checks.shown import shown
from fusedmlp.plan.parameters import aligned_zeros, layer_offsets
from fusedmlp.trained import Trained


def initial_params(
    options: Mapping[str, Any], sizes: tuple[int, ...], random: np.random.RandomState
) -> Array:
    """Return the flat vector of the initial parameters.

    The weights are those of `warm_start` or `init`; biases are 0, unless one of these gives them;
    batch normalisation's scales are 1, unless `warm_start` gives them. Weights are drawn in
    float64, layer by layer, whatever the run's dtype.
    """
    weight_offsets, bias_offsets, end = layer_offsets(sizes, options["bias"])
    scales = sum(sizes[1:-1]) if options["batch_norm"] else 0
    params = fixed_view(aligned_zeros(end + scales, options["dtype"]))
    before = options["warm_start"]
    weights, biases = _layers(options, sizes, random)
    params[end:] = before._params[end:] if isinstance(before, Trained) else 1
    for offset, layer in zip(weight_offsets, weights, strict=True):
        params[offset : offset + layer.size] = layer.ravel()
    for offset, layer in zip(bias_offsets, biases, strict=False):  # none, or one for each
        params[offset : offset + layer.size] = layer
    return params


def _layers(
    options: Mapping[str, Any], sizes: tuple[int, ...], random: np.random.RandomState
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Return the initial weights and biases of the layers; no biases if they are 0."""
    if options["warm_start"] is not None:
        return _continued(options, sizes)
    init, shapes = options["init"], list(pairwise(sizes))
    if isinstance(init, str):
        return [draw_weights(init, s, random) * weight_scale(init, s) for s in shapes], []
    weights, biases = init if _has_biases(init) else (init, [])
    checked_weights = _checked_layers("weights", weights, shapes, options["dtype"])
    if isinstance(biases, list | tuple) and not biases:
        return checked_weights, []
    checked_biases = _checked_layers("biases", biases, [s[1:] for s in shapes], options["dtype"])
    if options["bias"]:
        return checked_weights, checked_biases
    if any(layer.any() for layer in checked_biases):  # a Trained without biases has zeros
        raise ValueError("init must have no biases but zeros with bias=False")
    return checked_weights, []


def _continued(
    options: Mapping[str, Any], sizes: tuple[int, ...]
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Return the weights and biases of the network `warm_start`."""
    before = options["warm_start"]
    if not isinstance(before, Trained):
        raise TypeError(f"warm_start must be a Trained, got {shown(before)}")
    if before._sizes != sizes:
        raise ValueError(f"warm_start must have layers of sizes {sizes}, got {before._sizes}")
    for name in ("bias", "batch_norm"):
        if before.options[name] != options[name]:
            raise ValueError(
                f"warm_start must be a network with {name}={options[name]}, "
                f"got one with {name}={before.options[name]}"
            )
    return before.weights, before.biases if options["bias"] else []


def draw_weights(
    init: str, shape: tuple[int, int] | int, random: np.random.RandomState
) -> NDArray[np.float64]:
    """Draw numbers of the distribution `init`, which a layer's scale then multiplies."""
    if init == "he":
        return random.standard_normal(shape)
    uniform: NDArray[np.float64] = 2 * random.random_sample(shape) - 1
    return uniform


def weight_scale(init: str, shape: tuple[int, int]) -> float:
    """Return the scale of a layer's weights (n_in, n_out)."""
    if init == "he":
        return float(np.sqrt(2 / shape[0]))
    return float(np.sqrt(6 / sum(shape))) if init == "glorot" else 1.0


def _has_biases(init: Any) -> bool:
    """Return whether init is (weights, biases): its first item is a sequence of matrices."""
    return (
        len(init) == 2
        and isinstance(init[0], list | tuple)
        and all(np.ndim(weights) == 2 for weights in init[0])
    )


def _checked_layers(
    what: str, arrays: Any, shapes: list[tuple[int, int]] | list[tuple[int]], dtype: str
) -> list[NDArray[Any]]:
    """Return the arrays given as init, checked; what: "weights" or "biases"."""
    if not isinstance(arrays, list | tuple):
        raise TypeError(f"init must have a sequence of {what}, got {shown(arrays)}")
    if len(arrays) != len(shapes):
        raise ValueError(f"init must have {what} for {len(shapes)} layers, got {len(arrays)}")
    result = []
    for layer, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        name = f"init's {what} of layer {layer}"
        result.append(real_array(name, array, dtype, (len(shape),)))
        if result[-1].shape != shape:
            raise ValueError(f"{name} must have shape {shape}, got {result[-1].shape}")
    return result
