"""The folder that machine code is kept in, and whom a folder or a file must belong to.

The files are pickles: whoever can write one runs code in the processes that read it.
"""

import os
import stat
from pathlib import Path

from numba import config
from platformdirs import user_cache_path

NAME = "fusedmlp"
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class UntrustedError(PermissionError):
    """Somebody else could have put code into a folder or a file."""


def folder_path() -> Path:
    """Return where the folder is, or would be if it could be made.

    Raises
    ------
    FileNotFoundError
        The user has no home.
    """
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR, NAME).absolute()
    try:
        path = user_cache_path(NAME, appauthor=False)
    except RuntimeError:  # of recent platformdirs; older ones return "~" as it is
        path = Path("~")
    if not path.is_absolute():
        raise FileNotFoundError("the user has no home folder")
    return path


def trusted_folder() -> Path:
    """Return the folder, which is made if it is missing; links are followed.

    What NUMBA_CACHE_DIR names may be for others to read, as in an image that root has made for its
    users. What is in the user's home is the user's own.

    Raises
    ------
    UntrustedError
        Somebody else could have put something there.
    OSError
        There is no such folder.
    """
    path = folder_path()
    if config.CACHE_DIR:
        _make(path.parent, 0o755)
        _trusted(path.parent, sticky=True)
        if _make(path, 0o755):
            path.chmod(0o755)  # whatever the umask takes
    else:
        _make(path, 0o700)
    return _trusted(path)


def require_trusted(path: Path, status: os.stat_result, sticky: bool = False) -> None:
    """Raise an UntrustedError if somebody other than the user or root could have written there.

    Root trusts root alone. Where files have no such owner (Windows), nothing is refused.

    Parameters
    ----------
    path : Path
        What it is called in the error.
    status : os.stat_result
        Owner and mode.
    sticky : bool
        Whether others may write to a folder in which each can remove what is their own alone.
    """
    _require_owner(path, status)
    if sticky and status.st_mode & stat.S_ISVTX:
        return
    if hasattr(os, "geteuid") and status.st_mode & OTHERS_MAY_WRITE:
        raise UntrustedError(f"others may write to {path}; forbid it with: chmod go-w '{path}'")


def reason(error: OSError) -> str:
    """Return what an error says, in words, with the path if there is one."""
    path = f": {error.filename}" if error.filename else ""
    return f"{error.strerror}{path}" if error.strerror else str(error)


def _require_owner(path: Path, status: os.stat_result) -> None:
    """Raise an UntrustedError if something belongs to neither the user nor root."""
    if hasattr(os, "geteuid") and status.st_uid not in (0, os.geteuid()):
        raise UntrustedError(
            f"{path} belongs to another user (number {status.st_uid}); remove it, or name a folder "
            "of your own in the environment variable NUMBA_CACHE_DIR"
        )


def _trusted(path: Path, sticky: bool = False) -> Path:
    """Return the folder that a path leads to, if nobody else chose it or could write to it."""
    _require_owner(path, path.lstat())  # a link's, if it is one
    real = path.resolve(strict=True)
    require_trusted(real, real.stat(), sticky)
    return real


def _make(path: Path, mode: int) -> bool:
    """Make a folder, and those above it, if it is missing; return whether it was."""
    if path.is_dir():
        return False
    if path.parent != path:  # else the root of a drive that is not there: mkdir says so
        _make(path.parent, mode)
    path.mkdir(mode, exist_ok=True)
    return True
