"""The file of a checkpoint's folder that says which sweep it has: its arguments, data as a hash."""

import json
import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from fusedmlp.checks.requirements import path as checked_path
from fusedmlp.many.groups import Group
from fusedmlp.many.sweep import Sweep
from fusedmlp.network_file.replacing import SUFFIX, replace_file

NAME = "sweep.json"
FORMAT = "fusedmlp sweep 1"
SEED = "seed"  # its entry for what was drawn without a random_state
LONGEST = 200  # characters of an entry; beyond, its hash
OF_THE_CALL = ("validation", "threads", "progress", "random_state")


class Manifest:
    """The manifest of a folder, which may not be there yet.

    Parameters
    ----------
    folder : path

    Raises
    ------
    TypeError, ValueError
        If it is no folder, or holds something else.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        given = checked_path("checkpoint", folder)
        if not given:  # it would be the current folder
            raise ValueError("checkpoint must not be empty")
        self.folder = Path(given)
        self._file = self.folder / NAME
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"checkpoint must be a folder, got the file {self.folder}")
        self.kept = self._read()
        self._new_seed: int | None = None
        self.has_seed = False  # whether it was asked for one
        if not self.kept and self.folder.exists():
            # What a call leaves that was killed as it wrote the manifest is nothing.
            others = [p.name for p in self.folder.iterdir() if not p.name.endswith(SUFFIX)]
            if others and NAME not in others:  # another call may have made it since
                raise ValueError(
                    "checkpoint must be a new or empty folder, or one of this call, got "
                    f"{self.folder}, which holds {min(others)!r}"
                )

    def seed(self, new: int) -> int:
        """Return the seed that is kept, or this new one."""
        self.has_seed = True
        if not self.kept:
            self._new_seed = new
        return int(self.kept.get(SEED, new))

    def require(self, wanted: Mapping[str, str]) -> bool:
        """Write the manifest of a sweep, or compare with the one that is there.

        Return False if another call has kept another seed meanwhile, to begin with again.
        """
        if not self.kept:
            self.kept = {**wanted}
            if self._new_seed is not None:
                self.kept[SEED] = str(self._new_seed)
            self.folder.mkdir(parents=True, exist_ok=True)
            if _create(self._file, json.dumps(self.kept, indent=1).encode()):
                return True
            self.kept = self._read()  # another call was first
            other = self.kept.get(SEED, str(self._new_seed))
            if self._new_seed is not None and other != str(self._new_seed):
                return False
        names = sorted(({*self.kept, *wanted}) - {SEED})
        changed = [name for name in names if self.kept.get(name) != wanted.get(name)]
        if changed:
            # Seeds and batches follow from the arguments; batches change between versions, too.
            told = [n for n in changed if n not in ("seeds", "batches")] or [
                "random_state" if "seeds" in changed else "version of fusedmlp"
            ]
            raise ValueError(
                f"checkpoint must be of a call with the same arguments, got {self.folder}, which "
                f"has another {', '.join(told)}: give another folder, or remove this one"
            )
        return True

    def _read(self) -> dict[str, str]:
        """Return the entries; none if there is no manifest."""
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except ValueError:
            kept = None
        if not isinstance(kept, dict) or kept.get("format") != FORMAT:
            raise ValueError(
                f"checkpoint must hold a sweep of fusedmlp, got {self._file}, which says nothing "
                "of one"
            )
        return kept


def described(sweep: Sweep, groups: list[Group], without_random_state: bool) -> dict[str, str]:
    """Return what a sweep is, argument by argument."""
    first = sweep.arguments[0]
    shared = first.validation if not isinstance(first.validation, int) else None
    entries = {
        "format": FORMAT,
        "X": _hash(first.data.X),
        "y": _hash(first.data.y),
        # Of more starts, the first is the same.
        "random_state": "None" if without_random_state else str(sweep.seeds[0]),
        "seeds": _hash(sweep.seeds),
        "starts": str(len(sweep.seeds)),
        "folds": _hash(*(rows for fold in sweep.folds for rows in fold)),
        "bootstrap": str(sweep.bootstrap),
        "validation": str(first.validation) if shared is None else _hash(shared.X, shared.y),
        "batches": _short(str([(g.combinations, [b[1:] for b in g.batches]) for g in groups])),
    }
    if sweep.data_sets:
        entries["data sets"] = f"{sweep.data_sets} of {sweep.rows} rows"
    if sweep.bootstrap and isinstance(first.validation, int):
        entries["bootstrap"] = "of the rows that are not held out"
    for name in first.options:
        if name not in OF_THE_CALL:
            entries[name] = _short(str([_text(a.options[name]) for a in sweep.arguments]))
    return entries


def _text(value: Any) -> str:
    """Return an option's value as text; arrays as their hash."""
    if isinstance(value, str | int | float | None):
        return repr(value)
    if isinstance(value, list | tuple):
        return str([_text(item) for item in value])
    return _hash(np.asarray(value))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else sha256(text.encode()).hexdigest()


def _hash(*arrays: Any) -> str:
    digest = sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _create(file: Path, content: bytes) -> bool:
    """Write a new file, whole; return whether it was not there."""
    temporary = file.with_name(f"{file.name}-{secrets.token_hex(8)}{SUFFIX}")
    replace_file(str(temporary), content)
    try:
        os.link(temporary, file)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: of two calls at once, one may be refused later
        replace_file(str(file), content)
    finally:
        temporary.unlink(missing_ok=True)
    return True
