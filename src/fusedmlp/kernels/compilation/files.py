"""Files of machine code: a checksum, then the content, written at once or not at all.

Nothing here raises an error because of what is on the disk: a kernel is then compiled again.
"""

import hashlib
import os
import re
import stat
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fusedmlp.kernels.compilation.folder import (
    UntrustedError,
    reason,
    require_trusted,
    trusted_folder,
)

SUFFIX = ".kernel"
TEMPORARY = "tmp-"
LOCK = TEMPORARY + "lock_"
OWN = re.compile(rf"(\w*-[0-9a-f]{{64}}|{TEMPORARY}\w+)\{SUFFIX}", re.ASCII)
MAGIC = b"fusedmlp kernel 1\n"
HEADER = len(MAGIC) + hashlib.sha256().digest_size
READABLE = 0o644

DAY = 24 * 3600.0  # seconds
UNUSED = 30 * DAY

# Never follow a link; never wait for a writer of a pipe. Windows has neither.
READ = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    READ |= getattr(os, _flag, 0)


class _Problems:
    """What this process has found: nothing that ends it."""

    warned = False
    unwritten = ""  # why something could not be kept


def why_not_kept() -> str:
    """Return why machine code that this process compiled is not on disk; empty if it is."""
    return _Problems.unwritten


def why_not_writable() -> str:
    """Return why a file cannot be written now, found out by writing one; empty if it can.

    A folder's mode does not tell: root may write whatever it says, and nobody on a read-only disk.
    """
    try:
        folder = trusted_folder()
        try:
            descriptor, temporary = tempfile.mkstemp(SUFFIX, TEMPORARY, folder)
        except OSError as error:
            return f"{error.strerror}: {folder}"
        os.close(descriptor)
        Path(temporary).unlink()
    except OSError as error:
        return reason(error)
    return ""


def read(name: str) -> bytes | None:
    """Return the content of a file, or None if there is none that is whole and trusted."""
    try:
        return _read(trusted_folder() / name)
    except UntrustedError as error:
        _warn(error)
    except OSError:
        pass
    return None


def write(name: str, content: bytes) -> None:
    """Write a file, if the disk lets us, and remove those that nobody has used for a month."""
    try:
        folder = trusted_folder()
        _write(folder, name, content)
        _remove_unused(folder)
    except UntrustedError as error:
        _Problems.unwritten = str(error)
        _warn(error)
    except OSError as error:
        _Problems.unwritten = reason(error)


def own_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Return the files of a folder that have this package's names, temporary ones too."""
    for path in sorted(folder.iterdir()):
        if OWN.fullmatch(path.name):
            with suppress(FileNotFoundError):  # another process removed it
                yield path, path.lstat()


def lock_of(name: str) -> Path:
    """Return the file that whoever compiles a kernel locks; it is removed as temporary ones are.

    Raises
    ------
    OSError
        There is no folder for it.
    """
    digest = name.removesuffix(SUFFIX).rpartition("-")[2]
    return trusted_folder() / f"{LOCK}{digest}{SUFFIX}"


def is_lock(path: Path) -> bool:
    """Whether one of the package's files is the lock of a kernel, and empty."""
    return path.name.startswith(LOCK)


def _read(path: Path) -> bytes | None:
    descriptor = os.open(path, READ)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        require_trusted(path, status)
        with open(descriptor, "rb", closefd=False) as file:
            whole = file.read()
    finally:
        os.close(descriptor)
    content = whole[HEADER:]
    if whole[:HEADER] != _header(path.name, content):
        return None
    if time.time() - status.st_mtime > DAY:
        with suppress(OSError):  # not ours, or a disk that cannot be written
            os.utime(path)
    return content


def _write(folder: Path, name: str, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(SUFFIX, TEMPORARY, folder)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123
            file.write(_header(name, content))
            file.write(content)
        Path(temporary).chmod(READABLE)
        Path(temporary).replace(folder / name)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _header(name: str, content: bytes) -> bytes:
    """Return what stands before the content; the name is in it, so that no file has two names."""
    return MAGIC + hashlib.sha256(name.encode() + b"\0" + content).digest()


def _remove_unused(folder: Path) -> None:
    """Remove files that have not been used for a month, and what ended processes left."""
    now = time.time()
    for path, status in own_files(folder):
        if now - status.st_mtime > (DAY if path.name.startswith(TEMPORARY) else UNUSED):
            with suppress(OSError):
                path.unlink()


def _warn(error: UntrustedError) -> None:
    """Say once in a process what is not trusted."""
    if not _Problems.warned:
        _Problems.warned = True
        warnings.warn(
            f"machine code on disk is not used, but compiled again: {error}",
            RuntimeWarning,
            stacklevel=2,
        )
