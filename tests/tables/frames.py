"""Small tables to learn from."""

import numpy as np
import pandas as pd


def flowers(rows=90):
    """Three kinds, told apart by two lengths; and a column of categories."""
    random = np.random.default_rng(0)
    kind = np.arange(rows) % 3
    return pd.DataFrame(
        {
            "long": kind + random.normal(0, 0.2, rows),
            "wide": -kind + random.normal(0, 0.2, rows),
            "field": np.where(random.random(rows) < 0.5, "north", "south"),
            "kind": np.array(["iris", "rose", "aster"])[kind],
        }
    )


def straight(rows=80):
    """A number y = 3x + 1."""
    x = np.random.default_rng(0).uniform(-5, 5, rows)
    return pd.DataFrame({"x": x, "y": 3 * x + 1})


def rentals(rows=600):
    """Counts whose mean grows with the warmth."""
    random = np.random.default_rng(0)
    warmth = random.normal(size=rows)
    return pd.DataFrame({"warmth": warmth, "rentals": random.poisson(np.exp(1 + 0.5 * warmth))})


def fraud(rows=2000):
    """One row in a hundred is a fraud, of large sums."""
    random = np.random.default_rng(0)
    sums = random.normal(size=rows)
    rare = random.random(rows) < 1 / (1 + np.exp(7 - 2.5 * sums))
    return pd.DataFrame({"sum": sums, "fraud": np.where(rare, "fraud", "no")})
