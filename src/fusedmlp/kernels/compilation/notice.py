"""What a first call says while it compiles, to somebody who waits for it."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fusedmlp.kernels.compilation.cache import why_it_would_not_be_kept, why_not_kept

SECONDS = 1.0  # shorter waits need no words
TEXT = "fusedmlp: compiling for this processor, which takes some seconds; "
KEPT, NOT_KEPT = "kept on disk for the next time.", "not kept on disk: {}."
CORRECTED = "fusedmlp: the machine code could not be kept on disk: {}."


class _Notice:
    """What this process has said."""

    said = False
    promised = False  # that machine code is kept, which is written after it was compiled
    lock = threading.Lock()


@contextmanager
def notice_of_compilation() -> Iterator[None]:
    """Say once in a process that it compiles, if somebody looks on and it takes a second."""
    if _Notice.said or not _is_looked_at():
        yield
        return
    timer = threading.Timer(SECONDS, _say)
    timer.daemon = True
    with suppress(RuntimeError, MemoryError):  # no thread for it: no notice
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _correct()


def _is_looked_at() -> bool:
    """Whether standard error is a terminal or a notebook."""
    terminal = getattr(sys.stderr, "isatty", lambda: False)
    return "ipykernel" in sys.modules or bool(terminal())


def _say() -> None:
    with _Notice.lock:
        if _Notice.said:
            return
        _Notice.said = True
    reason = why_it_would_not_be_kept()
    _Notice.promised = not reason
    print(TEXT + (NOT_KEPT.format(reason) if reason else KEPT), file=sys.stderr, flush=True)


def _correct() -> None:
    """Say that a promise was not kept, as where the disk became full."""
    reason = why_not_kept() if _Notice.promised else ""
    if reason:
        _Notice.promised = False
        print(CORRECTED.format(reason), file=sys.stderr, flush=True)
