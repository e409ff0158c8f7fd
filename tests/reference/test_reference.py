"""The reference, held against mathematics: definitions, finite differences, worked examples."""

import mpmath
import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose

from fusedmlp import reference
from fusedmlp.plan.codes import NEEDS_PREACTIVATION, Activation, Loss
from tests.cases import ALL_CASES, Case, prepared

Z = np.array([[-800.0, -3.0, -0.1], [0.0, 0.1, 3.0], [40.0, 1e-9, 700.0], [-0.0, 1e-300, -1e-20]])


def gelu(z):
    with mpmath.workdps(400):
        z = mpmath.mpf(z)
        return z * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (z + 0.044715 * z**3))) / 2


DEFINITIONS = {
    Activation.IDENTITY: lambda z: z,
    Activation.SIGMOID: scipy.special.expit,
    Activation.TANH: np.tanh,
    Activation.RELU: lambda z: z * (z > 0),
    Activation.SOFTMAX: lambda z: scipy.special.softmax(z, axis=1),
    Activation.LEAKY_RELU: lambda z: np.maximum(z, 0.01 * z),
    Activation.ELU: lambda z: np.where(z > 0, z, scipy.special.expm1(z)),
    Activation.SOFTPLUS: lambda z: np.logaddexp(0, z),
    Activation.SILU: lambda z: z * scipy.special.expit(z),
    Activation.GELU: lambda z: np.vectorize(gelu, otypes=[float])(z),
    Activation.EXP: np.exp,
}


def activated(activation, z):
    out = z.copy()
    reference.activate(activation, out)
    return out


@pytest.mark.parametrize("activation", Activation)
def test_activations_are_what_they_are_called(activation):
    assert_allclose(activated(activation, Z), DEFINITIONS[activation](Z), rtol=1e-14, atol=0)


def difference(function, at, step=1e-3):
    """Derivative by the five-point stencil: its error is step**4 / 30 of the fifth derivative."""
    return (
        8 * (function(at + step) - function(at - step))
        - (function(at + 2 * step) - function(at - 2 * step))
    ) / (12 * step)


@pytest.mark.parametrize("activation", Activation)
def test_error_weighted_derivative_is_the_derivative(activation):
    random = np.random.default_rng(1)
    z, error = random.normal(size=(2, 4, 3))
    delta = np.empty_like(z)
    read_off = z if activation in NEEDS_PREACTIVATION else activated(activation, z)
    reference.error_weighted_derivative(activation, read_off, error, delta)
    for where in np.ndindex(z.shape):

        def weighted_output(value, where=where):
            moved = z.copy()
            moved[where] = value
            return (activated(activation, moved) * error).sum()

        assert delta[where] == pytest.approx(difference(weighted_output, z[where]), abs=1e-11)


KINKS = {"relu", "leaky_relu", "elu", "absolute_error", "huber"}


def has_kinks(options):
    """Whether a slope, or a slope's slope, jumps."""
    activations = options.get("activation", "sigmoid")
    names = {activations} if isinstance(activations, str) else set(activations)
    return bool(KINKS & {*names, options.get("loss")})


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_gradient_is_the_derivative_of_the_loss(case):
    run = prepared(*case.data(), **case.arguments())
    gradient = np.empty_like(run.params)
    value = reference.gradient(run.plan, run.params, run.X, run.y, gradient)
    unused = np.empty_like(gradient)
    random = np.random.default_rng(0)
    for where in random.choice(run.params.size, min(12, run.params.size), replace=False):

        def loss_at(weight, where=where):
            moved = run.params.copy()
            moved[where] = weight
            return reference.gradient(run.plan, moved, run.X, run.y, unused)

        # A step small enough that no kink lies within it, where there are any.
        kinks = has_kinks(case.options)
        slope = difference(loss_at, run.params[where], 1e-6 if kinks else 1e-3)
        tolerance = {"rel": 1e-6, "abs": 1e-7} if kinks else {"rel": 1e-9, "abs": 1e-10}
        scale = max(1.0, abs(value))
        assert gradient[where] == pytest.approx(
            slope, **{**tolerance, "abs": tolerance["abs"] * scale}
        )


def test_losses_of_a_worked_example():
    out, target = np.array([[0.8, 0.2]]), np.array([[1.0, 0.0]])
    squared = reference.loss(Loss.SQUARED_ERROR, Activation.IDENTITY, out, target)
    assert squared == pytest.approx((0.2**2 + 0.2**2) / 2)
    softmax = reference.loss(Loss.LOG_LOSS, Activation.SOFTMAX, out, target)
    assert softmax == pytest.approx(-np.log(0.8))
    sigmoid = reference.loss(Loss.LOG_LOSS, Activation.SIGMOID, out, target)
    assert sigmoid == pytest.approx(-2 * np.log(0.8))
    assert reference.absolute_error(out, target) == pytest.approx(0.4)


def test_momentum_is_pytorchs():
    # Two steps by hand: v1 = g1, w1 = w0 - lr v1; v2 = m v1 + g2, w2 = w1 - lr v2.
    params, velocity = np.array([1.0]), np.zeros(1)
    for gradient in (2.0, 3.0):
        reference.update(params, np.array([gradient]), velocity, 0.1, 0.5, 0)
    assert params[0] == pytest.approx(1 - 0.1 * 2 - 0.1 * (0.5 * 2 + 3))
    params, velocity = np.array([1.0]), np.zeros(1)
    for gradient in (2.0, 3.0):
        reference.update(params, np.array([gradient]), velocity, 0.1, 0.5, 1)
    assert params[0] == pytest.approx(1 - 0.1 * (2 + 0.5 * 2) - 0.1 * (3 + 0.5 * 4))


def test_momentum_agrees_with_scikit_learn():
    """scikit-learn's optimiser keeps the step, ours the velocity: the same with a constant rate."""
    from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

    random = np.random.default_rng(3)
    gradients = random.normal(size=(10, 4))
    for nesterov in (False, True):
        theirs = [np.ones(4)]
        optimizer = SGDOptimizer(theirs, 0.1, "constant", 0.9, nesterov)
        ours, velocity = np.ones(4), np.zeros(4)
        for gradient in gradients:
            optimizer.update_params(theirs, [gradient])
            reference.update(ours, gradient, velocity, 0.1, 0.9, int(nesterov))
        assert_allclose(ours, theirs[0], rtol=1e-13)


def test_reduction_divides_by_the_rows_of_the_batch():
    case = Case("", (3, 4, 2), 8)
    gradients = {}
    for reduction in ("sum", "mean"):
        run = prepared(*case.data(), **case.arguments(reduction=reduction))
        gradients[reduction] = np.empty_like(run.params)
        reference.gradient(run.plan, run.params, run.X, run.y, gradients[reduction])
    assert_allclose(gradients["mean"] * 8, gradients["sum"], rtol=1e-13)
