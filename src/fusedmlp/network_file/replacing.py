"""Replace a file by new content: whole, or not at all.

The content goes to a temporary file in the same folder, which takes the file's place when all of
it is on the disk. A process that is killed meanwhile leaves the old file, and a temporary one,
which the next call for the same file removes. It can tell it from one that is just being written:
whoever writes holds a lock on it, which the system releases with the process.
"""

import errno
import os
import secrets
import stat
import sys
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

if sys.platform != "win32":
    import fcntl

SUFFIX = ".tmp"
# Without locks (Windows, some network drives), a temporary file is stale that is as old as this.
STALE_SECONDS = 3600.0
SEPARATORS = tuple(separator for separator in (os.sep, os.altsep) if separator)
# The errors of systems that cannot flush what is asked of them: a folder, or any file.
CANNOT_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def replace_file(name: str, content: bytes | bytearray) -> None:
    """Give a file new content, so that a reader, or a crash, sees the old one or the new one.

    The mode of the file stays, and its owner if that is possible; a new file has the mode that the
    umask gives. Behind a symbolic link, the file that it names is replaced.

    Raises
    ------
    FileNotFoundError
        If the folder is missing; the error names it.
    IsADirectoryError
        If the path is a folder.
    OSError
        If the path is anything else but a file (a device, a FIFO, a socket), or the file cannot be
        written: the old one stays.
    """
    target, old = _target(name)
    try:
        _remove_stale(target)
        temporary, descriptor = _new_temporary(target, private=old is not None)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if old is not None:
                    _keep_owner_and_mode(descriptor, old)
                _sync(descriptor)
                if sys.platform != "win32":  # the lock is held until the file has its place
                    temporary.replace(target)
            if sys.platform == "win32":  # where an open file cannot be renamed
                temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        with suppress(OSError):  # the new file has its place, whatever the disk says now
            _sync_folder(target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), name) from error


def _target(name: str) -> tuple[Path, os.stat_result | None]:
    """Return the file that a path means, behind links, and its status, or None for a new one."""
    if not name:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    path, old = Path(name), None
    with suppress(FileNotFoundError):
        old = path.stat()
    if name.endswith(SEPARATORS) or (old is not None and stat.S_ISDIR(old.st_mode)):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise OSError(errno.EINVAL, "Not a file but a device, a FIFO or a socket", name)
    target = path.resolve()
    if not target.parent.is_dir():
        folder = str(target.parent)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
    if old is not None and not os.access(target, os.W_OK):  # replacing it would need no permission
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)
    return target, old


def _prefix(target: Path) -> str:
    """Return how the names of a file's temporary files begin; the file's own may be too long."""
    return f".fusedmlp-{sha256(os.fsencode(target.name)).hexdigest()[:16]}-"


def _new_temporary(target: Path, private: bool) -> tuple[Path, int]:
    """Create a temporary file, locked; return it and its descriptor."""
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
    while True:
        temporary = target.with_name(f"{_prefix(target)}{secrets.token_hex(8)}{SUFFIX}")
        descriptor = os.open(temporary, flags, 0o600 if private else 0o666)
        # Before it was locked, another process may have taken it for a stale one.
        if _lock(descriptor) is not False and _is_at(temporary, descriptor):
            return temporary, descriptor
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock a file; return whether it could be done, or None where there are no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    """Return whether a path still names an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove_stale(target: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote this file."""
    with suppress(OSError):  # a folder that cannot be listed
        for temporary in list(target.parent.glob(f"{_prefix(target)}*{SUFFIX}")):
            with suppress(OSError):  # someone else removed it, or it is someone else's
                _remove_if_stale(temporary)


def _remove_if_stale(temporary: Path) -> None:
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(temporary, flags)
    try:
        locked = _lock(descriptor)
        old = time.time() - os.fstat(descriptor).st_mtime > STALE_SECONDS
        if locked:  # and is, until it is removed: no process can begin to write it
            temporary.unlink()
    finally:
        os.close(descriptor)
    if locked is None and old:  # Windows removes no file that is open
        temporary.unlink()


def _keep_owner_and_mode(descriptor: int, old: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    with suppress(PermissionError):  # only root may give files away
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync(descriptor: int) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # which opens no folders
        return
    with suppress(PermissionError):  # a folder that may be written to, but not read
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            _sync(descriptor)
        finally:
            os.close(descriptor)
