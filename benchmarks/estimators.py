"""fusedmlp's MLPClassifier and MLPRegressor beside scikit-learn's, in one run, taking turns.

The time of `fit`, the test scores, the time of single calls, and a grid search; all by default::

    python -m benchmarks.estimators
    python -m benchmarks.estimators fit calls --rounds 3
    python -m benchmarks.estimators accuracy --seeds 5
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import metadata
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import GridSearchCV

from benchmarks.common import take_turns, where_measured
from benchmarks.estimator_calls import (
    DEFAULTS,
    DIGITS,
    SMALL_STEPS,
    Numbers,
    Task,
    converged_or_not,
    end_workers,
    fits,
    repeated,
    rest,
    scores_of,
    searches,
    single_calls,
)

MOST_SEARCHES = 3  # rounds: each of scikit-learn's searches takes half a minute
GRID: dict[str, list[Any]] = {
    "hidden_layer_sizes": [(50,), (100,), (50, 50)],
    "alpha": [1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
    "learning_rate_init": [3e-4, 1e-3, 3e-3, 1e-2],
}


class FitTimes(NamedTuple):
    """The seconds of `fit`, and of what `train` takes for the same epochs."""

    name: str
    epochs: tuple[int, int]  # theirs, ours
    seconds: Numbers  # (rounds, 5): theirs, ours, theirs and ours with one thread, train

    def cells(self) -> list[str]:
        """Return the line of the table."""
        theirs, ours, theirs_alone, ours_alone, train = self.seconds.T
        cells = [self.name, " / ".join(map(str, self.epochs))]
        for a, b in ((theirs, ours), (theirs_alone, ours_alone)):
            cells += [duration(a), duration(b), ratio(a, b)]
        added, share = np.median(ours - train), np.median(ours / train) - 1
        return [*cells, duration(train), f"{added * 1e6:+,.0f} µs, {share:+.0%}"]


class Scores(NamedTuple):
    """The test scores of both sides, one for each seed: accuracy, or R2 of a regressor."""

    name: str
    theirs: Numbers
    ours: Numbers

    def cells(self) -> list[str]:
        """Return the line of the table."""
        both = [f"{each.mean():.4f} ± {each.std():.4f}" for each in (self.theirs, self.ours)]
        apart = self.ours - self.theirs
        error = apart.std() / np.sqrt(len(apart))
        equal = f"{np.count_nonzero(np.abs(apart) < 1e-9)} of {len(apart)}"
        return [self.name, *both, f"{apart.mean():+.5f} ± {error:.5f}", equal]


class CallTimes(NamedTuple):
    """The seconds of one call of theirs, ours and `Trained.predict`: None where there is none."""

    name: str
    seconds: list[Numbers | None]  # each (rounds,)

    def cells(self) -> list[str]:
        """Return the line of the table."""
        theirs, ours, trained = self.seconds
        times = ["" if each is None else duration(each) for each in self.seconds]
        return [self.name, *times, ratio(theirs, ours), ratio(ours, trained)]


class SearchTimes(NamedTuple):
    """The seconds of a grid search, and the best score of its settings."""

    workers: str
    seconds: Numbers  # (rounds, 2): theirs, ours
    scores: list[float]

    def cells(self) -> list[str]:
        """Return the line of the table."""
        theirs, ours = self.seconds.T
        times = [duration(theirs), duration(ours), ratio(theirs, ours)]
        return [self.workers, *times, *(f"{score:.4f}" for score in self.scores)]


def duration(seconds: Numbers) -> str:
    """Return the median with three digits, or all that it has before the point, and its unit.

    Examples
    --------
    >>> [duration(np.array([seconds])) for seconds in (2.1e-6, 0.00031, 0.04567, 1.5, 1234)]
    ['2.10 µs', '310 µs', '45.7 ms', '1.50 s', '1,234 s']
    """
    median = float(np.median(seconds))
    unit, size = ("s", 1.0) if median >= 1 else ("ms", 1e-3) if median >= 1e-3 else ("µs", 1e-6)
    value = median / size
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"


def ratio(slower: Numbers | None, faster: Numbers | None) -> str:
    """Return the median of the rounds' own ratios."""
    return "" if slower is None or faster is None else f"{np.median(slower / faster):.2f}"


