"""Checkpoints: a folder with the finished batches of a sweep."""

import json
from collections.abc import Mapping
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from fusedmlp.checks.requirements import path as checked_path
from fusedmlp.many.batch import Batch
from fusedmlp.many.groups import Group
from fusedmlp.many.sweep import Sweep
from fusedmlp.network_file.container import CHECKSUM, encoded, read_header, read_tensors
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.network_file.replacing import replace_file

MANIFEST = "sweep.json"
FORMAT = 1


class NoCheckpoint:
    """Nothing is kept."""

    def read(self, group: int, first: int) -> None:
        """There is no batch."""

    def write(self, group: int, first: int, batch: Batch) -> None:
        """Keep nothing."""


class Checkpoint:
    """A folder that keeps the batches of one sweep: a file for each, and one that says which sweep.

    Parameters
    ----------
    folder : path
        It is made if it is missing.
    sweep, groups
        What is trained.

    Raises
    ------
    ValueError
        If the folder holds something else, or another sweep: the error names what differs.
    OSError
        If it cannot be made or written to.
    """

    def __init__(self, folder: str | PathLike[str], sweep: Sweep, groups: list[Group]) -> None:
        self._folder = Path(checked_path("checkpoint", folder))
        wanted = _described(sweep, groups)
        manifest = self._folder / MANIFEST
        if self._folder.exists() and not self._folder.is_dir():
            raise ValueError(f"checkpoint must be a folder, got a file: {self._folder}")
        if manifest.exists():
            _require_same(self._folder, _read_manifest(manifest), wanted)
            return
        if self._folder.exists() and any(self._folder.iterdir()):
            raise ValueError(
                f"checkpoint must be a new or empty folder, or one of this call, got {self._folder}"
                ", which holds something else"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        replace_file(str(manifest), json.dumps(wanted, indent=1).encode())

    def _file(self, group: int, first: int) -> Path:
        return self._folder / f"group-{group}-from-{first}.safetensors"

    def read(self, group: int, first: int) -> Batch | None:
        """Return a batch that was finished, or None; a damaged file counts as none."""
        file = self._file(group, first)
        if not file.exists():
            return None
        try:
            with file.open("rb") as opened:
                size = file.stat().st_size
                header = read_header(opened, size)
                tensors = read_tensors(opened, size, header, checked=CHECKSUM in header.metadata)
            stopped = json.loads(header.metadata["stopped"])
            return Batch(**tensors, stopped=stopped)
        except (RefusedFileError, KeyError, TypeError, ValueError):
            return None

    def write(self, group: int, first: int, batch: Batch) -> None:
        """Write a finished batch: the file is there whole, or not at all."""
        tensors = {name: getattr(batch, name) for name in Batch._fields if name != "stopped"}
        content = encoded(
            {name: np.ascontiguousarray(array) for name, array in tensors.items()},
            {"stopped": json.dumps(batch.stopped)},
        )
        replace_file(str(self._file(group, first)), content)


def _described(sweep: Sweep, groups: list[Group]) -> dict[str, str]:
    """Return what a sweep is, argument by argument; data as a hash."""
    first = sweep.arguments[0]
    described = {
        "format": str(FORMAT),
        "X": _hash(first.data.X),
        "y": _hash(first.data.y),
        "random_state": _hash(sweep.seeds),
        "starts": str(len(sweep.seeds)),
        "folds": _hash(*(rows for fold in sweep.folds for rows in fold)),
        "bootstrap": str(sweep.bootstrap),
        "validation": str(first.validation) if isinstance(first.validation, int) else "",
        "batches": str([(group.combinations, group.batch) for group in groups]),
    }
    if first.validation is not None and not isinstance(first.validation, int):
        described["validation"] = _hash(first.validation.X, first.validation.y)
    for name in first.options:
        if name not in ("validation", "threads", "progress", "random_state"):
            described[name] = str([_text(a.options[name]) for a in sweep.arguments])
    return described


def _text(value: Any) -> str:
    """Return an option's value as text; arrays as their hash."""
    if isinstance(value, str | int | float | None):
        return repr(value)
    if isinstance(value, list | tuple):
        return str([_text(item) for item in value])
    return _hash(np.asarray(value))


def _hash(*arrays: Any) -> str:
    digest = sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _read_manifest(manifest: Path) -> Mapping[str, Any]:
    try:
        described = json.loads(manifest.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(
            f"checkpoint must hold a sweep that can be read, got {manifest}: {error}"
        ) from None
    if not isinstance(described, dict):
        raise ValueError(f"checkpoint must hold a sweep, got {manifest}, which is none")
    return described


def _require_same(folder: Path, kept: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
    names = sorted({*kept, *wanted})
    changed = [name for name in names if kept.get(name) != wanted.get(name)]
    if changed:
        raise ValueError(
            f"checkpoint must be of a call with the same arguments, got {folder}, which has "
            f"another {', '.join(changed)}: give another folder, or remove this one"
        )
