"""What watches and steers a run: validation, patience, callbacks, weights of rows, warm starts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits

import fusedmlp
from tests.cases import Case, same_weights

CASE = Case("", (4, 8, 2), 60, {"batch_size": 16, "reduction": "mean", "record_every": 1})
BACKENDS = ["kernels", "reference"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_validation_loss_is_that_of_the_network_after_the_epoch(backend):
    X, y = CASE.data()
    others, their_targets = CASE.data(seed=1)
    options = CASE.arguments(backend=backend)
    run = fusedmlp.train(X, y, **options | {"validation": (others, their_targets)})
    for epoch in (0, 4, 9):
        stopped = fusedmlp.train(X, y, **options | {"epochs": epoch + 1})
        loss = 0.5 * ((stopped.predict(others) - their_targets) ** 2).sum(axis=1).mean()
        assert run.history["validation_loss"][epoch] == pytest.approx(loss, rel=1e-12)
    assert same_weights(run, fusedmlp.train(X, y, **options))


def test_a_share_is_set_aside_and_not_learnt_from():
    X, y = CASE.data()
    run = fusedmlp.train(X, y, **CASE.arguments(validation=0.25))
    assert len(run.history["validation_loss"]) == 10
    again = fusedmlp.train(*CASE.data(), **CASE.arguments(validation=0.25))
    assert same_weights(run, again)
    assert not same_weights(run, fusedmlp.train(*CASE.data(), **CASE.arguments()))


@pytest.mark.parametrize("backend", BACKENDS)
def test_patience_stops_and_brings_back_the_best(backend):
    X, y = (part[:300] for part in load_digits(return_X_y=True))
    X, y = X / 16, np.eye(10)[y]
    options = {
        "hidden": 30,
        "output_activation": "softmax",
        "loss": "log_loss",
        "optimizer": "adam",
        "learning_rate": 0.03,
        "batch_size": 32,
        "reduction": "mean",
        "init": "glorot",
        "random_state": 0,
        "backend": backend,
    }
    run = fusedmlp.train(
        X[:200], y[:200], epochs=500, validation=(X[200:], y[200:]), patience=5, **options
    )
    losses = run.history["validation_loss"]
    best = int(losses.argmin())
    assert run.epochs == len(losses) < 500
    assert run.stopped.startswith("validation_loss no better by 0.0001 in 5 records; ")
    assert run.stopped.endswith(f"the weights are those after epoch {best}")
    assert (losses[-5:] > losses.min() - 1e-4).all()
    assert same_weights(run, fusedmlp.train(X[:200], y[:200], epochs=best + 1, **options))


def test_patience_without_validation_watches_the_training_loss():
    X, y = CASE.data()
    run = fusedmlp.train(X, y, **CASE.arguments(epochs=1000, patience=2, tol=1e9))
    assert run.epochs == 2 + 1
    assert run.stopped.startswith("loss no better by 1e+09 in 2 records")


def test_an_adaptive_rate_falls_by_five_where_nothing_improves():
    X, y, rates = *CASE.data(), []
    options = {"learning_rate_schedule": "adaptive", "tol": 1e9, "learning_rate": 1.0}
    options["callback"] = lambda now: rates.append(now.learning_rate)
    run = fusedmlp.train(X, y, **CASE.arguments(epochs=1000, **options))
    assert_allclose(rates[:7], [1, 1, 0.2, 0.2, 0.04, 0.04, 0.008])
    assert run.stopped == "the learning rate fell to 1e-06 after epoch 18"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lbfgs"])
def test_an_interrupted_run_is_not_lost(optimizer, backend):
    """Ctrl-C is a KeyboardInterrupt, wherever it comes."""
    X, y = CASE.data()
    options = {"hidden": 8, "epochs": 20, "record_every": 1, "random_state": 1}
    options |= {"optimizer": optimizer, "backend": backend, "reduction": "mean"}
    whole = []
    fusedmlp.train(X, y, **options, callback=lambda now: whole.append(now))

    def interrupt(now):
        if now.epoch == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        fusedmlp.train(X, y, **options, callback=interrupt)
    run = stopped.value.run
    assert (run.epochs, run.stopped) == (7, "interrupted in epoch 7")
    assert_array_equal(run.weights[0], whole[6].weights[0])
    assert_array_equal(run.history["loss"], [now.loss for now in whole[:7]])
    more = fusedmlp.train(X, y, **{**options, "warm_start": run})
    assert np.isfinite(more.weights[0]).all()


def test_an_interrupted_run_has_its_best_weights():
    X, y = CASE.data()
    losses = []

    def interrupt(now):
        losses.append(now.validation_loss)
        if now.epoch == 30:
            raise KeyboardInterrupt

    options = {"validation": (X[:3], 1 - y[:3]), "patience": 100, "callback": interrupt}
    with pytest.raises(KeyboardInterrupt) as stopped:
        fusedmlp.train(X, y, **CASE.arguments(epochs=100, **options))
    best = int(np.argmin(losses))
    assert stopped.value.run.stopped.endswith(f"the weights are those after epoch {best}")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_sees_each_record_and_can_stop(backend):
    X, y, seen = *CASE.data(), []

    def callback(now):
        seen.append((now.epoch, now.loss, now.error, [w.copy() for w in now.weights]))
        return now.epoch >= 6

    run = fusedmlp.train(X, y, **CASE.arguments(record_every=2, callback=callback, backend=backend))
    assert run.stopped == "the callback stopped it after epoch 6"
    assert run.epochs == 7
    assert [epoch for epoch, *_ in seen] == [0, 2, 4, 6]
    assert_array_equal([loss for _, loss, *_ in seen], run.history["loss"])
    assert_array_equal([error for _, _, error, _ in seen], run.history["error"])
    assert_array_equal(seen[-1][3][0], run.weights[0])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_row_of_weight_two_is_two_rows(backend, reduction):
    X, y = CASE.data()
    weights = np.random.default_rng(0).integers(0, 3, 60)
    options = CASE.arguments(
        batch_size=None, reduction=reduction, learning_rate=0.01, backend=backend
    )
    run = fusedmlp.train(X, y, sample_weight=weights, **options)
    copies = fusedmlp.train(np.repeat(X, weights, 0), np.repeat(y, weights, 0), **options)
    for ours, theirs in zip(run.weights, copies.weights, strict=True):
        assert_allclose(ours, theirs, rtol=1e-11)
    for name in ("loss", "error"):
        assert_allclose(run.history[name], copies.history[name], rtol=1e-11)


def test_a_warm_start_goes_on():
    X, y = CASE.data()
    options = CASE.arguments(batch_size=None, momentum=0.0)
    first = fusedmlp.train(X, y, **options)
    second = fusedmlp.train(X, y, warm_start=first, **options)
    whole = fusedmlp.train(X, y, **options | {"epochs": 20})
    assert same_weights(second, whole)
    before = [w.copy() for w in first.weights]
    fusedmlp.train(X, y, warm_start=first, **options)
    assert all(np.array_equal(a, b) for a, b in zip(before, first.weights, strict=True))


def test_what_was_given_can_be_saved_with_the_rest(tmp_path):
    X, y = CASE.data()
    first = fusedmlp.train(X, y, **CASE.arguments())
    run = fusedmlp.train(
        X, y, warm_start=first, validation=(X, y), sample_weight=np.ones(60),
        callback=lambda _: False, **CASE.arguments(optimizer="adam", clip_norm=1.0),
    )  # fmt: skip
    run.save(tmp_path / "network")
    again = fusedmlp.load(tmp_path / "network")
    assert_array_equal(again.predict(X), run.predict(X))
    assert_array_equal(again.history["validation_loss"], run.history["validation_loss"])
    assert again.options["optimizer"] == "adam"
    assert again.options["callback"] == "given, not kept"
