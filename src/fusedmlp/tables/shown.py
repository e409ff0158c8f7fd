"""A model as a notebook shows it."""

from collections.abc import Sequence
from html import escape

from fusedmlp.tables.scores import MEASURES, Scores, title_of
from fusedmlp.tables.target import Target


def as_html(line: str, target: Target, scores: Scores, notes: Sequence[str]) -> str:
    """Return a line on a model, its scores as a table, and its notes, as HTML.

    Parameters
    ----------
    line : str
    target : Classes or Numbers
    scores : Scores
    notes : sequence of str
    """
    columns = {"held out": scores.held_out, target.baseline: scores.baseline}
    columns |= {"training": scores.training}
    given = {name: found for name, found in columns.items() if found is not None}
    head = "".join(f"<th>{escape(name)}</th>" for name in given)
    rows = [f"<tr><th></th>{head}</tr>"]
    for name, measure in MEASURES.items():
        if name in scores.training:
            found = (one.get(name) for one in given.values())
            cells = ("" if score is None else measure.form.format(score) for score in found)
            line_of = "".join(f"<td>{cell}</td>" for cell in cells)
            rows.append(f"<tr><th>{escape(title_of(name, target))}</th>{line_of}</tr>")
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<p>{escape(line)}</p><table>{''.join(rows)}</table><ul>{listed}</ul>"
