"""Processes that need the same kernel: one compiles it, the others wait for its file.

Where nothing can be locked or kept, each compiles for itself. The locks are the system's own, which
it releases with the process, however that ends: those of the package filelock have a lock of their
own in each fork, for which a thread that compiles would wait, and the fork for it.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import get_ident

from fusedmlp.ctrl_c import heed_ctrl_c
from fusedmlp.kernels.compilation import files

if sys.platform != "win32":
    import fcntl

# The longest that a process waits for another one: no kernel takes as long as this to compile, but
# a process may have been stopped (Ctrl-Z) while it did.
MOST_SECONDS = 60.0
POLL_SECONDS = 0.05


class Turn:
    """A kernel's lock, from the first look for its file until it is there.

    A thread begins its turn under Numba's lock, and ends it whenever it has the kernel: another
    thread may have begun one by then, which is not its own to end.
    """

    def __init__(self) -> None:
        self._path, self._descriptor, self._thread = Path(), -1, 0
        self._locked = False

    def begin(self, name: str) -> bool:
        """Take the lock for a file; return whether another process had it, and has now ended."""
        self._release()
        self._thread = get_ident()
        if sys.platform == "win32":
            return False
        with suppress(OSError):
            self._path = files.lock_of(name)
            flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self._path, flags, 0o600)
            begun = time.monotonic()
            waited = False
            while not self._has_locked():
                waited = True
                if time.monotonic() - begun > MOST_SECONDS:
                    os.close(self._descriptor)
                    self._descriptor = -1
                    return False
                heed_ctrl_c()
                time.sleep(POLL_SECONDS)
            return waited
        return False

    def _has_locked(self) -> bool:
        """Try to lock the file; return whether it is locked now. OSError: it cannot be."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._locked = True
        return True

    def end(self) -> None:
        """Release the lock, if this thread holds it, and remove its file."""
        if self._thread == get_ident():
            self._release()

    def _release(self) -> None:
        """Release the lock, if it is held, and remove its file.

        Whoever has opened that before may lock it, and another process a new one: both then find
        the kernel's file, or compile it.
        """
        descriptor, self._descriptor = self._descriptor, -1
        locked, self._locked = self._locked, False
        if locked:
            with suppress(OSError):
                self._path.unlink()
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)
