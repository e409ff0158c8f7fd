"""An estimator of ours and scikit-learn's with the same settings and data, and how they compare."""

import numpy as np
from numpy.testing import assert_allclose
from sklearn import neural_network as theirs

import fusedmlp

rng = np.random.RandomState(0)
X = rng.normal(size=(53, 4))
BINARY = np.where(X[:, 0] + X[:, 1] ** 2 > 0.7, "yes", "no")
CLASSES = np.digitize(X[:, 0] * X[:, 2] + X[:, 3], [-0.6, 0.6])
LABELS = np.column_stack([X[:, 0] > 0, X[:, 1] + X[:, 2] > 0, X[:, 3] > 0.3]).astype(int)
NUMBERS = np.sin(X[:, 0]) + X @ [0.5, -1, 0.2, 0]
COUNTS = np.floor(np.exp(X[:, 0])).astype(float)
OUTPUTS = np.column_stack([NUMBERS, X[:, 1] ** 2, X[:, 2]])
WEIGHTS = rng.uniform(0.1, 3, size=len(X))

TARGETS = {"binary": BINARY, "classes": CLASSES, "labels": LABELS, "numbers": NUMBERS}
SMALL = {"hidden_layer_sizes": (7, 5), "random_state": 3, "max_iter": 6, "batch_size": 20}


def pair_for(target, **settings):
    """Return our estimator and scikit-learn's, with the same settings."""
    kind = "MLPRegressor" if target == "numbers" else "MLPClassifier"
    settings = SMALL | settings
    return getattr(fusedmlp, kind)(**settings), getattr(theirs, kind)(**settings)


def fitted(target, *, sample_weight=None, **settings):
    pair = pair_for(target, **settings)
    return [model.fit(X, TARGETS[target], sample_weight) for model in pair]


def assert_close(a, b, tolerance=1e-10):
    """Compare two arrays, relative to the largest number in them."""
    assert_allclose(a, b, rtol=0, atol=tolerance * np.abs(b).max())


def assert_same_weights(ours, others, tolerance=1e-10):
    assert len(ours.coefs_) == len(others.coefs_)
    layers = zip(ours.coefs_ + ours.intercepts_, others.coefs_ + others.intercepts_, strict=True)
    for mine, layer in layers:
        assert mine.dtype == layer.dtype
        assert_close(mine, layer, tolerance)


def assert_same(ours, others, tolerance=1e-10):
    assert_same_weights(ours, others, tolerance)
    assert (ours.n_iter_, ours.t_) == (others.n_iter_, others.t_)
    assert ours.out_activation_ == others.out_activation_
    assert_allclose(ours.loss_curve_, others.loss_curve_, rtol=tolerance)
    for name in ("loss_", "best_loss_", "validation_scores_", "best_validation_score_"):
        mine, expected = getattr(ours, name), getattr(others, name)
        assert (mine is None) == (expected is None)
        if expected is not None:
            assert_allclose(mine, expected, rtol=tolerance, atol=tolerance)
