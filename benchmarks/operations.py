"""The speed of each operation by itself, beside its NumPy twin."""

from itertools import product

from benchmarks.common import (
    CALLS,
    CASES,
    IMPLEMENTATIONS,
    OPERATIONS,
    check_operation,
    one_thread,
    operation_call,
)

one_thread()


class Kernels:
    """The time of a hundred calls on one batch, in the first hidden layer of a network."""

    params = (OPERATIONS, IMPLEMENTATIONS, list(CASES), ["float64", "float32"])
    param_names = ("operation", "implementation", "network", "dtype")

    def setup_cache(self) -> None:
        """Check that both implementations give the same, before any is timed."""
        operations, _, networks, dtypes = self.params
        for operation, network, dtype in product(operations, networks, dtypes):
            check_operation(operation, CASES[network], dtype)

    def setup(self, operation: str, implementation: str, network: str, dtype: str) -> None:
        """Compile, so that no compiling is timed."""
        self.call, self.arguments = operation_call(implementation, operation, CASES[network], dtype)

    def time_100_calls(self, *_: str) -> None:
        """Call it again and again; the loop costs some 20 ns a call."""
        call, arguments = self.call, self.arguments
        for _call in range(CALLS):
            call(*arguments)
