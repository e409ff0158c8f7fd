"""Is a benchmark slower? What looks so is measured again before it counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.gate.measure import Times

LIMIT = 1.25  # see docs/benchmarks.md for how far noise comes


def factor(times: NDArray[np.float64], allowed: float = 0.0) -> float:
    """Return how many times as long the head takes, of times (rounds, 2), base and head.

    allowed: seconds that it may take longer, which are not counted.

    The smaller of two estimates, which noise seldom raises together: the ratio of the quickest
    rounds, and the median of the rounds' own ratios.
    """
    base, head = times.T - np.array([[0.0], [allowed]])
    return float(min(head.min() / base.min(), np.median(head / base)))


@dataclass(frozen=True)
class Verdict:
    """What came of a comparison."""

    times: Times
    again: Times  # of what looked slower
    limit: float
    allowed: Mapping[str, float] = field(default_factory=dict)  # seconds, as in `factor`

    @property
    def slower(self) -> dict[str, float]:
        """Benchmarks that are slower by more than the limit, and by how much."""
        return _above(self.again, self.limit, self.allowed)

    @property
    def passed(self) -> bool:
        """Whether nothing is slower."""
        return not self.slower


def judged(
    measure: Callable[[list[str], bool], Times],
    names: list[str],
    limit: float,
    allowed: Mapping[str, float] = MappingProxyType({}),
) -> Verdict:
    """Measure, and measure again what looks slower.

    Parameters
    ----------
    measure : callable
        Of names, and whether it is for the second time.
    names : list of str
        Benchmarks.
    limit : float
        How many times as long the head may take.
    allowed : mapping
        For some benchmarks, seconds that are not counted, as in `factor`.
    """
    times = measure(names, False)
    suspects = list(_above(times, limit, allowed))
    again = measure(suspects, True) if suspects else {}
    return Verdict(times, again, limit, allowed)


def _above(times: Times, limit: float, allowed: Mapping[str, float]) -> dict[str, float]:
    factors = {name: factor(each, allowed.get(name, 0.0)) for name, each in times.items()}
    return {name: value for name, value in factors.items() if value > limit}
