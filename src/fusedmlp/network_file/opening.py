"""Open a file to read it: a file on a disk, and nothing else that a path may name."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeVar

from fusedmlp.checks import requirements as may_be
from fusedmlp.network_file.refused import RefusedFileError

Content = TypeVar("Content")


def read_from(
    path: str | PathLike[str],
    decoded: Callable[[BinaryIO, int], Content],
    error: type[ValueError],
) -> Content:
    """Return what a function makes of an open file and its size in bytes.

    Raises
    ------
    ValueError
        Of the class `error`, if the function or `opened` refuses the file.
    OSError
        If there is no such file, or it cannot be read.
    """
    name = may_be.path("path", path)
    try:
        with opened(name) as (file, size):
            return decoded(file, size)
    except RefusedFileError as refused:
        raise error(f"path must be {refused.requirement}, got {name!r}: {refused.reason}") from None


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
