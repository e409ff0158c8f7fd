# ruff: noqa: E501 (tables of messages)
"""What SciPy's optimisers cannot be given: errors that name both options and what to do."""

import pytest

import fusedmlp
from tests.training.test_scipy_optimizers import SOLVERS, XOR


@pytest.mark.parametrize("optimizer", SOLVERS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 2}, "must see all rows whenever it looks: it must come with batch_size=None, got batch_size=2 for 4 rows"),
        ({"momentum": 0.9}, "momentum=0.9 must come with optimizer 'sgd' or 'rmsprop' or 'aw_sgd', got optimizer="),
        ({"beta_1": 0.5}, "beta_1=0.5 must come with optimizer 'adam' or 'adamw', got optimizer="),
        ({"learning_rate": 0.1}, "must come with learning_rate=None, got learning_rate=0.1"),
        ({"learning_rate_schedule": "cosine"}, "must come with learning_rate_schedule='constant', got learning_rate_schedule='cosine'"),
        ({"warmup_epochs": 3}, "must come with warmup_epochs=0, got warmup_epochs=3"),
        ({"clip_value": 1}, "must see the whole gradient: it must come with clip_value=None, got clip_value=1.0"),
        ({"clip_norm": 1}, "must come with clip_norm=None, got clip_norm=1.0"),
        ({"track_directions": True}, "must come with track_directions=False, got track_directions=True"),
    ],
    ids=str,
)  # fmt: skip
def test_what_contradicts_them(optimizer, options, message):
    with pytest.raises(ValueError, match=f"{message}") as error:
        fusedmlp.train(*XOR, optimizer=optimizer, **options)
    assert f"optimizer='{optimizer}'" in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "lbfgs", "l1": 0.1}, "optimizer='lbfgs' wants a smooth loss: it must come with l1=0.0, got l1=0.1; l2 is smooth"),
        ({"optimizer": "bfgs", "l1": 0.1}, "l2 is smooth"),
        ({"optimizer": "lbfgs", "search_radius": 3}, "search_radius=3.0 must come with optimizer 'annealing', got optimizer='lbfgs'"),
        ({"evaluations": 3}, "evaluations=3 must come with optimizer 'lbfgs' or 'bfgs' or 'annealing', got optimizer='sgd'"),
        ({"optimizer": "lbfgs", "evaluations": 0}, "evaluations must be at least 1, got 0"),
        ({"optimizer": "annealing", "search_radius": 0}, "search_radius must be a finite number above 0, got 0"),
    ],
    ids=str,
)  # fmt: skip
def test_what_they_may_not_be_given(options, message):
    with pytest.raises(ValueError, match=message):
        fusedmlp.train(*XOR, **options)
