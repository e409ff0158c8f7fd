"""What objects show of themselves in a notebook: a table of a few rows, and a picture as SVG.

Pictures take the colour of the text around them, for light and for dark pages.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
History = Mapping[str, Numbers]

WIDTH, HEIGHT, MARGIN = 260, 90, 8  # pixels
MOST_POINTS = 200  # of a curve
MOST_CELLS = 24  # of a map, in each direction
LOGARITHMIC = 20.0  # the ratio of the ends beyond which a curve is logarithmic
COLOURS = ("#3b8bd0", "#e0823d")  # seen on white and on black
TABLE = '<table style="color:inherit">'
MOST_SIZES = 10  # of a text; those of a network with more layers are shortened


def page(title: str, rows: Mapping[str, str], picture: str = "") -> str:
    """Return a title, a table of names and texts, and a picture, as HTML."""
    lines = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(text)}</td></tr>'
        for name, text in rows.items()
    )
    return f"<div><strong>{escape(title)}</strong>{TABLE}{lines}</table>{picture}</div>"


def page_of_run(layers: str, epochs: int, stopped: str, history: History) -> str:
    """Return the page of a trained network, with the curve of its losses."""
    rows = {"layers": layers, "epochs": f"{epochs:,}", "stopped": stopped}
    names = [name for name in ("loss", "validation_loss") if len(history.get(name, ()))]
    lines = {name.replace("_", " "): history[name] for name in names}
    rows |= {name: f"{values[-1]:.6g}" for name, values in lines.items()}
    return page("Trained network", rows, curves("the losses of the recorded epochs", lines))


def last_loss(history: History) -> str:
    """Return the last loss of a history, as the end of a text; empty without one."""
    losses = history.get("loss")
    if losses is None or not len(losses):
        return ""
    return f", loss {losses[-1]:.6g} in epoch {history['epoch'][-1]:,}"


def short_sizes(sizes: Sequence[int]) -> str:
    """Return the units of the input and of each layer.

    >>> short_sizes((3, 4, 1)), short_sizes((784, *(50,) * 100, 10))
    ('3-4-1', '784-50-50-...-50-10')
    """
    units = [str(size) for size in sizes]
    return "-".join(units if len(units) <= MOST_SIZES else [*units[:3], "...", *units[-2:]])


def curves(title: str, lines: Mapping[str, Sequence[float] | Numbers]) -> str:
    """Return lines over the same steps as SVG; empty without two finite numbers.

    Parameters
    ----------
    title : str
        What is drawn, for who does not see it.
    lines : mapping of sequences of float
        Each by its name, all of one length. What is not finite leaves a gap.
    """
    series = {name: np.asarray(values, np.float64) for name, values in lines.items()}
    series = {name: values for name, values in series.items() if np.isfinite(values).sum() > 1}
    if not series:
        return ""
    finite = np.concatenate([values[np.isfinite(values)] for values in series.values()])
    low, high = float(finite.min()), float(finite.max())
    span = f"{low:.3g} to {high:.3g}"
    if low > 0 and high / low > LOGARITHMIC:
        span = f"{span}, logarithmic"
        series = {name: np.log(values) for name, values in series.items()}
        low, high = float(np.log(low)), float(np.log(high))
    coloured = list(zip(series.items(), COLOURS, strict=False))
    drawn = "".join(
        f'<path d="{_path(values, low, high)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        for (_, values), colour in coloured
    )
    names = ", ".join(
        f'<span style="color:{colour}">{escape(name)}</span>' for (name, _), colour in coloured
    )
    return _svg(title, f"{names}: {span}", WIDTH, HEIGHT, drawn)


def _path(values: Numbers, low: float, high: float) -> str:
    """Return the path of a curve; both ends are on it, and so is every n-th point between."""
    places = np.unique(np.linspace(0, len(values) - 1, MOST_POINTS).round().astype(int))
    x = MARGIN + places / max(len(values) - 1, 1) * (WIDTH - 2 * MARGIN)
    span = high - low or 1.0
    parts, pen_up = [], True
    for left, value in zip(x.tolist(), values[places].tolist(), strict=True):
        if not np.isfinite(value):
            pen_up = True
            continue
        top = MARGIN + (high - value) / span * (HEIGHT - 2 * MARGIN)
        parts.append(f"{'M' if pen_up else 'L'}{left:.1f} {top:.1f}")
        pen_up = False
    return "".join(parts)


def heat_map(title: str, values: Numbers) -> str:
    """Return numbers (rows, columns) as squares of SVG: the larger, the stronger the colour.

    The first index goes to the right, the second one up. Of many, some are shown.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return ""
    low, high = float(finite.min()), float(finite.max())
    places = [
        np.unique(np.linspace(0, size - 1, MOST_CELLS).round().astype(int)) for size in values.shape
    ]
    shares = (values[np.ix_(*places)] - low) / (high - low or 1.0)
    side = 6
    width, height = side * len(places[0]), side * len(places[1])
    cells = "".join(
        f'<rect x="{side * i}" y="{height - side * (j + 1)}" width="{side}" height="{side}" '
        f'fill-opacity="{share:.2f}"/>'
        for i, row in enumerate(shares.tolist())
        for j, share in enumerate(row)
        if np.isfinite(share)
    )
    return _svg(title, escape(title), width, height, f'<g fill="{COLOURS[0]}">{cells}</g>')


def _svg(title: str, caption: str, width: int, height: int, drawn: str) -> str:
    """Return a picture below its caption, which is HTML."""
    frame = (
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.3"/>'
    )
    return (
        f'<div style="font-size:smaller">{caption}</div>'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"{drawn}{frame}</svg>"
    )
