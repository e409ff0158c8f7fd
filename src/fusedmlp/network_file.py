"""The file of a network: safetensors, an open format that holds data alone and no code.

Arrays are tensors; the options, epochs and stopped are JSON in the metadata.
"""

import json
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.options.kept import is_not_kept

FORMAT = "1"

# Options that are data, functions or other networks: they are not saved.
NOT_KEPT = ("sample_weight", "validation", "callback", "warm_start")


def write_network(
    path: str | PathLike[str],
    tensors: Mapping[str, NDArray[Any]],
    options: Mapping[str, Any],
    epochs: int,
    stopped: str,
) -> None:
    """Write a network's arrays, options, number of epochs and why training stopped."""
    from safetensors.numpy import save_file

    kept = {**options, **dict.fromkeys(NOT_KEPT)}
    if is_not_kept(kept["init"]):
        kept["init"] = "uniform"
    if not isinstance(kept["random_state"], int):
        kept["random_state"] = None
    about = {"options": kept, "epochs": epochs, "stopped": stopped}
    contiguous = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    save_file(contiguous, path, {"fusedmlp": FORMAT, "run": json.dumps(about)})


def read_network(path: str | PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the tensors of a file and its metadata (options, epochs, stopped), not checked.

    Raises
    ------
    ValueError
        If the file was not written by `write_network`, is damaged, or has an unknown format.
    FileNotFoundError
        If there is no such file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"path must be a safetensors file, got {str(path)!r}: {error}") from None
    if metadata.get("fusedmlp") != FORMAT:
        raise ValueError(
            f"path must be a file of fusedmlp's format {FORMAT}, got {str(path)!r} "
            f"with format {metadata.get('fusedmlp')}"
        )
    try:
        return tensors, json.loads(metadata["run"])
    except (KeyError, ValueError) as error:
        raise ValueError(f"path must be a whole network, got {str(path)!r}: {error}") from error
