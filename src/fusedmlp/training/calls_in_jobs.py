"""Calls in jobs of joblib's: threads, processes, or the workers of a cluster."""

import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from typing import Any, TypeVar

import joblib

from fusedmlp.background import BackgroundCall, wait_out
from fusedmlp.training.handed_over import HandedOver
from fusedmlp.training.jobs import are_threads
from fusedmlp.training.shared_stop import SharedStop

Result = TypeVar("Result")

# Until joblib knows of the last call's end: else it looks again after 10 ms.
SECONDS_AFTER_THE_LAST = 0.0005
# Of each job, where joblib gives no result before it has all: few, so that a checkpoint has them
# soon; several, since the last ones wait for each other.
CALLS_AT_A_TIME = 4


def results_in_jobs(
    function: Callable[..., Result],
    arguments: Iterable[tuple[Any, ...]],
    number: int,
    jobs: int,
    stop: SharedStop,
) -> Generator[Result]:
    """Call function(*arguments) for so many arguments; yield what it returns, in any order.

    When the generator is closed or a call raises something, `stop` is asked; when it has ended, no
    call is made any more in this process.
    """
    backend, _ = joblib.parallel.get_active_backend(prefer="threads")
    as_they_come = backend.supports_return_generator
    parallel = joblib.Parallel(
        jobs,
        prefer="threads",
        return_as="generator_unordered" if as_they_come else "list",
        batch_size=1,
        pre_dispatch="2*n_jobs",
    )
    if not as_they_come:
        at_a_time = CALLS_AT_A_TIME * backend.effective_n_jobs(jobs)
        return _from_lists(parallel, function, arguments, at_a_time, stop)
    if are_threads(jobs):
        return _from_threads(parallel, function, arguments, number, stop)
    return _from_joblib(parallel, function, arguments, stop)


def _from_lists(
    parallel: joblib.Parallel,
    function: Callable[..., Result],
    arguments: Iterable[tuple[Any, ...]],
    at_a_time: int,
    stop: SharedStop,
) -> Generator[Result]:
    """Yield the results of calls, some at a time.

    joblib's "multiprocessing", and so Ray's backend, give a list when all are there.
    """
    waiting = iter(arguments)
    try:
        while some := list(islice(waiting, at_a_time)):
            yield from parallel(joblib.delayed(function)(*own) for own in some)
    except BaseException:  # GeneratorExit, too: the caller failed
        stop.ask()
        stop.wait()
        raise


def _from_joblib(
    parallel: joblib.Parallel,
    function: Callable[..., Result],
    arguments: Iterable[tuple[Any, ...]],
    stop: SharedStop,
) -> Generator[Result]:
    """Yield the results of calls as joblib has them."""
    results: Generator[Result] | None = None
    try:
        results = parallel(joblib.delayed(function)(*own) for own in arguments)
        yield from results
    except BaseException:  # GeneratorExit, too: the caller failed
        stop.ask()
        if results is not None:
            with warnings.catch_warnings():  # joblib says that some results were not used
                warnings.simplefilter("ignore")
                results.close()
        stop.wait()
        raise


def _from_threads(
    parallel: joblib.Parallel,
    function: Callable[..., Result],
    arguments: Iterable[tuple[Any, ...]],
    number: int,
    stop: SharedStop,
) -> Generator[Result]:
    """Yield the results of calls in threads of this process as soon as they are there.

    joblib has a thread of its own meanwhile: Ctrl-C within it could leave locks held for ever.
    """
    results, wanted = HandedOver[Result](), True
    all_are_there = threading.Lock()
    all_are_there.acquire()

    def call(own: tuple[Any, ...]) -> None:
        with results.or_failed():
            results.hand_over(function(*own))

    def call_all() -> None:
        with results.or_failed():
            ends = parallel(joblib.delayed(call)(own) for own in arguments if wanted)
        all_are_there.acquire()
        time.sleep(SECONDS_AFTER_THE_LAST)
        for _ in ends:
            pass

    calls = BackgroundCall(call_all, ())

    def end() -> None:
        if all_are_there.locked():
            all_are_there.release()
        calls.wait()
        stop.wait()

    try:
        calls.start()
        yield from results.take(number)
        if results.has_failed:
            stop.ask()
    except BaseException:  # GeneratorExit, too: the caller failed
        wanted = False
        stop.ask()
        raise
    finally:
        try:
            wait_out(end)
        finally:  # Ctrl-C may have come before the first instruction of that
            end()
    if calls.error is not None:
        raise calls.error
