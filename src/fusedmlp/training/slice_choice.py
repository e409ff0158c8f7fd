"""How many rows the next slice of a run visits, and how many threads share them.

Beside other programs, a thread of a team may have no core for milliseconds, and the others wait for
it. No kind of waiting cures that, but fewer threads do: the rates of the slices before tell how
many pay, here and now. The bits are the same for any number.
"""

import time

from fusedmlp.plan.backoff import FIRST_SECONDS, TEAMS
from fusedmlp.plan.idle_cores import seem_free

# The time of a slice: half of the 100 ms that feel immediate, since it is estimated from the slice
# before. A slice has a block of rows or more, which takes longer with layers of thousands of units:
# such a slice is interruptible.
SLICE_SECONDS = 0.05
GROWTH = 16  # a slice has at most this many times the rows of the one before

# A slice has several threads only if it takes longer than this: the others take up to a tenth of
# this time to begin.
ALONE_SECONDS = 0.001

# The time of a trial, of a team or, once a team works, of one thread; and how often the latter is.
# The other cores may have slept while one thread worked, and on a virtual machine take milliseconds
# to wake up: what a team does right after that is no reason to give it up, unless it is a trial in
# which a thread was waited for, or of a run that may be over before a second one has paid. Without
# that second chance, every fourth run on a quiet Zen 4 went on alone for seconds, at 0.6 of a
# team's rate.
TRIAL_SECONDS = 0.004
FIRST_TRIAL_SECONDS = 0.002
LONG_RUN_SECONDS = 0.1
SETTLED_SECONDS = 0.3

# How long the system is believed that no core is idle.
BELIEVED_SECONDS = 0.5

# A team must be faster than one thread by the first factor in its trial, by the second later.
TO_BEGIN, TO_STAY = 1.05, 0.95

# A team that works is judged by the time of this at least: a shorter slice, such as one that ended
# early, counts together with the rate before it. One wait of some milliseconds is no reason to go
# on alone: when it was, a team worked for half of the time on a virtual machine that was quiet, as
# far as it knew; now it works for four fifths.
JUDGED_SECONDS = 0.01

# A thread waits for another at least this long before the slice ends early.
LEAST_PATIENCE = 0.0002


class SliceChoice:
    """The threads and the rows of the next slice.

    Parameters
    ----------
    threads : int
        The most threads of a slice.
    fixed : bool
        Whether each slice that is long enough has all of them, without trials.
    first_rows : int
        The rows of the first slice, whose rate nobody knows.
    """

    def __init__(self, threads: int, fixed: bool, first_rows: int = 1) -> None:
        self._most, self._fixed = threads, fixed
        self._team = threads if fixed else 1  # threads of a slice that is no trial
        self._candidate = threads  # of the next trial
        self._alone_rate = self._rate = 0.0  # rows a second
        self._rows, self._measured, self._first_rows = 0, fixed, first_rows
        self._alone_at = 0.0
        self._busy_since: float | None = None  # the system says so, since the last trial
        self._begun = time.perf_counter()
        self._after_alone = True  # the slice before had one thread
        self._again = False  # the next slice is a second trial

    def next_slice(self, left: int) -> tuple[int, int]:
        """Return the threads and the rows of the next slice; `left` rows are to be visited."""
        if self._rows == 0:
            return 1, min(left, self._first_rows)
        grown = self._rows * GROWTH
        if not self._measured:
            return 1, min(left, grown, self._rows_in(TRIAL_SECONDS))
        threads, seconds = self._choose(left)
        rate = self._alone_rate if threads == 1 else max(self._rate, self._alone_rate)
        return threads, max(1, min(left, grown, int(rate * seconds)))

    def _rows_in(self, seconds: float) -> int:
        return max(1, int(self._alone_rate * seconds))

    def _choose(self, left: int) -> tuple[int, float]:
        """Return the threads of the next slice and its time in seconds."""
        if self._most == 1 or left <= self._alone_rate * ALONE_SECONDS:
            return 1, SLICE_SECONDS
        if self._fixed:
            return self._most, SLICE_SECONDS
        if self._team > 1:
            if time.perf_counter() - self._alone_at > SETTLED_SECONDS:
                return 1, TRIAL_SECONDS
            return self._team, SLICE_SECONDS
        if self._again:
            return self._candidate, TRIAL_SECONDS
        wait = TEAMS.seconds_left()
        if wait == 0:
            if self._may_try():
                return self._candidate, FIRST_TRIAL_SECONDS
            wait = FIRST_SECONDS
        return 1, min(SLICE_SECONDS, max(TRIAL_SECONDS, wait))

    def _may_try(self) -> bool:
        """Whether a trial of more threads may succeed.

        What the system says of idle cores spares most trials on a busy machine, but it can be wrong
        (in a container, of other cores): its word is taken for half a second.
        """
        now = time.perf_counter()
        if self._busy_since is None:
            self._busy_since = now
        if not seem_free(self._candidate) and now - self._busy_since < BELIEVED_SECONDS:
            return False
        self._busy_since = None
        return True

    def patience(self, batch_size: int) -> float:
        """Return the seconds for which a thread of a team waits; 0: without a limit."""
        return 0.0 if self._fixed else max(LEAST_PATIENCE, batch_size / self._alone_rate)

    def measured(self, threads: int, rows: int, seconds: float, ended_early: bool) -> None:
        """Note the time of a slice, and decide how to go on."""
        self._rows, rate = max(rows, 1), rows / seconds
        if threads == 1:
            self._alone_rate, self._alone_at = rate, time.perf_counter()
            self._after_alone = True
            self._measured = self._measured or seconds >= ALONE_SECONDS
            if self._team > 1 and not self._fixed and rate > self._rate:
                self._give_up(self._team)
            return
        if self._fixed:
            self._rate = rate
            return
        trial, slept = threads != self._team, self._after_alone
        if not trial:
            before = max(0.0, JUDGED_SECONDS - seconds)
            rate = (rows + self._rate * before) / (seconds + before)
        self._rate = rate
        least = self._alone_rate * (TO_BEGIN if trial else TO_STAY)
        failed = rate < least or (trial and ended_early)
        is_long = time.perf_counter() - self._begun > LONG_RUN_SECONDS
        second_chance = failed and slept and (not trial or (is_long and not ended_early))
        self._after_alone, self._again = False, second_chance and trial
        if second_chance:
            return
        if failed:
            self._give_up(threads)
        else:
            self._team, self._candidate = threads, self._most

    def _give_up(self, threads: int) -> None:
        """Go on alone; the next trial is one of half the threads, or of all again."""
        TEAMS.failed()
        self._team = 1
        self._candidate = threads // 2 if threads > 3 else self._most
