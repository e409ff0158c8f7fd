"""The tables, in Markdown."""

import platform
from collections.abc import Sequence

import numpy as np

from benchmarks.peers.measure import Measured
from benchmarks.peers.workers import PEERS


def heading(peers: Sequence[str]) -> str:
    """Return the head of the table of ratios."""
    columns = ["network", "work", "fusedmlp, µs a step", "of the FMA peak, bound"]
    columns += [PEERS[peer][0] for peer in peers]
    return f"| {' | '.join(columns)} |\n| --- | --- |{' ---: |' * (len(columns) - 2)}"


def line(result: Measured, peers: Sequence[str]) -> str:
    """Return a network's line: ours, then each peer's time as a multiple of it."""
    ours = result.best("ours")
    assert ours is not None
    cells = [result.row.name, result.row.what, number(result.microseconds(ours))]
    cells.append(f"{result.share:.0%}, {result.bound:.0%}")
    cells += ["" if (r := result.ratio(peer)) is None else number(r) for peer in peers]
    return f"| {' | '.join(cells)} |"


def number(value: float) -> str:
    """Return a positive number with three digits, or all that it has before the point.

    Examples
    --------
    >>> [number(value) for value in (0.10312, 0.98, 7.449, 23.46, 1234.5)]
    ['0.103', '0.980', '7.45', '23.5', '1,234']
    """
    digits = 2 - int(np.floor(np.log10(value)))
    return f"{value:,.{max(digits, 2 if value >= 1 and value < 10 else 0)}f}"


def details(results: Sequence[Measured], peers: Sequence[str]) -> str:
    """Return the table of all times: one thread / as many as the library takes by default."""
    here = ["ours", *(p for p in peers if any(r.best(p) for r in results))]
    titles = ["fusedmlp" if who == "ours" else PEERS[who][0] for who in here]
    lines = [
        f"| µs a step, one thread / default | {' | '.join(titles)} | peak, GFLOP/s |",
        f"| --- |{' ---: |' * (len(here) + 1)}",
    ]
    for result in results:
        cells = [result.row.name]
        for who in here:
            times = [(who, one) for one in (True, False) if (who, one) in result.steps]
            cells.append(" / ".join(number(result.microseconds(side)) for side in times))
        cells.append(f"{np.median(result.peak) / 1e9:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def how(where: str, versions: Sequence[str], rounds: int) -> str:
    """Return what was measured, where and how."""
    rest = ", ".join(v for v in versions if not v.startswith(("NumPy", "fusedmlp", "FMA")))
    return (
        f"{where}{', ' if rest else ''}{rest}, {platform.system()}. The peers' columns are their "
        "time over fusedmlp's, for the same work: "
        f"the median of {rounds} rounds' own ratios, in which all took turns, compiled and warm. "
        "Peers have one thread, then their default; the ratio is of the better. Networks with "
        "batches: relu, softmax and log loss, bias, momentum 0.9, float32, shuffled; the last: "
        "squared error, momentum 0.9 or Adam, float32; the seeds': sigmoid, squared error, no "
        "bias. "
        "A slower side runs fewer epochs in a turn, and the time of a step is compared. The share "
        "of the peak counts the products of a step alone, against one core's FMAs measured in the "
        "same rounds; its bound is what full tiles and the vector work would reach."
    )
