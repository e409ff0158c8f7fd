"""Mutated files: `load` must refuse each, or, if it is a whole network again, give one that works.

Most attempts read from memory, one in `FILE_EACH` from a disk. Where a file's checksum was not made
anew, no mutation at all may be accepted.
"""

import io
import json
import random
import tempfile
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import fusedmlp
from fusedmlp.network_file.network import decoded
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.storage import network_of
from tests.cases import EVERYTHING, Case
from tests.files.file_parts import FORMAT_1, in_order, joined, parts, with_checksum

FILE_EACH = 64
CASES = [
    Case("", (3, 1), 4),
    Case("", (3, 4, 2), 9, EVERYTHING),
    Case("", (2, 3, 4, 2), 9, {"batch_norm": True, "dtype": "float32", "validation": 0.3}),
    Case("", (2, 6, 2), 9, {"activation": ["gelu"], "callback": lambda _: False}),
]
VALUES = [
    None, True, False, 0, 1, -1, 2, 3, 4, 5, 10, 64, 1000, 10**6, 10**9, 10**12, 10**13, 2**31,
    2**63, 2**64, -(2**63), 10**400, 0.0, -0.0, 0.5, 1.0, 1e-300, 1e300, -1.5, "", "1", "2", "3",
    "F64", "F32", "I64", "BF16", "U8", "float64", "float32", "relu", "silu", "softmax", "identity",
    "sigmoid", "adam", "lbfgs", "mean", "kernels", "reference", "log_loss", "given, not kept", "he",
    "given", "\ud800", "\0", "a" * 2000, [], {}, [[]], [1], [3, 4], [4, 2], [0], ["relu"],
    ["relu"] * 1000, [10**12] * 3, [-1], [1.5], [None], {"a": 1}, [0, 8], [8, 0], [2**62, 8],
]  # fmt: skip


@cache
def originals() -> list[bytes]:
    """The files to mutate: of each case, and of the first format, which has no checksum."""
    files = [FORMAT_1.read_bytes()]
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            path = Path(folder) / "network"
            fusedmlp.train(*case.data(), **case.arguments(record_every=3)).save(path)
            files.append(path.read_bytes())
    return [in_order(data) for data in files]


@cache
def folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder in memory, if there is one, for the attempts that read a file."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)


# Mutations of bytes.


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def set_bytes(data: bytes, rng: random.Random) -> bytes:
    out, place = bytearray(data), rng.randrange(len(data))
    part = rng.choice((b"\0", b"\xff", b'"', b"{", b"}", b"[", b",", b"9", b"9" * 400, b"\\", b" "))
    out[place : place + len(part)] = part
    return bytes(out)


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice((rng.randrange(len(data)), rng.randrange(16), len(data) - 1))]


def insert(data: bytes, rng: random.Random) -> bytes:
    place = rng.choice((rng.randrange(len(data)), len(data), 0, 8))
    return data[:place] + rng.randbytes(rng.choice((1, 8, 100))) + data[place:]


