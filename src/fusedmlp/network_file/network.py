"""A network's arrays, options and history to a file, and from it."""

import json
from collections.abc import Mapping
from os import PathLike
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks import requirements as may_be
from fusedmlp.network_file.container import (
    CHECKSUM,
    WHOLE,
    Kind,
    encoded,
    read_header,
    read_tensors,
)
from fusedmlp.network_file.contents import (
    About,
    checked_about,
    layer_sizes,
    require_kinds,
    require_values,
)
from fusedmlp.network_file.opening import read_from
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.network_file.replacing import replace_file
from fusedmlp.options.kept import NOT_KEPT
from fusedmlp.plan.continuation import Progress

# The formats that can be read, and the names of their metadata. The first has no checksum, and says
# nothing of data and functions that were given; the first two have nothing to resume the run from.
WITH_CHECKSUM = {"fusedmlp", "run", CHECKSUM}
FORMATS = {"1": {"fusedmlp", "run"}, "2": WITH_CHECKSUM, "3": WITH_CHECKSUM}
FORMAT = "3"
# The names under which the metadata have the format of a network, and of a model of a table.
NETWORK, TABLE = "fusedmlp", "fusedmlp_table"


class Contents(NamedTuple):
    """The contents of a file, checked."""

    about: About
    sizes: tuple[int, ...]  # units of the input and of each layer
    tensors: dict[str, NDArray[Any]]


def write_network(
    path: str | PathLike[str],
    tensors: Mapping[str, NDArray[Any]],
    options: Mapping[str, Any],
    epochs: int,
    stopped: str,
    progress: Progress | None,
    feature_names: tuple[str, ...] | None = None,
) -> None:
    """Write a network: arrays, options, epochs, why training stopped, progress, columns' names.

    Raises
    ------
    ValueError
        If `read_network` would refuse the file.
    OSError
        If it cannot be written.
    """
    name = may_be.path("path", path)
    arrays = {n: np.ascontiguousarray(values) for n, values in tensors.items()}
    said = {"options": dict(options), "epochs": epochs, "stopped": stopped}
    said["progress"] = None if progress is None else progress._asdict()
    if feature_names is not None:
        said["feature_names"] = feature_names
    run = json.dumps(said)
    try:
        about = checked_about(run, has_progress=True)
        require_kinds(about, {n: Kind(a.dtype.name, a.shape) for n, a in arrays.items()})
        require_values(about, arrays)
        content = encoded(arrays, {"fusedmlp": FORMAT, "run": run})
    except (TypeError, ValueError) as error:
        raise ValueError(f"run must be a network that can be saved: {error}") from None
    replace_file(name, content)


def read_network(path: str | PathLike[str]) -> Contents:
    """Return the contents of a file that `write_network` wrote, checked.

    Raises
    ------
    ValueError
        If the file is anything else.
    OSError
        If there is no such file, or it cannot be read.
    """
    return read_from(path, decoded, ValueError)


def decoded(file: BinaryIO, size: int) -> Contents:
    """Return the contents of an open file of `size` bytes.

    All that its header says is checked before more of it is read.

    Raises
    ------
    RefusedFileError
        If the file is not what `write_network` writes.
    """
    header = read_header(file, size)
    version = _version(header.metadata)
    try:
        about = checked_about(header.metadata["run"], has_progress=version == FORMAT)
        if version == "1" and "history.validation_loss" in header.kinds:
            about.options["validation"] = about.options["validation"] or NOT_KEPT
        require_kinds(about, header.kinds)
        tensors = read_tensors(file, size, header, checked=version != "1")
        require_values(about, tensors)
    except RefusedFileError:
        raise
    except (TypeError, ValueError) as error:
        raise RefusedFileError(WHOLE, str(error)) from None
    return Contents(about, layer_sizes(header.kinds, about.options), tensors)


def _version(metadata: Mapping[str, str]) -> str:
    """Return a file's format."""
    version = metadata.get(NETWORK)
    if version is None and TABLE in metadata:
        raise RefusedFileError(
            "a network", "it is a model of a table, which fusedmlp.tables.load opens"
        )
    if version is None or version not in FORMATS:
        known = f"{', '.join([*FORMATS][:-1])} or {FORMAT}"
        raise RefusedFileError(f"a file of fusedmlp's format {known}", f"its format is {version!r}")
    if metadata.keys() != FORMATS[version]:
        wanted = ", ".join(sorted(FORMATS[version]))
        raise RefusedFileError(WHOLE, f"its metadata must be {wanted}, got {', '.join(metadata)}")
    return version
