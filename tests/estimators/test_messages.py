"""Errors are worded as scikit-learn words them: users' code matches on them."""

import numpy as np
import pandas as pd
import pytest
from sklearn import neural_network as theirs

import fusedmlp
from fusedmlp import MLPClassifier, MLPRegressor
from tests.estimators.pairs import (
    BINARY,
    CLASSES,
    NUMBERS,
    SMALL,
    TARGETS,
    X,
    fitted,
    pair_for,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = [fusedmlp, theirs]
KINDS = ["MLPClassifier", "MLPRegressor"]
NAMES = list("abcd")


def message_of(function, *arguments, **keywords):
    with pytest.raises((ValueError, TypeError, AttributeError)) as caught:
        function(*arguments, **keywords)
    return str(caught.value)


@pytest.mark.parametrize("method", ["predict", "fit", "partial_fit"])
def test_names_of_columns(method):
    """Reordered and missing names get scikit-learn's messages."""
    frame = pd.DataFrame(X, columns=NAMES)
    for wrong in (frame[NAMES[::-1]], frame.rename(columns={"a": "z"})):
        said = []
        for model in pair_for("numbers", warm_start=True):
            model.partial_fit(frame, NUMBERS).partial_fit(frame, NUMBERS)
            arguments = [wrong] if method == "predict" else [wrong, NUMBERS]
            said.append(message_of(getattr(model, method), *arguments))
        assert said[0] == said[1]
        assert "The feature names should match those that were passed during fit." in said[0]


WRONG = {
    "NaN": (np.where(X > 2, np.nan, X), None),
    "infinity": (np.where(X > 2, np.inf, X), None),
    "one dimension": (X[:, 0], None),
    "lengths": (X[:-1], None),
    "text": (np.full((53, 4), "a"), None),
    "no rows": (X[:0], None),
    "NaN in y": (X, np.full(53, np.nan)),
    "y of three dimensions": (X, np.zeros((53, 2, 2))),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("kind", KINDS)
def test_messages_about_data(kind, wrong, method):
    y = TARGETS["binary" if kind == "MLPClassifier" else "numbers"]
    data, targets = WRONG[wrong]
    said = []
    for module in BOTH:
        model = getattr(module, kind)(**SMALL)
        if method == "partial_fit":
            model.partial_fit(X, y, **({"classes": ["no", "yes"]} if y is BINARY else {}))
        said.append(message_of(getattr(model, method), data, y if targets is None else targets))
    assert said[0] == said[1]
    if wrong == "NaN":
        assert said[0].startswith("Input X contains NaN.")


def test_messages_about_columns_and_classes():
    for model in fitted("binary"):
        name = type(model).__name__
        expected = f"X has 2 features, but {name} is expecting 4 features as input."
        assert message_of(model.predict, X[:, :2]) == expected
        assert message_of(model.partial_fit, X[:, :2], BINARY) == expected
    said = [message_of(model.partial_fit, X, CLASSES) for model in fitted("binary")]
    assert said[0] == said[1]
    said = [message_of(module.MLPClassifier().partial_fit, X, BINARY) for module in BOTH]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": -1},
        {"learning_rate": "fast"},
        {"hidden_layer_sizes": (3, 0)},
        {"hidden_layer_sizes": (3.5,)},
        {"momentum": 2},
        {"early_stopping": True, "validation_fraction": 0.01},
        {"solver": "lbfgs", "max_iter": 0},
        {"batch_size": 0},
    ],
)
def test_messages_about_parameters(settings):
    said = [message_of(m.MLPRegressor(**settings).fit, X, NUMBERS) for m in BOTH]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "settings", [{"dropout": 0.5}, {"dropconnect": 0.5}, {"batch_norm": True}, {"l1": 0.5}]
)
def test_lbfgs_refuses_what_is_not_a_smooth_loss(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"{name} must be .* with solver='lbfgs'"):
        MLPClassifier(solver="lbfgs", **settings).fit(X, BINARY)


def test_message_about_outputs_of_a_validation_set():
    both = np.c_[NUMBERS, NUMBERS]
    said = message_of(lambda: MLPRegressor().fit(X, NUMBERS, X_val=X, y_val=both))
    assert said == "y_val must have outputs as y has, 1, got 2"
