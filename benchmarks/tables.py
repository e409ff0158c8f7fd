"""Scores of `fusedmlp.tables.fit` without any option, beside the best of scikit-learn's networks.

    python -m benchmarks.tables

Six tables, five splits of each into training rows and test rows (a quarter). scikit-learn's
MLPClassifier and MLPRegressor are trained with every combination of `GRID`, on standardised columns
and, for numbers, a standardised target; the best of them by the test rows themselves is the bar.
The score is the accuracy, or R². It exits with 1 where the default is lower than the bar by more
than `MARGIN`.
"""

import argparse
import itertools
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fusedmlp.tables

MARGIN = 0.02
SPLITS = 5
GRID = {
    "hidden_layer_sizes": [(32,), (100,), (100, 50)],
    "learning_rate_init": [0.001, 0.01],
    "early_stopping": [True, False],
}
EPOCHS = 300


class Case(NamedTuple):
    """A table whose column `target` is predicted."""

    classes: bool
    frame: Callable[[], pd.DataFrame]


def california_like(rows: int = 5000, seed: int = 0) -> pd.DataFrame:
    """A made table of districts with the columns of California housing, which is a download.

    Towns lie along a coast that runs from the north-west to the south-east. The logarithm of the
    price grows with the logarithm of the income, with the nearness of three cities and of the
    coast, and falls with crowding; a deviation of 0.25 is by chance, and prices end at 5. As in the
    original, incomes, populations and rooms have long tails, and a few districts (holiday homes,
    barracks) have very many rooms or people to a household.
    """
    random = np.random.default_rng(seed)

    def rare(share: float, least: float, most: float) -> np.ndarray:
        return np.where(random.random(rows) < share, random.uniform(least, most, rows), 1.0)

    along = random.choice([0.15, 0.25, 0.7, 0.85], rows, p=[0.15, 0.2, 0.4, 0.25])
    along += random.normal(0, 0.07, rows)
    inland = random.gamma(1.2, 0.6, rows)
    income = random.lognormal(1.25 - 0.12 * inland, 0.45).clip(0.5, 15)
    age = random.normal(29, 12.5, rows).round().clip(1, 52)
    rooms = np.exp(random.normal(1.45 + 0.06 * np.log(income), 0.2)) * rare(0.01, 2, 15)
    people = random.lognormal(1.05, 0.22, rows) * rare(0.002, 5, 100)
    cities = sum(
        gain * np.exp(-(((along - place) / width) ** 2) - (inland / 0.8) ** 2)
        for place, gain, width in ((0.25, 0.9, 0.1), (0.7, 0.6, 0.12), (0.85, 0.4, 0.08))
    )
    price = 0.75 * np.log(income) + cities - 0.22 * inland.clip(max=2.5) - 0.55
    price += 0.0035 * (age - 29) - 0.25 * np.log(people / 2.86) + 0.1 * np.log(rooms / 4.5)
    price += random.normal(0, 0.25, rows)
    return pd.DataFrame(
        {
            "MedInc": income,
            "HouseAge": age,
            "AveRooms": rooms,
            "AveBedrms": 1.05 * random.lognormal(0, 0.08, rows) * rare(0.01, 2, 8),
            "Population": random.lognormal(7, 0.7, rows).round().clip(3),
            "AveOccup": people,
            "Latitude": 41 - 8.5 * along + 0.55 * inland * random.uniform(0.3, 1, rows),
            "Longitude": -124 + 7.5 * along + 0.8 * inland,
            "target": np.exp(price).clip(max=5),
        }
    )


def friedman1() -> pd.DataFrame:
    """A thousand rows of scikit-learn's friedman1, with noise of deviation 1."""
    X, y = datasets.make_friedman1(1000, noise=1.0, random_state=0)
    return pd.DataFrame(X, columns=[f"x{place}" for place in range(X.shape[1])]).assign(target=y)


CASES = {
    "breast cancer": Case(True, lambda: datasets.load_breast_cancer(as_frame=True).frame),
    "wine": Case(True, lambda: datasets.load_wine(as_frame=True).frame),
    "digits": Case(True, lambda: datasets.load_digits(as_frame=True).frame),
    "diabetes": Case(False, lambda: datasets.load_diabetes(as_frame=True).frame),
    "California-like": Case(False, california_like),
    "friedman1": Case(False, friedman1),
}


def splits(case: Case) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield training rows and test rows."""
    frame = case.frame()
    for seed in range(SPLITS):
        stratify = frame["target"] if case.classes else None
        train, test = train_test_split(frame, test_size=0.25, random_state=seed, stratify=stratify)
        yield train, test


def ours(case: Case) -> tuple[list[float], float]:
    """Return the scores of the default in each split, and the mean seconds of a fit."""
    scores, seconds = [], []
    for train, test in splits(case):
        begun = time.perf_counter()
        model = fusedmlp.tables.fit(train, "target", test_size=0)
        seconds.append(time.perf_counter() - begun)
        scores.append(score(case, test["target"], model.predict(test)))
    return scores, float(np.median(seconds))


def theirs(case: Case, settings: dict[str, object]) -> list[float]:
    """Return the scores of scikit-learn's network with these settings in each split."""
    scores = []
    for seed, (train, test) in enumerate(splits(case)):
        kind = MLPClassifier if case.classes else MLPRegressor
        network = make_pipeline(
            StandardScaler(), kind(max_iter=EPOCHS, random_state=seed, **settings)
        )
        if not case.classes:
            network = TransformedTargetRegressor(network, transformer=StandardScaler())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(train.drop(columns="target"), train["target"])
        scores.append(score(case, test["target"], network.predict(test.drop(columns="target"))))
    return scores


def score(case: Case, truth: pd.Series, answers: object) -> float:
    """Return the accuracy, or R²."""
    given = np.asarray(answers)
    if case.classes:
        return float(np.mean(truth.to_numpy() == given))
    spread = np.square(truth - truth.mean()).sum()
    return float(1 - np.square(truth - given).sum() / spread)


def combinations() -> list[dict[str, object]]:
    """Return every combination of `GRID`."""
    return [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]


def bar(case: Case) -> tuple[float, dict[str, object]]:
    """Return the best mean score of scikit-learn's networks, and its settings."""
    means = [(float(np.mean(theirs(case, settings))), settings) for settings in combinations()]
    return max(means, key=lambda pair: pair[0])


def main() -> None:
    """Print the table of scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, action="append", help="this table alone")
    names = parser.parse_args().case or list(CASES)
    titles = ("table", "score", "fusedmlp", "seconds", "scikit-learn's best")
    table = Table(*titles, "its layers", "rate", "early stopping")
    missed = []
    for name in names:
        print(name, file=sys.stderr)
        scores, seconds = ours(CASES[name])
        best, settings = bar(CASES[name])
        mean = float(np.mean(scores))
        measure = "accuracy" if CASES[name].classes else "R²"
        figures = f"{mean:.3f}", f"{seconds:.2f}", f"{best:.3f}"
        table.add_row(name, measure, *figures, *map(str, settings.values()))
        missed += [name] if mean < best - MARGIN else []
    Console(width=100).print(table)
    if missed:
        sys.exit(f"lower than the bar by more than {MARGIN}: {', '.join(missed)}")


if __name__ == "__main__":
    main()
