"""A small count of each attack; the scripts beside this file make as many as one likes."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from tests.attacks.campaign import ROOT, campaign
from tests.attacks.guarded_memory import GuardedMemory

COUNTS = {
    "files": 5_000,
    "tables": 2_000,
    "saves": 20,
    "caches": 12,
    "runs": 200,
    "threads": 50,
    "interruptions": 5,
    "operations": 500,
    "resumed": 200,
    "networks": 60,
    "sweeps": 5,
}


@pytest.mark.parametrize("module", COUNTS)
def test_the_package_withstands_an_attack(module):
    outcome = campaign(f"tests.attacks.{module}", COUNTS[module])
    assert outcome.count == COUNTS[module]
    assert not outcome.wrong


def test_a_campaign_counts_crashes_hangs_and_failures(capsys):
    outcome = campaign("tests.attacks.self_test", 6, seconds=5.0)
    assert str(outcome) == "6 attempts: 1 crashes, 1 hangs, 1 failures"
    printed = capsys.readouterr().out
    assert "attempt 1 ended the process with -6" in printed
    assert "attempt 3 took longer than 5 s" in printed
    assert "attempt 4: ValueError: wrong" in printed


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
@pytest.mark.parametrize("at_end", [False, True])
def test_guarded_memory_holds_a_copy(at_end, size):
    array = np.arange(size, dtype=float)
    with GuardedMemory(at_end) as memory:
        copy = memory.copy(array)
        assert np.array_equal(copy, array)
        copy += 1  # every number can be written
        assert np.array_equal(copy, array + 1)


BEYOND = """
import ctypes
import numpy as np
from tests.attacks.guarded_memory import GuardedMemory

memory = GuardedMemory(at_end={at_end}).__enter__()
numbers = memory.copy(np.zeros({size}))
ctypes.string_at(numbers.ctypes.data, 64)
print("inside")
"""


@pytest.mark.parametrize(
    ("at_end", "size", "survives"),
    [(True, 8, True), (True, 7, False), (False, 8, True), (False, 0, False)],
)
def test_an_access_beyond_guarded_memory_ends_the_process(at_end, size, survives):
    code = BEYOND.format(at_end=at_end, size=size)
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert child.returncode == (0 if survives else -signal.SIGSEGV), child.stderr
    assert ("inside" in child.stdout) == survives
