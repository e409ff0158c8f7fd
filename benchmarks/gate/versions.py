"""The two versions to compare: the working tree, and a commit before it."""

import shutil
import subprocess
import zipfile
from pathlib import Path

from benchmarks.common import ROOT
from benchmarks.gate.measure import Version


class NoBaseError(Exception):
    """There is nothing to compare with; the message says why."""


def git(*arguments: str) -> str:
    """Return what git prints.

    Raises
    ------
    NoBaseError
        If it fails, with what it says, or is not there.
    """
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        raise NoBaseError("git is not installed") from None
    except subprocess.CalledProcessError as error:
        raise NoBaseError(error.stderr.strip() or f"git {arguments[0]} failed") from None
    return done.stdout.strip()


def base_commit() -> str:
    """Return the commit that a branch left origin's main at, or else the one before HEAD.

    Raises
    ------
    NoBaseError
        Where there is neither, as in a shallow clone.
    """
    head = git("rev-parse", "HEAD")
    try:
        branched = git("merge-base", "origin/main", "HEAD")
    except NoBaseError:
        branched = head
    return branched if branched != head else git("rev-parse", "--verify", "HEAD~1")


def same_source(commit: str) -> bool:
    """Whether the working tree's package is the commit's."""
    changed = git("diff", "--name-only", commit, "--", "src")
    return not changed and not git("ls-files", "--others", "--exclude-standard", "src")


def checked_out(commit: str, directory: Path) -> Version:
    """Put the commit's package in a directory."""
    archive = directory / "base.zip"
    git("archive", f"--output={archive}", commit, "src")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(directory / "base")
    return Version(directory / "base" / "src", directory / "base_machine_code")


def working_tree(directory: Path) -> Version:
    """Return the package that is there; its machine code goes to the directory."""
    return Version(ROOT / "src", directory / "head_machine_code")


def copied(directory: Path) -> Version:
    """Put a copy of the working tree's package in a directory."""
    shutil.copytree(
        ROOT / "src", directory / "base" / "src", ignore=shutil.ignore_patterns("__pycache__")
    )
    return Version(directory / "base" / "src", directory / "base_machine_code")
