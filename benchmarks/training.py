"""The speed of training and of predicting, and the memory that training takes."""

from itertools import product

from benchmarks.common import IMPLEMENTATIONS, code_of_its_own, one_thread
from benchmarks.training_calls import (
    EPOCHS,
    MANY,
    ROW,
    VALIDATED,
    check_many,
    check_predict,
    check_training,
    check_validated,
    many_call,
    predict_call,
    training_call,
    validated_call,
)

one_thread()
code_of_its_own()


class Training:
    """A whole `train`, with one thread: the networks and the work of `benchmarks.peers`."""

    params = (IMPLEMENTATIONS, list(ROW))
    param_names = ("implementation", "network")
    repeat = (1, 10, 2.0)

    def setup_cache(self) -> None:
        """Check that both implementations give the same, before any is timed."""
        for row in ROW.values():
            check_training(row)

    setup_cache.timeout = 600

    def setup(self, implementation: str, network: str) -> None:
        """Load or compile, so that neither is timed."""
        training_call(implementation, ROW[network], epochs=1)()
        self.train = training_call(implementation, ROW[network], EPOCHS[network])

    def time_train(self, *_: str) -> None:
        """Train from the first weights, for `EPOCHS`."""
        self.train()


class TrainingValidated:
    """A whole `train` that measures 100 rows after each epoch, with one thread."""

    params = (IMPLEMENTATIONS, VALIDATED)
    param_names = ("implementation", "network")
    repeat = (1, 10, 2.0)

    def setup(self, implementation: str, network: str) -> None:
        """Check that both implementations measure the same, and load or compile."""
        check_validated(ROW[network])
        self.train = validated_call(implementation, ROW[network], EPOCHS[network])
        self.train()

    def time_train(self, *_: str) -> None:
        """Train from the first weights, for `EPOCHS`."""
        self.train()


class TrainingMany:
    """A whole `train_many`, with one thread; n/a for commits before it."""

    params = (list(MANY),)
    param_names = ("networks",)
    repeat = (1, 10, 2.0)

    def setup(self, networks: str) -> None:
        """Check that a network is that of `train`, and load or compile."""
        check_many(networks)
        self.train = many_call(networks)
        self.train()

    def time_train_many(self, *_: str) -> None:
        """Train from the first weights."""
        self.train()


class PeakMemory:
    """The most memory of a process that trains; Python, NumPy and Numba are most of it."""

    params = (list(ROW),)
    param_names = ("network",)

    def setup_cache(self) -> None:
        """Leave machine code on disk: a compiler's memory is not training's."""
        for row in ROW.values():
            training_call("kernels", row, epochs=2)()

    setup_cache.timeout = 600

    def peakmem_train(self, network: str) -> None:
        """Make the data and train for two epochs."""
        training_call("kernels", ROW[network], epochs=2)()


class Predict:
    """The time of a hundred calls of a trained network's `predict`, with its checks."""

    params = (IMPLEMENTATIONS, ["3-4-1", "20-64-64-2", "784-100-10"], [1, 1000])
    param_names = ("implementation", "network", "rows")
    repeat = (1, 10, 2.0)

    def setup_cache(self) -> None:
        """Check that both implementations give the same, before any is timed."""
        _, networks, rows = self.params
        for network, count in product(networks, rows):
            check_predict(ROW[network], count)

    setup_cache.timeout = 600

    def setup(self, implementation: str, network: str, rows: int) -> None:
        """Train a little and load or compile, so that nothing of it is timed."""
        self.predict = predict_call(implementation, ROW[network], rows)
        self.predict()

    def time_100_calls(self, *_: object) -> None:
        """Call it again and again."""
        predict = self.predict
        for _call in range(100):
            predict()