def remove(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + data[place + rng.choice((1, 8, 100)) :]


def swap(data: bytes, rng: random.Random) -> bytes:
    a, b, c = sorted(rng.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def repeat(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:b] + data[a:b] + data[b:]


def splice(data: bytes, rng: random.Random) -> bytes:
    other = rng.choice(originals())
    place = rng.randrange(min(len(data), len(other)))
    return data[:place] + other[place:]


def change_length(data: bytes, rng: random.Random) -> bytes:
    length = int.from_bytes(data[:8], "little") + rng.choice((-8, -1, 1, 8, 2**20, 2**40, 2**63))
    return (length % 2**64).to_bytes(8, "little") + data[8:]


Mutation = Callable[[bytes, random.Random], bytes]
BYTES: list[Mutation] = [
    flip_bits, set_bytes, truncate, insert, remove, swap, repeat, splice, change_length
]  # fmt: skip

# Mutations of what the header says, and of the numbers.


def change_header(data: bytes, rng: random.Random) -> bytes:
    """Change a few things that the header says, or text of it."""
    header, rest = parts(data)
    run = json.loads(header["__metadata__"]["run"])
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        change(rng.choice((header, header["__metadata__"], run, run, run["options"])), rng)
        if not isinstance(header.get("__metadata__"), dict) or "options" not in run:
            break
    if isinstance(header.get("__metadata__"), dict) and "run" in header["__metadata__"]:
        header["__metadata__"]["run"] = change_text(json.dumps(run), rng)
    text = change_text(json.dumps(header, separators=(",", ":")), rng)
    return joined(text.encode(errors="surrogatepass"), rest)


def change(tree: Any, rng: random.Random) -> None:
    """Change one thing somewhere in a tree of dicts and lists."""
    while True:
        if not isinstance(tree, dict | list) or not tree:
            return
        key = rng.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        if isinstance(tree[key], dict | list) and tree[key] and rng.random() < 0.8:
            tree = tree[key]
            continue
        break
    kind = rng.randrange(8)
    if kind == 0:
        del tree[key]
    elif kind == 1 and isinstance(tree, dict):
        tree[rng.choice(("new", "weights.9", f"{key}0", "fusedmlp"))] = tree[key]
    elif kind == 2 and isinstance(tree, dict):
        tree[rng.choice(list(tree))] = tree[key]
    elif kind == 3 and isinstance(tree[key], int | float):
        tree[key] = tree[key] + rng.choice((-1, 1, 8, -tree[key]))
    else:
        tree[key] = deepcopy(rng.choice(VALUES))


def change_text(text: str, rng: random.Random) -> str:
    """Now and then, do to a JSON text what no writer of JSON does."""
    kind = rng.randrange(24)
    if kind == 0:
        deep = rng.choice((60, 900, 5_000))
        return text.replace(":", ":" + "[" * deep, 1)
    if kind == 1:
        deep = rng.choice((60, 900, 5_000))
        return text[:-1] + ',"new":' + '{"a":' * deep + "1" + "}" * deep + "}"
    if kind == 2:  # a key twice
        name = rng.choice(("options", "epochs", "weights.0", "__metadata__", "fusedmlp", "hidden"))
        return "{" + f'"{name}":{rng.choice(("1", "{}", chr(34) * 2))},' + text[1:]
    if kind == 3:
        return text.replace("1", rng.choice(("9" * 5_000, "1e999", "NaN", "-Infinity", "01")), 1)
    return text


def change_numbers(data: bytes, rng: random.Random) -> bytes:
    """Change a few numbers of the tensors."""
    header, rest = parts(data)
    out = bytearray(rest)
    odd = [np.nan, np.inf, -np.inf, -1.0, 1e300, 5e-324, 0.0, rng.random()]
    for _ in range(rng.choice((1, 1, 4))):
        place = rng.randrange(len(out) // 8) * 8
        out[place : place + 8] = rng.choice((np.float64(rng.choice(odd)).tobytes(), b"\xff" * 8))
    return joined(json.dumps(header, separators=(",", ":")).encode(), bytes(out))


def says_format_1(data: bytes) -> bool:
    """Whether a file says that it is of the first format, and has no checksum."""
    return b'"sha256"' not in data and b'"fusedmlp":"1"' in data


def mutated(
    number: int, originals: list[bytes], change_header: Mutation, others: list[Mutation]
) -> tuple[bytes, str, bool] | None:
    """A mutated file, the mutation, and if its checksum is new; None if it came out as it was."""
    rng = random.Random(number)
    original = rng.choice(originals)
    mutation = rng.choice((change_header, change_header, change_numbers, rng.choice(others)))
    data = mutation(original, rng)
    anew = rng.random() < 0.6
    if anew:
        data = with_checksum(data)
    return None if data in originals else (data, mutation.__name__, anew)


def attempt(number: int) -> None:
    """Mutate a file and load it."""
    made = mutated(number, originals(), change_header, BYTES)
    if made is None:
        return
    data, mutation, anew = made
    network = loaded(data, on_disk=number % FILE_EACH == 0)
    if network is None:
        return
    if not anew and not says_format_1(data):
        raise AssertionError(f"{mutation}: accepted with the checksum of other bytes")
    require_works(network)


def loaded(data: bytes, on_disk: bool) -> fusedmlp.Trained | None:
    """The network of a file, or None if it was refused."""
    try:
        if not on_disk:
            return network_of(decoded(io.BytesIO(data), len(data)))
    except RefusedFileError:
        return None
    path = Path(folder().name) / "network"
    path.write_bytes(data)
    try:
        return fusedmlp.load(path)
    except ValueError as error:
        if isinstance(error, RefusedFileError) or not str(error).startswith("path must be "):
            raise AssertionError(f"not a reader's message: {error}") from error
        return None


def require_works(network: fusedmlp.Trained) -> None:
    """Predict, and look at all that a network shows."""
    X = np.zeros((2, network.weights[0].shape[0]))
    outputs = network.predict(X)
    assert outputs.shape == (2, network.weights[-1].shape[1])
    assert all(np.isfinite(w).all() for w in network.weights + network.biases)
    assert len(network.history["loss"]) == len(network.history["epoch"])
    assert network.options["epochs"] >= network.epochs >= 0
    assert repr(network).isprintable()


if __name__ == "__main__":
    from tests.attacks.campaign import main

    main("tests.attacks.files", 1_000_000)
