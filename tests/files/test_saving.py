"""How `save` replaces a file: whole or not at all, and nothing but a file."""

import errno
import fcntl
import os
import socket
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.processes import run_python

X = np.array([[0.0, 1.0], [1.0, 0.0]])


@pytest.fixture(name="run", scope="module")
def fixture_run():
    return fusedmlp.train(X, [0, 1], epochs=3, random_state=1, backend="reference")


@pytest.fixture(name="path")
def fixture_path(tmp_path, run):
    """A folder with a saved network, and nothing else."""
    run.save(tmp_path / "network")
    return tmp_path / "network"


def require_unchanged(path, run):
    assert_array_equal(fusedmlp.load(path).weights[0], run.weights[0])
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def other_network():
    return fusedmlp.train(X, [0, 1], epochs=3, random_state=2, backend="reference")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_the_mode_of_the_old_file_stays(path, run, mode):
    path.chmod(mode)
    before = path.stat()
    run.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.stat().st_ino != before.st_ino  # it was replaced, not written over
    assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_of_the_umask(tmp_path, run, mask, mode):
    before = os.umask(mask)
    try:
        run.save(tmp_path / "network")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "network").stat().st_mode) == mode


def test_the_file_behind_a_link_is_replaced(tmp_path, run):
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "link", tmp_path / "there" / "network"
    link.symlink_to(target)
    for network in (run, other_network()):  # the first makes the file that the link names
        network.save(link)
        assert link.is_symlink()
        require_unchanged(target, network)


def test_only_files_are_replaced(tmp_path, run):
    fifo, endpoint = tmp_path / "fifo", tmp_path / "socket"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(endpoint))
        (tmp_path / "link").symlink_to(fifo)
        for path in (fifo, endpoint, tmp_path / "link", Path("/dev/full")):
            before = path.stat()
            with pytest.raises(OSError, match="Not a file but a device, a FIFO or a socket") as e:
                run.save(path)
            assert e.value.filename == str(path)
            assert os.path.samestat(path.stat(), before)
    assert len(list(tmp_path.iterdir())) == 3


def test_folders_are_not_replaced(tmp_path, run):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", f"{tmp_path}/new/", f"{tmp_path}/folder/.", tmp_path / ".."):
        with pytest.raises(IsADirectoryError) as caught:
            run.save(path)
        assert caught.value.filename == str(path)
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_missing_folder_is_named(tmp_path, run):
    for path in (tmp_path / "missing" / "network", tmp_path / "missing" / "deeper" / "network"):
        with pytest.raises(FileNotFoundError) as caught:
            run.save(path)
        assert caught.value.filename == str(path.parent)
    with pytest.raises(FileNotFoundError):
        run.save("")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught:
        run.save(tmp_path / "file" / "network")
    assert caught.value.filename == str(tmp_path / "file" / "network")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError, match="loop"):
        run.save(tmp_path / "loop")


def test_a_file_that_may_not_be_written_to_stays(path, run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to any file
    with pytest.raises(PermissionError) as caught:
        other_network().save(path)
    assert caught.value.filename == str(path)
    require_unchanged(path, run)


@pytest.mark.parametrize("step", ["fsync", "fchmod", "replace"])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()], ids=["full", "Ctrl-C"]
)
def test_where_a_step_fails_the_old_file_stays(path, run, monkeypatch, step, error):
    def fail(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(type(error)) as caught:
            other_network().save(path)
    if isinstance(error, OSError):
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    require_unchanged(path, run)


def test_where_the_disk_takes_no_more_the_old_file_stays(path, run):
    printed = run_python(f"""
        import resource, fusedmlp
        big = fusedmlp.train([[0] * 1000], [1], 30, epochs=1, backend="reference")
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            big.save({str(path)!r})
        except OSError as error:
            print(error.filename, type(error).__name__)
    """)
    assert printed == f"{path} OSError\n"
    require_unchanged(path, run)


def temporary_of(path, token="0123456789abcdef"):
    """The name of a temporary file of a path, as the package would make it."""
    from fusedmlp.network_file.replacing import SUFFIX, _prefix

    return path.with_name(f"{_prefix(path)}{token}{SUFFIX}")


def test_what_a_killed_process_left_is_removed(path, run):
    temporary_of(path).write_bytes(b"half a network")
    temporary_of(path, "1").touch()
    run.save(path)
    require_unchanged(path, run)


def test_what_another_process_is_writing_stays(path, run):
    other = temporary_of(path.with_name("another network"))
    other.touch()
    live = temporary_of(path)
    with live.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run.save(path)
        assert live.exists()
    run.save(path)
    assert not live.exists()
    assert other.exists()
    other.unlink()


def test_without_locks_only_what_is_old_is_removed(path, run, monkeypatch):
    from fusedmlp.network_file import replacing

    monkeypatch.setattr(replacing, "_lock", lambda _: None)
    old, new = temporary_of(path), temporary_of(path, "1")
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 7200,) * 2)
    run.save(path)
    assert not old.exists()
    assert new.exists()
    new.unlink()


