"""What is left to LLVM, and what compilation leaves of Python's garbage collection."""

import gc
import re

import numpy as np
import pytest
from numba import int64, njit
from numba.core.caching import NullCache
from numba.core.errors import NumbaError

from fusedmlp.kernels.compilation import jit
from fusedmlp.kernels.compilation.garbage import garbage_collection_off
from fusedmlp.kernels.compilation.jit import FLAGS, inner
from fusedmlp.kernels.compilation.pipeline import KernelCompiler


@inner
def sum_of_squares(numbers):
    total = 0
    for number in numbers:
        square = number * number
        total += square
    return total


def kernel_of_its_own(*signature):
    """Return a kernel that is compiled here, not loaded from disk."""

    @njit(signature, pipeline_class=KernelCompiler, **FLAGS)
    def square_and_more(x, y):
        return sum_of_squares((x, y)) + x

    return square_and_more


def test_a_kernel_is_optimised_and_the_wrapper_that_reads_its_arguments_is_not():
    kernel = kernel_of_its_own(int64, int64)
    text = kernel.inspect_llvm(kernel.signatures[0])
    attributes = dict(re.findall(r"^attributes (#\d+) = {(.*)}$", text, re.MULTILINE))
    definitions = re.findall(r"^define .*? @(\S+)\(.* (#\d+) {$", text, re.MULTILINE)
    unoptimised = [name for name, group in definitions if "optnone" in attributes[group]]
    assert [name.startswith("_ZN7cpython") for name in unoptimised] == [True]
    assert len(definitions) > 1
    assert "alloca" not in text.partition(definitions[0][0] + "(")[2].partition("\n}")[0]
    assert kernel(3, 4) == 28


@pytest.fixture
def no_garbage():
    gc.collect()
    yield
    assert gc.isenabled()


def collections():
    return [generation["collections"] for generation in gc.get_stats()]


@pytest.mark.usefixtures("no_garbage")
def test_what_was_made_meanwhile_is_old_and_collected_all_the_same():
    before = collections()
    with garbage_collection_off():
        for _ in range(10_000):
            circle = []
            circle.append(circle)
    assert len(gc.get_objects(generation=0)) < 1000
    assert collections()[2] == before[2]
    assert gc.collect() >= 9_999


@pytest.mark.usefixtures("no_garbage")
def test_objects_that_somebody_froze_stay_frozen():
    gc.freeze()
    frozen = gc.get_freeze_count()
    with garbage_collection_off():
        pass
    assert gc.get_freeze_count() == frozen > 0
    gc.unfreeze()


@pytest.fixture
def compiled_here(monkeypatch):
    """`compiled`, without the cache."""
    monkeypatch.setattr(jit, "cache_for", lambda _: NullCache())
    return jit.compiled


def halve_all(numbers):
    for i in range(numbers.size):
        numbers[i] /= 2


@jit.allocates
def halves_of(numbers):
    return numbers / 2


def test_references_to_arrays_are_counted_in_kernels_that_make_some(compiled_here):
    counts = []
    for function in (halve_all, halves_of):
        kernel = compiled_here(function)
        kernel(np.ones(3))
        counts.append("NRT_incref" in kernel.inspect_llvm(kernel.signatures[0]))
    assert counts == [False, True]


def test_a_kernel_that_makes_an_array_without_the_mark_is_refused(compiled_here):
    unmarked = compiled_here(lambda numbers: np.empty(numbers.size).size)
    with pytest.raises(NumbaError, match="array passed"):
        unmarked(np.ones(3))
