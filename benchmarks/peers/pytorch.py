"""PyTorch on the CPU: the plain loop over batches, with the fused form of the optimiser.

Fused was 1.1 to 1.4 times as fast as the default for all networks but 784-100-10 (0.92).
`torch.compile` took half a minute for 20-64-64-2 and made its step slower.
"""

from typing import Any

import numpy as np

from benchmarks.peers.rows import Array, Row


def version() -> str:
    """Name the package and its version."""
    import torch

    return f"PyTorch {torch.__version__}"


class Run:
    """A row's training."""

    def __init__(self, row: Row) -> None:
        import torch

        self.row = row
        self.first = [[torch.tensor(a) for a in layer] for layer in row.first_layers()]
        X, y = row.data()
        self.X = torch.from_numpy(X)
        self.y = torch.from_numpy(y.argmax(axis=1) if row.classes else y)

    def _network(self) -> Any:
        """Return the network with the first weights."""
        import torch

        activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[self.row.options["activation"]]
        parts: list[Any] = []
        for weights, biases in self.first:
            linear = torch.nn.Linear(*weights.shape)
            with torch.no_grad():
                linear.weight.copy_(weights.T)
                linear.bias.copy_(biases)
            parts += [linear, activation()]
        return torch.nn.Sequential(*parts[:-1])

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from the first weights.

        The data are put into an epoch's order once and then split, which is faster than to pick
        the rows of each batch.
        """
        import torch

        row, X, y = self.row, self.X, self.y
        self.network = network = self._network()
        rate, parameters = row.options["learning_rate"], network.parameters()
        if row.options.get("optimizer") == "adam":
            optimizer: Any = torch.optim.Adam(parameters, rate, fused=True)
        else:
            momentum = row.options["momentum"]
            optimizer = torch.optim.SGD(parameters, rate, momentum=momentum, fused=True)
        if row.classes:
            loss_of = torch.nn.functional.cross_entropy
        else:
            half = row.case.sizes[-1] / 2  # fusedmlp's is half the sum over a row's outputs

            def loss_of(outputs: Any, targets: Any) -> Any:
                return half * torch.nn.functional.mse_loss(outputs, targets)

        for _ in range(epochs):
            if shuffle and row.steps > 1:
                order = torch.randperm(len(X))
                X_epoch, y_epoch = X.index_select(0, order), y.index_select(0, order)
            else:
                X_epoch, y_epoch = X, y
            batches = zip(X_epoch.split(row.batch), y_epoch.split(row.batch), strict=True)
            for X_batch, y_batch in batches:
                optimizer.zero_grad()
                loss_of(network(X_batch), y_batch).backward()
                optimizer.step()

    def outputs(self) -> Array:
        """Return what the network makes of the data it was trained on."""
        import torch

        with torch.no_grad():
            outputs = self.network(self.X)
            if self.row.classes:
                outputs = outputs.softmax(dim=1)
        return np.asarray(outputs)
