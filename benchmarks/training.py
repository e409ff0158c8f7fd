"""The speed of training and of predicting, and the memory that training takes."""

from itertools import product

from benchmarks.common import (
    CALLS,
    CASES,
    IMPLEMENTATIONS,
    check_fit,
    check_predict,
    fit_call,
    one_thread,
    predict_call,
)

one_thread()


class Training:
    """A whole fit: 4096 epochs of four rows, or 16 of a thousand."""

    params = (IMPLEMENTATIONS, list(CASES))
    param_names = ("implementation", "network")

    def setup_cache(self) -> None:
        """Check that both implementations give the same, before any is timed."""
        for case in CASES.values():
            check_fit(case)

    def setup(self, implementation: str, network: str) -> None:
        """Compile, so that no compiling is timed."""
        fit_call(implementation, CASES[network], epochs=1)()
        self.fit = fit_call(implementation, CASES[network])

    def time_fit(self, *_: str) -> None:
        """Train from the first weights."""
        self.fit()

    def peakmem_fit(self, *_: str) -> None:
        """Train; Python, NumPy and Numba are most of the memory."""
        self.fit()


class Predict:
    """The time of a hundred calls of a trained network's `predict`, with its checks."""

    params = (IMPLEMENTATIONS, list(CASES), [1, 1000])
    param_names = ("implementation", "network", "rows")

    def setup_cache(self) -> None:
        """Check that both implementations give the same, before any is timed."""
        _, networks, rows = self.params
        for network, count in product(networks, rows):
            check_predict(CASES[network], count)

    def setup(self, implementation: str, network: str, rows: int) -> None:
        """Train a little and compile, so that neither is timed."""
        self.predict = predict_call(implementation, CASES[network], rows)
        self.predict()

    def time_100_calls(self, *_: object) -> None:
        """Call it again and again."""
        predict = self.predict
        for _call in range(CALLS):
            predict()
