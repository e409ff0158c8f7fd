"""The door of the kernels: what Numba, compiled callers and the interpreter make of it."""

import ast
import inspect
import pickle
import textwrap

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_array_equal

from fusedmlp import kernels
from fusedmlp.plan.codes import Activation
from fusedmlp.plan.operations.declarations import OPERATIONS
from tests.processes import run_python

forward = kernels.forward


@njit
def forward_from_compiled_code(inputs, weights, biases, outputs):
    forward(inputs, weights, biases, 1, outputs)


def test_a_kernel_called_from_compiled_code_refuses_too():
    inputs, weights, outputs = np.zeros((2, 3)), np.ones((3, 4)), np.zeros((2, 4))
    forward_from_compiled_code(inputs, weights, np.zeros(4), outputs)
    assert (outputs == 0.5).all()
    with pytest.raises(ValueError, match="the arguments do not fit together"):
        forward_from_compiled_code(inputs, weights, np.zeros(3), outputs)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_kernel_hands_its_own_arguments_to_the_check_first(name):
    kernel = getattr(kernels, name).py_func
    function = ast.parse(textwrap.dedent(inspect.getsource(kernel))).body[0]
    first = function.body[1].value  # after the documentation
    assert first.func.id == "require_fit"
    assert [first.args[0].value, *(argument.id for argument in first.args[1:])] == [
        name,
        *OPERATIONS[name],
    ]


def test_a_kernel_has_what_callers_use_of_a_dispatcher():
    order = np.zeros(3, int)
    kernels.row_order(1, 2, order)
    assert len(kernels.row_order.overloads) > 0
    assert kernels.row_order.py_func.__name__ == "row_order"
    assert pickle.loads(pickle.dumps(kernels.row_order)) is kernels.row_order
    assert "def row_order(seed, epoch, order)" in inspect.getsource(kernels.row_order)


def test_a_refused_call_compiles_nothing():
    script = """
        import numpy as np
        from fusedmlp import kernels
        for wrong in (np.zeros(3), np.zeros((3, 1), int), None):
            try:
                kernels.row_order(1, 2, wrong)
            except (TypeError, ValueError) as error:
                print(error)
        print(len(kernels.row_order.overloads))
    """
    printed = run_python(textwrap.dedent(script)).splitlines()
    assert printed == [
        "order must have dtype int64, got float64",
        "order must have shape (rows,) with rows >= 1, got shape (3, 1)",
        "order must be a NumPy array, got NoneType",
        "0",
    ]


def test_without_compilation_the_same_is_refused():
    script = """
        import numpy as np
        from fusedmlp import kernels
        kernels.activate(1, np.zeros((2, 2)))
        for wrong in (np.zeros((0, 2)), np.zeros((2, 2)).astype(">f8"), np.ones((2, 4))[:, ::2]):
            try:
                kernels.activate(1, wrong)
            except (TypeError, ValueError) as error:
                print(error)
    """
    printed = run_python(textwrap.dedent(script), NUMBA_DISABLE_JIT="1").splitlines()
    assert printed == [
        "z must have shape (rows, units), each at least 1, got shape (0, 2)",
        "z must have dtype float32 or float64, got >f8",
        "z must be C-ordered: np.ascontiguousarray(z), got shape (2, 2) with strides (32, 16)",
    ]


def test_a_member_of_an_enumeration_is_compiled_for_as_its_integer_is():
    z, same = np.array([[-1.0, 2.0]]), np.array([[-1.0, 2.0]])
    kernels.activate(int(Activation.RELU), z)
    compiled = list(kernels.activate.overloads)
    kernels.activate(Activation.RELU, same)
    assert list(kernels.activate.overloads) == compiled
    assert_array_equal(same, z)
