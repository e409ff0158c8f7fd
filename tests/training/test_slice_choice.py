"""How many threads a slice gets, on machines that are simulated: a clock and rates."""

import pytest

from fusedmlp.plan import backoff
from fusedmlp.training import slice_choice
from fusedmlp.training.slice_choice import SLICE_SECONDS, SliceChoice

ROW = 1e-6  # seconds of a row, alone
LEFT = 10**12  # rows that are left


class Machine:
    """A simulated machine; `speed` of a number of threads tells how many times as fast they are."""

    def __init__(self, monkeypatch, threads=2, fixed=False):
        self.now, self.speed, self.pauses = 1000.0, lambda threads: threads, False
        self.seems_free = True
        self.sleeps, self.awake_until = 0.0, 0.0  # how long another core takes to wake up
        self.works_for = None  # rows of a team until it waits for a core for 4 ms
        for module in (backoff, slice_choice):
            monkeypatch.setattr(module.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(slice_choice, "TEAMS", backoff.Backoff())
        monkeypatch.setattr(slice_choice, "seem_free", lambda _: self.seems_free)
        self.choice = SliceChoice(threads, fixed)
        self.slices = []

    def run(self, seconds):
        """Train for so many seconds; return the share of the time with each number of threads."""
        end, first = self.now + seconds, len(self.slices)
        while self.now < end:
            threads, rows = self.choice.next_slice(LEFT)
            assert rows >= 1
            slept = threads > 1 and self.sleeps > 0 and self.now > self.awake_until
            ended_early = threads > 1 and (self.pauses or (slept and threads == self.choice._team))
            done = min(rows, 2000) if ended_early else rows
            if threads > 1 and self.works_for is not None and rows > self.works_for:
                done, ended_early = self.works_for, True
            took = done * ROW / self.speed(threads) + (0.004 if ended_early else 0)
            if threads > 1:
                took += self.sleeps * slept
                self.awake_until = self.now + took + 0.002
            self.now += took
            self.choice.measured(threads, done, took, ended_early)
            self.slices.append((threads, took))
        slices = self.slices[first:]
        return {n: sum(t for m, t in slices if m == n) / seconds for n in range(1, 9)}


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def test_a_team_that_pays_gets_nearly_all_the_time(machine):
    assert machine.slices == []
    shares = machine.run(1)
    assert shares[2] > 0.95
    assert machine.slices[0] == (1, pytest.approx(ROW))


def test_a_core_that_has_slept_has_a_second_chance(machine):
    """Also after each measurement of one thread, when a team waits for it at a barrier."""
    machine.sleeps = 0.003
    assert machine.run(2)[2] > 0.9


def test_a_short_run_has_one_trial(machine):
    machine.speed = lambda threads: 1 if threads == 1 else 0.5
    assert machine.run(0.03)[2] < 0.15
    assert [threads for threads, _ in machine.slices].count(2) == 1


def test_a_team_that_does_not_pay_is_hardly_tried(machine):
    machine.speed = lambda threads: 1 if threads == 1 else 0.5
    machine.run(1)
    assert machine.run(2)[2] < 0.06  # two trials of 4 and 8 ms, each third of a second


def test_beside_a_busy_program_the_trials_take_little(machine):
    machine.pauses = True
    shares = machine.run(1)
    assert 0 < shares[2] < 0.06


def test_where_the_system_says_that_it_is_busy_few_trials_are_made(machine):
    machine.pauses, machine.seems_free = True, False
    assert machine.run(0.2)[2] == 0
    assert 0 < machine.run(2)[2] < 0.03


def test_the_system_may_be_wrong(machine):
    machine.seems_free = False
    machine.run(1)
    assert machine.run(1)[2] > 0.95


def test_the_gain_is_back_soon_after_the_machine_falls_quiet(machine):
    machine.pauses = True
    machine.run(2)
    machine.pauses = False
    machine.run(0.5)
    assert machine.run(0.5)[2] > 0.9


def test_a_machine_that_gets_busy_is_noticed_in_a_slice(machine):
    machine.run(1)
    machine.pauses = True
    assert machine.run(0.5)[1] > 0.85


def test_one_wait_of_a_team_that_works_does_not_end_it(machine):
    machine.run(1)
    machine.works_for = 40_000  # 20 ms of two threads: 5/3 of one thread's rate, with the wait
    assert machine.run(1)[2] > 0.95


def test_waits_after_waits_end_it(machine):
    machine.run(1)
    machine.works_for = 6_000  # 3 ms: 6/7 of one thread's rate
    assert machine.run(0.2)[1] > 0.6


def test_a_team_that_one_thread_overtakes_gives_up(machine):
    """One thread was slow when it was measured: it is measured again."""
    machine.speed = lambda threads: 0.4 if threads == 1 else 1
    machine.run(1)
    machine.speed = lambda threads: 2 if threads == 1 else 1
    assert machine.run(2)[1] > 0.8


def test_if_all_threads_are_too_many_fewer_are_tried(monkeypatch):
    machine = Machine(monkeypatch, threads=8)
    machine.speed = lambda threads: threads if threads <= 4 else 0.2
    assert machine.run(2)[4] > 0.8


def test_a_number_that_was_asked_for_is_what_all_slices_get(monkeypatch):
    machine = Machine(monkeypatch, threads=3, fixed=True)
    machine.speed = lambda threads: 1 / threads
    assert machine.run(1)[3] > 0.99


def test_slices_are_short_and_do_not_pass_the_end(machine):
    machine.run(1)
    assert max(took for _, took in machine.slices) < 2 * SLICE_SECONDS
    assert machine.choice.next_slice(7) == (1, 7)  # too short for a second thread
