"""The bytes of a network's file, taken apart and put together without the package."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

# A file of the first format, which had no checksum. The weights were set to numbers whose sums and
# products are exact, so that any processor predicts the same.
FORMAT_1 = Path(__file__).parent / "data" / "format_1.safetensors"


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the tensors of a file."""
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def joined(header: bytes, rest: bytes) -> bytes:
    """A file of a header, which is filled up with spaces, and tensors."""
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + rest


def with_checksum(data: bytes) -> bytes:
    """A file whose checksum was made anew, if it has one."""
    before, field, after = data.partition(b'"sha256":"')
    if not field:
        return data
    blank = before + field + b"0" * 64 + after[64:]
    return before + field + sha256(blank).hexdigest().encode() + after[64:]


def in_order(data: bytes) -> bytes:
    """The same file with its header in one order: the library's may differ in each process."""
    header, rest = parts(data)
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    ordered = {name: header[name] for name in sorted(header)}
    return with_checksum(joined(json.dumps(ordered, separators=(",", ":")).encode(), rest))


@dataclass
class Opened:
    """A file taken apart, to be changed."""

    header: dict[str, Any]
    run: dict[str, Any]  # the options, epochs and stopped
    tensors: bytearray

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the header."""
        return self.header["__metadata__"]


def changed(
    data: bytes,
    change: Callable[[Opened], object],
    text: Callable[[str], str] = lambda text: text,
) -> bytes:
    """A file with a right checksum after a change; `text` changes the JSON of its run."""
    header, tensors = parts(data)
    file = Opened(header, json.loads(header["__metadata__"]["run"]), bytearray(tensors))
    change(file)
    file.metadata["run"] = text(json.dumps(file.run))
    whole = json.dumps(file.header, separators=(",", ":")).encode()
    return with_checksum(joined(whole, bytes(file.tensors)))


def option(**values: Any) -> Callable[[Opened], object]:
    """A change of options."""
    return lambda file: file.run["options"].update(values)


def about(**values: Any) -> Callable[[Opened], object]:
    """A change of what is known besides options and arrays."""
    return lambda file: file.run.update(values)
