"""Regression with several outputs: the gradient is that of the loss (scikit-learn's issue 8349)."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import neural_network as theirs

import fusedmlp
from tests.estimators.pairs import (
    NUMBERS,
    OUTPUTS,
    SMALL,
    WEIGHTS,
    X,
    assert_same_weights,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ONE_STEP = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.01, "batch_size": len(X)}


def loss_of(model, y, weights):
    """Return the mean over rows and outputs of half the squared error, and half the penalty."""
    error = 0.5 * (model.predict(X).reshape(y.shape) - y) ** 2
    penalty = 0.5 * model.alpha * sum((layer**2).sum() for layer in model.coefs_)
    mean = (weights[:, None] * error).sum() / weights.sum() / y.shape[1]
    return mean + penalty / weights.sum()


def gradient_by_differences(model, y, weights, step=1e-5):
    gradient = []
    for layer in model.coefs_ + model.intercepts_:
        slopes = np.zeros_like(layer)
        for place in np.ndindex(layer.shape):
            before, losses = layer[place], []
            for moved in (before + step, before - step):
                layer[place] = moved
                losses.append(loss_of(model, y, weights))
            layer[place] = before
            slopes[place] = (losses[0] - losses[1]) / (2 * step)
        gradient.append(slopes)
    return gradient


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("y", [OUTPUTS, NUMBERS[:, None][:, [0, 0]]])
def test_a_step_follows_the_gradient_of_the_loss(y, weights):
    settings = SMALL | ONE_STEP | {"alpha": 3.0, "activation": "tanh"}
    model = fusedmlp.MLPRegressor(**settings).partial_fit(X, y, weights)
    before = [layer.copy() for layer in model.coefs_ + model.intercepts_]
    counted = np.ones(len(X)) if weights is None else weights
    expected = gradient_by_differences(model, y, counted)
    loss = loss_of(model, y, counted)
    model.partial_fit(X, y, weights)
    assert_allclose(model.loss_, loss, rtol=1e-12)
    after = model.coefs_ + model.intercepts_
    for old, new, slopes in zip(before, after, expected, strict=True):
        assert_allclose((old - new) / 0.01, slopes, atol=1e-8)


def test_lbfgs_sees_the_gradient_of_its_loss():
    """So that it finds a lower loss than scikit-learn's, which is misled."""
    settings = SMALL | {"solver": "lbfgs", "max_iter": 3000, "alpha": 0.5, "activation": "tanh"}
    ours = fusedmlp.MLPRegressor(**settings).fit(X, OUTPUTS)
    slopes = gradient_by_differences(ours, OUTPUTS, np.ones(len(X)))
    assert max(np.abs(layer).max() for layer in slopes) < 2e-3
    assert ours.loss_ < theirs.MLPRegressor(**settings).fit(X, OUTPUTS).loss_


@pytest.mark.parametrize("settings", [{}, {"alpha": 2.0}])
def test_sgd_is_scikit_learns_with_its_rate_multiplied(settings):
    """Their gradient is as many times as large, but for the penalty's."""
    alpha = settings.get("alpha", 0.0001)
    given = SMALL | {"solver": "sgd", "learning_rate_init": 0.03, "alpha": alpha / 3}
    ours = fusedmlp.MLPRegressor(**given).fit(X, OUTPUTS)
    given |= {"learning_rate_init": 0.01, "alpha": alpha}
    assert_same_weights(ours, theirs.MLPRegressor(**given).fit(X, OUTPUTS))


def test_adam_is_scikit_learns_with_its_epsilon_multiplied():
    ours = fusedmlp.MLPRegressor(**SMALL, alpha=1, epsilon=1e-3).fit(X, OUTPUTS)
    others = theirs.MLPRegressor(**SMALL, alpha=3, epsilon=3e-3).fit(X, OUTPUTS)
    assert_same_weights(ours, others)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_with_one_output_it_is_scikit_learns(loss, solver):
    given = SMALL | {"solver": solver, "loss": loss, "alpha": 3.0}
    y = np.exp(NUMBERS)
    models = [module.MLPRegressor(**given).fit(X, y) for module in (fusedmlp, theirs)]
    assert_same_weights(*models)
    assert_allclose(models[0].loss_curve_, models[1].loss_curve_, rtol=1e-10)


def test_poisson_sums_its_outputs_as_scikit_learns_gradient():
    given = SMALL | {"loss": "poisson", "alpha": 3.0}
    models = [m.MLPRegressor(**given).fit(X, np.exp(OUTPUTS)) for m in (fusedmlp, theirs)]
    assert_same_weights(*models)
