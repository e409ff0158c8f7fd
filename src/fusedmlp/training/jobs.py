"""How many networks are trained at the same time, each in a job of joblib's."""

import joblib

from fusedmlp.plan.threads import available_threads


def jobs_now() -> int:
    """Return how many networks are trained at once: as joblib is told; else one for each core.

    Within a job of joblib's, such as one of a search, it is joblib's choice: one, mostly.
    """
    backend, jobs = joblib.parallel.get_active_backend()
    if jobs is None and not backend.nesting_level:
        jobs = available_threads()
    backend, _ = joblib.parallel.get_active_backend(prefer="threads")
    return int(backend.effective_n_jobs(jobs))


def are_threads(jobs: int) -> bool:
    """Whether so many jobs that prefer threads are several threads of this process."""
    backend, _ = joblib.parallel.get_active_backend(prefer="threads")
    shared = getattr(backend, "supports_sharedmem", False)  # as joblib itself asks
    return bool(shared) and backend.effective_n_jobs(jobs) > 1
