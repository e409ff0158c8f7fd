"""Is a benchmark slower? What looks so is measured again before it counts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.gate.measure import Times

LIMIT = 1.25  # see docs/benchmarks.md for how far noise comes


def factor(times: NDArray[np.float64]) -> float:
    """Return how many times as long the head takes, of times (rounds, 2), base and head.

    The smaller of two estimates, which noise seldom raises together: the ratio of the quickest
    rounds, and the median of the rounds' own ratios.
    """
    base, head = times.T
    return float(min(head.min() / base.min(), np.median(head / base)))


@dataclass(frozen=True)
class Verdict:
    """What came of a comparison."""

    times: Times
    again: Times  # of what looked slower
    limit: float

    @property
    def slower(self) -> dict[str, float]:
        """Benchmarks that are slower by more than the limit, and by how much."""
        return _above(self.again, self.limit)

    @property
    def passed(self) -> bool:
        """Whether nothing is slower."""
        return not self.slower


def judged(measure: Callable[[list[str], bool], Times], names: list[str], limit: float) -> Verdict:
    """Measure, and measure again what looks slower.

    Parameters
    ----------
    measure : callable
        Of names, and whether it is for the second time.
    names : list of str
        Benchmarks.
    limit : float
        How many times as long the head may take.
    """
    times = measure(names, False)
    suspects = list(_above(times, limit))
    return Verdict(times, measure(suspects, True) if suspects else {}, limit)


def _above(times: Times, limit: float) -> dict[str, float]:
    factors = {name: factor(each) for name, each in times.items()}
    return {name: value for name, value in factors.items() if value > limit}
