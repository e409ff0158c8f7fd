"""The function `load`: a model's file is read with mistrust.

Its container, checksum and networks are those of `fusedmlp.network_file`; the tensors of network i
have the names of a network's file after ``i.``.
"""

from collections.abc import Mapping
from os import PathLike
from typing import BinaryIO

from fusedmlp.network_file.container import CHECKSUM, read_header, read_tensors
from fusedmlp.network_file.contents import layer_sizes
from fusedmlp.network_file.network import NETWORK, TABLE, Contents
from fusedmlp.network_file.opening import read_from
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.storage import network_of
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.file_contents import (
    FORMAT,
    checked_model,
    of_network,
    require_kinds,
    require_values,
)
from fusedmlp.tables.model import TableModel

WHOLE = "a whole model of a table"


def load(path: str | PathLike[str]) -> TableModel:
    """Read a model of a table that `TableModel.save` wrote.

    The file is not believed: nothing large is read before its header was found to be right, the
    checksum must be that of all its bytes, and all that it says must be what a model can be. It
    holds no code.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    TableModel
        It predicts the same bits as the one that was saved.

    Raises
    ------
    TableError
        If the file is anything else; the error says why.
    FileNotFoundError
        If there is no such file.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import fusedmlp, os, pandas, tempfile
    >>> frame = pandas.DataFrame({"x": range(-50, 50), "y": range(0, 300, 3)})
    >>> model = fusedmlp.tables.fit(frame, "y", epochs=20)
    >>> path = os.path.join(tempfile.mkdtemp(), "model.fmlp")
    >>> model.save(path)
    >>> bool((fusedmlp.tables.load(path).predict(frame) == model.predict(frame)).all())
    True
    """
    return read_from(path, decoded, TableError)


def decoded(file: BinaryIO, size: int) -> TableModel:
    """Return the model in an open file of `size` bytes.

    Raises
    ------
    RefusedFileError
        If the file is not what `write_model` writes.
    """
    header = read_header(file, size)
    _require_format(header.metadata)
    try:
        said = checked_model(header.metadata["model"])
        require_kinds(said, header.kinds)
        tensors = read_tensors(file, size, header, checked=True)
        require_values(said, tensors)
    except RefusedFileError:
        raise
    except (TypeError, ValueError) as error:
        raise RefusedFileError(WHOLE, str(error)) from None
    networks = tuple(
        network_of(
            Contents(
                about,
                layer_sizes(of_network(number, header.kinds), about.options),
                of_network(number, tensors),
            )
        )
        for number, about in enumerate(said.networks)
    )
    return TableModel(networks, *said[1:])


def _require_format(metadata: Mapping[str, str]) -> None:
    if TABLE not in metadata and NETWORK in metadata:
        raise RefusedFileError(WHOLE, "it is a network alone, which fusedmlp.load opens")
    if metadata.get(TABLE) != FORMAT:
        raise RefusedFileError(
            f"a model of a table in fusedmlp's format {FORMAT}",
            f"its format is {metadata.get(TABLE)!r}",
        )
    if metadata.keys() != {TABLE, "model", CHECKSUM}:
        wanted = ", ".join(sorted((TABLE, "model", CHECKSUM)))
        raise RefusedFileError(WHOLE, f"its metadata must be {wanted}, got {', '.join(metadata)}")
