"""Results that threads of this process hand over as soon as they have them.

joblib looks for results every 10 ms: as long as hundreds of small networks take.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Result = TypeVar("Result")

# On some systems, Ctrl-C does not end a wait that has no limit.
SECONDS_OF_A_WAIT = 0.2


class HandedOver(Generic[Result]):
    """What the jobs in other threads hand over to the one that waits for them."""

    def __init__(self) -> None:
        self._results: SimpleQueue[Result | None] = SimpleQueue()
        self.has_failed = False  # one of the jobs

    def hand_over(self, result: Result) -> None:
        """Give the result of a job to the thread that waits."""
        self._results.put(result)

    @contextmanager
    def or_failed(self) -> Iterator[None]:
        """Let the waiting thread know if the job raises something, which joblib has then."""
        try:
            yield
        except BaseException:
            self.has_failed = True  # first: there may be no memory for more
            self._results.put(None)
            raise

    def take(self, jobs: int) -> Generator[Result]:
        """Yield the results of so many jobs as they come; end with the first job that failed."""
        for _ in range(jobs):
            result = self._next()
            if result is None:
                break
            yield result

    def _next(self) -> Result | None:
        while True:
            try:
                return self._results.get(timeout=SECONDS_OF_A_WAIT)
            except Empty:
                if self.has_failed:
                    return None
