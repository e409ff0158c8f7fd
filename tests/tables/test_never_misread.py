"""What any program writes is read as it was, or refused as ambiguous; never as something else."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusedmlp.tables.columns import NumberColumn, recognise
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.reading import read

NUMBERS = st.lists(st.integers(-(10**7), 10**7), min_size=2, max_size=12)
COUNTRIES = st.sampled_from([(".", ","), (",", "."), (".", " "), (",", "\u00a0"), (".", "'")])


def written(number, decimals, country):
    """Write a whole number of the smallest decimals, with thousands apart."""
    text = f"{number / 10**decimals:,.{decimals}f}"
    decimal, thousands = country
    return text.replace(",", "T").replace(".", decimal).replace("T", thousands)


def read_back(texts, separator, **options):
    """Return the column of these cells as numbers, or None if it is refused."""
    quoted = "".join(f'"{text}"{separator}{place % 2}\n' for place, text in enumerate(texts))
    table = read(io.BytesIO(f"x{separator}y\n{quoted}".encode()), separator=separator, **options)
    try:
        found = recognise(table.frame, target="x")
    except TableError as error:
        if "column 'x' is ambiguous" not in str(error):
            raise
        return None
    assert isinstance(found.columns["x"], NumberColumn)
    return found.values["x"].tolist()


@given(NUMBERS, st.sampled_from([0, 1, 2, 3, 4]), COUNTRIES, st.sampled_from(";\t,"))
def test_numbers_with_thousands_apart(numbers, decimals, country, separator):
    texts = [written(number, decimals, country) for number in numbers]
    found = read_back(texts, separator)
    assert found in (None, [float(f"{number / 10**decimals:.{decimals}f}") for number in numbers])


@given(NUMBERS, st.sampled_from([0, 1, 2, 3, 4]), st.sampled_from(".,"), st.sampled_from(";\t"))
def test_numbers_as_pandas_writes_them(numbers, decimals, decimal, separator):
    frame = pd.DataFrame({"x": np.array(numbers) / 10**decimals, "y": 1})
    text = frame.to_csv(index=False, sep=separator, decimal=decimal)
    try:
        found = recognise(read(io.BytesIO(text.encode()), separator=separator).frame, target="x")
    except TableError as error:
        if "column 'x' is ambiguous" not in str(error):
            raise
    else:
        assert found.values["x"].tolist() == frame["x"].tolist()


@pytest.mark.parametrize("decimal", [".", ","])
@given(NUMBERS, st.sampled_from([0, 1, 2, 3, 4]))
def test_the_user_decides(decimal, numbers, decimals):
    frame = pd.DataFrame({"x": np.array(numbers) / 10**decimals, "y": 1})
    text = frame.to_csv(index=False, sep=";", decimal=decimal)
    table = read(io.BytesIO(text.encode()), separator=";", decimal=decimal)
    assert pd.api.types.is_numeric_dtype(table.frame["x"])
    np.testing.assert_allclose(table.frame["x"], frame["x"], rtol=1e-15)


@given(st.lists(st.text(max_size=6), min_size=1, max_size=8), st.sampled_from(";\t,"))
def test_any_text_is_read_or_refused(cells, separator):
    frame = pd.DataFrame({"x": cells, "y": 1})
    try:
        table = read(io.BytesIO(frame.to_csv(index=False, sep=separator).encode()))
        found = recognise(table.frame)
    except TableError:
        return
    assert len(found.values) == len(table.frame)
