"""From a file to a model in a file to predictions, as a user goes."""

import io

import numpy as np
import pandas as pd
import pytest

from fusedmlp.tables import TableError, fit, load, read


def flats(rows=600):
    """Rents, as they are typed: some cells are words, sums have signs, dates are text."""
    random = np.random.default_rng(0)
    size, city = random.uniform(20, 120, rows).round(), np.arange(rows) % 3
    rent = 200 + 9 * size + 300 * city + random.normal(0, 20, rows)
    frame = pd.DataFrame(
        {
            "size": size.astype(int).astype(str),
            "city": np.array(["Bonn", "Oslo", "Rome"])[city],
            "built": pd.date_range("1950-01-01", periods=rows, freq="40D").strftime("%Y-%m-%d"),
            "rent": [f"${value:,.2f}" for value in rent],
        }
    )
    frame.loc[[3, 50, 99], "size"] = "unknown"
    frame.loc[[7, 8], "rent"] = ""
    return frame


def as_file(frame):
    """A CSV file of a frame."""
    return io.BytesIO(frame.to_csv(index=False).encode())


@pytest.fixture(name="path", scope="module")
def fixture_path(tmp_path_factory):
    """The file of a model of the rents."""
    model = fit(read(as_file(flats())).frame, "rent")
    assert model.target.task == "numbers"
    assert model.scores.held_out["r2"] > 0.97
    assert "Left out 2 rows without a target." in model.notes
    assert any("'unknown'" in note and "'size'" in note for note in model.notes)
    path = tmp_path_factory.mktemp("model") / "rents.fmlp"
    model.save(path)
    return path


def test_a_new_file_is_read_as_the_first_was(path):
    new = pd.DataFrame(
        {
            "city": ["Rome", "Oslo", "Paris", None],
            "note": "new",
            "size": ["50", "unknown", "60", "70"],
            "built": ["1990-05-01", "", "2000-01-01", "1980-01-01"],
        }
    )
    notes = []
    answers = load(path).predict(read(as_file(new)).frame, notes=notes)
    assert answers.iloc[0] == pytest.approx(200 + 9 * 50 + 600, rel=0.06)
    assert answers.notna().all()
    assert any("'Paris'" in note for note in notes)
    with pytest.raises(TableError, match="'size'"):
        load(path).predict(read(as_file(new.drop(columns="size"))).frame)


def test_one_row_is_enough(path):
    row = read(as_file(flats().head(1).drop(columns="rent"))).frame
    every = read(as_file(flats())).frame
    alone, among = load(path).predict(row), load(path).predict(every)
    assert alone.iloc[0] == pytest.approx(among.iloc[0], rel=1e-5)
