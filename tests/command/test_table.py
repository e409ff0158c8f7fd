import gzip

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine

from fusedmlp.command.table import prepare, read_table
from fusedmlp.command.target import Classes, Numbers, TableError, likely_task


def mixed(rows: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "height": random.normal(170, 10, rows),
            "city": random.choice(["Köln", "Łódź", "東京"], rows),
            "smoker": random.choice([True, False], rows),
            "answer": random.choice(["yes", "no"], rows),
        }
    )
    frame.loc[:9, "height"] = np.nan
    frame.loc[5:24, "city"] = None
    return frame


def notes_of(frame: pd.DataFrame, target: str = "answer") -> str:
    return "\n".join(prepare(frame, target).notes)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_read_off_the_first_line(tmp_path, separator):
    frame = load_wine(as_frame=True).frame
    frame.to_csv(tmp_path / "wine.csv", sep=separator, index=False)
    pd.testing.assert_frame_equal(read_table(tmp_path / "wine.csv"), frame)


def test_separator_within_quotes_does_not_count(tmp_path):
    path = tmp_path / "quoted.csv"
    path.write_text('"a;b;c;d",e\n1,2\n')
    assert list(read_table(path).columns) == ["a;b;c;d", "e"]


def test_given_separator_wins(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b:c\n1,2:3\n")
    assert list(read_table(path, ":").columns) == ["a,b", "c"]
    with pytest.raises(TableError, match="separator must be one character, got '::'"):
        read_table(path, "::")


def test_compressed_file(tmp_path):
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(gzip.compress(b"a\tb\n1\t2\n"))
    assert read_table(path).to_dict("list") == {"a": [1], "b": [2]}


def test_decimal_comma(tmp_path):
    path = tmp_path / "deutsch.csv"
    path.write_text("größe;preis\n1,5;-2,25\n3;4\n")
    assert read_table(path).to_dict("list") == {"größe": [1.5, 3.0], "preis": [-2.25, 4.0]}


def test_spaces_question_marks_and_byte_order_mark(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("my number , my text\n1, a\n?, b\n", encoding="utf-8-sig")
    frame = read_table(path)
    assert list(frame.columns) == ["my number", "my text"]
    assert frame["my number"].isna().tolist() == [False, True]
    assert frame["my text"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (bytes(range(128, 256)), "is not text in UTF-8"),
        (b"a,b\n1,2,3\n4,5,6\n", "has rows longer than its first line"),
        (b"a,b\n1,2\n3,4,5,6\n", "cannot be read as a table"),
        (b"a ,a\n1,2\n", "the columns' names must differ"),
    ],
)
def test_unreadable_files(tmp_path, content, message):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=message) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(TableError, match=r"there is no file '.*none\.csv'"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="cannot be read as a table"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 20, "classes"),
        ([True, False] * 20, "classes"),
        (pd.Categorical([1.5, 2.5] * 20), "classes"),
        ([0, 1, 2, 3] * 10, "classes"),
        ([0.0, 1.0, np.nan, 3.0] * 10, "classes"),
        (list(range(20)) * 5, "classes"),
        (list(range(21)) * 5, "numbers"),  # too many values
        (list(range(10)) * 4, "numbers"),  # too few rows of each
        ([0.5, 1.0] * 20, "numbers"),
    ],
)
def test_likely_task(values, task):
    assert likely_task(pd.Series(values)) == task


def test_classes_are_one_hot_and_held_out_in_proportion():
    table = prepare(load_wine(as_frame=True).frame, "target")
    assert isinstance(table.target, Classes)
    assert table.target.labels == ["0", "1", "2"]
    assert table.X.shape == (133, 13)
    assert table.X_held_out.shape == (45, 13)
    assert np.bincount(table.truth_held_out).tolist() == [15, 18, 12]
    y = table.target.encoded(table.truth)
    np.testing.assert_array_equal(y.argmax(axis=1), table.truth)
    assert table.target.scores(y, table.truth) == [1.0]
    assert table.target.baseline == "always '1'"
    assert table.target.baseline_scores(table.truth_held_out) == [18 / 45]
    assert table.notes == []


def test_numbers_are_standardised_without_the_rows_held_out():
    table = prepare(load_diabetes(as_frame=True, scaled=False).frame, "target")
    assert isinstance(table.target, Numbers)
    y = table.target.encoded(table.truth)
    for learnt in (*table.X.T, y):
        assert learnt.mean() == pytest.approx(0, abs=1e-9)
        assert learnt.std() == pytest.approx(1)
    assert abs(table.X_held_out.mean(axis=0)).max() > 1e-3
    assert table.target.scores(y[:, np.newaxis], table.truth) == [1.0, pytest.approx(0, abs=1e-9)]
    r2, error = table.target.baseline_scores(table.truth)
    assert r2 == pytest.approx(0)
    assert error == pytest.approx(table.truth.std())


