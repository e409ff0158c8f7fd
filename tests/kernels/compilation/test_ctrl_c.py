"""Ctrl-C in a first call: it is heeded, and the next call works."""

import signal
import sys
import threading

import pytest

from fusedmlp.ctrl_c import ctrl_c_waits, heed_ctrl_c
from tests.processes import run_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise there")

CALLS = """
    import os, signal, sys
    import numpy as np
    import fusedmlp

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    sent = []

    def send():
        if not sent:
            sent.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    {where}

    def call():
        X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
        return fusedmlp.train(X, y, epochs=5, random_state=1)

    fusedmlp.train  # what is imported without Numba
    try:
        call()
    except KeyboardInterrupt:
        print("heeded")
    print(len(sent), call().epochs)
"""

IMPORTING = """
    class Finder:
        def find_spec(self, name, path, target=None):
            if name == "numba.core.types.containers":
                send()

    sys.meta_path.insert(0, Finder())
"""

FILLING_TABLES = """
    import numba.core.base
    install = numba.core.base.BaseContext._insert_cast_defn

    def install_and_send(context, definitions):
        def interrupted():
            for definition in definitions:
                send()
                yield definition
        install(context, interrupted())

    numba.core.base.BaseContext._insert_cast_defn = install_and_send
"""

IN_LLVM = """
    from numba.core.codegen import CPUCodeLibrary
    compiled = CPUCodeLibrary._object_compiled_hook

    def send_and_keep(module, code):
        send()
        compiled(module, code)

    CPUCodeLibrary._object_compiled_hook = send_and_keep
"""


@pytest.mark.parametrize("where", [IMPORTING, FILLING_TABLES, IN_LLVM])
def test_ctrl_c_in_a_first_call_spoils_no_later_one(where, tmp_path):
    printed = run_python(CALLS.format(where=where), NUMBA_CACHE_DIR=str(tmp_path))
    assert printed.split() == ["heeded", "1", "5"]


@pytest.fixture
def raised():
    """Ctrl-C as a list of signals, each of which raises KeyboardInterrupt."""
    signals = []

    def handler(number, _frame):
        signals.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    yield signals
    signal.signal(signal.SIGINT, before)


def test_it_waits_for_the_end_of_the_outermost_block(raised):
    handler = signal.getsignal(signal.SIGINT)

    def interrupted_within_two():
        with ctrl_c_waits():
            with ctrl_c_waits():
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
            assert not raised

    with pytest.raises(KeyboardInterrupt):
        interrupted_within_two()
    assert raised == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is handler


def test_it_waits_until_it_is_heeded(raised):
    heed_ctrl_c()
    with ctrl_c_waits():
        heed_ctrl_c()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            heed_ctrl_c()
        heed_ctrl_c()
    assert raised == [signal.SIGINT]


@pytest.mark.usefixtures("raised")
def test_an_error_in_the_block_is_told_beside_it():
    def fail_after_ctrl_c():
        with ctrl_c_waits():
            signal.raise_signal(signal.SIGINT)
            raise ValueError("in the block")

    with pytest.raises(KeyboardInterrupt) as stopped:
        fail_after_ctrl_c()
    assert isinstance(stopped.value.__context__, ValueError)


def test_other_threads_have_no_handlers(raised):
    seen = []

    def within():
        with ctrl_c_waits():
            seen.append(signal.getsignal(signal.SIGINT))
            heed_ctrl_c()

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
    assert not raised


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_what_the_system_does_is_left_to_it(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with ctrl_c_waits():
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
