"""What a column is: each example of a table that looked like something else."""

import pandas as pd

from fusedmlp.tables.columns import (
    NumberColumn,
    recognise,
)


def texts(cells, **others):
    return pd.DataFrame({"x": cells, **others})


def test_few_words_among_numbers_are_missing():
    cells = [f"{i / 7:.4f}" for i in range(600)]
    cells[5] = cells[50] = cells[500] = "unknown"
    found = recognise(texts(cells))
    assert isinstance(found.columns["x"], NumberColumn)
    assert found.values["x"].isna().sum() == 3
    assert found.values["x"][599] == 85.5714
    assert found.notes == [
        "Column 'x': 3 cells such as 'unknown' are no numbers, and taken as missing.",
        "Missing values taken as their median: 'x' (3 rows).",
    ]
