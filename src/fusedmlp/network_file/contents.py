"""What the file of a network must say: options as `train` checks them, and arrays that fit them."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks import requirements as may_be
from fusedmlp.network_file.container import Kind
from fusedmlp.network_file.progress import checked_progress, kinds_of_progress, require_progress
from fusedmlp.network_file.strict_json import parsed
from fusedmlp.options.kept import KEPT_AS, is_not_kept
from fusedmlp.options.table import OPTIONS, checked_options, require_activation_for_each
from fusedmlp.plan.continuation import Progress
from fusedmlp.plan.plan import default_record_every, record_count

LONGEST_STOPPED = 1000  # characters
NORMS = ("scales", "means", "variances")


class About(NamedTuple):
    """What is known of a network besides its arrays."""

    options: dict[str, Any]
    epochs: int
    stopped: str
    progress: Progress | None

    @property
    def epochs_before(self) -> int:
        """The epochs of the run that this one resumed."""
        if self.progress is None:
            return 0
        return self.progress.epochs - self.epochs


def checked_about(text: str, has_progress: bool) -> About:
    """Return what the metadata say; has_progress: whether they are of a format that has it.

    Raises
    ------
    TypeError, ValueError
        If they are not what `fusedmlp.save` writes.
    """
    return about_of(parsed(text), has_progress)


def about_of(about: Any, has_progress: bool) -> About:
    """Return what parsed metadata say; see `checked_about`."""
    names = About._fields if has_progress else About._fields[:-1]
    if not isinstance(about, dict) or about.keys() != set(names):
        raise ValueError(f"its metadata must have {', '.join(names)}")
    options = _checked_options(about["options"])
    epochs, stopped = about["epochs"], about["stopped"]
    if type(epochs) is not int or not 0 <= epochs <= options["epochs"]:
        raise ValueError(f"its epochs must be an integer in 0..{options['epochs']}")
    if type(stopped) is not str or not stopped.isprintable():
        raise ValueError("its stopped must be a line of text")
    if not 0 < len(stopped) <= LONGEST_STOPPED:
        raise ValueError(f"its stopped must have 1..{LONGEST_STOPPED} characters")
    result = About(options, epochs, stopped, checked_progress(about.get("progress")))
    if result.epochs_before < 0:
        raise ValueError("its progress must have the position of its epochs")
    return result


def _checked_options(given: Any) -> dict[str, Any]:
    """Return the options, checked as `train` does; those that a file has not, at their defaults."""
    if not isinstance(given, dict) or not all(_is_simple(value) for value in given.values()):
        raise ValueError("its options must be numbers, text or lists of them")
    values = {n: tuple(v) if isinstance(v, list) else v for n, v in given.items()}
    if type(values.get("hidden")) is not tuple:
        raise ValueError("its options must have hidden, a list")
    hidden = may_be.sizes("hidden", values["hidden"])
    not_kept = {n: values[n] for n in KEPT_AS if is_not_kept(values.get(n))}
    for name in KEPT_AS.keys() - not_kept.keys():
        _require_kept(name, values.get(name))
    if "dtype" in values:  # before NumPy reads it, which knows a language of types
        may_be.one_of(("float64", "float32"))("dtype", values["dtype"])
    values["threads"] = _threads(values.get("threads"))
    rest = {n: v for n, v in values.items() if n != "hidden" and n not in not_kept}
    options = {"hidden": hidden, **checked_options(rest), **not_kept}
    require_activation_for_each(options["activation"], hidden)
    for name, value in values.items():  # `train` also takes None for some defaults
        if options[name] != value:
            raise ValueError(f"its option {name} must be saved as {options[name]!r}, got {value!r}")
    return options


def _is_simple(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return all(part is None or isinstance(part, str | int | float) for part in parts)


def _require_kept(name: str, value: Any) -> None:
    """Raise ValueError for a value of an option of which data are not kept."""
    if name == "validation" and value is not None:
        may_be.number(above=0, below=1)(name, value)
    elif name in ("sample_weight", "callback", "warm_start") and value is not None:
        raise ValueError(f"its option {name} must be None or say that it was given, got {value!r}")
    elif isinstance(value, tuple):
        raise ValueError(f"its option {name} must not be a list")


def _threads(value: Any) -> Any:
    """Return a file's number of threads, or None if it is one for larger machines than this."""
    if type(value) is not int or value < 1:
        return value
    with suppress(ValueError):
        return OPTIONS["threads"].check("threads", value)
    return None