@converged_or_not()
def fit_times(task: Task, rounds: int) -> FitTimes:
    """Time the `fit` of one task."""
    calls, epochs = fits(task)
    return FitTimes(task.name, epochs, take_turns(calls, rounds, rest))


def fit(rounds: int, tasks: Sequence[Task] = (*DEFAULTS, SMALL_STEPS)) -> Iterator[FitTimes]:
    """Time `fit` end to end, in float64 on the data as they are."""
    for task in tasks:
        yield fit_times(task, rounds)


def accuracy(seeds: int, tasks: Sequence[Task] = DEFAULTS) -> Iterator[Scores]:
    """Score both sides for each seed, which draws the test rows and the first weights."""
    for task in tasks:
        theirs, ours = np.array([scores_of(task, seed) for seed in range(seeds)]).T
        yield Scores(task.name, theirs, ours)


def calls(rounds: int, times: int = 1000, rows: int = 1_000_000) -> Iterator[CallTimes]:
    """Time single calls: with few rows the mean of so many, and predictions of so many rows."""
    for name, sides, count in single_calls(times, rows):
        made = [repeated(call, count) for call in sides if call is not None]
        for call in made:
            call()
        columns = iter(take_turns(made, rounds, rest).T / count)
        yield CallTimes(name, [None if call is None else next(columns) for call in sides])


@converged_or_not()
def search_times(both: Sequence[GridSearchCV], rounds: int, new: bool) -> SearchTimes:
    """Time a search of each side, by workers that run already or by new ones."""
    X, y = DIGITS.load()
    turns = [partial(one.fit, X, y) for one in both]
    if not new:
        for warm_up in turns:
            warm_up()
    seconds = take_turns(turns, rounds, end_workers if new else rest)
    return SearchTimes("new" if new else "running", seconds, [one.best_score_ for one in both])


def search(
    rounds: int, grid: Mapping[str, Sequence[Any]] = GRID, max_iter: int = 30, workers: int = 2
) -> Iterator[SearchTimes]:
    """Time a search over a grid on digits by several workers: running ones, then new ones.

    New ones import either side's packages, and load our machine code from disk, while it is timed.
    """
    both = searches(grid, max_iter, workers)
    for new in (False, True):
        yield search_times(both, rounds, new)
    end_workers()


class Part(NamedTuple):
    """A table: its head, and the function of rounds and seeds that gives its lines."""

    head: list[str]
    lines: Callable[[int, int], Iterable[FitTimes | Scores | CallTimes | SearchTimes]]


FIT_HEAD = ["data", "epochs, theirs / ours", "theirs", "ours", "ratio", "theirs, one thread"]
FIT_HEAD += ["ours, `threads=1`", "ratio", "`train`", "the estimator adds"]
ACCURACY_HEAD = ["data", "theirs", "ours", "ours - theirs ± standard error", "equal scores"]
CALLS_HEAD = ["64-100-10, float64", "theirs, `predict_proba` for `predictor()`", "ours"]
CALLS_HEAD += ["`Trained.predict`", "theirs / ours", "ours / `Trained.predict`"]
SEARCH_HEAD = ["workers", "theirs", "ours", "ratio", "their best score", "our best score"]
PARTS = {
    "fit": Part(FIT_HEAD, lambda rounds, _: fit(rounds)),
    "accuracy": Part(ACCURACY_HEAD, lambda _, seeds: accuracy(seeds)),
    "calls": Part(CALLS_HEAD, lambda rounds, _: calls(rounds)),
    "search": Part(SEARCH_HEAD, lambda rounds, _: search(min(rounds, MOST_SEARCHES))),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=7, help="of which the median is taken")
    parser.add_argument("--seeds", type=int, default=20, help="of the mean score")
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"parts must be of {', '.join(PARTS)}, got {', '.join(sorted(unknown))}")
    for name in given.parts or PARTS:
        head, lines = PARTS[name]
        print(f"\n{name}\n\n| {' | '.join(head)} |\n| --- |{' ---: |' * (len(head) - 1)}")
        for line in lines(given.rounds, given.seeds):
            print(f"| {' | '.join(line.cells())} |", flush=True)
    print(
        f"\n{where_measured()}, scikit-learn {metadata.version('scikit-learn')}; times are medians "
        f"of {given.rounds} rounds, of a search at most {MOST_SEARCHES}, in which all took turns, "
        "compiled and warm; ratios, of the rounds' own."
    )


if __name__ == "__main__":
    main()
