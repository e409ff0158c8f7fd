"""Data of 256 MB in files, trained on by a process that may not allocate 64 MB."""

import sys

import numpy as np
import pytest

from tests.processes import run_python

ROWS, COLUMNS, ROWS_OF_A_CHUNK = 1 << 20, 64, 1 << 16  # chunks of 16 MB

# What a process may allocate: also the stacks of its threads, but not the pages of a file that is
# mapped to be read, which the system can drop.
LIMITED = """
import resource
import numpy as np
import fusedmlp

X = np.memmap({folder!r} + "/X", np.float32, "r", shape=({rows}, {columns}))
y = np.memmap({folder!r} + "/y", np.float32, "r", shape=({rows}, 1))
options = dict(hidden=8, reduction="mean", random_state=1, record_every=1, threads=1)
chunks = [slice(first, first + {chunk}) for first in range(0, len(X), {chunk})]

def read():
    return ((np.array(X[rows]), np.array(y[rows])) for rows in chunks)

def train(X, y, chunks):
    {call}

small = slice(0, 1000)  # what is compiled for it is needed anyway
train(X[small], y[small], [small])
lines = dict(line.split(":") for line in open("/proc/self/status"))
now = int(lines["VmData"].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (now + (64 << 20), resource.RLIM_INFINITY))
"""

STREAM = "return fusedmlp.train(read, None, batch_size=500, epochs=2, **options)"
CALLS = {
    "mini-batches of a mapped file": (
        "return fusedmlp.train(X, y, batch_size=500, epochs=2, **options)"
    ),
    "all rows of a mapped file": "return fusedmlp.train(X, y, epochs=2, **options)",
    "all rows of mapped chunks": (
        "return fusedmlp.train([X[c] for c in chunks], [y[c] for c in chunks], epochs=2,"
        " optimizer='lbfgs', **options)"
    ),
    "a stream of chunks that are read": STREAM,
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is Linux's")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files X and y."""
    folder, random = tmp_path_factory.mktemp("large"), np.random.default_rng(0)
    part = random.normal(size=(ROWS_OF_A_CHUNK, COLUMNS)).astype(np.float32)
    with (folder / "X").open("wb") as X, (folder / "y").open("wb") as y:
        for _ in range(ROWS // ROWS_OF_A_CHUNK):
            part.tofile(X)
            (part[:, 0] > 0).astype(np.float32).tofile(y)
    yield folder
    (folder / "X").unlink()


def limited(folder, call, end):
    script = LIMITED.format(
        folder=str(folder), rows=ROWS, columns=COLUMNS, chunk=ROWS_OF_A_CHUNK, call=call
    )
    return run_python(script + end)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_larger_data_than_the_process_may_hold(folder, call):
    printed = limited(folder, call, "print(train(X, y, chunks).history['loss'])")
    before, after = (float(loss) for loss in printed.strip(" []\n").split())
    assert after < before


def test_the_limit_is_one(folder):
    end = "try:\n    np.array(X)\nexcept MemoryError:\n    print('none left')"
    assert limited(folder, STREAM, end) == "none left\n"