def layer_sizes(kinds: Mapping[str, Kind], options: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the units of the input and of each layer.

    Raises
    ------
    ValueError
        If there are no weights of the first and of the last layer.
    """
    hidden = options["hidden"]
    ends = [kinds.get(f"weights.{layer}") for layer in (0, len(hidden))]
    first, last = (kind.shape if kind is not None and len(kind.shape) == 2 else () for kind in ends)
    if not first or not last or not first[0] or not last[1]:
        raise ValueError("it must have the weights of its first and of its last layer")
    return (first[0], *hidden, last[1])


def require_kinds(about: About, kinds: Mapping[str, Kind]) -> None:
    """Raise ValueError unless the tensors are those that the options want, and no others."""
    wanted = _wanted(about, kinds)
    for name in sorted(wanted.keys() ^ kinds.keys()):
        raise ValueError(f"it must have {'' if name in wanted else 'no '}{name!r}")
    for name, kind in wanted.items():
        if kinds[name] != kind:
            raise ValueError(
                f"its {name} must be {kind.dtype} of shape {kind.shape}, "
                f"got {kinds[name].dtype} of shape {kinds[name].shape}"
            )


def _wanted(about: About, kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the type and shape of each tensor of a network; kinds: those of the file."""
    options, sizes = about.options, layer_sizes(kinds, about.options)
    wanted = kinds_of_progress(about.progress, options, kinds, sizes)
    dtype, shapes = options["dtype"], list(pairwise(sizes))
    for layer, shape in enumerate(shapes):
        wanted[f"weights.{layer}"] = Kind(dtype, shape)
        if options["bias"]:
            wanted[f"biases.{layer}"] = Kind(dtype, shape[1:])
        if options["track_directions"]:
            wanted[f"direction_changes.{layer}"] = Kind("int64", shape)
    if options["batch_norm"]:
        for layer, units in enumerate(options["hidden"]):
            wanted |= {f"{name}.{layer}": Kind(dtype, (units,)) for name in NORMS}
    records = (len(_recorded_epochs(about)),)
    wanted["history.epoch"] = Kind("int64", records)
    measured = ["error", "loss"] + ["validation_loss"] * (options["validation"] is not None)
    return wanted | {f"history.{name}": Kind("float64", records) for name in measured}


def _recorded_epochs(about: About) -> range:
    """Return the epochs that were recorded; they count on from a run that was resumed."""
    every, before = _record_every(about.options), about.epochs_before
    first, end = (record_count(epochs, every) for epochs in (before, before + about.epochs))
    return range(first * every, end * every, every)


def _record_every(options: Mapping[str, Any]) -> int:
    return int(options["record_every"] or default_record_every(options["epochs"]))


def require_values(about: About, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError unless the arrays have values that a network can have.

    Weights and all that predictions use must be finite. The history may be anything: a run that
    diverged, and whose best weights were restored, has one that is not finite.
    """
    for name, values in tensors.items():
        group = name.partition(".")[0]
        if group in ("weights", "biases", *NORMS) and not np.isfinite(values).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
            raise ValueError(f"its {name} must be finite, got {values[where]} at index {where}")
        if group in ("variances", "direction_changes") and values.min() < 0:
            raise ValueError(f"its {name} must be at least 0, got {values.min()}")
    require_progress(tensors)
    if not np.array_equal(tensors["history.epoch"], _recorded_epochs(about)):
        raise ValueError("its history.epoch must be the epochs that were recorded")
