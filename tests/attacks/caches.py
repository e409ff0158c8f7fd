"""Attacks on the machine code that is kept on disk: damaged, exchanged, and planted by others.

Each attempt does something to a copy of a cache that was filled once. A fresh process must then get
the right bits, without an exception, a crash or a wait, and what was planted must not run::

    python -m tests.attacks.caches
"""

import os
import pickle
import random
import shutil
import signal
import stat
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.attacks.campaign import main
from tests.processes import TRAIN, run_python

# Of so many attempts, one trains the seeds' network in a process that is started for it. The others
# use kernels that compile in a moment, in a fork of this process, which has not loaded them.
EVERY = 20
SEEDS = "import warnings; warnings.simplefilter('default')" + TRAIN
OTHERS = 0o022
SOMEONE = 12345  # a user's number

Attack = Callable[[random.Random, Path], None]
ATTACKS: list[Attack] = []


def attack(function: Attack) -> Attack:
    """Add a function (random, file) to the attacks."""
    ATTACKS.append(function)
    return function


@attack
def truncate(draw: random.Random, file: Path) -> None:
    """Keep the beginning alone."""
    file.write_bytes(file.read_bytes()[: draw.randrange(file.stat().st_size)])


@attack
def overwrite(draw: random.Random, file: Path) -> None:
    """Put random bytes somewhere."""
    whole = bytearray(file.read_bytes())
    begin = draw.randrange(len(whole))
    part = draw.randbytes(draw.choice([1, 16, 4096, len(whole)]))
    whole[begin : begin + len(part)] = part
    file.write_bytes(whole)


@attack
def flip(draw: random.Random, file: Path) -> None:
    """Turn a few bits over, which in object code are other instructions."""
    whole = bytearray(file.read_bytes())
    for place in {draw.randrange(8 * len(whole)) for _ in range(draw.choice([1, 1, 3, 100]))}:
        whole[place // 8] ^= 1 << place % 8
    file.write_bytes(whole)


@attack
def lengthen(draw: random.Random, file: Path) -> None:
    """Append something."""
    file.write_bytes(file.read_bytes() + draw.randbytes(draw.choice([1, 1000])))


@attack
def empty(draw: random.Random, file: Path) -> None:
    """Leave no byte, or as many zeros, as after a power cut."""
    file.write_bytes(b"\0" * draw.choice([0, file.stat().st_size]))


@attack
def replace(draw: random.Random, file: Path) -> None:
    """Put something that is no file in its place."""
    file.unlink()
    aside = file.with_name("aside")
    plant(aside, named=file)
    places: list[Callable[[], None]] = [
        lambda: file.mkdir(),
        lambda: os.mkfifo(file),
        lambda: file.symlink_to(aside),
        lambda: file.symlink_to("nowhere"),
        lambda: file.symlink_to(file),
        lambda: file.symlink_to("/dev/zero"),
    ]
    draw.choice(places)()


@attack
def exchange(draw: random.Random, file: Path) -> None:
    """Give a file another one's name."""
    others = sorted(set(file.parent.iterdir()) - {file})
    shutil.copy(draw.choice(others), file)


@attack
def litter(draw: random.Random, file: Path) -> None:
    """Leave what an ended process leaves, of any age."""
    for number in range(5):
        left = file.with_name(f"tmp-{number}.kernel")
        left.write_bytes(file.read_bytes()[: draw.randrange(1000)])
        then = time.time() - draw.random() * 1e7
        os.utime(left, (then, then))
    file.unlink()


@attack
def obstruct(draw: random.Random, file: Path) -> None:
    """Put something in the folder's place, or leave nothing of it."""
    folder = file.parent
    shutil.rmtree(folder)
    places: list[Callable[[], object]] = [
        lambda: None,
        lambda: folder.parent.rmdir(),
        lambda: folder.write_bytes(b""),
        lambda: folder.symlink_to("nowhere"),
        lambda: folder.symlink_to(folder),
        lambda: os.mkfifo(folder),
        lambda: folder.mkdir(mode=0o500),
    ]
    draw.choice(places)()


class Payload:
    """What unpickling runs."""

    def __init__(self, marker: Path) -> None:
        self.marker = str(marker)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.marker,)


