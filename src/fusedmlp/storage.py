"""The functions `save` and `load`: networks on disk."""

from itertools import pairwise, zip_longest
from os import PathLike
from typing import Any

import numpy as np

from fusedmlp.checks.requirements import sizes
from fusedmlp.network_file import read_network
from fusedmlp.options.table import checked_options, require_activation_for_each
from fusedmlp.trained import Trained


def save(run: Trained, path: str | PathLike[str]) -> None:
    """Write a trained network to a safetensors file.

    Weights and biases are the tensors ``weights.0``, ``biases.0`` and so on; history and direction
    counts are tensors too; the options, ``epochs`` and ``stopped`` are JSON in the metadata. Not
    saved are arrays given as ``init``, a RandomState, and the values of ``sample_weight``,
    ``validation``, ``callback`` and ``warm_start``.

    Parameters
    ----------
    run : Trained
    path : path-like
        File to write; it is replaced if it exists.

    Examples
    --------
    >>> import fusedmlp, tempfile, os
    >>> run = fusedmlp.train([[0, 1], [1, 0]], [0, 1], epochs=10, random_state=1)
    >>> path = os.path.join(tempfile.mkdtemp(), "network.safetensors")
    >>> fusedmlp.save(run, path)
    >>> bool((fusedmlp.load(path).predict([[0, 1]]) == run.predict([[0, 1]])).all())
    True
    """
    run.save(path)


def load(path: str | PathLike[str]) -> Trained:
    """Read a network that `save` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        If the file was not written by `save`, is damaged, or has an unknown format.
    FileNotFoundError
        If there is no such file.
    """
    tensors, about = read_network(path)
    try:
        return _rebuilt(about, tensors)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"path must be a whole network, got {str(path)!r}: {error}") from error


def _rebuilt(about: dict[str, Any], tensors: dict[str, Any]) -> Trained:
    """Return the network, with all shapes checked: the kernels trust the sizes in the options."""
    hidden = sizes("hidden", about["options"].pop("hidden"))
    options = {"hidden": hidden, **checked_options(about["options"])}
    require_activation_for_each(options["activation"], hidden)
    weights, biases = _numbered(tensors, "weights"), _numbered(tensors, "biases")
    units = (weights[0].shape[0], *hidden, weights[-1].shape[1]) if weights else ()
    shapes = list(pairwise(units))
    found = [layer.shape for layer in weights]
    if found != shapes or [layer.shape for layer in biases] != [s[1:] for s in shapes] * bool(
        options["bias"]
    ):
        raise ValueError(f"its layers have shapes {found}")
    names = ("scales", "means", "variances") if options["batch_norm"] else ()
    norms = [layer for name in names for layer in _numbered(tensors, name)]
    if [layer.shape for layer in norms] != [(n,) for n in hidden] * len(names):
        raise ValueError(f"its normalisation has shapes {[layer.shape for layer in norms]}")
    scales, running = norms[: len(norms) // 3], norms[len(norms) // 3 :]
    parts = [p for layer in zip_longest(weights, biases) for p in layer if p is not None] + scales
    if any(part.dtype != options["dtype"] for part in parts + running):
        raise ValueError(f"its weights are not all {options['dtype']}")
    return Trained(
        history={
            name.removeprefix("history."): values
            for name, values in tensors.items()
            if name.startswith("history.")
        },
        direction_changes=_numbered(tensors, "direction_changes") or None,
        options=options,
        epochs=about["epochs"],
        stopped=about["stopped"],
        _sizes=units,
        _params=np.concatenate([part.ravel() for part in parts]),
        _running_stats=np.concatenate([np.empty(0, options["dtype"]), *running]),
    )


def _numbered(tensors: dict[str, Any], name: str) -> list[Any]:
    """Return the tensors name.0, name.1 and so on."""
    count = sum(key.startswith(f"{name}.") for key in tensors)
    return [tensors[f"{name}.{layer}"] for layer in range(count)]
