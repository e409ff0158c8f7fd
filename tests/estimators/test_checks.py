"""scikit-learn's checks of estimators, on both of ours and with each solver."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import neural_network as theirs
from sklearn.datasets import make_blobs
from sklearn.utils import compute_sample_weight, estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import fusedmlp

SETTINGS = [{}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"early_stopping": True}]
SETTINGS += [{"n_starts": 2, "combine": "average"}]
KINDS = ["MLPClassifier", "MLPRegressor"]

# Checks that scikit-learn's own estimators fail in the same configuration: some fit one row or one
# class, of which early stopping can hold out none, or call partial_fit, which refuses it.
HOLDS_OUT = [
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
    "check_fit2d_1feature",
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_estimators_nan_inf",
    "check_estimators_partial_fit_n_features",
]
THEIRS_FAIL_TOO = {
    ("MLPClassifier", "early_stopping"): [*HOLDS_OUT, "check_classifiers_one_label"],
    ("MLPClassifier", "lbfgs"): ["check_classifiers_multilabel_output_format_predict_proba"],
    ("MLPRegressor", "early_stopping"): [*HOLDS_OUT, "check_regressors_no_decision_function"],
}
# Theirs has no class_weight; with the same weights as sample_weight it stops at the same epoch.
CLASS_WEIGHT = "check_class_weight_classifiers"


def expected_to_fail(estimator):
    kind = "early_stopping" if estimator.early_stopping else estimator.solver
    names = THEIRS_FAIL_TOO.get((type(estimator).__name__, kind), [])
    reasons = dict.fromkeys(names, "scikit-learn's own fails in this configuration")
    if estimator.early_stopping and isinstance(estimator, fusedmlp.MLPClassifier):
        reasons[CLASS_WEIGHT] = "the score of the few rows held out soon makes no progress"
    return reasons


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [getattr(fusedmlp, kind)(**settings) for kind in KINDS for settings in SETTINGS],
    expected_failed_checks=expected_to_fail,
)
def test_estimator_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("kind", "setting", "name"),
    [(*key, name) for key, names in THEIRS_FAIL_TOO.items() for name in names],
)
def test_theirs_fail_what_ours_may_fail(kind, setting, name):
    settings = {"early_stopping": True} if setting == "early_stopping" else {"solver": setting}
    estimator = getattr(theirs, kind)(**settings)
    with pytest.raises((AssertionError, ValueError, AttributeError)):
        getattr(estimator_checks, name)(kind, estimator)


def test_class_weight_is_theirs_with_such_sample_weights():
    """The data and the weights of the check that is expected to fail with early stopping."""
    X, y = make_blobs(centers=2, random_state=0, cluster_std=20)
    class_weight = {0: 1000, 1: 0.0001}
    settings = {"early_stopping": True, "random_state": 0}
    ours = fusedmlp.MLPClassifier(class_weight=class_weight, **settings).fit(X, y)
    weights = compute_sample_weight(class_weight, y)
    others = theirs.MLPClassifier(**settings).fit(X, y, weights)
    assert ours.n_iter_ == others.n_iter_ < 200
    assert np.array_equal(ours.predict(X), others.predict(X))
    for a, b in zip(ours.coefs_, others.coefs_, strict=True):
        assert_allclose(a, b, atol=1e-9)
