"""A campaign: many numbered attempts of one attack, in a child process that may crash or hang.

A module of an attack has a function ``attempt(number)``, which makes everything that is random from
its number and raises an exception if the package did not withstand it. The parent process counts
the attempts that ended the child (a crash), that took too long (a hang) and that raised (a
failure), prints each with its number, and goes on with the next one in a new child.
"""

import argparse
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAILED = "FAILED "


@dataclass
class Outcome:
    """What a campaign found: attempts, and the numbers of those that went wrong."""

    count: int = 0
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """All that went wrong."""
        return self.crashes + self.hangs + self.failures

    def __str__(self) -> str:
        found = f"{len(self.crashes)} crashes, {len(self.hangs)} hangs"
        return f"{self.count:,} attempts: {found}, {len(self.failures)} failures"


def campaign(module: str, count: int, first: int = 0, seconds: float = 120.0) -> Outcome:
    """Make `count` attempts of an attack, from number `first`; each may take `seconds`."""
    outcome, number, shown = Outcome(), first, time.monotonic()
    while number < first + count:
        child, lines = _start(module, number, first + count)
        started = number  # the attempt that the child is in
        while True:
            try:
                line = lines.get(timeout=seconds)
            except queue.Empty:
                child.kill()
                _report(outcome.hangs, f"attempt {started} took longer than {seconds:g} s")
                break
            if line is None:
                code = child.wait()
                if started < first + count:
                    _report(outcome.crashes, f"attempt {started} ended the process with {code}")
                break
            if line.startswith(FAILED):
                _report(outcome.failures, line.removeprefix(FAILED))
            else:
                started = int(line)
            if time.monotonic() - shown > 10:
                shown = time.monotonic()
                print(f"{module}: {started - first:,} of {count:,}", file=sys.stderr, flush=True)
        child.wait()
        outcome.count += min(started + 1, first + count) - number
        number = started + 1
    return outcome


def _report(found: list[str], text: str) -> None:
    found.append(text)
    print(text, flush=True)


def _start(module: str, first: int, end: int) -> tuple["subprocess.Popen[str]", "queue.Queue"]:
    """Start a child; return it and the queue of the lines it prints, which ends with None."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.attacks.campaign", module, str(first), str(end)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert child.stdout is not None
        with child.stdout as stdout:
            for line in stdout:
                lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return child, lines


def _child(module: str, first: int, end: int) -> None:
    """Make the attempts first..end; print the number of each before it begins."""
    reports = os.dup(1)
    os.dup2(2, 1)  # what an attempt prints is not a report
    attempt = import_module(module).attempt
    for number in range(first, end):
        os.write(reports, f"{number}\n".encode())
        try:
            attempt(number)
        except Exception as error:
            text = f"attempt {number}: {type(error).__name__}: {error}".replace("\n", " ")
            os.write(reports, f"{FAILED}{text[:2000]}\n".encode())
    os.write(reports, f"{end}\n".encode())


def main(module: str, count: int) -> None:
    """Run a campaign from the command line; exit with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description="Attempts of an attack; each has a number.")
    parser.add_argument("--count", type=int, default=count, help=f"attempts, default {count}")
    parser.add_argument("--first", type=int, default=0, help="number of the first one, default 0")
    parser.add_argument("--seconds", type=float, default=120.0, help="for one attempt, default 120")
    given = parser.parse_args()
    outcome = campaign(module, given.count, given.first, given.seconds)
    print(outcome)
    sys.exit(1 if outcome.wrong else 0)


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
