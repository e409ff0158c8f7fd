"""Processes that need the same kernel take turns: one compiles, the others wait for its file."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from numba import config

from fusedmlp.kernels.compilation import turns
from fusedmlp.kernels.compilation.turns import Turn
from tests.processes import TRAIN, run_python

NAME = "tiny-" + "0123456789abcdef" * 4 + ".kernel"
HOLD = f"""
from fusedmlp.kernels.compilation.turns import Turn
turn = Turn()
print(turn.begin({NAME!r}), flush=True)
input()
"""
COMPILE = (
    TRAIN
    + """
from fusedmlp.kernels.lanes.small_batch import fit_small_batch
print(sum(fit_small_batch.stats.cache_hits.values()))
"""
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    return tmp_path


@contextmanager
def held(folder):
    """Have a process hold the lock; it is killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "False\n"
        yield
        process.kill()


@pytest.mark.usefixtures("folder")
def test_who_comes_second_waits_for_the_first():
    first, second, begun, ended = Turn(), Turn(), threading.Event(), []

    def take_first_turn():
        assert first.begin(NAME) is False
        begun.set()
        time.sleep(0.2)
        ended.append(time.monotonic())
        first.end()

    threading.Thread(target=take_first_turn).start()
    assert begun.wait(60)
    assert second.begin(NAME) is True
    assert ended
    second.end()
    assert Turn().begin(NAME) is False


@pytest.mark.usefixtures("folder")
def test_other_kernels_do_not_wait():
    first, second = Turn(), Turn()
    assert first.begin(NAME) is False
    assert second.begin(NAME.replace("0123", "3210")) is False
    first.end()
    second.end()


@pytest.mark.usefixtures("folder")
def test_a_thread_ends_no_turn_but_its_own():
    turn = Turn()
    assert turn.begin(NAME) is False
    other = threading.Thread(target=turn.end)
    other.start()
    other.join()
    assert turn._descriptor >= 0
    turn.end()
    assert turn._descriptor < 0


def test_a_process_that_is_killed_leaves_no_lock(folder):
    with held(folder):
        pass
    turn = Turn()
    assert turn.begin(NAME) is False
    assert turn._descriptor >= 0
    turn.end()


def test_nobody_waits_for_ever(folder, monkeypatch):
    monkeypatch.setattr(turns, "MOST_SECONDS", 0.1)
    with held(folder):
        turn = Turn()
        assert turn.begin(NAME) is False
        assert turn._descriptor < 0


def test_without_a_folder_each_compiles_for_itself(folder, monkeypatch):
    (folder / "file").touch()
    monkeypatch.setattr(config, "CACHE_DIR", str(folder / "file"))
    turn = Turn()
    assert turn.begin(NAME) is False
    turn.end()


def test_of_processes_that_start_together_one_compiles(tmp_path):
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(run_python, COMPILE, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(3)]
    printed = [run.result().split() for run in runs]
    assert len({error for error, _ in printed}) == 1
    assert sorted(hits for _, hits in printed) == ["0", "1", "1"]
