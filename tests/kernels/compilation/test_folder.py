"""Where machine code is kept, and whom that folder must belong to."""

import os
from pathlib import Path

import pytest
from numba import config

from fusedmlp.kernels.compilation import folder
from fusedmlp.kernels.compilation.folder import (
    UntrustedError,
    folder_path,
    require_trusted,
    trusted_folder,
)

has_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's cache folder, which does not exist yet."""
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))
    return tmp_path


@pytest.fixture
def named(tmp_path, monkeypatch):
    """A folder that the environment names, which does not exist yet."""
    path = tmp_path / "above" / "named"
    monkeypatch.setattr(config, "CACHE_DIR", str(path))
    return path


def mode(path):
    return path.stat().st_mode & 0o7777


def someone_else(monkeypatch):
    """From here on the process's user is another one."""
    user = os.geteuid() + 1000
    monkeypatch.setattr(folder.os, "geteuid", lambda: user)


@has_owners
@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077])
def test_a_folder_in_the_home_is_the_users_alone(home, umask):
    before = os.umask(umask)
    try:
        path = trusted_folder()
    finally:
        os.umask(before)
    assert path.is_relative_to(home)
    assert path.name == "fusedmlp"
    assert mode(path) == mode(path.parent) == 0o700
    assert trusted_folder() == path


@has_owners
@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077])
def test_others_may_read_a_folder_that_the_environment_names(named, umask):
    before = os.umask(umask)
    try:
        assert trusted_folder() == named / "fusedmlp"
    finally:
        os.umask(before)
    assert mode(named / "fusedmlp") == 0o755
    assert mode(named) & 0o022 == 0


@has_owners
@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("bits", [0o775, 0o757, 0o777, 0o1777])
def test_a_folder_that_others_may_write_to_is_refused(bits):
    path = trusted_folder()
    path.chmod(bits)
    with pytest.raises(UntrustedError, match=f"chmod go-w '{path}'"):
        trusted_folder()


@has_owners
def test_so_is_the_one_above_unless_each_can_remove_only_what_is_his_own(named):
    path = trusted_folder()
    named.chmod(0o777)
    with pytest.raises(UntrustedError, match=f"chmod go-w '{named}'"):
        trusted_folder()
    named.chmod(0o1777)
    assert trusted_folder() == path


@has_owners
def test_links_are_followed_to_what_counts(named, tmp_path):
    real = tmp_path / "real"
    real.mkdir(mode=0o755)
    named.parent.mkdir()
    named.symlink_to(real)
    assert trusted_folder() == real / "fusedmlp"
    (real / "fusedmlp").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (real / "fusedmlp").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").chmod(0o777)
    with pytest.raises(UntrustedError, match="elsewhere"):
        trusted_folder()


@has_owners
def test_another_users_folder_is_refused_but_not_roots(named, monkeypatch):
    trusted_folder()
    someone_else(monkeypatch)
    if named.stat().st_uid == 0:
        assert trusted_folder() == named / "fusedmlp"
    else:
        with pytest.raises(UntrustedError, match="belongs to another user"):
            trusted_folder()
    require_trusted(Path("/"), Path("/").stat())  # root's


@has_owners
@pytest.mark.parametrize(("user", "owner", "trusted"), [
    (0, 0, True), (0, 1000, False), (1000, 1000, True), (1000, 0, True), (1000, 1001, False),
])  # fmt: skip
def test_a_user_trusts_root_and_root_trusts_none(user, owner, trusted, tmp_path, monkeypatch):
    monkeypatch.setattr(folder.os, "geteuid", lambda: user)
    numbers = list(tmp_path.stat())
    numbers[4] = owner
    status = os.stat_result(numbers)
    if trusted:
        require_trusted(tmp_path, status)
    else:
        with pytest.raises(UntrustedError, match=f"another user .number {owner}."):
            require_trusted(tmp_path, status)


@has_owners
def test_where_files_have_no_owner_nothing_is_refused(named, monkeypatch):
    trusted_folder().chmod(0o777)
    monkeypatch.delattr(folder.os, "geteuid")
    assert trusted_folder() == named / "fusedmlp"


def no_home(*_, **__):
    raise RuntimeError("could not determine the home directory")


def unexpanded(*_, **__):
    return Path("~/.cache/fusedmlp")


@pytest.mark.parametrize("answer", [no_home, unexpanded])
def test_no_home_is_no_folder_below_the_working_directory(monkeypatch, answer):
    """Recent versions of platformdirs raise, older ones return what stands for the home."""
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr(folder, "user_cache_path", answer)
    with pytest.raises(FileNotFoundError, match="no home folder"):
        folder_path()
    with pytest.raises(OSError, match="no home folder"):
        trusted_folder()
