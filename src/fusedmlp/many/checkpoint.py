"""Checkpoints: a folder with the finished batches of a sweep."""

import json
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from fusedmlp.many.batch import Batch
from fusedmlp.many.groups import Group
from fusedmlp.many.manifest import Manifest, described
from fusedmlp.many.sweep import Sweep
from fusedmlp.network_file.container import encoded, read_header, read_tensors
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.network_file.replacing import replace_file


class NoCheckpoint:
    """Nothing is kept."""

    def seed(self, new: int) -> int:
        """Return the seed."""
        return new

    def begin(self, sweep: Sweep, groups: list[Group]) -> bool:  # noqa: ARG002
        """There is nothing to compare with."""
        return True

    def read(self, group: int, number: int) -> None:
        """There is no batch."""

    def write(self, group: int, number: int, batch: Batch) -> None:
        """Keep nothing."""


class Checkpoint:
    """A folder that keeps the batches of one sweep: a file for each, and one that says which sweep.

    Several calls may train the same sweep at the same time: they write the same bits.

    Parameters
    ----------
    folder : path
        It is made if it is missing.

    Raises
    ------
    TypeError, ValueError
        If it is no folder, or holds something else.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._manifest = Manifest(folder)
        self._folder, self._sweep = self._manifest.folder, ""

    def seed(self, new: int) -> int:
        """Return what is drawn from where the caller gives no random_state: first time, `new`."""
        return self._manifest.seed(new)

    def begin(self, sweep: Sweep, groups: list[Group]) -> bool:
        """Take up this sweep; return False if another call has kept another seed meanwhile.

        Raises
        ------
        ValueError
            If the folder has another one: the error names what differs.
        OSError
            If it cannot be made or written to.
        """
        begun = self._manifest.require(described(sweep, groups, self._manifest.has_seed))
        self._sweep = sha256(json.dumps(self._manifest.kept, sort_keys=True).encode()).hexdigest()
        return begun

    def _file(self, group: int, number: int) -> Path:
        return self._folder / f"group-{group}-batch-{number}.safetensors"

    def _metadata(self, group: int, number: int) -> dict[str, str]:
        return {"sweep": self._sweep, "place": f"{group}, {number}"}

    def read(self, group: int, number: int) -> Batch | None:
        """Return a batch that was finished, or None; a file that is damaged, or another's, too."""
        file = self._file(group, number)
        try:
            with file.open("rb") as opened:
                size = file.stat().st_size
                header = read_header(opened, size)
                tensors = read_tensors(opened, size, header, checked=True)
            metadata = dict(header.metadata)
            stopped = json.loads(metadata.pop("stopped"))
        except IsADirectoryError:
            raise ValueError(
                f"checkpoint must have files alone, got {self._folder} with the folder {file.name}"
            ) from None
        except (FileNotFoundError, RefusedFileError, KeyError, ValueError):
            return None
        mine = self._metadata(group, number).items() <= metadata.items()
        return Batch(**tensors, stopped=stopped) if mine else None

    def write(self, group: int, number: int, batch: Batch) -> None:
        """Write a finished batch: the file is there whole, or not at all."""
        tensors: dict[str, Any] = {
            name: np.ascontiguousarray(getattr(batch, name))
            for name in Batch._fields
            if name != "stopped"
        }
        metadata = {**self._metadata(group, number), "stopped": json.dumps(batch.stopped)}
        replace_file(str(self._file(group, number)), encoded(tensors, metadata))
