"""Each operation, and the whole fit, beside its NumPy twin: `pytest --benchmark-only`.

Every benchmark checks first that both give the same, which also compiles; see benchmarks/ for the
suites that follow the speed from commit to commit.
"""

import pytest
from threadpoolctl import threadpool_limits

from benchmarks.common import (
    IMPLEMENTATIONS,
    OPERATIONS,
    check_fit,
    check_operation,
    fit_call,
    operation_call,
)
from tests.cases import SPEED_CASES

both = pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
networks = pytest.mark.parametrize("case", SPEED_CASES, ids=str)


@pytest.fixture(autouse=True)
def _one_thread():
    """As in asv's suites, and in the tests of this file alone."""
    with threadpool_limits(1):
        yield


@both
@networks
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation(benchmark, operation, case, implementation):
    check_operation(operation, case)
    benchmark.group = f"{operation} in {case}"
    function, arguments = operation_call(implementation, operation, case)
    benchmark(function, *arguments)


@both
@networks
def test_fit(benchmark, case, implementation):
    check_fit(case)
    benchmark.group = f"fit of {case}"
    run = fit_call(implementation, case)
    run()
    benchmark(run)
