"""Files of tables as streams of bytes, decompressed, with the share that has been read."""

import bz2
import gzip
import io
import lzma
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from fusedmlp.tables.errors import TableError

Progress = Callable[[float], object]

PIPE = "-"  # the name of standard input
OFTEN = 0.1  # seconds between two reports
PIECE = 1 << 17  # bytes read at once
IN_MEMORY = 1 << 26  # bytes of a pipe that are not kept in a file
STARTS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PAR1": "parquet",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "excel",
}


class Source(AbstractContextManager["Source"]):
    """The bytes of a table, from a file, an open one, or standard input; read as often as needed.

    Parameters
    ----------
    source : str, path or binary file
        "-" is standard input.
    on_progress : function, optional
        Called with the share of the bytes that has been read, in 0..1, which stays 0 until a pipe
        ends; every tenth of a second while bytes are read.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    """

    def __init__(
        self, source: str | os.PathLike[str] | BinaryIO, on_progress: Progress | None = None
    ) -> None:
        self.name = _name(source)  # TypeError: it is neither a name nor a file
        self._own = not hasattr(source, "read") and source != PIPE
        self._report = _Report(on_progress)
        if self._own:
            self._file: BinaryIO = Path(cast("str", source)).open("rb")  # noqa: SIM115  # __exit__ closes it
        else:
            given = sys.stdin.buffer if source == PIPE else cast("BinaryIO", source)
            self._file = self._seekable(given)
        self._begin = self._file.tell()
        self._report.size = self._file.seek(0, os.SEEK_END) - self._begin

    def _seekable(self, file: BinaryIO) -> BinaryIO:
        """Return a file, or a copy of a pipe, which cannot be read twice."""
        if file.seekable():
            return file
        copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # __exit__ closes it
        while piece := file.read(PIECE):
            copy.write(piece)
            self._report(0)
        copy.seek(0)
        self._own = True
        return cast("BinaryIO", copy)

    def raw(self) -> BinaryIO:
        """Return the bytes as they are, from the first."""
        self._file.seek(self._begin)
        return io.BufferedReader(_Counted(self._file, self._begin, self._report), PIECE)

    @property
    def size(self) -> int:
        """The number of bytes, compressed."""
        return self._report.size

    @cached_property
    def kind(self) -> str:
        """What the first bytes say: a compression, "parquet", "excel", or "text" for all else."""
        self._file.seek(self._begin)
        start = self._file.read(8)
        kinds = [kind for begin, kind in STARTS.items() if start.startswith(begin)]
        if kinds == ["zip"]:
            with zipfile.ZipFile(self.raw()) as archive:
                return "excel" if "[Content_Types].xml" in archive.namelist() else "zip"
        return kinds[0] if kinds else "text"

    def content(self) -> BinaryIO:
        """Return the bytes, decompressed, from the first.

        Raises
        ------
        ImportError
            If the package for this compression is missing.
        TableError
            If a zip file has more than one file.
        """
        kind = self.kind
        return _decompressed(self.raw(), kind, self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._own:
            self._file.close()


def _name(source: Any) -> str:
    if hasattr(source, "read"):
        if isinstance(source.read(0), str):
            raise TypeError("source must be opened in binary mode, got a file of text")
        return "the file"
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"source must be a name, a path or a binary file, got {source!r:.60}")
    return "standard input" if source == PIPE else repr(os.fspath(source))


def _decompressed(raw: BinaryIO, kind: str, name: str) -> BinaryIO:
    if kind == "gzip":
        return cast("BinaryIO", gzip.open(raw))
    if kind == "bzip2":
        return cast("BinaryIO", bz2.open(raw))
    if kind == "xz":
        return cast("BinaryIO", lzma.open(raw))
    if kind == "zstd":
        return _zstd(raw, name)
    if kind == "zip":
        archive = zipfile.ZipFile(raw)
        files = [file for file in archive.infolist() if not file.is_dir()]
        if len(files) != 1:
            raise TableError(f"{name} must have one file in its archive, got {len(files)}")
        return cast("BinaryIO", archive.open(files[0]))
    return raw


def _zstd(raw: BinaryIO, name: str) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        raise ImportError(
            f"reading {name} needs the package zstandard: pip install 'pandas[compression]'"
        ) from None
    return cast("BinaryIO", io.BufferedReader(_Zstd(raw, zstandard.ZstdDecompressor()), PIECE))


class _Zstd(io.RawIOBase):
    """A zstd file, decompressed; the package's own reader ends in silence where a file is cut."""

    def __init__(self, raw: BinaryIO, decompressor: Any) -> None:
        self.raw, self.decompressor = raw, decompressor
        self.frame = decompressor.decompressobj()
        self.left = memoryview(b"")  # decompressed, but not read yet

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.left and (piece := self._piece()):
            self.left = memoryview(self.frame.decompress(piece))
        if not self.left and not self.frame.eof:
            raise EOFError("the compressed file ends early")
        part, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def _piece(self) -> bytes:
        """Return more of the file; after the end of a frame, of the next one."""
        if not self.frame.eof:
            return self.raw.read(PIECE)
        piece: bytes = self.frame.unused_data or self.raw.read(PIECE)
        if piece:
            self.frame = self.decompressor.decompressobj()
        return piece


class _Report:
    """Calls the user's function with the share that has been read, which never falls."""

    def __init__(self, on_progress: Progress | None) -> None:
        self.on_progress = on_progress
        self.size = 0
        self.most = 0.0
        self.last = -OFTEN

    def __call__(self, count: int) -> None:
        now = time.monotonic()
        if self.on_progress is not None and now - self.last >= OFTEN:
            self.last = now
            self.most = max(self.most, min(1.0, count / self.size if self.size else 0.0))
            self.on_progress(self.most)


class _Counted(io.RawIOBase):
    """A part of a file from a place on, which reports how far it has been read."""

    def __init__(self, file: BinaryIO, begin: int, report: _Report) -> None:
        self.file, self.begin, self.report = file, begin, report

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        offset = self.begin if whence == os.SEEK_SET else 0
        return self.file.seek(place + offset, whence) - self.begin

    def tell(self) -> int:
        return self.file.tell() - self.begin

    def readinto(self, buffer: Any) -> int:
        piece = self.file.read(len(buffer))
        buffer[: len(piece)] = piece
        self.report(self.tell())
        return len(piece)
