"""Columns named x, recognised."""

import pandas as pd

from fusedmlp.tables.choices import Choices
from fusedmlp.tables.columns import recognise

ROWS = range(60)


def recognised(cells, target=None, choices=None, **others):
    return recognise(pd.DataFrame({"x": cells, **others}), Choices(**(choices or {})), target)


def column_of(cells, **more):
    return recognised(cells, **more).columns["x"]


def values_of(cells, **more):
    return recognised(cells, **more).values["x"].tolist()
