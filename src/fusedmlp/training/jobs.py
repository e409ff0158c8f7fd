"""How many networks or batches are trained at the same time, each in a job of joblib's."""

import joblib

from fusedmlp.plan.threads import available_threads, cores_of_process

# Of the time of as many threads as cores, what more of them take at most.
WORTH_SHARING = 0.95


def jobs_now() -> int:
    """Return how many networks are trained at once: as joblib is told; else one for each core.

    Within a job of joblib's, such as one of a search, it is joblib's choice: one, mostly.
    """
    backend, jobs = joblib.parallel.get_active_backend()
    if jobs is None and not backend.nesting_level:
        jobs = available_threads()
    backend, _ = joblib.parallel.get_active_backend(prefer="threads")
    return int(backend.effective_n_jobs(jobs))


def jobs_for(tasks: int) -> int:
    """Return how many of so many tasks of equal length are done at once, each in a job of joblib's.

    They may be more than the cores, unless somebody limits the threads.
    """
    jobs, (backend, told) = jobs_now(), joblib.parallel.get_active_backend()
    limited = told is not None or backend.nesting_level or jobs < cores_of_process()
    return jobs if limited or not are_threads(jobs) else jobs_on(jobs, tasks)


def jobs_on(cores: int, tasks: int) -> int:
    """Return how many threads of equal tasks end first; where it hardly matters, one for each core.

    Of three tasks on two cores, the third has one for itself in the end, and the other core waits.
    Three threads share two cores evenly, as systems do, and end after 1.5 times a task's time.
    50 networks 10-32-32-1 so take 0.9 of the time, on a Zen 4.
    """

    def time(jobs: int) -> float:
        rounds, rest = divmod(tasks, jobs)
        return rounds * jobs / cores + (max(1.0, rest / cores) if rest else 0.0)

    best = min(range(cores, 2 * cores), key=time)
    return best if time(best) < WORTH_SHARING * time(cores) else cores


def are_threads(jobs: int) -> bool:
    """Whether so many jobs that prefer threads are several threads of this process."""
    backend, _ = joblib.parallel.get_active_backend(prefer="threads")
    shared = getattr(backend, "supports_sharedmem", False)  # as joblib itself asks
    return bool(shared) and backend.effective_n_jobs(jobs) > 1
