"""Files of machine code: whole, trusted, or as if they were not there."""

import errno
import os
import random
import time
import warnings
from pathlib import Path

import pytest
from numba import config

from fusedmlp.kernels.compilation import files
from fusedmlp.kernels.compilation.files import DAY, UNUSED, read, why_not_kept, write

NAME = "tiny-" + "0123456789abcdef" * 4 + ".kernel"
OTHER = "tiny-" + "fedcba9876543210" * 4 + ".kernel"
CONTENT = bytes(range(256)) * 20


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(files._Problems, "warned", False)
    monkeypatch.setattr(files._Problems, "unwritten", "")
    return tmp_path / "fusedmlp"


@pytest.fixture
def path(folder):
    write(NAME, CONTENT)
    return folder / NAME


def test_what_is_written_is_read(path):
    assert read(NAME) == CONTENT
    assert read(OTHER) is None
    assert why_not_kept() == ""
    assert [file.name for file in path.parent.iterdir()] == [NAME]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_others_may_read_whatever_the_umask(umask, folder):
    before = os.umask(umask)
    try:
        write(NAME, CONTENT)
    finally:
        os.umask(before)
    if hasattr(os, "geteuid"):
        assert (folder / NAME).stat().st_mode & 0o777 == 0o644
    assert read(NAME) == CONTENT


@pytest.mark.parametrize("place", range(60))
def test_no_bit_flip_goes_unseen(path, place):
    whole = bytearray(path.read_bytes())
    whole[place if place < 50 else random.Random(place).randrange(len(whole))] ^= 1 << place % 8
    path.write_bytes(whole)
    assert read(NAME) is None
    write(NAME, CONTENT)
    assert read(NAME) == CONTENT


@pytest.mark.parametrize("length", [0, 1, 17, 18, 49, 50, 51, 1000])
def test_a_part_of_a_file_is_none(path, length):
    path.write_bytes(path.read_bytes()[:length])
    assert read(NAME) is None


def test_a_file_is_none_under_another_name(path):
    path.rename(path.with_name(OTHER))
    assert read(OTHER) is None


def as_directory(path):
    path.mkdir()
    (path / "file").touch()


def as_link(path):
    (path.parent / "aside").write_bytes(CONTENT)
    path.symlink_to("aside")


def as_pipe(path):
    os.mkfifo(path)


PLACED = {"directory": as_directory, "link": as_link, "pipe": as_pipe}


@pytest.mark.parametrize("what", PLACED)
def test_only_a_file_is_read_and_nothing_waited_for(path, what):
    path.unlink()
    PLACED[what](path)
    assert read(NAME) is None
    write(NAME, CONTENT)
    if what == "directory":  # the only one that cannot be replaced
        assert why_not_kept().startswith("Is a directory")
        assert not list(path.parent.glob("tmp-*"))
    else:
        assert read(NAME) == CONTENT


@pytest.mark.parametrize("what", [*PLACED, "file"])
def test_no_descriptor_stays_open(path, what):
    if what != "file":
        path.unlink()
        PLACED[what](path)
    before = os.open(os.devnull, os.O_RDONLY)
    os.close(before)
    read(NAME)
    after = os.open(os.devnull, os.O_RDONLY)
    os.close(after)
    assert after == before


def test_a_pipe_that_is_written_to_is_none_either(path):
    path.unlink()
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)
    try:
        assert read(NAME) is None
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("when", ["write", "chmod", "replace"])
def test_a_full_disk_leaves_nothing_and_raises_nothing(folder, monkeypatch, when):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if when == "write":
            patch.setattr(files, "_header", fail)
        else:
            patch.setattr(Path, when, fail)
        if when == "chmod":
            folder.mkdir(mode=0o755)
        write(NAME, CONTENT)
    assert why_not_kept() == "No space left on device"
    assert not list(folder.iterdir())
    assert read(NAME) is None


def test_whether_something_can_be_written_is_tried(folder, monkeypatch):
    assert files.why_not_writable() == ""
    assert list(folder.iterdir()) == []

    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system", "tmp")

    monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
    assert files.why_not_writable() == f"Read-only file system: {folder}"


def test_an_interrupted_write_leaves_nothing(folder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(NAME, CONTENT)
    assert not list(folder.iterdir())


def test_a_file_in_the_folders_place_is_no_folder(folder):
    folder.write_bytes(b"")
    write(NAME, CONTENT)
    assert read(NAME) is None
    assert "File exists" in why_not_kept()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_may_write_to_is_refused_and_told_once(path, what):
    refused = path if what == "file" else path.parent
    refused.chmod(refused.stat().st_mode | 0o002)
    with pytest.warns(RuntimeWarning, match=f"others may write to {refused}") as told:
        assert read(NAME) is None
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(NAME) is None
        write(NAME, CONTENT)
    if what == "file":  # replaced by one that is trusted
        assert read(NAME) == CONTENT
    else:
        assert str(refused) in why_not_kept()


def test_what_nobody_has_used_for_a_month_is_removed(path):
    now = time.time()
    ages = {
        OTHER: UNUSED + 60,
        OTHER.replace("tiny", "used"): UNUSED - 60,
        "tmp-abc_123.kernel": DAY + 60,
        "tmp-abc_124.kernel": DAY - 60,
        "notes.txt": 2 * UNUSED,
        "notes.kernel": 2 * UNUSED,
    }
    for name, age in ages.items():
        (path.parent / name).touch()
        os.utime(path.parent / name, (now - age, now - age))
    write(NAME, CONTENT)
    gone = {OTHER, "tmp-abc_123.kernel"}
    assert {file.name for file in path.parent.iterdir()} == {NAME, *ages} - gone


def test_a_use_is_noted_once_a_day(path):
    for age, noted in ((0.5 * DAY, False), (1.5 * DAY, True)):
        before = time.time() - age
        os.utime(path, (before, before))
        assert read(NAME) == CONTENT
        assert (path.stat().st_mtime > before + 60) == noted
