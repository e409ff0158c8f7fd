"""Compare the working tree's speed with an earlier commit's, and fail where it is slower.

::

    python -m benchmarks.gate
    python -m benchmarks.gate --base HEAD       # what is not committed yet
    python -m benchmarks.gate --against-itself 20    # how often it fails for nothing
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.gate.measure import Times, Version, measured, prepared, workers
from benchmarks.gate.selection import ALLOWED, BENCHMARKS
from benchmarks.gate.verdict import LIMIT, Verdict, factor, judged
from benchmarks.gate.versions import (
    NoBaseError,
    base_commit,
    checked_out,
    copied,
    git,
    same_source,
    working_tree,
)

ROUNDS = 12
MORE_ROUNDS = 16  # in each of so many pairs of fresh processes, for what looked slower
FRESH_PAIRS = 3


def compared(
    versions: tuple[Version, Version], names: list[str], rounds: int, limit: float
) -> Verdict:
    """Compare base and head, and print what could not be compared."""

    def measure(wanted: list[str], again: bool) -> Times:
        pairs = []
        for _ in range(FRESH_PAIRS if again else 1):
            with workers(versions) as pair:
                comparable, notes = prepared(pair, wanted)
                pairs.append(measured(pair, comparable, MORE_ROUNDS if again else rounds))
        if not again:
            print("\n".join(notes) + "\n" * bool(notes), end="")
        return {name: np.concatenate([times[name] for times in pairs]) for name in comparable}

    return judged(measure, names, limit, ALLOWED)


def report(verdict: Verdict, base: str) -> str:
    """Return the table, and a line for what is slower."""
    lines = ["| benchmark | base, ms | head, ms | head / base | again |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for name, times in verdict.times.items():
        base_ms, head_ms = times.min(axis=0) * 1e3
        again = f"{factor(verdict.again[name]):.2f}" if name in verdict.again else ""
        lines.append(f"| {name} | {base_ms:.3f} | {head_ms:.3f} | {factor(times):.2f} | {again} |")
    for name, value in verdict.slower.items():
        lines.append(
            f"SLOWER: {name} takes {value:.2f} times as long as at {base}, "
            f"the limit is {verdict.limit:.2f}"
        )
    if not verdict.times:
        lines.append(f"Nothing could be compared: {base} can do none of these benchmarks.")
    elif verdict.passed:
        lines.append(f"Nothing takes more than {verdict.limit:.2f} times as long as at {base}.")
    return "\n".join(lines)


def false_alarms(times: int, names: list[str], rounds: int, limit: float) -> int:
    """Compare the working tree with a copy of itself so often; return how often that failed."""
    alarms, largest, largest_again = 0, 0.0, 0.0
    with tempfile.TemporaryDirectory() as directory:
        versions = copied(Path(directory)), working_tree(Path(directory))
        for number in range(times):
            verdict = compared(versions, names, rounds, limit)
            alarms += not verdict.passed
            factors = {name: factor(each) for name, each in verdict.times.items()}
            worst = max(factors, key=lambda name: factors[name])
            largest = max(largest, factors[worst])
            largest_again = max([largest_again, *map(factor, verdict.again.values())])
            print(
                f"{number + 1}: at most {factors[worst]:.3f} ({worst}), measured again "
                f"{len(verdict.again)}, slower {len(verdict.slower)}",
                flush=True,
            )
    again = f"{largest_again:.3f} measured again" if largest_again else "nothing measured again"
    print(
        f"{alarms} of {times} comparisons with itself failed at a limit of {limit:.2f}; "
        f"the largest factor was {largest:.3f} at first, {again}."
    )
    return alarms


def compared_with(base: str | None, names: list[str], rounds: int, limit: float) -> int:
    """Compare with a commit, print what came of it, and return the exit code."""
    try:
        commit = git("rev-parse", "--verify", f"{base}^{{commit}}") if base else base_commit()
        if base is None and same_source(commit):
            print(f"Passed: src is the same as at {commit[:7]}.")
            return 0
    except NoBaseError as error:
        print(f"{'Failed' if base else 'Passed'}: nothing to compare with ({error}).")
        return 1 if base else 0
    with tempfile.TemporaryDirectory() as directory:
        versions = checked_out(commit, Path(directory)), working_tree(Path(directory))
        try:
            verdict = compared(versions, names, rounds, limit)
        except RuntimeError as error:
            print(f"Failed: {error}")
            return 1
    print(report(verdict, commit[:7]))
    return 0 if verdict.passed else 1


def main(argv: list[str] | None = None) -> int:
    """Run the gate; return 1 if something is slower."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gate", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--base", help="a commit; by default where the branch left origin/main")
    parser.add_argument("--only", default="", help="benchmarks whose names begin so")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each takes its turn")
    parser.add_argument("--limit", type=float, default=LIMIT, help="how many times as long is slow")
    parser.add_argument(
        "--against-itself", type=int, metavar="N", help="count false alarms in N comparisons"
    )
    given = parser.parse_args(argv)
    names = [name for name in BENCHMARKS if name.startswith(given.only)]
    if not names:
        parser.error(f"--only must begin one of {', '.join(BENCHMARKS)}, got {given.only}")
    if given.against_itself:
        return min(1, false_alarms(given.against_itself, names, given.rounds, given.limit))
    return compared_with(given.base, names, given.rounds, given.limit)


if __name__ == "__main__":
    sys.exit(main())
