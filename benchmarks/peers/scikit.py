"""scikit-learn: MLPClassifier with solver="sgd".

It draws its own first weights, and makes one sigmoid of two classes where the others have a
softmax of two outputs: a little less work.
"""

import warnings

import numpy as np

from benchmarks.peers.rows import Array, Row


def version() -> str:
    """Name the package and its version."""
    import sklearn

    return f"scikit-learn {sklearn.__version__}"


class Run:
    """A row's training."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.X, one_hot = row.data()
        self.labels = one_hot.argmax(axis=1)

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from weights that scikit-learn draws; without a shuffle, from ours if it can.

        With `warm_start`, a second fit goes on from the weights that the first has left, which are
        ours by then, with an optimiser that is new.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        options = self.row.options
        self.model = MLPClassifier(
            options["hidden"],
            activation=options["activation"],
            solver="sgd",
            alpha=0,
            batch_size=self.row.batch,
            learning_rate_init=options["learning_rate"],
            momentum=options["momentum"],
            nesterovs_momentum=False,
            max_iter=epochs,
            tol=0,
            n_iter_no_change=10**9,
            shuffle=shuffle,
            random_state=1,
            warm_start=not shuffle,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model.fit(self.X, self.labels)
            if not shuffle and self.model.n_outputs_ > 1:
                for layer, (weights, biases) in enumerate(self.row.first_layers()):
                    self.model.coefs_[layer][:] = weights
                    self.model.intercepts_[layer][:] = biases
                self.model.fit(self.X, self.labels)

    def outputs(self) -> Array:
        """Return what the network makes of the data it was trained on."""
        return np.asarray(self.model.predict_proba(self.X))
