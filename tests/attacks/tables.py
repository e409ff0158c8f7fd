"""Mutated files of models of tables: `tables.load` must refuse each, or give a model that works."""

import io
import json
import random
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import fusedmlp
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.files import decoded
from tests.attacks.files import (
    BYTES,
    FILE_EACH,
    change,
    change_text,
    folder,
    mutated,
    splice,
)
from tests.files.file_parts import in_order, joined, parts

QUICK = {"epochs": 2, "networks": 2, "hidden": 3}
MUTATIONS = [one for one in BYTES if one is not splice]  # which is of networks' files


@cache
def frame() -> pd.DataFrame:
    """A table with columns of each kind."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    return pd.DataFrame(
        {
            "x": x,
            "city": np.array(["Oslo", "Rome", "Bonn"])[np.arange(60) % 3],
            "sold": pd.date_range("2020-01-01", periods=60, freq="9D").astype(str),
            "price": [f"{abs(value):.1f}" for value in x * 1000],
            "kind": np.array(["a", "b"])[(x > 0).astype(int)],
            "count": rng.poisson(np.exp(x / 2)),
        }
    )


@cache
def originals() -> list[bytes]:
    """The files to mutate: of classes, of numbers and of counts."""
    models = [
        fusedmlp.tables.fit(frame(), "kind", **QUICK),
        fusedmlp.tables.fit(frame(), "x", test_size=0, **QUICK),
        fusedmlp.tables.fit(frame(), "count", task="counts", batch_norm=True, **QUICK),
    ]
    files = []
    with tempfile.TemporaryDirectory() as place:
        for model in models:
            path = Path(place) / "model"
            model.save(path)
            files.append(in_order(path.read_bytes()))
    return files


def change_header(data: bytes, rng: random.Random) -> bytes:
    """Change a few things that the header or the model says, or text of them."""
    header, rest = parts(data)
    model = json.loads(header["__metadata__"]["model"])
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        change(rng.choice((header, header["__metadata__"], *([model] * 8))), rng)
    metadata = header.get("__metadata__")
    if isinstance(metadata, dict) and "model" in metadata:
        metadata["model"] = change_text(json.dumps(model), rng)
    text = change_text(json.dumps(header, separators=(",", ":")), rng)
    return joined(text.encode(errors="surrogatepass"), rest)


def attempt(number: int) -> None:
    """Mutate a file and load it."""
    made = mutated(number, originals(), change_header, MUTATIONS)
    if made is None:
        return
    data, mutation, anew = made
    model = loaded(data, on_disk=number % FILE_EACH == 0)
    if model is None:
        return
    if not anew:
        raise AssertionError(f"{mutation}: accepted with the checksum of other bytes")
    require_works(model)


def loaded(data: bytes, on_disk: bool) -> "fusedmlp.tables.TableModel | None":
    """The model of a file, or None if it was refused."""
    if not on_disk:
        try:
            return decoded(io.BytesIO(data), len(data))
        except RefusedFileError:
            return None
    path = Path(folder().name) / "model"
    path.write_bytes(data)
    try:
        return fusedmlp.tables.load(path)
    except TableError as error:
        if not str(error).startswith("path must be "):
            raise AssertionError(f"not a reader's message: {error}") from error
        return None


def require_works(model: "fusedmlp.tables.TableModel") -> None:
    """Predict, and look at all that a model shows."""
    try:
        answers = model.predict(frame())
    except TableError:  # as for another column's name, or another mark of decimals
        answers = frame()["x"]
    assert len(answers) == len(frame())
    assert repr(model).isprintable()
    assert len(model.scores.frame())
    model.scores.confusion_frame(getattr(model.target, "labels", ()))


if __name__ == "__main__":
    from tests.attacks.campaign import main

    main("tests.attacks.tables", 1_000_000)
