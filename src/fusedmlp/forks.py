"""A fork waits until no other thread imports the kernels or compiles one.

The child of a fork has only the thread that forked. A lock that another thread held stays locked
there for ever, and what it guards is half done.
"""

import logging  # noqa: F401
import os
from contextlib import AbstractContextManager, ExitStack
from threading import RLock
from typing import Any

# Held while the kernels are imported, and Numba with them, which takes half a second.
importing = RLock()

# In the order in which threads take them: an import takes LLVM's, too.
_locks: list[AbstractContextManager[Any]] = [importing]


def hold_in_forks(lock: AbstractContextManager[Any]) -> None:
    """Have a thread that forks hold a lock, which one thread may take more than once."""
    _locks.append(lock)


class _Fork:
    held = ExitStack()


def _take() -> None:
    with ExitStack() as stack:
        for lock in _locks:  # more of them, if the import that the first waits for adds them
            stack.enter_context(lock)
        _Fork.held = stack.pop_all()


def _leave() -> None:
    _Fork.held.close()


# Python calls last what was registered first. logging, imported above, also holds its lock in a
# fork: if it took that before ours, a thread that compiles, and writes to Numba's log, would wait
# for the fork that waits for it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_take, after_in_parent=_leave, after_in_child=_leave)
