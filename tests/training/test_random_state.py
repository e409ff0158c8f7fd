"""NumPy's Generator as random_state: equal states give equal bits, and it goes on."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.cases import Case, same_weights

CASE = Case("mini-batches", options={"batch_size": 3, "dropout": 0.2, "validation": 0.3})


def trained(random_state, **more):
    """Return the run of the case."""
    X, y = CASE.data()
    return fusedmlp.train(X, y, **CASE.arguments(epochs=20, random_state=random_state, **more))


@pytest.mark.parametrize("backend", ["kernels", "reference"])
def test_equal_generators_give_equal_bits_and_go_on(backend):
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    first, second = trained(one, backend=backend), trained(one, backend=backend)
    assert same_weights(first, trained(other, backend=backend))
    assert same_weights(second, trained(other, backend=backend))
    assert not same_weights(first, second)
    assert one.bit_generator.state == other.bit_generator.state


def test_a_generator_seeds_a_random_state_with_eight_words():
    words = np.random.default_rng(3).integers(2**32, size=8, dtype=np.uint32)
    run = trained(np.random.default_rng(3))
    assert same_weights(run, trained(np.random.RandomState(words)))
    assert run.options["random_state"] == "given, not kept"


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_any_bit_generator(bits):
    runs = [trained(np.random.Generator(bits(5))) for _ in range(2)]
    assert same_weights(*runs)


def test_an_error_draws_no_number():
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="patience"):
        trained(generator, patience=0)
    assert generator.bit_generator.state == np.random.default_rng(0).bit_generator.state


def test_many_networks_take_a_generator():
    X, y = CASE.data()
    options = {"starts": 3, "epochs": 20, "learning_rate": 0.1}
    runs, again = (
        fusedmlp.train_many(X, y, **options, random_state=np.random.default_rng(3)) for _ in "ab"
    )
    assert len(set(runs.options["random_state"].tolist())) == 3
    assert_array_equal(runs.options["random_state"], again.options["random_state"])
    assert_array_equal(runs.loss, again.loss)
    with pytest.raises(TypeError, match="whole numbers, got Generator"):
        fusedmlp.train_many(X, y, grid={"random_state": [np.random.default_rng(3)]})
