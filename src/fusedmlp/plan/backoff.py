"""When threads may try again to share work, after one of them had no core."""

import time

# The first wait after a failure, and the longest: each is twice the one before. A failure takes the
# 3 to 4 ms for which a system gives a core to another program, so that those of a second take 3%;
# a machine that falls quiet is noticed within the longest wait.
FIRST_SECONDS, MOST_SECONDS = 0.02, 0.32


class Backoff:
    """Waits after failures, each twice as long as the one before (exponential backoff)."""

    def __init__(self) -> None:
        self._wait, self._until = FIRST_SECONDS, 0.0

    def seconds_left(self) -> float:
        """Return how long to wait until another attempt; 0: none."""
        return max(0.0, self._until - time.perf_counter())

    def failed(self) -> None:
        """Note a failure: the next attempt comes after the wait.

        The waits begin anew if the last one is long over. Within a wait, nothing is new.
        """
        now = time.perf_counter()
        if now < self._until:
            return
        if now > self._until + MOST_SECONDS:
            self._wait = FIRST_SECONDS
        self._until = now + self._wait
        self._wait = min(2 * self._wait, MOST_SECONDS)


# Of all runs and predictions of this process, since they share its cores.
TEAMS = Backoff()
