"""Files of tables: separators, the first lines, and which cells keep their text."""

import io

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_wine

from fusedmlp.tables.columns import recognise
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.reading import read


def of(text, **options):
    """Read a text as a file."""
    return read(io.BytesIO(text.encode()), **options)


def cells(text, **options):
    return of(text, **options).frame.to_dict("list")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_read_off_the_first_lines(tmp_path, separator):
    frame = load_wine(as_frame=True).frame
    frame.to_csv(tmp_path / "wine.csv", sep=separator, index=False)
    pd.testing.assert_frame_equal(read(tmp_path / "wine.csv").frame, frame)
    pd.testing.assert_frame_equal(read(str(tmp_path / "wine.csv")).frame, frame)


def test_separator_within_quotes_does_not_count():
    assert cells('"a;b;c;d",e\n1,2\n') == {"a;b;c;d": [1], "e": [2]}
    assert list(cells('"a\nb",c\n1,2\n')) == ["a\nb", "c"]


def test_separator_that_fits_all_first_lines():
    assert list(cells("name, first;age, years;x\n1;2;3\n4;5;6\n")) == [
        "name, first",
        "age, years",
        "x",
    ]


def test_given_separator_wins():
    assert cells("a,b:c\n1,x:3\n", separator=":") == {"a,b": ["1,x"], "c": [3]}
    assert cells("a,b\tc\n1,x\t3\n", separator="tab") == {"a,b": ["1,x"], "c": [3]}
    assert cells("sep=|\na,b|c\n1|3\n") == {"a,b": [1], "c": [3]}
    with pytest.raises(TableError, match="separator must be one character, got separator='::'"):
        of("a,b\n1,2\n", separator="::")


def test_decimal_comma():
    expected = {"größe": [1.5, 3.0], "preis": [-2.25, 4.0]}
    assert cells("größe;preis\n1,5;-2,25\n3;4\n") == expected
    assert cells("größe\tpreis\n1,5\t-2,25\n3\t4\n", decimal=",") == expected
    with pytest.raises(ValueError, match=r"decimal must be one of '.', ',', got ';'"):
        of("a,b\n1,2\n", decimal=";")


def test_spaces_missing_words_and_byte_order_marks():
    text = "my number , my text\n1, a\n?, b\nunknown, -\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        frame = read(io.BytesIO(text.encode(encoding)), missing=("unknown",)).frame
        assert list(frame.columns) == ["my number", "my text"]
        assert frame["my number"].isna().tolist() == [False, True, True]
        assert frame["my text"].isna().tolist() == [False, False, True]
        assert frame["my text"].tolist()[:2] == ["a", "b"]


# ---- The first lines ----


def test_comments_before_the_names():
    table = of("# exported 2020-01-31, at noon\n\n# by hand\nx,y\n1,2\n")
    assert table.frame.to_dict("list") == {"x": [1], "y": [2]}
    assert table.notes == [
        "Left out line 1, a comment: '# exported 2020-01-31, at noon'.",
        "Left out line 3, a comment: '# by hand'.",
    ]


@pytest.mark.parametrize("start", ["# ", "#"])
def test_names_may_begin_as_a_comment(start):
    table = of(f"{start}x,y\n1,2\n")
    assert table.frame.to_dict("list") == {"x": [1], "y": [2]}
    assert table.notes == []
    assert list(of("#,y\n1,2\n").frame) == ["#", "y"]


@pytest.mark.parametrize(
    "text",
    [
        "5.1,3.5,setosa\n4.9,3.0,setosa\n4.7,3.2,virginica\n",
        "1,0,3\n0,1,2\n",
        "7;1,5\n3;2,5\n",
        "0,0,5,13,9\n0,0,0,12,13\n",
    ],
)
def test_first_line_of_numbers_is_no_header(text):
    with pytest.raises(
        TableError, match=r"must have the columns' names in its first line, got numb"
    ):
        of(text)


@pytest.mark.parametrize(
    "header", ["0,1,2", "1,2,3", "2019,2020,2021", "1,2,x", "x,1,0", "a1,0.5,2"]
)
def test_names_may_be_numbers(header):
    assert list(of(f"{header}\n4,1,7\n9,3,8\n").frame) == header.split(",")


def test_names_that_are_missing_or_the_same():
    table = of(",x,,y\n0,1,2,3\n")
    assert list(table.frame) == ["column 1", "x", "column 3", "y"]
    assert table.notes == [
        "Columns without a name in the first line are called 'column 1', 'column 3'."
    ]
    with pytest.raises(TableError, match="names must differ, got twice: 'a', 'b'; rename one"):
        of("a,b,c, b,a\n1,2,3,4,5\n")


