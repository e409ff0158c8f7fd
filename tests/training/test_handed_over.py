"""Results of jobs in threads arrive as they come, and a job that fails ends the wait."""

import threading

import pytest

from fusedmlp.training import handed_over
from fusedmlp.training.handed_over import HandedOver


def in_a_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_results_come_in_the_order_in_which_they_are_handed_over():
    results = HandedOver()
    first, second = threading.Event(), threading.Event()

    def job(number, after, then):
        after.wait(10)
        results.hand_over(number)
        then.set()

    threads = [
        in_a_thread(lambda: job(1, second, threading.Event())),
        in_a_thread(lambda: job(2, first, second)),
    ]
    first.set()
    assert list(results.take(2)) == [2, 1]
    for thread in threads:
        thread.join()


def test_a_wait_goes_on_until_there_is_a_result(monkeypatch):
    monkeypatch.setattr(handed_over, "SECONDS_OF_A_WAIT", 0.001)
    results, ready = HandedOver(), threading.Event()

    def job():
        ready.wait(0.02)
        results.hand_over("late")

    thread = in_a_thread(job)
    assert list(results.take(1)) == ["late"]
    thread.join()


def test_a_job_that_fails_ends_the_wait_for_all():
    results = HandedOver()
    results.hand_over("before")
    with pytest.raises(MemoryError, match="no more"), results.or_failed():
        raise MemoryError("no more")
    results.hand_over("after")
    assert list(results.take(3)) == ["before"]


def test_a_job_that_has_no_memory_to_say_so_ends_the_wait_too(monkeypatch):
    monkeypatch.setattr(handed_over, "SECONDS_OF_A_WAIT", 0.001)

    class Full(handed_over.SimpleQueue):
        def put(self, _):
            raise MemoryError("no more")

    monkeypatch.setattr(handed_over, "SimpleQueue", Full)
    results = HandedOver()
    with pytest.raises(MemoryError, match="no more"), results.or_failed():
        results.hand_over("a result")
    assert list(results.take(3)) == []
