"""The gradient of every activation with every loss, by itself and with what else shapes it."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fusedmlp import kernels, reference
from fusedmlp.options.contradictions import FOR_OUTPUTS
from fusedmlp.options.network import HiddenActivation, Loss, OutputActivation
from tests.cases import Case, prepared
from tests.reference.test_reference import difference

ACTIVATIONS, OUTPUTS, LOSSES = (
    kind.__args__ for kind in (HiddenActivation, OutputActivation, Loss)
)
PAIRS = [
    (output, loss)
    for output, loss in product(OUTPUTS, LOSSES)
    if output in FOR_OUTPUTS.get(loss, OUTPUTS)
]
SHAPED = {
    "plain": {},
    "penalties": {"l1": 0.01, "l2": 0.1, "bias": True, "reduction": "mean"},
    "batch_norm": {"batch_norm": True},
}
# Kinks: relu and its kin at 0, absolute errors at 0, Huber's at its delta; none lies within this.
STEP = 1e-5


def run_of(activation, output, loss, shaped):
    options = {"activation": activation, "output_activation": output, "loss": loss, **shaped}
    case = Case("", (4, 5, 3), 6, {"init": "glorot", **options})
    return prepared(*case.data(seed=3), **case.arguments())


@pytest.mark.parametrize("shaped", SHAPED.values(), ids=SHAPED)
@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_is_the_derivative_in_both(activation, output, loss, shaped):
    run = run_of(activation, output, loss, shaped)
    gradients = []
    for package in (reference, kernels):
        gradients.append(np.empty_like(run.params))
        package.gradient(run.plan, run.params, run.X, run.y, gradients[-1])
    assert_allclose(gradients[1], gradients[0], rtol=1e-10, atol=1e-12)

    unused = np.empty_like(run.params)
    for where in range(0, run.params.size, 3):

        def loss_at(weight, where=where):
            moved = run.params.copy()
            moved[where] = weight
            return reference.gradient(run.plan, moved, run.X, run.y, unused)

        slope = difference(loss_at, run.params[where], STEP)
        assert gradients[0][where] == pytest.approx(slope, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("sample_weight", [None, [1.0, 1.0, 5.0]])
def test_a_mean_loss_is_not_rounded_to_the_type_of_the_data(sample_weight):
    X, y = [[1.0], [2.0], [3.0]], [1.0, 1.0, 2.0]  # with the weight 2, errors of 1, 3 and 4
    options = {"init": [[[2.0]]], "output_activation": "identity", "reduction": "mean"}
    run = prepared(X, y, hidden=(), dtype="float32", sample_weight=sample_weight, **options)
    mean = (0.5 + 4.5 + 8) / 3 if sample_weight is None else (0.5 + 4.5 + 5 * 8) / 7
    for package in (reference, kernels):
        gradient = np.empty_like(run.params)
        value = package.gradient(run.plan, run.params, run.X, run.y, gradient, run.row_weights)
        assert value == pytest.approx(mean, rel=1e-12)
