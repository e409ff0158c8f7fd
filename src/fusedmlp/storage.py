"""The functions `save` and `load`: networks on disk."""

from os import PathLike

import numpy as np

from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.checks.shown import shown
from fusedmlp.network_file.network import Contents, read_network
from fusedmlp.network_file.progress import continuation_in
from fusedmlp.options.kept import FixedOptions
from fusedmlp.plan.parameters import aligned
from fusedmlp.trained import Trained


def save(run: Trained, path: str | PathLike[str]) -> None:
    """Write a trained network to a safetensors file.

    Weights and biases are the tensors ``weights.0``, ``biases.0`` and so on; history and direction
    counts are tensors too; the options (`Trained.options`, which say of data and functions only
    that they were given), ``epochs``, ``stopped`` and the names of a data frame's columns are JSON
    in the metadata, and so is a SHA-256 of all bytes.

    The file is replaced whole: if the process or the machine stops while it is written, or the disk
    is full, the old one is still there. Its mode stays; behind a symbolic link, the file that it
    names is replaced. Of a process that was killed, a hidden file ``.fusedmlp-*.tmp`` may be left
    in the folder, which the next `save` to the same path removes.

    Parameters
    ----------
    run : Trained
    path : path-like
        File to write; it is replaced if it exists.

    Raises
    ------
    TypeError
        If run is not a Trained.
    ValueError
        If a weight is not finite, as after a run that diverged, or the history was edited so that
        it is not one, or for a network of several thousand layers: `load` would refuse the file.
    FileNotFoundError
        If the folder is missing.
    IsADirectoryError
        If the path is a folder.
    OSError
        If the path is a device, a FIFO or a socket, or the file cannot be written.

    Examples
    --------
    >>> import fusedmlp, tempfile, os
    >>> run = fusedmlp.train([[0, 1], [1, 0]], [0, 1], epochs=10, random_state=1)
    >>> path = os.path.join(tempfile.mkdtemp(), "network.safetensors")
    >>> fusedmlp.save(run, path)
    >>> bool((fusedmlp.load(path).predict([[0, 1]]) == run.predict([[0, 1]])).all())
    True
    """
    if not isinstance(run, Trained):
        raise TypeError(f"run must be a Trained, got {shown(run)}")
    run.save(path)


def load(path: str | PathLike[str]) -> Trained:
    """Read a network that `save` wrote.

    The file is not believed: nothing large is read before its header was found to be right, the
    checksum must be that of all its bytes, and options and arrays must be those of a network. A
    number of ``threads`` that is too large for this machine becomes None.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        If the file is not exactly what `save` writes, or has an unknown format; the error says why.
        Also if the path is not a file but a folder, a FIFO or a device.
    FileNotFoundError
        If there is no such file.
    OSError
        If the file cannot be read.
    """
    return network_of(read_network(path))


def network_of(contents: Contents) -> Trained:
    """Return the network of a file's contents, which were checked."""
    about, sizes, tensors = contents
    layers, hidden = range(len(sizes) - 1), range(len(sizes) - 2)
    options = about.options
    parts = ("weights", "biases") if options["bias"] else ("weights",)
    params = [tensors[f"{part}.{layer}"].ravel() for layer in layers for part in parts]
    running = [np.empty(0, options["dtype"])]
    if options["batch_norm"]:
        params += [tensors[f"scales.{layer}"] for layer in hidden]
        running += [tensors[f"{n}.{layer}"] for n in ("means", "variances") for layer in hidden]
    changes = [f"direction_changes.{layer}" for layer in layers if options["track_directions"]]
    return Trained(
        history={
            name.removeprefix("history."): values.copy()
            for name, values in tensors.items()
            if name.startswith("history.")
        },
        direction_changes=[tensors[name].copy() for name in changes] or None,
        options=FixedOptions(options),
        epochs=about.epochs,
        stopped=about.stopped,
        _sizes=sizes,
        _params=fixed_view(aligned(np.concatenate(params))),
        _running_stats=fixed_view(np.concatenate(running)),
        _continuation=continuation_in(about.progress, tensors),
        feature_names=about.feature_names,
    )
