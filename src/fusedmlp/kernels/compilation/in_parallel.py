"""Processes that compile shared functions while this one compiles what calls them.

Numba compiles under one lock and LLVM under another: threads would take turns. A process takes
0.7 s until it has imported Numba and the kernels. It is told what to compile, one function after
the other, and leaves them on disk. Nobody waits for its answer: whoever needs a function looks for
it on disk, waits if another process compiles it just then (`turns.py`), and else compiles it.
"""

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from numba import config

from fusedmlp.kernels.compilation import files
from fusedmlp.plan.threads import available_threads

SCRIPT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from fusedmlp.kernels.compilation.in_parallel import compile_asked; compile_asked()"
)
MOST_PROCESSES = 3
SECONDS_TO_END = 1.0

_processes: list["subprocess.Popen[bytes]"] = []
_asked: list[Any] = []


def prepare() -> None:
    """Start a process if there is a core for it: it is ready when something is asked for."""
    if len(_processes) < min(available_threads() - 1, MOST_PROCESSES) and _may_start():
        with suppress(OSError, ValueError):  # none can be started, or it has ended at once
            _processes.append(_start())


def ask_for(symbol: str, call: Any) -> None:
    """Have another process compile a shared function, which has this symbol here."""
    prepare()
    if _processes:
        process = _processes.pop(0)  # they take turns
        _processes.append(process)
        with suppress(OSError):  # it has ended
            _send(process, (symbol, call))
            _asked.append(call)


def asked() -> list[Any]:
    """Return what other processes were asked for, in that order."""
    return _asked[:]


def end() -> None:
    """End the processes: all that this one needs is compiled, or will not be."""
    _asked.clear()
    while _processes:
        process = _processes.pop()
        with suppress(OSError):
            cast(IO[bytes], process.stdin).close()
        try:
            process.wait(SECONDS_TO_END)
        except BaseException as error:
            process.kill()
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise


def compile_asked() -> None:
    """Compile what standard input asks for, in a process that was started for it."""
    with suppress(EOFError):
        while True:
            symbol, call = pickle.load(sys.stdin.buffer)
            function = call.function()
            if function.symbol(call.arguments) == symbol:  # else its settings are others
                function.compile(call.arguments)
    os._exit(0)  # what Python does at its end takes a tenth of a second


def _may_start() -> bool:
    """Whether a process that is started now would be Python, and could keep what it compiles.

    `sys.executable` may be a program that has Python in it.
    """
    is_python = Path(sys.executable or "").stem.startswith("python")
    return is_python and not getattr(sys, "frozen", False) and not files.why_not_writable()


def _start() -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | ({"NUMBA_CACHE_DIR": config.CACHE_DIR} if config.CACHE_DIR else {}),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    with suppress(OSError):  # it has ended
        _send(process, sys.path)
    return process


def _send(process: "subprocess.Popen[bytes]", message: Any) -> None:
    pipe = cast(IO[bytes], process.stdin)
    pipe.write(pickle.dumps(message))
    pipe.flush()
