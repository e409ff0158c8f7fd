"""A fork while another thread imports the kernels or compiles one: the child can do so, too."""

import os

import pytest

from tests.processes import run_python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# A process that waits for ever says where, and ends.
COMPILE = """
import faulthandler, numpy, os, signal, sys, threading, warnings
from fusedmlp.backends import implementation
faulthandler.dump_traceback_later(120, exit=True)
faulthandler.register(signal.SIGALRM, chain=True)

def compiles(number):
    return implementation("kernels").mix(number, 0) == 0xE220A8397B1DCDAF

other = threading.Thread(target=compiles, args=(0,))
"""

# The main thread waits until the other one imports the kernels, or is in the middle of a compiler.
IMPORT = """
other.start()
while "numba" not in sys.modules:
    pass
"""
COMPILER = """
from numba.core import event
import fusedmlp.kernels

class Begun(event.Listener):
    def on_start(self, _):
        begun.set()
    def on_end(self, _):
        pass

begun = threading.Event()
event.register("{event}", Begun())
other.start()
begun.wait()
"""
MOMENTS = {
    "import": IMPORT,
    "compilation": COMPILER.format(event="numba:compile"),
    "LLVM": COMPILER.format(event="numba:llvm_lock"),
}

FORK = """
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on: threads and a fork
child = os.fork()
if child == 0:
    signal.alarm(100)
    os._exit(0 if compiles(numpy.uint64(0)) and compiles(0) else 1)
_, status = os.waitpid(child, 0)
other.join()
print(os.waitstatus_to_exitcode(status), compiles(0))
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_child_of_a_fork_compiles_whatever_other_threads_do(moment, tmp_path):
    printed = run_python(COMPILE + MOMENTS[moment] + FORK, NUMBA_CACHE_DIR=str(tmp_path))
    assert printed.split() == ["0", "True"]


def test_a_thread_that_compiles_may_fork():
    printed = run_python("""
        import os
        from fusedmlp import kernels
        from numba.core.compiler_lock import global_compiler_lock
        with global_compiler_lock:
            child = os.fork()
            if child == 0:
                os._exit(0 if global_compiler_lock.is_locked() else 1)
            _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), global_compiler_lock.is_locked())
    """)
    assert printed.split() == ["0", "False"]
