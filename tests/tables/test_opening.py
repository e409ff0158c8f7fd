"""Compressed files, other formats, pipes, and how far a file has been read."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import zstandard

from fusedmlp.tables.columns import recognise
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.reading import read
from tests.processes import run_python

TEXT = b"x,city\n1.5,Oslo\n2.5,Roma\n?,\n"
FRAME = pd.DataFrame({"x": [1.5, 2.5, None], "city": ["Oslo", "Roma", np.nan]})


def zipped(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, TEXT)
    return file.getvalue()


COMPRESSED = {
    "none": TEXT,
    "gzip": gzip.compress(TEXT),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zip": zipped("table.csv"),
    "zstd": zstandard.compress(TEXT[:9]) + zstandard.compress(TEXT[9:]),
}


class Pipe(io.RawIOBase):
    """Bytes that can be read once, a few at a time."""

    def __init__(self, content):
        self.content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.content.readinto(memoryview(buffer)[:7])


def same(frame):
    text = {"city": "string"}
    pd.testing.assert_frame_equal(frame.astype(text), FRAME.astype(text))


@pytest.mark.parametrize("content", COMPRESSED.values(), ids=COMPRESSED)
def test_compressed_files_whatever_their_name(tmp_path, content):
    path = tmp_path / "table.data"
    path.write_bytes(content)
    same(read(path).frame)
    with path.open("rb") as file:
        same(read(file).frame)
        assert not file.closed
    same(read(Pipe(content)).frame)


@pytest.mark.parametrize("content", COMPRESSED.values(), ids=COMPRESSED)
def test_broken_files(content):
    if content is not TEXT:
        with pytest.raises(TableError, match="the file cannot be read as a table"):
            read(io.BytesIO(content[: len(content) - 12]))


def test_standard_input(tmp_path):
    path = tmp_path / "table.gz"
    path.write_bytes(COMPRESSED["gzip"])
    script = (
        "import subprocess, sys\n"
        "code = 'from fusedmlp.tables.reading import read; print(read(\"-\").frame.shape)'\n"
        f"with open({str(path)!r}, 'rb') as file:\n"
        "    for given in ({'stdin': file}, {'input': open(file.name, 'rb').read()}):\n"
        "        print(subprocess.check_output([sys.executable, '-c', code], **given))\n"
    )
    assert run_python(script).count("(3, 2)") == 2


def test_messages_name_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(TableError, match="standard input is empty"):
        read("-")


def test_archives_of_several_files():
    with pytest.raises(TableError, match="the file must have one file in its archive, got 2"):
        read(io.BytesIO(zipped("a.csv", "b.csv")))


def test_parquet(tmp_path):
    frame = FRAME.assign(day=pd.date_range("2020-01-01", periods=3), n=np.array([1, 2, 3], "int8"))
    frame.to_parquet(tmp_path / "table.parquet")
    again = read(tmp_path / "table.parquet").frame
    same(again[["x", "city"]])
    assert again["n"].tolist() == [1, 2, 3]
    assert recognise(again).columns["day"].kind == "date"


def test_excel(tmp_path):
    path = tmp_path / "table.xlsx"
    frame = FRAME.assign(
        day=pd.date_range("2020-01-01", periods=3), mixed=["1.234,5", 123.456, 7], n=[4, 2, 3]
    )
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, sheet_name="homes", index=False)
        FRAME.to_excel(book, sheet_name="more", index=False)
    table = read(path, missing=("Roma",))
    assert table.notes == ["Read the first of 2 sheets, 'homes'."]
    assert table.frame["city"].isna().tolist() == [False, True, True]
    assert pd.api.types.is_float_dtype(table.frame["x"])
    assert pd.api.types.is_integer_dtype(table.frame["n"])
    found = recognise(table.frame)
    assert found.columns["day"].kind == "date"
    assert found.values["mixed"].tolist() == [1234.5, 123.456, 7]  # numbers are not text


def test_excel_with_names_that_are_none(tmp_path):
    path = tmp_path / "table.xlsx"
    pd.DataFrame([["a", "a"], [1, 2]]).to_excel(path, header=False, index=False)
    with pytest.raises(TableError, match="names must differ, got twice: 'a'"):
        read(path)
    pd.DataFrame([[5.5, 2.5], [1, 2]]).to_excel(path, header=False, index=False)
    with pytest.raises(TableError, match="must have the columns' names in its first line"):
        read(path)
    pd.DataFrame().to_excel(path, header=False, index=False)
    with pytest.raises(TableError, match="is empty: its first sheet 'Sheet1' has no cells"):
        read(path)


@pytest.mark.parametrize(
    ("package", "content", "install"),
    [
        ("pyarrow", b"PAR1" * 4, r"needs the package pyarrow: pip install 'pandas\[parquet\]'"),
        ("openpyxl", None, r"needs the package openpyxl: pip install 'pandas\[excel\]'"),
        ("zstandard", COMPRESSED["zstd"], r"zstandard: pip install 'pandas\[compression\]'"),
    ],
)
def test_packages_that_are_missing_are_named(tmp_path, monkeypatch, package, content, install):
    path = tmp_path / "table.xlsx"
    FRAME.to_excel(path)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=install):
        read(io.BytesIO(content or path.read_bytes()))


@pytest.mark.parametrize("name", ["none", "gzip"])
def test_progress(name):
    numbers = np.random.default_rng(0).random(400_000)
    content = b"x,y\n" + b"".join(b"%.12f,%d\n" % (x, x * 9) for x in numbers)
    size = len(content)
    content = gzip.compress(content, 1) if name == "gzip" else content
    shares = []
    read(io.BytesIO(content), on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] == 1
    assert size > 1 << 22  # several parts
    assert len(shares) >= 2


def test_progress_of_a_pipe_is_0_until_it_ends():
    shares = []
    read(Pipe(TEXT), on_progress=shares.append)
    assert shares[0] == 0
    assert shares[-1] == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": 3}, "source must be a name, a path or a binary file, got 3"),
        ({"source": None}, "source must be a name, a path or a binary file, got None"),
        ({"source": io.StringIO("a\n1\n")}, "source must be opened in binary mode"),
        ({"source": io.BytesIO(TEXT), "separator": 3}, "separator must be text, got 3"),
    ],
)
def test_what_is_no_table_is_named(given, message):
    with pytest.raises(TypeError, match=message):
        read(**given)
