"""The options of many networks, as arrays."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.many.sweep import Arguments, Sweep
from fusedmlp.options.kept import FixedOptions


class OptionsOfMany(Mapping[str, NDArray[Any]]):
    """For each option, an array with the value of each network; made when it is asked for."""

    def __init__(self, sweep: Sweep) -> None:
        self._shape, self._seeds, self._has_folds = sweep.shape, sweep.seeds, bool(sweep.folds)
        self._arguments = sweep.arguments

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name == "random_state":
            return np.broadcast_to(self._seeds[:, None], self._shape).reshape(-1)
        if name == "fold" and self._has_folds:
            return np.broadcast_to(np.arange(self._shape[2]), self._shape).reshape(-1)
        values = [FixedOptions({name: _value(a, name)})[name] for a in self._arguments]
        kinds = {type(value) for value in values}
        kind = kinds.pop() if len(kinds) == 1 else object
        column = np.empty(len(values), kind if kind in (int, float, bool) else object)
        column[:] = values
        return np.repeat(column, self._shape[1] * self._shape[2])

    def __iter__(self) -> Iterator[str]:
        yield from self._arguments[0].options
        if self._has_folds:
            yield "fold"

    def __len__(self) -> int:
        return len(self._arguments[0].options) + self._has_folds

    def __repr__(self) -> str:
        return f"<options of {np.prod(self._shape)} networks: {', '.join(self)}>"


def _value(arguments: Arguments, name: str) -> Any:
    return arguments.own[name] if name in arguments.own else arguments.common[name]
