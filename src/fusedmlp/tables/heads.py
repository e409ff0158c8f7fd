"""What the first rows of a text file say about its columns, before all rows are read."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from fusedmlp.tables import marks
from fusedmlp.tables.choices import Decimal
from fusedmlp.tables.looks import Look
from fusedmlp.tables.numbers import OPEN

PLAIN = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Plan:
    """How the columns of a text file are read."""

    decimal: Decimal  # of the columns that are read as numbers
    texts: set[str]  # columns that stay text
    decided: set[str]  # columns whose cells say which decimal mark they have


def planned(head: pd.DataFrame, decimal: Decimal | None, separator: str) -> Plan:
    """Return how columns are read, from their first rows as text.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.heads import planned
    >>> head = pd.DataFrame({"a": ["1.5", "2"], "b": ["1.234", "5.678"], "c": ["7", "many"]})
    >>> plan = planned(head, None, ";")
    >>> plan.decimal, sorted(plan.texts), plan.decided
    ('.', ['b', 'c'], {'a'})
    """
    sure = {str(name): _surely(column) for name, column in head.items()}
    looks = {name: Look(head[name]) for name, kind in sure.items() if kind is None}
    votes = {
        name: marks.number_votes(look)
        for name, look in looks.items()
        if look.cells.words and look.numerals.known.all()
    }
    points = {name for name, kind in sure.items() if kind == "points"}
    winners = {name: vote.winner() for name, vote in votes.items()}
    table = marks.of_table([*winners.values(), *([True] if points else [])])
    decided = points | {name for name, winner in winners.items() if winner is not None}
    mark: Decimal = decimal or ("," if table is False and separator != "," else ".")
    texts = {name for name, look in looks.items() if not _is_plain(look, mark)}
    if decimal is None:
        texts |= {name for name, vote in votes.items() if name not in decided and vote.either.any()}
    if mark == ",":
        texts |= points
    return Plan(mark, texts, decided if decimal is None else set(sure))


def _surely(column: "pd.Series[Any]") -> Literal["whole", "points"] | None:
    """Return whether cells are surely whole numbers, or numbers with points, or else None."""
    cells = {cell for cell in column.tolist() if isinstance(cell, str)}
    fractions = []
    for cell in cells:
        found = PLAIN.fullmatch(cell)
        if found is None:
            return None
        if found["fraction"]:
            fractions.append(cell)
    if not fractions:
        return "whole"
    return None if all(map(OPEN.fullmatch, fractions)) else "points"


def _is_plain(look: Look, decimal: Decimal) -> bool:
    """Return whether pandas reads the cells as what they are: numbers, or True and False."""
    mark = re.escape(decimal)
    number = rf"[-+]?(?:(?:0|[1-9][0-9]*)(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][-+]?[0-9]+)?"
    one = re.compile(rf"{number}|TRUE|FALSE|[Tt]rue|[Ff]alse")
    return all(isinstance(word, str) and one.fullmatch(word) for word in look.cells.words)