def test_a_temporary_file_that_was_taken_for_a_stale_one_is_made_again(path, monkeypatch):
    from fusedmlp.network_file import replacing

    lock, removed = replacing._lock, []

    def late(descriptor):
        if len(removed) < 3:  # another process removes it before the lock is there
            temporary = next(p for p in path.parent.iterdir() if p.name.startswith("."))
            temporary.unlink()
            removed.append(temporary)
            return False if len(removed) == 1 else lock(descriptor)
        return lock(descriptor)

    monkeypatch.setattr(replacing, "_lock", late)
    network = other_network()
    network.save(path)
    assert len(removed) == 3
    require_unchanged(path, network)


def test_names_that_are_as_long_as_names_can_be(tmp_path, run):
    path = tmp_path / ("n" * 255)
    run.save(path)
    require_unchanged(path, run)


@pytest.mark.parametrize("part", ["weights", "biases", "scales", "means", "variances"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_network_that_is_not_finite_is_not_saved(path, run, part, value):
    network = fusedmlp.train(X, [0, 1], epochs=2, batch_norm=True, backend="reference")
    arrays = [network.weights[1]] if part == "weights" else [network.biases[1]]
    norm = network.batch_norm[0]
    if part not in ("weights", "biases"):
        arrays = [getattr(norm, part)]
    arrays[0][0] = value
    with pytest.raises(ValueError, match=rf"{part}.\d must be finite, got {value} at index \(0,"):
        network.save(path)
    require_unchanged(path, run)


def test_a_history_that_was_edited_is_not_saved(path, run):
    for name, values in {"loss": [0.5], "more": np.zeros(3), "epoch": np.arange(1, 4)}.items():
        network = other_network()
        network.history[name] = values
        with pytest.raises(ValueError, match=f"run must be a network that can be saved: .*{name}"):
            network.save(path)
    require_unchanged(path, run)


def test_a_header_that_load_would_refuse_is_not_written(path, run, monkeypatch):
    from fusedmlp.network_file import container

    size = int.from_bytes(path.read_bytes()[:8], "little")
    monkeypatch.setattr(container, "MOST_HEADER", size)
    run.save(path)
    monkeypatch.setattr(container, "MOST_HEADER", size - 1)
    with pytest.raises(ValueError, match=f"header must have at most {size - 1:,} bytes"):
        run.save(path)
    with pytest.raises(ValueError, match=f"path must be a whole network.*{size:,} bytes"):
        fusedmlp.load(path)


def test_what_is_no_path_or_no_network(tmp_path, run):
    with pytest.raises(TypeError, match="path must be the path of a file, got 5"):
        run.save(5)
    with pytest.raises(TypeError, match="path must be the path of a file, got None"):
        fusedmlp.load(None)
    with pytest.raises(ValueError, match="path must have no null characters"):
        run.save("a\0b")
    with pytest.raises(ValueError, match="path must have no null characters"):
        fusedmlp.load("a\0b")
    with pytest.raises(TypeError, match="run must be a Trained, got 'network'"):
        fusedmlp.save("network", tmp_path / "network")
    run.save(os.fsencode(tmp_path / "bytes"))
    require_unchanged(tmp_path / "bytes", run)
