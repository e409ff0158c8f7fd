"""What a model's file says: made from a model, and checked before it is believed."""

import json
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks import requirements as may_be
from fusedmlp.network_file import contents as network_contents
from fusedmlp.network_file.container import Kind, encoded
from fusedmlp.network_file.contents import About, about_of, layer_sizes
from fusedmlp.network_file.network import TABLE
from fusedmlp.network_file.progress import PREFIX
from fusedmlp.network_file.replacing import replace_file
from fusedmlp.network_file.strict_json import parsed
from fusedmlp.tables.column import Column
from fusedmlp.tables.columns import column_from_json
from fusedmlp.tables.defaults import MOST_NETWORKS
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.scores import Scores
from fusedmlp.tables.stated import scores_from_json, target_from_json, texts_from_json
from fusedmlp.tables.target import Target
from fusedmlp.trained import Trained

FORMAT = "1"
PARTS = ("networks", "columns", "target", "scores", "notes")

Tensors = dict[str, NDArray[Any]]


class Said(NamedTuple):
    """What the metadata of a file say, checked."""

    networks: list[About]
    columns: tuple[Column, ...]
    target: Target
    scores: Scores
    notes: tuple[str, ...]


def write_model(
    path: str | PathLike[str],
    networks: Sequence[Trained],
    columns: Sequence[Column],
    target: Target,
    scores: Scores,
    notes: Sequence[str],
) -> None:
    """Write a model; see `TableModel.save`.

    Raises
    ------
    TableError
        If `load` would refuse the file, as for a network whose weights are not finite.
    OSError
        If it cannot be written.
    """
    name = may_be.path("path", path)
    tensors: Tensors = {}
    for number, network in enumerate(networks):
        tensors |= {
            f"{number}.{part}": np.ascontiguousarray(values)
            for part, values in network._tensors().items()
            if not part.startswith(PREFIX)  # with which training could go on
        }
    text = json.dumps(
        {
            "networks": [
                {
                    "options": dict(network.options),
                    "epochs": network.epochs,
                    "stopped": network.stopped,
                    "progress": None,
                }
                for network in networks
            ],
            "columns": [column.as_json() for column in columns],
            "target": target.as_json(),
            "scores": scores.as_json(),
            "notes": list(notes),
        }
    )
    try:
        stated = checked_model(text)
        require_kinds(stated, {n: Kind(a.dtype.name, a.shape) for n, a in tensors.items()})
        require_values(stated, tensors)
        content = encoded(tensors, {TABLE: FORMAT, "model": text})
    except (TypeError, ValueError) as error:
        raise TableError(f"the model cannot be saved: {error}") from None
    replace_file(name, content)


def checked_model(text: str) -> Said:
    """Return what the metadata say.

    Raises
    ------
    TypeError, ValueError
        If it is not what `write_model` writes.
    """
    said = parsed(text)
    if not isinstance(said, dict) or said.keys() != set(PARTS):
        raise ValueError(f"its model must have {', '.join(PARTS)}")
    networks, columns = said["networks"], said["columns"]
    if not isinstance(networks, list) or not 1 <= len(networks) <= MOST_NETWORKS:
        raise ValueError(f"its networks must be 1..{MOST_NETWORKS} of them")
    if not isinstance(columns, list) or not columns:
        raise ValueError("its columns must be a list with one or more")
    if not all(isinstance(column, dict) for column in columns):
        raise ValueError("its columns must be objects")
    read = tuple(column_from_json(column) for column in columns)
    target = target_from_json(said["target"])
    names = [column.name for column in read] + [target.name]
    if len(set(names)) != len(names):
        raise ValueError("its columns' names must differ")
    return Said(
        [about_of(about, has_progress=True) for about in networks],
        read,
        target,
        scores_from_json(said["scores"], target),
        texts_from_json("notes", said["notes"]),
    )


def require_kinds(said: Said, kinds: Mapping[str, Kind]) -> None:
    """Raise ValueError unless the tensors are those of the networks, from columns to target."""
    numbers = {name.partition(".")[0] for name in kinds}
    if numbers != {str(number) for number in range(len(said.networks))}:
        raise ValueError("its tensors must be those of its networks")
    inputs = sum(len(column.inputs) for column in said.columns)
    for number, about in enumerate(said.networks):
        of_this = of_network(number, kinds)
        if about.progress is not None:
            raise ValueError(f"its network {number} must have no progress")
        network_contents.require_kinds(about, of_this)
        sizes = layer_sizes(of_this, about.options)
        if (sizes[0], sizes[-1]) != (inputs, said.target.outputs):
            raise ValueError(
                f"its network {number} must have {inputs} inputs and {said.target.outputs} "
                f"outputs, got {sizes[0]} and {sizes[-1]}"
            )
        for option, value in said.target.options.items():
            if about.options[option] != value:
                raise ValueError(
                    f"its network {number} must have {option}={value!r}, "
                    f"got {about.options[option]!r}"
                )


def require_values(said: Said, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError unless the networks' arrays have values that networks can have."""
    for number, about in enumerate(said.networks):
        network_contents.require_values(about, of_network(number, tensors))


def of_network(number: int, of_all: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tensors of a network, or their kinds, by their names in a network's file."""
    prefix = f"{number}."
    return {n.removeprefix(prefix): value for n, value in of_all.items() if n.startswith(prefix)}