def plant(file: Path, named: Path) -> None:
    """Write a payload with the checksum that is right for a name."""
    from fusedmlp.kernels.compilation.files import _header

    content = pickle.dumps(Payload(marker_beside(named)))
    file.write_bytes(_header(named.name, content) + content)


def marker_beside(file: Path) -> Path:
    """Return the directory that a payload makes, outside the cache."""
    return file.parents[2] / "marker"


@attack
def plant_in_an_open_file(draw: random.Random, file: Path) -> None:
    """Write to a file that others may write to."""
    plant(file, file)
    open_to_others(draw, file)


@attack
def plant_in_an_open_folder(draw: random.Random, file: Path) -> None:
    """Put a file into a folder that others may write to: this one, or the one above."""
    plant(file, file)
    open_to_others(draw, draw.choice([file.parent, file.parents[1]]))


@attack
def plant_as_another_user(draw: random.Random, file: Path) -> None:
    """Have a file, or the folder, belong to somebody else; without the right to, open it."""
    plant(file, file)
    place = draw.choice([file, file.parent, file.parents[1]])
    if os.geteuid() == 0:
        os.chown(place, SOMEONE, SOMEONE)
    else:
        open_to_others(draw, place)


def open_to_others(draw: random.Random, place: Path) -> None:
    """Let the group or all others write."""
    bits = draw.choice([stat.S_IWGRP, stat.S_IWOTH, OTHERS])
    place.chmod(stat.S_IMODE(place.stat().st_mode) | bits)


def train(folder: Path) -> str:
    """Train the seeds' network in a new process; return its error."""
    return run_python(SEEDS, NUMBA_CACHE_DIR=str(folder))


def run_tiny(folder: Path) -> str:
    """Call the tiny kernels in a fork, which may crash; return their results."""
    _load_numba()
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on: NumPy has threads
        child = os.fork()
    if child == 0:
        signal.alarm(100)
        try:
            printed = _results_of_tiny(folder)
        except BaseException as error:
            printed = repr(error)
        os.write(writer, printed.encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as pipe:  # noqa: PTH123
        printed = pipe.read()
    _, status = os.waitpid(child, 0)
    return printed if status == 0 else f"ended with {os.waitstatus_to_exitcode(status)}"


def _results_of_tiny(folder: Path) -> str:
    from numba import config

    from tests.kernels.compilation.tiny import other_tiny, tiny

    config.CACHE_DIR = str(folder)
    warnings.simplefilter("ignore")
    return f"{tiny(42)} {tiny(0.1).hex()} {other_tiny(42)}"


@cache
def _load_numba() -> None:
    """Load what all forks need; nothing of it is in the cache."""
    from numba import njit

    import tests.kernels.compilation.tiny  # noqa: F401

    njit(lambda x: x)(1)


@cache
def filled(use: Callable[[Path], str]) -> tuple[Path, str]:
    """Return a cache that a use has filled, and its result."""
    holder = tempfile.TemporaryDirectory()
    HOLDERS.append(holder)
    folder = Path(holder.name, "cache")
    return folder, use(folder)


HOLDERS: list["tempfile.TemporaryDirectory[str]"] = []


def attempt(number: int) -> None:
    """Do one thing to a cache, and use it."""
    draw = random.Random(number)
    harm = ATTACKS[number % len(ATTACKS)]
    use = train if draw.randrange(EVERY) == 0 and harm is not exchange else run_tiny
    source, expected = filled(use)
    with tempfile.TemporaryDirectory() as holder:
        folder = Path(holder, "cache")
        shutil.copytree(source, folder)
        file = draw.choice(sorted((folder / "fusedmlp").iterdir()))
        harm(draw, file)
        for _ in range(draw.choice([1, 1, 2])):  # what the first wrote is used by the second
            result = use(folder)
            if result != expected:
                raise AssertionError(f"{harm.__name__}: {result} instead of {expected}")
        if marker_beside(file).exists():
            raise AssertionError(f"{harm.__name__}: a planted file ran")


if __name__ == "__main__":
    main("tests.attacks.caches", 200)
