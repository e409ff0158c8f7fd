"""The bytes of a file: safetensors, an open format of arrays and text that holds no code.

A file begins with the length of its header (8 bytes, least first) and the header, which is JSON:
the metadata, and each tensor's type, shape and place. The tensors follow. Ours has a SHA-256 of all
bytes in its metadata, made while that is 64 zeros.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.network_file.strict_json import parsed

# Bytes of a header, which a network of about five thousand layers fills: what JSON takes in memory
# may be thirty times as much.
MOST_HEADER = 4 << 20
LENGTH_BYTES = 8
SAFETENSORS = "a safetensors file"
WHOLE = "a whole network"

METADATA, CHECKSUM = "__metadata__", "sha256"
BLANK = b"0" * 64
FIELD = f'"{CHECKSUM}":"'.encode()  # with quotes of its own, it cannot be part of a text
DTYPES = {"F64": "float64", "F32": "float32", "I64": "int64", "I8": "int8"}


class Kind(NamedTuple):
    """The type and shape of a tensor."""

    dtype: str
    shape: tuple[int, ...]


class Header(NamedTuple):
    """What a file says of itself, before its tensors are read."""

    metadata: dict[str, str]
    kinds: dict[str, Kind]
    size: int  # bytes, with its length


def encoded(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytearray:
    """Return the bytes of a file, with its checksum.

    Raises
    ------
    ValueError
        If there are too many tensors for the header, or too much text.
    """
    from safetensors.numpy import save

    whole = bytearray(save(dict(tensors), {**metadata, CHECKSUM: BLANK.decode()}))
    size = int.from_bytes(whole[:LENGTH_BYTES], "little")
    if size > MOST_HEADER:
        raise ValueError(f"its header must have at most {MOST_HEADER:,} bytes, got {size:,}")
    place = whole.index(FIELD + BLANK) + len(FIELD)
    whole[place : place + len(BLANK)] = sha256(whole).hexdigest().encode()
    return whole


def read_header(file: BinaryIO, size: int) -> Header:
    """Return the header of a file of `size` bytes.

    Raises
    ------
    RefusedFileError
        If it is none, or is longer than the file, or than `MOST_HEADER`.
    """
    length = int.from_bytes(file.read(LENGTH_BYTES), "little")
    if not 2 <= length <= size - LENGTH_BYTES:
        raise RefusedFileError(SAFETENSORS, f"it has {size:,} bytes and no header")
    if length > MOST_HEADER:
        raise RefusedFileError(WHOLE, f"its header has {length:,} bytes, above {MOST_HEADER:,}")
    try:
        header = parsed(file.read(length).decode("utf-8"))
    except ValueError as error:
        raise RefusedFileError(SAFETENSORS, f"its header is damaged: {error}") from None
    if not isinstance(header, dict):
        raise RefusedFileError(SAFETENSORS, "its header is not an object")
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(type(v) is str for v in metadata.values()):
        raise RefusedFileError(SAFETENSORS, "its metadata are not text")
    kinds = {name: _kind(name, entry) for name, entry in header.items()}
    return Header(metadata, kinds, LENGTH_BYTES + length)


def _kind(name: str, entry: Any) -> Kind:
    """Return the type and shape of a tensor; its place is checked when it is read."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise RefusedFileError(SAFETENSORS, f"{name!r} is not a tensor")
    dtype, shape = entry["dtype"], entry["shape"]
    lengths = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    if not isinstance(dtype, str) or not lengths:
        raise RefusedFileError(SAFETENSORS, f"{name!r} has no type or shape")
    return Kind(DTYPES.get(dtype, dtype), tuple(shape))


def read_tensors(
    file: BinaryIO, size: int, header: Header, checked: bool
) -> dict[str, NDArray[Any]]:
    """Return the tensors of a file whose header was read and is what it must be.

    checked: whether it has a checksum.

    Raises
    ------
    RefusedFileError
        If the tensors do not fill the file, or the checksum is that of other bytes.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    wanted = sum(prod(k.shape) * np.dtype(k.dtype).itemsize for k in header.kinds.values())
    if header.size + wanted != size:
        reason = f"it has {size - header.size:,} bytes of tensors in place of {wanted:,}"
        raise RefusedFileError(WHOLE, reason)
    file.seek(0)
    whole = file.read(size)
    if checked:
        _require_checksum(whole, header)
    try:
        tensors: dict[str, NDArray[Any]] = load(whole)
    except SafetensorError as error:
        raise RefusedFileError(SAFETENSORS, str(error)) from None
    if {name: Kind(t.dtype.name, t.shape) for name, t in tensors.items()} != header.kinds:
        raise RefusedFileError(WHOLE, "it changed while it was read")
    return tensors


def _require_checksum(whole: bytes, header: Header) -> None:
    given = header.metadata[CHECKSUM]
    if not re.fullmatch("[0-9a-f]{64}", given):
        raise RefusedFileError(WHOLE, "its checksum is not one")
    before, field, after = whole[: header.size].partition(FIELD + given.encode())
    digest = sha256(before)
    digest.update(FIELD + BLANK)
    digest.update(after)
    digest.update(memoryview(whole)[header.size :])
    if not field or digest.hexdigest() != given:
        raise RefusedFileError(WHOLE, "it is damaged: its checksum is that of other bytes")
