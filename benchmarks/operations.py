"""The speed of each operation by itself, beside its NumPy twin."""

from itertools import product

from benchmarks.common import IMPLEMENTATIONS, code_of_its_own, one_thread
from benchmarks.operation_calls import (
    OPERATIONS,
    call_repeatedly,
    calls_in_a_timing,
    check_operation,
    operation_call,
)
from tests.cases import SPEED_CASES

one_thread()
code_of_its_own()

CASES = {case.name: case for case in SPEED_CASES}


class Kernels:
    """The time of many calls on one batch, in the first hidden layer of a network.

    How many is in `calls_in_a_timing`: the same for both implementations and all commits.
    """

    params = (
        OPERATIONS,
        IMPLEMENTATIONS,
        ["3-4-1", "20-64-64-2", "784-100-10"],
        ["float64", "float32"],
    )
    param_names = ("operation", "implementation", "network", "dtype")
    repeat = (1, 10, 1.0)
    timeout = 600  # setup_cache compiles all of them

    def setup_cache(self) -> None:
        """Check that both implementations give the same, before any is timed."""
        operations, _, networks, dtypes = self.params
        for operation, network, dtype in product(operations, networks, dtypes):
            check_operation(operation, CASES[network], dtype)

    setup_cache.timeout = 600

    def setup(self, operation: str, implementation: str, network: str, dtype: str) -> None:
        """Load or compile, so that neither is timed."""
        case = CASES[network]
        self.call = operation_call(implementation, operation, case, dtype)
        self.calls = calls_in_a_timing(operation, case)

    def time_calls(self, *_: str) -> None:
        """Call it again and again."""
        call_repeatedly(*self.call, self.calls)
