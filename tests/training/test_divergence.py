"""The advice of a run that diverged: it fits the run's options, and it helps."""

import re
import warnings

import numpy as np
import pytest

import fusedmlp
from fusedmlp.options import checked_options
from fusedmlp.training.divergence import advice_for

ROWS = np.random.RandomState(0).standard_normal((200, 3))
COUNTS = np.random.RandomState(1).poisson(np.exp(ROWS @ [0.5, -0.3, 0.2] + 1))
POISSON = {
    "hidden": 8, "loss": "poisson", "output_activation": "exp", "epochs": 300, "record_every": 1,
    "random_state": 0,
}  # fmt: skip
LINE = {"hidden": (), "output_activation": "identity", "epochs": 10_000, "random_state": 0}


def advice_of(X, y, **options):
    """Return the advice of a run, which diverges."""
    with pytest.warns(RuntimeWarning, match="diverged") as caught:
        run = fusedmlp.train(X, y, **options)
    (warning,) = caught
    said, advice = str(warning.message).split("; ")
    assert said == run.stopped
    return advice


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({}, "a learning_rate below 1.0, reduction='mean' or clip_norm=1.0 may help"),
        ({"batch_size": 1}, "a learning_rate below 1.0 or clip_norm=1.0 may help"),
        ({"reduction": "mean"}, "a learning_rate below 1.0 or clip_norm=1.0 may help"),
    ],
)
@pytest.mark.parametrize("backend", ["kernels", "reference"])
def test_the_advice_is_nothing_that_is_done_already(options, advice, backend):
    assert advice_of([[30.0], [40.0]], [1.0, 2.0], **LINE, **options, backend=backend) == advice


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"optimizer": "adam", "learning_rate": 1e3}, "a learning_rate below 1000.0 may help"),
        ({"optimizer": "rmsprop", "reduction": "mean"}, "a learning_rate below 0.01 may help"),
        ({"optimizer": "rprop"}, "a most_step below 50 may help"),
        ({"clip_norm": 9.0}, "a learning_rate below 1.0 or reduction='mean' may help"),
        ({"clip_norm": 9.0, "reduction": "mean"}, "a learning_rate below 1.0 may help"),
        ({"output_activation": "exp", "clip_norm": 9.0}, "a learning_rate far below 1.0 may help"),
    ],
)
def test_the_advice_is_for_the_optimiser(options, advice):
    assert advice_for(checked_options(options)) == advice


@pytest.mark.parametrize("backend", ["kernels", "reference"])
def test_following_the_advice_trains_counts(backend):
    options = {**POISSON, "backend": backend}
    advice = advice_of(ROWS, COUNTS, **options)
    assert advice == "clip_norm=1.0 or a learning_rate far below 1.0 may help"
    mean_alone = (2 * (COUNTS * np.log(np.maximum(COUNTS, 1) / COUNTS.mean()))).mean() / 2
    for followed in ({"clip_norm": 1.0}, {"learning_rate": 0.001}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run = fusedmlp.train(ROWS, COUNTS, **options, **followed)
        loss = run.history["loss"]
        assert loss[-1] < 0.3 * loss[0]
        assert loss[-1] < 0.7 * mean_alone  # better than the mean of the counts as every output
        assert run.stopped == "all epochs run"


def test_following_the_advice_trains_sums():
    X, y = ROWS * 10, ROWS @ [1.0, 2.0, -1.0]
    options = LINE | {"epochs": 1000}
    advice = advice_of(X, y, **options)
    assert advice == "a learning_rate below 1.0, reduction='mean' or clip_norm=1.0 may help"
    for followed in ({"learning_rate": 1e-5}, {"reduction": "mean", "learning_rate": 1e-3}):
        run = fusedmlp.train(X, y, **options, **followed)
        assert run.history["loss"][-1] < 1e-6 * run.history["loss"][0]
    with_clip = fusedmlp.train(X, y, **options, clip_norm=1.0)
    assert np.isfinite(with_clip.weights[0]).all()


def test_many_networks_get_the_advice_for_their_options():
    with pytest.warns(RuntimeWarning, match="networks diverged") as caught:
        fusedmlp.train_many(ROWS, COUNTS, starts=4, **POISSON)
    (warning,) = caught
    assert re.fullmatch(
        r"\d of 4 networks diverged: a weight was no longer finite; "
        r"clip_norm=1\.0 or a learning_rate far below 1\.0 may help",
        str(warning.message),
    )
