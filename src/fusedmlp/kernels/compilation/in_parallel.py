"""Processes that compile shared functions while this one compiles what calls them.

Numba compiles under one lock and LLVM under another: threads would take turns. A process takes
0.7 s until it has imported Numba and the kernels. It is told what to compile, one function after
the other, and leaves them on disk. Nobody waits for its answer: whoever needs a function looks for
it on disk, waits if another process compiles it just then (`turns.py`), and else compiles it.
Whatever becomes of such a process, or keeps it from being started, is no error.
"""

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from numba import config

from fusedmlp.kernels.compilation import files
from fusedmlp.plan.threads import available_threads

Function = TypeVar("Function", bound=Callable[..., Any])

SCRIPT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from fusedmlp.kernels.compilation.in_parallel import serve; serve()"
)
PACKAGES = str(Path(__file__).parents[3])  # the folder of this one
MOST_PROCESSES = 3
SO_NOSIGPIPE = 0x1022  # of macOS, whose sockets have no MSG_NOSIGNAL


class Helper(NamedTuple):
    """A process that compiles, and the socket through which it is told what."""

    process: "subprocess.Popen[bytes]"
    requests: socket.socket

    def send(self, message: Any) -> None:
        """Send a message; an error, but no signal, if the process has ended."""
        self.requests.sendall(pickle.dumps(message), getattr(socket, "MSG_NOSIGNAL", 0))


_helpers: list[Helper] = []
_asked: list[Any] = []


def helped(function: Function) -> Function:
    """Mark a kernel whose shared functions take seconds: other processes are to compile them.

    It is a decorator of the plain function, below that which compiles it.
    """
    function.helped = True  # type: ignore[attr-defined]
    return function


def prepare() -> None:
    """Start a process if there is a core for it: it is ready when something is asked for."""
    if len(_helpers) < min(available_threads() - 1, MOST_PROCESSES) and _may_start():
        with suppress(Exception):
            _start()


def ask_for(symbol: str, call: Any) -> None:
    """Have another process, if one was started, compile a shared function with this symbol."""
    if _helpers:
        prepare()  # one more
        helper = _helpers.pop(0)  # they take turns
        _helpers.append(helper)
        with suppress(Exception):  # it has ended, or types that cannot be pickled
            helper.send((symbol, call))
            _asked.append(call)


def asked() -> list[Any]:
    """Return what other processes were asked for, in that order."""
    return _asked[:]


def end() -> None:
    """End the processes. What this one needs is compiled, or will not be."""
    _asked.clear()
    for helper in _helpers:
        helper.requests.close()
        helper.process.kill()
    while _helpers:
        _helpers[-1].process.wait()
        _helpers.pop()


def serve() -> None:
    """Compile what standard input asks for, in a process that was started for it."""
    with suppress(EOFError):
        while True:
            symbol, call = pickle.load(sys.stdin.buffer)
            function = call.function()
            if function.symbol(call.arguments) == symbol:  # else its settings are others
                function.compile(call.arguments)


def _may_start() -> bool:
    """Whether a process that is started now would be Python, and could share what it compiles.

    `sys.executable` may be a program that has Python in it. Windows has no locks of files.
    """
    is_python = Path(sys.executable or "").stem.startswith("python")
    alone = getattr(sys, "frozen", False) or sys.platform == "win32"
    return is_python and not alone and not files.why_not_writable()


def _start() -> None:
    """Start a process. The current folder is not among those that it imports from."""
    own, its = socket.socketpair()
    with ExitStack() as at_failure, its:
        at_failure.callback(own.close)
        its.setblocking(True)  # whatever socket.setdefaulttimeout says
        if sys.platform == "darwin":
            own.setsockopt(socket.SOL_SOCKET, SO_NOSIGPIPE, 1)
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", SCRIPT],
            stdin=its.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | _settings(),
        )
        at_failure.pop_all()
    helper = Helper(process, own)
    _helpers.append(helper)
    helper.send([*filter(os.path.isabs, sys.path), PACKAGES])


def _settings() -> dict[str, str]:
    """Return the environment of a process that starts no others, and keeps what it compiles."""
    cache = {"NUMBA_CACHE_DIR": str(config.CACHE_DIR)} if config.CACHE_DIR else {}
    return cache | {"NUMBA_NUM_THREADS": "1"}
