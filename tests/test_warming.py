"""warm_up: what most runs need is compiled ahead, and found by the next process."""

import pytest

import fusedmlp
from fusedmlp import warming
from tests.processes import run_python

WARM = """
from fusedmlp import warming
warming.RUNS = warming.RUNS[{}]
warming.warm_up(("float64",), processes=1)
"""
HITS = """
import fusedmlp
from fusedmlp import warming
from fusedmlp.kernels.{module} import {kernel}
for options in warming.RUNS[{runs}]:
    warming._compile("float64", options)
print(len({kernel}.signatures), sum({kernel}.stats.cache_hits.values()))
"""


@pytest.mark.parametrize(
    ("runs", "module", "kernel"),
    [
        ("4:", "lanes.small_batch", "fit_small_batch"),
        ("2:3", "blocked.training_loop", "fit_blocks"),
    ],
)
def test_a_new_process_compiles_nothing(runs, module, kernel, tmp_path):
    run_python(WARM.format(runs), NUMBA_CACHE_DIR=str(tmp_path))
    script = HITS.format(module=module, kernel=kernel, runs=runs)
    compiled, hits = run_python(script, NUMBA_CACHE_DIR=str(tmp_path)).split()
    assert compiled == hits != "0"


def test_what_cannot_be_kept_is_told(monkeypatch):
    monkeypatch.setattr(warming, "_compile", lambda *_: "the disk is full")
    with pytest.raises(RuntimeError, match="could not be kept on disk: the disk is full"):
        fusedmlp.warm_up()


def test_other_dtypes_and_numbers_are_refused():
    with pytest.raises(ValueError, match="dtypes must be one of 'float32', 'float64', got"):
        fusedmlp.warm_up(("float16",))
    with pytest.raises(ValueError, match="processes must be"):
        fusedmlp.warm_up(processes=0)
