"""The orders of the rows, and the RandomState that they are drawn from: as scikit-learn's."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fusedmlp.estimators.row_orders import RowOrders
from tests.estimators.pairs import CLASSES, X, assert_same, pair_for

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
GENERATORS = {"MT19937": np.random.MT19937, "PCG64": np.random.PCG64}
ENDS = {
    "at max_iter": {"max_iter": 7},
    "without progress": {"max_iter": 200, "tol": 0.02, "n_iter_no_change": 2},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "max_iter": 40, "tol": 0.1},
    "early stopping": {"early_stopping": True, "max_iter": 200, "tol": 0.02},
    "one batch": {"batch_size": 53, "max_iter": 30, "tol": 0.02},
    "in order": {"shuffle": False, "max_iter": 8},
}


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("end", ENDS)
def test_a_random_state_is_left_as_scikit_learn_leaves_it(end, generator):
    states = [np.random.RandomState(GENERATORS[generator](4)) for _ in range(2)]
    pair = pair_for("classes", **ENDS[end])
    for model, state in zip(pair, states, strict=True):
        state.standard_normal()  # a second one is kept, and stays
        model.set_params(random_state=state).fit(X, CLASSES)
    assert_same(*pair, 1e-9)
    assert_array_equal(*(state.standard_normal(3) for state in states))
    assert_array_equal(*(state.randint(1000, size=9) for state in states))


@pytest.mark.parametrize("used", [0, 1, 3, 5])
@pytest.mark.parametrize("backend", ["kernels", "reference"])
def test_the_next_orders_follow_on_those_that_were_used(backend, used):
    ours, theirs = (np.random.RandomState(3) for _ in range(2))
    drawn, orders, order = np.empty((5, 40), np.int64), RowOrders(40, backend), np.arange(40)
    orders.draw(ours, drawn)
    for expected in drawn[:used]:
        order = order[shuffled(theirs)]
        assert_array_equal(expected, order)
    orders.use(used)
    orders.draw(ours, drawn)
    for expected in drawn:
        order = order[shuffled(theirs)]
        assert_array_equal(expected, order)


def shuffled(random_state):
    """Return an order as scikit-learn's `shuffle` draws it."""
    places = np.arange(40)
    random_state.shuffle(places)
    return places


@pytest.mark.parametrize("generator", GENERATORS)
def test_numbers_that_others_have_drawn_meanwhile_do_not_come_again(generator):
    random_state = np.random.RandomState(GENERATORS[generator](5))
    orders = RowOrders(40, "kernels")
    orders.draw(random_state, np.empty((5, 40), np.int64))
    of_others = random_state.random_sample(3)
    orders.use(2)
    assert not np.isin(random_state.random_sample(500), of_others).any()


def test_two_threads_never_draw_the_same_orders():
    random_state, rows = np.random.RandomState(6), 2000
    drawn = [np.empty((30, rows), np.int64) for _ in range(8)]
    barrier = threading.Barrier(len(drawn))

    def draw(orders):
        barrier.wait()
        RowOrders(rows, "kernels").draw(random_state, orders)

    threads = [threading.Thread(target=draw, args=(orders,)) for orders in drawn]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({orders[0].tobytes() for orders in drawn}) == len(drawn)
    expected = np.random.RandomState(6)
    for _ in range(8 * 30):
        expected.shuffle(np.arange(rows))
    assert expected.randint(10**9) == random_state.randint(10**9)
