"""The random_state of each of several starts."""

import copy
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

Seed = int | np.random.RandomState | None  # what scikit-learn's random_state may be


def start_seeds(random_state: Any, starts: int) -> list[Any]:
    """Return a random_state for each start.

    The first is the estimator's own, the others are whole numbers that follow from it: hashes of
    numbers drawn from a copy, so that the first start draws what it draws alone. The seeds of fewer
    starts are the first of those of more.

    Parameters
    ----------
    random_state : int, RandomState or None
        An int is the first seed. Of a RandomState, and of NumPy's own for None, the first is a copy
        in its present state.
    starts : int
        At least 1.
    """
    given = check_random_state(random_state)
    first = random_state if isinstance(random_state, Integral) else copy.deepcopy(given)
    drawn = copy.deepcopy(given).randint(2**31 - 1, size=4)
    others = np.random.SeedSequence(drawn.tolist()).generate_state(starts - 1)
    return [first, *others.tolist()]


def random_state_to_use(random_state: Any) -> Any:
    """Return what the first start draws from: a RandomState is not a copy, and None is NumPy's."""
    if isinstance(random_state, Integral):
        return random_state
    return check_random_state(random_state)


def catch_up(given: Any, used: Any) -> None:
    """Let a RandomState go on from where its copy in another process has got."""
    if isinstance(given, np.random.RandomState) and used is not given:
        given.set_state(used.get_state(legacy=False))
