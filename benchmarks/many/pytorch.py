"""PyTorch on the CPU: products of batched matrices, and a loop over ordinary networks."""

from typing import Any

import numpy as np

from benchmarks.many.cases import Many
from benchmarks.peers.pytorch import Run as OneRun
from benchmarks.peers.pytorch import version
from benchmarks.peers.rows import Array

__all__ = ["Run", "version"]


class Batched:
    """The training of all networks at once: `baddbmm`, and a fused optimiser of stacked layers."""

    def __init__(self, many: Many) -> None:
        import torch

        self.row, self.networks = many.row, many.networks
        self.first = [
            (torch.from_numpy(weights), torch.from_numpy(biases)[:, None])
            for weights, biases in many.first_layers()
        ]
        X, y = self.row.data()
        self.X = torch.from_numpy(X)
        self.y = torch.from_numpy(y.argmax(axis=1) if self.row.classes else y)

    def _sums(self, X: Any) -> Any:
        """Return the last layer's sums (networks, rows, n_out), for X (networks, rows, n_in)."""
        import torch

        for number, (weights, biases) in enumerate(self.layers):
            X = self.activation(X) if number else X
            X = torch.baddbmm(biases, X, weights)
        return X

    def _loss(self, X: Any, y: Any) -> Any:
        """Return the sum over the networks of their mean loss, so that each has its own slope."""
        import torch

        outputs, rows = self._sums(X), X.shape[1]
        if self.row.classes:
            sums = outputs.flatten(0, 1)
            return torch.nn.functional.cross_entropy(sums, y.flatten(), reduction="sum") / rows
        return torch.nn.functional.mse_loss(outputs, y, reduction="sum") / (2 * rows)

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from the first weights; each network has its own order, drawn for each epoch."""
        import torch

        row, options = self.row, self.row.options
        self.activation = {"relu": torch.relu, "tanh": torch.tanh}[options["activation"]]
        self.layers = [[a.clone().requires_grad_() for a in layer] for layer in self.first]
        parameters = [a for layer in self.layers for a in layer]
        if options.get("optimizer") == "adam":
            optimizer: Any = torch.optim.Adam(parameters, options["learning_rate"], fused=True)
        else:
            optimizer = torch.optim.SGD(
                parameters, options["learning_rate"], momentum=options["momentum"], fused=True
            )
        order = torch.arange(len(self.X)).expand(self.networks, -1)
        for _ in range(epochs):
            if shuffle:
                order = torch.rand(self.networks, len(self.X)).argsort(dim=1)
            batches = zip(
                self.X[order].split(row.batch, 1), self.y[order].split(row.batch, 1), strict=True
            )
            for X, y in batches:
                optimizer.zero_grad()
                self._loss(X, y).backward()
                optimizer.step()

    def outputs(self) -> Array:
        """Return what the networks make of the data (networks, rows, n_out)."""
        import torch

        with torch.no_grad():
            outputs = self._sums(self.X.expand(self.networks, -1, -1))
            return np.asarray(outputs.softmax(dim=2) if self.row.classes else outputs)


class Loop:
    """The training of a few networks, one after the other, by the peers' plain loop."""

    def __init__(self, many: Many) -> None:
        self.runs = [OneRun(many.one(k)) for k in range(many.few)]

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from the first weights."""
        for run in self.runs:
            run.train(epochs, shuffle)

    def outputs(self) -> Array:
        """Return what the networks make of the data (networks, rows, n_out)."""
        return np.array([run.outputs() for run in self.runs])


def Run(many: Many, how: str) -> Batched | Loop:  # noqa: N802 - as the other sides' classes
    """Return a training by "bmm" or by "loop"."""
    return Batched(many) if how == "bmm" else Loop(many)