@pytest.mark.parametrize(
    "title", ["Sales of 2020", "Sales,,,", "Sales of 2020, in thousands", "\n\nSales"]
)
def test_titles_above_the_names(title):
    with pytest.raises(TableError, match="take out a title above the names"):
        of(f"{title}\nx,y,z,t\n1,2,3,4\n5,6,7,8\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"# nothing but a comment\n", "has no rows"),
        (b"a,b\n", "has no rows"),
        (bytes(range(128, 256)), "is not text in UTF-8; save it as CSV in UTF-8"),
        (b"a,b\n1,2\n" * 600 + b"\xff,1\n", "is not text in UTF-8; save it as CSV in UTF-8"),
        (b"a,b\n1,2,3\n4,5,6\n", "has rows longer than its first line, which names 2 columns"),
        (b"a,b\n" + b"1,2\n" * 5000 + b"1,2,3\n", "cannot be read as a table: .* line 5002, saw 3"),
        (b"a,b\n1,\"2\n", "cannot be read as a table"),
        (b"a,b\n1,\"2\n" + b"3,4\n" * 50_000, "as a table: .* quote may not be closed"),
    ],
)  # fmt: skip
def test_unreadable_files(content, message):
    with pytest.raises(TableError, match=message) as caught:
        read(io.BytesIO(content))
    assert "\n" not in str(caught.value)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(TableError, match=r"there is no file '.*none\.csv'"):
        read(tmp_path / "none.csv")
    with pytest.raises(TableError, match="cannot be read as a table"):
        read(tmp_path)


def test_very_long_first_lines():
    names = [letter * 100_000 for letter in "abcdefghijkl"]
    table = of(f"{','.join(names)}\n{','.join('123456789012')}\n").frame
    assert list(table) == names
    assert table.iloc[0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(end):
    text = 'a,"b\n"\n1.5,"x\ny"\n2.5,\n'.replace("\n", end)
    assert list(of(text).frame) == ["a", "b"]
    assert cells(text)["a"] == [1.5, 2.5]


# ---- Which cells keep their text ----


@pytest.mark.parametrize("load", [load_iris, load_diabetes, load_wine])
@pytest.mark.parametrize("decimals", [1, 2, 3, 6])
def test_ordinary_numbers_are_numbers(load, decimals):
    frame = load(as_frame=True).frame.round(decimals)
    again = of(frame.to_csv(index=False)).frame
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)


@pytest.mark.parametrize("rows", [10, 5000, 300_000])
def test_three_decimals_keep_their_text(rows):
    """Also where all rows but the last ones are whole numbers."""
    early = "x,y\n" + "124.456,7\n123.456,7\n" * rows
    late = "x,y\n" + "950,7\n" * rows + "123.456,7\n"
    for text in (early, late):
        frame = of(text).frame
        assert frame["x"].iloc[-1] == "123.456"
        assert frame["y"].sum() >= 7 * rows
        with pytest.raises(TableError, match=r"column 'x' is ambiguous: '12.\.456' may be"):
            recognise(frame)
    assert of(early, decimal=".").frame["x"].sum() == pytest.approx(247.912 * rows)


def test_a_cell_after_many_numbers_keeps_the_text_of_all():
    """Also of cells that were read long before it."""
    words = ["1.50", "007", "1,234", "yes"]
    text = "a,b,c\n" + "1.50,2,true\n" * 300_000
    for word in words:
        frame = of(text + f'"{word}",3,"{word}"\n').frame
        assert frame["b"].sum() == 600_003
        assert frame["c"].tolist()[-2:] == ["true", word]
        assert frame["a"].iloc[0] in ("1.50", 1.5)
        assert str(frame["a"].iloc[-1]) in (word, "1.5", "7.0")


def test_codes_keep_their_zeros():
    assert cells("plz,x\n01067,1\n10115,2\n")["plz"] == ["01067", "10115"]
    assert cells("x,y\n0,1\n0.5,2\n-0.5,3\n") == {"x": [0, 0.5, -0.5], "y": [1, 2, 3]}


def test_columns_that_are_asked_for_keep_their_text():
    table = read(io.BytesIO(b"size,x\n1.50,1\n2,2\n"), text=("size", "none"))
    assert table.frame.to_dict("list") == {"size": ["1.50", "2"], "x": [1, 2]}


def test_numbers_in_quotes_and_thousands_are_recognised():
    frame = of('a,b,c\n"1,5","$5,000.00",1\n"2,25","$950.50",2\n"?","unknown",4\n').frame
    values = recognise(frame).values
    assert values["a"].tolist()[:2] == [1.5, 2.25]
    assert values["b"].tolist()[:2] == [5000, 950.5]