def test_same_seed_same_rows():
    frame = load_wine(as_frame=True).frame
    one, same, other = (prepare(frame, "target", random_state=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.X, same.X)
    assert not np.array_equal(one.X, other.X)


def test_missing_values_and_categories():
    table = prepare(mixed(), "answer")
    assert table.X.shape[1] == 1 + 4 + 2  # height; three cities and none; smoker or not
    assert np.isfinite(table.X).all()
    assert np.isfinite(table.X_held_out).all()
    assert (table.X[:, 1:5].sum(axis=1) == 1).all()
    assert table.notes == [
        "Missing values taken as their median: 'height' (10 rows).",
        "Missing values taken as a category of its own: 'city' (20 rows).",
    ]


def test_text_and_pandas_categories_are_the_same():
    frame = mixed()
    as_category = frame.astype({"city": "category", "answer": "category"})
    np.testing.assert_array_equal(prepare(frame, "answer").X, prepare(as_category, "answer").X)


def test_category_that_only_a_held_out_row_has():
    cities = (np.where(np.arange(200) == row, "elsewhere", "Köln") for row in range(40))
    tables = (prepare(mixed().assign(city=city), "answer") for city in cities)
    table = next(table for table in tables if table.X.shape[1] == 1 + 1 + 2)
    assert (table.X[:, 1] == 1).all()
    assert np.bincount(table.X_held_out[:, 1].astype(int)).tolist() == [1, 49]


def test_columns_that_cannot_be_used_are_left_out():
    frame = mixed()
    width = prepare(frame, "answer").X.shape[1]
    useless = frame.assign(
        row=range(1, 201),
        constant=3,
        text="same",
        empty=np.nan,
        infinite=np.inf,
        huge=np.geomspace(1, 1e200, 200),
        name=[f"n{i}" for i in range(200)],
        day=pd.date_range("2020-01-01", periods=200),
        date=[f"{i % 28 + 1}.{i % 12 + 1}.2020 12:00" for i in range(200)],
    )
    assert prepare(useless, "answer").X.shape[1] == width
    for line in (
        "Left out column 'row': it numbers the rows.",
        "Left out column 'constant': it is 3 wherever it has a value.",
        "Left out column 'text': it is same wherever it has a value.",
        "Left out column 'empty': it has no values.",
        "Left out column 'infinite': it has no values.",
        "Left out column 'huge': it has a number above 1e+100.",
        "Left out column 'name': nearly every row has another text.",
        "Left out column 'day': it holds dates.",
        "Left out column 'date': it holds dates.",
    ):
        assert line in notes_of(useless)


def test_many_categories_share_an_input():
    frame = mixed(1000).assign(code=[f"c{i % 300}" for i in range(1000)])
    table = prepare(frame, "answer")
    assert table.X.shape[1] == 7 + 100
    assert "Of the 300 categories of column 'code', the 99 most frequent are kept apart." in (
        table.notes
    )


def test_rows_without_a_target_are_left_out():
    frame = mixed()
    frame.loc[::50, "answer"] = None
    table = prepare(frame, "answer")
    assert len(table.X) + len(table.X_held_out) == 196
    assert table.notes[0] == "Left out 4 rows without a target."
    frame["answer"] = [1.0, np.nan] * 50 + [2.0, 3.0] * 50
    assert prepare(frame, "answer").target.labels == ["1", "2", "3"]


def test_numbers_among_texts_are_kept():
    frame = mixed().assign(price=["unknown", *map(str, np.linspace(1, 2, 199))])
    table = prepare(frame, "price", "numbers")
    assert isinstance(table.target, Numbers)
    assert table.notes[0] == "Left out 1 row without a target."


def test_rare_classes_are_split_without_proportion():
    frame = mixed()
    frame.loc[0, "answer"] = "perhaps"
    assert "Some class has too few rows to hold out every class in proportion." in notes_of(frame)


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({}, {"target": "nope"}, "there is no column 'nope'; the columns are 'height', 'city'"),
        ({"answer": "yes"}, {}, "column 'answer' must have at least two .* got yes in every row"),
        ({"answer": 1.5}, {}, "at least two different values to predict, got 1.5 in every row"),
        ({"answer": np.nan}, {}, "at least 10 rows with a target, got 0"),
        ({}, {"task": "numbers"}, "column 'answer' holds no numbers; leave out --task numbers"),
        ({"answer": np.arange(200.0)}, {"task": "classes"}, "got 200 different values in 200 rows"),
        ({"answer": np.arange(200) * 1e300}, {}, r"has a number above 1e\+100"),
        ({"height": 1, "city": "a", "smoker": True}, {}, "there is no column left to learn from"),
        ({}, {"test_size": 0.001}, "two rows or more on either side"),
        ({}, {"test_size": 0.999}, "two rows or more on either side"),
    ],
)
def test_tables_with_nothing_to_learn(change, arguments, message):
    with pytest.raises(TableError, match=message) as caught:
        prepare(mixed().assign(**change), **({"target": "answer"} | arguments))
    assert "\n" not in str(caught.value)


def test_few_rows_and_many_columns_in_messages():
    with pytest.raises(TableError, match="at least 10 rows with a target, got 9"):
        prepare(mixed(9), "answer")
    wide = pd.DataFrame(np.zeros((20, 60))).add_prefix("c")
    with pytest.raises(TableError, match=r"'c39' and 20 more$"):
        prepare(wide, "answer")
