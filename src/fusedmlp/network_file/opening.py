"""Open a file to read it: a file on a disk, and nothing else that a path may name."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fusedmlp.network_file.refused import RefusedFileError


@contextmanager
def opened(name: str) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file; give it and its size in bytes.

    Raises
    ------
    RefusedFileError
        If the path is not a file but a folder, a FIFO, which would have to be waited for, or a
        device, of which even the opening may have an effect.
    OSError
        If there is no such file, or it cannot be read.
    """
    _require_regular(Path(name).stat())
    with open(name, "rb", opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        _require_regular(status)  # in case it was exchanged meanwhile
        yield file, status.st_size


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RefusedFileError("a file", f"it is a {_kind(status.st_mode)}")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISFIFO(mode):
        return "FIFO"
    return "socket" if stat.S_ISSOCK(mode) else "device"
